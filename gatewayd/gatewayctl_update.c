/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lists update: fetches what has a URL, compiles it, looks whether that can be
 * meant, and only then puts it in the place of the old one. On any doubt the
 * old one stays. Beside an image NAME.set, NAME.set.from holds what the server
 * said of its version.
 */
#define _GNU_SOURCE
#include "gatewayctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "configuration.h"
#include "gatewayctl_fetch.h"
#include "gatewayctl_text.h"
#include "lists.h"
#include "policy/policy.h"
#include "report.h"
#include "system/state.h"

#define DOWNLOAD_MOST (64u << 20)
/* A list that lost more than every second entry is not believed. */
#define SHRINK 2

struct update {
	const struct client *client;
	const struct lists_entry *list; /* what there is */
	uint64_t digest;
	char text[LISTS_PATH_SIZE + 8], from[LISTS_PATH_SIZE + 8];
	char error[512];
	uint64_t before, entries;
};

static uint64_t entries_of(const struct list_image *image)
{
	return image ? (uint64_t)image->counts.names + image->counts.addresses : 0;
}

/* ---- the version ---- */

/* "etag ...\nmodified ...\n" */
static bool read_version(const char *path, struct fetch_version *ret_version)
{
	struct fetch_version version = {.etag = ""};
	char *text, *rest, *line;
	size_t len;

	if (state_load(path, 4096, &text, &len) != 0)
		return false;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, "etag ", 5) == 0)
			snprintf(version.etag, sizeof(version.etag), "%s", line + 5);
		else if (strncmp(line, "modified ", 9) == 0)
			snprintf(version.modified, sizeof(version.modified), "%s", line + 9);
	}
	free(text);
	*ret_version = version;
	return true;
}

static void write_version(const char *path, const struct fetch_version *version)
{
	char text[512];

	snprintf(text, sizeof(text), "etag %s\nmodified %s\n", version->etag, version->modified);
	/* Without it the next update fetches once more, no harm. */
	if (state_save(path, bytes_of(text, strlen(text))) != 0)
		unlink(path);
}

/* ---- is it meant ---- */

static bool is_believed(struct update *update, const struct list_image *image)
{
	uint64_t skipped = list_skipped(&image->counts);

	update->entries = entries_of(image);
	if (!update->entries)
		snprintf(update->error, sizeof(update->error),
			 "there is not one entry in it; the old list stays");
	else if (skipped > update->entries)
		snprintf(update->error, sizeof(update->error),
			 "of its lines only %lu can be read and %lu cannot: is it a list? The old "
			 "one stays",
			 (unsigned long)update->entries, (unsigned long)skipped);
	else if (update->entries < update->before / SHRINK && !update->client->force)
		snprintf(update->error, sizeof(update->error),
			 "it shrank from %lu entries to %lu; the old list stays (--force takes it)",
			 (unsigned long)update->before, (unsigned long)update->entries);
	return update->error[0] == '\0';
}

static bool take_text(struct update *update)
{
	struct list_image image;
	const char *wrong;
	uint8_t *data;
	size_t len;
	int error = 0;

	if (!lists_compile(update->text, update->digest, &data, &len, update->error,
			   sizeof(update->error)))
		return false;
	wrong = list_image_open(bytes_of(data, len), &image);
	if (wrong)
		snprintf(update->error, sizeof(update->error), "%s", wrong);
	else if (is_believed(update, &image))
		error = lists_save(update->list->path, bytes_of(data, len));
	if (error)
		snprintf(update->error, sizeof(update->error), "%.300s cannot be written: %s",
			 update->list->path, strerror(-error));
	free(data);
	return update->error[0] == '\0';
}

