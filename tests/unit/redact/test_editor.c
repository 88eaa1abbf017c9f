/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of each kind of value, to the byte, and what nobody may smuggle
 * past: every case is given whole and cut at every place.
 */
#include "tests/unit/support/keys.h"
#include "tests/unit/support/stream.h"

#include <stdio.h>

static int make_six_keys(void **state)
{
	(void)state;
	make_keys((const char *const[]){"lat", "lon", "owner", "payment", "wifi.name", "device_id"},
		  6);
	return 0;
}

#define READ SIZE_MAX

/* opaque_at: where it can no longer be read; READ: all can. */
static void check(const char *input, size_t len, const char *output, size_t output_len,
		  size_t opaque_at)
{
	struct redact_plan plan = {keys, NULL, UINT32_MAX};
	uint8_t *data = malloc(len);

	if (len != output_len)
		print_message("the test's own lengths: %s\n", output);
	assert_int_equal(len, output_len);
	for (size_t first = 1; first <= len; first++) {
		struct streamed streamed;

		memcpy(data, input, len);
		streamed = stream_edit(&plan, data, len, first, first % 3 ? len : 1);
		if (memcmp(data, output, len) != 0)
			print_message("cut at %zu:\n%.*s\n", first, (int)len, (char *)data);
		assert_memory_equal(data, output, len);
		assert_int_equal(streamed.opaque, opaque_at != READ);
		if (streamed.opaque && streamed.opaque_at != opaque_at)
			print_message("%.*s\n", (int)len, input);
		if (streamed.opaque)
			assert_int_equal(streamed.opaque_at, opaque_at);
	}
	free(data);
}

#define CHECK(input, output) check(input, sizeof(input) - 1, output, sizeof(output) - 1, READ)

/* A request with a body; only the body is told. */
static void check_body(const char *type, const char *input, const char *output)
{
	char request[4096], expected[4096];
	int a = snprintf(request, sizeof(request),
			 "POST / HTTP/1.1\r\nHost: a\r\n%s%s%sContent-Length: %zu\r\n\r\n%s",
			 type ? "Content-Type: " : "", type ? type : "", type ? "\r\n" : "",
			 strlen(input), input);
	int b = snprintf(expected, sizeof(expected),
			 "POST / HTTP/1.1\r\nHost: a\r\n%s%s%sContent-Length: %zu\r\n\r\n%s",
			 type ? "Content-Type: " : "", type ? type : "", type ? "\r\n" : "",
			 strlen(output), output);

	check(request, (size_t)a, expected, (size_t)b, READ);
}

/* A body that turns opaque at this place of it. */
static void check_opaque_body(const char *type, const char *input, size_t at)
{
	char request[4096];
	int len = snprintf(request, sizeof(request),
			   "POST / HTTP/1.1\r\n%s%s%sContent-Length: %zu\r\n\r\n%s",
			   type ? "Content-Type: " : "", type ? type : "", type ? "\r\n" : "",
			   strlen(input), input);

	check(request, (size_t)len, request, (size_t)len, (size_t)len - strlen(input) + at);
}

/* The request is read up to `at` and lost from there. */
static void check_lost(const char *input, size_t len, size_t at)
{
	check(input, len, input, len, at);
}

#define LOST(before, after) \
	check_lost(before after, sizeof(before) - 1 + sizeof(after) - 1, sizeof(before) - 1)

