/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of text.h: cells are kept until the widths are known. */
#include "client/text.h"

#include <stdlib.h>
#include <string.h>

#define GAP 2 /* between columns; 1 where that saves a cell from being cut */

struct cell {
	char *text;
	enum text_colour colour;
};

struct text_table {
	const struct text_column *columns;
	size_t column_count;
	struct cell *cells;
	size_t count, capacity;
};

struct text_table *text_table_new(const struct text_column *columns, size_t count)
{
	struct text_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->columns = columns;
	table->column_count = count;
	return table;
}

void text_table_free(struct text_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i].text);
	free(table->cells);
	free(table);
}

void text_table_cell(struct text_table *table, const char *text, enum text_colour colour)
{
	size_t size = strlen(text ? text : "") + 1;
	struct cell *cell;

	if (table->count == table->capacity) {
		size_t capacity = table->capacity ? 2 * table->capacity : 64;
		struct cell *cells = realloc(table->cells, capacity * sizeof(*cells));

		if (!cells)
			return;
		table->cells = cells;
		table->capacity = capacity;
	}
	cell = &table->cells[table->count++];
	cell->colour = colour;
	cell->text = malloc(size);
	if (cell->text)
		text_clean(text ? text : "", cell->text, size);
}

size_t text_table_rows(const struct text_table *table)
{
	return table->count / table->column_count;
}

static const char *cell_text(const struct text_table *table, size_t row, size_t column)
{
	const char *text = table->cells[row * table->column_count + column].text;

	return text ? text : "";
}

/* 0: the column has no text at all. */
static size_t column_width(const struct text_table *table, size_t column)
{
	size_t width = 0;

	for (size_t row = 0; row < text_table_rows(table); row++) {
		size_t w = text_width(cell_text(table, row, column));

		if (w > width)
			width = w;
	}
	if (width && text_width(table->columns[column].title) > width)
		width = text_width(table->columns[column].title);
	return width;
}

static size_t total_width(const size_t *widths, size_t count, size_t gap)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += widths[i] ? widths[i] + (total ? gap : 0) : 0;
	return total;
}

/* Takes a column at a time from the widest that may be cut. */
static void shrink(const struct text_table *table, size_t *widths, size_t width, size_t gap)
{
	while (total_width(widths, table->column_count, gap) > width) {
		size_t widest = table->column_count;

		for (size_t i = 0; i < table->column_count; i++) {
			size_t narrow = table->columns[i].narrow & ~(size_t)TEXT_SPARE;

			if (narrow && widths[i] > narrow &&
			    (widest == table->column_count || widths[i] > widths[widest]))
				widest = i;
		}
		if (widest == table->column_count)
			return;
		widths[widest]--;
	}
}

/* Prints at most width columns of it; what was cut ends in '~'. */
static void put_cut(FILE *out, const char *text, size_t width)
{
	bool cut = text_width(text) > width;
	size_t left = cut ? width - 1 : width;

	for (; *text && (left || ((unsigned char)*text & 0xc0) == 0x80); text++) {
		left -= ((unsigned char)*text & 0xc0) != 0x80;
		putc(*text, out);
	}
	if (cut)
		putc('~', out);
}

static void put_spaces(FILE *out, size_t count)
{
	while (count--)
		putc(' ', out);
}

static void put_cell(FILE *out, const char *text, size_t width, bool right, bool last)
{
	size_t own = text_width(text);
	size_t pad = own < width ? width - own : 0;

	if (right)
		put_spaces(out, pad);
	put_cut(out, text, width);
	if (!right && !last)
		put_spaces(out, pad);
}

/* The last column that has something to show in that row. */
static size_t last_column(const struct text_table *table, const size_t *widths, size_t row,
			  bool title)
{
	size_t last = table->column_count - 1;

	while (last && (!widths[last] || (!title && !*cell_text(table, row, last))))
		last--;
	return last;
}

static void print_row(const struct text_table *table, FILE *out, const size_t *widths, size_t gap,
		      size_t row, bool title, bool colour)
{
	size_t last = last_column(table, widths, row, title);
	bool first = true;

	for (size_t i = 0; i <= last; i++) {
		const struct text_column *column = &table->columns[i];
		enum text_colour ink = COLOUR_BOLD;

		if (!widths[i])
			continue;
		if (!first)
			put_spaces(out, gap);
		first = false;
		if (!title)
			ink = table->cells[row * table->column_count + i].colour;
		if (ink != COLOUR_NONE)
			fputs(text_colour(colour, ink), out);
		put_cell(out, title ? column->title : cell_text(table, row, i), widths[i],
			 column->right, i == last);
		if (ink != COLOUR_NONE)
			fputs(text_colour(colour, COLOUR_NONE), out);
	}
	putc('\n', out);
}

/* The widths, and the gap between them, of the columns that stay. */
static size_t fit(const struct text_table *table, size_t *widths, size_t width)
{
	size_t gap = GAP, count = table->column_count;
	bool left_out[TEXT_COLUMNS_MOST] = {false};

	for (;;) {
		size_t spare = 0;

		for (size_t i = 0; i < count; i++)
			widths[i] = left_out[i] ? 0 : column_width(table, i);
		gap = width && total_width(widths, count, GAP) > width ? 1 : GAP;
		if (width)
			shrink(table, widths, width, gap);
		if (!width || total_width(widths, count, gap) <= width)
			return gap;
		while (spare < count &&
		       (!widths[spare] || !(table->columns[spare].narrow & TEXT_SPARE)))
			spare++;
		if (spare == count)
			return gap;
		left_out[spare] = true;
	}
}

static void print(const struct text_table *table, FILE *out, size_t width, bool titles, bool colour)
{
	size_t widths[TEXT_COLUMNS_MOST] = {0};
	size_t gap = fit(table, widths, width);

	if (titles)
		print_row(table, out, widths, gap, 0, true, colour);
	for (size_t row = 0; row < text_table_rows(table); row++)
		print_row(table, out, widths, gap, row, false, colour);
}

void text_table_print(const struct text_table *table, FILE *out, size_t width, bool colour)
{
	print(table, out, width, true, colour);
}

void text_table_print_rows(const struct text_table *table, FILE *out, size_t width, bool colour)
{
	print(table, out, width, false, colour);
}
