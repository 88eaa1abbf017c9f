/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in HTTP requests, in CONNECT and SOCKS, and in HTTP/2 in the clear. */
#include "tests/unit/support/check.h"

#include <stdio.h>

#include "decode/first.h"
#include "tests/unit/decode/samples.h"

static enum decode decode_bytes(const void *data, size_t len, bool last,
				struct first_facts *ret_facts)
{
	struct bytes copy = block_copy(data, len);
	enum decode answer = decode_first_tcp(copy, last, ret_facts);

	block_free(copy);
	return answer;
}

/* Whole it is OK with the names, separated by spaces; cut short it waits. */
static struct first_facts assert_names(const char *request, enum protocol protocol,
				       const char *names)
{
	struct first_facts facts = {.protocol = PROTOCOL_COUNT};
	char got[1024] = "";

	assert_int_equal(decode_bytes(request, strlen(request), false, &facts), DECODE_OK);
	assert_int_equal(facts.protocol, protocol);
	for (unsigned i = 0; i < facts.name_count; i++) {
		size_t len = strlen(got);

		snprintf(got + len, sizeof(got) - len, "%s%s", i ? " " : "", facts.names[i].text);
	}
	assert_string_equal(got, names);
	return facts;
}

static void assert_host(const char *request, const char *names)
{
	assert_names(request, PROTOCOL_HTTP, names);
}

static void test_host(void **state)
{
	(void)state;
	assert_host("GET / HTTP/1.1\r\nHost: Example.com\r\n\r\n", "example.com");
	assert_host("GET / HTTP/1.1\r\nAccept: */*\r\nhost:example.com:8080\r\n\r\n",
		    "example.com");
	assert_host("POST /x y HTTP/1.0\r\n\r\n", "");
	assert_host("GET /x\r\n", "");
	assert_host("GET http://user@a.example:80/x?y HTTP/1.1\r\nHost: b.example\r\n\r\n",
		    "a.example b.example");
	assert_host("GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n",
		    "a.example b.example");
	/* What only some servers accept is still a name. */
	assert_host("\r\nGET / HTTP/1.1\nHost : a.example\n\n", "a.example");
	assert_host("GET / HTTP/1.1\r\nHost:\r\n a.example\r\n\r\n", "a.example");
	assert_host("FROB /thing HTTP/1.1\r\nHost: a.example\r\n\r\n", "a.example");
}

static void test_odd_host(void **state)
{
	struct first_facts facts;

	(void)state;
	facts = assert_names("GET / HTTP/1.1\r\nHost: 192.0.2.1:81\r\n\r\n", PROTOCOL_HTTP, "");
	assert_int_equal(facts.address.family, ADDRESS_IPV4);
	facts = assert_names("GET / HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n\r\n", PROTOCOL_HTTP, "");
	assert_int_equal(facts.address.family, ADDRESS_IPV6);
	facts = assert_names("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", PROTOCOL_HTTP, "");
	assert_true(facts.name_odd);
	facts = assert_names("GET / HTTP/1.1\r\nX: y\rHost: b.example\r\n\r\n", PROTOCOL_HTTP, "");
	assert_true(facts.name_odd);
	facts = assert_names("GET / HTTP/1.1\r\nHost: a.example\r\n b.example\r\n\r\n",
			     PROTOCOL_HTTP, "a.example");
	assert_true(facts.name_odd);
	assert_int_equal(decode_bytes("GET /\0 HTTP/1.1\r\n\r\n", 19, false, &facts), DECODE_BAD);
}

static void test_every_prefix(void **state)
{
	static const char request[] = "POST http://a.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n";
	const size_t line = strlen("POST http://a.example/ HTTP/1.1\r\n");

	(void)state;
	for (size_t n = 0; n < sizeof(request) - 1; n++) {
		struct first_facts facts;

		assert_int_equal(decode_bytes(request, n, false, &facts), DECODE_MORE);
		assert_int_equal(decode_bytes(request, n, true, &facts), DECODE_OK);
		if (n > 4)
			assert_int_equal(facts.protocol, PROTOCOL_HTTP);
		assert_int_equal(facts.incomplete, n > 4);
		assert_true(n < line || facts.name_count > 0);
	}
}

static void test_pipelined(void **state)
{
	(void)state;
	assert_host("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
		    "GET / HTTP/1.1\r\nHost: b.example\r\n\r\n",
		    "a.example b.example");
	assert_host("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\n\r\nGET "
		    "GET / HTTP/1.1\r\nHost: b.example\r\n\r\nGET / HT",
		    "a.example b.example");
	assert_host("POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "GET / HTTP/1.1\r\nHost: b.example\r\n\r\n",
		    "a.example");
	assert_host("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 99999999999999999999"
		    "\r\n\r\nGET / HTTP/1.1\r\nHost: b.example\r\n\r\n",
		    "a.example");
}

