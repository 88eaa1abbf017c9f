/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/facts.h"

static void set_source(struct first_facts *facts, enum first_source source)
{
	if (facts->source == FIRST_NO_NAME)
		facts->source = source;
}

static bool parse_address(struct bytes text, struct address *ret_address)
{
	char copy[ADDRESS_TEXT_SIZE];

	if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.data, 0, text.len))
		return false;
	memcpy(copy, text.data, text.len);
	copy[text.len] = 0;
	return address_parse(copy, ret_address);
}

static void add_parsed(struct first_facts *facts, const struct name *name)
{
	for (unsigned i = 0; i < facts->name_count; i++) {
		if (name_equal(&facts->names[i], name))
			return;
	}
	if (facts->name_count == FIRST_NAMES_MOST)
		facts->name_odd = true;
	else
		facts->names[facts->name_count++] = *name;
}

/* Some clients put "host:port" in a server name. */
static struct bytes without_port(struct bytes text)
{
	size_t i = text.len;

	while (i > 0 && text.data[i - 1] >= '0' && text.data[i - 1] <= '9')
		i--;
	if (i == 0 || i == text.len || text.data[i - 1] != ':' ||
	    memchr(text.data, ':', i - 1) != NULL)
		return text;
	return bytes_of(text.data, i - 1);
}

void facts_add_name(struct first_facts *facts, struct bytes text, enum first_source source)
{
	struct address address;
	struct name name;

	set_source(facts, source);
	text = without_port(text);
	if (parse_address(text, &address))
		facts_add_address(facts, &address);
	else if (name_parse(text, &name))
		add_parsed(facts, &name);
	else
		facts->name_odd = true;
}

void facts_add_address(struct first_facts *facts, const struct address *address)
{
	set_source(facts, FIRST_HOST);
	if (facts->address.family == ADDRESS_NONE)
		facts->address = *address;
	else if (!address_equal(&facts->address, address))
		facts->name_odd = true;
}

/* Up to the first of these bytes. */
static struct bytes until(struct bytes text, uint8_t stop)
{
	const uint8_t *end = text.len ? memchr(text.data, stop, text.len) : NULL;

	return end ? bytes_of(text.data, (size_t)(end - text.data)) : text;
}

static struct bytes without_user(struct bytes text)
{
	for (size_t i = text.len; i > 0; i--) {
		if (text.data[i - 1] == '@')
			return bytes_of(text.data + i, text.len - i);
	}
	return text;
}

void facts_add_authority(struct first_facts *facts, struct bytes text)
{
	text = without_user(text);
	if (text.len && text.data[0] == '[')
		text = until(bytes_of(text.data + 1, text.len - 1), ']');
	else
		text = until(text, ':');
	facts_add_name(facts, text, FIRST_HOST);
}

static const struct {
	const char *prefix;
	uint16_t bit;
} alpn_prefixes[] = {
	{"http/", ALPN_HTTP1},      {"h2", ALPN_HTTP2},        {"spdy/", ALPN_HTTP2},
	{"h3", ALPN_HTTP3},         {"hq", ALPN_HTTP3},        {"dot", ALPN_DOT},
	{"doq", ALPN_DOQ},          {"mqtt", ALPN_MQTT},       {"x-amzn-mqtt", ALPN_MQTT},
	{"imap", ALPN_MAIL},        {"pop3", ALPN_MAIL},       {"smtp", ALPN_MAIL},
	{"managesieve", ALPN_MAIL}, {"xmpp-", ALPN_XMPP},      {"stun.", ALPN_STUN},
	{"webrtc", ALPN_WEBRTC},    {"c-webrtc", ALPN_WEBRTC}, {"apns-", ALPN_PUSH},
};

void facts_add_alpn(struct first_facts *facts, struct bytes name)
{
	for (size_t i = 0; i < sizeof(alpn_prefixes) / sizeof(alpn_prefixes[0]); i++) {
		const char *prefix = alpn_prefixes[i].prefix;

		if (bytes_start_with(name, prefix, strlen(prefix))) {
			facts->alpn |= alpn_prefixes[i].bit;
			return;
		}
	}
	facts->alpn |= ALPN_OTHER;
}

void facts_join(struct first_facts *facts, const struct first_facts *inner)
{
	if (inner->protocol != PROTOCOL_UNKNOWN)
		facts->protocol = inner->protocol;
	set_source(facts, inner->source);
	for (unsigned i = 0; i < inner->name_count; i++)
		add_parsed(facts, &inner->names[i]);
	if (facts->address.family == ADDRESS_NONE)
		facts->address = inner->address;
	facts->name_odd |= inner->name_odd;
	if (inner->ech) {
		facts->ech = true;
		facts->ech_config_id = inner->ech_config_id;
	}
	facts->alpn |= inner->alpn;
	facts->incomplete |= inner->incomplete;
	facts->upgradable = inner->upgradable;
}
