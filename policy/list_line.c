/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one line of a list says. A hosts file speaks of single names, and so
 * does a bare name among adblock rules; a list of domains speaks of each
 * domain with all below it, as the policy language does.
 */
#include "policy/list_line.h"

struct bytes list_trim(struct bytes text)
{
	while (text.len && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t' ||
			    text.data[text.len - 1] == '\r'))
		text.len--;
	while (text.len && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = bytes_of(text.data + 1, text.len - 1);
	return text;
}

struct bytes list_without_mark(struct bytes text)
{
	return bytes_start_with(text, "\xef\xbb\xbf", 3) ? bytes_of(text.data + 3, text.len - 3)
							 : text;
}

static bool starts(struct bytes text, const char *prefix)
{
	return bytes_start_with(text, prefix, strlen(prefix));
}

static bool is(struct bytes text, const char *word)
{
	return bytes_equal(text, bytes_of(word, strlen(word)));
}

static bool has(struct bytes text, const char *part)
{
	size_t len = strlen(part);

	for (size_t i = 0; i + len <= text.len; i++) {
		if (memcmp(text.data + i, part, len) == 0)
			return true;
	}
	return false;
}

static struct bytes skip(struct bytes text, size_t count)
{
	return bytes_of(text.data + count, text.len - count);
}

/* The part before the first of these bytes; all, when there is none. */
static struct bytes until(struct bytes text, const char *stops)
{
	size_t i = 0;

	while (i < text.len && !(text.data[i] && strchr(stops, text.data[i])))
		i++;
	return bytes_of(text.data, i);
}

/* The next word, taken off the text; empty at its end. */
static struct bytes take_word(struct bytes *text)
{
	struct bytes word;

	*text = list_trim(*text);
	word = until(*text, " \t");
	*text = skip(*text, word.len);
	return word;
}

static bool read_prefix(struct bytes word, struct prefix *ret_prefix)
{
	char text[PREFIX_TEXT_SIZE];

	if (!word.len || word.len >= sizeof(text))
		return false;
	memcpy(text, word.data, word.len);
	text[word.len] = 0;
	return prefix_parse(text, ret_prefix);
}

/* An address that leads nowhere, as blocking hosts files have them. */
static bool is_nowhere(const struct prefix *prefix)
{
	enum address_scope scope = address_scope(&prefix->address);

	return scope == SCOPE_UNSPECIFIED || scope == SCOPE_LOOPBACK ||
	       (prefix->address.family == ADDRESS_IPV4 && prefix->address.bytes[0] == 0);
}

/* ---- what an entry becomes ---- */

static bool skip_line(struct list_line_state *state, enum list_skip why)
{
	state->counts.skipped[why]++;
	return true;
}

static unsigned count_labels(const struct name *name)
{
	unsigned labels = 1;

	for (size_t i = 0; i < name->len; i++)
		labels += name->text[i] == '.';
	return labels;
}

static bool give_name(struct list_line_state *state, const struct name *name, unsigned scope,
		      enum list_level level)
{
	if (count_labels(name) > LIST_LABELS_MOST)
		return skip_line(state, LIST_SKIP_NAME);
	state->counts.names++;
	if (level == LIST_EXCEPT || level == LIST_EXCEPT_IMPORTANT)
		state->counts.exceptions++;
	return state->sink.name(state->sink.context, name, scope, level);
}

static bool give_text(struct list_line_state *state, struct bytes text, unsigned scope,
		      enum list_level level)
{
	struct name name;

	if (text.len && memchr(text.data, '*', text.len))
		return skip_line(state, LIST_SKIP_PATTERN);
	if (!list_name_parse(text, &name))
		return skip_line(state, LIST_SKIP_NAME);
	return give_name(state, &name, scope, level);
}

static bool give_prefix(struct list_line_state *state, const struct prefix *prefix)
{
	state->counts.addresses++;
	return state->sink.prefix(state->sink.context, prefix);
}

/* ---- hosts, domains, wild cards, addresses: told apart line by line ---- */

static bool is_local(struct bytes word)
{
	static const char *const names[] = {
		"localhost",     "localhost.localdomain", "local",        "broadcasthost",
		"ip6-localhost", "ip6-loopback",          "ip6-localnet", "ip6-mcastprefix",
		"ip6-allnodes",  "ip6-allrouters",        "ip6-allhosts", "0.0.0.0"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (is(word, names[i]))
			return true;
	}
	return false;
}

static bool read_hosts(struct list_line_state *state, const struct prefix *prefix,
		       struct bytes names)
{
	struct bytes word;

	while ((word = take_word(&names)).len) {
		if (is_local(word))
			skip_line(state, LIST_SKIP_LOCAL);
		else if (!is_nowhere(prefix))
			skip_line(state, LIST_SKIP_REDIRECT);
		else if (!give_text(state, word, LIST_SELF, LIST_BLOCK))
			return false;
	}
	return true;
}

