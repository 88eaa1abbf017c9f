/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What engine_packet() costs for each packet of a capture, everything counted:
 * flow table, names, decision, forged replies. Every run has a new engine, so
 * each flow is decided once, as at home; making it is not counted.
 *	bench_engine [CONFDIR CAPTURE [LAN...]]
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/capture.h"
#include "configuration.h"
#include "engine/engine.h"
#include "system/geo.h"

#define PACKETS_MOST 200000
#define RUNS 101
#define LAN_MOST 8

static struct packet packets[PACKETS_MOST];
static size_t packet_count;
static uint64_t sink;

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "bench_engine: %s: %s\n", what, why);
	exit(1);
}

static bool country_of(void *context, const struct address *address, country *ret_country)
{
	return geo_country(context, address, ret_country);
}

static bool asn_of(void *context, const struct address *address, uint32_t *ret_asn)
{
	return geo_asn(context, address, ret_asn);
}

/* Into memory, since reading the file is not what is measured. */
static void read_capture(const char *path, const struct prefix *lan, size_t lan_count)
{
	struct pcap_config config = {.path = path, .lan = lan, .lan_count = lan_count};
	const struct verdict accept = {.action = VERDICT_ACCEPT};
	char error[256];
	struct capture *capture = pcap_capture_open(&config, error, sizeof(error));
	struct packet packet;

	if (!capture)
		fail(path, error);
	while (packet_count < PACKETS_MOST && pcap_ops.next(capture, &packet) > 0) {
		uint8_t *copy = malloc(packet.data.len + 1);

		if (!copy)
			fail(path, "no memory");
		memcpy(copy, packet.data.data, packet.data.len);
		packets[packet_count] = packet;
		packets[packet_count].data = bytes_of(copy, packet.data.len);
		/* A capture on the sender's side holds sums that were never filled in. */
		packets[packet_count++].checksum_pending = true;
		pcap_ops.give(capture, &packet, &accept);
	}
	pcap_ops.close(capture);
	if (packet_count == 0)
		fail(path, "it holds no packet");
}

static double run_once(const struct engine_config *config, const struct policy_set *set)
{
	struct engine *engine = engine_new(config, set);
	struct verdict verdict;
	struct event event;
	double begin;

	if (!engine)
		fail("engine", "no memory");
	engine_advance(engine, packets[0].time, 0);
	begin = now_ns();
	for (size_t i = 0; i < packet_count; i++) {
		engine_packet(engine, &packets[i], &verdict);
		sink += (uint64_t)verdict.action + verdict.reply_count;
		while (engine_next_event(engine, &event))
			sink += (uint64_t)event.kind;
	}
	begin = now_ns() - begin;
	engine_free(engine);
	return begin / (double)packet_count;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static void measure(const struct engine_config *config, const struct policy_set *set)
{
	static double ns[RUNS];

	for (size_t i = 0; i < RUNS; i++)
		ns[i] = run_once(config, set);
	qsort(ns, RUNS, sizeof(ns[0]), compare);
	printf("engine_packet(), %zu packets, median of %d runs\n", packet_count, RUNS);
	printf("    %-28s %10.0f ns   best %.0f, worst %.0f\n", "per packet", ns[RUNS / 2], ns[0],
	       ns[RUNS - 1]);
	printf("    %-28s %10.0f /s\n", "packets on one core", 1e9 / ns[RUNS / 2]);
}

static void open_geo(struct geo *geo, const char *directory, const struct policy_settings *settings)
{
	const char *const names[GEO_KINDS] = {settings->geo_country, settings->geo_asn};
	char path[512], error[256];

	for (int kind = 0; kind < GEO_KINDS; kind++) {
		if (names[kind] && configuration_find(directory, names[kind], path, sizeof(path)) &&
		    !geo_open(geo, (enum geo_kind)kind, path, error, sizeof(error)))
			fail(path, error);
	}
}

int main(int argc, char **argv)
{
	const char *directory = argc > 2 ? argv[1] : "tests/replay/demo/etc";
	const char *path = argc > 2 ? argv[2] : "tests/replay/demo/capture.pcap";
	struct policy_errors errors = {NULL, 0, 0, 0};
	struct policy_set *set = configuration_load(directory, &errors, NULL);
	struct engine_config config = {.limits = engine_default_limits, .hash_key = {1, 2}};
	struct geo *geo = geo_new();
	struct prefix lan[LAN_MOST] = {0};
	size_t lan_count = 0;

	if (!set)
		fail(directory, errors.count ? errors.errors[0].text : "cannot be read");
	for (int i = 3; i < argc && lan_count < LAN_MOST; i++)
		lan_count += prefix_parse(argv[i], &lan[lan_count]);
	if (lan_count == 0) {
		prefix_parse("192.0.2.0/24", &lan[0]);
		prefix_parse("2001:db8:1::/64", &lan[1]);
		lan_count = 2;
	}
	if (!geo)
		fail("geo", "no memory");
	open_geo(geo, directory, policy_settings(set));
	config.geo = (struct engine_geo){geo, country_of, asn_of};
	read_capture(path, lan, lan_count);
	config.start = packets[0].time;
	measure(&config, set);
	for (size_t i = 0; i < packet_count; i++)
		free((void *)(uintptr_t)packets[i].data.data);
	geo_free(geo);
	policy_free(set);
	policy_errors_free(&errors);
	return 0;
}
