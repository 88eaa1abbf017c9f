/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What doctor concludes from what it saw; what it sees is tests/lab/42-doctor.sh. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "client/doctor.h"

#define DAY_S 86400
#define NOW INT64_C(1800000000)

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void test_a_capability_is_found(void **state)
{
	(void)state;
	assert_true(doctor_has_capability("Name:\tx\nCapPrm:\t0\nCapEff:\t0000000000001000\n", 12));
	assert_true(doctor_has_capability("\nCapEff:\t000001ffffffffff\nCapBnd:\t0\n", 12));
	assert_false(doctor_has_capability("\nCapEff:\t000001ffffffefff\n", 12));
	assert_false(doctor_has_capability("\nCapPrm:\t000001ffffffffff\nCapEff:\t0\n", 12));
	/* A process may call itself anything. */
	assert_false(doctor_has_capability("Name:\tCapEff:ffff\nCapEff:\t0\n", 12));
	assert_false(doctor_has_capability("", 12));
}

static struct doctor_finding judge_status(const char *text)
{
	struct doctor_finding finding = {.result = DOCTOR_UNKNOWN};
	struct json_object *status = json_tokener_parse(text);

	assert_non_null(status);
	doctor_judge_status(status, &finding);
	json_object_put(status);
	return finding;
}

static void test_the_status_is_judged_by_the_worst(void **state)
{
	struct doctor_finding finding;

	(void)state;
	finding = judge_status("{\"mode\":\"enforce\",\"queue\":{\"packets\":7},"
			       "\"rules\":{\"present\":true},\"offload\":{\"bypassed\":false}}");
	assert_int_equal(finding.result, DOCTOR_OK);
	assert_has(finding.finding, "7 packets, none lost");
	assert_string_equal(finding.cure, "");
	finding = judge_status("{\"mode\":\"enforce\",\"queue\":{\"packets\":7,\"overruns\":1,"
			       "\"queue_drops\":2,\"user_drops\":4},\"rules\":{\"present\":true}}");
	assert_int_equal(finding.result, DOCTOR_WARN);
	assert_has(finding.finding, "7 packets were lost");
	finding = judge_status("{\"mode\":\"observe\",\"rules\":{\"present\":true}}");
	assert_int_equal(finding.result, DOCTOR_WARN);
	assert_has(finding.finding, "observes");
	finding = judge_status("{\"mode\":\"observe\",\"rules\":{\"present\":true},"
			       "\"offload\":{\"bypassed\":true}}");
	assert_int_equal(finding.result, DOCTOR_BAD);
	assert_has(finding.finding, "bypassed");
	finding = judge_status("{\"mode\":\"observe\",\"rules\":{\"present\":false}}");
	assert_int_equal(finding.result, DOCTOR_BAD);
	assert_has(finding.finding, "rules");
	finding = judge_status("{\"mode\":\"enforce\",\"queue\":{\"lost\":true}}");
	assert_int_equal(finding.result, DOCTOR_BAD);
	assert_has(finding.finding, "queue");
}

static void test_whose_the_queue_is(void **state)
{
	struct doctor_finding finding;

	(void)state;
	doctor_judge_queue(61400, "", false, &finding);
	assert_int_equal(finding.result, DOCTOR_OK);
	assert_string_equal(finding.finding, "number 61400 is free");
	doctor_judge_queue(61400, "process 7 (gatewayd)", true, &finding);
	assert_int_equal(finding.result, DOCTOR_OK);
	doctor_judge_queue(61400, "process 7 (gatewayd)", false, &finding);
	assert_int_equal(finding.result, DOCTOR_WARN);
	doctor_judge_queue(61400, "process 7 (suricata)", false, &finding);
	assert_int_equal(finding.result, DOCTOR_BAD);
	assert_has(finding.finding, "process 7 (suricata)");
	assert_has(finding.cure, "network.queue");
	/* From another network namespace than the daemon's. */
	doctor_judge_queue(61400, "", true, &finding);
	assert_int_equal(finding.result, DOCTOR_UNKNOWN);
}

