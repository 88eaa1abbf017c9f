/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds, what does not, and what may: truth tables of every condition.
 */
#include "tests/unit/policy/support.h"

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

/* ---- suffixes against a naive reading ---- */

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/* Few labels of few letters, so that names often meet. */
static void random_name(uint32_t *seed, char *text, size_t size)
{
	static const char *const labels[] = {"a", "b", "aa", "ab", "a-", "_", "com", "om"};
	unsigned count = 1 + next_random(seed) % 4;

	text[0] = 0;
	for (unsigned i = 0; i < count; i++)
		append(text, size, "%s%s", i ? "." : "", labels[next_random(seed) % 8]);
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
			random_name(&seed, patterns[i] + 1, sizeof(patterns[i]) - 1);
			if (next_random(&seed) % 3)
				memmove(patterns[i], patterns[i] + 1, strlen(patterns[i]));
			append(rule, sizeof(rule), "%s\"%s\"", i ? ", " : "", patterns[i]);
		}
		append(rule, sizeof(rule), " ]");
		set = load_condition(rule, false);
		for (int i = 0; i < 100; i++) {
			struct policy_question question = {.known = 0};
			struct name name;
			bool expected = false;

			random_name(&seed, text, sizeof(text));
			add_name(set, &question, &name, text);
			for (unsigned j = 0; j < count; j++)
				expected |= naive(patterns[j], text);
			if ((holds_in(set, &question) == HOLDS_YES) != expected)
				fail_msg("%s and %s", rule, text);
		}
		policy_free(set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_domain),    cmocka_unit_test(test_catalogue),
		cmocka_unit_test(test_country),   cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_plain),     cmocka_unit_test(test_when),
		cmocka_unit_test(test_not_group), cmocka_unit_test(test_lists),
		cmocka_unit_test(test_suffixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
