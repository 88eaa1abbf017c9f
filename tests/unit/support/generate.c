/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See generate.h. */
#include "tests/unit/support/generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct reference_key generated_keys[] = {
	{"lat", 0},
	{"lon", 0},
	{"owner", 1},
	{"payment", 3},
	{"wifi.name", 5},
	{"*token", 4},
	{"geo*", 0},
	{"card*no", 3},
	{"device_id", 4},
	{"$user", 1},
	{"\xd0\xb8\xd0\xbc\xd1\x8f", 1},
};
const size_t generated_key_count = sizeof(generated_keys) / sizeof(generated_keys[0]);

static unsigned pick(struct generated *generated, unsigned below)
{
	generated->random ^= generated->random << 13;
	generated->random ^= generated->random >> 7;
	generated->random ^= generated->random << 17;
	return (unsigned)(generated->random >> 11) % below;
}

static void put(struct generated *generated, const void *data, size_t len)
{
	if (generated->len + len > generated->size) {
		generated->size = (generated->len + len) * 2;
		generated->data = realloc(generated->data, generated->size);
	}
	if (len)
		memcpy(generated->data + generated->len, data, len);
	generated->len += len;
}

static void text(struct generated *generated, const char *words)
{
	put(generated, words, strlen(words));
}

static void byte(struct generated *generated, unsigned value)
{
	uint8_t one = (uint8_t)value;

	put(generated, &one, 1);
}

#define ONE_OF(generated, list) \
	((list)[pick(generated, (unsigned)(sizeof(list) / sizeof((list)[0])))])

/* A message of its own, to be put into another; the random numbers go on. */
static struct generated begin_inner(struct generated *outer)
{
	struct generated inner = {NULL, 0, 0, outer->random};

	return inner;
}

static void end_inner(struct generated *outer, struct generated *inner)
{
	outer->random = inner->random;
	free(inner->data);
}

/* ---- JSON ---- */

static const char *const keys[] = {
	"lat",
	"LAT",
	"l_a-t",
	"lon",
	"owner",
	"Ow.ner",
	"payment",
	"wifi",
	"name",
	"accesstoken",
	"token",
	"tokens",
	"geo",
	"geo_point",
	"geometry",
	"cardno",
	"card_number",
	"card-x-no",
	"deviceid",
	"device.id",
	"user",
	"$user",
	"id",
	"drink",
	"temperature",
	"latency",
	"a",
	"",
	"\xd0\xb8\xd0\xbc\xd1\x8f",
	"a fairly long key, it matches nothing, 0123",
};

static void json_space(struct generated *generated)
{
	static const char *const spaces[] = {"", "", "", "", " ", "\t", "\n", "\r\n", "  \n\t "};

	text(generated, ONE_OF(generated, spaces));
}

static void json_character(struct generated *generated, uint8_t c, bool may_escape)
{
	char escape[8];

	if (c < 0x80 && may_escape && !pick(generated, 12)) {
		snprintf(escape, sizeof(escape), pick(generated, 2) ? "\\u%04x" : "\\u%04X", c);
		text(generated, escape);
	} else if (c == '"' || c == '\\' || (c == '/' && pick(generated, 2))) {
		byte(generated, '\\');
		byte(generated, c);
	} else if (c == '\n') {
		text(generated, "\\n");
	} else if (c == '\r') {
		text(generated, "\\r");
	} else if (c == '\t') {
		text(generated, "\\t");
	} else {
		byte(generated, c);
	}
}

static void json_value(struct generated *generated, unsigned depth, unsigned layer);

static void json_plain_string(struct generated *generated, unsigned layer)
{
	static const char *const odd[] = {"\xc3\xa9", "\\u00e9", "\\ud83d\\ude00",
					  "\\\"",     "\\\\",    "\\/",
					  "\\b",      "{",       "[",
					  "}",        ",",       ":",
					  "\\ud800",  "\x7f"};
	unsigned len = pick(generated, 30) ? pick(generated, 14) : pick(generated, 1500);

	byte(generated, '"');
	/* JSON in JSON in JSON holds nothing that looks like more of it. */
	text(generated, layer == 2 && len ? "x" : "");
	while (len--) {
		if (pick(generated, 12))
			put(generated, &"abc XYZ0129.-_=&;:<>'"[pick(generated, 21)], 1);
		else
			text(generated, ONE_OF(generated, odd));
	}
	byte(generated, '"');
}

