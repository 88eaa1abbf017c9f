/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See setting.h. Follows libconfig's own idea of strings, comments and
 * numbers, but decides nothing about grammar except brackets. In place: owns
 * no memory.
 */
#include "policy/setting.h"

struct scan {
	char *text;
	size_t len, pos;
	unsigned line;
	const char *file;
	struct policy_errors *errors;
	bool failed;
	/* Open brackets: where each stands. */
	char open[SETTING_DEPTH_MOST];
	unsigned open_line[SETTING_DEPTH_MOST];
	unsigned depth;
	size_t comma; /* position of a comma with nothing after it yet, + 1 */
	char before;  /* the first byte of the token before this one */
};

static void fail(struct scan *scan, unsigned line, const char *what)
{
	policy_errors_add(scan->errors, scan->file, line, "%s", what);
	scan->failed = true;
}

static char at(const struct scan *scan, size_t offset)
{
	return scan->len - scan->pos > offset ? scan->text[scan->pos + offset] : 0;
}

static void step(struct scan *scan)
{
	if (at(scan, 0) == '\n')
		scan->line++;
	scan->pos++;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * An @include at the start of a line would make libconfig open a file. Inside
 * a comment it is harmless to blank out the @; anywhere else it is an error,
 * in a text too, so that no difference of opinion about quotes lets one by.
 */
static void check_include(struct scan *scan, bool comment)
{
	static const char word[] = "@include";
	size_t start = scan->pos;

	while (start < scan->len && is_blank(scan->text[start]))
		start++;
	if (scan->len - start < sizeof(word) - 1 ||
	    memcmp(scan->text + start, word, sizeof(word) - 1) != 0)
		return;
	if (!comment)
		fail(scan, scan->line, "@include is not supported: put the file in policy.d");
	scan->text[start] = ' ';
}

static void skip_line(struct scan *scan)
{
	while (scan->pos < scan->len && at(scan, 0) != '\n')
		step(scan);
}

static void skip_comment(struct scan *scan)
{
	unsigned line = scan->line;

	scan->pos += 2;
	while (scan->pos < scan->len) {
		if (at(scan, 0) == '*' && at(scan, 1) == '/') {
			scan->pos += 2;
			return;
		}
		step(scan);
		if (scan->text[scan->pos - 1] == '\n')
			check_include(scan, true);
	}
	fail(scan, line, "a comment begins here and never ends: expected */");
}

/*
 * A text in the wrong place is a syntax error to libconfig, too, but one after
 * which versions before 1.6 never give back the memory of the text.
 */
static void check_string_place(struct scan *scan)
{
	bool list = scan->depth && scan->open[scan->depth - 1] != '{';

	if (scan->before == '"' || strchr(list ? ",([" : "=:", scan->before ? scan->before : ';'))
		return;
	if (!scan->failed)
		fail(scan, scan->line,
		     "a text stands here where a keyword or the end was expected: is a quote "
		     "missing before?");
	/* What follows is likely the wrong side of the quotes. */
	scan->pos = scan->len;
	scan->depth = 0;
}

static void skip_string(struct scan *scan)
{
	unsigned line = scan->line;

	check_string_place(scan);
	if (scan->pos == scan->len)
		return;
	scan->pos++;
	while (scan->pos < scan->len) {
		char c = at(scan, 0);

		if (c == '"') {
			scan->pos++;
			return;
		}
		if (c == '\\' && (at(scan, 1) | 0x20) == 'x' && at(scan, 2) == '0' &&
		    at(scan, 3) == '0')
			fail(scan, scan->line, "a text cannot hold a NUL byte (\\x00)");
		if (c == '\\' && scan->pos + 1 < scan->len)
			step(scan);
		step(scan);
		if (scan->text[scan->pos - 1] == '\n')
			check_include(scan, false);
	}
	fail(scan, line, "a text begins here and never ends: expected a closing quote");
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '*' || c == '.' || c == '+';
}

/*
 * Versions before 1.6 cut large numbers short without a word. A number with
 * the suffix L is 64 bits wide.
 */
static void check_number(struct scan *scan, const char *word, size_t len)
{
	uint64_t value = 0;
	bool hex = len > 2 && word[0] == '0' && (word[1] | 0x20) == 'x';
	uint64_t most = hex ? UINT32_MAX : INT32_MAX;
	unsigned base = hex ? 16 : 10;

	if (word[len - 1] == 'L')
		most = INT64_MAX;
	for (size_t i = hex ? 2 : 0; i < len; i++) {
		char c = word[i];
		unsigned digit;

		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if (hex && (c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (unsigned)((c | 0x20) - 'a') + 10;
		else if (i == 0 && (c == '-' || c == '+'))
			continue;
		else
			return;
		if (value > (most - digit) / base) {
			fail(scan, scan->line, "the number is too large");
			return;
		}
		value = value * base + digit;
	}
}

static void skip_word(struct scan *scan)
{
	size_t start = scan->pos;
	char first = at(scan, 0);

	while (scan->pos < scan->len && is_word(at(scan, 0)))
		scan->pos++;
	if (first <= '9')
		check_number(scan, scan->text + start, scan->pos - start);
}

static void open_bracket(struct scan *scan, char c)
{
	if (scan->depth == SETTING_DEPTH_MOST) {
		fail(scan, scan->line, "too many brackets inside each other");
		scan->pos = scan->len;
		return;
	}
	scan->open[scan->depth] = c;
	scan->open_line[scan->depth++] = scan->line;
	scan->pos++;
}

static void close_bracket(struct scan *scan, char c)
{
	static const char pairs[] = "{}()[]";
	char expected = 0;

	if (scan->depth)
		expected = strchr(pairs, scan->open[scan->depth - 1])[1];
	if (c != expected) {
		if (expected)
			policy_errors_add(scan->errors, scan->file, scan->line,
					  "found \"%c\" where \"%c\" was expected, for the \"%c\" "
					  "of line %u",
					  c, expected, scan->open[scan->depth - 1],
					  scan->open_line[scan->depth - 1]);
		else
			policy_errors_add(scan->errors, scan->file, scan->line,
					  "found \"%c\", but nothing is open", c);
		scan->failed = true;
		scan->pos = scan->len;
		scan->depth = 0;
		return;
	}
	if (scan->comma && c != '}')
		scan->text[scan->comma - 1] = ' ';
	scan->depth--;
	scan->pos++;
}

/* One token or blank; true when it was neither blank nor comment. */
static bool skip_one(struct scan *scan)
{
	char c = at(scan, 0);

	if (c == '#' || (c == '/' && at(scan, 1) == '/')) {
		skip_line(scan);
		return false;
	}
	if (c == '/' && at(scan, 1) == '*') {
		skip_comment(scan);
		return false;
	}
	if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f') {
		step(scan);
		if (c == '\n')
			check_include(scan, false);
		return false;
	}
	if (c == '"')
		skip_string(scan);
	else if (c == '{' || c == '(' || c == '[')
		open_bracket(scan, c);
	else if (c == '}' || c == ')' || c == ']')
		close_bracket(scan, c);
	else if (is_word(c))
		skip_word(scan);
	else
		scan->pos++;
	return true;
}

bool scan_text(char *text, size_t len, const char *file, struct policy_errors *errors)
{
	struct scan scan = {.text = text, .len = len, .line = 1, .file = file, .errors = errors};

	check_include(&scan, false);
	while (scan.pos < scan.len) {
		size_t start = scan.pos;
		char c = at(&scan, 0);

		if (c == 0) {
			fail(&scan, scan.line, "the file holds a NUL byte: it is not a text file");
			return false;
		}
		if (skip_one(&scan)) {
			scan.comma = c == ',' ? start + 1 : 0;
			scan.before = c;
		}
	}
	if (scan.depth)
		policy_errors_add(errors, file, scan.open_line[scan.depth - 1],
				  "the \"%c\" opened here is never closed",
				  scan.open[scan.depth - 1]);
	return !scan.failed && scan.depth == 0;
}
