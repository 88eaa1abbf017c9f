/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of gatewayctl that need no daemon: words, texts, tables, files. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/client.h"
#include "client/generated.h"
#include "client/text.h"
#include "lookup.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the command line ---- */

static bool parse(const char *line, struct client *ret_client, char *error, size_t size)
{
	static char copy[512];
	char *words[32] = {NULL}, *word, *rest = copy;
	int count = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	words[0] = NULL;
	while ((word = strtok_r(rest, " ", &rest)))
		words[count++] = word;
	return client_parse(count, words, ret_client, error, size);
}

static void test_command_lines(void **state)
{
	struct client client;
	char error[256];

	(void)state;
	assert_true(parse("", &client, error, sizeof(error)));
	assert_string_equal(client.command->name, "status");
	assert_true(parse("--json explain -s /s coffee x:443 -c dir --exit-code", &client, error,
			  sizeof(error)));
	assert_string_equal(client.command->name, "explain");
	assert_true(client.json && client.exit_code && client.directory_given);
	assert_string_equal(client.directory, "dir");
	assert_string_equal(client.socket, "/s");
	assert_string_equal(client.arguments[1], "x:443");
	assert_true(parse("replay --lan=10.0.0.0/8 --lan fd00::/8 -cdir f.pcap", &client, error,
			  sizeof(error)));
	assert_int_equal(client.lan_count, 2);
	assert_string_equal(client.lan[0], "10.0.0.0/8");
	assert_string_equal(client.directory, "dir");
	assert_true(parse("replay -", &client, error, sizeof(error)));
	assert_string_equal(client.arguments[0], "-");
	assert_true(parse("block tv -- -x", &client, error, sizeof(error)));
	assert_string_equal(client.arguments[1], "-x");
	assert_true(parse("pause tv --for 1h30m", &client, error, sizeof(error)));
	assert_int_equal(client.for_seconds, 5400);
	assert_true(parse("pause tv --for 0", &client, error, sizeof(error)));
	assert_true(client.for_given && client.for_seconds == 0);
	assert_true(parse("set --help", &client, error, sizeof(error)));
	assert_true(client.help);
}

static void test_wrong_command_lines(void **state)
{
	static const struct {
		const char *line, *hint;
	} rows[] = {
		{"stauts", "\"status\""},
		{"xyzzy", "gatewayctl help"},
		{"--jsno", "\"--json\""},
		{"status extra", "too many"},
		{"explain tv", "missing"},
		{"status --follow", "no option --follow"},
		{"pause tv --for soon", "soon"},
		{"pause tv --for", "needs a value"},
		{"replay --policy", "needs a value"},
		{"-x", "no option"},
	};
	struct client client;
	char error[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		error[0] = '\0';
		assert_false(parse(rows[i].line, &client, error, sizeof(error)));
		assert_non_null(strstr(error, rows[i].hint));
	}
}

static void test_the_tables_are_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < client_command_count; i++) {
		const struct client_command *command = &client_commands[i];

		assert_non_null(command->run);
		assert_true(command->least <= command->most);
		assert_true(command->most <= CLIENT_ARGUMENTS_MOST);
		assert_true(strlen(command->help) > 10 && strlen(command->help) < 68);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(command->name, client_commands[j].name);
	}
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		assert_non_null(client_options[i].name);
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(client_options[i].name, client_options[j].name);
			assert_true(!client_options[i].letter ||
				    client_options[i].letter != client_options[j].letter);
		}
	}
}

/* ---- texts ---- */

static void test_what_a_terminal_is_spared(void **state)
{
	static const struct {
		const char *text, *clean;
	} rows[] = {
		{"plain", "plain"},
		{"a\033[2Jb\r\n\tc\177", "a?[2Jb???c?"},
		{"\xc2\x9b"
		 "31m",
		 "?31m"}, /* the one-byte CSI */
		{"a\xe2\x80\xae"
		 "b",
		 "a?b"}, /* right to left */
		{"a\xef\xbb\xbf"
		 "b",
		 "a?b"},                        /* no width */
		{"Caf\xc3\xa9", "Caf\xc3\xa9"}, /* harmless */
		{"\xff\xc3", "??"},             /* no UTF-8 */
		{"\xc0\x9b", "??"},             /* too long a form */
		{"\xf3\xa0\x81\x81"
		 "x",
		 "?x"}, /* a tag */
	};
	char clean[64];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		text_clean(rows[i].text, clean, sizeof(clean));
		assert_string_equal(clean, rows[i].clean);
	}
	text_clean("\xc3\xa9\xc3\xa9", clean, 4);
	assert_string_equal(clean, "\xc3\xa9");
}

