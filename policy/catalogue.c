/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The catalogue: rows of tab-separated text about names and networks,
 *
 *	domain_suffix organisation jurisdiction purpose essential [device_class note source]
 *
 * of which the last three are for people: note and source are kept to be shown. A first column
 *"AS64500" is a network. Lookups take the longest suffix that has a row; a later source takes the
 *place of a whole row of an earlier one.
 */
#include "policy/check.h"
#include "policy/regions.h"

#include <stdlib.h>

#define CATALOGUE_TEXT_MOST ((size_t)16 << 20)
#define ROWS_PER_PAUSE 64u
#define COLUMNS_LEAST 5
#define COLUMNS_MOST 8
#define ORGANISATION_MOST 63
#define REMARK_MOST 400

/* A row while it is being read. */
struct row {
	const char *name; /* NULL: a network */
	size_t len;
	uint32_t asn;
	struct policy_entry entry;
	size_t order; /* in all sources */
	const char *file;
	unsigned line;
};

struct reader {
	struct check *check;
	struct row *rows;
	size_t count, capacity;
	const char *organisation; /* of the row before, often the same */
	const char *device_class; /* likewise */
	const char *source;       /* likewise */
};

struct column {
	const char *text;
	size_t len;
};

static bool column_is(struct column column, const char *text)
{
	return column.len == strlen(text) && memcmp(column.text, text, column.len) == 0;
}

static bool parse_asn(struct column column, uint32_t *ret_asn)
{
	uint64_t asn = 0;

	if (column.len < 3 || column.len > 12 || memcmp(column.text, "AS", 2) != 0)
		return false;
	for (size_t i = 2; i < column.len; i++) {
		if (column.text[i] < '0' || column.text[i] > '9')
			return false;
		asn = asn * 10 + (uint64_t)(column.text[i] - '0');
	}
	*ret_asn = (uint32_t)asn;
	return asn > 0 && asn <= UINT32_MAX;
}

static bool read_name(struct reader *reader, struct column column, struct row *row)
{
	struct name name;

	if (parse_asn(column, &row->asn)) {
		row->entry.row = arena_text(&reader->check->set->arena, column.text, column.len);
		return true;
	}
	if (!name_parse(bytes_of(column.text, column.len), &name) ||
	    memchr(column.text, '*', column.len)) {
		check_error(reader->check, row->line, NULL,
			    "\"%.*s\": expected a domain name or a network, as AS64500",
			    (int)(column.len > 80 ? 80 : column.len), column.text);
		return false;
	}
	row->name = arena_text(&reader->check->set->arena, name.text, name.len);
	row->entry.row = row->name;
	row->len = name.len;
	return true;
}

/* What people read is shown on terminals and in JSON: no control bytes. */
static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

static bool read_organisation(struct reader *reader, struct column column, struct row *row)
{
	if (column.len == 0 || column_is(column, "unknown"))
		return true;
	for (size_t i = 0; i < column.len; i++) {
		if (column.len > ORGANISATION_MOST || is_control(column.text[i])) {
			check_error(reader->check, row->line, NULL,
				    "expected an organisation of at most %d bytes",
				    ORGANISATION_MOST);
			return false;
		}
	}
	if (!reader->organisation || !column_is(column, reader->organisation))
		reader->organisation =
			arena_text(&reader->check->set->arena, column.text, column.len);
	row->entry.organisation = reader->organisation;
	return true;
}

static bool read_jurisdiction(struct reader *reader, struct column column, struct row *row)
{
	country code = COUNTRY_UNKNOWN;

	if (column.len == 0 || column_is(column, "unknown"))
		return true;
	if (column.len == 2)
		code = country_from_letters(column.text[0], column.text[1]);
	if (!regions_is_country(code)) {
		check_error(reader->check, row->line, NULL,
			    "\"%.*s\": expected a jurisdiction as two letters, or unknown",
			    (int)(column.len > 40 ? 40 : column.len), column.text);
		return false;
	}
	row->entry.jurisdiction = code;
	return true;
}

/* A column as a setting, so that messages are those of any other word. */
static bool read_word(struct reader *reader, struct column column, const struct row *row,
		      const struct words *words, int *ret_word)
{
	char text[40] = "";
	struct setting setting = {.line = row->line, .kind = SETTING_TEXT, .text = text};
	size_t len = column.len < sizeof(text) - 1 ? column.len : sizeof(text) - 1;

	*ret_word = 0;
	if (column.len == 0)
		return true;
	memcpy(text, column.text, len);
	*ret_word = check_word(reader->check, &setting, words);
	return *ret_word >= 0;
}

static bool read_remark(struct reader *reader, struct column column, const struct row *row,
			const char *before, const char **ret_text)
{
	for (size_t i = 0; i < column.len; i++) {
		if (column.len > REMARK_MOST || is_control(column.text[i])) {
			check_error(reader->check, row->line, NULL,
				    "expected a note or source of at most %d bytes", REMARK_MOST);
			return false;
		}
	}
	if (column.len == 0)
		return true;
	*ret_text = before && column_is(column, before)
			    ? before
			    : arena_text(&reader->check->set->arena, column.text, column.len);
	return true;
}

static bool read_remarks(struct reader *reader, const struct column *columns, size_t count,
			 struct row *row)
{
	if (count > 5 &&
	    !read_remark(reader, columns[5], row, reader->device_class, &row->entry.device_class))
		return false;
	if (count > 6 && !read_remark(reader, columns[6], row, NULL, &row->entry.note))
		return false;
	if (count > 7 && !read_remark(reader, columns[7], row, reader->source, &row->entry.source))
		return false;
	reader->device_class = row->entry.device_class;
	reader->source = row->entry.source;
	return true;
}

