/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first payload of a flow: text protocols, upgrades, bounds, and noise. */
#include "tests/unit/support/check.h"

#include "decode/first.h"
#include "tests/unit/decode/samples.h"

static enum decode decode_text(const char *text, bool last, struct first_facts *ret_facts)
{
	struct bytes copy = block_copy(text, strlen(text));
	enum decode answer = decode_first_tcp(copy, last, ret_facts);

	block_free(copy);
	return answer;
}

static void assert_text(const char *text, enum protocol protocol)
{
	struct first_facts facts;

	assert_int_equal(decode_text(text, false, &facts), DECODE_OK);
	assert_int_equal(facts.protocol, protocol);
	assert_int_equal(facts.name_count, 0);
}

static void test_text(void **state)
{
	(void)state;
	assert_text("EHLO camera\r\n", PROTOCOL_SMTP);
	assert_text("helo camera\r\n", PROTOCOL_SMTP);
	assert_text("CAPA\r\n", PROTOCOL_POP3);
	assert_text("USER x\r\nPASS y\r\nSTAT\r\n", PROTOCOL_POP3);
	assert_text("USER x\r\nPASS y\r\nPASV\r\n", PROTOCOL_FTP);
	assert_text("AUTH TLS\r\n", PROTOCOL_FTP);
	assert_text("AUTH PLAIN\r\n", PROTOCOL_POP3);
	assert_text("a001 CAPABILITY\r\n", PROTOCOL_IMAP);
	assert_text("<?xml version='1.0'?><stream:stream to='x'>", PROTOCOL_XMPP);
	assert_text("<stream:stream to='x'>", PROTOCOL_XMPP);
	assert_text("SSH-2.0-dropbear\r\n", PROTOCOL_SSH);
	assert_text("\xff\xfb\x1f\xff\xfb\x20", PROTOCOL_TELNET);
	assert_text("<34>Oct 11 22:14:15 host su: x\n", PROTOCOL_SYSLOG);
	assert_text("48 <34>1 2003-10-11T22:14:15.003Z host su - - x\n", PROTOCOL_SYSLOG);
	assert_text("HELLO world\r\n", PROTOCOL_UNKNOWN);
	assert_text("!0 ENABLE x\r\n", PROTOCOL_UNKNOWN);
	assert_text("<?xml version='1.0'?><policy/>", PROTOCOL_UNKNOWN);
}

static void test_ambiguous(void **state)
{
	struct first_facts facts;

	(void)state;
	assert_int_equal(decode_text("USER x\r\n", false, &facts), DECODE_MORE);
	assert_int_equal(decode_text("USER x\r\n", true, &facts), DECODE_OK);
	assert_int_equal(facts.protocol, PROTOCOL_FTP);
}

static void assert_upgrade(const char *head, size_t len, enum protocol before, enum protocol after)
{
	uint8_t stream[4096];
	struct first_facts facts;

	memcpy(stream, head, len);
	memcpy(stream + len, sample_hello, sizeof(sample_hello));
	assert_int_equal(decode_first_tcp(bytes_of(stream, len), false, &facts), DECODE_OK);
	assert_int_equal(facts.protocol, before);
	assert_true(facts.upgradable);
	for (size_t n = 1; n < sizeof(sample_hello); n += 61)
		assert_int_equal(decode_first_tcp(bytes_of(stream, len + n), false, &facts),
				 DECODE_MORE);
	assert_int_equal(
		decode_first_tcp(bytes_of(stream, len + sizeof(sample_hello)), false, &facts),
		DECODE_OK);
	assert_int_equal(facts.protocol, after);
	assert_int_equal(facts.name_count, 1);
	assert_string_equal(facts.names[0].text, SAMPLE_NAME);
	assert_int_equal(facts.source, FIRST_SNI);
}