static void test_every_byte_is_cleaned(void **state)
{
	(void)state;
	for (int a = 1; a < 256; a++) {
		for (int b = 1; b < 256; b++) {
			char text[] = {(char)a, (char)b, 'x', 0}, clean[8];

			text_clean(text, clean, sizeof(clean));
			for (const char *at = clean; *at; at++)
				assert_true((unsigned char)*at >= ' ' && *at != 0x7f);
			assert_null(strstr(clean, "\xc2\x9b"));
		}
	}
}

static void test_numbers(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {{0, "0 B"},         {999, "999 B"},      {1000, "1.0 kB"},
		    {9949, "9.9 kB"},   {9951, "10 kB"},     {999499, "999 kB"},
		    {999500, "1.0 MB"}, {34000000, "34 MB"}, {UINT64_MAX, "18 EB"}};
	char text[TEXT_NUMBER_SIZE];
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		text_bytes(rows[i].bytes, text);
		assert_string_equal(text, rows[i].text);
	}
	text_count(1234567, text);
	assert_string_equal(text, "1,234,567");
	text_count(UINT64_MAX, text);
	assert_string_equal(text, "18,446,744,073,709,551,615");
	text_duration(3 * 86400 + 7200, text);
	assert_string_equal(text, "3 days 2 h");
	text_duration(-5, text);
	assert_string_equal(text, "0 s");
	assert_true(text_parse_duration("1d2h3m4s", &seconds));
	assert_int_equal(seconds, 86400 + 7200 + 180 + 4);
	assert_false(text_parse_duration("", &seconds));
	assert_false(text_parse_duration("10", &seconds));
	assert_false(text_parse_duration("0h", &seconds));
	assert_false(text_parse_duration("99999999999999999999h", &seconds));
	assert_false(text_parse_duration("-1h", &seconds));
	assert_true(text_parse_time("2026-03-29T11:00:00Z", &seconds));
	assert_int_equal(seconds, 1774782000);
	assert_true(text_parse_time("2024-02-29T23:59:59Z", &seconds));
	assert_int_equal(seconds, 1709251199);
	assert_true(text_parse_time("1970-01-01T00:00:00Z", &seconds));
	assert_int_equal(seconds, 0);
	assert_false(text_parse_time("yesterday", &seconds));
}

static void test_the_nearest_word(void **state)
{
	static const char *const words[] = {"status", "devices", "set", "replay", "reload"};

	(void)state;
	assert_string_equal(text_nearest("stats", words, COUNT(words)), "status");
	assert_string_equal(text_nearest("dev", words, COUNT(words)), "devices");
	assert_string_equal(text_nearest("relaod", words, COUNT(words)), "reload");
	assert_null(text_nearest("zzzzzz", words, COUNT(words)));
	assert_null(text_nearest("", words, 0));
}

static void expect_wrapped(const char *text, size_t width, const char *expected)
{
	char *result = NULL;
	size_t len;
	FILE *out = open_memstream(&result, &len);

	text_put_wrapped(out, text, width);
	fclose(out);
	assert_string_equal(result, expected);
	free(result);
}

static void test_lines_go_on_further_in(void **state)
{
	(void)state;
	expect_wrapped("", 20, "");
	expect_wrapped("one two\n\n  three\n", 20, "one two\n\n  three\n");
	expect_wrapped("  rule 1 holds because of it", 14,
		       "  rule 1 holds\n      because\n      of it");
	expect_wrapped("as wide as it is", 0, "as wide as it is");
	/* A word that is too long stays whole; letters and colours count as they are seen. */
	expect_wrapped("a incomprehensible", 8, "a\n    incomprehensible");
	expect_wrapped("\033[31mgr\u00fcn\033[0m ist es", 8,
		       "\033[31mgr\u00fcn\033[0m ist\n    es");
	expect_wrapped("an open \033[ colour", 40, "an open \033[ colour");
}

static char *print_table(const struct text_table *table, size_t width)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	text_table_print(table, out, width, false);
	fclose(out);
	return text;
}

