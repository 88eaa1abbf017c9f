/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DNS through the engine: questions, answers, UDP and TCP. */
#include "tests/unit/engine/world.h"

#define CAMERA_POLICY "{ name = \"camera\"; default = \"allow\"; rules = (); }"
#define POLICY(rest) "{ name = \"test\"; " rest " }, " CAMERA_POLICY

static const char block_evil[] = POLICY(
	"default = \"allow\"; rules = ( { action = \"block\"; domain = \"evil.example\"; } );");

static void refused_question_is_answered_in_the_resolvers_name(void **state)
{
	struct world *world = world_new(block_evil);
	struct packet_headers headers;
	struct dns_message message;

	(void)state;
	assert_int_equal(world_ask(world, COFFEE_ADDRESS, RESOLVER, 7, "www.evil.example")->action,
			 VERDICT_DROP);
	headers = world_reply(world, 0);
	assert_address(headers.src, RESOLVER);
	assert_address(headers.dst, COFFEE_ADDRESS);
	assert_int_equal(headers.src_port, 53);
	assert_int_equal(headers.dst_port, 40007);
	message = world_reply_dns(world);
	assert_int_equal(message.id, 7);
	assert_true(message.response);
	assert_int_equal(message.rcode, DNS_NOERROR);
	assert_string_equal(message.question.text, "www.evil.example");
	assert_int_equal(message.record_count[DNS_ANSWER], 0);
	assert_int_equal(world_ask(world, COFFEE_ADDRESS, RESOLVER, 8, "good.example")->action,
			 VERDICT_ACCEPT);
	world_free(world);
}

