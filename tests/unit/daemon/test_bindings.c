/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
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

#include "daemon/bindings.h"
#include "system/state.h"

#define NOW (1774224000 * SECOND_US)

static char path[] = "/tmp/test_bindings_XXXXXX";

static const char settings[] = "home = [ \"US\" ];\nunknown_device = \"all\";\n"
			       "policies = ( { name = \"all\"; default = \"allow\"; } );\n";

struct world {
	struct policy_set *set;
	struct engine *engine;
};

static struct world make_world(void)
{
	struct policy_source sources[] = {
		{.file = "gatewayd.conf", .kind = SOURCE_MAIN},
		{.file = "a.conf", .kind = SOURCE_USER},
	};
	struct engine_config config = {.limits = engine_default_limits, .start = NOW};
	struct policy_errors errors = {0};
	const char *second = strstr(settings, "policies");
	struct world world;

	sources[0].text = bytes_of(settings, (size_t)(second - settings));
	sources[1].text = bytes_of(second, strlen(second));
	world.set = policy_load(sources, 2, &errors, NULL);
	if (!world.set)
		fail_msg("%s", errors.errors[0].text);
	world.engine = engine_new(&config, world.set);
	assert_non_null(world.engine);
	engine_advance(world.engine, NOW, 0);
	return world;
}

static void end_world(struct world *world)
{
	engine_free(world->engine);
	policy_free(world->set);
}

static void restore(struct engine *engine, const char *mac, const char *address, const char *name,
		    const char *alias)
{
	struct engine_binding binding = {.expires = NOW + HOUR_US};

	assert_true(mac_parse(mac, &binding.mac));
	assert_true(address_parse(address, &binding.address));
	assert_true(name_parse_text(name, &binding.names[binding.name_count++]));
	if (alias)
		assert_true(name_parse_text(alias, &binding.names[binding.name_count++]));
	engine_restore_binding(engine, &binding);
}

struct listing {
	char text[4096];
};

static void list(void *context, const struct engine_binding *binding)
{
	struct listing *listing = context;
	char mac[MAC_TEXT_SIZE], address[ADDRESS_TEXT_SIZE];
	size_t len = strlen(listing->text);

	mac_print(&binding->mac, mac);
	address_print(&binding->address, address);
	len += (size_t)snprintf(listing->text + len, sizeof(listing->text) - len, "%s %s", mac,
				address);
	for (unsigned i = 0; i < binding->name_count; i++)
		len += (size_t)snprintf(listing->text + len, sizeof(listing->text) - len, " %s",
					binding->names[i].text);
	snprintf(listing->text + len, sizeof(listing->text) - len, "\n");
}

static void test_there_and_back(void **state)
{
	struct world world = make_world(), later = make_world();
	struct listing before = {""}, after = {""};
	uint64_t digest = 0;

	(void)state;
	restore(world.engine, "a4:cf:12:00:00:01", "203.0.113.5", "api.example.com",
		"edge.example.net");
	restore(world.engine, "a4:cf:12:00:00:01", "2001:db8::5", "api.example.com", NULL);
	restore(world.engine, "b0:f1:ec:00:00:02", "203.0.113.6", "_x.*.example.com", NULL);
	assert_int_equal(bindings_save(world.engine, path, &digest), 0);
	assert_true(digest != 0);
	assert_int_equal(bindings_load(NULL, path, NOW), 3);
	assert_int_equal(bindings_load(later.engine, path, NOW), 3);
	engine_each_binding(world.engine, list, &before);
	engine_each_binding(later.engine, list, &after);
	assert_string_equal(before.text, after.text);
	assert_non_null(strstr(after.text, "a4:cf:12:00:00:01 203.0.113.5 api.example.com "
					   "edge.example.net\n"));
	end_world(&world);
	end_world(&later);
}

/* The same again is not written again. */
static void test_unchanged(void **state)
{
	struct world world = make_world();
	uint64_t digest = 0;

	(void)state;
	restore(world.engine, "a4:cf:12:00:00:01", "203.0.113.5", "api.example.com", NULL);
	assert_int_equal(bindings_save(world.engine, path, &digest), 0);
	unlink(path);
	assert_int_equal(bindings_save(world.engine, path, &digest), 0);
	assert_int_equal(access(path, F_OK), -1);
	restore(world.engine, "a4:cf:12:00:00:01", "203.0.113.6", "api.example.com", NULL);
	assert_int_equal(bindings_save(world.engine, path, &digest), 0);
	assert_int_equal(access(path, F_OK), 0);
	end_world(&world);
}

static void assert_loads(const char *text, int expected)
{
	struct world world = make_world();

	assert_int_equal(state_save(path, bytes_of(text, strlen(text)), 0600), 0);
	assert_int_equal(bindings_load(world.engine, path, NOW), expected);
	end_world(&world);
}

#define HEAD "gatewayd-bindings 1\n"
#define LINE "a4:cf:12:00:00:01 - 203.0.113.5 1774227600 api.example.com\n"

static void test_damaged(void **state)
{
	(void)state;
	assert_loads(HEAD LINE "end\n", 1);
	assert_loads(HEAD "end\n", 0);
	assert_loads("", -EINVAL);
	assert_loads("end\n", -EINVAL);
	assert_loads(HEAD LINE, -EINVAL);
	assert_loads("gatewayd-bindings 2\n" LINE "end\n", -EINVAL);
	assert_loads(HEAD "a4:cf:12:00:00:01 - 203.0.113.5 1774227600\nend\n", -EINVAL);
	assert_loads(HEAD "a4:cf:12 - 203.0.113.5 1774227600 a.b\nend\n", -EINVAL);
	assert_loads(HEAD "a4:cf:12:00:00:01 - 203.0.113 1774227600 a.b\nend\n", -EINVAL);
	assert_loads(HEAD "a4:cf:12:00:00:01 x 203.0.113.5 1774227600 a.b\nend\n", -EINVAL);
	assert_loads(HEAD "a4:cf:12:00:00:01 - 203.0.113.5 99999999999999999 a.b\nend\n", -EINVAL);
	assert_loads(HEAD "a4:cf:12:00:00:01 - 203.0.113.5 177422760x a.b\nend\n", -EINVAL);
	assert_loads(HEAD "a4:cf:12:00:00:01 - 203.0.113.5 1774227600 1 2 3 4 5 6 7 8 9 10 11 12 "
			  "13\nend\n",
		     -EINVAL);
}

static void test_every_prefix(void **state)
{
	static const char whole[] = HEAD LINE LINE "end\n";
	struct world world = make_world();

	(void)state;
	for (size_t len = 0; len < strlen(whole); len++) {
		assert_int_equal(state_save(path, bytes_of(whole, len), 0600), 0);
		assert_int_equal(bindings_load(world.engine, path, NOW), -EINVAL);
	}
	end_world(&world);
}

static void test_expired(void **state)
{
	struct world world = make_world();

	(void)state;
	assert_int_equal(
		state_save(path, bytes_of(HEAD LINE "end\n", strlen(HEAD LINE "end\n")), 0600), 0);
	assert_int_equal(bindings_load(world.engine, path, NOW + 2 * HOUR_US), 0);
	assert_int_equal(bindings_load(world.engine, "/nowhere/bindings", NOW), -ENOENT);
	end_world(&world);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_unchanged),
		cmocka_unit_test(test_damaged),        cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_expired),
	};

	return cmocka_run_group_tests_name("bindings", tests, make_file, remove_file);
}
