/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/limit_counts.h"
#include "daemon/saved.h"

#define HEAD "gatewayd-limits 1"
#define USE_WORDS 6
#define WORDS (2 + 2 * USE_WORDS) /* in front of the rule */

void limit_counts_add_reading(void *context, uint64_t limit, bool up, uint64_t count)
{
	struct limit_counts_readings *readings = context;

	if (readings->count == readings->size) {
		size_t size = readings->size * 2 + 16;
		struct limit_counts_reading *grown =
			realloc(readings->readings, size * sizeof(*readings->readings));

		if (!grown)
			return;
		readings->readings = grown;
		readings->size = size;
	}
	readings->readings[readings->count++] = (struct limit_counts_reading){limit, count, up};
}

static void put_use(FILE *out, const struct limit_use *use)
{
	fprintf(out, " %" PRId64 " %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %d", use->window,
		use->seconds, use->bytes, use->most, use->reading, use->spent);
}

static void put_limit(void *context, const struct limit_record *record)
{
	char mac[MAC_TEXT_SIZE], address[ADDRESS_TEXT_SIZE] = "-";
	FILE *out = context;

	mac_print(&record->mac, mac);
	if (record->address.family != ADDRESS_NONE)
		address_print(&record->address, address);
	fprintf(out, "%s %s", mac, address);
	put_use(out, &record->up);
	put_use(out, &record->down);
	fprintf(out, " %s\n", record->rule);
}

int limit_counts_save(const struct engine *engine, const char *path, uint64_t *digest)
{
	struct saved saved;

	if (!saved_begin(&saved, HEAD))
		return -ENOMEM;
	engine_each_limit(engine, put_limit, saved.out);
	return saved_end(&saved, path, digest);
}

/* ---- and back ---- */

static bool read_number(const char *word, int64_t *ret_number)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(word, &end, 10);
	*ret_number = number;
	return !errno && end != word && !*end;
}

static bool read_use(char *const words[static USE_WORDS], struct limit_use *ret_use)
{
	int64_t numbers[USE_WORDS];

	for (size_t i = 0; i < USE_WORDS; i++)
		/* Only a window may be before 1970. */
		if (!read_number(words[i], &numbers[i]) || (i && numbers[i] < 0))
			return false;
	*ret_use = (struct limit_use){
		.window = numbers[0],
		.seconds = (uint32_t)numbers[1],
		.bytes = (uint64_t)numbers[2],
		.most = (uint64_t)numbers[3],
		.reading = (uint64_t)numbers[4],
		.spent = numbers[5] != 0,
	};
	return numbers[1] == 0 || numbers[1] == 60 || numbers[1] == 3600 || numbers[1] == 86400;
}

static bool read_limit(char *line, struct limit_record *ret_record)
{
	char *words[WORDS], *rest = line;

	memset(ret_record, 0, sizeof(*ret_record));
	for (size_t i = 0; i < WORDS; i++) {
		words[i] = strsep(&rest, " ");
		if (!rest)
			return false;
	}
	snprintf(ret_record->rule, sizeof(ret_record->rule), "%s", rest);
	return mac_parse(words[0], &ret_record->mac) &&
	       (!strcmp(words[1], "-") || address_parse(words[1], &ret_record->address)) &&
	       read_use(words + 2, &ret_record->up) &&
	       read_use(words + 2 + USE_WORDS, &ret_record->down);
}

/*
 * What the kernel counted since the file was written. Where it has no counter
 * any more the next one begins at the reading, so that a file that was not
 * written again since then is still behind it.
 */
static void add_rest(const struct limit_counts_readings *readings, uint64_t limit, bool up,
		     struct limit_use *use)
{
	uint64_t before = use->reading;

	for (size_t i = 0; i < readings->count; i++) {
		const struct limit_counts_reading *reading = &readings->readings[i];

		if (reading->limit != limit || reading->up != up)
			continue;
		if (reading->count > before)
			use->bytes += reading->count - before;
		use->reading = reading->count;
	}
}

struct loading {
	struct engine *engine;
	const struct limit_counts_readings *readings;
	int count;
};

static bool restore_line(void *context, char *line)
{
	struct loading *loading = context;
	struct limit_record record;
	uint64_t id;

	if (!read_limit(line, &record))
		return false;
	id = engine_limit_id(&record);
	add_rest(loading->readings, id, true, &record.up);
	add_rest(loading->readings, id, false, &record.down);
	engine_restore_limit(loading->engine, &record);
	loading->count++;
	return true;
}

int limit_counts_load(struct engine *engine, const char *path,
		      const struct limit_counts_readings *readings)
{
	struct loading loading = {engine, readings, 0};
	int error = saved_load(path, HEAD, restore_line, &loading);

	return error ? error : loading.count;
}
