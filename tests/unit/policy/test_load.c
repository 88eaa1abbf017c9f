/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From files to a set: what is inherited, what wins, what is found in it, and
 * what bad input leads to. The wording of errors is in tests/config.
 */
#include "tests/unit/policy/support.h"

static const char home_text[] =
	"mode = \"observe\"; on_failure = \"open\"; unknown_device = \"b\";\n"
	"network = { lan = [ \"br-a\", \"br-b\" ]; queue = 7; mark = 0x00ff0000; offload = "
	"\"manage\"; };\n"
	"geo = { country = \"c.mmdb\"; };\n"
	"lists = ( { name = \"l\"; file = \"f\"; }, { name = \"m\"; url = \"http://u\"; } );\n"
	"identifiers = ( { data = \"contact\"; value = \"me@example.org\"; } );\n"
	"devices = ( { name = \"tv\"; mac = [ \"02:00:00:00:00:02\", \"02:00:00:00:00:01\" ]; "
	"policy = \"c\"; },\n"
	"  { name = \"cam\"; mac = \"02:00:00:00:00:03\"; policy = \"a\"; } );\n"
	"policies = (\n"
	"  { name = \"c\"; extends = \"b\"; rules = ( { action = \"block\"; port = 1; },\n"
	"      { action = \"strip\"; data = [ \"media\", \"location\" ]; keys = [ \"k*\" ]; } ); "
	"dns = { deny = \"zero\"; }; },\n"
	"  { name = \"b\"; extends = \"a\"; mode = \"enforce\"; rules = ( { action = \"block\"; "
	"port = 2; } );\n"
	"    dns = { strip = \"ech\"; bypass = \"block\"; resolver = \"gateway\"; }; },\n"
	"  { name = \"a\"; default = \"allow\"; on_failure = \"closed\"; rules = ( { action = "
	"\"block\"; port = 3; } );\n"
	"    dns = { answers = \"keep\"; deny = \"refused\"; strip = \"ecs\"; }; }\n"
	");\n";

static void test_settings(void **state)
{
	struct policy_set *set = load_text(home_text, false);
	const struct policy_settings *settings = policy_settings(set);
	const struct policy_list_source *lists;
	const struct policy_identifier *identifiers;
	size_t count;

	(void)state;
	assert_int_equal(settings->mode, MODE_OBSERVE);
	assert_int_equal(settings->on_failure, FAIL_OPEN);
	assert_string_equal(policy_name(settings->unknown_device), "b");
	assert_int_equal(settings->lan_count, 2);
	assert_string_equal(settings->lan[1], "br-b");
	assert_int_equal(settings->queue, 7);
	assert_int_equal(settings->mark, 0x00ff0000);
	assert_true(settings->offload_manage);
	assert_string_equal(settings->geo_country, "c.mmdb");
	assert_null(settings->geo_asn);
	lists = policy_lists(set, &count);
	assert_int_equal(count, 2);
	assert_string_equal(lists[0].file, "f");
	assert_null(lists[0].url);
	assert_string_equal(lists[1].url, "http://u");
	identifiers = policy_identifiers(set, &count);
	assert_int_equal(count, 1);
	assert_int_equal(identifiers[0].data, DATA_CONTACT);
	assert_string_equal(identifiers[0].value, "me@example.org");
	assert_int_equal(policy_catalogue_count(set), 5);
	policy_free(set);
}

static void test_defaults(void **state)
{
	struct policy_set *set = load_text("", false);
	const struct policy_settings *settings = policy_settings(set);
	const struct policy *observe = policy_by_name(set, "observe");

	(void)state;
	assert_int_equal(settings->mode, MODE_ENFORCE);
	assert_int_equal(settings->on_failure, FAIL_CLOSED);
	assert_string_equal(settings->lan[0], "br-lan");
	assert_int_equal(settings->queue, 61400);
	assert_int_equal(settings->mark, 0x0f000000);
	assert_false(settings->offload_manage);
	assert_ptr_equal(settings->unknown_device, observe);
	assert_int_equal(policy_mode(observe), MODE_OBSERVE);
	assert_int_equal(policy_default(observe), POLICY_ALLOW);
	assert_int_equal(policy_rule_ids(set), 0);
	policy_free(set);
}

