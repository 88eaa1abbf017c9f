/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list that was fetched: compiled, looked at whether it can be meant, kept. */
#include <stdlib.h>
#include <string.h>

#include "client/update.h"
#include "system/state.h"

/* A list that lost more than every second entry is not believed. */
#define SHRINK 2

struct list_update {
	struct update update; /* first, so that take() finds the rest */
	uint64_t digest;
};

static uint64_t entries_of(const struct list_image *image)
{
	return image ? (uint64_t)image->counts.names + image->counts.addresses : 0;
}

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

static bool take(struct update *update)
{
	const struct list_update *list = (const struct list_update *)update;
	struct list_image image;
	const char *wrong;
	uint8_t *data;
	size_t len;
	int error = 0;

	if (!lists_compile(update->fetched, list->digest, &data, &len, update->error,
			   sizeof(update->error)))
		return false;
	wrong = list_image_open(bytes_of(data, len), NULL, &image);
	if (wrong)
		snprintf(update->error, sizeof(update->error), "%s", wrong);
	else if (is_believed(update, &image))
		error = state_save(update->path, bytes_of(data, len), LISTS_MODE);
	if (error)
		snprintf(update->error, sizeof(update->error), "%.300s cannot be written: %s",
			 update->path, strerror(-error));
	free(data);
	return update->error[0] == '\0';
}

enum fetch_result update_list(const struct client *client, const struct lists_entry *list)
{
	struct list_update update = {
		.update = {.client = client,
			   .kind = "list",
			   .name = list->name,
			   .url = list->place,
			   .path = list->path,
			   .present = list->image != NULL,
			   .take = take,
			   .before = entries_of(list->image)},
	};
	char path[LISTS_PATH_SIZE];

	lists_image_path(list->name, list->place, path, &update.digest);
	return update_one(&update.update);
}
