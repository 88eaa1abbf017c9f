/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rule decides, at each stage and with overrides; destinations as people
 * write them; what explain and the clock ask for.
 */
#include "tests/unit/policy/support.h"

static struct policy_decision decide(const struct policy_set *set, struct policy_question *question,
				     enum policy_stage stage)
{
	question->policy = policy_by_name(set, "p");
	return policy_match(set, question, stage, NULL, NULL);
}

static void check_reason(const struct policy_set *set, const struct policy_question *question,
			 const struct policy_decision *decision, const char *label,
			 const char *reason)
{
	char text[128];

	policy_rule_label(question->policy, decision->rule, text, sizeof(text));
	assert_string_equal(text, label);
	policy_reason(set, question, decision, text, sizeof(text));
	assert_string_equal(text, reason);
}

static void test_first_rule(void **state)
{
	struct policy_set *set =
		load_rules("{ action = \"allow\"; port = 443; domain = \"a.example\"; },\n"
			   "{ action = \"block\"; jurisdiction = \"CN\"; port = 443; },\n"
			   "{ action = \"allow\"; domain = \"vendor.example\"; }",
			   "default = \"block\";");
	struct policy_question question = {.known = FACT_PORT, .port = 443};
	struct policy_decision decision;
	struct name name;

	(void)state;
	question.pending = FACT_NAMES;
	decision = decide(set, &question, STAGE_FLOW);
	assert_true(decision.waits);
	assert_int_equal(decision.action, POLICY_ALLOW);
	check_reason(set, &question, &decision, "p/default", "domain not known yet");
	question.pending = 0;
	decision = decide(set, &question, STAGE_FLOW);
	assert_false(decision.waits);
	assert_int_equal(decision.action, POLICY_BLOCK);
	check_reason(set, &question, &decision, "p/default", "default");
	add_name(set, &question, &name, "x.vendor.example");
	decision = decide(set, &question, STAGE_FLOW);
	assert_int_equal(decision.action, POLICY_BLOCK);
	check_reason(set, &question, &decision, "p/2", "jurisdiction CN");
	question.port = 80;
	decision = decide(set, &question, STAGE_FLOW);
	assert_int_equal(decision.action, POLICY_ALLOW);
	check_reason(set, &question, &decision, "p/3", "domain vendor.example");
	policy_free(set);
}

