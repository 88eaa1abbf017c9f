/* SPDX-License-Identifier: GPL-2.0-or-later */
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

#include "system/leases.h"

static char folder[] = "/tmp/test_leases_XXXXXX";
static char file[64], hosts[64], hosts_file[128];
static char seen[8192];

static void keep(void *context, const struct lease *lease)
{
	char mac[MAC_TEXT_SIZE], address[ADDRESS_TEXT_SIZE];
	size_t len = strlen(seen);

	(void)context;
	mac_print(&lease->mac, mac);
	address_print(&lease->address, address);
	snprintf(seen + len, sizeof(seen) - len, "%s %s %s\n", mac, address, lease->hostname);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(file, sizeof(file), "%s/leases", folder);
	snprintf(hosts, sizeof(hosts), "%s/hosts", folder);
	snprintf(hosts_file, sizeof(hosts_file), "%s/odhcpd.hosts.br-lan", hosts);
	return mkdir(hosts, 0700);
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(file);
	unlink(hosts_file);
	rmdir(hosts);
	return rmdir(folder);
}

static void write_file(const char *path, const char *text, size_t len)
{
	FILE *out;

	unlink(path);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	fclose(out);
}

static struct leases *open_leases(void)
{
	static const char *paths[3];
	struct leases *leases;

	paths[0] = file;
	paths[1] = hosts;
	paths[2] = NULL;
	leases = leases_new(paths);
	assert_non_null(leases);
	return leases;
}

static void assert_read(const char *text, const char *expected)
{
	struct leases *leases = open_leases();

	write_file(file, text, strlen(text));
	seen[0] = 0;
	leases_poll(leases, keep, NULL);
	assert_string_equal(seen, expected);
	leases_free(leases);
}

static void test_dnsmasq(void **state)
{
	(void)state;
	assert_read("1774224000 a4:cf:12:00:00:01 192.0.2.10 kitchen-coffee 01:a4:cf:12:00:00:01\n"
		    "1774224000 b0:f1:ec:00:00:02 192.0.2.11 * *\n"
		    "duid 00:01:00:01:2c:3d:4e:5f:02:00:00:00:00:01\n"
		    "1774224000 12345 2001:db8::10 tv 00:01:00:01:2c:3d:4e:5f:a4:cf:12:00:00:03\n"
		    "1774224000 T12345 2001:db8::11 phone 00:03:00:01:a4:cf:12:00:00:04\n"
		    "1774224000 12345 2001:db8::12 nobody 00:02:00:00:ab:11:11:22:33:44\n",
		    "a4:cf:12:00:00:01 192.0.2.10 kitchen-coffee\n"
		    "b0:f1:ec:00:00:02 192.0.2.11 \n"
		    "a4:cf:12:00:00:03 2001:db8::10 tv\n"
		    "a4:cf:12:00:00:04 2001:db8::11 phone\n");
}

static void test_odhcpd(void **state)
{
	(void)state;
	assert_read("# br-lan a4cf12000001 ipv4 coffee 1774224000 c000020a 32 192.0.2.10/32\n"
		    "# br-lan a4:cf:12:0:0:2 ipv4 - 1774224000 c000020b 32 192.0.2.11/32\n"
		    "# br-lan a4cf12000003 ipv4 broken\\x20name -1 c000020c 32 192.0.2.12/32\n"
		    "# br-lan 000100012c3d4e5fa4cf12000004 5 tv 1774224000 10 128 2001:db8::1/128 "
		    "fd00::1/128\n"
		    "2001:db8::1\ttv.lan\ttv\n",
		    "a4:cf:12:00:00:01 192.0.2.10 coffee\n"
		    "a4:cf:12:00:00:02 192.0.2.11 \n"
		    "a4:cf:12:00:00:03 192.0.2.12 name\n"
		    "a4:cf:12:00:00:04 2001:db8::1 tv\n"
		    "a4:cf:12:00:00:04 fd00::1 tv\n");
}

