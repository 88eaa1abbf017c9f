/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ways around the DNS that the gateway sees: the table of who offers them,
 *
 *	name, address or network <TAB> kind [<TAB> source]
 *
 * and whether a question is about one of them. A name counts with all below
 * it. An address only counts where the flow has no name of its own: what lives
 * at an address changes, and content networks put many names behind one.
 */
#include "policy/check.h"

#include <stdlib.h>

#define BYPASS_TEXT_MOST ((size_t)4 << 20)
/* DoQ of the drafts, still in use. */
#define DOQ_PORT_EARLY 784
#define DOQ_PORT_DRAFT 8853

static const char *const kinds[BYPASS_COUNT] = {
	[BYPASS_NONE] = "none",
	[BYPASS_DOH] = "doh",
	[BYPASS_DOT] = "dot",
	[BYPASS_DOQ] = "doq",
	[BYPASS_ODOH] = "odoh",
	[BYPASS_DNSCRYPT] = "dnscrypt",
	[BYPASS_HTTPDNS] = "httpdns",
	[BYPASS_CANARY] = "canary",
	[BYPASS_DDR] = "ddr",
	[BYPASS_OTHER_PORT] = "dns",
	[BYPASS_UNREADABLE] = "unreadable",
};

const char *policy_bypass_name(enum policy_bypass bypass)
{
	return kinds[bypass];
}

/* ---- the table ---- */

struct row {
	struct bypass_name name; /* text NULL: a prefix */
	struct bypass_prefix prefix;
};

struct reader {
	struct check *check;
	struct row *rows;
	size_t count, capacity;
};

static void add_row(struct reader *reader, const struct row *row)
{
	reader->rows = arena_make_room(&reader->check->set->arena, reader->rows,
				       sizeof(*reader->rows), reader->count, &reader->capacity);
	reader->rows[reader->count++] = *row;
}

static bool read_what(struct reader *reader, struct bytes what, enum policy_bypass bypass,
		      struct row *row)
{
	char text[PREFIX_TEXT_SIZE] = "";
	struct name name;

	if (what.len < sizeof(text)) {
		memcpy(text, what.data, what.len);
		row->prefix.bypass = bypass;
		if (prefix_parse(text, &row->prefix.prefix))
			return true;
	}
	if (what.len == 0 || !name_parse(what, &name) || name.len == 0)
		return false;
	row->name.text = arena_text(&reader->check->set->arena, name.text, name.len);
	row->name.bypass = bypass;
	return true;
}

/* BYPASS_NONE: no such word. */
static enum policy_bypass read_kind(struct bytes word)
{
	for (int i = BYPASS_DOH; i <= BYPASS_DDR; i++) {
		if (strlen(kinds[i]) == word.len && memcmp(kinds[i], word.data, word.len) == 0)
			return (enum policy_bypass)i;
	}
	return BYPASS_NONE;
}

static void read_line(struct reader *reader, struct bytes line, unsigned number)
{
	const uint8_t *tab = memchr(line.data, '\t', line.len);
	enum policy_bypass bypass;
	struct row row = {.name = {NULL, BYPASS_NONE}};
	struct bytes what, kind;
	const uint8_t *end;

	if (!tab) {
		check_error(reader->check, number, NULL,
			    "expected a name or an address, a tab and its kind");
		return;
	}
	what = bytes_of(line.data, (size_t)(tab - line.data));
	kind = bytes_of(tab + 1, line.len - what.len - 1);
	end = kind.len ? memchr(kind.data, '\t', kind.len) : NULL;
	if (end)
		kind.len = (size_t)(end - kind.data);
	bypass = read_kind(kind);
	if (bypass == BYPASS_NONE)
		check_error(reader->check, number, NULL,
			    "\"%.*s\": expected one of doh, dot, doq, odoh, dnscrypt, httpdns, "
			    "canary, ddr",
			    (int)(kind.len > 40 ? 40 : kind.len), (const char *)kind.data);
	else if (!read_what(reader, what, bypass, &row))
		check_error(reader->check, number, NULL,
			    "\"%.*s\": expected a domain name, an address or a network",
			    (int)(what.len > 80 ? 80 : what.len), (const char *)what.data);
	else
		add_row(reader, &row);
}

static void read_source(struct reader *reader, const struct policy_source *source)
{
	struct bytes rest = source->text;

	reader->check->file = source->file;
	if (rest.len > BYPASS_TEXT_MOST) {
		check_error(reader->check, 0, NULL,
			    "the file is too large: %zu bytes, at most %zu are read", rest.len,
			    BYPASS_TEXT_MOST);
		return;
	}
	for (unsigned number = 1; rest.len; number++) {
		const uint8_t *end = memchr(rest.data, '\n', rest.len);
		struct bytes line = bytes_of(rest.data, end ? (size_t)(end - rest.data) : rest.len);
		size_t skip = line.len + (end != NULL);

		if (line.len && line.data[line.len - 1] == '\r')
			line.len--;
		if (line.len && line.data[0] != '#')
			read_line(reader, line, number);
		rest.data += skip;
		rest.len -= skip;
	}
}

