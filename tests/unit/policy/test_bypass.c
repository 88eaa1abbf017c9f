/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of ways around the DNS: its errors, look-ups, and the one shipped. */
#include "tests/unit/policy/support.h"

#define MAIN_TEXT                                                           \
	"home = [ \"US\" ]; lists = ( { name = \"doh\"; file = \"x\"; } );" \
	"policies = ( { name = \"p\"; default = \"allow\"; dns = { bypass = \"block\"; }; } );"

static struct policy_set *load_table(const char *table, size_t len, struct policy_errors *errors)
{
	struct policy_source sources[] = {
		{"gatewayd.conf", bytes_of(MAIN_TEXT, strlen(MAIN_TEXT)), SOURCE_MAIN},
		{"doh.tsv", bytes_of(table, len), SOURCE_BYPASS},
	};

	return policy_load(sources, 2, errors, NULL);
}

static enum policy_bypass of_name(const struct policy_set *set, const char *text)
{
	struct policy_name described;
	struct name name;

	assert_true(name_parse_text(text, &name));
	policy_describe(set, &name, &described);
	return described.bypass;
}

/* TLS to an address without a name. */
static struct policy_decision at_address(const struct policy_set *set, const char *text,
					 char *reason, size_t size)
{
	struct policy_question question = {
		.policy = policy_by_name(set, "p"),
		.known = FACT_TIME | FACT_ADDRESS | FACT_TRANSPORT | FACT_PORT | FACT_PROTOCOL,
		.transport = TRANSPORT_TCP,
		.port = 443,
		.protocol = PROTOCOL_TLS,
	};
	struct policy_decision decision;

	assert_true(address_parse(text, &question.address));
	question.address_lists = policy_address_lists(set, &question.address);
	decision = policy_match(set, &question, STAGE_FLOW, NULL, NULL);
	policy_reason(set, &question, &decision, reason, size);
	return decision;
}

static void every_fault_is_told(void **state)
{
	static const char table[] = "# fine\n\ndoh.example\tdoh\tsource\n"
				    "no tab\n"
				    "a.example\tdhcp\n"
				    "\tdoh\n"
				    "two words\tdoh\n"
				    "192.0.2.0/33\tdoh\n";
	static const unsigned lines[] = {4, 5, 6, 7, 8};
	struct policy_errors errors = {0};

	(void)state;
	assert_null(load_table(table, strlen(table), &errors));
	assert_int_equal(errors.count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(errors.errors[i].line, lines[i]);
	assert_non_null(strstr(errors.errors[1].text, "expected one of doh"));
	policy_errors_free(&errors);
}

static void names_and_networks_are_found(void **state)
{
	static const char table[] = "doh.example\tdoh\r\nDOH.example\tdoh\nb.example\todoh\n"
				    "198.51.100.0/24\tdoh\n198.51.100.7\thttpdns\n"
				    "203.0.113.9\thttpdns\n2001:db8::/32\tdoh\n";
	struct policy_errors errors = {0};
	struct policy_set *set = load_table(table, strlen(table), &errors);
	char reason[128];

	(void)state;
	assert_non_null(set);
	assert_int_equal(of_name(set, "doh.example"), BYPASS_DOH);
	assert_int_equal(of_name(set, "x.y.b.example"), BYPASS_ODOH);
	assert_int_equal(of_name(set, "adoh.example"), BYPASS_NONE);
	assert_int_equal(of_name(set, "example"), BYPASS_NONE);
	assert_int_equal(at_address(set, "198.51.100.255", reason, 128).bypass, BYPASS_DOH);
	assert_int_equal(at_address(set, "198.51.100.7", reason, 128).bypass, BYPASS_DOH);
	assert_int_equal(at_address(set, "198.51.101.0", reason, 128).action, POLICY_ALLOW);
	assert_int_equal(at_address(set, "203.0.113.8", reason, 128).action, POLICY_ALLOW);
	assert_int_equal(at_address(set, "203.0.113.9", reason, 128).bypass, BYPASS_HTTPDNS);
	assert_string_equal(reason, "dns.bypass httpdns 203.0.113.9");
	assert_int_equal(at_address(set, "2001:db8:ffff::1", reason, 128).bypass, BYPASS_DOH);
	assert_int_equal(at_address(set, "2001:db9::1", reason, 128).action, POLICY_ALLOW);
	policy_free(set);
}

static bool only_listed(const void *context, const struct name *name)
{
	return strcmp(name->text, context) == 0;
}

static void a_list_with_the_name_doh_adds_to_it(void **state)
{
	const struct policy_list list = {"new.example", only_listed, NULL};
	struct policy_errors errors = {0};
	struct policy_set *set = load_table("", 0, &errors);
	struct policy_question question = {.known = FACT_TIME | FACT_NAMES, .name_count = 1};
	struct policy_decision decision;
	char label[80], reason[128];
	struct name name;

	(void)state;
	assert_non_null(set);
	policy_set_list(set, 0, &list);
	question.policy = policy_by_name(set, "p");
	assert_true(name_parse_text("new.example", &name));
	policy_describe(set, &name, &question.names[0]);
	decision = policy_match(set, &question, STAGE_EARLY, NULL, NULL);
	assert_int_equal(decision.action, POLICY_BLOCK);
	policy_rule_label(question.policy, decision.rule, label, sizeof(label));
	policy_reason(set, &question, &decision, reason, sizeof(reason));
	assert_string_equal(label, "p/dns.bypass");
	assert_string_equal(reason, "dns.bypass doh new.example");
	policy_free(set);
}

static void the_shipped_one_is_right(void **state)
{
	FILE *file = fopen("policy/catalogue/doh.tsv", "r");
	struct policy_errors errors = {0};
	char *text = malloc(1u << 20);
	struct policy_set *set;
	char reason[128];
	size_t len;

	(void)state;
	assert_non_null(file);
	assert_non_null(text);
	len = fread(text, 1, 1u << 20, file);
	fclose(file);
	set = load_table(text, len, &errors);
	free(text);
	assert_non_null(set);
	assert_int_equal(of_name(set, "dns.google"), BYPASS_DOH);
	assert_int_equal(of_name(set, "mozilla.cloudflare-dns.com"), BYPASS_DOH);
	assert_int_equal(of_name(set, "httpdns-api.aliyuncs.com"), BYPASS_HTTPDNS);
	assert_int_equal(of_name(set, "use-application-dns.net"), BYPASS_CANARY);
	assert_int_equal(of_name(set, "_dns.resolver.arpa"), BYPASS_DDR);
	assert_int_equal(of_name(set, "odoh.cloudflare-dns.com"), BYPASS_ODOH);
	assert_int_equal(of_name(set, "www.google.com"), BYPASS_NONE);
	assert_int_equal(of_name(set, "aliyuncs.com"), BYPASS_NONE);
	assert_int_equal(at_address(set, "8.8.8.8", reason, 128).bypass, BYPASS_DOH);
	assert_int_equal(at_address(set, "1.1.1.1", reason, 128).bypass, BYPASS_DOH);
	assert_int_equal(at_address(set, "119.29.29.29", reason, 128).bypass, BYPASS_HTTPDNS);
	assert_int_equal(at_address(set, "2606:4700:4700::1111", reason, 128).bypass, BYPASS_DOH);
	/* A content network is no resolver. */
	assert_int_equal(at_address(set, "104.21.33.14", reason, 128).action, POLICY_ALLOW);
	policy_free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_is_told),
		cmocka_unit_test(names_and_networks_are_found),
		cmocka_unit_test(a_list_with_the_name_doh_adds_to_it),
		cmocka_unit_test(the_shipped_one_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
