/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See reference.h: XML, multipart, HTTP, MQTT, WebSocket. */
#define _GNU_SOURCE /* memmem */
#include "tests/unit/support/reference_view.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- XML ---- */

struct xml {
	struct reference *reference;
	const struct view *view;
	size_t at;
};

static uint32_t xml_at(const struct xml *xml, size_t at)
{
	return at < xml->view->n ? xml->view->units[at].code : 0;
}

static bool xml_begins(const struct xml *xml, const char *word)
{
	for (size_t i = 0; word[i]; i++) {
		if (xml_at(xml, xml->at + i) != (uint8_t)word[i])
			return false;
	}
	return true;
}

static bool xml_name_unit(uint32_t c, bool first)
{
	return c >= 0x80 || isalpha((int)c) || c == '_' || c == ':' ||
	       (!first && (isdigit((int)c) || c == '-' || c == '.'));
}

/* One byte to a space; true: it changed. */
static bool xml_blank(const struct xml *xml, size_t at)
{
	uint8_t *byte = &xml->view->data[xml->view->units[at].from];
	bool changed = *byte != ' ';

	if (view_keeps(xml->view, at))
		return false;
	*byte = ' ';
	return changed;
}

static bool xml_name(struct xml *xml, char *name, size_t size)
{
	size_t n = 0;

	while (xml_name_unit(xml_at(xml, xml->at), n == 0) && n + 1 < size)
		name[n++] = (char)xml_at(xml, xml->at++);
	name[n] = 0;
	return n > 0;
}

static uint32_t xml_lookup(const struct xml *xml, const char *name)
{
	const char *local = strrchr(name, ':');
	uint32_t found = reference_lookup(xml->reference, NULL, name, strlen(name));

	if (local)
		found |= reference_lookup(xml->reference, NULL, local + 1, strlen(local + 1));
	return found;
}

static void xml_space(struct xml *xml)
{
	while (xml_at(xml, xml->at) && strchr(" \t\r\n", (int)xml_at(xml, xml->at)))
		xml->at++;
}

/* `covering`: of the element that covers all this, NULL: none does; *changed is for its count. */
static bool xml_attributes(struct xml *xml, bool covered, bool *changed)
{
	for (;;) {
		char name[256];
		uint32_t matched, quote;
		bool own = false;
		size_t before = xml->at;

		xml_space(xml);
		if (xml_at(xml, xml->at) == '>' || xml_at(xml, xml->at) == '/')
			return true;
		if (before == xml->at || !xml_name(xml, name, sizeof(name)))
			return false;
		matched = xml_lookup(xml, name);
		xml_space(xml);
		if (xml_at(xml, xml->at++) != '=')
			return false;
		xml_space(xml);
		quote = xml_at(xml, xml->at++);
		if (quote != '"' && quote != '\'')
			return false;
		while (xml->at < xml->view->n && xml_at(xml, xml->at) != quote) {
			if (covered)
				*changed |= xml_blank(xml, xml->at);
			else if (matched)
				own |= xml_blank(xml, xml->at);
			else if (xml_at(xml, xml->at) == '<')
				return false;
			xml->at++;
		}
		if (own)
			reference_count(xml->reference, matched);
		if (xml->at++ >= xml->view->n)
			return false;
	}
}

/* CDATA or a comment, from behind its opening on. */
static bool xml_section(struct xml *xml, bool cdata, bool covered, bool *changed)
{
	for (; xml->at < xml->view->n; xml->at++) {
		uint32_t c = xml_at(xml, xml->at);

		if (xml_begins(xml, cdata ? "]]>" : "-->")) {
			xml->at += 3;
			return true;
		}
		if (!cdata && xml_begins(xml, "--"))
			return false;
		if (covered && c != (cdata ? ']' : '-'))
			*changed |= xml_blank(xml, xml->at);
	}
	return false;
}

static bool xml_element(struct xml *xml, bool covered, bool *changed);

static bool xml_inside(struct xml *xml, bool top, bool covered, bool *changed)
{
	while (xml->at < xml->view->n) {
		if (xml_at(xml, xml->at) != '<') {
			if (covered)
				*changed |= xml_blank(xml, xml->at);
			else if (top && !strchr(" \t\r\n", (int)xml_at(xml, xml->at)))
				return false;
			xml->at++;
			continue;
		}
		if (xml_begins(xml, "</"))
			return !top;
		if (xml_begins(xml, "<!--")) {
			xml->at += 4;
			if (!xml_section(xml, false, covered, changed))
				return false;
		} else if (xml_begins(xml, "<![CDATA[") && !top) {
			xml->at += 9;
			if (!xml_section(xml, true, covered, changed))
				return false;
		} else if (xml_begins(xml, "<?") && !covered) {
			xml->at += 2;
			while (xml->at < xml->view->n && !xml_begins(xml, "?>"))
				xml->at++;
			if (!xml_begins(xml, "?>"))
				return false;
			xml->at += 2;
		} else if (!xml_element(xml, covered, changed)) {
			return false;
		}
	}
	return top;
}