/* A rule that may block does not keep a flow waiting that is blocked anyway. */
static void test_no_use_in_waiting(void **state)
{
	static const struct {
		const char *rules, *other;
		bool waits;
	} cases[] = {
		{"{ action = \"block\"; port = 1; }", "default = \"block\";", false},
		{"{ action = \"block\"; port = 1; }", "default = \"allow\";", true},
		{"{ action = \"allow\"; port = 1; }", "default = \"allow\";", true},
		{"{ action = \"block\"; with = \"drop\"; port = 1; }", "default = \"block\";",
		 true},
		{"{ action = \"block\"; port = 1; }, { action = \"allow\"; port = 2; }",
		 "default = \"block\";", true},
		{"{ action = \"block\"; port = 1; }, { action = \"block\"; direct = false; }",
		 "default = \"allow\";", false},
		{"{ action = \"block\"; port = 1; }, { action = \"block\"; with = \"drop\"; }",
		 "default = \"allow\";", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy_set *set = load_rules(cases[i].rules, cases[i].other);
		struct policy_question question = {.known = FACT_DIRECT, .pending = FACT_PORT};
		struct policy_decision decision = decide(set, &question, STAGE_FLOW);

		assert_int_equal(decision.waits, cases[i].waits);
		assert_int_equal(decision.action, cases[i].waits ? POLICY_ALLOW : POLICY_BLOCK);
		policy_free(set);
	}
}

/* A DNS question: the name and the time are known, the flow is to come. */
static struct policy_question dns_question(const struct policy_set *set, struct name *storage,
					   const char *text)
{
	struct policy_question question = {
		.known = FACT_TIME,
		.pending = FACT_ADDRESS | FACT_COUNTRY | FACT_ASN | FACT_TRANSPORT | FACT_PORT |
			   FACT_PROTOCOL | FACT_MISMATCH | FACT_ENCRYPTED_NAME,
	};

	add_name(set, &question, storage, text);
	return question;
}

static void test_early(void **state)
{
	struct policy_set *set =
		load_rules("{ action = \"block\"; domain = \"bad.example\"; },\n"
			   "{ action = \"block\"; country = \"CN\"; },\n"
			   "{ action = \"strip\"; data = \"identity\"; domain = \"some.example\"; "
			   "foreign = true; },\n"
			   "{ action = \"allow\"; purpose = [ \"control\", \"time\" ]; }",
			   "default = \"block\";");
	struct policy_question question;
	struct policy_decision decision;
	struct name name;

	(void)state;
	/* Known conditions hold, none is about later facts: it decides. */
	question = dns_question(set, &name, "x.bad.example");
	decision = decide(set, &question, STAGE_EARLY);
	assert_int_equal(decision.action, POLICY_BLOCK);
	check_reason(set, &question, &decision, "p/1", "domain bad.example");
	/* One that may hold and blocks is passed over; the next decides. */
	question = dns_question(set, &name, "vendor.example");
	decision = decide(set, &question, STAGE_EARLY);
	assert_int_equal(decision.action, POLICY_ALLOW);
	assert_false(decision.let_through);
	check_reason(set, &question, &decision, "p/4", "purpose control");
	/* One that may hold and does not block lets the question through. */
	question = dns_question(set, &name, "some.example");
	decision = decide(set, &question, STAGE_EARLY);
	assert_int_equal(decision.action, POLICY_STRIP);
	assert_true(decision.let_through);
	check_reason(set, &question, &decision, "p/3", "foreign not known yet");
	/* Nothing holds: the default, and no waiting for the network. */
	question = dns_question(set, &name, "nobody.example");
	decision = decide(set, &question, STAGE_EARLY);
	assert_int_equal(decision.action, POLICY_BLOCK);
	assert_null(decision.rule);
	/* An address of the answer: the country is known by now. */
	question = dns_question(set, &name, "vendor.example");
	question.pending &= ~(uint32_t)(FACT_ADDRESS | FACT_COUNTRY);
	question.known |= FACT_ADDRESS | FACT_COUNTRY;
	question.country = ABROAD;
	decision = decide(set, &question, STAGE_EARLY);
	assert_int_equal(decision.action, POLICY_BLOCK);
	check_reason(set, &question, &decision, "p/2", "country CN");
	policy_free(set);
}

static void test_resolver(void **state)
{
	struct policy_set *set = load_rules("{ action = \"allow\"; address = \"192.0.2.53\"; },\n"
					    "{ action = \"block\"; address = \"192.0.2.0/24\"; },\n"
					    "{ action = \"block\"; protocol = \"dot\"; }",
					    "default = \"block\";");
	struct policy_question question = {.known = FACT_ADDRESS | FACT_PORT, .port = 53};
	struct policy_decision decision;

	(void)state;
	assert_true(address_parse("198.51.100.1", &question.address));
	/* The default, which blocks, never judges a resolver. */
	decision = decide(set, &question, STAGE_RESOLVER);
	assert_int_equal(decision.action, POLICY_ALLOW);
	assert_null(decision.rule);
	question.pending = FACT_PROTOCOL;
	decision = decide(set, &question, STAGE_RESOLVER);
	assert_int_equal(decision.action, POLICY_ALLOW);
	assert_true(address_parse("192.0.2.1", &question.address));
	decision = decide(set, &question, STAGE_RESOLVER);
	assert_int_equal(decision.action, POLICY_BLOCK);
	check_reason(set, &question, &decision, "p/2", "address 192.0.2.0/24");
	assert_true(address_parse("192.0.2.53", &question.address));
	decision = decide(set, &question, STAGE_RESOLVER);
	assert_int_equal(decision.action, POLICY_ALLOW);
	policy_free(set);
}

/* ---- overrides ---- */

static void test_overrides(void **state)
{
	struct policy_set *set = load_rules("{ action = \"block\"; domain = \"vendor.example\"; }",
					    "default = \"block\";");
	struct policy_question question = {
		.known = FACT_PORT | FACT_TRANSPORT, .port = 443, .transport = TRANSPORT_TCP};
	const struct policy_rule *overrides[2];
	struct policy_decision decision;
	char error[100];
	struct name name;

	(void)state;
	add_name(set, &question, &name, "a.vendor.example");
	overrides[0] =
		policy_override_new(POLICY_ALLOW, "vendor.example:8443", error, sizeof(error));
	overrides[1] =
		policy_override_new(POLICY_ALLOW, "vendor.example:443/tcp", error, sizeof(error));
	assert_non_null(overrides[0]);
	assert_non_null(overrides[1]);
	question.overrides = overrides;
	question.override_count = 1;
	decision = decide(set, &question, STAGE_FLOW);
	assert_int_equal(decision.action, POLICY_BLOCK);
	question.override_count = 2;
	decision = decide(set, &question, STAGE_FLOW);
	assert_int_equal(decision.action, POLICY_ALLOW);
	policy_override_set_number((struct policy_rule *)(uintptr_t)overrides[1], 7);
	check_reason(set, &question, &decision, "override/7", "domain vendor.example");
	policy_override_free((struct policy_rule *)(uintptr_t)overrides[0]);
	policy_override_free((struct policy_rule *)(uintptr_t)overrides[1]);
	overrides[0] = policy_override_new(POLICY_ALLOW, "*", error, sizeof(error));
	question.override_count = 1;
	decision = decide(set, &question, STAGE_EARLY);
	assert_int_equal(decision.action, POLICY_ALLOW);
	assert_false(decision.let_through);
	policy_override_free((struct policy_rule *)(uintptr_t)overrides[0]);
	assert_null(policy_override_new(POLICY_BLOCK, "not a name", error, sizeof(error)));
	assert_non_null(strstr(error, "expected"));
	policy_free(set);
}

static void check_destination(const char *text, const char *name, const char *address,
			      uint16_t port, enum transport transport)
{
	struct policy_destination destination;
	char error[100], printed[ADDRESS_TEXT_SIZE] = "";

	if (!policy_destination_parse(text, &destination, error, sizeof(error)))
		fail_msg("%s: %s", text, error);
	if (destination.address.family != ADDRESS_NONE)
		address_print(&destination.address, printed);
	assert_string_equal(destination.name.len ? destination.name.text : "", name);
	assert_string_equal(printed, address);
	assert_int_equal(destination.port, port);
	assert_int_equal(destination.transport, transport);
}

static void test_destinations(void **state)
{
	static const char *const wrong[] = {
		"",         "@",    "a@",    "x:0",          "x:65536",
		"x:1/icmp", "x:1x", "[::1",  "1.2.3.4.5",    "2001:db8::g",
		"a b",      "x:",   "a@b.c", "::1:99999999", "[a]:80",
		"=x",       "**",   "x:80/",
	};
	struct policy_destination destination;
	char error[100];

	(void)state;
	check_destination("Example.COM", "example.com", "", 0, TRANSPORT_NONE);
	check_destination("example.com:53/udp", "example.com", "", 53, TRANSPORT_UDP);
	check_destination("192.0.2.1", "", "192.0.2.1", 0, TRANSPORT_NONE);
	check_destination("192.0.2.1:80/tcp", "", "192.0.2.1", 80, TRANSPORT_TCP);
	check_destination("2001:db8::1", "", "2001:db8::1", 0, TRANSPORT_NONE);
	check_destination("[2001:db8::1]", "", "2001:db8::1", 0, TRANSPORT_NONE);
	check_destination("[2001:db8::1]:443", "", "2001:db8::1", 443, TRANSPORT_NONE);
	check_destination("a.example@192.0.2.1:5", "a.example", "192.0.2.1", 5, TRANSPORT_NONE);
	check_destination("a.example@2001:db8::2", "a.example", "2001:db8::2", 0, TRANSPORT_NONE);
	check_destination("a.example@[2001:db8::2]:5/udp", "a.example", "2001:db8::2", 5,
			  TRANSPORT_UDP);
	check_destination("::ffff:192.0.2.7", "", "192.0.2.7", 0, TRANSPORT_NONE);
	assert_true(policy_destination_parse("*:25", &destination, error, sizeof(error)));
	assert_true(destination.any && destination.port == 25);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (policy_destination_parse(wrong[i], &destination, error, sizeof(error)))
			fail_msg("accepted: %s", wrong[i]);
	}
}