static void test_extends(void **state)
{
	struct policy_set *set = load_text(home_text, false);
	const struct policy *a = policy_by_name(set, "a"), *c = policy_by_name(set, "c");
	static const char *const labels[] = {"c/1", "c/2", "b/1", "a/1"};
	const struct policy_dns *dns = policy_dns(c);
	char label[20];

	(void)state;
	assert_int_equal(policy_default(c), POLICY_ALLOW);
	assert_int_equal(policy_mode(a), MODE_OBSERVE);
	assert_int_equal(policy_mode(c), MODE_ENFORCE);
	assert_int_equal(policy_on_failure(c), FAIL_CLOSED);
	assert_int_equal(policy_on_failure(policy_by_name(set, "observe")), FAIL_OPEN);
	assert_int_equal(dns->deny, DENY_ZERO);
	assert_true(dns->strip_ech && !dns->strip_ecs && dns->bypass_block && dns->gateway);
	assert_false(dns->prune);
	assert_false(policy_dns(a)->gateway);
	assert_int_equal(policy_rule_count(c), 4);
	for (size_t i = 0; i < 4; i++) {
		policy_rule_label(c, policy_rule_at(c, i), label, sizeof(label));
		assert_string_equal(label, labels[i]);
	}
	assert_ptr_equal(policy_rule_at(c, 3), policy_rule_at(a, 0));
	assert_int_equal(policy_rule_ids(set), 4);
	policy_free(set);
}

static void test_strip(void **state)
{
	struct policy_set *set = load_text(home_text, false);
	const struct policy_rule *rule = policy_rule_at(policy_by_name(set, "c"), 1);
	size_t count;

	(void)state;
	assert_int_equal(policy_rule_action(rule), POLICY_STRIP);
	assert_int_equal(policy_rule_data(rule), 1 << DATA_MEDIA | 1 << DATA_LOCATION);
	assert_string_equal(policy_rule_keys(rule, &count)[0], "k*");
	assert_int_equal(count, 1);
	assert_true(policy_rule_opaque_block(rule));
	policy_free(set);
}

static void test_devices(void **state)
{
	struct policy_set *set = load_text(home_text, false);
	const struct policy_device *tv = policy_device_by_name(set, "tv");
	struct mac mac;
	size_t count;

	(void)state;
	assert_int_equal(policy_device_count(set), 2);
	assert_ptr_equal(policy_device_at(set, 0), tv);
	assert_string_equal(policy_name(policy_device_policy(tv)), "c");
	assert_non_null(policy_device_macs(tv, &count));
	assert_int_equal(count, 2);
	for (int i = 1; i <= 2; i++) {
		mac = (struct mac){{2, 0, 0, 0, 0, (uint8_t)i}};
		assert_ptr_equal(policy_device_by_mac(set, &mac), tv);
	}
	mac.bytes[5] = 4;
	assert_null(policy_device_by_mac(set, &mac));
	assert_null(policy_device_by_name(set, "tw"));
	assert_string_equal(policy_nearest_device(set, "tw"), "tv");
	assert_string_equal(policy_nearest_policy(set, "obsevre"), "observe");
	assert_null(policy_nearest_policy(set, "something-else"));
	policy_free(set);
}

static struct policy_source source(const char *file, const char *text, enum policy_source_kind kind)
{
	return (struct policy_source){file, bytes_of(text, strlen(text)), kind};
}

/* The user's policy takes the place of the shipped one, for those who extend it, too. */
static void count_pause(void *context)
{
	++*(unsigned *)context;
}

