/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/list.h"

struct compiled {
	uint8_t *data;
	size_t len;
	struct list_image image;
};

/* Cut into parts of `part` bytes; 0: in one piece. */
static struct compiled compile_cut(const void *text, size_t len, size_t part)
{
	struct list_build *build = list_build_new(42);
	struct list_source source = {1, 2, 3};
	struct compiled compiled;
	struct bytes rest = bytes_of(text, len);

	assert_non_null(build);
	/* The head tells the syntax, so it is whole. */
	for (size_t n = len; rest.len; n = part) {
		n = part && n > part ? part : n;
		n = n > rest.len ? rest.len : n;
		assert_true(list_build_feed(build, bytes_of(rest.data, n)));
		rest = bytes_of(rest.data + n, rest.len - n);
	}
	assert_true(list_build_end(build, &source, &compiled.data, &compiled.len));
	list_build_free(build);
	assert_null(list_image_open(bytes_of(compiled.data, compiled.len), NULL, &compiled.image));
	return compiled;
}

static struct compiled compile(const char *text)
{
	return compile_cut(text, strlen(text), 0);
}

static bool on(const struct compiled *compiled, const char *text)
{
	struct address address;
	struct name name;

	if (address_parse(text, &address))
		return list_image_contains_address(&compiled->image, &address);
	assert_true(name_parse_text(text, &name));
	return list_image_contains_name(&compiled->image, &name);
}

/* "+name" is on it, "-name" is not. */
static void assert_list(const char *text, enum list_format format, const char *expected)
{
	struct compiled compiled = compile(text);
	char word[300];
	int used;

	assert_string_equal(list_format_name(compiled.image.format), list_format_name(format));
	for (; sscanf(expected, "%299s%n", word, &used) == 1; expected += used) {
		if (on(&compiled, word + 1) != (word[0] == '+'))
			fail_msg("%s in\n%s", word, text);
	}
	free(compiled.data);
}

static void test_formats(void **state)
{
	(void)state;
	assert_list("# a list\r\n127.0.0.1 localhost\r\n0.0.0.0 a.example b.example # two\r\n"
		    ":: c.example\r\n192.0.2.1 moved.example\r\n",
		    LIST_HOSTS,
		    "+a.example +b.example +c.example -x.a.example -localhost -moved.example");
	assert_list("\xef\xbb\xbf"
		    "ads.example\n.dot.example\n# no\ntracker.test.\n\n"
		    "full:only.example @ads\ninclude:other\n192.0.2.0/24\n",
		    LIST_DOMAINS,
		    "+ads.example +x.ads.example -example +a.dot.example +tracker.test "
		    "+only.example -x.only.example -other +192.0.2.7 -192.0.3.7");
	assert_list("*.wild.example\n*.b.example\n", LIST_WILDCARDS,
		    "+wild.example +x.wild.example -notwild.example");
	assert_list("address=/a.example/b.example/0.0.0.0\nserver=/c.example/\nlocal=/d.example/\n"
		    "address=/e.example/192.0.2.1\nserver=/f.example/192.0.2.53\n"
		    "server=/ok.a.example/#\naddress=/ad.ok.a.example/#\ncache-size=100\n",
		    LIST_DNSMASQ,
		    "+a.example +x.b.example +c.example +d.example -e.example -f.example "
		    "-ok.a.example -x.ok.a.example +ad.ok.a.example");
	assert_list("192.0.2.0/25\n2001:db8::/64\n198.51.100.7\n192.0.2.32/27\n", LIST_ADDRESSES,
		    "+192.0.2.0 +192.0.2.127 -192.0.2.128 +198.51.100.7 -198.51.100.8 "
		    "+2001:db8::1 -2001:db8:0:1::1 +::ffff:198.51.100.7 -a.example");
}