/* ---- facts and edges ---- */

static void test_depends_on(void **state)
{
	struct policy_set *set =
		load_rules("{ action = \"block\"; port = 1; not = { tunnel = true; }; },\n"
			   "{ action = \"block\"; foreign = true; }",
			   "default = \"allow\";");
	const struct policy *policy = policy_by_name(set, "p");

	(void)state;
	assert_true(policy_depends_on(policy, FACT_PORT));
	assert_true(policy_depends_on(policy, FACT_TUNNEL));
	assert_true(policy_depends_on(policy, FACT_COUNTRY));
	assert_true(policy_depends_on(policy, FACT_NAMES | FACT_TIME));
	assert_false(policy_depends_on(policy, FACT_PROTOCOL | FACT_TIME | FACT_TRANSPORT));
	policy_free(set);
}

static void test_edges(void **state)
{
	struct policy_set *set =
		load_rules("{ action = \"block\"; when = \"mon-fri 08:00-18:00\"; },\n"
			   "{ action = \"block\"; not = { when = \"sun 22:00-06:00\"; }; }",
			   "default = \"allow\";");
	struct policy_set *none =
		load_rules("{ action = \"block\"; when = \"mon-sun\"; }", "default = \"allow\";");
	int minute = AT(6, 23, 0), seen = 0;

	(void)state;
	assert_int_equal(policy_next_edge(set, 0), AT(0, 6, 0));
	assert_int_equal(policy_next_edge(set, AT(0, 6, 0)), AT(0, 8, 0));
	assert_int_equal(policy_next_edge(set, AT(0, 8, 0)), AT(0, 18, 0));
	assert_int_equal(policy_next_edge(set, AT(4, 18, 0)), AT(6, 22, 0));
	/* Past the week's end; Sunday's midnight itself is no edge. */
	assert_int_equal(policy_next_edge(set, AT(6, 22, 0)), AT(0, 6, 0));
	do {
		minute = policy_next_edge(set, minute);
		seen++;
	} while (minute != AT(6, 22, 0));
	assert_int_equal(seen, 12);
	assert_int_equal(policy_next_edge(none, 5), -1);
	policy_free(set);
	policy_free(none);
}