static void test_profiles(void **state)
{
	static const char shipped[] = "policies = ( { name = \"base\"; default = \"block\"; }, { "
				      "name = \"top\"; extends = \"base\"; } );";
	struct policy_source sources[] = {
		source("10.conf", "policies = ( { name = \"base\"; default = \"allow\"; } );",
		       SOURCE_USER),
		source("base.conf", shipped, SOURCE_PROFILE),
	};
	struct policy_errors errors = {.count = 0}, warnings = {.count = 0};
	unsigned pauses = 0;
	struct pause pause = {.take = count_pause, .context = &pauses};
	struct policy_set *set = policy_load_with_pauses(sources, 2, &pause, &errors, &warnings);

	(void)state;
	assert_non_null(set);
	assert_int_equal(errors.count + warnings.count, 0);
	/* Others get their turn at least between the files. */
	assert_true(pauses >= 2);
	assert_int_equal(policy_count(set), 3);
	assert_int_equal(policy_default(policy_by_name(set, "top")), POLICY_ALLOW);
	policy_free(set);
	sources[1].kind = SOURCE_USER;
	assert_null(policy_load(sources, 2, &errors, NULL));
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.errors[0].file, "base.conf");
	assert_non_null(strstr(errors.errors[0].text, "10.conf line 1"));
	policy_errors_free(&errors);
}

static void test_warnings(void **state)
{
	struct policy_source sources[] = {
		source("w.conf",
		       "policies = ( { name = \"p\"; extends = \"q\"; rules = (\n"
		       "{ action = \"block\"; },\n"
		       "{ action = \"allow\"; foreign = true; } ); },\n"
		       "{ name = \"q\"; rules = ( { action = \"strip\"; } ); } );",
		       SOURCE_USER)};
	struct policy_errors errors = {.count = 0}, warnings = {.count = 0};
	struct policy_set *set = policy_load(sources, 1, &errors, &warnings);
	static const unsigned lines[] = {1, 3, 3, 4, 4};

	(void)state;
	assert_non_null(set);
	assert_int_equal(warnings.count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(warnings.errors[i].line, lines[i]);
	policy_free(set);
	policy_errors_free(&warnings);
}

/* More errors than anybody reads: the count goes on. */
static void test_many_errors(void **state)
{
	static char text[40000] = "";
	struct policy_source sources[1];
	struct policy_errors errors = {.count = 0};

	(void)state;
	for (int i = 0; i < 2000; i++)
		append(text, sizeof(text), "wrong%d = 1;\n", i);
	sources[0] = source("x", text, SOURCE_MAIN);
	assert_null(policy_load(sources, 1, &errors, NULL));
	assert_int_equal(errors.count + errors.omitted, 2000);
	assert_true(errors.count >= 100 && errors.omitted > 0);
	assert_int_equal(errors.errors[99].line, 100);
	policy_errors_free(&errors);
}

/* What is cut off anywhere is a set or an error, from a block of its size. */
static void test_every_prefix(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(home_text); len++) {
		char *text = malloc(len + 1);
		struct policy_source sources[1];
		struct policy_errors errors = {.count = 0};
		struct policy_set *set;

		memcpy(text, home_text, len);
		sources[0] = (struct policy_source){"x", bytes_of(text, len), SOURCE_MAIN};
		set = policy_load(sources, 1, &errors, NULL);
		assert_true((set != NULL) == (errors.count == 0));
		policy_free(set);
		policy_errors_free(&errors);
		free(text);
	}
}

static void test_too_large(void **state)
{
	size_t len = 10 << 20;
	char *text = malloc(len);
	struct policy_source sources[] = {{"x", bytes_of(text, len), SOURCE_MAIN}};
	struct policy_errors errors = {.count = 0};

	(void)state;
	memset(text, '\n', len);
	assert_null(policy_load(sources, 1, &errors, NULL));
	assert_int_equal(errors.count, 1);
	assert_non_null(strstr(errors.errors[0].text, "too large"));
	sources[0].text.len = 1 << 20;
	policy_errors_free(&errors);
	policy_free(policy_load(sources, 1, &errors, NULL));
	assert_int_equal(errors.count, 0);
	free(text);
}

