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

#include "daemon/limit_counts.h"
#include "system/state.h"

#define NOW (1774778400 * SECOND_US) /* a Sunday, 10:00 in UTC */
#define DAY (1774778400 / 86400)

static char path[] = "/tmp/test_limits_XXXXXX";

static const char settings[] = "home = [ \"US\" ];\nunknown_device = \"all\";\n",
		  policies[] = "policies = ( { name = \"all\"; default = \"allow\"; } );\n";

struct world {
	struct policy_set *set;
	struct engine *engine;
};

static struct world make_world(void)
{
	struct policy_source sources[] = {
		{"gatewayd.conf", bytes_of(settings, strlen(settings)), SOURCE_MAIN},
		{"a.conf", bytes_of(policies, strlen(policies)), SOURCE_USER},
	};
	struct engine_config config = {.limits = engine_default_limits, .start = NOW};
	struct policy_errors errors = {0};
	struct world world;

	world.set = policy_load(sources, 2, &errors, NULL);
	assert_non_null(world.set);
	world.engine = engine_new(&config, world.set);
	assert_non_null(world.engine);
	engine_advance(world.engine, NOW, 6 * 1440 + 600);
	return world;
}

static void end_world(struct world *world)
{
	engine_free(world->engine);
	policy_free(world->set);
}

static struct limit_record make_record(const char *rule)
{
	struct limit_record record = {
		.up = {.bytes = 1200000,
		       .most = 2000000,
		       .reading = 1100000,
		       .window = DAY,
		       .seconds = 86400},
		.down = {.bytes = 5,
			 .most = 5,
			 .window = DAY * 24 + 10,
			 .seconds = 3600,
			 .spent = true},
	};

	assert_true(mac_parse("a4:cf:12:00:00:01", &record.mac));
	snprintf(record.rule, sizeof(record.rule), "%s", rule);
	return record;
}

struct found {
	struct limit_record records[4];
	unsigned count;
};

static void take(void *context, const struct limit_record *record)
{
	struct found *found = context;

	assert_in_range(found->count, 0, 3);
	found->records[found->count++] = *record;
}

static struct found list(const struct engine *engine)
{
	struct found found = {.count = 0};

	engine_each_limit(engine, take, &found);
	return found;
}

static void save(const struct limit_record *records, size_t count)
{
	struct world world = make_world();
	uint64_t digest = 0;

	for (size_t i = 0; i < count; i++)
		engine_restore_limit(world.engine, &records[i]);
	assert_int_equal(limit_counts_save(world.engine, path, &digest), 0);
	assert_true(digest != 0);
	/* The same again is not written again. */
	unlink(path);
	assert_int_equal(limit_counts_save(world.engine, path, &digest), 0);
	assert_int_equal(access(path, F_OK), -1);
	digest = 0;
	assert_int_equal(limit_counts_save(world.engine, path, &digest), 0);
	end_world(&world);
}

static void test_there_and_back(void **state)
{
	struct limit_record records[] = {make_record("camera/3"), make_record("my own rules/1")};
	struct limit_counts_readings none = {0};
	struct world later = make_world();
	struct found found;

	(void)state;
	memset(&records[1].mac, 0, sizeof(records[1].mac));
	assert_true(address_parse("192.0.2.10", &records[1].address));
	save(records, 2);
	assert_int_equal(limit_counts_load(later.engine, path, &none), 2);
	found = list(later.engine);
	assert_int_equal(found.count, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_string_equal(found.records[i].rule, records[i].rule);
		assert_true(mac_equal(&found.records[i].mac, &records[i].mac));
		assert_true(address_equal(&found.records[i].address, &records[i].address));
		assert_int_equal(found.records[i].up.bytes, 1200000);
		assert_int_equal(found.records[i].up.most, 2000000);
		assert_true(found.records[i].down.spent);
		/* The kernel begins a new counter there. */
		assert_int_equal(found.records[i].up.reading, 1100000);
	}
	end_world(&later);
}

/* The process was killed; the kernel went on counting. */
static void test_the_kernel_went_on(void **state)
{
	struct limit_record record = make_record("camera/3");
	struct limit_counts_readings readings = {0};
	struct world later = make_world();
	uint64_t id = engine_limit_id(&record);
	struct found found;

	(void)state;
	save(&record, 1);
	for (uint64_t i = 0; i < 40; i++)
		limit_counts_add_reading(&readings, i, true, 1);
	limit_counts_add_reading(&readings, id, false, 3);
	limit_counts_add_reading(&readings, id, true, 1400000);
	assert_int_equal(limit_counts_load(later.engine, path, &readings), 1);
	found = list(later.engine);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.records[0].up.bytes, 1500000);
	assert_int_equal(found.records[0].up.reading, 1400000);
	assert_int_equal(found.records[0].down.bytes, 5);
	free(readings.readings);
	end_world(&later);
}

static void test_a_window_that_is_over(void **state)
{
	struct limit_record record = make_record("camera/3");
	struct limit_counts_readings readings = {0};
	struct world world = make_world(), later = make_world();
	uint64_t digest = 0, id = engine_limit_id(&record);

	(void)state;
	engine_restore_limit(world.engine, &record);
	assert_int_equal(limit_counts_save(world.engine, path, &digest), 0);
	engine_advance(later.engine, NOW + 24 * HOUR_US, 600);
	limit_counts_add_reading(&readings, id, true, 1400000);
	assert_int_equal(limit_counts_load(later.engine, path, &readings), 1);
	assert_int_equal(list(later.engine).records[0].up.bytes, 0);
	assert_false(list(later.engine).records[0].down.spent);
	free(readings.readings);
	end_world(&world);
	end_world(&later);
}

static void test_damaged(void **state)
{
	static const char *const texts[] = {
		"",
		"gatewayd-limits 1\n",
		"gatewayd-limits 2\nend\n",
		"gatewayd-limits 1\na4:cf:12:00:00:01 - 1 60 1 1 1 0 1 60 1 1 1 0\nend\n",
		"gatewayd-limits 1\na4:cf:12:00:00 - 1 60 1 1 1 0 1 60 1 1 1 0 a/1\nend\n",
		"gatewayd-limits 1\na4:cf:12:00:00:01 x 1 60 1 1 1 0 1 60 1 1 1 0 a/1\nend\n",
		"gatewayd-limits 1\na4:cf:12:00:00:01 - 1 61 1 1 1 0 1 60 1 1 1 0 a/1\nend\n",
		"gatewayd-limits 1\na4:cf:12:00:00:01 - 1 60 -1 1 1 0 1 60 1 1 1 0 a/1\nend\n",
		"gatewayd-limits 1\na4:cf:12:00:00:01 - 1 60 1 1 1 0 1 60 1 1 99999999999999999999 "
		"0 a/1\nend\n",
		"gatewayd-limits 1\na4:cf:12:00:00:01 - 1 60 1 1 1 0 1 60 1 1 1 0 a/1\n",
	};
	struct limit_counts_readings none = {0};
	struct world world = make_world();

	(void)state;
	unlink(path);
	assert_int_equal(limit_counts_load(world.engine, path, &none), -ENOENT);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(state_save(path, bytes_of(texts[i], strlen(texts[i])), 0600), 0);
		assert_int_equal(limit_counts_load(world.engine, path, &none), -EINVAL);
	}
	assert_int_equal(list(world.engine).count, 0);
	end_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_the_kernel_went_on),
		cmocka_unit_test(test_a_window_that_is_over),
		cmocka_unit_test(test_damaged),
	};
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
