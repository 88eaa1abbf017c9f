/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lists update: everything that has a URL, one after the other. On any doubt
 * the old one stays. Beside what is replaced, FILE.from holds what the server
 * said of its version.
 */
#define _GNU_SOURCE
#include "client/update.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "client/text.h"
#include "configuration.h"
#include "json_add.h"
#include "policy/policy.h"
#include "report.h"
#include "system/state.h"

#define DOWNLOAD_MOST (64u << 20)

/* ---- the version ---- */

/* "url ...\netag ...\nmodified ...\n"; of another URL it says nothing. */
static bool read_version(const char *path, const char *url, struct fetch_version *ret_version)
{
	struct fetch_version version = {.etag = ""};
	char *text, *rest, *line;
	bool same = false;
	size_t len;

	if (state_load(path, 8192, &text, &len) != 0)
		return false;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, "url ", 4) == 0)
			same = strcmp(line + 4, url) == 0;
		else if (strncmp(line, "etag ", 5) == 0)
			snprintf(version.etag, sizeof(version.etag), "%s", line + 5);
		else if (strncmp(line, "modified ", 9) == 0)
			snprintf(version.modified, sizeof(version.modified), "%s", line + 9);
	}
	free(text);
	*ret_version = version;
	return same;
}

static void write_version(const char *path, const char *url, const struct fetch_version *version)
{
	char text[LISTS_PATH_SIZE + 512];

	snprintf(text, sizeof(text), "url %s\netag %s\nmodified %s\n", url, version->etag,
		 version->modified);
	/* Without it the next update fetches once more, no harm. */
	if (state_save(path, bytes_of(text, strlen(text)), 0600) != 0)
		unlink(path);
}

/* ---- one ---- */

static void tell(const struct update *update, enum fetch_result result)
{
	static const char *const words[] = {"updated", "unchanged", "failed"};
	struct json_object *row;

	if (update->client->json) {
		row = json_object_new_object();
		json_add_text(row, update->kind, update->name);
		json_add_text(row, "result", words[result]);
		if (result == FETCH_DONE)
			json_add_number(row, "entries", update->entries);
		if (result == FETCH_FAILED)
			json_add_text(row, "error", update->error);
		client_print_json(NULL, row);
		json_object_put(row);
	} else if (result == FETCH_FAILED) {
		client_error("%s %s: %s", update->kind, update->name, update->error);
	} else if (isatty(STDOUT_FILENO)) {
		/* In a cron job only what fails is worth a mail. */
		text_put(stdout, update->name);
		if (result == FETCH_DONE)
			printf(": %" PRIu64 " entries, %" PRIu64 " before\n", update->entries,
			       update->before);
		else
			puts(": has not changed");
	}
}

static enum fetch_result fetch_and_take(struct update *update)
{
	const struct client *client = update->client;
	struct fetch_version had, version;
	struct fetch fetch = {
		.url = update->url,
		.path = update->fetched,
		.ca = client->ca,
		.title = update->name,
		.most = DOWNLOAD_MOST,
		.plain = client->plain,
		.progress = isatty(STDERR_FILENO) && !client->json,
	};
	char from[LISTS_PATH_SIZE + 8];
	enum fetch_result result;

	snprintf(from, sizeof(from), "%s.from", update->path);
	if (update->present && !client->force && read_version(from, update->url, &had))
		fetch.had = &had;
	result = fetch_file(&fetch, &version, update->error, sizeof(update->error));
	if (result != FETCH_DONE)
		return result;
	if (!fetch_unpack(&fetch, update->error, sizeof(update->error)) || !update->take(update))
		return FETCH_FAILED;
	write_version(from, update->url, &version);
	return FETCH_DONE;
}

enum fetch_result update_one(struct update *update)
{
	enum fetch_result result;

	snprintf(update->fetched, sizeof(update->fetched), "%s.fetched", update->path);
	result = fetch_and_take(update);
	unlink(update->fetched);
	tell(update, result);
	return result;
}

/* ---- all of them ---- */

static void ignore(void *context, struct json_object *object)
{
	(void)context, (void)object;
}

struct totals {
	unsigned changed, failed;
};

static void count(struct totals *totals, enum fetch_result result)
{
	totals->changed += result == FETCH_DONE;
	totals->failed += result == FETCH_FAILED;
}

static int update_all(const struct client *client, const struct policy_settings *settings,
		      const struct lists *lists)
{
	struct totals totals = {0, 0};

	for (size_t i = 0; i < lists_count(lists); i++) {
		if (lists_at(lists, i)->is_url)
			count(&totals, update_list(client, lists_at(lists, i)));
	}
	if (settings->geo_country_url)
		count(&totals, update_database(client, GEO_COUNTRY, settings->geo_country,
					       settings->geo_country_url));
	if (settings->geo_asn_url)
		count(&totals,
		      update_database(client, GEO_ASN, settings->geo_asn, settings->geo_asn_url));
	/* Other files than the daemon's are nothing to it. */
	if (totals.changed && !client->directory_given)
		(void)client_ask_quietly(client, "reload", NULL, ignore, NULL);
	return totals.failed ? EXIT_NO : EXIT_DONE;
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
	lists = lists_open(client->directory, set, NULL, LISTS_COMPILE, NULL, NULL);
	code = lists ? update_all(client, policy_settings(set), lists) : EXIT_NO;
	policy_free(set);
	lists_free(lists);
	close(lock);
	return code;
}