static void test_json(void **state)
{
	(void)state;
	CHECK("{\"machine\":\"K95\",\"owner\":\"A. Smith\",\"lat\":48.137,\"payment\":"
	      "{\"type\":\"card\",\"no\":\"41\"},\"drink\":\"latte\"}",
	      "{\"machine\":\"K95\",\"owner\":\"\"        ,\"lat\":0     ,\"payment\":"
	      "{                       },\"drink\":\"latte\"}");
	CHECK("{\"lat\":true,\"lat\":false,\"lat\":null,\"lat\":\"\",\"lat\":0,\"lat\":{},\"lat\":["
	      "]}",
	      "{\"lat\":null,\"lat\":null "
	      ",\"lat\":null,\"lat\":\"\",\"lat\":0,\"lat\":{},\"lat\":[]}");
	CHECK("{\"lat\":-1.5e+10 ,\"lon\":[1,[2,\"]\"],{\"a\":\"\\\"}\"}]}",
	      "{\"lat\":0        ,\"lon\":[                     ]}");
	CHECK("{\"l\\u0061t\":1,\"\\u006c\\u0061\\u0074\":2,\"L-A_T\":3,\"$lat\":4,\"lats\":5}",
	      "{\"l\\u0061t\":0,\"\\u006c\\u0061\\u0074\":0,\"L-A_T\":0,\"$lat\":0,\"lats\":5}");
	CHECK("{\"wifi\":{\"name\":\"x\",\"n\":[{\"name\":\"y\"}]},\"name\":\"z\"}",
	      "{\"wifi\":{\"name\":\"\" ,\"n\":[{\"name\":\"y\"}]},\"name\":\"z\"}");
	CHECK("{\"owner\":\"\\\"\\\\\\u00e9\\ud83d\\ude00\"}",
	      "{\"owner\":\"\"                      }");
	CHECK("{\"lat\" \t\r\n: \t\r\n1 \t\r\n, \"lat\":2}",
	      "{\"lat\" \t\r\n: \t\r\n0 \t\r\n, \"lat\":0}");
	/* Lines, documents without lines, arrays, a byte-order mark. */
	CHECK("\xef\xbb\xbf{\"lat\":1}\n{\"lat\":2}\r\n[{\"lat\":3}]{\"lat\":4}",
	      "\xef\xbb\xbf{\"lat\":0}\n{\"lat\":0}\r\n[{\"lat\":0}]{\"lat\":0}");
	/* base64 is text, and goes only with its key. */
	CHECK("{\"a\":\"eyJsYXQiOjF9\",\"owner\":\"eyJsYXQiOjF9\"}",
	      "{\"a\":\"eyJsYXQiOjF9\",\"owner\":\"\"            }");
}

static void test_json_in_json(void **state)
{
	(void)state;
	CHECK("{\"payload\":\"{\\\"lat\\\":1.5,\\\"owner\\\":\\\"Bob\\\",\\\"lon\\\":\\\"\\\"}\"}",
	      "{\"payload\":\"{\\\"lat\\\":0  ,\\\"owner\\\":\\\"\\\"   ,\\\"lon\\\":\\\"\\\"}\"}");
	CHECK("{\"a\":\"{\\\"b\\\":\\\"{\\\\\\\"lat\\\\\\\":\\\\\\\"xyz\\\\\\\"}\\\"}\"}",
	      "{\"a\":\"{\\\"b\\\":\\\"{\\\\\\\"lat\\\\\\\":\\\\\\\"\\\\\\\"   }\\\"}\"}");
	CHECK("{\"a\":\"[INFO] {hello\",\"b\":\"{x\",\"lat\":\"q\"}",
	      "{\"a\":\"[INFO] {hello\",\"b\":\"{x\",\"lat\":\"\" }");
	CHECK("{\"wifi\":\"{\\\"name\\\":\\\"x\\\"}\"}", "{\"wifi\":\"{\\\"name\\\":\\\"\\\" }\"}");
	CHECK("{\"a\":\" \\n[{\\\"lat\\\":\\n-1\\n}]\"}",
	      "{\"a\":\" \\n[{\\\"lat\\\":\\n0 \\n}]\"}");
	/* It was JSON, and then it is not: nobody knows what reads it. */
	LOST("{\"a\":\"{\\\"b\\\":", "x}\"}");
	/* Hidden behind escapes that nobody needs. */
	LOST("{\"a\":\"\\u007", "b\\\"lat\\\":1}\"}");
	LOST("{\"a\":\"[\\u007", "b\\\"lat\\\":1}]\"}");
}