static bool xml_element(struct xml *xml, bool covered, bool *changed)
{
	char name[256], end[256];
	bool own = false;
	uint32_t matched;

	xml->at++;
	if (!xml_name(xml, name, sizeof(name)))
		return false;
	matched = covered ? 0 : xml_lookup(xml, name);
	if (matched)
		changed = &own;
	covered |= matched != 0;
	if (!xml_attributes(xml, covered, changed))
		return false;
	if (xml_at(xml, xml->at) == '/') {
		xml->at += 2;
		if (xml_at(xml, xml->at - 1) != '>')
			return false;
	} else {
		xml->at++;
		if (!xml_inside(xml, false, covered, changed))
			return false;
		xml->at += 2;
		if (!xml_name(xml, end, sizeof(end)) || strcmp(name, end))
			return false;
		xml_space(xml);
		if (xml_at(xml, xml->at++) != '>')
			return false;
	}
	if (own)
		reference_count(xml->reference, matched);
	return true;
}

static bool xml_view(struct reference *reference, const struct view *view)
{
	struct xml xml = {reference, view, 0};
	bool changed = false;

	for (size_t i = 0; i < view->n; i++) {
		if (view->units[i].code < 0x20 && !strchr("\t\r\n", (int)view->units[i].code))
			return false;
		if (!view->units[i].code)
			return false;
	}
	return xml_inside(&xml, true, false, &changed);
}

bool reference_xml(struct reference *reference, uint8_t *data, size_t len)
{
	struct view view = view_of_places(data, NULL, len);
	bool fine = xml_view(reference, &view);

	free(view.units);
	return fine;
}

/* ---- bodies ---- */

static char *view_text(const struct view *view)
{
	char *text = malloc(view->n + 1);

	for (size_t i = 0; i < view->n; i++)
		text[i] = (char)view->units[i].code;
	text[view->n] = 0;
	return text;
}

static struct view view_part(const struct view *view, size_t from, size_t to)
{
	size_t *places = calloc(to - from + 1, sizeof(*places));
	struct view part;

	for (size_t i = from; i < to; i++)
		places[i - from] = view->units[i].from;
	part = view_of_places(view->data, places, to - from);
	free(places);
	return part;
}

/* By its first byte that is no space. */
static bool any_view(struct reference *reference, const struct view *view, const char *type)
{
	size_t at = 0;

	while (at < view->n && view->units[at].code && view->units[at].code < 128 &&
	       strchr(" \t\r\n", (int)view->units[at].code))
		at++;
	if (at == view->n)
		return true;
	if (view->units[at].code == '{' || view->units[at].code == '[')
		return json_view(reference, view);
	if (view->units[at].code == '<' && !strstr(type, "text/plain"))
		return xml_view(reference, view);
	if (strstr(type, "json") || strstr(type, "xml"))
		return false;
	if (strstr(type, "urlencoded")) {
		size_t end = view->n;

		/* A form is one line; what ends it is no part of its last value. */
		while (view->units[end - 1].code == '\r' || view->units[end - 1].code == '\n')
			end--;
		form_view(reference, view, at, end, false);
		return true;
	}
	return text_view(reference, view);
}

static bool part_view(struct reference *reference, const struct view *view, size_t from, size_t to)
{
	char *text = view_text(view);
	char *blank = strstr(text + from, "\r\n\r\n");
	char *name, *end, *type;
	uint32_t matched = 0;
	bool fine = false;
	size_t body;

	if (!blank || blank > text + to)
		goto out;
	body = (size_t)(blank - text) + 4;
	*blank = 0;
	name = strstr(text + from, " name=\"");
	type = strstr(text + from, "Content-Type: ");
	if (name) {
		end = strchr(name + 7, '"');
		if (!end)
			goto out;
		matched =
			name_view(reference, view, (size_t)(name + 7 - text), (size_t)(end - text));
	}
	if (matched) {
		struct view part = view_part(view, body, to);
		bool changed = false;

		part.part = true;
		for (size_t i = 0; i < part.n; i++) {
			uint8_t *byte = &part.data[part.units[i].from];

			if (view_keeps(&part, i))
				continue;
			changed |= *byte != ' ';
			*byte = ' ';
		}
		free(part.units);
		if (changed)
			reference_count(reference, matched);
		fine = true;
	} else {
		struct view part = view_part(view, body, to);

		part.part = true;
		fine = any_view(reference, &part, type ? type : "");
		free(part.units);
	}
out:
	free(text);
	return fine;
}

