/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/check.h"

#include "base/country.h"

static void every_code_goes_there_and_back(void **state)
{
	(void)state;
	unsigned expected = 1;

	for (char a = 'A'; a <= 'Z'; a++) {
		for (char b = 'A'; b <= 'Z'; b++) {
			char text[8];
			country code = country_from_letters(a, b);

			assert_int_equal(code, expected++);
			assert_int_equal(country_from_letters((char)(a + 32), b), code);
			country_print(code, text);
			assert_int_equal(text[0], a);
			assert_int_equal(text[1], b);
			assert_int_equal(text[2], 0);
			assert_int_equal(country_from_text(text), code);
		}
	}
	assert_int_equal(expected - 1, COUNTRY_MOST);
}

static void refuses_all_else(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "U", "USA", "U1", "--", "1A", "@A", "A[", "\xc3\xa4"};
	char text[8];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(country_from_text(bad[i]), COUNTRY_UNKNOWN);
	for (int a = 0; a < 256; a++) {
		bool letter = (a >= 'A' && a <= 'Z') || (a >= 'a' && a <= 'z');

		assert_int_equal(country_from_letters((char)a, 'A') != COUNTRY_UNKNOWN, letter);
		assert_int_equal(country_from_letters('A', (char)a) != COUNTRY_UNKNOWN, letter);
	}
	country_print(COUNTRY_UNKNOWN, text);
	assert_string_equal(text, "unknown");
}

static void sets_hold_what_was_added(void **state)
{
	(void)state;
	struct country_set set = {{0}}, other = {{0}};

	country_set_add(&set, 1);
	country_set_add(&set, 64);
	country_set_add(&other, 63);
	country_set_add(&other, COUNTRY_MOST);
	for (country code = 0; code <= COUNTRY_MOST; code++)
		assert_int_equal(country_set_has(&set, code), code == 1 || code == 64);
	country_set_join(&set, &other);
	for (country code = 0; code <= COUNTRY_MOST; code++)
		assert_int_equal(country_set_has(&set, code),
				 code == 1 || code == 63 || code == 64 || code == COUNTRY_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_goes_there_and_back),
		cmocka_unit_test(refuses_all_else),
		cmocka_unit_test(sets_hold_what_was_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
