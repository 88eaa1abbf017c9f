/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways around the DNS that the gateway sees, and that nothing else is one. */
#include "tests/unit/engine/hello.h"

#define LISTED "198.51.100.88"
#define CAMERA_POLICY "{ name = \"camera\"; default = \"allow\"; rules = (); }"
#define POLICY(rest) "{ name = \"test\"; default = \"allow\"; " rest " }, " CAMERA_POLICY

static const char closed[] = POLICY("dns = { bypass = \"block\"; };");
static const char open[] = POLICY("dns = { bypass = \"allow\"; };");

static struct flow_record say_hello(struct world *world, uint16_t port, const char *to,
				    const char *name, const char *alpn)
{
	uint8_t buffer[1024];
	struct bytes hello = make_hello(buffer, sizeof(buffer), name, alpn, false);

	world_connect(world, COFFEE_ADDRESS, (uint16_t)(port + 20000), to, port);
	if (world->verdict.action == VERDICT_ACCEPT)
		world_send(world, COFFEE_ADDRESS, (uint16_t)(port + 20000), to, port, 0, hello.data,
			   hello.len);
	return world_record(world, port);
}

static enum verdict_action say_text(struct world *world, uint16_t port, const char *to,
				    const char *text)
{
	world_connect(world, COFFEE_ADDRESS, (uint16_t)(port + 20000), to, port);
	return world_send(world, COFFEE_ADDRESS, (uint16_t)(port + 20000), to, port, 0, text,
			  strlen(text))
		->action;
}

static void assert_bypass(struct world *world, uint16_t port, const char *reason)
{
	struct flow_record record = world_record(world, port);

	assert_int_equal(world->verdict.action, VERDICT_DROP);
	assert_int_equal(record.action, POLICY_BLOCK);
	assert_string_equal(record.rule, "test/dns.bypass");
	assert_string_equal(record.reason, reason);
}

static void dns_over_tls(void **state)
{
	struct world *world = world_new(closed);

	(void)state;
	/* By its port: not even the handshake. */
	world_connect(world, COFFEE_ADDRESS, 30000, OTHER, 853);
	assert_bypass(world, 853, "dns.bypass dot port 853");
	assert_int_equal(world->verdict.reply_count, 1);
	/* By content on any other. */
	assert_int_equal(say_hello(world, 443, OTHER, "x.example", "dot").protocol, PROTOCOL_DOT);
	assert_bypass(world, 443, "dns.bypass dot");
	say_hello(world, 444, OTHER, "x.example", "h2");
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_free(world);
}

static void dns_over_quic(void **state)
{
	static const uint16_t ports[] = {853, 784, 8853};
	struct world *world = world_new(closed);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		world_udp(world, COFFEE_ADDRESS, 5000, OTHER, ports[i], bytes_of("\xc0hello", 6),
			  PACKET_FROM_DEVICE);
		assert_int_equal(world->verdict.action, VERDICT_DROP);
		assert_int_equal(world->verdict.reply_count, 1);
		assert_string_equal(world_record(world, ports[i]).rule, "test/dns.bypass");
	}
	world_free(world);
}

static void dns_over_https_by_name(void **state)
{
	struct world *world = world_new(closed);

	(void)state;
	world_ask(world, COFFEE_ADDRESS, RESOLVER, 1, "a.doh.example");
	assert_bypass(world, 53, "dns.bypass doh a.doh.example");
	assert_int_equal(world_reply_dns(world).rcode, DNS_NOERROR);
	say_hello(world, 443, OTHER, "doh.example", "h2");
	assert_bypass(world, 443, "dns.bypass doh doh.example");
	world_ask(world, COFFEE_ADDRESS, RESOLVER, 2, "odoh.example");
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	world_ask(world, COFFEE_ADDRESS, RESOLVER, 3, "nodoh.example");
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_free(world);
}

static void dns_over_https_by_address(void **state)
{
	struct world *world = world_new(closed);

	(void)state;
	say_hello(world, 443, LISTED, NULL, "h2");
	assert_bypass(world, 443, "dns.bypass doh " LISTED);
	/* A name that this device never resolved to it is no excuse. */
	say_hello(world, 444, LISTED, "shop.example", "h2");
	assert_bypass(world, 444, "dns.bypass doh " LISTED);
	/* One that it did is: what lives there changes. */
	assert_true(world_resolve(world, COFFEE_ADDRESS, 1, "shop.example", LISTED));
	say_hello(world, 445, LISTED, "shop.example", "h2");
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	/* Plain DNS goes by what is asked, and other things are not DNS. */
	world_ask(world, COFFEE_ADDRESS, LISTED, 2, "shop.example");
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_int_equal(say_text(world, 22, LISTED, "SSH-2.0-OpenSSH_9\r\n"), VERDICT_ACCEPT);
	world_free(world);
}

static void in_cleartext(void **state)
{
	struct world *world = world_new(closed);

	(void)state;
	assert_true(world_resolve(world, COFFEE_ADDRESS, 1, "web.example", OTHER));
	say_text(world, 80, OTHER, "GET /dns-query?dns=AAAB HTTP/1.1\r\nHost: web.example\r\n\r\n");
	assert_bypass(world, 80, "dns.bypass doh");
	say_text(world, 81, OTHER, "GET /d?dn=a.example HTTP/1.1\r\nHost: web.example\r\n\r\n");
	assert_bypass(world, 81, "dns.bypass doh");
	say_text(world, 82, OTHER, "GET / HTTP/1.1\r\nHost: httpdns.example\r\n\r\n");
	assert_bypass(world, 82, "dns.bypass httpdns httpdns.example");
	assert_int_equal(say_text(world, 83, OTHER, "GET / HTTP/1.1\r\nHost: web.example\r\n\r\n"),
			 VERDICT_ACCEPT);
	world_free(world);
}

