/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/http.h"

#include "decode/facts.h"
#include "decode/http2.h"
#include "decode/lines.h"

#define HEADS_MOST 64  /* pipelined requests that are looked at */
#define METHOD_LEAST 3 /* bytes of a method that we do not know */
#define METHOD_MOST 24
#define START_LINE_TRIAL 8 /* bytes from which on an unknown start line is not waited for */

static const char *const methods[] = {
	"GET",       "POST",        "PUT",    "HEAD",     "DELETE",        "OPTIONS",
	"PATCH",     "CONNECT",     "TRACE",  "PROPFIND", "PROPPATCH",     "MKCOL",
	"COPY",      "MOVE",        "LOCK",   "UNLOCK",   "REPORT",        "SEARCH",
	"SUBSCRIBE", "UNSUBSCRIBE", "NOTIFY", "M-SEARCH", "DESCRIBE",      "ANNOUNCE",
	"SETUP",     "PLAY",        "PAUSE",  "TEARDOWN", "GET_PARAMETER", "SET_PARAMETER",
	"RECORD",    "REGISTER",    "INVITE", "MESSAGE",  "PUBLISH",       "SOURCE",
};

struct start_line {
	struct bytes method, target;
	enum protocol protocol;
	bool no_headers; /* HTTP/0.9 */
};

/* What the header fields of one request say. */
struct head {
	struct first_facts facts;
	struct bytes host; /* of the Host line that is being read */
	bool in_host, host_folded;
	bool websocket, dns_message, chunked;
	uint64_t content_length;
};

static bool is_token_byte(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

static bool is_token(struct bytes text)
{
	if (text.len && text.data[0] >= '0' && text.data[0] <= '9')
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!is_token_byte(text.data[i]))
			return false;
	}
	return text.len > 0;
}

/* Could these bytes without a line end yet be the beginning of a request? */
static enum decode guess_start_line(struct bytes text)
{
	struct bytes target, method = lines_word(text, &target);
	bool ended = method.len < text.len;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		size_t n = strlen(methods[i]);

		if (ended ? bytes_equal(method, bytes_of(methods[i], n))
			  : text.len <= n && memcmp(text.data, methods[i], text.len) == 0)
			return ended ? DECODE_OK : DECODE_MORE;
	}
	if (!ended || !is_token(method) || method.len < METHOD_LEAST || method.len > METHOD_MOST ||
	    target.len == 0)
		return DECODE_NOT;
	if (target.data[0] == '/' || lines_agree(target, "http://"))
		return target.len >= START_LINE_TRIAL ? DECODE_OK : DECODE_MORE;
	return DECODE_NOT;
}

static enum protocol version_protocol(struct bytes version)
{
	if (version.len == 8 && lines_start_with(version, "HTTP/"))
		return PROTOCOL_HTTP;
	if (version.len == 8 && lines_start_with(version, "RTSP/"))
		return PROTOCOL_RTSP;
	if (lines_equal(version, "SIP/2.0"))
		return PROTOCOL_SIP;
	return PROTOCOL_UNKNOWN;
}

/* The version is what follows the last space: some targets hold spaces. */
static bool split_start_line(struct bytes line, struct start_line *ret_start)
{
	struct start_line start = {.protocol = PROTOCOL_UNKNOWN};
	struct bytes rest, version;
	size_t space;

	line = lines_trim(line);
	start.method = lines_word(line, &rest);
	rest = lines_trim(rest);
	if (!is_token(start.method) || rest.len == 0)
		return false;
	for (space = rest.len; space > 0 && rest.data[space - 1] != ' '; space--)
		;
	version = bytes_of(rest.data + space, rest.len - space);
	start.protocol = version_protocol(version);
	start.target = lines_trim(bytes_of(rest.data, space));
	if (start.protocol == PROTOCOL_UNKNOWN) {
		if (!lines_equal(start.method, "GET") || rest.data[0] != '/')
			return false;
		start.protocol = PROTOCOL_HTTP;
		start.target = rest;
		start.no_headers = true;
	}
	*ret_start = start;
	return true;
}

/* Behind "scheme://", up to the path; empty: not in absolute form. */
static struct bytes target_authority(struct bytes target, struct bytes *ret_path)
{
	size_t i = 0, start;