/* JSON as the text of a string. */
static void json_nested(struct generated *generated, unsigned depth, unsigned layer)
{
	struct generated inner = begin_inner(generated);

	json_space(&inner);
	json_value(&inner, depth + 1, layer + 1);
	byte(generated, '"');
	for (size_t i = 0; i < inner.len; i++)
		json_character(generated, inner.data[i], false);
	byte(generated, '"');
	end_inner(generated, &inner);
}

static void json_number(struct generated *generated)
{
	static const char *const numbers[] = {
		"0",   "-0",   "7",        "48.137", "-11.5",
		"1e5", "1E-7", "-2.5e+10", "0.001",  "12345678901234567890",
		"10"};

	text(generated, ONE_OF(generated, numbers));
}

static void json_key(struct generated *generated)
{
	const char *key = ONE_OF(generated, keys);

	byte(generated, '"');
	for (size_t i = 0; key[i]; i++)
		json_character(generated, (uint8_t)key[i], true);
	byte(generated, '"');
}

static void json_container(struct generated *generated, unsigned depth, unsigned layer, bool object)
{
	unsigned count = pick(generated, 5);

	byte(generated, object ? '{' : '[');
	json_space(generated);
	for (unsigned i = 0; i < count; i++) {
		if (i)
			byte(generated, ',');
		json_space(generated);
		if (object) {
			json_key(generated);
			json_space(generated);
			byte(generated, ':');
			json_space(generated);
		}
		json_value(generated, depth + 1, layer);
		json_space(generated);
	}
	byte(generated, object ? '}' : ']');
}

static void json_value(struct generated *generated, unsigned depth, unsigned layer)
{
	static const char *const words[] = {"true", "false", "null", "\"\"", "{}", "[]"};
	unsigned kind = pick(generated, depth > 5 ? 6 : 10);

	if (kind < 2)
		json_number(generated);
	else if (kind < 5)
		json_plain_string(generated, layer);
	else if (kind == 5)
		text(generated, ONE_OF(generated, words));
	else if (kind == 6 && layer < 2)
		json_nested(generated, depth, layer);
	else
		json_container(generated, depth, layer, kind != 7);
}

void generate_json(struct generated *generated)
{
	json_container(generated, 0, 0, pick(generated, 4) != 0);
}

/* ---- other bodies ---- */

static void percent(struct generated *generated, const char *words, bool form)
{
	char code[4];

	for (size_t i = 0; words[i]; i++) {
		uint8_t c = (uint8_t)words[i];

		if (c >= 0x80 || (c < '0' && c != '-' && c != '.' && c != '$') ||
		    !pick(generated, 10)) {
			snprintf(code, sizeof(code), pick(generated, 2) ? "%%%02X" : "%%%02x", c);
			text(generated, form && c == ' ' ? "+" : code);
		} else {
			byte(generated, c);
		}
	}
}

static void form(struct generated *generated)
{
	unsigned count = 1 + pick(generated, 6);

	/* A key may be "[lat]", but what begins with '[' is no form. */
	text(generated, "v=1&");
	for (unsigned i = 0; i < count; i++) {
		static const char *const values[] = {"48.137", "A.+Smith",   "",  "%41%42", "a;b=c",
						     "x",      "1234567890", "%", "a=b"};

		if (i)
			byte(generated, '&');
		if (!pick(generated, 6)) {
			percent(generated, ONE_OF(generated, keys), true);
			text(generated, pick(generated, 2) ? "[" : "%5b");
			percent(generated, ONE_OF(generated, keys), true);
			text(generated, "]");
		} else {
			percent(generated, ONE_OF(generated, keys), true);
		}
		if (pick(generated, 12))
			byte(generated, '=');
		text(generated, ONE_OF(generated, values));
	}
}

