/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds, what does not, and what may: truth tables of every condition at
 * every stage.
 */
#include "tests/unit/policy/support.h"

#define EVERYTHING 0xfffu

/* Does the one condition hold in this question, and may it? */
static enum policy_holds holds_in(const struct policy_set *set, struct policy_question *question)
{
	struct policy_decision decision;

	question->policy = policy_by_name(set, "p");
	decision = policy_match(set, question, STAGE_FLOW, NULL, NULL);
	if (decision.waits)
		return HOLDS_MAYBE;
	return decision.rule ? HOLDS_YES : HOLDS_NO;
}

/* The condition alone, and negated. */
struct both {
	enum policy_holds is, is_not;
};

static struct policy_set *load_condition(const char *condition, bool negate)
{
	char rule[512];

	snprintf(rule, sizeof(rule),
		 negate ? "{ action = \"block\"; not = { %s; }; }" : "{ action = \"block\"; %s; }",
		 condition);
	return load_rules(rule, "default = \"allow\";");
}

struct asked {
	const char *names[3];
	uint32_t known, pending; /* besides names */
	country country;
	uint32_t asn;
	const char *address;
	bool lan, direct, mismatch, tunnel, encrypted_name;
	uint16_t port;
	enum transport transport;
	enum protocol protocol;
	int minute;
};

static void fill(const struct policy_set *set, const struct asked *asked, struct name *storage,
		 struct policy_question *question)
{
	*question = (struct policy_question){
		.known = asked->known,
		.pending = asked->pending,
		.country = asked->country,
		.asn = asked->asn,
		.network = policy_entry_of_asn(set, asked->asn),
		.lan = asked->lan,
		.direct = asked->direct,
		.mismatch = asked->mismatch,
		.tunnel = asked->tunnel,
		.encrypted_name = asked->encrypted_name,
		.port = asked->port,
		.transport = asked->transport,
		.protocol = asked->protocol,
		.local_minute = asked->minute,
	};
	if (asked->address)
		assert_true(address_parse(asked->address, &question->address));
	for (size_t i = 0; i < 3 && asked->names[i]; i++)
		add_name(set, question, &storage[i], asked->names[i]);
}

static struct both try(const char *condition, const struct asked *asked)
{
	struct policy_question question;
	struct name storage[3];
	struct both both = {HOLDS_NO, HOLDS_NO};

	for (int negate = 0; negate < 2; negate++) {
		struct policy_set *set = load_condition(condition, negate);

		fill(set, asked, storage, &question);
		*(negate ? &both.is_not : &both.is) = holds_in(set, &question);
		policy_free(set);
	}
	return both;
}

/* The condition and its negation come out as expected, given these facts. */
#define TRY(condition, expected, ...)                                                      \
	do {                                                                               \
		struct both both = try(condition, &(struct asked){__VA_ARGS__});           \
		if (both.is != (expected).is || both.is_not != (expected).is_not)          \
			fail_msg("%s: %d, %d", condition, (int)both.is, (int)both.is_not); \
	} while (0)

static const struct both YES = {HOLDS_YES, HOLDS_NO}, NO = {HOLDS_NO, HOLDS_YES};
static const struct both MAYBE = {HOLDS_MAYBE, HOLDS_MAYBE}, NEITHER = {HOLDS_NO, HOLDS_NO};
static const struct both NOT_MAYBE = {HOLDS_NO, HOLDS_MAYBE};

static void test_domain(void **state)
{
	(void)state;
	TRY("domain = \"example.com\"", YES, .names = {"example.com"});
	TRY("domain = \"example.com\"", YES, .names = {"a.b.example.com"});
	TRY("domain = \"example.com\"", NO, .names = {"badexample.com"});
	TRY("domain = \"example.com\"", NO, .names = {"com"});
	TRY("domain = \"=example.com\"", YES, .names = {"example.com"});
	TRY("domain = \"=example.com\"", NO, .names = {"a.example.com"});
	TRY("domain = [ \"x.org\", \"=y.org\" ]", YES, .names = {"a.net", "y.org"});
	TRY("domain = \"example.com\"", YES, .names = {"other.net", "cdn.example.com"});
	TRY("domain = \"example.com\"", NEITHER, .known = 0);
	TRY("domain = \"example.com\"", NEITHER, .known = FACT_NAMES);
	TRY("domain = \"example.com\"", MAYBE, .pending = FACT_NAMES);
	/* DNS gave names, the ClientHello may bring one more. */
	TRY("domain = \"example.com\"", MAYBE, .names = {"x.net"}, .pending = FACT_NAMES);
	TRY("domain = \"example.com\"", YES, .names = {"example.com"}, .pending = FACT_NAMES);
}