/* What was mail stays mail; what has no name of its own becomes TLS. */
static void test_upgrades(void **state)
{
	(void)state;
	assert_upgrade("EHLO x\r\nSTARTTLS\r\n", 18, PROTOCOL_SMTP, PROTOCOL_SMTP);
	assert_upgrade("CAPA\r\nSTLS\r\n", 12, PROTOCOL_POP3, PROTOCOL_POP3);
	assert_upgrade("a1 STARTTLS\r\n", 13, PROTOCOL_IMAP, PROTOCOL_IMAP);
	assert_upgrade("AUTH TLS\r\n", 10, PROTOCOL_FTP, PROTOCOL_FTP);
	assert_upgrade("<stream:stream to='x'><starttls/>", 33, PROTOCOL_XMPP, PROTOCOL_XMPP);
	assert_upgrade("\0\0\0\x08\x04\xd2\x16\x2f", 8, PROTOCOL_UNKNOWN, PROTOCOL_TLS);
	assert_upgrade("\x03\0\0\x0b\x06\xe0\0\0\0\0\0", 11, PROTOCOL_UNKNOWN, PROTOCOL_TLS);
}

/* At the bound nothing is waited for, and the caller may give even more. */
static void test_bound(void **state)
{
	static uint8_t stream[FIRST_STREAM_MOST + 100];
	struct first_facts facts;

	(void)state;
	memset(stream, 'x', sizeof(stream));
	memcpy(stream, "GET /", 5);
	assert_int_equal(decode_first_tcp(bytes_of(stream, FIRST_STREAM_MOST - 1), false, &facts),
			 DECODE_MORE);
	assert_int_equal(decode_first_tcp(bytes_of(stream, sizeof(stream)), false, &facts),
			 DECODE_OK);
	assert_true(facts.protocol == PROTOCOL_HTTP && facts.incomplete);
}

static void test_facts_untouched(void **state)
{
	struct first_facts facts, before;

	(void)state;
	memset(&facts, 0x5a, sizeof(facts));
	before = facts;
	assert_int_equal(decode_text("GET / HTTP/1.1\r\n", false, &facts), DECODE_MORE);
	assert_memory_equal(&facts, &before, sizeof(facts));
}

/*
 * Noise has no protocol: in 200,000 random payloads almost nothing is found,
 * and with all bytes the same never anything.
 */
static void test_noise(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15;
	unsigned found_tcp = 0, found_udp = 0;
	uint8_t noise[256];
	struct first_facts facts;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		size_t len = 1 + random_next(&seed) % sizeof(noise);

		for (size_t i = 0; i < len; i++)
			noise[i] = (uint8_t)(random_next(&seed) >> 32);
		if (decode_first_tcp(bytes_of(noise, len), true, &facts) != DECODE_OK ||
		    facts.protocol != PROTOCOL_UNKNOWN)
			found_tcp++;
		if (decode_first_udp(NULL, bytes_of(noise, len), true, &facts) != DECODE_OK ||
		    facts.protocol != PROTOCOL_UNKNOWN)
			found_udp++;
	}
	assert_in_range(found_tcp, 0, 10);
	assert_in_range(found_udp, 0, 10);
	for (unsigned value = 0; value < 256; value++) {
		if (value == 0x80)
			continue; /* a quiet moment of PCMU in RTP looks like this */
		memset(noise, (int)value, sizeof(noise));
		for (size_t len = 1; len <= sizeof(noise); len++) {
			assert_int_equal(decode_first_udp(NULL, bytes_of(noise, len), true, &facts),
					 DECODE_OK);
			assert_int_equal(facts.protocol, PROTOCOL_UNKNOWN);
		}
	}
}

/* What comes over and over with a few bytes changed: counters, small integers. */
static void test_small_integers(void **state)
{
	uint64_t seed = 88172645463325252u;
	unsigned found = 0;
	uint8_t data[64];
	struct first_facts facts;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		size_t len = 4 + random_next(&seed) % (sizeof(data) - 4);

		for (size_t i = 0; i < len; i++)
			data[i] = random_next(&seed) % 3 ? 0 : (uint8_t)(random_next(&seed) % 8);
		(void)decode_first_udp(NULL, bytes_of(data, len), true, &facts);
		found += facts.protocol != PROTOCOL_UNKNOWN;
	}
	assert_in_range(found, 0, 2000); /* one in a hundred */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_ambiguous),
		cmocka_unit_test(test_upgrades),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_facts_untouched),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_small_integers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
