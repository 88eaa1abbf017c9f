/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices over a restart, and the same one under another address. */
#define _POSIX_C_SOURCE 200809L /* mkstemp */

#include "tests/unit/support/check.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/known.h"
#include "policy/policy.h"
#include "same.h"

#define NOON ((time_us)1800000000 * SECOND_US)

static const struct mac old_mac = {{0xe2, 0, 0, 0, 0, 1}}, new_mac = {{0xf2, 0, 0, 0, 0, 2}};

/* ---- the file ---- */

static struct policy_set *new_set(void)
{
	static const char text[] = "home = [ \"US\" ];\n"
				   "policies = ( { name = \"p\"; default = \"allow\"; } );\n"
				   "unknown_device = \"p\";\n";
	const struct policy_source source = {
		.file = "x.conf", .text = bytes_of(text, sizeof(text) - 1), .kind = SOURCE_MAIN};
	struct policy_errors errors = {0};
	struct policy_set *set = policy_load(&source, 1, &errors, NULL);

	assert_non_null(set);
	policy_errors_free(&errors);
	return set;
}

static struct engine *new_engine(const struct policy_set *set)
{
	struct engine_config config = {
		.limits = engine_default_limits, .hash_key = {1, 2}, .start = NOON};
	struct engine *engine = engine_new(&config, set);

	assert_non_null(engine);
	engine_advance(engine, NOON, 0);
	return engine;
}

struct found {
	struct device_record record;
	unsigned count;
};

static void find(void *context, const struct device_record *record)
{
	struct found *found = context;

	found->record = *record;
	found->count++;
}

static struct device_record anna(void)
{
	struct device_record record = {
		.name = "phone-anna",
		.mac = old_mac,
		.hostname = "phone-anna",
		.traits = {.hostname = "phone-anna",
			   .vendor_class = "android-dhcp-13",
			   .parameters = {1, 3, 6, 255},
			   .parameter_count = 4,
			   .instance = "Annas \303\244pparat",
			   .serial = "0a1b2c3d4e",
			   .services = {"_a._tcp", "_b._tcp ci=1"},
			   .service_count = 2},
		.rows = {"one.example", "two.example"},
		.row_count = 2,
		.first = NOON - HOUR_US,
		.last = NOON - 20 * MINUTE_US,
	};

	return record;
}

static void test_round_trip(void **state)
{
	char path[] = "/tmp/gatewayd-test-XXXXXX";
	struct policy_set *set = new_set();
	struct engine *engine = new_engine(set);
	struct device_record record = anna();
	struct found found = {.count = 0};
	uint64_t digest = 0, before;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	engine_restore_device(engine, &record);
	assert_int_equal(known_save(engine, path, &digest), 0);
	before = digest;
	assert_int_equal(known_save(engine, path, &digest), 0);
	assert_true(before && digest == before);
	engine_free(engine);

	engine = new_engine(set);
	assert_int_equal(known_load(engine, path, NOON), 1);
	engine_each_device(engine, find, &found);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.record.name, "phone-anna");
	assert_memory_equal(&found.record.traits, &record.traits, sizeof(record.traits));
	assert_int_equal(found.record.row_count, 2);
	assert_string_equal(found.record.rows[1], "two.example");
	assert_true(found.record.first == record.first && found.record.last == record.last);
	/* One that was gone for a quarter of a year is nobody any more. */
	engine_free(engine);
	engine = new_engine(set);
	assert_int_equal(known_load(engine, path, NOON + 91 * 24 * HOUR_US), 0);
	engine_free(engine);
	policy_free(set);
	unlink(path);
}

static void put_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void test_damaged_files(void **state)
{
	static const char *const bad[] = {
		"",
		"gatewayd-devices 1\n",
		"gatewayd-devices 2\nend\n",
		"gatewayd-devices 1\ne2:00:00:00:00:01\t1\t2\t\t\t\t\t\t\t\nend\n",
		"gatewayd-devices 1\ne2:00:00:00:01\t1\t2\t\t\t\t\t\t\t\t\nend\n",
		"gatewayd-devices 1\ne2:00:00:00:00:01\tx\t2\t\t\t\t\t\t\t\t\nend\n",
		"gatewayd-devices 1\ne2:00:00:00:00:01\t1\t2\t\t\t\t1,256\t\t\t\t\nend\n",
		"gatewayd-devices 1\ne2:00:00:00:00:01\t1\t2\t\t\t\t\t\t\t\t\tx\nend\n",
		"gatewayd-devices 1\ne2:00:00:00:00:01\t1\t2\t\t\t\t\t\t\t\t",
	};
	char path[] = "/tmp/gatewayd-test-XXXXXX";
	struct policy_set *set = new_set();
	struct engine *engine = new_engine(set);
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_file(path, bad[i]);
		assert_int_equal(known_load(engine, path, NOON), -EINVAL);
	}
	put_file(path,
		 "gatewayd-devices 1\ne2:00:00:00:00:01\t1\t1800000000\t\t\t\t\t\t\t\t\nend\n");
	assert_int_equal(known_load(engine, path, NOON), 1);
	unlink(path);
	assert_int_equal(known_load(engine, path, NOON), -ENOENT);
	engine_free(engine);
	policy_free(set);
}

