/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "system/geo.h"

#define DATA "tests/unit/system/data/"

static struct address address_of(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

static struct geo *open_both(const char *country_path, const char *asn_path)
{
	struct geo *geo = geo_new();
	char error[256] = "";

	assert_non_null(geo);
	if (country_path && !geo_open(geo, GEO_COUNTRY, country_path, error, sizeof(error)))
		fail_msg("%s", error);
	if (asn_path && !geo_open(geo, GEO_ASN, asn_path, error, sizeof(error)))
		fail_msg("%s", error);
	return geo;
}

/* "US"; "unknown": no record; "": not known. */
static void assert_country(const struct geo *geo, const char *address_text, const char *expected)
{
	struct address address = address_of(address_text);
	country code = 0x7fff;
	char text[8] = "";

	if (geo_country(geo, &address, &code))
		country_print(code, text);
	else
		assert_int_equal(code, 0x7fff);
	assert_string_equal(text, expected);
}

static void test_flat_country(void **state)
{
	struct geo *geo = open_both(DATA "flat-country.mmdb", NULL);

	(void)state;
	assert_country(geo, "192.0.2.1", "US");
	assert_country(geo, "203.0.113.255", "CN");
	assert_country(geo, "::ffff:203.0.113.1", "CN");
	assert_country(geo, "2001:db8::1", "DE");
	assert_country(geo, "8.8.8.8", "unknown");
	assert_country(geo, "2a00::1", "unknown");
	/* A record that holds no country is no record. */
	assert_country(geo, "198.51.100.1", "unknown");
	geo_free(geo);
}

static void test_nested_country(void **state)
{
	struct geo *geo = open_both(DATA "GeoLite2-Country-Test.mmdb", NULL);
	struct geo_info info;

	(void)state;
	assert_country(geo, "81.2.69.160", "GB");
	assert_country(geo, "2001:218::1", "JP");
	geo_info(geo, GEO_COUNTRY, &info);
	assert_true(info.open);
	assert_string_equal(info.type, "GeoLite2-Country");
	assert_true(info.built > 1500000000);
	assert_string_equal(info.error, "");
	geo_free(geo);
}

/* The file says that 192.168.0.0/16 is in Australia; we know better. */
static void test_nowhere(void **state)
{
	static const char *const texts[] = {
		"192.168.1.1", "10.0.0.1",    "172.16.0.1",
		"127.0.0.1",   "169.254.1.1", "224.0.0.251",
		"0.0.0.0",     "100.64.0.1",  "255.255.255.255",
		"::1",         "fe80::1",     "fd00::1",
		"ff02::fb",    "::",          "::ffff:192.168.1.1",
	};
	struct geo *geo = open_both(DATA "flat-country.mmdb", DATA "flat-asn.mmdb");

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct address address = address_of(texts[i]);
		uint32_t asn = 7;
		char line[256];

		assert_country(geo, texts[i], "");
		assert_false(geo_asn(geo, &address, &asn));
		assert_int_equal(asn, 7);
		assert_false(geo_describe(geo, GEO_COUNTRY, &address, line, sizeof(line)));
	}
	geo_free(geo);
}

static void assert_asn(const struct geo *geo, const char *text, bool known, uint32_t expected)
{
	struct address address = address_of(text);
	uint32_t asn = 0;

	assert_int_equal(geo_asn(geo, &address, &asn), known);
	assert_int_equal(asn, expected);
}

static void test_asn(void **state)
{
	struct geo *geo = open_both(NULL, DATA "flat-asn.mmdb");
	char error[256];

	(void)state;
	assert_asn(geo, "203.0.113.9", true, 64500);
	assert_asn(geo, "192.0.2.1", true, 0);
	assert_true(geo_open(geo, GEO_ASN, DATA "text-asn.mmdb", error, sizeof(error)));
	assert_asn(geo, "203.0.113.9", true, 64500);
	assert_asn(geo, "198.51.100.9", true, 0); /* more than 32 bits */
	assert_true(geo_open(geo, GEO_ASN, DATA "GeoLite2-ASN-Test.mmdb", error, sizeof(error)));
	assert_asn(geo, "1.128.0.0", true, 1221);
	assert_true(geo_open(geo, GEO_ASN, NULL, error, sizeof(error)));
	assert_asn(geo, "1.128.0.0", false, 0);
	geo_free(geo);
}

static void test_top_level_country(void **state)
{
	struct geo *geo = open_both(DATA "text-asn.mmdb", NULL);

	(void)state;
	assert_country(geo, "203.0.113.1", "CN");
	assert_country(geo, "198.51.100.1", "unknown");
	geo_free(geo);
}

