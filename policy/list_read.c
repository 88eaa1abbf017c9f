/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists as they are published, line by line. The syntax of the whole is told
 * by its beginning; within it a line either is an entry, or is counted under
 * the reason why it is none. Nothing that is not plainly about blocking a
 * whole domain or an address is taken for it.
 *
 *	list_line.c   what one line says
 */
#include <stdlib.h>

#include "policy/list_line.h"

/* Adblock rules with long lists of domains are the longest lines that mean something. */
#define LINE_MOST 4096

struct list_reader {
	struct list_line_state state;
	bool over;    /* the line was too long: to its end */
	bool stopped; /* by the sink */
	bool started;
	size_t len;
	uint8_t line[LINE_MOST];
};

const char *list_format_name(enum list_format format)
{
	static const char *const names[LIST_FORMAT_COUNT] = {
		[LIST_EMPTY] = "empty",     [LIST_HOSTS] = "hosts",
		[LIST_DOMAINS] = "domains", [LIST_WILDCARDS] = "wildcards",
		[LIST_ADBLOCK] = "adblock", [LIST_DNSMASQ] = "dnsmasq",
		[LIST_RPZ] = "rpz",         [LIST_ADDRESSES] = "addresses",
	};

	return names[format];
}

const char *list_skip_text(enum list_skip skip)
{
	static const char *const texts[LIST_SKIP_COUNT] = {
		[LIST_SKIP_TOO_LONG] = "longer than 4096 bytes",
		[LIST_SKIP_NUL] = "with NUL bytes",
		[LIST_SKIP_NOT_DOMAIN] = "not about a domain",
		[LIST_SKIP_PATTERN] = "patterns",
		[LIST_SKIP_OPTION] = "with conditions that are not known here",
		[LIST_SKIP_REDIRECT] = "that lead elsewhere",
		[LIST_SKIP_LOCAL] = "about the local host",
		[LIST_SKIP_INCLUDE] = "that include a file",
		[LIST_SKIP_NAME] = "that are no domain name",
		[LIST_SKIP_UNKNOWN] = "that cannot be read",
	};

	return texts[skip];
}

uint64_t list_skipped(const struct list_counts *counts)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < LIST_SKIP_COUNT; i++)
		sum += counts->skipped[i];
	return sum;
}

/* ---- which syntax ---- */

static bool next_line(struct bytes *text, struct bytes *ret_line)
{
	const uint8_t *end;

	if (!text->len)
		return false;
	end = memchr(text->data, '\n', text->len);
	*ret_line = bytes_of(text->data, end ? (size_t)(end - text->data) : text->len);
	*text = bytes_of(text->data + ret_line->len + (end ? 1 : 0),
			 text->len - ret_line->len - (end ? 1 : 0));
	*ret_line = list_trim(*ret_line);
	return true;
}

enum list_format list_format_guess(struct bytes head)
{
	unsigned votes[LIST_FORMAT_COUNT] = {0};
	enum list_format best = LIST_EMPTY;
	struct bytes line;

	head = list_without_mark(head);
	while (next_line(&head, &line))
		votes[list_line_shape(line)]++;
	votes[LIST_EMPTY] = 0;
	/* Either has lines that look like the plain syntaxes; none of these looks like them. */
	if (votes[LIST_RPZ])
		return LIST_RPZ;
	if (votes[LIST_ADBLOCK])
		return LIST_ADBLOCK;
	for (enum list_format format = 0; format < LIST_FORMAT_COUNT; format++) {
		if (votes[format] > votes[best])
			best = format;
	}
	return best == LIST_EMPTY ? LIST_DOMAINS : best;
}

/* ---- lines ---- */

struct list_reader *list_reader_new(enum list_format format, const struct list_sink *sink)
{
	struct list_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->state.format = format;
	reader->state.sink = *sink;
	return reader;
}

static void end_line(struct list_reader *reader)
{
	struct bytes line = bytes_of(reader->line, reader->len);
	struct list_line_state *state = &reader->state;

	state->counts.lines++;
	if (!reader->started)
		line = list_without_mark(line);
	reader->started = true;
	if (reader->over)
		state->counts.skipped[LIST_SKIP_TOO_LONG]++;
	else if (line.len && memchr(line.data, 0, line.len))
		state->counts.skipped[LIST_SKIP_NUL]++;
	else if (!list_line_read(state, list_trim(line)))
		reader->stopped = true;
	reader->over = false;
	reader->len = 0;
}

static void add_part(struct list_reader *reader, struct bytes part)
{
	if (reader->over || part.len > LINE_MOST - reader->len) {
		reader->over = true;
		return;
	}
	if (part.len)
		memcpy(reader->line + reader->len, part.data, part.len);
	reader->len += part.len;
}

bool list_reader_feed(struct list_reader *reader, struct bytes text)
{
	while (text.len && !reader->stopped) {
		const uint8_t *end = memchr(text.data, '\n', text.len);
		size_t len = end ? (size_t)(end - text.data) : text.len;

		add_part(reader, bytes_of(text.data, len));
		if (!end)
			break;
		end_line(reader);
		text = bytes_of(text.data + len + 1, text.len - len - 1);
	}
	return !reader->stopped;
}

bool list_reader_end(struct list_reader *reader)
{
	if (!reader->stopped && (reader->len || reader->over))
		end_line(reader);
	return !reader->stopped;
}

const struct list_counts *list_reader_counts(const struct list_reader *reader)
{
	return &reader->state.counts;
}

void list_reader_free(struct list_reader *reader)
{
	free(reader);
}