/* A hosts file has no MAC; the neighbour table does. */
static void test_hosts_with_neighbours(void **state)
{
	struct leases *leases = open_leases();
	struct address address;
	struct mac mac;

	(void)state;
	unlink(file);
	write_file(hosts_file, "192.0.2.20\tprinter\n", 19);
	seen[0] = 0;
	leases_poll(leases, keep, NULL);
	assert_string_equal(seen, "");
	assert_true(address_parse("192.0.2.20", &address));
	assert_true(mac_parse("a4:cf:12:00:00:09", &mac));
	leases_learn_neighbour(leases, &address, &mac);
	leases_poll(leases, keep, NULL);
	assert_string_equal(seen, "a4:cf:12:00:00:09 192.0.2.20 printer\n");
	/* Nothing changed: nothing is read. */
	seen[0] = 0;
	leases_learn_neighbour(leases, &address, &mac);
	leases_poll(leases, keep, NULL);
	assert_string_equal(seen, "");
	leases_free(leases);
	unlink(hosts_file);
}

static void test_ethers(void **state)
{
	(void)state;
	/* A dnsmasq line may begin with digits, an ethers line has colons. */
	assert_read("a4:cf:12:00:00:01 kitchen\n"
		    "A4:CF:12:00:00:02\t192.0.2.11\n"
		    "a4:cf:12:00:00:03 <img>$(reboot)\n"
		    "a4:cf:12:00:00:04 *\n"
		    "00:00:00:00:00:00 nobody\n"
		    "a4:cf:12:00:00 short\n"
		    "a4:cf:12:00:00:05\n",
		    "a4:cf:12:00:00:01 - kitchen\n"
		    "a4:cf:12:00:00:02 192.0.2.11 \n"
		    "a4:cf:12:00:00:03 - imgreboot\n");
}

static void test_reads_again_when_changed(void **state)
{
	static const char one[] = "1 a4:cf:12:00:00:01 192.0.2.10 one *\n";
	static const char two[] = "1 a4:cf:12:00:00:01 192.0.2.10 two *\n";
	struct leases *leases = open_leases();

	(void)state;
	write_file(file, one, strlen(one));
	seen[0] = 0;
	leases_poll(leases, keep, NULL);
	leases_poll(leases, keep, NULL);
	assert_string_equal(seen, "a4:cf:12:00:00:01 192.0.2.10 one\n");
	seen[0] = 0;
	write_file(file, two, strlen(two));
	leases_poll(leases, keep, NULL);
	assert_string_equal(seen, "a4:cf:12:00:00:01 192.0.2.10 two\n");
	/* What stands behind it has the last word, again. */
	write_file(hosts_file, "a4:cf:12:00:00:01 mine\n", 23);
	leases_poll(leases, keep, NULL);
	seen[0] = 0;
	write_file(file, one, strlen(one));
	leases_poll(leases, keep, NULL);
	assert_string_equal(seen, "a4:cf:12:00:00:01 192.0.2.10 one\na4:cf:12:00:00:01 - mine\n");
	unlink(hosts_file);
	leases_free(leases);
}

static void test_hostile_names(void **state)
{
	(void)state;
	assert_read(
		"1 a4:cf:12:00:00:01 192.0.2.10 <img/src=x\x1b[31m> *\n"
		"1 a4:cf:12:00:00:02 192.0.2.11 "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa *\n"
		"1 00:00:00:00:00:00 192.0.2.12 zero *\n",
		"a4:cf:12:00:00:01 192.0.2.10 imgsrcx31m\n"
		"a4:cf:12:00:00:02 192.0.2.11 "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n");
}

/* Any bytes at all: no crash, and only what has a MAC and an address comes out. */
static void test_garbage(void **state)
{
	char text[4096];
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		struct leases *leases = open_leases();
		static const char alphabet[] = "# 0123456789abcdef:.:/\n\n\t\\xTipv4duid*-\0\xff";

		for (size_t i = 0; i < sizeof(text); i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		write_file(file, text, sizeof(text));
		seen[0] = 0;
		leases_poll(leases, keep, NULL);
		leases_free(leases);
	}
}

static void test_too_big(void **state)
{
	char *text = malloc(2u << 20);

	(void)state;
	memset(text, '\n', 2u << 20);
	write_file(file, text, 2u << 20);
	free(text);
	struct leases *leases = open_leases();

	seen[0] = 0;
	leases_poll(leases, keep, NULL);
	assert_string_equal(seen, "");
	leases_free(leases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dnsmasq),
		cmocka_unit_test(test_odhcpd),
		cmocka_unit_test(test_hosts_with_neighbours),
		cmocka_unit_test(test_ethers),
		cmocka_unit_test(test_reads_again_when_changed),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_too_big),
	};

	return cmocka_run_group_tests_name("system/leases", tests, make_folder, remove_folder);
}
