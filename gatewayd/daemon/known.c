/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One device per line, with tabs between:
 *
 *	MAC FIRST LAST NAME HOSTNAME CLASS PARAMETERS INSTANCE MODEL SERIAL SERVER
 *
 * NAME is a lease's, the rest what the device said; then its services, each
 * after '+', and the rows of names asked, each after '@'. Texts hold no control
 * characters, so a tab is always ours.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "daemon/known.h"
#include "daemon/saved.h"

#define HEAD "gatewayd-devices 1"
#define COLUMNS 11
/* Not every packet is worth a write. */
#define LAST_GRAIN (10 * MINUTE_US)
#define FORGOTTEN_AFTER (90 * 24 * HOUR_US)

/* ---- writing ---- */

static void put_parameters(FILE *out, const struct traits *traits)
{
	for (unsigned i = 0; i < traits->parameter_count; i++)
		fprintf(out, "%s%u", i ? "," : "", (unsigned)traits->parameters[i]);
}

static void put_device(void *context, const struct device_record *record)
{
	const struct traits *traits = &record->traits;
	char mac[MAC_TEXT_SIZE];
	FILE *out = context;

	/* Of the others there is nothing to know again. */
	if (mac_is_zero(&record->mac))
		return;
	mac_print(&record->mac, mac);
	fprintf(out, "%s\t%" PRId64 "\t%" PRId64 "\t%s\t%s\t%s\t", mac,
		time_in(record->first, SECOND_US),
		time_in(record->last, LAST_GRAIN) * (LAST_GRAIN / SECOND_US), record->hostname,
		traits->hostname, traits->vendor_class);
	put_parameters(out, traits);
	fprintf(out, "\t%s\t%s\t%s\t%s", traits->instance, traits->model, traits->serial,
		traits->server);
	for (unsigned i = 0; i < traits->service_count; i++)
		fprintf(out, "\t+%s", traits->services[i]);
	for (unsigned i = 0; i < record->row_count; i++)
		fprintf(out, "\t@%s", record->rows[i]);
	putc('\n', out);
}

int known_save(const struct engine *engine, const char *path, uint64_t *digest)
{
	struct saved saved;

	if (!saved_begin(&saved, HEAD))
		return -ENOMEM;
	engine_each_device(engine, put_device, saved.out);
	return saved_end(&saved, path, digest);
}

/* ---- reading ---- */

static bool read_parameters(const char *word, struct traits *traits)
{
	while (*word) {
		char *end;
		unsigned long value = strtoul(word, &end, 10);

		if (end == word || value > 255 || (*end && *end != ',') ||
		    traits->parameter_count == TRAITS_PARAMETERS_MOST)
			return false;
		traits->parameters[traits->parameter_count++] = (uint8_t)value;
		word = *end ? end + 1 : end;
	}
	return true;
}

static void read_text(const char *word, char target[static TRAITS_TEXT_SIZE])
{
	traits_set_text(target, bytes_of(word, strlen(word)));
}

/* A service or a row. */
static bool read_more(const char *word, struct device_record *record)
{
	if (word[0] == '+') {
		traits_add_service(&record->traits, word + 1);
		return true;
	}
	if (word[0] != '@' || record->row_count == DEVICE_ROWS_MOST ||
	    strlen(word) > DEVICE_ROW_SIZE)
		return false;
	writer_set_text(record->rows[record->row_count++], DEVICE_ROW_SIZE, word + 1);
	return true;
}

static bool read_device(char *line, struct device_record *ret_record)
{
	struct device_record *record = ret_record;
	struct traits *traits = &record->traits;
	char *columns[COLUMNS], *word;

	memset(record, 0, sizeof(*record));
	for (unsigned i = 0; i < COLUMNS; i++) {
		columns[i] = strsep(&line, "\t");
		if (!columns[i])
			return false;
	}
	if (!mac_parse(columns[0], &record->mac) || !saved_seconds(columns[1], &record->first) ||
	    !saved_seconds(columns[2], &record->last) || !read_parameters(columns[6], traits))
		return false;
	read_text(columns[3], record->hostname);
	read_text(columns[4], traits->hostname);
	read_text(columns[5], traits->vendor_class);
	read_text(columns[7], traits->instance);
	read_text(columns[8], traits->model);
	read_text(columns[9], traits->serial);
	read_text(columns[10], traits->server);
	while ((word = strsep(&line, "\t")))
		if (!read_more(word, record))
			return false;
	return true;
}

static bool restore_line(void *context, char *line)
{
	struct saved_restoring *restoring = context;
	struct device_record record;

	if (!read_device(line, &record))
		return false;
	/* A clock that was set back makes nobody a guest from the future. */
	if (record.last > restoring->now)
		record.last = restoring->now;
	if (record.last + FORGOTTEN_AFTER < restoring->now)
		return true;
	engine_restore_device(restoring->engine, &record);
	restoring->count++;
	return true;
}

int known_load(struct engine *engine, const char *path, time_us now)
{
	return saved_restore(engine, now, path, HEAD, restore_line);
}