static void test_adblock(void **state)
{
	(void)state;
	assert_list("[Adblock Plus 2.0]\n! comment\n||ads.example^\n@@||good.ads.example^\n"
		    "||bad.good.ads.example^$important\n||opt.example^$third-party\n"
		    "example.com##.banner\n/ads[0-9]+/\n||path.example/x\n||*.below.example^\n"
		    "bare.example\n|exact.example^\n0.0.0.0 host.example\n||doc.example^$document\n"
		    "||w*ld.example^\n@@||very.bad.good.ads.example^$important\n",
		    LIST_ADBLOCK,
		    "+ads.example +x.ads.example -good.ads.example -x.good.ads.example "
		    "+bad.good.ads.example +x.bad.good.ads.example -very.bad.good.ads.example "
		    "-opt.example -example.com -path.example -below.example +a.below.example "
		    "+bare.example -x.bare.example +exact.example -a.exact.example +host.example "
		    "+doc.example -wild.example");
}

static void test_rpz(void **state)
{
	(void)state;
	assert_list("$TTL 300\n$ORIGIN rpz.example.\n"
		    "@ IN SOA localhost. root.localhost. (1 2\n 3 4 5 )\n  IN NS localhost.\n"
		    "a.example CNAME . ; comment\n*.a.example 60 IN CNAME .\n"
		    "ok.a.example CNAME rpz-passthru.\nb.example.rpz.example. CNAME *.\n"
		    "c.example A 192.0.2.1\nd.example CNAME garden.example.\n"
		    "24.0.2.0.192.rpz-ip CNAME .\n64.zz.1.db8.2001.rpz-ip CNAME .\n"
		    "32.1.2.0.192.rpz-client-ip CNAME .\nns CNAME .\n",
		    LIST_RPZ,
		    "+a.example +x.a.example -ok.a.example +x.ok.a.example +b.example "
		    "-x.b.example -c.example -d.example +192.0.2.200 +2001:db8:1::5 "
		    "-2001:db8:2::5 +ns");
}

static void test_counts(void **state)
{
	static const char text[] = "||a.example^\n@@||b.a.example^\nx##y\n/re/\n||c.example^$ping\n"
				   "||-.exa mple^\n0.0.0.0 localhost\n192.0.2.1 x.example\n\0\n";
	struct compiled compiled = compile_cut(text, sizeof(text) - 1, 0);
	const struct list_counts *counts = &compiled.image.counts;

	(void)state;
	assert_int_equal(counts->lines, 9);
	assert_int_equal(counts->names, 2);
	assert_int_equal(counts->exceptions, 1);
	assert_int_equal(counts->skipped[LIST_SKIP_NOT_DOMAIN], 1);
	assert_int_equal(counts->skipped[LIST_SKIP_PATTERN], 1);
	assert_int_equal(counts->skipped[LIST_SKIP_OPTION], 1);
	assert_int_equal(counts->skipped[LIST_SKIP_NAME], 1);
	assert_int_equal(counts->skipped[LIST_SKIP_LOCAL], 1);
	assert_int_equal(counts->skipped[LIST_SKIP_REDIRECT], 1);
	assert_int_equal(counts->skipped[LIST_SKIP_NUL], 1);
	assert_int_equal(list_skipped(counts), 7);
	free(compiled.data);
}

static void test_long_lines(void **state)
{
	size_t len = 300000;
	char *text = malloc(len);
	struct compiled compiled;

	(void)state;
	assert_non_null(text);
	memset(text, 'a', len);
	memcpy(text, "first.example\n", 14);
	memcpy(text + len - 14, "\nlast.example\n", 14);
	compiled = compile_cut(text, len, 0);
	assert_true(on(&compiled, "first.example"));
	assert_true(on(&compiled, "last.example"));
	assert_int_equal(compiled.image.counts.skipped[LIST_SKIP_TOO_LONG], 1);
	free(compiled.data);
	free(text);
}

/* The same image, however the text arrives. */
static void test_cuts(void **state)
{
	static const char text[] = "0.0.0.0 a.example\r\n# x\n0.0.0.0 b.example c.example";
	struct compiled whole = compile(text);

	(void)state;
	for (size_t part = 1; part < 20; part++) {
		struct list_build *build = list_build_new(42);
		struct list_source source = {1, 2, 3};
		struct list_image image;
		uint8_t *data;
		size_t len;

		assert_true(list_build_feed(build, bytes_of(text, 17 + part)));
		for (size_t at = 17 + part; at < strlen(text); at += part) {
			size_t n = strlen(text) - at < part ? strlen(text) - at : part;

			assert_true(list_build_feed(build, bytes_of(text + at, n)));
		}
		assert_true(list_build_end(build, &source, &data, &len));
		assert_null(list_image_open(bytes_of(data, len), NULL, &image));
		assert_int_equal(image.tag_count, whole.image.tag_count);
		assert_memory_equal(image.tags, whole.image.tags, 5 * image.tag_count);
		free(data);
		list_build_free(build);
	}
	free(whole.data);
}