static enum fetch_result update_list(struct update *update)
{
	const struct client *client = update->client;
	const struct lists_entry *list = update->list;
	struct fetch_version had, version;
	struct fetch fetch = {
		.url = list->place,
		.path = update->text,
		.ca = client->ca,
		.title = list->name,
		.most = DOWNLOAD_MOST,
		.plain = client->plain,
		.progress = isatty(STDERR_FILENO) && !client->json,
	};
	enum fetch_result result;

	snprintf(update->text, sizeof(update->text), "%s.text", list->path);
	snprintf(update->from, sizeof(update->from), "%s.from", list->path);
	update->before = entries_of(list->image);
	if (list->image && !client->force && read_version(update->from, &had))
		fetch.had = &had;
	result = fetch_file(&fetch, &version, update->error, sizeof(update->error));
	if (result == FETCH_DONE) {
		if (take_text(update))
			write_version(update->from, &version);
		else
			result = FETCH_FAILED;
	}
	unlink(update->text);
	return result;
}

/* ---- all of them ---- */

static void tell(const struct update *update, enum fetch_result result)
{
	static const char *const words[] = {"updated", "unchanged", "failed"};
	const char *name = update->list->name;
	struct json_object *row;

	if (update->client->json) {
		row = json_object_new_object();
		json_object_object_add(row, "list", report_string(name));
		json_object_object_add(row, "result", json_object_new_string(words[result]));
		if (result == FETCH_DONE)
			json_object_object_add(row, "entries",
					       json_object_new_int64((int64_t)update->entries));
		if (result == FETCH_FAILED)
			json_object_object_add(row, "error", report_string(update->error));
		client_print_json(NULL, row);
		json_object_put(row);
	} else if (result == FETCH_FAILED) {
		client_error("list %s: %s", name, update->error);
	} else if (isatty(STDOUT_FILENO)) {
		/* In a cron job only what fails is worth a mail. */
		text_put(stdout, name);
		if (result == FETCH_DONE)
			printf(": %lu entries, %lu before\n", (unsigned long)update->entries,
			       (unsigned long)update->before);
		else
			puts(": has not changed");
	}
}

static void ignore(void *context, struct json_object *object)
{
	(void)context, (void)object;
}

static int update_all(const struct client *client, const struct lists *lists)
{
	unsigned changed = 0, failed = 0;

	for (size_t i = 0; i < lists_count(lists); i++) {
		struct update update = {.client = client, .list = lists_at(lists, i)};
		char path[LISTS_PATH_SIZE];
		enum fetch_result result;

		if (!update.list->is_url)
			continue;
		lists_image_path(update.list->name, update.list->place, path, &update.digest);
		result = update_list(&update);
		tell(&update, result);
		changed += result == FETCH_DONE;
		failed += result == FETCH_FAILED;
	}
	/* Other files than the daemon's are nothing to it. */
	if (changed && !client->directory_given)
		(void)client_ask_quietly(client, "reload", NULL, ignore, NULL);
	return failed ? EXIT_NO : EXIT_DONE;
}

/* Two at a time would write to the same files. The descriptor, or -1. */
static int lock_folder(void)
{
	char path[LISTS_PATH_SIZE];
	int fd;

	snprintf(path, sizeof(path), "%s/lists", configuration_state_directory());
	(void)mkdir(configuration_state_directory(), 0755);
	(void)mkdir(path, 0755);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || access(path, W_OK) < 0) {
		client_error("%s cannot be written: %s", path, strerror(errno));
	} else if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		return fd;
	} else {
		client_error("another update is under way");
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

int client_lists_update(const struct client *client)
{
	struct policy_set *set = client_load(client->directory);
	struct lists *lists;
	int lock, code;

	if (!set)
		return EXIT_NO;
	lock = lock_folder();
	if (lock < 0) {
		policy_free(set);
		return EXIT_NO;
	}
	lists = lists_open(client->directory, set, NULL, LISTS_COMPILE, NULL);
	code = lists ? update_all(client, lists) : EXIT_NO;
	policy_free(set);
	lists_free(lists);
	close(lock);
	return code;
}