static void on_other_ports(void **state)
{
	struct world *world = world_new(closed);
	uint8_t buffer[512];
	struct writer query =
		dns_question(buffer, sizeof(buffer), 7, "x.example", DNS_TYPE_A, false);

	(void)state;
	world_udp(world, COFFEE_ADDRESS, 5000, OTHER, 5300, writer_bytes(&query),
		  PACKET_FROM_DEVICE);
	assert_bypass(world, 5300, "dns.bypass dns port 5300");
	/* What is not to be read on port 53 is no question that we let through. */
	world_udp(world, COFFEE_ADDRESS, 5001, OTHER, 53, bytes_of("\x01\x02\x03\x04\x05", 5),
		  PACKET_FROM_DEVICE);
	assert_bypass(world, 53, "dns.bypass unreadable port 53");
	/* Multicast is the LAN's own. */
	world_udp(world, COFFEE_ADDRESS, 5353, "224.0.0.251", 5353, writer_bytes(&query),
		  PACKET_FROM_DEVICE);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	/* So are resolvers on it. */
	world_connect(world, COFFEE_ADDRESS, 30001, "10.0.0.7", 853);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_free(world);
}

static uint8_t rcode_of(struct world *world, uint16_t id, const char *name)
{
	assert_int_equal(world_ask(world, COFFEE_ADDRESS, RESOLVER, id, name)->action,
			 VERDICT_DROP);
	return world_reply_dns(world).rcode;
}

static void names_that_say_which_dns_to_use(void **state)
{
	struct world *world =
		world_new(POLICY("dns = { bypass = \"block\"; deny = \"refused\"; };"));

	(void)state;
	assert_int_equal(rcode_of(world, 1, "use-application-dns.net"), DNS_NXDOMAIN);
	assert_int_equal(rcode_of(world, 2, "_dns.resolver.arpa"), DNS_NOERROR);
	assert_int_equal(world_reply_dns(world).record_count[DNS_ANSWER], 0);
	assert_int_equal(rcode_of(world, 3, "_dns.somewhere.example"), DNS_NOERROR);
	assert_int_equal(rcode_of(world, 4, "2.dnscrypt-cert.somewhere.example"), DNS_REFUSED);
	assert_int_equal(rcode_of(world, 5, "doh.example"), DNS_REFUSED);
	world_free(world);
}

static void allowed_it_is_left_to_the_rules(void **state)
{
	struct world *world = world_new(open);

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 30000, OTHER, 853);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_ask(world, COFFEE_ADDRESS, RESOLVER, 1, "use-application-dns.net");
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	say_hello(world, 443, LISTED, "doh.example", "dot");
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_free(world);
}

static void it_is_read_before_the_rules_and_after_the_users_word(void **state)
{
	struct world *world = world_new(
		POLICY("dns = { bypass = \"block\"; };"
		       " rules = ( { action = \"allow\"; domain = \"doh.example\"; } );"));
	char error[128];

	(void)state;
	say_hello(world, 443, OTHER, "doh.example", "h2");
	assert_bypass(world, 443, "dns.bypass doh doh.example");
	assert_true(engine_override(
		world->engine, "coffee",
		policy_override_new(POLICY_ALLOW, "doh.example", error, sizeof(error)), 0));
	say_hello(world, 444, OTHER, "doh.example", "h2");
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_string_equal(world_record(world, 444).rule, "override/1");
	world_free(world);
}

static void what_is_blocked_anyway_does_not_wait(void **state)
{
	struct world *world = world_new(
		POLICY("dns = { bypass = \"block\"; };"
		       " rules = ( { action = \"block\"; address = \"203.0.113.0/24\"; with = "
		       "\"drop\"; } );"));

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 30000, CLOUD, 443);
	assert_int_equal(world->verdict.action, VERDICT_DROP);
	assert_int_equal(world->verdict.reply_count, 0);
	assert_string_equal(world_record(world, 443).rule, "test/1");
	/* What is allowed waits for its first bytes. */
	world_connect(world, COFFEE_ADDRESS, 30001, OTHER, 444);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_true(world_record(world, 444).waiting);
	world_free(world);
}

static void observed_it_passes(void **state)
{
	struct world *world =
		world_new(POLICY("mode = \"observe\"; dns = { bypass = \"block\"; };"));

	(void)state;
	world_connect(world, COFFEE_ADDRESS, 30000, OTHER, 853);
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	assert_true(world_record(world, 853).observed);
	world_ask(world, COFFEE_ADDRESS, RESOLVER, 1, "doh.example");
	assert_int_equal(world->verdict.action, VERDICT_ACCEPT);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dns_over_tls),
		cmocka_unit_test(dns_over_quic),
		cmocka_unit_test(dns_over_https_by_name),
		cmocka_unit_test(dns_over_https_by_address),
		cmocka_unit_test(in_cleartext),
		cmocka_unit_test(on_other_ports),
		cmocka_unit_test(names_that_say_which_dns_to_use),
		cmocka_unit_test(allowed_it_is_left_to_the_rules),
		cmocka_unit_test(it_is_read_before_the_rules_and_after_the_users_word),
		cmocka_unit_test(what_is_blocked_anyway_does_not_wait),
		cmocka_unit_test(observed_it_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