/* RFC 3492 section 7.1, as far as the strings are host names, and others. */
static void test_idn(void **state)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"Bücher.example", "xn--bcher-kva.example"},
		{"BÜCHER.example", "xn--bcher-kva.example"},
		{"münchen-ost.example", "xn--mnchen-ost-9db.example"},
		{"ليهمابتكلموشعربي؟", "xn--egbpdaj6bu4bxfgehfvwxn"},
		{"他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"},
		{"他們爲什麽不說中文", "xn--ihqwctvzc91f659drss3x8bo0yb"},
		{"Pročprostěnemluvíčesky", "xn--proprostnemluvesky-uyb24dma41a"},
		{"почемужеонинеговорятпорусски", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l"},
		{"3年B組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"},
		{"안녕.삼성", "xn--o70b819a.xn--cg4bki"},
		{"例子。测试", "xn--fsqu00a.xn--0zwm56d"},
		{"ПРИМЕР.РФ", "xn--e1afmkfd.xn--p1ai"},
	};
	struct name name;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(list_name_parse(bytes_of(rows[i].text, strlen(rows[i].text)), &name));
		assert_string_equal(name.text, rows[i].expected);
	}
	assert_false(list_name_parse(bytes_of("\xc3.example", 9), &name));
	assert_false(list_name_parse(bytes_of("\xc0\xaf.example", 10), &name));
	assert_false(list_name_parse(bytes_of("\xed\xa0\x80.example", 11), &name));
	assert_false(list_name_parse(bytes_of("ü..example", 11), &name));
}

static void test_entry(void **state)
{
	struct compiled compiled = compile("||b.example^\n@@||a.b.example^\n");
	struct list_hit hit;
	struct name name;

	(void)state;
	assert_true(name_parse_text("x.y.b.example", &name));
	assert_true(list_image_find(&compiled.image, &name, &hit));
	assert_string_equal(hit.entry, "b.example");
	assert_int_equal(hit.level, LIST_BLOCK);
	assert_true(name_parse_text("x.a.b.example", &name));
	assert_true(list_image_find(&compiled.image, &name, &hit));
	assert_string_equal(hit.entry, "a.b.example");
	assert_int_equal(hit.level, LIST_EXCEPT);
	free(compiled.data);
}

/* ---- against a naive implementation ---- */

static uint32_t random_next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Few labels, so that names meet often. */
static void make_name(uint32_t *seed, char text[static 64])
{
	unsigned labels = 1 + random_next(seed) % 5;
	size_t len = 0;

	for (unsigned i = 0; i < labels; i++)
		len += (size_t)snprintf(text + len, 64 - len, "%s%c", i ? "." : "",
					(char)('a' + random_next(seed) % 4));
}

struct naive {
	char name[64];
	unsigned scope;
	unsigned level;
};

static bool naive_contains(const struct naive *entries, size_t count, const char *name)
{
	int best = -1;

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(entries[i].name), name_len = strlen(name);
		bool self = strcmp(entries[i].name, name) == 0;
		bool below = name_len > len && name[name_len - len - 1] == '.' &&
			     strcmp(name + name_len - len, entries[i].name) == 0;

		if (((self && entries[i].scope & LIST_SELF) ||
		     (below && entries[i].scope & LIST_BELOW)) &&
		    (int)entries[i].level > best)
			best = (int)entries[i].level;
	}
	return best == LIST_BLOCK || best == LIST_BLOCK_IMPORTANT;
}

static size_t write_entry(char *text, const struct naive *entry)
{
	return (size_t)sprintf(text, "%s%s%s^%s\n", entry->level & 1 ? "@@" : "",
			       entry->scope == LIST_SELF    ? "|"
			       : entry->scope == LIST_BELOW ? "||*."
							    : "||",
			       entry->name, entry->level & 2 ? "$important" : "");
}