static void test_catalogue(void **state)
{
	(void)state;
	TRY("purpose = \"control\"", YES, .names = {"a.vendor.example"});
	TRY("purpose = \"control\"", NO, .names = {"x.logs.vendor.example"});
	TRY("purpose = \"control\"", NEITHER, .names = {"nobody.example"});
	TRY("purpose = \"control\"", NEITHER, .names = {"silent.example"});
	TRY("purpose = \"unknown\"", YES, .names = {"nobody.example"});
	TRY("purpose = \"unknown\"", NO, .names = {"vendor.example"});
	TRY("purpose = \"control\"", YES, .names = {"nobody.example", "vendor.example"});
	TRY("purpose = \"storage\"", YES, .known = FACT_ASN, .asn = 64500);
	TRY("purpose = \"storage\"", YES, .names = {"nobody.example"}, .known = FACT_ASN,
	    .asn = 64500);
	/* Names that the catalogue knows are asked before the network. */
	TRY("purpose = \"storage\"", NO, .names = {"vendor.example"}, .known = FACT_ASN,
	    .asn = 64500);
	TRY("purpose = \"storage\"", MAYBE, .pending = FACT_ASN);
	TRY("purpose = \"storage\"", NEITHER, .names = {"nobody.example"}, .pending = FACT_ASN);
	TRY("purpose = \"control\"", MAYBE, .pending = FACT_NAMES);
	TRY("organisation = \"vendor\"", YES, .names = {"vendor.example"});
	TRY("organisation = \"vendor\"", NO, .names = {"time.example"});
	TRY("organisation = \"unknown\"", YES, .names = {"silent.example"});
	TRY("jurisdiction = \"CN\"", YES, .names = {"vendor.example"});
	TRY("jurisdiction = \"EU\"", NO, .names = {"vendor.example"});
	TRY("jurisdiction = \"eyes5\"", YES, .names = {"time.example"});
	TRY("jurisdiction = \"unknown\"", YES, .names = {"silent.example"});
	TRY("essential = true", YES, .names = {"vendor.example"});
	TRY("essential = false", YES, .names = {"logs.vendor.example"});
	TRY("essential = false", NEITHER, .names = {"silent.example"});
}

static void test_country(void **state)
{
	(void)state;
	TRY("country = \"CN\"", YES, .known = FACT_COUNTRY, .country = country_from_text("CN"));
	TRY("country = \"CN\"", NO, .known = FACT_COUNTRY, .country = country_from_text("US"));
	TRY("country = \"CN\"", NEITHER, .known = FACT_COUNTRY);
	TRY("country = \"CN\"", NEITHER, .known = 0);
	TRY("country = \"CN\"", MAYBE, .pending = FACT_COUNTRY);
	TRY("country = \"unknown\"", YES, .known = FACT_COUNTRY);
	TRY("country = \"unknown\"", NO, .known = FACT_COUNTRY, .country = country_from_text("US"));
	TRY("country = \"unknown\"", NEITHER, .known = 0);
	TRY("country = \"EEA\"", YES, .known = FACT_COUNTRY, .country = country_from_text("NO"));
	TRY("country = \"EU\"", NO, .known = FACT_COUNTRY, .country = country_from_text("NO"));
	TRY("asn = 64500", YES, .known = FACT_ASN, .asn = 64500);
	TRY("asn = [ 64501, 64500, 64499 ]", NO, .known = FACT_ASN, .asn = 5);
	TRY("asn = 64500", NEITHER, .known = FACT_ASN);
	TRY("asn = 64500", MAYBE, .pending = FACT_ASN);
}

#define HOME country_from_text("CA")
#define ABROAD country_from_text("CN")

