/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Destinations as people write them on the command line and in assertions,
 * and the rules that are made of one.
 */
#include <stdlib.h>

#include "policy/set.h"

struct override {
	struct policy_rule rule; /* first: the two are the same pointer */
	struct condition conditions[4];
	struct domains domains;
	struct domain domain;
	struct prefix prefix;
	struct port_range port;
	struct name name;
	char words[4][PREFIX_TEXT_SIZE];
	const char *word_list[4];
};

static bool fail(char *error, size_t error_size, const char *why)
{
	struct writer writer = writer_on(error, error_size);

	if (error_size) {
		writer_text(&writer, why);
		writer_terminate(&writer);
	}
	return false;
}

/* ":443", ":53/udp"; false: what is wrong is in why. */
static bool parse_port(const char *text, struct policy_destination *destination, const char **why)
{
	uint32_t port = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9' && port <= UINT16_MAX; at++)
		port = port * 10 + (uint32_t)(*at - '0');
	*why = "expected a port from 1 to 65535 after the colon";
	if (at == text || port == 0 || port > UINT16_MAX || (*at && *at != '/'))
		return false;
	destination->port = (uint16_t)port;
	if (*at == 0)
		return true;
	destination->transport = transport_from_name(at + 1);
	*why = "expected tcp or udp after the port";
	return destination->transport == TRANSPORT_TCP || destination->transport == TRANSPORT_UDP;
}

/* Where the ":port" begins, or the end. An IPv6 address needs [ ] for one. */
static const char *find_port(const char *text)
{
	const char *bracket = strchr(text, ']');
	const char *colon = strchr(bracket ? bracket : text, ':');

	if (!bracket && colon && strchr(colon + 1, ':'))
		colon = NULL;
	return colon ? colon : text + strlen(text);
}

static bool parse_address(const char *text, size_t len, struct address *address)
{
	char copy[ADDRESS_TEXT_SIZE + 2] = "";

	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	return address_parse(copy, address);
}

static bool looks_like_address(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!((text[i] >= '0' && text[i] <= '9') || text[i] == '.'))
			return memchr(text, ':', len) != NULL;
	}
	return true;
}

/* "NAME", "ADDRESS" or "NAME@ADDRESS", without a port. */
static bool parse_host(const char *text, size_t len, struct policy_destination *destination,
		       const char **why)
{
	const char *at = memchr(text, '@', len);
	size_t name_len = at ? (size_t)(at - text) : len;

	*why = "expected an address after the @";
	if (at && !parse_address(at + 1, len - name_len - 1, &destination->address))
		return false;
	if (!at && parse_address(text, len, &destination->address))
		return true;
	*why = "expected a name, an address, name@address or *, with :port, :port/udp or :port/tcp";
	if (!at && looks_like_address(text, len))
		return false;
	return !memchr(text, '*', name_len) &&
	       name_parse(bytes_of(text, name_len), &destination->name);
}

bool policy_destination_parse(const char *text, struct policy_destination *ret_destination,
			      char *error, size_t error_size)
{
	struct policy_destination destination = {.any = false};
	const char *port = find_port(text);
	const char *why = "";

	if (strstr(text, "://"))
		return fail(error, error_size,
			    "expected no URL, but its name alone or with a port, as in "
			    "example.com:443");
	if (*port && !parse_port(port + 1, &destination, &why))
		return fail(error, error_size, why);
	if (port == text + 1 && text[0] == '*')
		destination.any = true;
	else if (!parse_host(text, (size_t)(port - text), &destination, &why))
		return fail(error, error_size, why);
	destination.address = address_unmapped(&destination.address);
	*ret_destination = destination;
	return true;
}

static struct condition *add_condition(struct override *override, enum policy_condition kind,
				       uint32_t facts, const char *word)
{
	size_t i = override->rule.group.count++;
	struct condition *condition = &override->conditions[i];

	override->word_list[i] = word;
	condition->kind = kind;
	condition->facts = facts;
	condition->words = &override->word_list[i];
	condition->word_count = 1;
	condition->count = 1;
	return condition;
}

static void add_name(struct override *override, const struct name *name)
{
	override->name = *name;
	override->domain = (struct domain){override->name.text, name->len};
	override->domains.suffixes = &override->domain;
	override->domains.suffix_count = 1;
	add_condition(override, CONDITION_DOMAIN, FACT_NAMES, override->name.text)->is.domains =
		&override->domains;
}

static void add_address(struct override *override, const struct address *address)
{
	char *word = override->words[0];

	override->prefix.address = *address;
	override->prefix.length = (uint8_t)(8 * address_len(address));
	prefix_print(&override->prefix, word);
	add_condition(override, CONDITION_ADDRESS, FACT_ADDRESS, word)->is.prefixes =
		&override->prefix;
}

static void add_port(struct override *override, uint16_t port)
{
	char *word = override->words[1];
	struct writer writer = writer_on(word, sizeof(override->words[1]));

	override->port = (struct port_range){port, port};
	writer_decimal(&writer, port);
	writer_terminate(&writer);
	add_condition(override, CONDITION_PORT, FACT_PORT, word)->is.ports = &override->port;
}

/* The conditions stand in the order of their enum, as in any rule. */
struct policy_rule *policy_override_new(enum policy_action action, const char *destination,
					char *error, size_t error_size)
{
	struct policy_destination parsed;
	struct override *override;

	if (!policy_destination_parse(destination, &parsed, error, error_size))
		return NULL;
	override = calloc(1, sizeof(*override));
	if (!override) {
		fail(error, error_size, "no memory");
		return NULL;
	}
	override->rule.number = 1;
	override->rule.action = action;
	override->rule.file = "";
	override->rule.group.conditions = override->conditions;
	if (parsed.name.len)
		add_name(override, &parsed.name);
	if (parsed.address.family != ADDRESS_NONE)
		add_address(override, &parsed.address);
	if (parsed.port)
		add_port(override, parsed.port);
	if (parsed.transport != TRANSPORT_NONE)
		add_condition(override, CONDITION_TRANSPORT, FACT_TRANSPORT,
			      transport_name(parsed.transport))
			->is.bits = (uint64_t)1 << parsed.transport;
	return &override->rule;
}

void policy_override_free(struct policy_rule *rule)
{
	free(rule);
}

void policy_override_set_number(struct policy_rule *rule, unsigned number)
{
	rule->number = number;
}