static void lines(struct generated *generated)
{
	static const char *const joins[] = {"=", ": ", " = ", ":", "\t:\t"};
	static const char *const values[] = {
		"48.137",  "\"A. \\\"B\\\" Smith\"", "A. Smith", "",      "'x y'z",
		"a&lon=5", "\xc3\xa9t\xc3\xa9",      "\"open",   "10:30", "b lat=3"};
	static const char *const ends[] = {"\n", "\r\n", "&", "\n\n", " ", ", "};
	unsigned count = 1 + pick(generated, 6);

	text(generated, "log ");
	while (count--) {
		bool quoted = !pick(generated, 5);

		text(generated, quoted ? "\"" : "");
		text(generated, ONE_OF(generated, keys));
		text(generated, quoted ? "\"" : "");
		text(generated, ONE_OF(generated, joins));
		text(generated, ONE_OF(generated, values));
		text(generated, ONE_OF(generated, ends));
	}
}

static void xml_name_of(struct generated *generated, char *name, size_t size)
{
	static const char *const names[] = {
		"lat", "LAT",       "lon",         "owner",     "n:lat", "wifi",    "name",
		"x",   "geo_point", "accessToken", "device-id", "drink", "a:b:lon", "latency"};

	snprintf(name, size, "%s", ONE_OF(generated, names));
}

static void xml_element(struct generated *generated, unsigned depth)
{
	static const char *const values[] = {"", "48.1", "A. Smith", "&amp;x", "a]b>"};
	char name[32], attribute[32];
	unsigned count = pick(generated, 3);

	xml_name_of(generated, name, sizeof(name));
	byte(generated, '<');
	text(generated, name);
	while (count--) {
		const char *quote = pick(generated, 2) ? "\"" : "'";

		xml_name_of(generated, attribute, sizeof(attribute));
		text(generated, pick(generated, 3) ? " " : "\n\t");
		text(generated, attribute);
		text(generated, pick(generated, 4) ? "=" : " = ");
		text(generated, quote);
		text(generated, ONE_OF(generated, values));
		text(generated, quote);
	}
	if (!pick(generated, 5)) {
		text(generated, pick(generated, 2) ? "/>" : " />");
		return;
	}
	byte(generated, '>');
	for (count = pick(generated, 4); count; count--) {
		unsigned kind = pick(generated, 6);

		if (kind < 2 && depth < 5)
			xml_element(generated, depth + 1);
		else if (kind == 2)
			text(generated, "<!-- a-b -->");
		else if (kind == 3)
			text(generated, "<![CDATA[a]b]]c<d>]]>");
		else
			text(generated, ONE_OF(generated, values));
	}
	text(generated, "</");
	text(generated, name);
	text(generated, pick(generated, 6) ? ">" : " >");
}

static void xml(struct generated *generated)
{
	if (pick(generated, 2))
		text(generated, "<?xml version=\"1.0\"?>\n");
	xml_element(generated, 0);
}

static void multipart(struct generated *generated)
{
	static const char *const values[] = {"48.137", "A.\r\nSmith", "",  "line\nline\r",
					     "x",      "--",          "-", "lat=5"};
	unsigned count = 1 + pick(generated, 4);

	while (count--) {
		text(generated, "--AaB03x\r\nContent-Disposition: form-data; name=\"");
		percent(generated, ONE_OF(generated, keys), false);
		text(generated, pick(generated, 3) ? "\"\r\n" : "\"; filename=\"a.txt\"\r\n");
		if (pick(generated, 2)) {
			text(generated, "\r\n");
			text(generated, ONE_OF(generated, values));
		} else {
			text(generated, "Content-Type: application/json\r\n\r\n");
			generate_json(generated);
		}
		text(generated, "\r\n");
	}
	text(generated, "--AaB03x--\r\n");
}

/* ---- framings ---- */

static void http_header(struct generated *generated)
{
	static const char *const names[] = {"X-Lat", "Lon",    "X-Device-Id",    "User-Agent",
					    "Owner", "Accept", "x-access-token", "X-X-Lat"};
	static const char *const values[] = {"48.137", "curl/8.0", "a b\tc ", "\xc3\xa9", ""};

	if (pick(generated, 4)) {
		text(generated, ONE_OF(generated, names));
		text(generated, pick(generated, 3) ? ": " : ":");
		text(generated, ONE_OF(generated, values));
	} else {
		text(generated, "Cookie: a=b; lat=48.1; owner=\"x\"; sid=9;lon=");
	}
	text(generated, "\r\n");
}