/* Lists for other firewalls name the kind of an entry before it. */
static bool read_kind(struct list_line_state *state, struct bytes word)
{
	if (starts(word, "full:"))
		return give_text(state, skip(word, 5), LIST_SELF, LIST_BLOCK);
	if (starts(word, "domain:"))
		return give_text(state, skip(word, 7), LIST_SELF | LIST_BELOW, LIST_BLOCK);
	if (starts(word, "include:"))
		return skip_line(state, LIST_SKIP_INCLUDE);
	if (starts(word, "regexp:") || starts(word, "keyword:"))
		return skip_line(state, LIST_SKIP_PATTERN);
	return skip_line(state, has(word, "://") ? LIST_SKIP_NOT_DOMAIN : LIST_SKIP_NAME);
}

static bool read_word(struct list_line_state *state, struct bytes word)
{
	if (starts(word, "*."))
		word = skip(word, 2);
	else if (starts(word, "."))
		word = skip(word, 1);
	else if (word.data[0] == '/')
		return skip_line(state, LIST_SKIP_PATTERN);
	if (is_local(word))
		return skip_line(state, LIST_SKIP_LOCAL);
	if (word.len && memchr(word.data, ':', word.len))
		return read_kind(state, word);
	if (word.len && memchr(word.data, '/', word.len))
		return skip_line(state, LIST_SKIP_NOT_DOMAIN);
	return give_text(state, word, LIST_SELF | LIST_BELOW, LIST_BLOCK);
}

static bool read_plain(struct list_line_state *state, struct bytes line)
{
	struct bytes rest = list_trim(until(line, "#;")), word;
	struct prefix prefix;
	bool is_address;

	if (!rest.len || starts(line, "//") || line.data[0] == '!' || line.data[0] == '[')
		return true;
	word = take_word(&rest);
	is_address = read_prefix(word, &prefix);
	rest = list_trim(rest);
	if (is_address && rest.len)
		return read_hosts(state, &prefix, rest);
	/* "@ads" and the like: marks for whoever picks from the list. */
	if (rest.len && rest.data[0] != '@')
		return skip_line(state, LIST_SKIP_UNKNOWN);
	return is_address ? give_prefix(state, &prefix) : read_word(state, word);
}

/* ---- adblock ---- */

/* False: it has one under which we cannot tell whether it holds. */
static bool read_options(struct bytes options, bool *ret_important)
{
	while (options.len) {
		struct bytes option = until(options, ",");

		options = skip(options, option.len < options.len ? option.len + 1 : option.len);
		if (is(option, "important"))
			*ret_important = true;
		else if (!is(option, "all") && !is(option, "document") && !is(option, "doc"))
			return false;
	}
	return true;
}

static bool is_cosmetic(struct bytes line)
{
	return has(line, "##") || has(line, "#@#") || has(line, "#?#") || has(line, "#$#") ||
	       has(line, "#%#") || has(line, "$$");
}

/* `||name^`, `|name^` or a bare name, without exception mark and options. */
static bool read_pattern(struct list_line_state *state, struct bytes pattern, enum list_level level)
{
	bool anchored = starts(pattern, "||");
	unsigned scope = anchored ? LIST_SELF | LIST_BELOW : LIST_SELF;
	struct prefix prefix;

	pattern = skip(pattern, anchored ? 2 : starts(pattern, "|") ? 1 : 0);
	if (pattern.len && pattern.data[pattern.len - 1] == '|')
		pattern.len--;
	if (pattern.len && pattern.data[pattern.len - 1] == '^')
		pattern.len--;
	if (anchored && starts(pattern, "*.")) {
		pattern = skip(pattern, 2);
		scope = LIST_BELOW;
	}
	if (!pattern.len || memchr(pattern.data, '/', pattern.len) ||
	    memchr(pattern.data, '?', pattern.len) || memchr(pattern.data, '=', pattern.len))
		return skip_line(state, LIST_SKIP_NOT_DOMAIN);
	if (memchr(pattern.data, '*', pattern.len) || memchr(pattern.data, '^', pattern.len))
		return skip_line(state, LIST_SKIP_PATTERN);
	if (!read_prefix(pattern, &prefix))
		return give_text(state, pattern, scope, level);
	/* An address of a list cannot be taken back by another. */
	if (level == LIST_EXCEPT || level == LIST_EXCEPT_IMPORTANT)
		return skip_line(state, LIST_SKIP_OPTION);
	return give_prefix(state, &prefix);
}