static void test_foreign(void **state)
{
	(void)state;
	TRY("foreign = true", YES, .known = FACT_COUNTRY, .country = ABROAD);
	TRY("foreign = true", NO, .known = FACT_COUNTRY, .country = HOME);
	TRY("foreign = false", YES, .known = FACT_COUNTRY, .country = HOME);
	TRY("foreign = false", NO, .known = FACT_COUNTRY, .country = ABROAD);
	TRY("foreign = true", NEITHER, .known = FACT_COUNTRY);
	TRY("foreign = true", NEITHER, .known = 0);
	TRY("foreign = false", NEITHER, .known = 0);
	/* A vendor abroad with a server at home is foreign. */
	TRY("foreign = true", YES, .names = {"vendor.example"}, .known = FACT_COUNTRY,
	    .country = HOME);
	TRY("foreign = true", YES, .names = {"time.example"}, .known = FACT_COUNTRY,
	    .country = ABROAD);
	TRY("foreign = false", YES, .names = {"time.example"}, .known = FACT_COUNTRY,
	    .country = HOME);
	TRY("foreign = true", YES, .names = {"vendor.example"}, .pending = FACT_COUNTRY);
	TRY("foreign = true", MAYBE, .names = {"time.example"}, .pending = FACT_COUNTRY);
	TRY("foreign = false", MAYBE, .names = {"time.example"}, .pending = FACT_COUNTRY);
	TRY("foreign = true", MAYBE, .known = FACT_COUNTRY, .country = HOME, .pending = FACT_NAMES);
	TRY("foreign = true", YES, .known = FACT_COUNTRY | FACT_ASN, .country = HOME, .asn = 64500);
	TRY("foreign = true", YES, .names = {"time.example", "vendor.example"});
}

static void test_plain(void **state)
{
	(void)state;
	TRY("address = \"192.0.2.0/24\"", YES, .known = FACT_ADDRESS, .address = "192.0.2.9");
	TRY("address = \"192.0.2.0/24\"", NO, .known = FACT_ADDRESS, .address = "192.0.3.9");
	TRY("address = [ \"10.0.0.0/8\", \"2001:db8::/32\" ]", YES, .known = FACT_ADDRESS,
	    .address = "2001:db8::1");
	TRY("address = \"0.0.0.0/0\"", NO, .known = FACT_ADDRESS, .address = "2001:db8::1");
	TRY("address = \"192.0.2.0/24\"", MAYBE, .pending = FACT_ADDRESS);
	TRY("port = ( 80, \"8000-8099\" )", YES, .known = FACT_PORT, .port = 8099);
	TRY("port = ( 80, \"8000-8099\" )", NO, .known = FACT_PORT, .port = 8100);
	TRY("port = 80", NEITHER, .port = 80);
	TRY("transport = [ \"udp\", \"icmp\" ]", YES, .known = FACT_TRANSPORT,
	    .transport = TRANSPORT_ICMP);
	TRY("transport = \"udp\"", NO, .known = FACT_TRANSPORT, .transport = TRANSPORT_TCP);
	TRY("protocol = \"mqtt\"", YES, .known = FACT_PROTOCOL, .protocol = PROTOCOL_MQTT);
	TRY("protocol = \"mqtt\"", NO, .known = FACT_PROTOCOL, .protocol = PROTOCOL_TLS);
	/* It was looked at, and is not MQTT. */
	TRY("protocol = \"mqtt\"", NO, .known = FACT_PROTOCOL);
	TRY("protocol = \"unknown\"", YES, .known = FACT_PROTOCOL);
	TRY("protocol = \"mqtt\"", MAYBE, .pending = FACT_PROTOCOL);
	TRY("encrypted = true", YES, .known = FACT_PROTOCOL, .protocol = PROTOCOL_QUIC);
	TRY("encrypted = false", YES, .known = FACT_PROTOCOL, .protocol = PROTOCOL_HTTP);
	TRY("encrypted = false", NEITHER, .known = FACT_PROTOCOL);
	TRY("direct = true", YES, .known = FACT_DIRECT, .direct = true);
	TRY("direct = false", YES, .known = FACT_DIRECT);
	TRY("direct = true", NEITHER, .direct = true);
	TRY("lan = true", YES, .known = FACT_ADDRESS, .lan = true);
	TRY("mismatch = true", YES, .known = FACT_MISMATCH, .mismatch = true);
	TRY("mismatch = true", MAYBE, .pending = FACT_MISMATCH);
	TRY("tunnel = true", YES, .known = FACT_TUNNEL, .tunnel = true);
	TRY("tunnel = true", NO, .known = FACT_TUNNEL);
	TRY("encrypted_name = true", YES, .known = FACT_ENCRYPTED_NAME, .encrypted_name = true);
	TRY("encrypted_name = false", NEITHER, .known = 0);
}