static void http_chunks(struct generated *generated, const struct generated *body)
{
	size_t at = 0;
	char size[16];

	while (at < body->len) {
		size_t len = 1 + pick(generated, pick(generated, 3) ? 12 : 400);

		if (len > body->len - at)
			len = body->len - at;
		snprintf(size, sizeof(size), pick(generated, 2) ? "%zx\r\n" : "%02zX\r\n", len);
		text(generated, size);
		put(generated, body->data + at, len);
		text(generated, "\r\n");
		at += len;
	}
	text(generated, "0\r\n");
	if (!pick(generated, 3))
		http_header(generated);
	text(generated, "\r\n");
}

static void http_body(struct generated *generated, const char **ret_type)
{
	switch (pick(generated, 7)) {
	case 0:
	case 1:
		*ret_type = "application/json";
		generate_json(generated);
		break;
	case 2:
		*ret_type = "application/x-www-form-urlencoded";
		form(generated);
		break;
	case 3:
		*ret_type = "text/plain; charset=utf-8";
		lines(generated);
		break;
	case 4:
		*ret_type = "application/soap+xml";
		xml(generated);
		break;
	case 5:
		*ret_type = "multipart/form-data; boundary=AaB03x";
		multipart(generated);
		break;
	default:
		*ret_type = NULL;
		if (pick(generated, 2))
			generate_json(generated);
		else
			lines(generated);
	}
}

static void http_request(struct generated *generated)
{
	struct generated body = begin_inner(generated);
	const char *type = NULL;
	char line[64];

	if (pick(&body, 5))
		http_body(&body, &type);
	generated->random = body.random;
	text(generated, body.len ? "POST /a%20b/c" : "GET /x");
	if (pick(generated, 2)) {
		byte(generated, '?');
		form(generated);
	}
	text(generated, " HTTP/1.1\r\nHost: example.com\r\n");
	for (unsigned i = pick(generated, 4); i; i--)
		http_header(generated);
	if (type) {
		text(generated, pick(generated, 2) ? "Content-Type: " : "content-type:");
		text(generated, type);
		text(generated, "\r\n");
	}
	if (body.len && !pick(generated, 3)) {
		text(generated, "Transfer-Encoding: chunked\r\n\r\n");
		http_chunks(generated, &body);
	} else {
		snprintf(line, sizeof(line), "Content-Length: %zu\r\n", body.len);
		text(generated, body.len ? line : "");
		text(generated, "\r\n");
		put(generated, body.data, body.len);
	}
	free(body.data);
}

static void big16(struct generated *generated, size_t value)
{
	byte(generated, (unsigned)(value >> 8) & 255);
	byte(generated, (unsigned)value & 255);
}