static void test_the_clock(void **state)
{
	struct doctor_finding finding;

	(void)state;
	doctor_judge_clock(NOW, true, &finding);
	assert_int_equal(finding.result, DOCTOR_OK);
	doctor_judge_clock(NOW, false, &finding);
	assert_int_equal(finding.result, DOCTOR_WARN);
	assert_has(finding.cure, "sysntpd");
	assert_has(finding.cure, "timedatectl");
	doctor_judge_clock(1735689599, true, &finding);
	assert_int_equal(finding.result, DOCTOR_BAD);
	doctor_judge_clock(1735689600, true, &finding);
	assert_int_equal(finding.result, DOCTOR_OK);
}

static void test_the_age_of_a_database(void **state)
{
	struct doctor_finding finding;

	(void)state;
	doctor_judge_age("c.mmdb", NOW - 90 * DAY_S, NOW, &finding);
	assert_int_equal(finding.result, DOCTOR_OK);
	assert_string_equal(finding.finding, "c.mmdb is 90 days old");
	doctor_judge_age("c.mmdb", NOW - 90 * DAY_S - 1, NOW, &finding);
	assert_int_equal(finding.result, DOCTOR_WARN);
	assert_has(finding.cure, "gatewayctl lists update");
	doctor_judge_age("c.mmdb", NOW + DAY_S, NOW, &finding);
	assert_int_equal(finding.result, DOCTOR_OK);
	assert_string_equal(finding.finding, "c.mmdb is 0 days old");
	doctor_judge_age("c.mmdb", NOW + DAY_S + 1, NOW, &finding);
	assert_int_equal(finding.result, DOCTOR_WARN);
	/* What a hostile header may say. */
	doctor_judge_age("c.mmdb", INT64_MAX, NOW, &finding);
	assert_int_equal(finding.result, DOCTOR_WARN);
	doctor_judge_age("c.mmdb", INT64_MIN, NOW, &finding);
	assert_int_equal(finding.result, DOCTOR_WARN);
}

static void test_forwarding(void **state)
{
	struct doctor_finding finding;

	(void)state;
	doctor_judge_forwarding(1, 1, &finding);
	assert_int_equal(finding.result, DOCTOR_OK);
	doctor_judge_forwarding(1, -1, &finding);
	assert_int_equal(finding.result, DOCTOR_OK);
	assert_has(finding.finding, "no IPv6");
	doctor_judge_forwarding(0, 1, &finding);
	assert_int_equal(finding.result, DOCTOR_BAD);
	assert_has(finding.cure, "sysctl -w net.ipv4.ip_forward=1");
	doctor_judge_forwarding(-1, 1, &finding);
	assert_int_equal(finding.result, DOCTOR_UNKNOWN);
}

/* As the kernel writes them on this machine: bytes of the network as words of its own. */
static bool listens_on(const uint8_t *bytes, size_t len, unsigned port)
{
	char line[128] = "  12: ";
	uint32_t word;

	for (size_t i = 0; i < len; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%08X", (unsigned)word);
	}
	snprintf(line + strlen(line), sizeof(line) - strlen(line), ":%04X 00000000:0000 07", port);
	return doctor_listens(line, 53);
}

static void test_who_listens(void **state)
{
	static const uint8_t any[16] = {0}, loopback6[16] = {[15] = 1};
	static const uint8_t stub[4] = {127, 0, 0, 53}, lan[4] = {192, 0, 2, 1};

	(void)state;
	assert_true(listens_on(any, 4, 53));
	assert_true(listens_on(any, 16, 53));
	assert_true(listens_on(lan, 4, 53));
	assert_false(listens_on(lan, 4, 5353));
	/* Nobody on the LAN reaches it. */
	assert_false(listens_on(stub, 4, 53));
	assert_false(listens_on(loopback6, 16, 53));
	assert_false(doctor_listens("   sl  local_address rem_address   st tx_queue", 53));
	assert_false(doctor_listens("  12: 0000:0035 0", 53));
	assert_false(doctor_listens("", 53));
}