/* What explain shows. */
static void note_rule(void *context, const struct policy_rule *rule, enum policy_holds holds,
		      enum policy_condition because)
{
	char *text = context;

	(void)rule;
	append(text, 300, "%d:%d ", (int)holds, (int)because);
}

static void test_trace_and_texts(void **state)
{
	struct policy_set *set = load_rules("{ action = \"block\"; with = \"drop\"; domain = [ "
					    "\"x.example\", \"=y.example\" ]; port = 80; },\n"
					    "{ action = \"limit\"; upload = \"2 MB/day\"; foreign "
					    "= true; not = { port = ( 1, \"2-3\" ); }; }",
					    "default = \"allow\";");
	struct policy_question question = {
		.known = FACT_PORT | FACT_COUNTRY, .port = 80, .country = ABROAD};
	struct policy_decision decision;
	char text[300] = "", expected[40];
	const struct policy_limit *limit;
	const char *file;
	unsigned line;

	(void)state;
	question.policy = policy_by_name(set, "p");
	decision = policy_match(set, &question, STAGE_FLOW, note_rule, text);
	snprintf(expected, sizeof(expected), "%d:%d %d:%d ", HOLDS_NO, CONDITION_DOMAIN, HOLDS_YES,
		 CONDITION_FOREIGN);
	assert_string_equal(text, expected);
	check_reason(set, &question, &decision, "p/2", "foreign, country CN");
	policy_rule_place(decision.rule, &file, &line);
	assert_string_equal(file, "gatewayd.conf");
	assert_int_equal(line, 5);
	limit = policy_rule_limit(decision.rule);
	assert_int_equal(limit->upload_bytes, 2000000);
	assert_int_equal(limit->upload_seconds, 86400);
	assert_int_equal(limit->download_bytes, 0);
	policy_rule_text(set, decision.rule, text, sizeof(text));
	assert_string_equal(text, "{ action = \"limit\"; upload = \"2 MB/day\"; foreign = true; "
				  "not = { port = [ \"1\", \"2-3\" ]; }; }");
	policy_condition_text(set, policy_rule_at(question.policy, 0), &question, CONDITION_PORT,
			      text, sizeof(text));
	assert_string_equal(text, "port = \"80\": it is 80");
	policy_condition_text(set, policy_rule_at(question.policy, 0), &question, CONDITION_DOMAIN,
			      text, sizeof(text));
	assert_string_equal(text, "domain = [ \"x.example\", \"=y.example\" ]: it is not known");
	assert_int_equal(policy_rule_with(policy_rule_at(question.policy, 0)), POLICY_DROP);
	policy_free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_rule),      cmocka_unit_test(test_no_use_in_waiting),
		cmocka_unit_test(test_early),           cmocka_unit_test(test_resolver),
		cmocka_unit_test(test_overrides),       cmocka_unit_test(test_destinations),
		cmocka_unit_test(test_depends_on),      cmocka_unit_test(test_edges),
		cmocka_unit_test(test_trace_and_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