static bool read_adblock(struct list_line_state *state, struct bytes line)
{
	bool except = starts(line, "@@"), important = false;
	struct bytes rule = except ? skip(line, 2) : line, pattern;
	struct bytes word = until(rule, " \t");
	struct prefix prefix;

	if (!line.len || line.data[0] == '!' || line.data[0] == '[' ||
	    (line.data[0] == '#' && !is_cosmetic(line)))
		return true;
	if (is_cosmetic(line))
		return skip_line(state, LIST_SKIP_NOT_DOMAIN);
	if (starts(rule, "/"))
		return skip_line(state, LIST_SKIP_PATTERN);
	/* Lines of hosts files are rules there, too. */
	if (word.len < rule.len && read_prefix(word, &prefix))
		return read_hosts(state, &prefix, until(skip(rule, word.len), "#"));
	pattern = until(rule, "$");
	if (pattern.len < rule.len && !read_options(skip(rule, pattern.len + 1), &important))
		return skip_line(state, LIST_SKIP_OPTION);
	return read_pattern(state, pattern,
			    except      ? important ? LIST_EXCEPT_IMPORTANT : LIST_EXCEPT
			    : important ? LIST_BLOCK_IMPORTANT
					: LIST_BLOCK);
}

/* ---- dnsmasq ---- */

/* What follows the last slash decides what becomes of the names before it. */
static enum list_level target_level(struct bytes key, struct bytes target, bool *ret_known)
{
	struct prefix prefix;

	*ret_known = true;
	if (!target.len)
		return LIST_BLOCK;
	if (is(target, "#"))
		return is(key, "address") ? LIST_BLOCK : LIST_EXCEPT;
	*ret_known = is(key, "address") && read_prefix(target, &prefix) && is_nowhere(&prefix);
	return LIST_BLOCK;
}

static bool read_dnsmasq(struct list_line_state *state, struct bytes line)
{
	struct bytes key = until(line, "="), value, target;
	enum list_level level;
	size_t slash;
	bool known;

	if (!line.len || line.data[0] == '#')
		return true;
	if (!is(key, "address") && !is(key, "server") && !is(key, "local"))
		return skip_line(state, LIST_SKIP_NOT_DOMAIN);
	value = skip(line, key.len);
	if (!starts(value, "=/"))
		return skip_line(state, LIST_SKIP_NOT_DOMAIN);
	value = list_trim(until(skip(value, 2), " \t"));
	for (slash = value.len; slash && value.data[slash - 1] != '/'; slash--)
		;
	if (!slash)
		return skip_line(state, LIST_SKIP_UNKNOWN);
	target = skip(value, slash);
	level = target_level(key, target, &known);
	if (!known)
		return skip_line(state, LIST_SKIP_REDIRECT);
	value.len = slash - 1;
	while (value.len) {
		struct bytes name = until(value, "/");

		value = skip(value, name.len < value.len ? name.len + 1 : name.len);
		if (is(name, "#"))
			skip_line(state, LIST_SKIP_PATTERN);
		else if (!give_text(state, name, LIST_SELF | LIST_BELOW, level))
			return false;
	}
	return true;
}

/* ---- response policy zones ---- */

static bool read_rpz(struct list_line_state *state, struct bytes line)
{
	struct list_rpz_entry entry;

	switch (list_rpz_line(&state->rpz, line, &entry)) {
	case LIST_RPZ_NONE:
		return true;
	case LIST_RPZ_NAME:
		return give_name(state, &entry.name, entry.scope, entry.level);
	case LIST_RPZ_PREFIX:
		return give_prefix(state, &entry.prefix);
	case LIST_RPZ_SKIP:
		return skip_line(state, entry.skip);
	}
	return true;
}

/* ---- either ---- */

static bool is_zone(struct bytes line)
{
	return starts(line, "$TTL") || starts(line, "$ORIGIN") || has(line, " SOA ") ||
	       has(line, "\tSOA\t") || has(line, "CNAME .") || has(line, "CNAME\t.") ||
	       has(line, "CNAME rpz-");
}

enum list_format list_line_shape(struct bytes line)
{
	struct bytes rest = list_trim(until(line, "#;")), word;
	struct prefix prefix;

	if (starts(line, "||") || starts(line, "@@") || starts(line, "[Ad") ||
	    (line.len && line.data[0] != '#' && line.data[0] != '!' && has(line, "##")))
		return LIST_ADBLOCK;
	if (!rest.len || line.data[0] == '!')
		return LIST_EMPTY;
	if (starts(line, "address=/") || starts(line, "server=/") || starts(line, "local=/"))
		return LIST_DNSMASQ;
	if (is_zone(rest))
		return LIST_RPZ;
	word = take_word(&rest);
	if (read_prefix(word, &prefix))
		return list_trim(rest).len ? LIST_HOSTS : LIST_ADDRESSES;
	return starts(word, "*.") ? LIST_WILDCARDS : LIST_DOMAINS;
}

bool list_line_read(struct list_line_state *state, struct bytes line)
{
	switch (state->format) {
	case LIST_ADBLOCK:
		return read_adblock(state, line);
	case LIST_DNSMASQ:
		return read_dnsmasq(state, line);
	case LIST_RPZ:
		return read_rpz(state, line);
	case LIST_EMPTY:
	case LIST_HOSTS:
	case LIST_DOMAINS:
	case LIST_WILDCARDS:
	case LIST_ADDRESSES:
	case LIST_FORMAT_COUNT:
		break;
	}
	return !line.len || read_plain(state, line);
}
