/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line of a response policy zone (draft-vixie-dnsop-dns-rpz), in the zone
 * syntax of RFC 1035 section 5.1 as far as such zones use it: $ORIGIN, $TTL,
 * owners left out, comments, records over several lines in parentheses (only
 * the zone's SOA has them). Triggers on names and on answered addresses are
 * taken; the actions are to deny, to drop and to let pass.
 */
#include "policy/list.h"

#define WORDS_MOST 6

/* "." or "*." at the end of a CNAME, and the names of RFC-less actions. */
static bool is_word(struct bytes word, const char *text)
{
	size_t len = strlen(text);

	if (word.len != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		uint8_t c = word.data[i];

		if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != (uint8_t)text[i])
			return false;
	}
	return true;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Words up to a comment; also keeps count of the parentheses. */
static size_t split_line(struct list_rpz *rpz, struct bytes line, struct bytes *words)
{
	size_t count = 0, at = 0;

	while (at < line.len && line.data[at] != ';') {
		size_t from = at;

		if (is_blank(line.data[at])) {
			at++;
			continue;
		}
		if (line.data[at] == '(' || line.data[at] == ')') {
			if (line.data[at] == '(')
				rpz->depth++;
			else if (rpz->depth)
				rpz->depth--;
			at++;
			continue;
		}
		while (at < line.len && !is_blank(line.data[at]) && line.data[at] != ';' &&
		       line.data[at] != '(' && line.data[at] != ')')
			at++;
		if (count < WORDS_MOST)
			words[count++] = bytes_of(line.data + from, at - from);
	}
	return count;
}

static bool is_time(struct bytes word)
{
	for (size_t i = 0; i < word.len; i++) {
		if ((word.data[i] < '0' || word.data[i] > '9') &&
		    !(i && strchr("smhdwSMHDW", word.data[i])))
			return false;
	}
	return word.len > 0;
}

static bool is_class(struct bytes word)
{
	return is_word(word, "in");
}

static bool is_type(struct bytes word)
{
	static const char *const types[] = {"cname", "a",  "aaaa", "txt", "soa",
					    "ns",    "mx", "srv",  "ptr", "dname"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (is_word(word, types[i]))
			return true;
	}
	return false;
}

/* The owner, relative to the zone: what stands before the zone's own name. */
static bool read_owner(const struct list_rpz *rpz, struct bytes word, struct bytes *ret_owner)
{
	size_t origin = rpz->origin.len;

	if (!word.len || word.data[word.len - 1] != '.') {
		*ret_owner = word;
		return true;
	}
	word.len--;
	if (!rpz->has_origin) {
		*ret_owner = word;
		return true;
	}
	if (word.len <= origin + 1 || word.data[word.len - origin - 1] != '.' ||
	    !is_word(bytes_of(word.data + word.len - origin, origin), rpz->origin.text))
		return false;
	*ret_owner = bytes_of(word.data, word.len - origin - 1);
	return true;
}

static bool ends_in(struct bytes text, const char *ending)
{
	size_t len = strlen(ending);

	return text.len > len && is_word(bytes_of(text.data + text.len - len, len), ending);
}

/* "24.0.2.0.192" is 192.0.2.0/24; "64.zz.db8.2001" is 2001:db8::/64. */
static bool read_ip_trigger(struct bytes text, struct prefix *ret_prefix)
{
	struct bytes parts[10];
	char out[PREFIX_TEXT_SIZE];
	size_t count = 0, from = 0, len = 0;
	bool ipv4;

	for (size_t i = 0; i <= text.len; i++) {
		if (i < text.len && text.data[i] != '.')
			continue;
		if (count == sizeof(parts) / sizeof(parts[0]))
			return false;
		parts[count++] = bytes_of(text.data + from, i - from);
		from = i + 1;
	}
	ipv4 = count == 5;
	for (size_t i = 1; ipv4 && i < count; i++)
		ipv4 = parts[i].len <= 3 && !is_word(parts[i], "zz");
	for (size_t i = count; i-- > 1;) {
		bool gap = is_word(parts[i], "zz");

		if (len + parts[i].len + 3 >= sizeof(out))
			return false;
		if (gap) {
			if (i == count - 1)
				out[len++] = ':';
		} else {
			memcpy(out + len, parts[i].data, parts[i].len);
			len += parts[i].len;
		}
		if (i > 1 || gap)
			out[len++] = ipv4 ? '.' : ':';
	}
	if (count < 3 || len + parts[0].len + 2 > sizeof(out))
		return false;
	out[len++] = '/';
	memcpy(out + len, parts[0].data, parts[0].len);
	out[len + parts[0].len] = 0;
	return prefix_parse(out, ret_prefix);
}

static enum list_rpz_result skip(struct list_rpz_entry *entry, enum list_skip why)
{
	entry->skip = why;
	return LIST_RPZ_SKIP;
}

static enum list_rpz_result read_trigger(struct bytes owner, struct list_rpz_entry *entry)
{
	entry->scope = LIST_SELF;
	if (ends_in(owner, ".rpz-ip")) {
		owner.len -= strlen(".rpz-ip");
		if (entry->level != LIST_BLOCK || !read_ip_trigger(owner, &entry->prefix))
			return skip(entry, LIST_SKIP_OPTION);
		return LIST_RPZ_PREFIX;
	}
	if (ends_in(owner, ".rpz-client-ip") || ends_in(owner, ".rpz-nsip") ||
	    ends_in(owner, ".rpz-nsdname"))
		return skip(entry, LIST_SKIP_OPTION);
	if (bytes_start_with(owner, "*.", 2)) {
		owner = bytes_of(owner.data + 2, owner.len - 2);
		entry->scope = LIST_BELOW;
	}
	if (owner.len && memchr(owner.data, '*', owner.len))
		return skip(entry, LIST_SKIP_PATTERN);
	return list_name_parse(owner, &entry->name) ? LIST_RPZ_NAME : skip(entry, LIST_SKIP_NAME);
}

static enum list_rpz_result read_record(struct bytes owner, struct bytes type, struct bytes target,
					struct list_rpz_entry *entry)
{
	if (is_word(type, "soa") || is_word(type, "ns"))
		return LIST_RPZ_NONE;
	if (!is_word(type, "cname"))
		return skip(entry, LIST_SKIP_REDIRECT);
	entry->level = LIST_BLOCK;
	if (is_word(target, "rpz-passthru."))
		entry->level = LIST_EXCEPT;
	else if (is_word(target, "rpz-tcp-only."))
		return skip(entry, LIST_SKIP_OPTION);
	else if (!is_word(target, ".") && !is_word(target, "*.") && !is_word(target, "rpz-drop."))
		return skip(entry, LIST_SKIP_REDIRECT);
	return read_trigger(owner, entry);
}

static enum list_rpz_result read_directive(struct list_rpz *rpz, const struct bytes *words,
					   size_t count, struct list_rpz_entry *entry)
{
	if (is_word(words[0], "$include"))
		return skip(entry, LIST_SKIP_INCLUDE);
	if (is_word(words[0], "$origin") && count > 1)
		rpz->has_origin = list_name_parse(words[1], &rpz->origin);
	return LIST_RPZ_NONE;
}

enum list_rpz_result list_rpz_line(struct list_rpz *rpz, struct bytes line,
				   struct list_rpz_entry *ret_entry)
{
	bool inside = rpz->depth > 0;
	struct bytes words[WORDS_MOST], owner;
	size_t count = split_line(rpz, line, words), at = 1;

	if (!count || inside)
		return LIST_RPZ_NONE;
	if (words[0].data[0] == '$')
		return read_directive(rpz, words, count, ret_entry);
	while (at < count && (is_time(words[at]) || is_class(words[at])))
		at++;
	if (at < count && is_word(words[at], "soa") && !rpz->has_origin &&
	    words[0].data[words[0].len - 1] == '.')
		rpz->has_origin = list_name_parse(words[0], &rpz->origin);
	/* A record of the zone itself, or one that leaves its owner to the line before. */
	if (is_word(words[0], "@") || (at >= count && is_type(words[0])) ||
	    (is_type(words[0]) && (at >= count || !is_type(words[at]))) || is_class(words[0]))
		return LIST_RPZ_NONE;
	if (at + 1 >= count || !is_type(words[at]))
		return skip(ret_entry, LIST_SKIP_UNKNOWN);
	if (is_word(words[at], "soa") || is_word(words[at], "ns"))
		return LIST_RPZ_NONE;
	if (!read_owner(rpz, words[0], &owner))
		return skip(ret_entry, LIST_SKIP_NAME);
	return read_record(owner, words[at], words[at + 1], ret_entry);
}
