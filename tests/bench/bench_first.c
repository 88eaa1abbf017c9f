/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a name costs: nanoseconds per ClientHello over TCP (1.9 kB, one piece
 * and as two segments), and per ClientHello over QUIC (two Initials), from the
 * payload to the name. Beside it, where libndpi was found at build time,
 * libndpi on the same payloads behind IP headers, a new flow each time. Both
 * take turns; medians of processor time are printed.
 */
#define _DEFAULT_SOURCE /* clock_gettime(); libndpi wants the names of types of BSD */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if HAVE_NDPI
#include <ndpi/ndpi_api.h>
#endif

#include "base/writer.h"
#include "decode/first.h"
#include "tests/unit/decode/samples.h"
#include "tests/unit/support/seal.h"

#define ROUNDS 7
#define ROUND_NS 100000000.0

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void expect(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "bench_first: %s\n", what);
	exit(1);
}

/* A small ClientHello (www.example.org) in one Initial of version 1. */
static uint8_t initial[1300];
static size_t initial_len;

static void make_initial(void)
{
	static const uint8_t id[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const uint8_t frame[] = "\x06\x00\x40\x4b\x01\x00\x00\x47\x03\x03"
				       "0123456789abcdef0123456789abcdef"
				       "\x00\x00\x02\x13\x01\x01\x00\x00\x1c"
				       "\x00\x00\x00\x14\x00\x12\x00\x00\x0fwww.example.org"
				       "\xff\x01\x00\x00";
	const struct bytes connection_id = bytes_of(id, sizeof(id));
	const struct sealer sealer = {VERSION_1, connection_id, connection_id, {NULL, 0}};

	initial_len =
		quic_seal(&sealer, 0, bytes_of(frame, sizeof(frame) - 1), initial, sizeof(initial));
}

/* ---- ours ---- */

static struct first_assembly assembly;

static void our_hello(void)
{
	struct first_facts facts;

	expect(decode_first_tcp(bytes_of(sample_hello, sizeof(sample_hello)), false, &facts) ==
			       DECODE_OK &&
		       facts.name_count == 1,
	       "no name in the hello");
}

static void our_hello_in_two(void)
{
	struct first_facts facts;

	expect(decode_first_tcp(bytes_of(sample_hello, 1400), false, &facts) == DECODE_MORE,
	       "the hello is whole too early");
	our_hello();
}

static void our_initial(void)
{
	struct first_facts facts;

	memset(&assembly, 0, sizeof(assembly));
	expect(decode_first_udp(&assembly, bytes_of(initial, initial_len), false, &facts) ==
			       DECODE_OK &&
		       facts.name_count == 1,
	       "no name in the Initial");
}

static void our_quic(void)
{
	struct first_facts facts;

	memset(&assembly, 0, sizeof(assembly));
	expect(decode_first_udp(&assembly, bytes_of(sample_quic_1, sizeof(sample_quic_1)), false,
				&facts) == DECODE_MORE &&
		       decode_first_udp(&assembly, bytes_of(sample_quic_2, sizeof(sample_quic_2)),
					false, &facts) == DECODE_OK &&
		       facts.name_count == 1,
	       "no name over QUIC");
}

/* ---- libndpi ---- */

#if HAVE_NDPI

struct wire {
	uint8_t data[2048];
	size_t len;
};

static struct ndpi_detection_module_struct *module;
static struct wire ndpi_syn, ndpi_hello, ndpi_parts[2], ndpi_quic[2], ndpi_initial;

static struct wire wire_of(uint8_t protocol, uint8_t flags, uint32_t seq, struct bytes payload)
{
	struct wire wire;
	struct writer writer = writer_on(wire.data, sizeof(wire.data));
	size_t header = protocol == 6 ? 20 : 8;

	writer_u16(&writer, 0x4500);
	writer_u16(&writer, (uint16_t)(20 + header + payload.len));
	writer_u32(&writer, 0);
	writer_u16(&writer, (uint16_t)(0x4000 | protocol));
	writer_u16(&writer, 0);
	writer_u32(&writer, 0xc000020a);
	writer_u32(&writer, 0xcb007105);
	writer_u16(&writer, 40001);
	writer_u16(&writer, 443);
	if (protocol == 6) {
		writer_u32(&writer, seq);
		writer_u32(&writer, 1);
		writer_u8(&writer, 0x50);
		writer_u8(&writer, flags);
		writer_u32(&writer, 0xffff0000);
		writer_u16(&writer, 0);
	} else {
		writer_u16(&writer, (uint16_t)(8 + payload.len));
		writer_u16(&writer, 0);
	}
	writer_bytes_put(&writer, payload);
	expect(writer_ok(&writer), "a packet is too long");
	wire.len = writer.len;
	return wire;
}

static void ndpi_start(void)
{
	NDPI_PROTOCOL_BITMASK all;

	module = ndpi_init_detection_module(ndpi_no_prefs);
	expect(module != NULL, "libndpi does not start");
	NDPI_BITMASK_SET_ALL(all);
	ndpi_set_protocol_detection_bitmask2(module, &all);
	ndpi_finalize_initialization(module);
	ndpi_syn = wire_of(6, 2, 0, bytes_of(NULL, 0));
	ndpi_hello = wire_of(6, 0x18, 1, bytes_of(sample_hello, sizeof(sample_hello)));
	ndpi_parts[0] = wire_of(6, 0x18, 1, bytes_of(sample_hello, 1400));
	ndpi_parts[1] =
		wire_of(6, 0x18, 1401, bytes_of(sample_hello + 1400, sizeof(sample_hello) - 1400));
	ndpi_initial = wire_of(17, 0, 0, bytes_of(initial, initial_len));
	ndpi_quic[0] = wire_of(17, 0, 0, bytes_of(sample_quic_1, sizeof(sample_quic_1)));
	ndpi_quic[1] = wire_of(17, 0, 0, bytes_of(sample_quic_2, sizeof(sample_quic_2)));
}

/* Whether it finds the name is said once: it is measured all the same. */
static void ndpi_flow(const struct wire *packets, int count, bool tcp, bool *named)
{
	struct ndpi_flow_struct *flow =
		ndpi_flow_malloc(ndpi_detection_get_sizeof_ndpi_flow_struct());

	expect(flow != NULL, "no memory");
	memset(flow, 0, ndpi_detection_get_sizeof_ndpi_flow_struct());
	if (tcp)
		ndpi_detection_process_packet(module, flow, ndpi_syn.data,
					      (unsigned short)ndpi_syn.len, 0);
	for (int i = 0; i < count; i++)
		ndpi_detection_process_packet(module, flow, packets[i].data,
					      (unsigned short)packets[i].len, 0);
	*named = flow->host_server_name[0] != 0;
	ndpi_flow_free(flow);
}

static bool hello_named, parts_named, initial_named, quic_named;

static void their_hello(void)
{
	ndpi_flow(&ndpi_hello, 1, true, &hello_named);
}

static void their_hello_in_two(void)
{
	ndpi_flow(ndpi_parts, 2, true, &parts_named);
}

static void their_initial(void)
{
	ndpi_flow(&ndpi_initial, 1, false, &initial_named);
}

static void their_quic(void)
{
	ndpi_flow(ndpi_quic, 2, false, &quic_named);
}

#endif

/* ---- measuring ---- */

static double measure(void (*work)(void))
{
	double start = now_ns(), end;
	unsigned long count = 0;

	do {
		for (int i = 0; i < 64; i++)
			work();
		count += 64;
		end = now_ns();
	} while (end - start < ROUND_NS);
	return (end - start) / (double)count;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void show(const char *what, void (*ours)(void), void (*theirs)(void), const bool *named)
{
	double our_times[ROUNDS], their_times[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		our_times[i] = measure(ours);
		their_times[i] = theirs ? measure(theirs) : 0;
	}
	qsort(our_times, ROUNDS, sizeof(double), compare);
	qsort(their_times, ROUNDS, sizeof(double), compare);
	printf("    %-40s %8.0f ns", what, our_times[ROUNDS / 2]);
	if (theirs)
		printf("   libndpi: %8.0f ns%s", their_times[ROUNDS / 2],
		       *named ? "" : " (does not find the name)");
	printf("\n");
}

int main(void)
{
	make_initial();
#if HAVE_NDPI
	ndpi_start();
	show("ClientHello, 1.9 kB", our_hello, their_hello, &hello_named);
	show("the same in two segments", our_hello_in_two, their_hello_in_two, &parts_named);
	show("ClientHello in one QUIC Initial", our_initial, their_initial, &initial_named);
	show("ClientHello over two QUIC Initials", our_quic, their_quic, &quic_named);
	ndpi_exit_detection_module(module);
#else
	show("ClientHello, 1.9 kB", our_hello, NULL, NULL);
	show("the same in two segments", our_hello_in_two, NULL, NULL);
	show("ClientHello in one QUIC Initial", our_initial, NULL, NULL);
	show("ClientHello over two QUIC Initials", our_quic, NULL, NULL);
#endif
	return 0;
}
