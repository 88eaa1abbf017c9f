/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "identify_table.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "configuration.h"
#include "system/state.h"

#define FILE_NAME "identify.tsv"
#define FILE_MOST (256u * 1024)
#define COLUMNS 8
#define COLUMNS_READ 6 /* the others are for people, and may be missing */
#define TEXTS_MOST 4

static const struct identify_kind kinds[] = {
	{"coffee-machine", "coffee machine", "coffee-machine"},
	{"vacuum", "robot vacuum", "robot-vacuum"},
	{"thermostat", "thermostat", "thermostat"},
	{"camera", "camera", "camera"},
	{"baby-monitor", "baby monitor", "baby-monitor"},
	{"doorbell", "video doorbell", "video-doorbell"},
	{"appliance", "household appliance", "kitchen-appliance"},
	{"blender", "blender", "kitchen-appliance"},
	{"tv", "television", "smart-tv"},
	{"speaker", "speaker", "speaker"},
	{"plug", "plug or switch", "plug-and-light"},
	{"light", "light", "plug-and-light"},
	{"printer", "printer", "printer"},
	{"toy", "toy", "toy"},
	{"phone-app", "phone or tablet", "phone"},
	{"wearable", "wearable", "wearable"},
	{"game-console", "game console", "game-console"},
	{"nas", "file server", "nas-hub"},
	{"hub", "hub", "nas-hub"},
};

static const char *const methods[IDENTIFY_METHODS] = {
	"maker", "hostname", "vendor-class", "mdns", "ssdp", "server", "model",
};

struct identify_table {
	struct identify_row *rows;
	size_t count;
	char *texts[TEXTS_MOST]; /* that the rows point into */
	size_t text_count;
};

const struct identify_kind *identify_kind_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

struct identify_table *identify_table_new(void)
{
	return calloc(1, sizeof(struct identify_table));
}

void identify_table_free(struct identify_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->text_count; i++)
		free(table->texts[i]);
	free(table->rows);
	free(table);
}

/* ---- reading ---- */

static bool read_method(const char *word, enum identify_method *ret_method)
{
	for (unsigned i = 0; i < IDENTIFY_METHODS; i++) {
		if (strcmp(methods[i], word) != 0)
			continue;
		*ret_method = (enum identify_method)i;
		return true;
	}
	return false;
}

static bool read_weight(const char *word, enum identify_weight *ret_weight)
{
	if (strcmp(word, "low") == 0)
		*ret_weight = IDENTIFY_LOW;
	else if (strcmp(word, "medium") == 0)
		*ret_weight = IDENTIFY_MEDIUM;
	else if (strcmp(word, "high") == 0)
		*ret_weight = IDENTIFY_HIGH;
	else
		return false;
	return true;
}

/* Cuts the line at its tabs; false: there are more or fewer columns. */
static bool split(char *line, char *columns[static COLUMNS])
{
	unsigned count = 0;

	while (line && count < COLUMNS) {
		char *tab = strchr(line, '\t');

		columns[count++] = line;
		if (tab)
			*tab++ = 0;
		line = tab;
	}
	return !line && count >= COLUMNS_READ;
}

/* What is in a row is shown on terminals. */
static bool has_control(const char *line)
{
	for (; *line; line++)
		if (((unsigned char)*line < ' ' && *line != '\t') || *line == 0x7f)
			return true;
	return false;
}

/* NULL: it is a row; else what is wrong with it. */
static const char *read_row(char *line, struct identify_row *ret_row)
{
	char *columns[COLUMNS];
	struct identify_row row;
	size_t len = strlen(line);

	if (len && line[len - 1] == '\r')
		line[len - 1] = 0;
	if (has_control(line))
		return "a control byte: it is not a text file";
	if (!split(line, columns))
		return "expected six to eight columns with tabs between them";
	if (!read_method(columns[0], &row.method))
		return "no such method: maker, hostname, vendor-class, mdns, ssdp, server, model";
	if (!columns[1][strspn(columns[1], "*")])
		return "a pattern without a character to compare";
	row.pattern = columns[1];
	row.maker = columns[2];
	row.brand = columns[3];
	row.kind = identify_kind_by_name(columns[4]);
	if (!row.kind && strcmp(columns[4], "generic") != 0)
		return "no such kind of device; generic: many kinds";
	if (!read_weight(columns[5], &row.weight))
		return "confidence is low, medium or high";
	*ret_row = row;
	return NULL;
}

