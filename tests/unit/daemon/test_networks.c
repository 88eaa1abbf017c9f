/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _DEFAULT_SOURCE /* mkdtemp, seteuid */
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

#include "daemon/networks.h"

static void names_from_both_kinds_of_files(void **state)
{
	struct networks networks = {.count = 0};

	(void)state;
	networks_parse(
		"config wifi-iface 'default_radio0'\n\toption ssid 'Smith Family'\n"
		"\toption 'ssid' \"Guests\"\n\toption ssid_hidden '1'\n\toption key 'secret'\n"
		"  option ssid plain\n",
		&networks);
	networks_parse(
		"interface=wlan0\r\nssid=It's ours\r\n#ssid=no\nwpa_ssid=no\nssid=Guests\nssid=",
		&networks);
	assert_int_equal(networks.count, 4);
	assert_string_equal(networks.names[0], "Smith Family");
	assert_string_equal(networks.names[1], "Guests");
	assert_string_equal(networks.names[2], "plain");
	assert_string_equal(networks.names[3], "It's ours");
}

static void no_more_than_there_is_room_for(void **state)
{
	struct networks networks = {.count = 0};
	char text[64];

	(void)state;
	networks_parse("ssid=a name of more than thirty-two characters\n", &networks);
	assert_int_equal(networks.count, 0);
	for (int i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "ssid=network-%d", i);
		networks_parse(text, &networks);
	}
	assert_int_equal(networks.count, NETWORKS_MOST);
}

static void write_file(const char *root, const char *name, const char *text, mode_t mode)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static void made(const char *root, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

/* The daemon starts as root and is another user's when it reads again. */
static void what_cannot_be_read_again_stays_known(void **state)
{
	char root[] = "/tmp/gatewayd-test-XXXXXX", command[64];
	struct networks networks = {.count = 0};

	(void)state;
	assert_non_null(mkdtemp(root));
	made(root, "etc");
	made(root, "etc/config");
	made(root, "etc/hostapd");
	write_file(root, "etc/config/wireless", "option ssid 'Upstairs'\n", 0600);
	write_file(root, "etc/hostapd/a.conf", "ssid=Cellar\n", 0644);
	networks_read(root, &networks);
	assert_int_equal(networks.count, 2);
	write_file(root, "etc/hostapd/a.conf", "ssid=Garden\n", 0644);
	if (geteuid() == 0) {
		assert_int_equal(chmod(root, 0755), 0);
		assert_int_equal(seteuid(65534), 0);
		networks_read(root, &networks);
		assert_int_equal(seteuid(0), 0);
		assert_int_equal(networks.count, 3);
		assert_string_equal(networks.names[0], "Garden");
		assert_string_equal(networks.names[1], "Upstairs");
		assert_string_equal(networks.names[2], "Cellar");
	}
	/* All of it read: what is gone is forgotten. */
	networks_read(root, &networks);
	assert_int_equal(networks.count, 2);
	assert_string_equal(networks.names[0], "Upstairs");
	assert_string_equal(networks.names[1], "Garden");
	snprintf(command, sizeof(command), "rm -r %s", root);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_from_both_kinds_of_files),
		cmocka_unit_test(what_cannot_be_read_again_stays_known),
		cmocka_unit_test(no_more_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
