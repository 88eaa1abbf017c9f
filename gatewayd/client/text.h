/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a terminal may be shown: text from the network made harmless, tables
 * that fit the window, numbers with units, colour. Private to gatewayctl.
 */
#ifndef GATEWAYD_CLIENT_TEXT_H
#define GATEWAYD_CLIENT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Copies text with everything that could move a cursor, change a colour or
 * turn the reading order replaced by '?': control characters, what is not
 * UTF-8, and the characters of Unicode that do the same.
 */
void text_clean(const char *text, char *ret_text, size_t size);
/* Prints it cleaned. */
void text_put(FILE *out, const char *text);
/*
 * Prints lines of cleaned text so that each fits into width columns: what does
 * not goes on at a word in the next line, further in. Colours take no column.
 * width 0: as it is.
 */
void text_put_wrapped(FILE *out, const char *text, size_t width);
/* Columns that a cleaned text takes. */
size_t text_width(const char *text);

/* "0 B", "1.2 kB", "34 MB": powers of 1000. */
#define TEXT_NUMBER_SIZE 32
void text_bytes(uint64_t bytes, char ret_text[static TEXT_NUMBER_SIZE]);
/* "12,345" */
void text_count(uint64_t count, char ret_text[static TEXT_NUMBER_SIZE]);
/* "45 s", "12 min", "3 h 5 min", "2 days 4 h" */
void text_duration(int64_t seconds, char ret_text[static TEXT_NUMBER_SIZE]);
/* "10m", "1h", "90s", "2d", "1h30m". False: not a time, or zero. */
bool text_parse_duration(const char *text, int64_t *ret_seconds);

/* "2026-03-29T12:00:00Z" as seconds since 1970. */
bool text_parse_time(const char *text, int64_t *ret_seconds);

enum text_colour {
	COLOUR_NONE,
	COLOUR_BOLD,
	COLOUR_DIM,
	COLOUR_RED,
	COLOUR_GREEN,
	COLOUR_YELLOW,
};
/* "" unless `use`. */
const char *text_colour(bool use, enum text_colour colour);
/* Prints it cleaned and, where that is wanted, in colour. */
void text_put_coloured(FILE *out, const char *text, bool use, enum text_colour colour);
/* What a word like "block" or "allow" is shown in. */
enum text_colour text_action_colour(const char *action);

/* Is it a terminal, and is colour wanted there (NO_COLOR, TERM=dumb)? */
bool text_wants_colour(FILE *out);
/* Columns of the terminal; 0: not a terminal, so nothing needs to be cut. */
size_t text_terminal_width(FILE *out);

/*
 * The word of `words` nearest to a mistyped one, or NULL when none is near:
 * at most a third of its letters differ, or it is the start of just that word.
 */
const char *text_nearest(const char *word, const char *const *words, size_t count);

/* ---- tables ---- */

#define TEXT_COLUMNS_MOST 12

struct text_column {
	const char *title;
	bool right; /* numbers */
	/*
	 * May be cut down to that many columns; 0: never. With TEXT_SPARE it is
	 * left out where cutting all of them is not enough.
	 */
	size_t narrow;
};
#define TEXT_SPARE 0x100u

struct text_table;

/* NULL: no memory. columns must outlive the table. */
struct text_table *text_table_new(const struct text_column *columns, size_t count);
/* The next cell, row by row; text is copied and cleaned; NULL is empty. */
void text_table_cell(struct text_table *table, const char *text, enum text_colour colour);
/* Rows so far. */
size_t text_table_rows(const struct text_table *table);
/* width 0: as wide as it gets. A column without any text is left out. */
void text_table_print(const struct text_table *table, FILE *out, size_t width, bool colour);
/* The same without the titles. */
void text_table_print_rows(const struct text_table *table, FILE *out, size_t width, bool colour);
void text_table_free(struct text_table *table);

#endif