/* Bodies whose lines never begin with a dash but for the boundary. */
static bool multipart_view(struct reference *reference, const struct view *view,
			   const char *boundary)
{
	char *text = view_text(view);
	char mark[128];
	char *at, *next;
	bool fine = false;
	bool read = true;

	snprintf(mark, sizeof(mark), "--%s", boundary);
	if (strncmp(text, mark, strlen(mark)))
		goto out;
	snprintf(mark, sizeof(mark), "\r\n--%s", boundary);
	at = text + strlen(mark) - 2;
	while (!strncmp(at, "\r\n", 2)) {
		next = memmem(at + 2, view->n - (size_t)(at + 2 - text), mark, strlen(mark));
		if (!next)
			goto out;
		read &= part_view(reference, view, (size_t)(at + 2 - text), (size_t)(next - text));
		at = next + strlen(mark);
	}
	fine = read && !strncmp(at, "--", 2) && strspn(at + 2, "\r\n") == strlen(at + 2);
out:
	free(text);
	return fine;
}

bool reference_multipart(struct reference *reference, const char *boundary, uint8_t *data,
			 size_t len)
{
	struct view view = view_of_places(data, NULL, len);
	bool fine = multipart_view(reference, &view, boundary);

	free(view.units);
	return fine;
}

/* ---- HTTP ---- */

static const char *header_value(const char *head, const char *name)
{
	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
		if (!strncasecmp(line + 2, name, strlen(name)) && line[2 + strlen(name)] == ':')
			return line + 2 + strlen(name) + 1 + strspn(line + 3 + strlen(name), " \t");
	}
	return NULL;
}

static void http_header_lines(struct reference *reference, const struct view *view,
			      const char *text, size_t at, size_t end)
{
	while (at < end) {
		const char *line_stop = strstr(text + at, "\r\n");
		const char *colon = strchr(text + at, ':');
		size_t stop = (size_t)(line_stop - text);
		size_t value = (size_t)(colon - text) + 1;
		size_t name_len = (size_t)(colon - text) - at;
		uint32_t matched = reference_lookup(reference, NULL, text + at, name_len);
		bool cookie = name_len == 6 && !strncasecmp(text + at, "cookie", 6);

		while (text[value] == ' ' || text[value] == '\t')
			value++;
		if (!strncasecmp(text + at, "x-", 2))
			matched |= reference_lookup(reference, NULL, text + at + 2, name_len - 2);
		if (!strncasecmp(text + at, "host:", 5) || !strncasecmp(text + at, "content-", 8) ||
		    !strncasecmp(text + at, "transfer-", 9) ||
		    !strncasecmp(text + at, "connection:", 11) ||
		    !strncasecmp(text + at, "upgrade:", 8) || !strncasecmp(text + at, "expect:", 7))
			matched = 0;
		if (matched) {
			if (reference_mask(view, value, stop, true))
				reference_count(reference, matched);
		} else if (cookie) {
			form_view(reference, view, value, stop, true);
		}
		at = stop + 2;
	}
}

/* The places of the body's bytes; returns where the next request begins, 0: broken. */
static size_t http_body(const char *text, size_t len, size_t at, const char *head, size_t *places,
			size_t *ret_n, size_t *ret_trailers)
{
	const char *length = header_value(head, "Content-Length");
	const char *coding = header_value(head, "Transfer-Encoding");

	*ret_n = 0;
	*ret_trailers = 0;
	if (!coding) {
		size_t n = length ? strtoul(length, NULL, 10) : 0;

		while (*ret_n < n && at < len)
			places[(*ret_n)++] = at++;
		return at;
	}
	for (;;) {
		char *end;
		size_t n = strtoul(text + at, &end, 16);

		at = (size_t)(end - text) + 2;
		if (!n)
			break;
		while (n-- && at < len)
			places[(*ret_n)++] = at++;
		at += 2;
	}
	*ret_trailers = at;
	if (!strncmp(text + at, "\r\n", 2))
		return at + 2;
	return (size_t)(strstr(text + at, "\r\n\r\n") - text) + 4;
}