/* A database of IPv4 alone says nothing of IPv6, not even that it is unknown. */
static void test_ipv4_only(void **state)
{
	struct geo *geo = open_both(DATA "MaxMind-DB-test-ipv4-24.mmdb", NULL);

	(void)state;
	assert_country(geo, "1.1.1.1", "unknown");
	assert_country(geo, "2001:db8::1", "");
	geo_free(geo);
}

static void test_describe(void **state)
{
	struct geo *geo = open_both(DATA "GeoLite2-Country-Test.mmdb", DATA "flat-asn.mmdb");
	struct address address = address_of("81.2.69.160"), other = address_of("203.0.113.1");
	char line[256];

	(void)state;
	assert_true(geo_describe(geo, GEO_COUNTRY, &address, line, sizeof(line)));
	assert_non_null(strstr(line, "country.iso_code GB"));
	assert_non_null(strstr(line, "country.names.en United Kingdom"));
	assert_true(geo_describe(geo, GEO_ASN, &other, line, sizeof(line)));
	assert_string_equal(line, "autonomous_system_number 64500, "
				  "autonomous_system_organization Example ?[31m");
	assert_false(geo_describe(geo, GEO_ASN, &address, line, sizeof(line)));
	geo_free(geo);
}

static void test_missing_file(void **state)
{
	struct geo *geo = geo_new();
	struct geo_info info;
	char error[256] = "";

	(void)state;
	assert_false(geo_open(geo, GEO_COUNTRY, "/nowhere/x.mmdb", error, sizeof(error)));
	assert_string_equal(error, "/nowhere/x.mmdb: No such file or directory");
	geo_info(geo, GEO_COUNTRY, &info);
	assert_false(info.open);
	assert_string_equal(info.path, "/nowhere/x.mmdb");
	assert_string_equal(info.error, "No such file or directory");
	assert_false(geo_open(geo, GEO_COUNTRY, "/tmp", error, sizeof(error)));
	assert_non_null(strstr(error, "it is not a file"));
	assert_country(geo, "8.8.8.8", "");
	geo_free(geo);
}

static void ask_everything(struct geo *geo)
{
	struct geo_contents contents;
	struct address address = address_of("1.0.0.0");
	char line[128];
	country code;
	uint32_t asn;

	for (unsigned i = 0; i < 2048; i++) {
		address.family = i & 1 ? ADDRESS_IPV6 : ADDRESS_IPV4;
		address.bytes[0] = (uint8_t)(i >> 3);
		address.bytes[1] = (uint8_t)(i * 37);
		geo_country(geo, &address, &code);
		geo_asn(geo, &address, &asn);
		geo_describe(geo, GEO_COUNTRY, &address, line, sizeof(line));
		geo_describe(geo, GEO_ASN, &address, line, sizeof(line));
	}
	(void)geo_read_all(geo, GEO_COUNTRY, &contents);
	(void)geo_read_all(geo, GEO_ASN, &contents);
}

static void test_read_all(void **state)
{
	static const struct {
		const char *file;
		enum geo_kind kind;
		uint64_t networks, known;
	} cases[] = {
		/* One of the five has a country that is none. */
		{DATA "flat-country.mmdb", GEO_COUNTRY, 5, 4},
		{DATA "flat-country.mmdb", GEO_ASN, 5, 0},
		{DATA "flat-asn.mmdb", GEO_ASN, 1, 1},
	};
	struct geo_contents contents = {.networks = 77};
	struct geo *geo = geo_new();
	char error[256];

	(void)state;
	assert_false(geo_read_all(geo, GEO_COUNTRY, &contents));
	assert_int_equal(contents.networks, 77);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(geo_open(geo, cases[i].kind, cases[i].file, error, sizeof(error)));
		assert_true(geo_read_all(geo, cases[i].kind, &contents));
		assert_int_equal(contents.networks, cases[i].networks);
		assert_int_equal(contents.known, cases[i].known);
		assert_true(contents.built > 0);
	}
	geo_free(geo);
}

/* By what this process works, which a busy machine does not change; 0: no limit. */
static void limit_work(time_t seconds)
{
	const struct itimerval limit = {.it_value = {.tv_sec = seconds}};

	assert_int_equal(setitimer(ITIMER_VIRTUAL, &limit, NULL), 0);
}

/* None of the files that broke other readers breaks or holds up ours. */
static void test_broken_files(void **state)
{
	DIR *folder = opendir(DATA "broken");
	const struct dirent *entry;
	unsigned files = 0;

	(void)state;
	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		struct geo *geo;
		char path[512], error[256] = "";

		if (!strstr(entry->d_name, ".mmdb"))
			continue;
		snprintf(path, sizeof(path), DATA "broken/%s", entry->d_name);
		geo = geo_new();
		if (!geo_open(geo, GEO_COUNTRY, path, error, sizeof(error)))
			assert_true(strlen(error) > strlen(path));
		geo_open(geo, GEO_ASN, path, error, sizeof(error));
		limit_work(20); /* one that loops for ever ends the test */
		ask_everything(geo);
		limit_work(0);
		geo_free(geo);
		files++;
	}
	closedir(folder);
	assert_true(files >= 21);
}