#define AT(day, hour, minute) ((day)*1440 + (hour)*60 + (minute))

static void test_when(void **state)
{
	(void)state;
	TRY("when = \"mon-fri 08:00-18:00\"", YES, .known = FACT_TIME, .minute = AT(4, 17, 59));
	TRY("when = \"mon-fri 08:00-18:00\"", NO, .known = FACT_TIME, .minute = AT(4, 18, 0));
	TRY("when = \"mon-fri 08:00-18:00\"", NO, .known = FACT_TIME, .minute = AT(5, 12, 0));
	TRY("when = \"22:00-06:00\"", YES, .known = FACT_TIME, .minute = AT(0, 5, 59));
	TRY("when = \"22:00-06:00\"", NO, .known = FACT_TIME, .minute = AT(0, 6, 0));
	TRY("when = \"22:00-06:00\"", YES, .known = FACT_TIME, .minute = AT(6, 23, 59));
	/* Over midnight it belongs to the day on which it begins. */
	TRY("when = \"sun 22:00-06:00\"", YES, .known = FACT_TIME, .minute = AT(0, 5, 0));
	TRY("when = \"sun 22:00-06:00\"", NO, .known = FACT_TIME, .minute = AT(6, 5, 0));
	TRY("when = \"sat,sun\"", YES, .known = FACT_TIME, .minute = AT(5, 0, 0));
	TRY("when = \"sat,sun\"", NO, .known = FACT_TIME, .minute = AT(4, 23, 59));
	TRY("when = \"sat-mon\"", YES, .known = FACT_TIME, .minute = AT(0, 12, 0));
	TRY("when = \"sat-mon\"", NO, .known = FACT_TIME, .minute = AT(1, 0, 0));
	TRY("when = [ \"mon 01:00-02:00\", \"wed 3:00-4:00,5:00-24:00\" ]", YES, .known = FACT_TIME,
	    .minute = AT(2, 23, 59));
	TRY("when = \"mon\"", NEITHER, .minute = 5);
	TRY("when = \"08:00-18:00\"", MAYBE, .pending = FACT_TIME);
}

static void test_not_group(void **state)
{
	(void)state;
	/* not of (country CN and port 80): one that fails is enough. */
	TRY("country = \"CN\"; port = 80", NO, .known = FACT_PORT, .port = 81);
	TRY("country = \"CN\"; port = 80", NO, .known = FACT_PORT, .port = 81,
	    .pending = FACT_COUNTRY);
	TRY("country = \"CN\"; port = 80", NEITHER, .known = FACT_PORT, .port = 80);
	TRY("country = \"CN\"; port = 80", MAYBE, .known = FACT_PORT, .port = 80,
	    .pending = FACT_COUNTRY);
	TRY("country = \"CN\"; port = 80", YES, .known = FACT_PORT | FACT_COUNTRY, .port = 80,
	    .country = ABROAD);
	/* Alone it never holds; negated it may, when the port turns out another. */
	TRY("country = \"CN\"; port = 80", NOT_MAYBE, .pending = FACT_PORT);
}

/* ---- lists ---- */

static bool has_bad(const void *context, const struct name *name)
{
	return name_is_within(name, context, strlen(context));
}

static bool has_ten(const void *context, const struct address *address)
{
	(void)context;
	return address->bytes[0] == 10;
}

