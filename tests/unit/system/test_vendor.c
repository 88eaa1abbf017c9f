/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "system/vendor.h"

static struct vendor *open_text(const char *text)
{
	char path[] = "/tmp/test_vendor_XXXXXX";
	int fd = mkstemp(path);
	struct vendor *vendor;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	vendor = vendor_open(path);
	unlink(path);
	assert_non_null(vendor);
	return vendor;
}

static const char *find(const struct vendor *vendor, const char *mac_text)
{
	static char name[VENDOR_TEXT_SIZE];
	struct mac mac;

	assert_true(mac_parse(mac_text, &mac));
	snprintf(name, sizeof(name), "untouched");
	return vendor_find(vendor, &mac, name) ? name : strcmp(name, "untouched") ? "touched" : "";
}

static void test_three_sizes_of_block(void **state)
{
	struct vendor *vendor = open_text("# comment\n"
					  "A4CF12\tEspressif\n"
					  "B0F1EC\tAMPAK\n"
					  "B0F1EC3\tMedium\n"
					  "B0F1EC3AB\tSmall\n");

	(void)state;
	assert_string_equal(find(vendor, "a4:cf:12:00:00:01"), "Espressif");
	assert_string_equal(find(vendor, "b0:f1:ec:00:00:01"), "AMPAK");
	assert_string_equal(find(vendor, "b0:f1:ec:30:00:01"), "Medium");
	assert_string_equal(find(vendor, "b0:f1:ec:3a:b0:01"), "Small");
	assert_string_equal(find(vendor, "00:00:00:00:00:01"), "");
	assert_string_equal(find(vendor, "f0:00:00:00:00:01"), "");
	vendor_close(vendor);
}

/* An address that its owner made up belongs to no maker. */
static void test_local_address(void **state)
{
	struct vendor *vendor = open_text("02CF12\tNobody\n");

	(void)state;
	assert_string_equal(find(vendor, "02:cf:12:00:00:01"), "");
	vendor_close(vendor);
}

static void test_odd_files(void **state)
{
	static const char *const texts[] = {
		"", "\n", "A4CF12", "A4CF12\t", "A4CF12\t\n", "no tab here\n", "A4CF12\tcut",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct vendor *vendor = open_text(texts[i]);

		assert_string_equal(find(vendor, "a4:cf:12:00:00:01"), "");
		vendor_close(vendor);
	}
	assert_null(vendor_open("/nowhere/oui.tsv"));
	assert_string_equal(find(NULL, "a4:cf:12:00:00:01"), "");
}

/* Lines longer than any block: nothing is found, nothing goes on for ever. */
static void test_long_lines(void **state)
{
	char *text = malloc(100001);
	struct vendor *vendor;

	(void)state;
	memset(text, 'A', 100000);
	text[100000] = 0;
	vendor = open_text(text);
	free(text);
	alarm(5);
	assert_string_equal(find(vendor, "a4:cf:12:00:00:01"), "");
	alarm(0);
	vendor_close(vendor);
}

/* Every line of the shipped file is found, and found as itself. */
static void test_shipped_file(void **state)
{
	FILE *file = fopen("policy/catalogue/oui.tsv", "r");
	struct vendor *vendor = vendor_open("policy/catalogue/oui.tsv");
	char line[256], previous[256] = "";
	unsigned lines = 0;

	(void)state;
	assert_non_null(file);
	assert_non_null(vendor);
	while (fgets(line, sizeof(line), file)) {
		char mac[18], *tab = strchr(line, '\t');

		if (line[0] == '#')
			continue;
		assert_non_null(tab);
		*tab = 0;
		line[strcspn(tab + 1, "\n") + (size_t)(tab + 1 - line)] = 0;
		assert_true(strcmp(previous, line) < 0);
		snprintf(previous, sizeof(previous), "%s", line);
		if (lines++ % 7)
			continue;
		snprintf(mac, sizeof(mac), "%.2s:%.2s:%.2s:%c%c:%c%c:00", line, line + 2, line + 4,
			 strlen(line) > 6 ? line[6] : '0', strlen(line) > 7 ? line[7] : '0',
			 strlen(line) > 8 ? line[8] : '0', '0');
		/* The second lowest bit of the first byte: not a maker's. */
		if (strchr("2367ABEF", line[1]))
			continue;
		assert_string_not_equal(find(vendor, mac), "");
		if (strlen(line) == 9)
			assert_string_equal(find(vendor, mac), tab + 1);
	}
	assert_true(lines > 20000);
	fclose(file);
	vendor_close(vendor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_sizes_of_block),
		cmocka_unit_test(test_local_address),
		cmocka_unit_test(test_odd_files),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_shipped_file),
	};

	return cmocka_run_group_tests_name("system/vendor", tests, NULL, NULL);
}