static void test_json_that_is_none(void **state)
{
	(void)state;
	LOST("{\"a\":1,", "}");
	LOST("{\"a\":", "'x'}");
	LOST("{", "a:1}");
	LOST("{\"a\":0", "1}");
	LOST("{\"a\":", "+1}");
	LOST("{\"a\":1.", "}");
	LOST("{\"a\":tr", "oe}");
	LOST("{\"a\":1", "]");
	LOST("{\"a\":\"x", "\n\"}");
	LOST("{\"a\":\"x\\", "x\"}");
	LOST("{\"a\":1} ", ", {\"lat\":1}");
	LOST("{\"a\":1}", "/* \"lat\":1 */");
	LOST("{\"a\"", "\0:1}");
	LOST("{\"lat\\u000", "0\":1}");
	/* Overlong: some read it as "lat". */
	LOST("{\"", "\xc1\xac"
		    "at\":1}");
	/* UTF-16. */
	LOST("{", "\0\"\0l\0a\0t\0\"\0");
}

static void test_json_depth(void **state)
{
	char deep[400];

	(void)state;
	memset(deep, '[', 100);
	check(deep, 64, deep, 64, READ);
	check(deep, 100, deep, 100, 64);
}

static void test_very_long_value(void **state)
{
	struct redact_plan plan = {keys, NULL, UINT32_MAX};
	size_t len = 3000000;
	uint8_t *data = malloc(len);
	struct streamed streamed;

	(void)state;
	memset(data, 'x', len);
	memcpy(data, "{\"lat\":\"", 8);
	memcpy(data + len - 2, "\"}", 2);
	streamed = stream_edit(&plan, data, len, 5, 1400);
	assert_false(streamed.opaque);
	assert_int_equal(streamed.stripped[0], 1);
	assert_memory_equal(data, "{\"lat\":\"\"  ", 11);
	for (size_t i = 9; i < len - 1; i++)
		assert_int_equal(data[i], ' ');
	assert_int_equal(data[len - 1], '}');
	free(data);
}