static void test_lists(void **state)
{
	struct policy_list names = {"bad.example", has_bad, NULL};
	struct policy_list addresses = {NULL, NULL, has_ten};
	struct policy_set *set = load_condition("list = [ \"one\", \"two\" ]", false);
	struct policy_set *opposite = load_condition("list = \"one\"", true);
	struct policy_set *partly = load_condition("list = [ \"one\", \"two\" ]", true);
	struct policy_question question = {.known = 0};
	struct name name;

	(void)state;
	/* Not loaded: neither it nor its opposite. */
	add_name(set, &question, &name, "x.bad.example");
	assert_int_equal(holds_in(set, &question), HOLDS_NO);
	assert_int_equal(holds_in(opposite, &question), HOLDS_NO);

	policy_set_list(set, 0, &names);
	policy_set_list(opposite, 0, &names);
	policy_describe(set, &name, &question.names[0]);
	assert_int_equal(question.names[0].lists, 1);
	assert_int_equal(holds_in(set, &question), HOLDS_YES);
	assert_int_equal(holds_in(opposite, &question), HOLDS_NO);
	assert_true(name_parse_text("good.example", &name));
	policy_describe(set, &name, &question.names[0]);
	assert_int_equal(holds_in(set, &question), HOLDS_NO);
	assert_int_equal(holds_in(opposite, &question), HOLDS_YES);

	/* It may be on the one that was not read. */
	policy_set_list(partly, 0, &names);
	assert_int_equal(holds_in(partly, &question), HOLDS_NO);
	policy_set_list(partly, 1, &names);
	assert_int_equal(holds_in(partly, &question), HOLDS_YES);
	policy_free(partly);

	/* A list of names does not wait for the address, one of addresses does. */
	question.pending = FACT_ADDRESS;
	assert_int_equal(holds_in(set, &question), HOLDS_NO);
	policy_set_list(set, 1, &addresses);
	assert_int_equal(holds_in(set, &question), HOLDS_MAYBE);
	question.pending = 0;
	question.known |= FACT_ADDRESS;
	assert_true(address_parse("10.1.1.1", &question.address));
	question.address_lists = policy_address_lists(set, &question.address);
	assert_int_equal(question.address_lists, 2);
	assert_int_equal(holds_in(set, &question), HOLDS_YES);
	policy_set_list(set, 1, NULL);
	assert_int_equal(policy_address_lists(set, &question.address), 0);
	policy_free(set);
	policy_free(opposite);
}

/* ---- stages ---- */

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

/* ---- suffixes against a naive reading ---- */

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/* Few labels of few letters, so that names often meet. */
static void random_name(uint32_t *seed, char *text)
{
	static const char *const labels[] = {"a", "b", "aa", "ab", "a-", "_", "com", "om"};
	unsigned count = 1 + next_random(seed) % 4;

	text[0] = 0;
	for (unsigned i = 0; i < count; i++) {
		if (i)
			strcat(text, ".");
		strcat(text, labels[next_random(seed) % 8]);
	}
}

static bool naive(const char *pattern, const char *name)
{
	size_t len = strlen(name), pattern_len;

	if (*pattern == '=')
		return strcmp(pattern + 1, name) == 0;
	pattern_len = strlen(pattern);
	if (strcmp(pattern, name) == 0)
		return true;
	return len > pattern_len && name[len - pattern_len - 1] == '.' &&
	       strcmp(name + len - pattern_len, pattern) == 0;
}

static void test_suffixes(void **state)
{
	uint32_t seed = 20261121;

	(void)state;
	for (int round = 0; round < 300; round++) {
		char patterns[8][40], rule[512] = "domain = [ ", text[40];
		unsigned count = 1 + next_random(&seed) % 8;
		struct policy_set *set;

		for (unsigned i = 0; i < count; i++) {
			patterns[i][0] = '=';
			random_name(&seed, patterns[i] + 1);
			if (next_random(&seed) % 3)
				memmove(patterns[i], patterns[i] + 1, strlen(patterns[i]));
			sprintf(rule + strlen(rule), "%s\"%s\"", i ? ", " : "", patterns[i]);
		}
		strcat(rule, " ]");
		set = load_condition(rule, false);
		for (int i = 0; i < 100; i++) {
			struct policy_question question = {.known = 0};
			struct name name;
			bool expected = false;

			random_name(&seed, text);
			add_name(set, &question, &name, text);
			for (unsigned j = 0; j < count; j++)
				expected |= naive(patterns[j], text);
			if ((holds_in(set, &question) == HOLDS_YES) != expected)
				fail_msg("%s and %s", rule, text);
		}
		policy_free(set);
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
	sprintf(text + strlen(text), "%d:%d ", (int)holds, (int)because);
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
	sprintf(expected, "%d:%d %d:%d ", HOLDS_NO, CONDITION_DOMAIN, HOLDS_YES, CONDITION_FOREIGN);
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
		cmocka_unit_test(test_domain),          cmocka_unit_test(test_catalogue),
		cmocka_unit_test(test_country),         cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_plain),           cmocka_unit_test(test_when),
		cmocka_unit_test(test_not_group),       cmocka_unit_test(test_lists),
		cmocka_unit_test(test_first_rule),      cmocka_unit_test(test_early),
		cmocka_unit_test(test_resolver),        cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_destinations),    cmocka_unit_test(test_suffixes),
		cmocka_unit_test(test_depends_on),      cmocka_unit_test(test_edges),
		cmocka_unit_test(test_trace_and_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