static void test_who_hears_ip(void **state)
{
	unsigned interface = 7;
	unsigned long inode = 7;

	(void)state;
	assert_true(
		doctor_hears_ip("00000000c0ffee00 3      2    0800   4     1 0      0      12345",
				&interface, &inode));
	assert_int_equal(interface, 4);
	assert_int_equal(inode, 12345);
	assert_true(doctor_hears_ip("0000000000000000 3 3 86dd 0 1 0 1000 9", &interface, &inode));
	assert_int_equal(interface, 0);
	/* All protocols, ARP, none; the heading; a line that ends early. */
	assert_false(doctor_hears_ip("0000000000000000 3 3 0003 4 1 0 0 9", &interface, &inode));
	assert_false(doctor_hears_ip("0000000000000000 3 3 0806 4 1 0 0 9", &interface, &inode));
	assert_false(doctor_hears_ip("0000000000000000 3 3 0000 4 0 0 0 9", &interface, &inode));
	assert_false(doctor_hears_ip("sk       RefCnt Type Proto  Iface R Rmem   User   Inode",
				     &interface, &inode));
	assert_false(doctor_hears_ip("0000000000000000 3 3 0800 4 1 0", &interface, &inode));
	assert_false(doctor_hears_ip("", &interface, &inode));
	assert_int_equal(inode, 9);

	assert_true(doctor_hears_late("6.16.0"));
	assert_true(doctor_hears_late("6.18.44-amd64"));
	assert_true(doctor_hears_late("7.0-rc1"));
	assert_false(doctor_hears_late("6.12.117+deb12-amd64"));
	assert_false(doctor_hears_late("5.19.0"));
	assert_false(doctor_hears_late("odd"));
}

static void test_a_refusal_is_finding_and_cure(void **state)
{
	struct doctor_finding finding;

	(void)state;
	doctor_judge_refusal("kernel rules: the way to the queue: No such file or directory: the "
			     "kernel needs CONFIG_NFT_QUEUE (OpenWrt: kmod-nft-queue)",
			     &finding);
	assert_int_equal(finding.result, DOCTOR_BAD);
	assert_string_equal(finding.finding, "the kernel refuses the way to the queue: No such "
					     "file or directory");
	assert_has(finding.cure, "it needs CONFIG_NFT_QUEUE (OpenWrt: kmod-nft-queue)");
	doctor_judge_refusal("kernel rules: no memory", &finding);
	assert_string_equal(finding.finding, "no memory");
	assert_has(finding.cure, "log");
}

static void assert_wrapped(const char *text, size_t indent, size_t width, const char *expected)
{
	char *written = NULL;
	size_t len;
	FILE *out = open_memstream(&written, &len);

	assert_non_null(out);
	doctor_wrap(out, text, indent, width);
	fclose(out);
	assert_string_equal(written, expected);
	free(written);
}

static void test_text_is_broken_at_blanks(void **state)
{
	(void)state;
	assert_wrapped("", 2, 10, "\n");
	assert_wrapped("  one  ", 2, 10, "one\n");
	assert_wrapped("one two three", 2, 10, "one two\n  three\n");
	/* Exactly as wide as there is room. */
	assert_wrapped("12345678 1", 2, 10, "12345678\n  1\n");
	assert_wrapped("123456 8 1", 2, 10, "123456 8\n  1\n");
	/* A word has no place to be broken at. */
	assert_wrapped("a 123456789abcdef b", 2, 10, "a\n  123456789abcdef\n  b\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_capability_is_found),
		cmocka_unit_test(test_the_status_is_judged_by_the_worst),
		cmocka_unit_test(test_whose_the_queue_is),
		cmocka_unit_test(test_the_clock),
		cmocka_unit_test(test_the_age_of_a_database),
		cmocka_unit_test(test_forwarding),
		cmocka_unit_test(test_who_listens),
		cmocka_unit_test(test_who_hears_ip),
		cmocka_unit_test(test_a_refusal_is_finding_and_cure),
		cmocka_unit_test(test_text_is_broken_at_blanks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