static bool add_row(struct identify_table *table, const struct identify_row *row)
{
	/* Room grows by doubling: at the powers of two. */
	if ((table->count & (table->count - 1)) == 0) {
		size_t room = table->count ? 2 * table->count : 1;
		struct identify_row *rows = realloc(table->rows, room * sizeof(*rows));

		if (!rows)
			return false;
		table->rows = rows;
	}
	table->rows[table->count++] = *row;
	return true;
}

bool identify_table_add(struct identify_table *table, struct bytes text, unsigned *ret_line,
			const char **ret_error)
{
	struct identify_row row;
	char *copy;

	*ret_line = 1;
	*ret_error = "a NUL byte: it is not a text file";
	if (text.len && memchr(text.data, 0, text.len))
		return false;
	*ret_line = 0;
	*ret_error = "no memory";
	copy = malloc(text.len + 1);
	if (!copy || table->text_count == TEXTS_MOST) {
		free(copy);
		return false;
	}
	if (text.len)
		memcpy(copy, text.data, text.len);
	copy[text.len] = 0;
	table->texts[table->text_count++] = copy;
	for (char *line = copy, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		++*ret_line;
		if (!*line || *line == '#' || strncmp(line, "method\t", 7) == 0)
			continue;
		*ret_error = read_row(line, &row);
		if (*ret_error)
			return false;
		if (!add_row(table, &row)) {
			*ret_error = "no memory";
			return false;
		}
	}
	return true;
}

/* ---- looking up ---- */

/* One star at a time is gone back to, so the time is at most the product of both lengths. */
static bool matches(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text) {
		unsigned char p = (unsigned char)*pattern, t = (unsigned char)*text;

		if (p == '*') {
			star = ++pattern;
			resume = text;
		} else if (p == '#' ? isxdigit(t) != 0 : p && tolower(p) == tolower(t)) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++resume;
		} else {
			return false;
		}
	}
	return !pattern[strspn(pattern, "*")];
}

const struct identify_row *identify_table_find(const struct identify_table *table,
					       enum identify_method method, const char *text,
					       const char *maker)
{
	for (size_t i = 0; table && *text && i < table->count; i++) {
		const struct identify_row *row = &table->rows[i];

		if (row->method == method && matches(row->pattern, text) &&
		    (!row->maker[0] || (maker && matches(row->maker, maker))))
			return row;
	}
	return NULL;
}

/* ---- files ---- */

static void read_file(struct identify_table *table, const char *directory,
		      void (*say)(const char *error))
{
	char path[4096], error[4300];
	const char *fault;
	unsigned line;
	size_t len;
	char *text;
	int result;

	snprintf(path, sizeof(path), "%s/" FILE_NAME, directory);
	result = state_load(path, FILE_MOST, &text, &len);
	if (result == -ENOENT)
		return;
	if (result < 0) {
		snprintf(error, sizeof(error), "%s: %s", path, strerror(-result));
		say(error);
		return;
	}
	if (!identify_table_add(table, bytes_of(text, len), &line, &fault)) {
		snprintf(error, sizeof(error), "%s:%u: %s", path, line, fault);
		say(error);
	}
	free(text);
}

struct identify_table *identify_table_load(const char *directory, void (*say)(const char *error))
{
	struct identify_table *table = identify_table_new();

	if (!table)
		return NULL;
	read_file(table, directory, say);
	read_file(table, configuration_data_directory(), say);
	return table;
}