static int compare_prefixes(const struct prefix *a, const struct prefix *b)
{
	int order = (int)a->address.family - b->address.family;

	if (order == 0)
		order = memcmp(a->address.bytes, b->address.bytes, sizeof(a->address.bytes));
	return order ? order : (int)a->length - b->length;
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (!x->name.text || !y->name.text) {
		if (x->name.text || y->name.text)
			return x->name.text ? -1 : 1;
		return compare_prefixes(&x->prefix.prefix, &y->prefix.prefix);
	}
	return strcmp(x->name.text, y->name.text);
}

/* Rows into the set, each name once, no network within another. */
static void fill(struct reader *reader, struct bypass_table *table)
{
	struct arena *arena = &reader->check->set->arena;
	struct bypass_name *names = arena_try(arena, reader->count * sizeof(*names));
	struct bypass_prefix *prefixes = arena_try(arena, reader->count * sizeof(*prefixes));

	if (!names || !prefixes) {
		free(reader->rows);
		arena_give_up(arena);
	}
	for (size_t i = 0; i < reader->count; i++) {
		const struct row *row = &reader->rows[i];

		if (row->name.text) {
			if (table->name_count == 0 ||
			    strcmp(names[table->name_count - 1].text, row->name.text) != 0)
				names[table->name_count++] = row->name;
		} else if (table->prefix_count == 0 ||
			   !prefix_contains(&prefixes[table->prefix_count - 1].prefix,
					    &row->prefix.prefix.address)) {
			prefixes[table->prefix_count++] = row->prefix;
		}
	}
	table->names = names;
	table->prefixes = prefixes;
}

void bypass_read(struct check *check, const struct policy_source *sources, size_t count)
{
	struct reader reader = {.check = check};

	for (size_t i = 0; i < count; i++) {
		if (sources[i].kind == SOURCE_BYPASS)
			read_source(&reader, &sources[i]);
	}
	if (reader.count) {
		qsort(reader.rows, reader.count, sizeof(*reader.rows), compare_rows);
		fill(&reader, &check->set->bypass);
	}
	free(reader.rows);
	for (size_t i = 0; i < check->set->list_count && i < POLICY_LISTS_MOST; i++) {
		const char *name = check->set->lists[i].name; /* NULL: an error was told */

		if (name && strcmp(name, "doh") == 0)
			check->set->bypass_lists |= (uint64_t)1 << i;
	}
}

/* ---- asking it ---- */

static enum policy_bypass find_name(const struct bypass_table *table, const char *text)
{
	size_t low = 0, high = table->name_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(text, table->names[middle].text);

		if (order == 0)
			return table->names[middle].bypass;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return BYPASS_NONE;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

enum policy_bypass bypass_of_name(const struct policy_set *set, const struct name *name)
{
	enum policy_bypass found = BYPASS_NONE;