/* A chain that is long, and one that is too long. */
static void test_long_chain(void **state)
{
	(void)state;
	for (int most = 16; most <= 17; most++) {
		char text[4000] = "policies = ( { name = \"p0\"; default = \"allow\"; }";
		struct policy_set *set;

		for (int i = most - 1; i > 0; i--)
			append(text, sizeof(text), ", { name = \"p%d\"; extends = \"p%d\"; }", i,
			       i - 1);
		append(text, sizeof(text), " );");
		set = load_text(text, true);
		assert_true((set != NULL) == (most == 16));
		policy_free(set);
	}
}

static void test_short_buffers(void **state)
{
	struct policy_set *set = load_text(home_text, false);
	const struct policy *policy = policy_by_name(set, "c");
	char text[300];

	(void)state;
	for (size_t size = 1; size < sizeof(text); size++) {
		struct writer writer;

		memset(text, 'x', sizeof(text));
		policy_rule_text(set, policy_rule_at(policy, 1), text, size);
		assert_true(strlen(text) < size);
		assert_true(size == sizeof(text) || text[size] == 'x');
		policy_rule_label(policy, NULL, text, size);
		assert_true(strlen(text) < size);
		writer = writer_on(text, size);
		policy_print(set, &writer);
		assert_false(writer_ok(&writer));
	}
	policy_free(set);
}

/* Which row spoke, and from where it is known. */
static void test_catalogue_source(void **state)
{
	struct policy_set *set = load_text("home = \"US\";", false);
	struct policy_name name;
	struct name text;

	(void)state;
	assert_true(name_parse(bytes_of("a.b.vendor.example", 18), &text));
	policy_describe(set, &text, &name);
	assert_non_null(name.entry);
	assert_string_equal(name.entry->row, "vendor.example");
	assert_string_equal(name.entry->device_class, "camera");
	assert_string_equal(name.entry->note, "API");
	assert_string_equal(name.entry->source, "its manual");
	assert_string_equal(policy_entry_of_asn(set, 64500)->row, "AS64500");
	assert_null(policy_entry_of_asn(set, 64500)->note);
	assert_null(policy_entry_of_asn(set, 64500)->source);
	policy_free(set);
}

static void test_catalogue(void **state)
{
	struct policy_set *set = load_text("", false);
	static const struct {
		const char *name, *organisation;
	} cases[] = {
		{"vendor.example", "Vendor"}, {"deep.in.vendor.example", "Vendor"},
		{"badvendor.example", NULL},  {"example", NULL},
		{"x.time.example", "Clock"},  {"silent.example", NULL},
	};
	struct policy_name described;
	struct name name;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(name_parse_text(cases[i].name, &name));
		policy_describe(set, &name, &described);
		if (!cases[i].organisation)
			assert_true(!described.entry || !described.entry->organisation);
		else
			assert_string_equal(described.entry->organisation, cases[i].organisation);
	}
	assert_true(name_parse_text("a.logs.vendor.example", &name));
	policy_describe(set, &name, &described);
	assert_int_equal(described.entry->purpose, PURPOSE_TELEMETRY);
	assert_true(described.entry->essential_known && !described.entry->essential);
	assert_string_equal(policy_entry_of_asn(set, 64500)->organisation, "Hoster");
	assert_null(policy_entry_of_asn(set, 64501));
	policy_free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings),     cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_extends),      cmocka_unit_test(test_strip),
		cmocka_unit_test(test_devices),      cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_warnings),     cmocka_unit_test(test_many_errors),
		cmocka_unit_test(test_every_prefix), cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_long_chain),   cmocka_unit_test(test_short_buffers),
		cmocka_unit_test(test_catalogue),    cmocka_unit_test(test_catalogue_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
