/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A database that was fetched: every record is read before it takes the old
 * one's place, by a rename in the same folder, so the daemon that has the old
 * file mapped never sees half of the new one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/update.h"
#include "configuration.h"

/* One that lost more than every second network is not believed. */
#define SHRINK 2

struct geo_update {
	struct update update; /* first, so that take() finds the rest */
	enum geo_kind kind;
	time_t built; /* of the one that is there */
};

static bool read_contents(enum geo_kind kind, const char *path, struct geo_contents *ret_contents,
			  char *error, size_t error_size)
{
	struct geo *geo = geo_new();
	struct geo_info info = {.error = "no memory"};
	bool good = false;

	if (geo && geo_open(geo, kind, path, error, error_size)) {
		good = geo_read_all(geo, kind, ret_contents);
		snprintf(error, error_size, "it is damaged");
	} else {
		/* Without the path, which says nothing here. */
		if (geo)
			geo_info(geo, kind, &info);
		snprintf(error, error_size, "%s", info.error);
	}
	geo_free(geo);
	return good;
}

static bool is_believed(struct geo_update *geo, const struct geo_contents *contents)
{
	struct update *update = &geo->update;
	const char *what = geo->kind == GEO_COUNTRY ? "a country" : "an AS number";

	update->entries = contents->networks;
	if (2 * contents->known <= contents->networks)
		snprintf(update->error, sizeof(update->error),
			 "of its %lu networks only %lu have %s; the old one stays",
			 (unsigned long)contents->networks, (unsigned long)contents->known, what);
	else if (update->client->force)
		return true;
	else if (update->entries < update->before / SHRINK)
		snprintf(update->error, sizeof(update->error),
			 "it shrank from %lu networks to %lu; the old one stays (--force takes it)",
			 (unsigned long)update->before, (unsigned long)update->entries);
	else if (contents->built < geo->built)
		snprintf(update->error, sizeof(update->error),
			 "it was built before the one that is there, which stays (--force takes "
			 "it)");
	return update->error[0] == '\0';
}

/* On the disk before it has the name: a power cut leaves the old one or the new one. */
static bool put_in_place(struct update *update)
{
	int fd = open(update->fetched, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && fchmod(fd, LISTS_MODE) == 0 && fsync(fd) == 0 &&
		    rename(update->fetched, update->path) == 0;

	if (!good)
		snprintf(update->error, sizeof(update->error), "%.300s cannot be written: %s",
			 update->path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return good;
}

static bool take(struct update *update)
{
	struct geo_update *geo = (struct geo_update *)update;
	struct geo_contents contents = {0};
	char error[300];

	if (!read_contents(geo->kind, update->fetched, &contents, error, sizeof(error))) {
		snprintf(update->error, sizeof(update->error),
			 "it cannot be read as an MMDB (%s); the old one stays", error);
		return false;
	}
	return is_believed(geo, &contents) && put_in_place(update);
}

/* What came with the package is not written to; a newer one goes where it is found first. */
static void find_path(const struct client *client, const char *written, char *ret_path, size_t size)
{
	const char *data = configuration_data_directory();
	size_t len = strlen(data);

	(void)configuration_find(client->directory, written, ret_path, size);
	if (written[0] != '/' && strncmp(ret_path, data, len) == 0 && ret_path[len] == '/')
		snprintf(ret_path, size, "%s/%s", configuration_state_directory(), written);
}

enum fetch_result update_database(const struct client *client, enum geo_kind kind,
				  const char *written, const char *url)
{
	char path[LISTS_PATH_SIZE];
	struct geo_update geo = {
		.update = {.client = client,
			   .kind = "database",
			   .name = kind == GEO_COUNTRY ? "country" : "asn",
			   .url = url,
			   .path = path,
			   .take = take},
		.kind = kind,
	};
	struct geo_contents before = {0};
	char ignored[512];

	find_path(client, written, path, sizeof(path));
	geo.update.present = read_contents(kind, path, &before, ignored, sizeof(ignored));
	geo.update.before = before.networks;
	geo.built = before.built;
	return update_one(&geo.update);
}