static void each_denial(void **state)
{
	static const struct {
		const char *policies;
		uint8_t rcode;
		uint16_t answers;
	} cases[] = {
		{POLICY("default = \"block\"; dns = { deny = \"nodata\"; };"), DNS_NOERROR, 0},
		{POLICY("default = \"block\"; dns = { deny = \"nxdomain\"; };"), DNS_NXDOMAIN, 0},
		{POLICY("default = \"block\"; dns = { deny = \"zero\"; };"), DNS_NOERROR, 1},
		{POLICY("default = \"block\"; dns = { deny = \"refused\"; };"), DNS_REFUSED, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world *world = world_new(cases[i].policies);
		struct dns_message message;

		world_ask(world, COFFEE_ADDRESS, RESOLVER, 1, "x.example");
		message = world_reply_dns(world);
		assert_int_equal(message.rcode, cases[i].rcode);
		assert_int_equal(message.record_count[DNS_ANSWER], cases[i].answers);
		world_free(world);
	}
}

static void drop_answers_nothing(void **state)
{
	struct world *world = world_new(
		POLICY("default = \"allow\"; rules = ( { action = \"block\"; with = \"drop\";"
		       " domain = \"evil.example\"; } );"));

	(void)state;
	assert_int_equal(world_ask(world, COFFEE_ADDRESS, RESOLVER, 1, "evil.example")->action,
			 VERDICT_DROP);
	assert_int_equal(world->verdict.reply_count, 0);
	world_free(world);
}

static void refusal_over_ipv6_and_from_the_router(void **state)
{
	struct world *world = world_new(block_evil);

	(void)state;
	world_ask(world, "2001:db8:1::10", "2001:db8:53::53", 1, "evil.example");
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	assert_address(world_reply(world, 0).src, "2001:db8:53::53");
	world->hook = PACKET_INPUT;
	world_ask(world, COFFEE_ADDRESS, ROUTER, 2, "evil.example");
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	assert_address(world_reply(world, 0).src, ROUTER);
	/* Not DNS, to the router: never blocked. */
	world_udp(world, COFFEE_ADDRESS, 999, ROUTER, 53, bytes_of("hello", 5), PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_free(world);
}

static void an_answer_names_the_flow(void **state)
{
	struct world *world = world_new(POLICY("default = \"block\"; rules = ( { action = "
					       "\"allow\"; domain = \"good.example\"; } );"));
	struct flow_record record;

	(void)state;
	/* Before it was resolved the address has no name. */
	world_udp(world, COFFEE_ADDRESS, 5000, OTHER, 7001, bytes_of("hello", 5),
		  PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	assert_true(world_resolve(world, COFFEE_ADDRESS, 1, "www.good.example", OTHER));
	world_udp(world, COFFEE_ADDRESS, 5000, OTHER, 7002, bytes_of("hello", 5),
		  PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	record = world_record(world, 7002);
	assert_string_equal(record.names[0].text, "www.good.example");
	assert_int_equal(record.name_from, NAME_FROM_DNS);
	assert_string_equal(record.rule, "test/1");
	/* Another device did not resolve it. */
	world->mac = CAMERA;
	world_reload(world, POLICY("default = \"allow\";") ", { name = \"x\"; }");
	world_free(world);
}

static void a_cname_is_held_against_the_name(void **state)
{
	static const char *const names[] = {"shop.example", "x.cdn.example", "t.evil.example",
					    NULL};
	static const char *const addresses[] = {OTHER, NULL};
	struct world *world = world_new(block_evil);
	struct packet_headers headers;
	struct dns_message message;

	(void)state;
	world_ask(world, COFFEE_ADDRESS, RESOLVER, 3, "shop.example");
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_answer(world, COFFEE_ADDRESS, RESOLVER, 3, names, addresses);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_int_equal(decode_packet(world->verdict.edited, false, &headers), DECODE_OK);
	assert_int_equal(decode_dns(headers.payload, &message), DECODE_OK);
	assert_int_equal(message.id, 3);
	assert_int_equal(message.record_count[DNS_ANSWER], 0);
	world_free(world);
}

static void addresses_are_pruned(void **state)
{
	static const char *const names[] = {"shop.example", NULL};
	static const char *const both[] = {CLOUD, OTHER, NULL};
	static const char *const foreign[] = {CLOUD, NULL};
	struct world *world = world_new(
		POLICY("default = \"allow\"; rules = ( { action = \"block\"; foreign = true; } );"
		       " dns = { answers = \"prune\"; };"));
	struct packet_headers headers;
	struct dns_message message;
	struct dns_record record;
	struct dns_walk walk;

	(void)state;
	world_ask(world, COFFEE_ADDRESS, RESOLVER, 1, "shop.example");
	world_answer(world, COFFEE_ADDRESS, RESOLVER, 1, names, both);
	assert_int_equal(decode_packet(world->verdict.edited, false, &headers), DECODE_OK);
	assert_int_equal(decode_dns(headers.payload, &message), DECODE_OK);
	assert_int_equal(message.record_count[DNS_ANSWER], 1);
	dns_walk_start(&walk, &message);
	assert_true(dns_next_record(&walk, &record));
	assert_address(record.address, OTHER);
	/* None is left: refused. */
	world_ask(world, COFFEE_ADDRESS, RESOLVER, 2, "shop.example");
	world_answer(world, COFFEE_ADDRESS, RESOLVER, 2, names, foreign);
	assert_int_equal(decode_packet(world->verdict.edited, false, &headers), DECODE_OK);
	assert_int_equal(decode_dns(headers.payload, &message), DECODE_OK);
	assert_int_equal(message.record_count[DNS_ANSWER], 0);
	world_free(world);
}

static void the_resolver_is_judged_by_explicit_rules_only(void **state)
{
	struct world *world = world_new(
		POLICY("default = \"block\"; rules = ( { action = \"block\"; country = \"CN\"; },"
		       " { action = \"allow\"; domain = \"good.example\"; } );"));

	(void)state;
	assert_int_equal(world_ask(world, COFFEE_ADDRESS, RESOLVER, 1, "good.example")->action,
			 VERDICT_ACCEPT);
	assert_int_equal(world_ask(world, COFFEE_ADDRESS, CLOUD, 2, "good.example")->action,
			 VERDICT_DROP);
	world_free(world);
}

static void malformed_dns_is_dropped_other_traffic_is_not_dns(void **state)
{
	struct world *world = world_new(block_evil);
	uint8_t buffer[512];
	struct writer query =
		dns_question(buffer, sizeof(buffer), 1, "www.good.example", DNS_TYPE_A, true);
	struct engine_counters counters;

	(void)state;
	/* Cut in the OPT record: the header and the question are DNS. */
	world_udp(world, COFFEE_ADDRESS, 4000, RESOLVER, 53, bytes_of(buffer, query.len - 3),
		  PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	engine_counters(world->engine, &counters);
	assert_int_equal(counters.malformed_dns, 1);
	world_udp(world, COFFEE_ADDRESS, 4001, RESOLVER, 53,
		  bytes_of("\xff\xfe surely no message at all", 28), PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	engine_counters(world->engine, &counters);
	assert_int_equal(counters.malformed_dns, 1);
	world_free(world);
}

/* ---- over TCP ---- */

static size_t framed(uint8_t *buffer, struct bytes message)
{
	buffer[0] = (uint8_t)(message.len >> 8);
	buffer[1] = (uint8_t)message.len;
	memcpy(buffer + 2, message.data, message.len);
	return message.len + 2;
}

static void tcp_question_refused_at_every_split(void **state)
{
	uint8_t buffer[512], message[512];
	struct writer query =
		dns_question(message, sizeof(message), 9, "www.evil.example", DNS_TYPE_A, false);
	size_t len = framed(buffer, writer_bytes(&query));

	(void)state;
	for (size_t cut = 1; cut <= len; cut++) {
		struct world *world = world_new(block_evil);
		struct packet_headers headers;
		struct dns_message answer;

		world_connect(world, COFFEE_ADDRESS, 4000, RESOLVER, 53);
		assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
		if (cut < len) {
			world_send(world, COFFEE_ADDRESS, 4000, RESOLVER, 53, 0, buffer, cut);
			assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
			world_send(world, COFFEE_ADDRESS, 4000, RESOLVER, 53, (uint32_t)cut,
				   buffer + cut, len - cut);
		} else {
			world_send(world, COFFEE_ADDRESS, 4000, RESOLVER, 53, 0, buffer, len);
		}
		assert_int_equal(world->verdict.action, VERDICT_DROP);
		assert_int_equal(world->verdict.reply_count, 2);
		headers = world_reply(world, 0);
		assert_address(headers.src, RESOLVER);
		assert_int_equal(headers.seq, 5001);
		assert_int_equal(headers.ack, 1001 + len);
		assert_int_equal(
			decode_dns(bytes_of(headers.payload.data + 2, headers.payload.len - 2),
				   &answer),
			DECODE_OK);
		assert_int_equal(answer.id, 9);
		headers = world_reply(world, 1);
		assert_address(headers.dst, RESOLVER);
		assert_true(headers.tcp_flags & TCP_RST);
		/* Nothing of this connection goes on. */
		world_send(world, COFFEE_ADDRESS, 4000, RESOLVER, 53, (uint32_t)len, "more", 4);
		assert_int_equal(world->verdict.action, VERDICT_DROP);
		world_free(world);
	}
}

static void tcp_question_ahead_of_a_hole_is_not_let_through(void **state)
{
	struct world *world = world_new(block_evil);
	uint8_t buffer[512], message[512];
	struct writer query =
		dns_question(message, sizeof(message), 9, "www.evil.example", DNS_TYPE_A, false);
	size_t len = framed(buffer, writer_bytes(&query));

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 4000, RESOLVER, 53);
	world_send(world, COFFEE_ADDRESS, 4000, RESOLVER, 53, 0, buffer, 20);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_send(world, COFFEE_ADDRESS, 4000, RESOLVER, 53, 30, buffer + 30, len - 30);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	/* The same bytes again, with another name in them. */
	world_send(world, COFFEE_ADDRESS, 4000, RESOLVER, 53, 0, buffer, len);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_free(world);
}

static void tcp_answer_is_read_at_every_split(void **state)
{
	static const char *const names[] = {"www.good.example", NULL};
	static const char *const addresses[] = {CLOUD, OTHER, NULL};
	uint8_t buffer[512], message[512];
	struct writer answer = dns_answer(message, sizeof(message), 9, names, addresses);
	size_t len = framed(buffer, writer_bytes(&answer));

	(void)state;
	for (size_t cut = 1; cut <= len; cut++) {
		struct world *world =
			world_new(POLICY("default = \"block\"; rules = ( { action = \"allow\"; "
					 "domain = \"good.example\"; } );"));
		uint8_t question[512], query_message[512];
		struct writer query = dns_question(query_message, sizeof(query_message), 9,
						   "www.good.example", DNS_TYPE_A, false);
		size_t query_len = framed(question, writer_bytes(&query));
		struct segment first = {53, 4000, 5001, 1001, TCP_ACK, bytes_of(buffer, cut)};
		struct segment second = {53,   4000,    5001 + (uint32_t)cut,
					 1001, TCP_ACK, bytes_of(buffer + cut, len - cut)};

		world_connect(world, COFFEE_ADDRESS, 4000, RESOLVER, 53);
		world_send(world, COFFEE_ADDRESS, 4000, RESOLVER, 53, 0, question, query_len);
		assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
		world_tcp(world, RESOLVER, COFFEE_ADDRESS, first, PACKET_TO_DEVICE);
		assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
		if (cut < len) {
			world_tcp(world, RESOLVER, COFFEE_ADDRESS, second, PACKET_TO_DEVICE);
			assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
		}
		world_udp(world, COFFEE_ADDRESS, 5000, CLOUD, 7002, bytes_of("hello", 5),
			  PACKET_FROM_DEVICE);
		assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
		world_free(world);
	}
}

static void tcp_answer_is_pruned_in_place(void **state)
{
	static const char *const names[] = {"shop.example", NULL};
	static const char *const addresses[] = {CLOUD, OTHER, NULL};
	struct world *world = world_new(POLICY(
		"default = \"allow\"; rules = ( { action = \"block\"; foreign = true; } );"));
	uint8_t buffer[512], message[512];
	struct writer answer = dns_answer(message, sizeof(message), 9, names, addresses);
	size_t len = framed(buffer, writer_bytes(&answer));
	struct segment segment = {53, 4000, 5001, 1001, TCP_ACK, bytes_of(buffer, len)};
	struct packet_headers headers;
	struct dns_message read;
	struct dns_record record;
	struct dns_walk walk;

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 4000, RESOLVER, 53);
	world_tcp(world, RESOLVER, COFFEE_ADDRESS, segment, PACKET_TO_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_int_equal(world->verdict.edited.len, world->packet.data.len);
	assert_int_equal(decode_packet(world->verdict.edited, false, &headers), DECODE_OK);
	assert_true(checksum_is_right(world->verdict.edited, headers.transport_offset,
				      20 + headers.payload.len, 6));
	assert_int_equal(
		decode_dns(bytes_of(headers.payload.data + 2, headers.payload.len - 2), &read),
		DECODE_OK);
	dns_walk_start(&walk, &read);
	while (dns_next_record(&walk, &record))
		assert_address(record.address, OTHER);
	world_free(world);
}

static void observing_changes_nothing(void **state)
{
	struct world *world = world_new(POLICY("mode = \"observe\"; default = \"block\";"));
	struct engine_counters counters;
	struct flow_record record;

	(void)state;
	assert_true(world_resolve(world, COFFEE_ADDRESS, 1, "x.example", CLOUD));
	record = world_record(world, 53);
	assert_int_equal(record.action, POLICY_BLOCK);
	assert_true(record.observed);
	engine_counters(world->engine, &counters);
	assert_int_equal(counters.questions_refused, 1);
	assert_int_equal(counters.observed, 2); /* the question, and its flow */
	world_free(world);
}

static void bindings_survive_a_restart(void **state);

static void restore(void *context, const struct engine_binding *binding)
{
	engine_restore_binding(context, binding);
}

static void bindings_survive_a_restart(void **state)
{
	static const char policies[] = POLICY("default = \"block\"; rules = ( { action = "
					      "\"allow\"; domain = \"good.example\"; } );");
	struct world *before = world_new(policies), *after = world_new(policies);

	(void)state;
	assert_true(world_resolve(before, COFFEE_ADDRESS, 1, "www.good.example", OTHER));
	engine_each_binding(before->engine, restore, after->engine);
	world_udp(after, COFFEE_ADDRESS, 5000, OTHER, 7002, bytes_of("hello", 5),
		  PACKET_FROM_DEVICE);
	assert_int_equal(after->verdict.action, VERDICT_ACCEPT);
	world_free(before);
	world_free(after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_question_is_answered_in_the_resolvers_name),
		cmocka_unit_test(each_denial),
		cmocka_unit_test(drop_answers_nothing),
		cmocka_unit_test(refusal_over_ipv6_and_from_the_router),
		cmocka_unit_test(an_answer_names_the_flow),
		cmocka_unit_test(a_cname_is_held_against_the_name),
		cmocka_unit_test(addresses_are_pruned),
		cmocka_unit_test(the_resolver_is_judged_by_explicit_rules_only),
		cmocka_unit_test(malformed_dns_is_dropped_other_traffic_is_not_dns),
		cmocka_unit_test(tcp_question_refused_at_every_split),
		cmocka_unit_test(tcp_question_ahead_of_a_hole_is_not_let_through),
		cmocka_unit_test(tcp_answer_is_read_at_every_split),
		cmocka_unit_test(tcp_answer_is_pruned_in_place),
		cmocka_unit_test(observing_changes_nothing),
		cmocka_unit_test(bindings_survive_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