static void test_property(void **state)
{
	static struct naive entries[200];
	static char text[200 * 100];
	uint32_t seed = 20240601;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		size_t count = random_next(&seed) % 200, len = 0;
		struct compiled compiled;

		len = (size_t)sprintf(text, "[Adblock]\n");
		for (size_t i = 0; i < count; i++) {
			make_name(&seed, entries[i].name);
			entries[i].scope = 1 + random_next(&seed) % 3;
			entries[i].level = random_next(&seed) % 8 ? 0 : random_next(&seed) % 4;
			len += write_entry(text + len, &entries[i]);
		}
		compiled = compile_cut(text, len, 0);
		for (unsigned ask = 0; ask < 300; ask++) {
			char name[64];

			make_name(&seed, name);
			if (on(&compiled, name) != naive_contains(entries, count, name))
				fail_msg("%s, round %u:\n%s", name, round, text);
		}
		free(compiled.data);
	}
}

/* Every name of a large list is found and 200,000 others are not. */
static void count_pause(void *context)
{
	++*(unsigned *)context;
}

static void test_large(void **state)
{
	struct pause pause = {.take = count_pause};
	unsigned pauses = 0;
	struct list_build *build = list_build_new(7);
	struct list_source source = {0, 0, 0};
	struct compiled compiled;
	char text[64];

	(void)state;
	assert_true(list_build_feed(build, bytes_of("# head\n", 7)));
	for (unsigned i = 0; i < 100000; i++) {
		int len = sprintf(text, "n%u.example%u.test\n", i * 7919u, i % 1000);

		assert_true(list_build_feed(build, bytes_of(text, (size_t)len)));
	}
	assert_true(list_build_end(build, &source, &compiled.data, &compiled.len));
	list_build_free(build);
	assert_null(list_image_open(bytes_of(compiled.data, compiled.len), NULL, &compiled.image));
	assert_true(compiled.len < 100000 * 6);
	for (unsigned i = 0; i < 100000; i++) {
		sprintf(text, "a.b.n%u.example%u.test", i * 7919u, i % 1000);
		assert_true(on(&compiled, text));
		sprintf(text, "n%u.example%u.test", i * 7919u, (i + 1) % 1000);
		assert_false(on(&compiled, text));
		sprintf(text, "www.m%u.example%u.test", i, i % 1000);
		assert_false(on(&compiled, text));
	}
	/* It is checked in parts, and with a pause after each. */
	pause.context = &pauses;
	assert_null(
		list_image_open(bytes_of(compiled.data, compiled.len), &pause, &compiled.image));
	assert_int_equal(pauses, (compiled.len - LIST_CHECKED_FROM + LIST_CHECK_PART - 1) /
					 LIST_CHECK_PART);
	assert_true(pauses > 1);
	compiled.data[compiled.len - 1] ^= 1;
	assert_non_null(
		list_image_open(bytes_of(compiled.data, compiled.len), &pause, &compiled.image));
	free(compiled.data);
}

/* ---- damage ---- */

static void test_damage(void **state)
{
	struct compiled compiled = compile("||a.example^\n@@||b.a.example^\n||192.0.2.1^\n");
	struct list_image image;

	(void)state;
	for (size_t len = 0; len < compiled.len; len++) {
		uint8_t *part = malloc(len + 1);

		memcpy(part, compiled.data, len);
		assert_non_null(list_image_open(bytes_of(part, len), NULL, &image));
		free(part);
	}
	for (size_t i = 0; i < compiled.len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			compiled.data[i] ^= (uint8_t)(1 << bit);
			assert_non_null(list_image_open(bytes_of(compiled.data, compiled.len), NULL,
							&image));
			compiled.data[i] ^= (uint8_t)(1 << bit);
		}
	}
	assert_null(list_image_open(bytes_of(compiled.data, compiled.len), NULL, &image));
	assert_int_equal(image.source.place, 1);
	assert_int_equal(image.source.size, 2);
	assert_int_equal(image.source.time_ns, 3);
	free(compiled.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),    cmocka_unit_test(test_adblock),
		cmocka_unit_test(test_rpz),        cmocka_unit_test(test_counts),
		cmocka_unit_test(test_long_lines), cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_idn),        cmocka_unit_test(test_entry),
		cmocka_unit_test(test_property),   cmocka_unit_test(test_large),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
