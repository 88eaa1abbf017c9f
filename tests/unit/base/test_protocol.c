/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/check.h"

#include "base/protocol.h"

static void every_protocol_has_one_name(void **state)
{
	(void)state;
	for (int i = 0; i < PROTOCOL_COUNT; i++) {
		const char *name = protocol_name((enum protocol)i);

		assert_non_null(name);
		assert_true(name[0]);
		assert_int_equal(protocol_from_name(name), i);
	}
	assert_string_equal(protocol_name(PROTOCOL_TLS), "tls");
	assert_int_equal(protocol_from_name("TLS"), PROTOCOL_UNKNOWN);
	assert_int_equal(protocol_from_name(""), PROTOCOL_UNKNOWN);
	assert_int_equal(protocol_from_name("tlss"), PROTOCOL_UNKNOWN);
}

static void knows_what_is_encrypted(void **state)
{
	(void)state;
	assert_true(protocol_is_encrypted(PROTOCOL_TLS));
	assert_true(protocol_is_encrypted(PROTOCOL_QUIC));
	assert_true(protocol_is_encrypted(PROTOCOL_DOT));
	assert_false(protocol_is_encrypted(PROTOCOL_DNS));
	assert_false(protocol_is_encrypted(PROTOCOL_HTTP));
	assert_false(protocol_is_encrypted(PROTOCOL_UNKNOWN));
}

static void every_transport_has_one_name(void **state)
{
	(void)state;
	for (int i = TRANSPORT_TCP; i <= TRANSPORT_OTHER; i++)
		assert_int_equal(transport_from_name(transport_name((enum transport)i)), i);
	assert_int_equal(transport_from_name("none"), TRANSPORT_NONE);
	assert_int_equal(transport_from_name("sctp"), TRANSPORT_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_protocol_has_one_name),
		cmocka_unit_test(knows_what_is_encrypted),
		cmocka_unit_test(every_transport_has_one_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