/* ---- the same one? ---- */

static struct device_record newcomer(void)
{
	struct device_record record = anna();

	record.mac = new_mac;
	record.first = NOON - 2 * MINUTE_US;
	record.last = NOON;
	record.traits.serial[0] = 0;
	memset(record.rows, 0, sizeof(record.rows));
	record.row_count = 0;
	return record;
}

/* Is the device taken for one of those, and for which? */
static bool is_same(const struct device_record *device, const struct device_record *others,
		    size_t count, struct same *ret_same)
{
	struct identify_table *table = identify_table_new();
	static const char rows[] = "hostname\tiphone\t\t\tphone-app\thigh\t\tx\n"
				   "hostname\tiphone*\t\t\tphone-app\thigh\t\tx\n"
				   "hostname\tesp_######\t\t\tgeneric\tlow\t\tx\n";
	const char *error;
	unsigned line;

	assert_true(identify_table_add(table, bytes_of(rows, sizeof(rows) - 1), &line, &error));
	same_start(ret_same, device, table, NOON);
	same_offer(ret_same, device);
	for (size_t i = 0; i < count; i++)
		same_offer(ret_same, &others[i]);
	identify_table_free(table);
	return same_end(ret_same);
}

static void test_same(void **state)
{
	struct device_record device = newcomer(), old = anna();
	struct same same;

	(void)state;
	assert_true(is_same(&device, &old, 1, &same));
	assert_string_equal(same.name, old.name);
	assert_true(mac_equal(&same.mac, &old_mac));
	assert_int_equal(same.evidence_count, 4);
	assert_string_equal(same.evidence[0], "host name");
	assert_string_equal(same.evidence[1], "DHCP options");
	/* An address of its maker's, or a name of the user's: it is who it is. */
	device.mac.bytes[0] = 0x10;
	assert_false(is_same(&device, &old, 1, &same));
	device.mac = new_mac;
	device.named = true;
	assert_false(is_same(&device, &old, 1, &same));
}

static void test_two_of_a_kind(void **state)
{
	struct device_record device = newcomer(), old[2] = {anna(), anna()};
	struct same same;

	(void)state;
	/* Both here at a time; gone for less than a minute. */
	old[0].last = device.first;
	assert_false(is_same(&device, old, 1, &same));
	device.first = NOON - SECOND_US;
	old[0].last = NOON - 30 * SECOND_US;
	assert_false(is_same(&device, old, 1, &same));
	/* Two that had the name at a time: it tells neither from the other. */
	old[0] = anna();
	old[1].mac.bytes[5] = 9;
	assert_false(is_same(&device, old, 2, &same));
	/* One after the other: the last of them. */
	old[0].last = NOON - 50 * MINUTE_US;
	old[1].first = NOON - 40 * MINUTE_US;
	assert_true(is_same(&device, old, 2, &same));
	assert_int_equal(same.mac.bytes[5], 9);
	/* But the one that the user named, if there is one. */
	old[0].named = true;
	assert_true(is_same(&device, old, 2, &same));
	assert_int_equal(same.mac.bytes[5], 1);
}

static void rename_both(struct device_record *a, struct device_record *b, const char *name)
{
	memset(a->hostname, 0, sizeof(a->hostname));
	memcpy(a->hostname, name, strlen(name));
	memcpy(b->hostname, a->hostname, sizeof(b->hostname));
}

static void test_common_names(void **state)
{
	struct device_record device = newcomer(), old = anna();
	struct same same;

	(void)state;
	rename_both(&device, &old, "iPhone");
	assert_false(is_same(&device, &old, 1, &same));
	rename_both(&device, &old, "ESP_A1B2C3");
	assert_false(is_same(&device, &old, 1, &same));
	rename_both(&device, &old, "iPhone-of-Anna");
	assert_true(is_same(&device, &old, 1, &same));
	/* A name and nothing else. */
	device.traits = (struct traits){.hostname = "iPhone-of-Anna"};
	assert_false(is_same(&device, &old, 1, &same));
	/* The options contradict. */
	device = newcomer();
	device.traits.parameters[0] = 2;
	assert_false(is_same(&device, &old, 1, &same));
}

static void test_serial(void **state)
{
	struct device_record device = newcomer(), old = anna();
	struct same same;

	(void)state;
	rename_both(&device, &old, "ESP_A1B2C3");
	device.traits = (struct traits){.serial = "0A1B2C3D4E"};
	assert_true(is_same(&device, &old, 1, &same));
	assert_string_equal(same.evidence[0], "serial number");
	device.traits = (struct traits){.serial = "0a1b"};
	old.traits = device.traits;
	assert_false(is_same(&device, &old, 1, &same));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_damaged_files),
		cmocka_unit_test(test_same),         cmocka_unit_test(test_two_of_a_kind),
		cmocka_unit_test(test_common_names), cmocka_unit_test(test_serial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
