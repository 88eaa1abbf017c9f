/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_from_both_kinds_of_files),
		cmocka_unit_test(no_more_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