static void add_row(struct reader *reader, const struct row *row)
{
	reader->rows = arena_make_room(&reader->check->set->arena, reader->rows,
				       sizeof(*reader->rows), reader->count, &reader->capacity);
	reader->rows[reader->count] = *row;
	reader->rows[reader->count].order = reader->count;
	reader->count++;
}

static size_t split(struct bytes line, struct column *columns)
{
	const char *at = (const char *)line.data;
	const char *end = at + line.len;
	size_t count = 0;

	for (;;) {
		const char *tab = memchr(at, '\t', (size_t)(end - at));
		const char *stop = tab ? tab : end;

		if (count < COLUMNS_MOST)
			columns[count] = (struct column){at, (size_t)(stop - at)};
		count++;
		if (!tab)
			return count;
		at = tab + 1;
	}
}

static void read_line(struct reader *reader, struct bytes line, unsigned number)
{
	static const char *const essential_words[] = {"unknown", "no", "yes"};
	static const struct words essential = {essential_words, 3};
	struct row row = {.file = reader->check->file, .line = number};
	struct column columns[COLUMNS_MOST];
	size_t count;
	int word;

	if (line.len && line.data[line.len - 1] == '\r')
		line.len--;
	if (line.len == 0 || line.data[0] == '#' || bytes_start_with(line, "domain_suffix\t", 14))
		return;
	count = split(line, columns);
	if (count < COLUMNS_LEAST || count > COLUMNS_MOST) {
		check_error(reader->check, number, NULL,
			    "expected %d to %d columns with tabs between them, found %zu",
			    COLUMNS_LEAST, COLUMNS_MOST, count);
		return;
	}
	if (!read_name(reader, columns[0], &row) || !read_organisation(reader, columns[1], &row) ||
	    !read_jurisdiction(reader, columns[2], &row) ||
	    !read_word(reader, columns[3], &row, &words_purpose, &word))
		return;
	row.entry.purpose = (enum policy_purpose)word;
	if (!read_word(reader, columns[4], &row, &essential, &word))
		return;
	row.entry.essential_known = word > 0;
	row.entry.essential = word == 2;
	if (!read_remarks(reader, columns, count, &row))
		return;
	add_row(reader, &row);
}

static void read_source(struct reader *reader, const struct policy_source *source)
{
	struct bytes rest = source->text;
	unsigned number = 0;

	reader->check->file = source->file;
	if (rest.len > CATALOGUE_TEXT_MOST) {
		check_error(reader->check, 0, NULL,
			    "the file is too large: %zu bytes, at most %zu are read", rest.len,
			    CATALOGUE_TEXT_MOST);
		return;
	}
	while (rest.len) {
		const uint8_t *end = memchr(rest.data, '\n', rest.len);
		size_t len = end ? (size_t)(end - rest.data) : rest.len;

		number++;
		if (memchr(rest.data, 0, len)) {
			check_error(reader->check, number, NULL,
				    "the file holds a NUL byte: it is not a text file");
			return;
		}
		read_line(reader, bytes_of(rest.data, len), number);
		if (number % ROWS_PER_PAUSE == 0)
			pause_take(reader->check->pause);
		rest.data += len + (end != NULL);
		rest.len -= len + (end != NULL);
	}
}

static int compare_keys(const struct row *a, const struct row *b)
{
	if (!a->name || !b->name) {
		if (a->name || b->name)
			return a->name ? -1 : 1;
		return a->asn < b->asn ? -1 : a->asn > b->asn;
	}
	return strcmp(a->name, b->name);
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = compare_keys(x, y);

	if (order)
		return order;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Of rows with the same key the last stays. */
static void keep_last(struct reader *reader)
{
	size_t kept = 0;

	for (size_t i = 0; i < reader->count; i++) {
		struct row *row = &reader->rows[i];
		struct row *last = kept ? &reader->rows[kept - 1] : NULL;

		if (!last || compare_keys(last, row) != 0) {
			reader->rows[kept++] = *row;
			continue;
		}
		if (last->file == row->file) {
			reader->check->file = row->file;
			check_error(reader->check, row->line, NULL,
				    "there is a row for this in line %u already", last->line);
		}
		*last = *row;
	}
	reader->count = kept;
}

static void fill(const struct reader *reader, struct arena *arena, struct catalogue *catalogue)
{
	struct catalogue_name *names;
	struct catalogue_network *networks;
	size_t name_count = 0;

	while (name_count < reader->count && reader->rows[name_count].name)
		name_count++;
	names = arena_try(arena, name_count * sizeof(*names));
	networks = arena_try(arena, (reader->count - name_count) * sizeof(*networks));
	if (!names || !networks) {
		free(reader->rows);
		arena_give_up(arena);
	}
	for (size_t i = 0; i < reader->count; i++) {
		const struct row *row = &reader->rows[i];

		if (i < name_count)
			names[i] = (struct catalogue_name){row->name, row->len, row->entry};
		else
			networks[i - name_count] = (struct catalogue_network){row->asn, row->entry};
	}
	catalogue->names = names;
	catalogue->name_count = name_count;
	catalogue->networks = networks;
	catalogue->network_count = reader->count - name_count;
}

void catalogue_read(struct check *check, const struct policy_source *sources, size_t count)
{
	struct reader reader = {.check = check};

	for (size_t i = 0; i < count; i++) {
		if (sources[i].kind == SOURCE_CATALOGUE)
			read_source(&reader, &sources[i]);
	}
	if (reader.count) {
		qsort(reader.rows, reader.count, sizeof(*reader.rows), compare_rows);
		keep_last(&reader);
		pause_take(check->pause);
		fill(&reader, &check->set->arena, &check->set->catalogue);
	}
	free(reader.rows);
}