static void mqtt_varint(struct generated *generated, size_t value)
{
	do {
		byte(generated, (unsigned)(value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		value >>= 7;
	} while (value);
}

static void mqtt_string(struct generated *generated, const char *words)
{
	big16(generated, strlen(words));
	text(generated, words);
}

static void mqtt_properties(struct generated *generated)
{
	static const char *const values[] = {"48.137", "", "A. Smith"};
	struct generated inner = begin_inner(generated);

	for (unsigned i = pick(&inner, 3); i; i--) {
		byte(&inner, 0x26);
		mqtt_string(&inner, ONE_OF(&inner, keys));
		mqtt_string(&inner, ONE_OF(&inner, values));
	}
	if (!pick(&inner, 3))
		put(&inner, "\x01\x01", 2);
	mqtt_varint(generated, inner.len);
	put(generated, inner.data, inner.len);
	end_inner(generated, &inner);
}

static void mqtt_packet(struct generated *generated, unsigned type, const struct generated *body)
{
	byte(generated, type);
	mqtt_varint(generated, body->len);
	put(generated, body->data, body->len);
}

static void mqtt_connect(struct generated *generated, unsigned version)
{
	struct generated body = begin_inner(generated);

	mqtt_string(&body, "MQTT");
	byte(&body, version);
	byte(&body, 0xc2);
	big16(&body, 60);
	if (version == 5)
		mqtt_properties(&body);
	mqtt_string(&body, "client-1");
	mqtt_string(&body, "owner");
	mqtt_string(&body, "{\"lat\":1}");
	mqtt_packet(generated, 0x10, &body);
	end_inner(generated, &body);
}

static void mqtt_publish(struct generated *generated, unsigned version)
{
	struct generated body = begin_inner(generated);
	unsigned service = pick(&body, 3);

	mqtt_string(&body, "tele/lat/STATE");
	if (service)
		big16(&body, 7);
	if (version == 5)
		mqtt_properties(&body);
	switch (pick(&body, 4)) {
	case 0:
		lines(&body);
		break;
	case 1:
		form(&body);
		break;
	case 2:
		break;
	default:
		generate_json(&body);
	}
	mqtt_packet(generated, 0x30 | service << 1 | pick(&body, 2), &body);
	end_inner(generated, &body);
}

static void mqtt(struct generated *generated)
{
	unsigned version = 4 + pick(generated, 2);

	mqtt_connect(generated, version);
	for (unsigned i = 1 + pick(generated, 4); i; i--) {
		if (!pick(generated, 4))
			put(generated, "\xc0\x00", 2);
		mqtt_publish(generated, version);
	}
}

static void frame(struct generated *generated, unsigned head, const uint8_t *data, size_t len)
{
	uint8_t mask[4];

	for (size_t i = 0; i < 4; i++)
		mask[i] = (uint8_t)pick(generated, 256);
	byte(generated, head);
	byte(generated, 0x80u | (len < 126 ? (unsigned)len : len < 65536 ? 126 : 127));
	if (len >= 65536)
		put(generated, "\0\0\0\0", 4);
	if (len >= 65536)
		big16(generated, len >> 16);
	if (len >= 126)
		big16(generated, len & 0xffff);
	put(generated, mask, 4);
	for (size_t i = 0; i < len; i++)
		byte(generated, data[i] ^ mask[i & 3]);
}

static void websocket_message(struct generated *generated)
{
	struct generated body = begin_inner(generated);
	size_t at = 0;
	unsigned opcode = 1;

	if (pick(&body, 4))
		generate_json(&body);
	else
		lines(&body);
	generated->random = body.random;
	do {
		size_t len = pick(generated, 3) ? body.len - at : pick(generated, 40);

		if (len > body.len - at)
			len = body.len - at;
		if (!pick(generated, 4))
			frame(generated, 0x89, (const uint8_t *)"ping", pick(generated, 5));
		frame(generated, opcode | (at + len == body.len ? 0x80 : 0), body.data + at, len);
		opcode = 0;
		at += len;
	} while (at < body.len);
	free(body.data);
}

void generate(struct generated *generated, enum framing framing, size_t *ret_from)
{
	*ret_from = 0;
	switch (framing) {
	case FRAMING_JSON:
		text(generated, pick(generated, 8) ? "" : "\xef\xbb\xbf");
		for (unsigned i = 1 + pick(generated, 3); i; i--) {
			generate_json(generated);
			text(generated, pick(generated, 4) ? "\n" : "");
		}
		break;
	case FRAMING_HTTP:
		for (unsigned i = 1 + pick(generated, 3); i; i--)
			http_request(generated);
		break;
	case FRAMING_MQTT:
		mqtt(generated);
		break;
	case FRAMING_WEBSOCKET:
		text(generated, "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
				"Upgrade: websocket\r\n\r\n");
		*ret_from = generated->len;
		for (unsigned i = 1 + pick(generated, 3); i; i--)
			websocket_message(generated);
		break;
	case FRAMING_COUNT:
		break;
	}
}

bool generated_edit(struct reference *reference, enum framing framing, size_t from, uint8_t *data,
		    size_t len)
{
	switch (framing) {
	case FRAMING_JSON:
		return reference_json(reference, data, len);
	case FRAMING_HTTP:
		return reference_http(reference, data, len);
	case FRAMING_MQTT:
		return reference_mqtt(reference, data, len);
	case FRAMING_WEBSOCKET:
		return reference_websocket(reference, data + from, len - from);
	case FRAMING_COUNT:
		break;
	}
	return false;
}

void generated_show(const char *what, const uint8_t *data, size_t len)
{
	printf("# %s: ", what);
	for (size_t i = 0; i < len; i++)
		printf(data[i] >= ' ' && data[i] < 0x7f ? "%c" : "\\x%02x", data[i]);
	printf("\n");
}