static void test_http_head(void **state)
{
	(void)state;
	CHECK("GET /a?lat=48.1&b=c&l%61t=x%20y&user[lon]=5&z=1;owner=a;b&q HTTP/1.1\r\nHost: "
	      "a\r\n\r\n",
	      "GET /a?lat=00x0&b=c&l%61t=xx00x&user[lon]=0&z=1;owner=xxx&q HTTP/1.1\r\nHost: "
	      "a\r\n\r\n");
	CHECK("GET / HTTP/1.0\r\nX-Device-Id: ab 12\r\nlat:\t5\r\nX-Lats: 5\r\n\r\n",
	      "GET / HTTP/1.0\r\nX-Device-Id: xxxxx\r\nlat:\tx\r\nX-Lats: 5\r\n\r\n");
	CHECK("GET / HTTP/1.1\r\nCookie: a=b; lat=48; owner=\"q\";lon=\r\n\r\n",
	      "GET / HTTP/1.1\r\nCookie: a=b; lat=xx; owner=xxx;lon=\r\n\r\n");
	/* Keys that are the framing's own words leave it alone. */
	assert_int_equal(keys_add(keys, bytes_of("host", 4), 6), KEYS_OK);
	assert_int_equal(keys_add(keys, bytes_of("content*", 8), 6), KEYS_OK);
	CHECK("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
	      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
}

static void test_http_bodies(void **state)
{
	(void)state;
	check_body("application/json", "{\"lat\":48.1}", "{\"lat\":0   }");
	check_body("application/vnd.x+json; charset=utf-8", "[{\"lat\":1}]", "[{\"lat\":0}]");
	check_body("application/x-www-form-urlencoded", "lat=48.1&x=1&lon=a+b",
		   "lat=00x0&x=1&lon=xxx");
	check_body("text/plain", "lat: 48.1\nx = 1\r\nowner=A. Smith\n\"lon\":\"5\",\"y\":6",
		   "lat: 00x0\nx = 1\r\nowner=xxxxxxxx\n\"lon\":\"0\",\"y\":6");
	check_body("text/plain", "[2024-05-01] lat=5", "[2024-05-01] lat=0");
	check_body("text/xml",
		   "<?xml version=\"1.0\"?><r lat=\"48\"><lat "
		   "u=\"deg\">48<b>x</b><![CDATA[a]b]]></lat>"
		   "<n:lon>2</n:lon><lon/><x>y</x></r>\n",
		   "<?xml version=\"1.0\"?><r lat=\"  \"><lat u=\"   \">  <b> </b><![CDATA[ ] "
		   "]]></lat>"
		   "<n:lon> </n:lon><lon/><x>y</x></r>\n");
	check_body("multipart/form-data; boundary=\"X.Y\"",
		   "--X.Y\r\nContent-Disposition: form-data; name=\"lat\"\r\n\r\n48.1\n\r\n"
		   "--X.Y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n"
		   "--X.Y\r\nContent-Disposition: form-data; name=\"j\"\r\n"
		   "Content-Type: application/json\r\n\r\n{\"lat\":1}\r\n--X.Y--\r\n",
		   "--X.Y\r\nContent-Disposition: form-data; name=\"lat\"\r\n\r\n     \r\n"
		   "--X.Y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n"
		   "--X.Y\r\nContent-Disposition: form-data; name=\"j\"\r\n"
		   "Content-Type: application/json\r\n\r\n{\"lat\":0}\r\n--X.Y--\r\n");
	/* Undeclared, and declared wrongly: by what it begins with. */
	check_body(NULL, "{\"lat\":1}", "{\"lat\":0}");
	check_body(NULL, "lat=1&a=2", "lat=0&a=2");
	check_body("application/x-www-form-urlencoded", "{\"lat\":1}", "{\"lat\":0}");
	check_body("text/plain", "{\"lat\":1}", "{\"lat\":0}");
	check_body("image/jpeg", "{\"lat\":1}", "{\"lat\":0}");
	check_body("application/octet-stream", "<a><lat>1</lat></a>", "<a><lat> </lat></a>");
	check_body("application/xml", "{\"lat\":1}", "{\"lat\":0}");
}

static void test_http_bodies_that_lie(void **state)
{
	(void)state;
	check_opaque_body("application/json", "lat=1", 0);
	check_opaque_body("application/json", "<lat>1</lat>", 0);
	check_opaque_body("application/xml", "lat=1", 0);
	check_opaque_body("application/json; charset=utf-16", "{\"lat\":1}", 0);
	check_opaque_body("application/x-www-form-urlencoded", "{\"a\"=1}", 4);
	check_opaque_body("application/octet-stream", "\x1f\x8b\x08", 0);
	check_opaque_body(NULL, "\x0a\x05\x12", 1);
	check_opaque_body(NULL, "abc\x80", 3);
	check_opaque_body("text/xml", "<!DOCTYPE r [<!ENTITY a \"b\">]><r/>", 2);
	check_opaque_body("text/xml", "<a><b></a></b>", 9);
	check_opaque_body("multipart/form-data", "--a\r\n", 0);
	check_opaque_body("multipart/form-data; boundary=a; boundary=b", "--a\r\n", 0);
	check_opaque_body("multipart/form-data; boundary=a", "x--a\r\n", 0);
	check_opaque_body(
		"multipart/form-data; boundary=a",
		"--a\r\nContent-Disposition: form-data; name*=utf-8''lat\r\n\r\n1\r\n--a--", 54);
	/* A boundary behind a lone LF is one for some. */
	check_opaque_body("multipart/form-data; boundary=a",
			  "--a\r\nX: y\r\n\r\nz\n--a\r\n\r\nq\r\n--a--", 17);
}

static void test_http_compressed_body_and_then_more(void **state)
{
	static const char request[] = "POST / HTTP/1.1\r\nContent-Encoding: gzip\r\n"
				      "Content-Length: 9\r\n\r\n{\"lat\":1}";
	static const char both[] = "POST / HTTP/1.1\r\nContent-Encoding: gzip\r\n"
				   "Content-Length: 9\r\n\r\n{\"lat\":1}"
				   "GET /?lat=5 HTTP/1.1\r\n\r\n";
	char expected[sizeof(both)];

	(void)state;
	memcpy(expected, both, sizeof(both));
	/* The framing is not lost: the next request is edited. */
	expected[sizeof(request) - 1 + 10] = '0';
	check(both, sizeof(both) - 1, expected, sizeof(both) - 1, sizeof(request) - 10);
}

static void test_http_framing(void **state)
{
	(void)state;
	CHECK("POST /1 HTTP/1.1\r\nTransfer-Encoding: Chunked\r\nExpect: 100-continue\r\n\r\n"
	      "3\r\n{\"l\r\n02\r\nat\r\n1\r\n\"\r\n1\r\n:\r\n4\r\n48.1\r\n1\r\n}\r\n"
	      "0\r\nX-Lat: 5\r\n\r\n"
	      "POST /2 HTTP/1.1\r\nContent-Length: 7\r\n\r\nlat=1&a\r\nGET /3?lat=5 "
	      "HTTP/1.1\r\n\r\n",
	      "POST /1 HTTP/1.1\r\nTransfer-Encoding: Chunked\r\nExpect: 100-continue\r\n\r\n"
	      "3\r\n{\"l\r\n02\r\nat\r\n1\r\n\"\r\n1\r\n:\r\n4\r\n0   \r\n1\r\n}\r\n"
	      "0\r\nX-Lat: x\r\n\r\n"
	      "POST /2 HTTP/1.1\r\nContent-Length: 7\r\n\r\nlat=0&a\r\nGET /3?lat=0 "
	      "HTTP/1.1\r\n\r\n");
}

static void test_http_ambiguity(void **state)
{
	(void)state;
#define POST "POST / HTTP/1.1\r\n"
	/* Two lengths, whether equal or not, and a length beside chunks. */
	LOST(POST "Content-Length: 5\r\nContent-Length", ": 5\r\n\r\nlat=1");
	LOST(POST "Content-Length: 5, 5\r", "\n\r\nlat=1");
	LOST(POST "Content-Length: +5\r", "\n\r\nlat=1");
	LOST(POST "Content-Length: 0x5\r", "\n\r\nlat=1");
	LOST(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r", "\nlat=1");
	LOST(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding", ": identity\r\n\r\n");
	LOST(POST "Transfer-Encoding: gzip, chunked\r", "\n\r\n");
	LOST(POST "Transfer-Encoding: xchunked\r", "\n\r\n");
	LOST("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r", "\n5\r\nlat=1\r\n0\r\n\r\n");
	/* Names that are nearly those. */
	LOST(POST "Content_Length", ": 5\r\n\r\nlat=1");
	LOST(POST "ContentLength", ": 5\r\n\r\nlat=1");
	LOST(POST "Content-Length", " : 5\r\n\r\nlat=1");
	LOST(POST "", " Content-Length: 5\r\n\r\nlat=1");
	LOST(POST "", ": 5\r\n\r\n");
	/* Line ends, folds, NUL. */
	LOST(POST "A: b", "\nContent-Length: 5\r\n\r\nlat=1");
	LOST(POST "A: b\r", "Content-Length: 5\r\n\r\nlat=1");
	LOST(POST "A: b\r\n", " c: d\r\n\r\n");
	LOST(POST "A: b\r\n", "\tc: d\r\n\r\n");
	LOST(POST "A: b", "\0c\r\n\r\n");
	LOST(POST "A", "\0: c\r\n\r\n");
	LOST("GET /", "\0 HTTP/1.1\r\n\r\n");
	LOST("GET /", "\tHTTP/1.1\r\n\r\n");
	LOST("GET ", " / HTTP/1.1\r\n\r\n");
	LOST("GET /x", "\r\n");
	LOST("GET / HTTP/", "2.0\r\n\r\n");
	LOST("PRI * HTTP/", "2.0\r\n\r\nSM\r\n\r\n");
	LOST("", "get / HTTP/1.1\r\n\r\n");
	LOST("GET / HTTP/1.1\r\n\r\n\r\n", "\r\nGET / HTTP/1.1\r\n\r\n");
#undef POST
}

static void test_http_chunks(void **state)
{
	(void)state;
#define CHUNKS "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	LOST(CHUNKS "5", ";lat=48\r\nabcde\r\n0\r\n\r\n");
	LOST(CHUNKS "5", " \r\nabcde\r\n0\r\n\r\n");
	LOST(CHUNKS "", "-5\r\nabcde\r\n0\r\n\r\n");
	LOST(CHUNKS "", "\r\nabcde\r\n0\r\n\r\n");
	LOST(CHUNKS "5", "\nabcde\r\n0\r\n\r\n");
	LOST(CHUNKS "5\r\nabcde", "f\r\n0\r\n\r\n");
	LOST(CHUNKS "000000000000005", "0\r\n");
	LOST(CHUNKS "1\r\na\r\n0\r\nContent-Length", ": 5\r\n\r\nlat=1");
#undef CHUNKS
}

static void test_http_other_protocols(void **state)
{
	(void)state;
	LOST("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /?lat=1 HTTP/1.1\r\n\r\n");
	LOST("GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n", "\0\0\0\4");
	/* The server did not want to: it goes on as HTTP. */
	CHECK("GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\nGET /?lat=1 HTTP/1.1\r\n\r\n",
	      "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\nGET /?lat=0 HTTP/1.1\r\n\r\n");
}

#define UPGRADE "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
#define MASK "\x01\x02\x03\x04"

/* A frame's payload under MASK. */
static size_t put_frame(char *at, unsigned head, const char *text, size_t len)
{
	at[0] = (char)head;
	at[1] = (char)(0x80 | len);
	memcpy(at + 2, MASK, 4);
	for (size_t i = 0; i < len; i++)
		at[6 + i] = (char)(text[i] ^ MASK[i & 3]);
	return 6 + len;
}

static void test_websocket(void **state)
{
	char in[512] = UPGRADE, out[512] = UPGRADE;
	size_t a = sizeof(UPGRADE) - 1, b = a;

	(void)state;
	a += put_frame(in + a, 0x01, "{\"lat\":4", 8);
	b += put_frame(out + b, 0x01, "{\"lat\":0", 8);
	a += put_frame(in + a, 0x89, "p", 1);
	b += put_frame(out + b, 0x89, "p", 1);
	a += put_frame(in + a, 0x80, "8}", 2);
	b += put_frame(out + b, 0x80, " }", 2);
	a += put_frame(in + a, 0x82, "[{\"lat\":true}]", 14);
	b += put_frame(out + b, 0x82, "[{\"lat\":null}]", 14);
	a += put_frame(in + a, 0x81, "lat=5", 5);
	b += put_frame(out + b, 0x81, "lat=0", 5);
	check(in, a, out, b, READ);
	/* Compressed: opaque, and the next message is read again. */
	put_frame(in + sizeof(UPGRADE) - 1, 0xc1, "{\"lat\":4", 8);
	memcpy(in + sizeof(UPGRADE) + 13, "", 0);
	a = sizeof(UPGRADE) - 1 + 14;
	a += put_frame(in + a, 0x81, "lat=5", 5);
	memcpy(out, in, a);
	put_frame(out + a - 11, 0x81, "lat=0", 5);
	check(in, a, out, a, sizeof(UPGRADE) - 1 + 6);
}

static void test_websocket_framing(void **state)
{
	(void)state;
	LOST(UPGRADE "\x81", "\x05lat=5");                 /* not masked */
	LOST(UPGRADE "", "\x83\x80" MASK);                 /* a reserved opcode */
	LOST(UPGRADE "", "\xa1\x80" MASK);                 /* a reserved bit */
	LOST(UPGRADE "", "\x80\x80" MASK);                 /* continues nothing */
	LOST(UPGRADE "\x01\x80" MASK, "\x81\x80" MASK);    /* a message in a message */
	LOST(UPGRADE "\x81\xfe\x00", "\x05" MASK "lat=5"); /* longer than need be */
	LOST(UPGRADE "\x89", "\xfe\x00\x7f" MASK);         /* control too long */
	LOST(UPGRADE "", "\x09\x80" MASK);                 /* control in pieces */
}

#define CONNECT4                                       \
	"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04" \
	"abcd"
#define CONNECT5                                           \
	"\x10\x11\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x04" \
	"abcd"

static void test_mqtt(void **state)
{
	(void)state;
	CHECK(CONNECT4 "\x30\x0d\x00\x03lat{\"lat\":5"
		       "\x33\x0d\x00\x01t\x00\x07lat: 48\n"
		       "\xc0\x00\x40\x02\x00\x01\x82\x08\x00\x01\x00\x03lat\x00\xe0\x00",
	      CONNECT4 "\x30\x0d\x00\x03lat{\"lat\":0"
		       "\x33\x0d\x00\x01t\x00\x07lat: 00\n"
		       "\xc0\x00\x40\x02\x00\x01\x82\x08\x00\x01\x00\x03lat\x00\xe0\x00");
	/* User properties, with others around them. */
	CHECK(CONNECT5 "\x30\x23\x00\x01t\x16\x01\x01\x26\x00\x03Lat\x00\x04"
		       "48.1\x23\x00\x05\x26\x00\x00"
		       "\x00\x00{\"lon\":1}",
	      CONNECT5
	      "\x30\x23\x00\x01t\x16\x01\x01\x26\x00\x03Lat\x00\x04xxxx\x23\x00\x05\x26\x00\x00"
	      "\x00\x00{\"lon\":0}");
	/* The will is a payload; client, user and password are not. */
	CHECK("\x10\x2d\x00\x04MQTT\x04\xc6\x00\x3c\x00\x03lat\x00\x03lat\x00\x07{\"lat\":"
	      "\x00\x05lat=1\x00\x07{\"lat\":",
	      "\x10\x2d\x00\x04MQTT\x04\xc6\x00\x3c\x00\x03lat\x00\x03lat\x00\x07{\"lat\":"
	      "\x00\x05lat=1\x00\x07{\"lat\":");
	CHECK("\x10\x1a\x00\x04MQTT\x04\x06\x00\x3c\x00\x01"
	      "a\x00\x01t\x00\x08lat=48.1",
	      "\x10\x1a\x00\x04MQTT\x04\x06\x00\x3c\x00\x01"
	      "a\x00\x01t\x00\x08lat=00x0");
	/* Payloads that are no text are opaque, and the next packet is read. */
	check(CONNECT4 "\x30\x07\x00\x01t\x1f\x8b\x08\x00"
		       "\x30\x08\x00\x01tlat=1",
	      37,
	      CONNECT4 "\x30\x07\x00\x01t\x1f\x8b\x08\x00"
		       "\x30\x08\x00\x01tlat=0",
	      37, 23);
}

static void test_mqtt_that_is_none(void **state)
{
	(void)state;
	LOST("", "\x30\x08\x00\x01tlat=1");
	LOST("\x10\x10\x00\x04MQT", "S\x04\x02\x00\x3c\x00\x04"
				    "abcd");
	LOST("\x10\x10\x00\x04MQTT", "\x06\x02\x00\x3c\x00\x04"
				     "abcd");
	/* Lengths that leave their packet. */
	LOST("\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00", "\x05"
							 "abcd");
	LOST("\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x04"
	     "abc",
	     "d\x30\x00");
	LOST(CONNECT4 "\x30\x05\x00", "\x07tlat=1");
	LOST(CONNECT4 "\x30", "\x01\x00");
	LOST(CONNECT5 "\x30\x05\x00\x01t", "\x09\x26");
	LOST(CONNECT5 "\x30\x07\x00\x01t\x03\x26\x00", "\x05");
	LOST(CONNECT5 "\x30\x05\x00\x01t\x01", "\x26");
	LOST(CONNECT5 "\x30\x06\x00\x01t\x01", "\x77"
					       "a");
	/* A length longer than need be, and of more than four bytes. */
	LOST(CONNECT4 "\x30\x88", "\x00\x00\x01tlat=1");
	LOST(CONNECT4 "\x30\xff\xff\xff", "\xff\x01");
	/* What a client does not send. */
	LOST(CONNECT4 "", "\x20\x02\x00\x00");
	LOST(CONNECT4 "", "\x36\x02\x00\x00");
	LOST(CONNECT4 "", CONNECT4);
	LOST(CONNECT4 "", "\x81\x00");
}

static void test_mqtt_in_websocket(void **state)
{
	static const char publish[] = "\x30\x0c\x00\x01tlat: 48.1";
	char in[512] = UPGRADE, out[512] = UPGRADE;
	size_t a = sizeof(UPGRADE) - 1, b = a;

	(void)state;
	/* Packets do not care for frames. */
	a += put_frame(in + a, 0x82, CONNECT4 "\x30", 19);
	a += put_frame(in + a, 0x82, publish + 1, 7);
	a += put_frame(in + a, 0x82, publish + 8, 6);
	b += put_frame(out + b, 0x82, CONNECT4 "\x30", 19);
	b += put_frame(out + b, 0x82, publish + 1, 7);
	b += put_frame(out + b, 0x82, ": 00x0", 6);
	out[sizeof(UPGRADE) - 1 + 25 + 13 + 6] = in[sizeof(UPGRADE) - 1 + 25 + 13 + 6];
	check(in, a, out, b, READ);
}

static void test_unknown_streams(void **state)
{
	(void)state;
	LOST("", "\x16\x03\x01\x02\x00\x01\x00");
	LOST("", "\0\0\0\x09{\"lat\":1}");
	LOST("", "lat=1");
	LOST("SSH-", "2.0-OpenSSH\r\n");
	LOST("", "\x08\x96\x01");
}

/* Every kind at once: what is not selected stays. */
static void test_categories(void **state)
{
	struct redact_plan plan = {keys, NULL, 1 << 2};
	uint8_t data[] = "{\"lat\":1,\"owner\":\"x\",\"lon\":2}";
	struct streamed streamed = stream_edit(&plan, data, sizeof(data) - 1, 1, 1);

	(void)state;
	assert_string_equal((char *)data, "{\"lat\":1,\"owner\":\"\" ,\"lon\":2}");
	assert_int_equal(streamed.stripped[2], 1);
	assert_int_equal(streamed.stripped[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_in_json),
		cmocka_unit_test(test_json_that_is_none),
		cmocka_unit_test(test_json_depth),
		cmocka_unit_test(test_very_long_value),
		cmocka_unit_test(test_http_head),
		cmocka_unit_test(test_http_bodies),
		cmocka_unit_test(test_http_bodies_that_lie),
		cmocka_unit_test(test_http_compressed_body_and_then_more),
		cmocka_unit_test(test_http_framing),
		cmocka_unit_test(test_http_ambiguity),
		cmocka_unit_test(test_http_chunks),
		cmocka_unit_test(test_http_other_protocols),
		cmocka_unit_test(test_websocket),
		cmocka_unit_test(test_websocket_framing),
		cmocka_unit_test(test_mqtt),
		cmocka_unit_test(test_mqtt_that_is_none),
		cmocka_unit_test(test_mqtt_in_websocket),
		cmocka_unit_test(test_unknown_streams),
		cmocka_unit_test(test_categories),
	};

	return cmocka_run_group_tests(tests, make_six_keys, free_keys);
}