static void test_kinds(void **state)
{
	(void)state;
	assert_names("GET /chat HTTP/1.1\r\nHost: a.example\r\nUpgrade: WebSocket\r\n\r\n",
		     PROTOCOL_WEBSOCKET, "a.example");
	assert_names("OPTIONS rtsp://a.example/1 RTSP/1.0\r\nCSeq: 1\r\n\r\n", PROTOCOL_RTSP,
		     "a.example");
	assert_names("REGISTER sip:a.example SIP/2.0\r\n\r\n", PROTOCOL_SIP, "");
	assert_names("GET /dns-query?dns=AAAB HTTP/1.1\r\nHost: a.example\r\n\r\n", PROTOCOL_DOH,
		     "a.example");
	assert_names("POST /q HTTP/1.1\r\nHost: a.example\r\n"
		     "Content-Type: application/dns-message\r\n\r\n",
		     PROTOCOL_DOH, "a.example");
	assert_names("GET /d?dn=b.example HTTP/1.1\r\nHost: 119.29.29.29\r\n\r\n", PROTOCOL_DOH,
		     "");
	assert_names("GET /139450/d?host=b.example HTTP/1.1\r\n\r\n", PROTOCOL_DOH, "");
	assert_host("GET /dns-queryx HTTP/1.1\r\n\r\n", "");
	assert_host("GET /data?host=b.example HTTP/1.1\r\n\r\n", "");
	assert_host("HTTP/1.1 200 OK\r\n", "");
}

static void test_http2(void **state)
{
	/* SETTINGS, then HEADERS: indexed fields, :authority in Huffman (RFC 7541 C.4.1). */
	static const char request[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
				      "\0\0\0\4\0\0\0\0\0"
				      "\0\0\x11\1\5\0\0\0\1"
				      "\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90"
				      "\xf4\xff";
	static const char plain[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
				    "\0\0\x13\1\x2c\0\0\0\1"
				    "\2\0\0\0\0\1\x41\x09"
				    "a.example"
				    "\0\0";
	struct first_facts facts;

	(void)state;
	assert_int_equal(decode_bytes(request, sizeof(request) - 1, false, &facts), DECODE_OK);
	assert_int_equal(facts.protocol, PROTOCOL_HTTP);
	assert_int_equal(facts.name_count, 1);
	assert_string_equal(facts.names[0].text, "www.example.com");
	for (size_t n = 0; n < sizeof(request) - 1; n++)
		assert_int_equal(decode_bytes(request, n, false, &facts), DECODE_MORE);
	assert_int_equal(decode_bytes(plain, sizeof(plain) - 1, false, &facts), DECODE_OK);
	assert_string_equal(facts.names[0].text, "a.example");
}

static void test_connect(void **state)
{
	static const char head[] = "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n";
	uint8_t stream[4096];
	struct first_facts facts;

	(void)state;
	facts = assert_names(head, PROTOCOL_HTTP, "a.example");
	assert_true(facts.upgradable);
	memcpy(stream, head, sizeof(head) - 1);
	memcpy(stream + sizeof(head) - 1, sample_hello, sizeof(sample_hello));
	assert_int_equal(decode_bytes(stream, sizeof(head) + 100, false, &facts), DECODE_MORE);
	assert_int_equal(
		decode_bytes(stream, sizeof(head) - 1 + sizeof(sample_hello), false, &facts),
		DECODE_OK);
	assert_int_equal(facts.protocol, PROTOCOL_TLS);
	assert_int_equal(facts.name_count, 2);
	assert_string_equal(facts.names[0].text, "a.example");
	assert_string_equal(facts.names[1].text, "rr4---sn-5hne6nzy.googlevideo.com");
	assert_int_equal(facts.source, FIRST_HOST);
	assert_false(facts.upgradable);
}

static void assert_socks(const char *data, size_t len, const char *name)
{
	struct first_facts facts;

	for (size_t n = 0; n < len; n++)
		assert_int_equal(decode_bytes(data, n, false, &facts), DECODE_MORE);
	assert_int_equal(decode_bytes(data, len, false, &facts), DECODE_OK);
	assert_int_equal(facts.protocol, PROTOCOL_SOCKS);
	assert_true(facts.upgradable);
	if (!name) {
		assert_int_equal(facts.name_count, 0);
		assert_int_equal(facts.address.family, ADDRESS_IPV4);
		return;
	}
	assert_string_equal(facts.names[0].text, name);
}

static void test_socks(void **state)
{
	struct first_facts facts;

	(void)state;
	assert_socks("\4\1\0\x50\xc0\0\2\1user\0", 13, NULL);
	assert_socks("\4\1\0\x50\0\0\0\1\0a.example\0", 19, "a.example");
	assert_socks("\5\1\0\5\1\0\3\x09"
		     "a.example\1\xbb",
		     19, "a.example");
	assert_socks("\5\2\0\2\1\2me\3pwd\5\1\0\3\x09"
		     "a.example\1\xbb",
		     28, "a.example");
	assert_socks("\5\1\0\5\1\0\1\xc0\0\2\1\0\x50", 13, NULL);
	assert_int_equal(decode_bytes("\5\1\0\5\1\1\3", 7, false, &facts), DECODE_BAD);
	assert_int_equal(decode_bytes("\5\1\0", 3, true, &facts), DECODE_OK);
	assert_true(facts.protocol == PROTOCOL_SOCKS && facts.incomplete);
	assert_int_equal(
		decode_bytes("\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22, true, &facts),
		DECODE_OK);
	assert_int_equal(facts.protocol, PROTOCOL_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host),         cmocka_unit_test(test_odd_host),
		cmocka_unit_test(test_every_prefix), cmocka_unit_test(test_pipelined),
		cmocka_unit_test(test_kinds),        cmocka_unit_test(test_http2),
		cmocka_unit_test(test_connect),      cmocka_unit_test(test_socks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