	while (i < target.len && (is_token_byte(target.data[i]) || target.data[i] == '+'))
		i++;
	*ret_path = target;
	if (i == 0 || target.len - i < 3 || memcmp(target.data + i, "://", 3) != 0)
		return bytes_of(NULL, 0);
	start = i += 3;
	while (i < target.len && !memchr("/?#\\", target.data[i], 4))
		i++;
	*ret_path = bytes_of(target.data + i, target.len - i);
	return bytes_of(target.data + start, i - start);
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/*
 * A question for a name, asked over plain HTTP: RFC 8484, the JSON form of
 * public resolvers, and the HTTPDNS services of cloud vendors' SDKs
 * ("/d?dn=", "/<account>/d?host=", "/<account>/resolve?host=").
 */
static bool is_dns_path(struct bytes path)
{
	size_t i = 1;

	if (lines_start_with(path, "/dns-query"))
		return path.len == 10 || memchr("?/;", path.data[10], 3) != NULL;
	if (lines_start_with(path, "/resolve?name=") || lines_start_with(path, "/d?dn="))
		return true;
	while (i < path.len && is_digit(path.data[i]))
		i++;
	if (i < 3 || i >= path.len)
		return false;
	path = bytes_of(path.data + i, path.len - i);
	return lines_start_with(path, "/d?host=") || lines_start_with(path, "/sign_d?host=") ||
	       lines_start_with(path, "/resolve?host=") || lines_start_with(path, "/ss?host=");
}

static void finish_host(struct head *head)
{
	struct bytes host = lines_trim(head->host);

	if (head->in_host && host.len)
		facts_add_authority(&head->facts, host);
	if (head->in_host && head->host_folded)
		head->facts.name_odd = true;
	head->in_host = head->host_folded = false;
}

static uint64_t read_number(struct bytes text)
{
	uint64_t value = 0;

	for (size_t i = 0; i < text.len && is_digit(text.data[i]) && value < UINT32_MAX; i++)
		value = value * 10 + (uint64_t)(text.data[i] - '0');
	return value;
}

static void read_field(struct head *head, struct bytes line)
{
	const uint8_t *colon = line.len ? memchr(line.data, ':', line.len) : NULL;
	struct bytes name, value;

	if (!colon)
		return;
	name = lines_trim(bytes_of(line.data, (size_t)(colon - line.data)));
	value = lines_trim(bytes_of(colon + 1, line.len - (size_t)(colon - line.data) - 1));
	if (lines_equal(name, "host")) {
		head->in_host = true;
		head->host = value;
	} else if (lines_equal(name, "upgrade")) {
		head->websocket |= lines_contain(value, "websocket");
	} else if (lines_equal(name, "accept") || lines_equal(name, "content-type")) {
		head->dns_message |= lines_contain(value, "application/dns-message") ||
				     lines_contain(value, "application/oblivious-dns");
	} else if (lines_equal(name, "transfer-encoding")) {
		head->chunked = true;
	} else if (lines_equal(name, "content-length")) {
		head->content_length = read_number(value);
	}
}

static void read_line(struct head *head, struct bytes line)
{
	bool folded = line.data[0] == ' ' || line.data[0] == '\t';

	/* A server that ends lines at a bare CR reads another head than we do. */
	if (memchr(line.data, '\r', line.len))
		head->facts.name_odd = true;
	if (!folded || !head->in_host) {
		finish_host(head);
		read_field(head, line);
		return;
	}
	if (lines_trim(head->host).len == 0)
		head->host = lines_trim(line);
	else
		head->host_folded = true;
}

/* False: the empty line has not come. */
static bool read_fields(struct cursor *cursor, struct head *head)
{
	struct bytes line;

	while (lines_next(cursor, &line)) {
		if (line.len == 0) {
			finish_host(head);
			return true;
		}
		read_line(head, line);
	}
	finish_host(head);
	return false;
}

static void read_target(struct head *head, const struct start_line *start)
{
	struct bytes path, authority = target_authority(start->target, &path);

	if (lines_equal(start->method, "CONNECT")) {
		facts_add_authority(&head->facts, start->target);
		head->facts.upgradable = true;
	} else if (authority.len) {
		facts_add_authority(&head->facts, authority);
	}
	if (start->protocol == PROTOCOL_HTTP && is_dns_path(path))
		head->dns_message = true;
}

/*
 * One request. *ret_end: after its head; *ret_next: where the next one begins,
 * or 0 when nobody can tell.
 */
static enum decode decode_request(struct bytes stream, bool last, struct first_facts *ret_facts,
				  size_t *ret_end, uint64_t *ret_next)
{
	struct cursor cursor = cursor_on(stream);
	struct head head = {.facts = {.protocol = PROTOCOL_HTTP}};
	struct start_line start;
	struct bytes line;
	bool whole;

	while (cursor_peek(&cursor) == '\r' || cursor_peek(&cursor) == '\n')
		cursor_skip(&cursor, 1);
	if (!lines_next(&cursor, &line)) {
		enum decode guess =
			cursor_left(&cursor) ? guess_start_line(cursor_rest(&cursor)) : DECODE_MORE;

		if (guess == DECODE_NOT || (guess == DECODE_MORE && last))
			return DECODE_NOT;
		if (!last)
			return DECODE_MORE;
		head.facts.incomplete = true;
		*ret_facts = head.facts;
		*ret_end = 0;
		*ret_next = 0;
		return DECODE_OK;
	}
	if (!split_start_line(line, &start))
		return DECODE_NOT;
	if (memchr(line.data, 0, line.len))
		return DECODE_BAD;
	head.facts.protocol = start.protocol;
	read_target(&head, &start);
	whole = start.no_headers || read_fields(&cursor, &head);
	if (!whole && !last)
		return DECODE_MORE;
	head.facts.incomplete = !whole;
	if (head.dns_message)
		head.facts.protocol = PROTOCOL_DOH;
	else if (head.websocket)
		head.facts.protocol = PROTOCOL_WEBSOCKET;
	*ret_facts = head.facts;
	*ret_end = cursor.pos;
	*ret_next = head.chunked || !whole ? 0 : cursor.pos + head.content_length;
	return DECODE_OK;
}

/* The requests that follow the first; what is not whole there is not waited for. */
static void read_pipelined(struct bytes stream, uint64_t next, struct first_facts *facts)
{
	for (int i = 0; i < HEADS_MOST && next && next < stream.len; i++) {
		struct first_facts more;
		size_t end;

		stream = bytes_of(stream.data + next, stream.len - (size_t)next);
		if (decode_request(stream, false, &more, &end, &next) != DECODE_OK)
			return;
		more.protocol = PROTOCOL_UNKNOWN;
		more.upgradable = false;
		facts_join(facts, &more);
	}
}

/* An answer in the place of a request: the flow is seen from its other end. */
static enum protocol answer_protocol(struct bytes stream)
{
	if (stream.len < 9 || stream.data[8 - (stream.data[0] == 'S')] != ' ')
		return PROTOCOL_UNKNOWN;
	if (bytes_start_with(stream, "HTTP/1.", 7))
		return PROTOCOL_HTTP;
	if (bytes_start_with(stream, "RTSP/", 5))
		return PROTOCOL_RTSP;
	return bytes_start_with(stream, "SIP/2.0 ", 8) ? PROTOCOL_SIP : PROTOCOL_UNKNOWN;
}

enum decode decode_http(struct bytes stream, bool last, struct first_facts *ret_facts,
			size_t *ret_end)
{
	struct first_facts facts;
	enum protocol answer = answer_protocol(stream);
	enum decode decoded;
	uint64_t next;
	size_t end;

	if (answer != PROTOCOL_UNKNOWN) {
		*ret_facts = (struct first_facts){.protocol = answer, .incomplete = true};
		if (ret_end)
			*ret_end = stream.len;
		return DECODE_OK;
	}
	decoded = decode_http2(stream, last, ret_facts);
	if (decoded != DECODE_NOT) {
		if (ret_end)
			*ret_end = stream.len;
		return decoded;
	}
	decoded = decode_request(stream, last, &facts, &end, &next);
	if (decoded != DECODE_OK)
		return decoded;
	if (facts.protocol == PROTOCOL_HTTP && !facts.upgradable)
		read_pipelined(stream, next, &facts);
	*ret_facts = facts;
	if (ret_end)
		*ret_end = end;
	return DECODE_OK;
}

enum decode decode_http_datagram(struct bytes datagram, struct first_facts *ret_facts)
{
	struct cursor cursor = cursor_on(datagram);
	struct head head = {.facts = {.protocol = PROTOCOL_UNKNOWN}};
	struct start_line start;
	struct bytes line;