	/* Where a DNSCrypt client gets its certificate, in every version. */
	if (begins(name->text, "1.dnscrypt-cert.") || begins(name->text, "2.dnscrypt-cert."))
		return BYPASS_DNSCRYPT;
	/* RFC 9461: what a resolver offers besides plain DNS. */
	if (begins(name->text, "_dns."))
		return BYPASS_DDR;
	for (const char *suffix = name->text; suffix && *suffix && found == BYPASS_NONE;
	     suffix = name_parent(suffix))
		found = find_name(&set->bypass, suffix);
	return found;
}

static enum policy_bypass find_address(const struct policy_set *set,
				       const struct policy_question *question)
{
	const struct prefix wanted = {question->address, 128};
	const struct bypass_table *table = &set->bypass;
	size_t low = 0, high = table->prefix_count;

	if (question->address_lists & set->bypass_lists)
		return BYPASS_DOH;
	/* The last one that begins at or before the address. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_prefixes(&table->prefixes[middle].prefix, &wanted) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || !prefix_contains(&table->prefixes[low - 1].prefix, &question->address))
		return BYPASS_NONE;
	return table->prefixes[low - 1].bypass;
}

static enum policy_bypass by_names(const struct policy_set *set,
				   const struct policy_question *question)
{
	for (unsigned i = 0; question->known & FACT_NAMES && i < question->name_count; i++) {
		const struct policy_name *name = &question->names[i];

		if (name->bypass != BYPASS_NONE)
			return name->bypass;
		if (name->lists & set->bypass_lists)
			return BYPASS_DOH;
	}
	return BYPASS_NONE;
}

static enum policy_bypass by_port(const struct policy_question *question)
{
	if (!(question->known & FACT_PORT))
		return BYPASS_NONE;
	if (question->transport == TRANSPORT_TCP && question->port == DOT_PORT)
		return BYPASS_DOT;
	if (question->transport == TRANSPORT_UDP &&
	    (question->port == DOT_PORT || question->port == DOQ_PORT_EARLY ||
	     question->port == DOQ_PORT_DRAFT))
		return BYPASS_DOQ;
	return BYPASS_NONE;
}

static enum policy_bypass by_protocol(const struct policy_question *question)
{
	bool usual = !(question->known & FACT_PORT) || question->port == DNS_PORT;

	if (!(question->known & FACT_PROTOCOL))
		return BYPASS_NONE;
	if (question->protocol == PROTOCOL_DOT)
		return BYPASS_DOT;
	if (question->protocol == PROTOCOL_DOQ)
		return BYPASS_DOQ;
	if (question->protocol == PROTOCOL_DOH)
		return BYPASS_DOH;
	if (question->protocol == PROTOCOL_DNSCRYPT)
		return BYPASS_DNSCRYPT;
	if (question->protocol == PROTOCOL_DNS && !usual)
		return BYPASS_OTHER_PORT;
	if (question->protocol == PROTOCOL_UNKNOWN && question->known & FACT_PORT && usual)
		return BYPASS_UNREADABLE;
	return BYPASS_NONE;
}

/* May what is spoken carry DNS for those who know how? */
static bool may_carry(enum protocol protocol)
{
	return protocol == PROTOCOL_TLS || protocol == PROTOCOL_QUIC || protocol == PROTOCOL_HTTP ||
	       protocol == PROTOCOL_DTLS || protocol == PROTOCOL_UNKNOWN;
}

static enum policy_bypass by_address(const struct policy_set *set,
				     const struct policy_question *question)
{
	bool nameless = !(question->known & FACT_NAMES) || question->name_count == 0;
	bool direct = question->known & FACT_DIRECT && question->direct;
	bool mismatch = question->known & FACT_MISMATCH && question->mismatch;

	if (!(question->known & FACT_ADDRESS) || !(question->known & FACT_PROTOCOL) ||
	    !may_carry(question->protocol) || !(nameless || direct || mismatch) ||
	    (question->known & FACT_PORT && question->port == DNS_PORT))
		return BYPASS_NONE;
	return find_address(set, question);
}

static bool has_ports(const struct policy_question *question)
{
	return !(question->known & FACT_TRANSPORT) || question->transport == TRANSPORT_TCP ||
	       question->transport == TRANSPORT_UDP;
}

enum policy_holds bypass_holds(const struct policy_set *set, const struct policy_question *question,
			       enum policy_bypass *ret_bypass)
{
	enum policy_bypass found = BYPASS_NONE;

	*ret_bypass = BYPASS_NONE;
	/* Resolvers on the LAN are the user's own. */
	if (!has_ports(question) || (question->known & FACT_ADDRESS && question->lan))
		return HOLDS_NO;
	found = by_names(set, question);
	if (found == BYPASS_NONE)
		found = by_port(question);
	if (found == BYPASS_NONE)
		found = by_protocol(question);
	if (found == BYPASS_NONE)
		found = by_address(set, question);
	*ret_bypass = found;
	if (found != BYPASS_NONE)
		return HOLDS_YES;
	return question->pending & (FACT_NAMES | FACT_PROTOCOL | FACT_PORT | FACT_MISMATCH)
		       ? HOLDS_MAYBE
		       : HOLDS_NO;
}

/* "doh dns.example", "dot port 853", "doh 192.0.2.1", "doq". */
void bypass_print(const struct policy_set *set, const struct policy_question *question,
		  struct writer *writer)
{
	char text[ADDRESS_TEXT_SIZE];
	enum policy_bypass bypass;

	if (bypass_holds(set, question, &bypass) != HOLDS_YES) {
		writer_text(writer, "no way around the DNS");
		return;
	}
	writer_text(writer, kinds[bypass]);
	for (unsigned i = 0; question->known & FACT_NAMES && i < question->name_count; i++) {
		const struct policy_name *name = &question->names[i];

		if (name->bypass == BYPASS_NONE && !(name->lists & set->bypass_lists))
			continue;
		writer_u8(writer, ' ');
		writer_text(writer, name->name->text);
		return;
	}
	if (by_port(question) != BYPASS_NONE || bypass == BYPASS_OTHER_PORT ||
	    bypass == BYPASS_UNREADABLE) {
		writer_text(writer, " port ");
		writer_decimal(writer, question->port);
	} else if (by_protocol(question) == BYPASS_NONE) {
		address_print(&question->address, text);
		writer_u8(writer, ' ');
		writer_text(writer, text);
	}
}