static void copy_file(const char *from, const char *to, size_t most)
{
	static uint8_t data[65536];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t n = read(in, data, sizeof(data));

	assert_true(n > 0 && out >= 0);
	if ((size_t)n > most)
		n = (ssize_t)most;
	assert_int_equal(write(out, data, (size_t)n), n);
	close(in);
	close(out);
}

/* Each byte of a good file, changed: an error or another answer, no more. */
static void test_changed_bytes(void **state)
{
	char path[] = "/tmp/test_geo_XXXXXX", error[256];
	struct stat status;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	copy_file(DATA "flat-country.mmdb", path, SIZE_MAX);
	assert_int_equal(fstat(fd, &status), 0);
	for (off_t at = 0; at < status.st_size; at += 3) {
		struct geo *geo = geo_new();
		uint8_t byte, changed;

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		changed = (uint8_t)(byte ^ 0xff);
		assert_int_equal(pwrite(fd, &changed, 1, at), 1);
		if (geo_open(geo, GEO_COUNTRY, path, error, sizeof(error))) {
			struct address a = address_of("192.0.2.1"), b = address_of("2001:db8::1");
			struct geo_contents contents;
			country code;

			geo_country(geo, &a, &code);
			geo_country(geo, &b, &code);
			(void)geo_read_all(geo, GEO_COUNTRY, &contents);
		}
		geo_free(geo);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	close(fd);
	unlink(path);
}

static void test_reopens_only_what_changed(void **state)
{
	char path[] = "/tmp/test_geo_XXXXXX", error[256];
	struct geo *geo = geo_new();
	struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};

	(void)state;
	close(mkstemp(path));
	copy_file(DATA "flat-country.mmdb", path, SIZE_MAX);
	assert_true(geo_open(geo, GEO_COUNTRY, path, error, sizeof(error)));
	assert_country(geo, "192.0.2.1", "US");
	/* A file that took its place by rename is another one. */
	assert_int_equal(unlink(path), 0);
	copy_file(DATA "GeoLite2-Country-Test.mmdb", path, SIZE_MAX);
	assert_country(geo, "192.0.2.1", "US");
	assert_true(geo_open(geo, GEO_COUNTRY, path, error, sizeof(error)));
	assert_country(geo, "192.0.2.1", "unknown");
	assert_country(geo, "81.2.69.160", "GB");
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	assert_true(geo_open(geo, GEO_COUNTRY, path, error, sizeof(error)));
	assert_country(geo, "81.2.69.160", "GB");
	/* One that went away is no database any more. */
	unlink(path);
	assert_false(geo_open(geo, GEO_COUNTRY, path, error, sizeof(error)));
	assert_country(geo, "81.2.69.160", "");
	geo_free(geo);
}

/* cp over the file cuts it to nothing first: the mapping has no pages then. */
static void test_file_cut_in_use(void **state)
{
	char path[] = "/tmp/test_geo_XXXXXX", error[256];
	struct geo *geo = geo_new();
	struct geo_contents contents;
	struct geo_info info;

	(void)state;
	close(mkstemp(path));
	copy_file(DATA "GeoLite2-Country-Test.mmdb", path, SIZE_MAX);
	assert_true(geo_open(geo, GEO_COUNTRY, path, error, sizeof(error)));
	assert_country(geo, "81.2.69.160", "GB");
	assert_int_equal(truncate(path, 0), 0);
	assert_false(geo_read_all(geo, GEO_COUNTRY, &contents));
	assert_country(geo, "81.2.69.160", "");
	assert_country(geo, "81.2.69.160", "");
	geo_info(geo, GEO_COUNTRY, &info);
	assert_false(info.open);
	assert_non_null(strstr(info.error, "written over"));
	copy_file(DATA "GeoLite2-Country-Test.mmdb", path, SIZE_MAX);
	assert_true(geo_open(geo, GEO_COUNTRY, path, error, sizeof(error)));
	assert_country(geo, "81.2.69.160", "GB");
	unlink(path);
	geo_free(geo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flat_country),
		cmocka_unit_test(test_nested_country),
		cmocka_unit_test(test_nowhere),
		cmocka_unit_test(test_asn),
		cmocka_unit_test(test_top_level_country),
		cmocka_unit_test(test_ipv4_only),
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_missing_file),
		cmocka_unit_test(test_read_all),
		cmocka_unit_test(test_broken_files),
		cmocka_unit_test(test_changed_bytes),
		cmocka_unit_test(test_reopens_only_what_changed),
		cmocka_unit_test(test_file_cut_in_use),
	};

	return cmocka_run_group_tests_name("system/geo", tests, NULL, NULL);
}