static void test_tables_are_aligned_and_cut(void **state)
{
	static const struct text_column columns[] = {
		{"NAME", false, 6}, {"SIZE", true, 0}, {"NONE", false, 0}, {"WHY", false, 4}};
	struct text_table *table = text_table_new(columns, COUNT(columns));
	char *text;

	(void)state;
	text_table_cell(table, "kitchen-coffee", COLOUR_RED);
	text_table_cell(table, "12 kB", COLOUR_NONE);
	text_table_cell(table, NULL, COLOUR_NONE);
	text_table_cell(table, "because", COLOUR_NONE);
	text_table_cell(table, "tv\033[31m", COLOUR_NONE);
	text_table_cell(table, "3 B", COLOUR_NONE);
	text_table_cell(table, "", COLOUR_NONE);
	text_table_cell(table, "", COLOUR_NONE);
	text = print_table(table, 0);
	assert_string_equal(text, "NAME             SIZE  WHY\n"
				  "kitchen-coffee  12 kB  because\n"
				  "tv?[31m           3 B\n");
	free(text);
	text = print_table(table, 24);
	/* The gaps give way first. */
	assert_string_equal(text, "NAME        SIZE WHY\n"
				  "kitchen-c~ 12 kB because\n"
				  "tv?[31m      3 B\n");
	free(text);
	/* Narrower than it can be: as narrow as it can be. */
	text = print_table(table, 5);
	assert_string_equal(text, "NAME    SIZE WHY\n"
				  "kitch~ 12 kB bec~\n"
				  "tv?[3~   3 B\n");
	free(text);
	text_table_free(table);
}

/* ---- which device ---- */

static enum lookup_result look(const char *word, size_t *ret_index)
{
	struct mac macs[3];
	struct address address;
	struct lookup lookup;
	struct lookup_device devices[3] = {
		{.name = "nursery-cam"}, {.name = "nursery-light"}, {.name = "nursery"}};

	assert_true(mac_parse("02:00:00:00:00:01", &macs[0]));
	assert_true(mac_parse("02:00:00:00:00:02", &macs[1]));
	assert_true(mac_parse("02:00:00:00:00:03", &macs[2]));
	assert_true(address_parse("192.0.2.3", &address));
	lookup_start(&lookup, word);
	for (size_t i = 0; i < 3; i++) {
		devices[i].macs = &macs[i];
		devices[i].mac_count = 1;
		devices[i].addresses = &address;
		devices[i].address_count = i == 2;
		lookup_offer(&lookup, &devices[i]);
	}
	return lookup_end(&lookup, ret_index);
}

static void test_devices_are_found(void **state)
{
	size_t index = 9;

	(void)state;
	assert_int_equal(look("nursery", &index), LOOKUP_FOUND);
	assert_int_equal(index, 2);
	assert_int_equal(look("nursery-c", &index), LOOKUP_FOUND);
	assert_int_equal(index, 0);
	assert_int_equal(look("02-00-00-00-00-02", &index), LOOKUP_FOUND);
	assert_int_equal(index, 1);
	assert_int_equal(look("192.0.2.3", &index), LOOKUP_FOUND);
	assert_int_equal(index, 2);
	assert_int_equal(look("nurs", &index), LOOKUP_AMBIGUOUS);
	assert_int_equal(look("kitchen", &index), LOOKUP_NONE);
	assert_int_equal(look("", &index), LOOKUP_NONE);
}

/* ---- policy.d/90-gatewayctl.conf ---- */

static char folder[] = "/tmp/test_gatewayctl_XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/" GENERATED_FILE, folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/policy.d", folder);
	rmdir(path);
	return rmdir(folder);
}

static void write_file(const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/" GENERATED_FILE, folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* What may be left out goes, one after the other, when cutting is not enough. */
static void test_spare_columns_are_left_out(void **state)
{
	static const struct text_column columns[] = {{"NAME", false, 4},
						     {"MAKER", false, 4 | TEXT_SPARE},
						     {"KIND", false, 4 | TEXT_SPARE},
						     {"SIZE", true, 0}};
	static const struct {
		size_t width;
		bool has_maker, has_kind;
	} cases[] = {{0, true, true}, {20, true, true}, {15, false, true}, {10, false, false}};
	struct text_table *table = text_table_new(columns, COUNT(columns));

	(void)state;
	text_table_cell(table, "kitchen", COLOUR_NONE);
	text_table_cell(table, "Somebody", COLOUR_NONE);
	text_table_cell(table, "something", COLOUR_NONE);
	text_table_cell(table, "12 kB", COLOUR_NONE);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = print_table(table, cases[i].width);

		assert_int_equal(strstr(text, "Som") != NULL, cases[i].has_maker);
		assert_int_equal(strstr(text, "som") != NULL, cases[i].has_kind);
		assert_true(!cases[i].width || strcspn(text, "\n") <= cases[i].width);
		free(text);
	}
	text_table_free(table);
}