static bool http_one(struct reference *reference, const struct view *view, char *text, size_t *at)
{
	size_t start = *at;
	char *blank = strstr(text + start, "\r\n\r\n");
	char *line_end = strstr(text + start, "\r\n");
	char *target = strchr(text + start, ' ');
	char *query, *version;
	const char *type;
	size_t *places;
	size_t n, trailers, head_end;
	bool fine;

	if (!blank || !target || target > line_end)
		return false;
	version = strchr(target + 1, ' ');
	query = memchr(target, '?', (size_t)(version - target));
	if (query)
		form_view(reference, view, (size_t)(query + 1 - text), (size_t)(version - text),
			  false);
	head_end = (size_t)(blank - text) + 2;
	http_header_lines(reference, view, text, (size_t)(line_end - text) + 2, head_end);
	blank[2] = 0;
	places = calloc(view->n + 1, sizeof(*places));
	*at = http_body(text, view->n, head_end + 2, text + start, places, &n, &trailers);
	type = header_value(text + start, "Content-Type");
	fine = *at != 0;
	if (fine && n) {
		struct view body = view_of_places(view->data, places, n);
		const char *boundary = type ? strstr(type, "boundary=") : NULL;
		char kind[128] = "";

		if (type)
			snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(type, "\r"), type);
		if (boundary && boundary < type + strlen(kind)) {
			char word[80];

			snprintf(word, sizeof(word), "%.*s", (int)strcspn(boundary + 9, "\r;"),
				 boundary + 9);
			fine = multipart_view(reference, &body, word);
		} else {
			fine = any_view(reference, &body, kind);
		}
		free(body.units);
	}
	if (fine && trailers)
		http_header_lines(reference, view, text, trailers, *at - 2);
	free(places);
	return fine;
}

bool reference_http(struct reference *reference, uint8_t *data, size_t len)
{
	struct view view = view_of_places(data, NULL, len);
	char *text = view_text(&view);
	size_t at = 0;
	bool fine = true;

	while (fine && at < len)
		fine = http_one(reference, &view, text, &at);
	free(text);
	free(view.units);
	return fine;
}

/* ---- MQTT ---- */

static size_t varint(const uint8_t *data, size_t *at)
{
	size_t value = 0;
	unsigned shift = 0;

	do {
		value |= (size_t)(data[*at] & 0x7f) << shift;
		shift += 7;
	} while (data[(*at)++] & 0x80);
	return value;
}

static size_t big16(const uint8_t *data, size_t at)
{
	return (size_t)data[at] << 8 | data[at + 1];
}

/* Only user properties and the payload format are in what the tests make. */
static size_t mqtt_properties(struct reference *reference, const struct view *view, size_t at)
{
	const uint8_t *data = view->data;
	size_t len = varint(data, &at);
	size_t end = at + len;

	while (at < end) {
		size_t key, key_len, value, value_len;
		uint32_t matched;

		if (data[at] == 0x01) {
			at += 2;
			continue;
		}
		key = at + 3;
		key_len = big16(data, at + 1);
		value = key + key_len + 2;
		value_len = big16(data, key + key_len);
		matched = reference_lookup(reference, NULL, (const char *)data + key, key_len);
		if (matched && reference_mask(view, value, value + value_len, true))
			reference_count(reference, matched);
		at = value + value_len;
	}
	return end;
}

bool reference_mqtt(struct reference *reference, uint8_t *data, size_t len)
{
	struct view view = view_of_places(data, NULL, len);
	bool fine = true;
	int version = 0;

	for (size_t at = 0; at < len;) {
		uint8_t type = data[at++];
		size_t left = varint(data, &at);
		size_t end = at + left;
		struct view payload;

		if (type >> 4 == 1) {
			version = data[at + 6];
			if (version == 5)
				mqtt_properties(reference, &view, at + 10);
		} else if (type >> 4 == 3) {
			at += 2 + big16(data, at) + (type & 6 ? 2 : 0);
			if (version == 5)
				at = mqtt_properties(reference, &view, at);
			payload = view_part(&view, at, end);
			fine &= any_view(reference, &payload, "");
			free(payload.units);
		}
		at = end;
	}
	free(view.units);
	return fine;
}

/* ---- WebSocket ---- */

/* Unmasks all, edits the messages where they lie, and masks all again. */
bool reference_websocket(struct reference *reference, uint8_t *data, size_t len)
{
	size_t *places = calloc(len + 1, sizeof(*places));
	uint8_t *masks = calloc(len + 1, 1);
	size_t n = 0;
	bool fine = true;

	for (size_t at = 0; at < len;) {
		uint8_t head = data[at], size = data[at + 1] & 0x7f;
		size_t left = size, mask;

		at += 2;
		if (size == 126) {
			left = big16(data, at);
			at += 2;
		} else if (size == 127) {
			left = big16(data, at + 4) << 16 | big16(data, at + 6);
			at += 8;
		}
		mask = at;
		at += 4;
		for (size_t i = 0; i < left && !(head & 8); i++) {
			masks[at + i] = data[mask + i % 4];
			data[at + i] ^= masks[at + i];
			places[n++] = at + i;
		}
		at += left;
		if (head & 0x80 && !(head & 8)) {
			struct view message = view_of_places(data, places, n);

			fine &= any_view(reference, &message, "");
			free(message.units);
			n = 0;
		}
	}
	for (size_t i = 0; i < len; i++)
		data[i] ^= masks[i];
	free(places);
	free(masks);
	return fine;
}