	if (!lines_next(&cursor, &line) || !lines_printable(line))
		return DECODE_NOT;
	if (answer_protocol(line) == PROTOCOL_SIP) {
		head.facts.protocol = PROTOCOL_SIP;
	} else if (answer_protocol(line) == PROTOCOL_HTTP) {
		/* What answers a search names what was searched for. */
		if (!lines_contain(datagram, "\nST:") && !lines_contain(datagram, "\nNT:"))
			return DECODE_NOT;
		head.facts.protocol = PROTOCOL_SSDP;
	} else if (!split_start_line(line, &start) || start.no_headers) {
		return DECODE_NOT;
	} else if (start.protocol == PROTOCOL_SIP) {
		head.facts.protocol = PROTOCOL_SIP;
	} else if (start.protocol == PROTOCOL_HTTP &&
		   (lines_equal(start.method, "M-SEARCH") || lines_equal(start.method, "NOTIFY"))) {
		head.facts.protocol = PROTOCOL_SSDP;
	} else if (start.protocol == PROTOCOL_HTTP && lines_equal(start.method, "BT-SEARCH")) {
		head.facts.protocol = PROTOCOL_BITTORRENT;
	} else {
		return DECODE_NOT;
	}
	if (head.facts.protocol == PROTOCOL_SSDP)
		head.facts.incomplete = !read_fields(&cursor, &head);
	*ret_facts = head.facts;
	return DECODE_OK;
}