static void test_the_generated_file_reads_back(void **state)
{
	struct generated *generated;
	struct stat status;
	char error[512];

	(void)state;
	generated = generated_read(folder, error, sizeof(error));
	assert_non_null(generated);
	assert_true(generated_add_device(generated, "odd \"name\" \\ here", "02:00:00:00:00:01",
					 "guest"));
	assert_true(generated_add_device(generated, "tv", "02:00:00:00:00:02", "guest"));
	assert_true(
		generated_add_mac(generated_device_by_name(generated, "tv"), "02:00:00:00:00:03"));
	assert_true(generated_assign(generated, "cam", "camera"));
	assert_true(generated_assign(generated, "cam", "strict"));
	assert_true(generated_write(generated, error, sizeof(error)));
	assert_int_equal(stat(generated->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0644);
	generated_free(generated);

	generated = generated_read(folder, error, sizeof(error));
	assert_non_null(generated);
	assert_int_equal(generated->device_count, 2);
	assert_non_null(generated_device_by_name(generated, "odd \"name\" \\ here"));
	assert_string_equal(generated_device_by_mac(generated, "02:00:00:00:00:02")->name, "tv");
	assert_string_equal(generated_device_by_mac(generated, "02:00:00:00:00:03")->name, "tv");
	assert_int_equal(generated->assignment_count, 1);
	assert_string_equal(generated->assignments[0].policy, "strict");

	/* An address goes, and the device with its last one. */
	generated_remove_mac(generated, &generated->devices[1], "02:00:00:00:00:02");
	assert_int_equal(generated->devices[1].mac_count, 1);
	assert_null(generated_device_by_mac(generated, "02:00:00:00:00:02"));
	generated_remove_mac(generated, &generated->devices[0], "02:00:00:00:00:01");
	assert_int_equal(generated->device_count, 1);
	assert_string_equal(generated->devices[0].name, "tv");

	/* Changed and put back. */
	generated->device_count = 0;
	assert_true(generated_write(generated, error, sizeof(error)));
	assert_true(generated_restore(generated, error, sizeof(error)));
	generated_free(generated);
	generated = generated_read(folder, error, sizeof(error));
	assert_int_equal(generated->device_count, 2);
	generated_free(generated);
}

static void test_a_file_of_a_person_is_refused(void **state)
{
	static const char *const texts[] = {
		"devices = ( { name = \"x\"; mac = \"02:00:00:00:00:01\"; policy = \"p\"; } );\n",
		"devices = (\n\t{ name = \"x\"; policy = \"p\"; }\n);\n",
		"devices = (\n\t{ name = \"x; }\n);\n",
		"policies = (\n);\n",
		"devices = (\n\t{ name = \"x\"; mac = \"m\"; policy = \"p\"; } // mine\n);\n",
		"assign = (\n\t{ device = \"x\"; policy = \"p\\",
	};
	char error[512];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		write_file(texts[i]);
		error[0] = '\0';
		assert_null(generated_read(folder, error, sizeof(error)));
		assert_non_null(strstr(error, "90-gatewayctl.conf:"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_lines),
		cmocka_unit_test(test_wrong_command_lines),
		cmocka_unit_test(test_the_tables_are_sound),
		cmocka_unit_test(test_what_a_terminal_is_spared),
		cmocka_unit_test(test_every_byte_is_cleaned),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_the_nearest_word),
		cmocka_unit_test(test_lines_go_on_further_in),
		cmocka_unit_test(test_tables_are_aligned_and_cut),
		cmocka_unit_test(test_devices_are_found),
		cmocka_unit_test(test_spare_columns_are_left_out),
		cmocka_unit_test(test_the_generated_file_reads_back),
		cmocka_unit_test(test_a_file_of_a_person_is_refused),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
