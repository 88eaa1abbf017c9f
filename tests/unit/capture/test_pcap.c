/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "tests/unit/support/check.h"

#include <stdio.h>
#include <unistd.h>

#include "capture/capture.h"
#include "tests/unit/capture/frames.h"

#if HAVE_PCAP

#define MICRO 0xa1b2c3d4u
#define NANO 0xa1b23c4du
#define ETHERNET 1

static char folder[64], in_path[128], out_path[128];
static uint8_t image[8192];
static struct writer file;

/* ---- files by hand, big-endian as the writer is ---- */

static void begin_pcap(uint32_t magic, uint32_t link_type, uint32_t snapshot)
{
	file = writer_on(image, sizeof(image));
	writer_u32(&file, magic);
	writer_u32(&file, 0x00020004);
	writer_u32(&file, 0);
	writer_u32(&file, 0);
	writer_u32(&file, snapshot);
	writer_u32(&file, link_type);
}

static void put_record(uint32_t seconds, uint32_t fraction, struct bytes frame, uint32_t wire_len)
{
	writer_u32(&file, seconds);
	writer_u32(&file, fraction);
	writer_u32(&file, (uint32_t)frame.len);
	writer_u32(&file, wire_len);
	writer_bytes_put(&file, frame);
}

static void begin_pcapng(uint16_t link_type)
{
	file = writer_on(image, sizeof(image));
	writer_u32(&file, 0x0a0d0d0a);
	writer_u32(&file, 28);
	writer_u32(&file, 0x1a2b3c4d);
	writer_u32(&file, 0x00010000);
	writer_u32(&file, 0xffffffff);
	writer_u32(&file, 0xffffffff);
	writer_u32(&file, 28);
	/* One interface that counts nanoseconds. */
	writer_u32(&file, 1);
	writer_u32(&file, 32);
	writer_u16(&file, link_type);
	writer_u16(&file, 0);
	writer_u32(&file, 262144);
	writer_u32(&file, 0x00090001);
	writer_u32(&file, 0x09000000);
	writer_u32(&file, 0);
	writer_u32(&file, 32);
}

static void put_enhanced(uint64_t nanoseconds, struct bytes frame)
{
	uint32_t padded = (uint32_t)(frame.len + 3) & ~3u;

	writer_u32(&file, 6);
	writer_u32(&file, 32 + padded);
	writer_u32(&file, 0);
	writer_u32(&file, (uint32_t)(nanoseconds >> 32));
	writer_u32(&file, (uint32_t)nanoseconds);
	writer_u32(&file, (uint32_t)frame.len);
	writer_u32(&file, (uint32_t)frame.len);
	writer_bytes_put(&file, frame);
	writer_fill(&file, 0, padded - frame.len);
	writer_u32(&file, 32 + padded);
}

static void save_as(const char *path, size_t len)
{
	FILE *stream = fopen(path, "wb");

	assert_non_null(stream);
	assert_true(writer_ok(&file));
	assert_int_equal(fwrite(image, 1, len, stream), len);
	fclose(stream);
}

static struct bytes make_frame(uint8_t *buffer, size_t size, const char *payload)
{
	struct writer writer = writer_on(buffer, size);

	put_macs(&writer, DEVICE_MAC, ROUTER_MAC);
	writer_u16(&writer, 0x0800);
	put_udp(&writer, "192.168.1.5", 1000, "203.0.113.1", 2000, payload);
	assert_true(writer_ok(&writer));
	return writer_bytes(&writer);
}

static struct capture *open_with(const char *write_path)
{
	struct pcap_config config = {.path = in_path, .write_path = write_path};
	char error[256] = "";
	struct capture *capture = pcap_capture_open(&config, error, sizeof(error));

	if (!capture)
		fail_msg("%s", error);
	return capture;
}

static void expect_refused(const char *path, const char *write_path, const char *words)
{
	struct pcap_config config = {.path = path, .write_path = write_path};
	char error[256] = "";

	assert_null(pcap_capture_open(&config, error, sizeof(error)));
	if (!strstr(error, words))
		fail_msg("\"%s\" is not in \"%s\"", words, error);
}

/* ---- reading ---- */

static void every_link_type_gives_its_packet(void **state)
{
	/* LINKTYPE numbers: the file's, not libpcap's own. */
	static const struct {
		uint32_t type;
		uint8_t header[20];
		size_t len;
	} types[] = {
		{1, {2, 0, 0, 0, 0, 0xfe, 0xa4, 0xcf, 0x12, 0, 0, 1, 8, 0}, 14},
		{113, {0, 0, 0, 1, 0, 6, 0xa4, 0xcf, 0x12, 0, 0, 1, 0, 0, 8, 0}, 16},
		{276, {8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 0xa4, 0xcf, 0x12, 0, 0, 1}, 20},
		{101, {0}, 0},
		{228, {0}, 0},
		{0, {2, 0, 0, 0}, 4},
		{108, {0, 0, 0, 2}, 4},
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(types) / sizeof(types[0]); i++) {
		uint8_t buffer[256];
		struct writer writer = writer_on(buffer, sizeof(buffer));
		struct packet packet;
		struct capture *capture;

		writer_put(&writer, types[i / 2].header, types[i / 2].len);
		put_udp(&writer, "192.168.1.5", 1000, "203.0.113.1", 2000, "hello");
		if (i % 2) {
			begin_pcapng((uint16_t)types[i / 2].type);
			put_enhanced(1700000000123456789u, writer_bytes(&writer));
		} else {
			begin_pcap(MICRO, types[i / 2].type, 262144);
			put_record(1700000000, 123456, writer_bytes(&writer), (uint32_t)writer.len);
		}
		save_as(in_path, file.len);
		capture = open_with(NULL);
		assert_int_equal(pcap_ops.fd(capture), -1);
		assert_int_equal(pcap_ops.next(capture, &packet), 1);
		assert_int_equal(packet.data.len, 33);
		assert_memory_equal(packet.data.data + 28, "hello", 5);
		assert_int_equal(packet.time, 1700000000123456);
		assert_int_equal(packet.direction, PACKET_FROM_DEVICE);
		assert_false(packet.truncated);
		assert_int_equal(pcap_ops.next(capture, &packet), 0);
		pcap_ops.close(capture);
	}
}

static void snapped_packets_say_so(void **state)
{
	uint8_t buffer[256];
	struct bytes frame = make_frame(buffer, sizeof(buffer), "a long payload");
	struct capture *capture;
	struct packet packet;

	(void)state;
	begin_pcap(MICRO, ETHERNET, 46);
	put_record(1, 2, bytes_of(frame.data, 46), (uint32_t)frame.len);
	save_as(in_path, file.len);
	capture = open_with(NULL);
	assert_int_equal(pcap_ops.next(capture, &packet), 1);
	assert_true(packet.truncated);
	assert_int_equal(packet.data.len, 32);
	pcap_ops.close(capture);
}

/* Cut anywhere: what is whole is given, then the error; never another packet. */
static void a_cut_file_gives_what_it_has(void **state)
{
	uint8_t buffer[256];
	struct bytes frame = make_frame(buffer, sizeof(buffer), "hello");
	size_t record = 16 + frame.len, whole;

	(void)state;
	begin_pcap(MICRO, ETHERNET, 262144);
	for (uint32_t i = 0; i < 3; i++)
		put_record(i, 0, frame, (uint32_t)frame.len);
	whole = file.len;
	for (size_t len = 24; len <= whole; len++) {
		size_t complete = (len - 24) / record;
		struct capture *capture;
		struct packet packet;

		save_as(in_path, len);
		capture = open_with(NULL);
		for (size_t i = 0; i < complete; i++)
			assert_int_equal(pcap_ops.next(capture, &packet), 1);
		if ((len - 24) % record == 0) {
			assert_int_equal(pcap_ops.next(capture, &packet), 0);
			assert_string_equal(capture_error(capture), "");
		} else {
			assert_true(pcap_ops.next(capture, &packet) < 0);
			assert_non_null(strstr(capture_error(capture), "cut short or corrupt"));
		}
		pcap_ops.close(capture);
	}
	for (size_t len = 0; len < 24; len++) {
		save_as(in_path, len);
		expect_refused(in_path, NULL, "not a capture");
	}
}

static void a_corrupt_file_is_survived(void **state)
{
	uint8_t buffer[256];
	struct bytes frame = make_frame(buffer, sizeof(buffer), "hello");
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (unsigned round = 0; round < 600; round++) {
		struct pcap_config config = {.path = in_path};
		struct capture *capture;
		struct packet packet;
		char error[256];
		unsigned count = 0;

		if (round % 2) {
			begin_pcapng(ETHERNET);
			for (unsigned i = 0; i < 4; i++)
				put_enhanced(i, frame);
		} else {
			begin_pcap(round % 4 ? NANO : MICRO, ETHERNET, 262144);
			for (uint32_t i = 0; i < 4; i++)
				put_record(i, 0, frame, (uint32_t)frame.len);
		}
		for (unsigned i = 0; i < 3; i++)
			image[random_next(&seed) % file.len] = (uint8_t)random_next(&seed);
		save_as(in_path, file.len);
		capture = pcap_capture_open(&config, error, sizeof(error));
		if (!capture)
			continue;
		while (pcap_ops.next(capture, &packet) > 0 && count < 1000)
			count++;
		assert_true(count < 1000);
		pcap_ops.close(capture);
	}
}

static void what_cannot_be_read_is_named(void **state)
{
	(void)state;
	expect_refused("/nonexistent/file.pcap", NULL, "/nonexistent/file.pcap: No such file");
	begin_pcap(MICRO, 127, 262144); /* 802.11 radiotap */
	save_as(in_path, file.len);
	expect_refused(in_path, NULL, "link type IEEE802_11_RADIO");
	begin_pcap(MICRO, ETHERNET, 262144);
	save_as(in_path, file.len);
	expect_refused(in_path, in_path, "is the capture that is being read");
	expect_refused(in_path, "/nonexistent/out.pcap",
		       "/nonexistent/out.pcap: cannot be written");
}

/* The first packet to the router is known as such by what comes later. */
static void the_future_tells_the_router(void **state)
{
	uint8_t first[256], second[256];
	struct writer writer = writer_on(first, sizeof(first));
	struct bytes later = make_frame(second, sizeof(second), "x");
	struct capture *capture;
	struct packet packet;

	(void)state;
	put_macs(&writer, DEVICE_MAC, ROUTER_MAC);
	writer_u16(&writer, 0x0800);
	put_udp(&writer, "192.168.1.5", 1000, "192.168.1.1", 80, "x");
	begin_pcap(MICRO, ETHERNET, 262144);
	put_record(1, 0, writer_bytes(&writer), (uint32_t)writer.len);
	put_record(2, 0, later, (uint32_t)later.len);
	save_as(in_path, file.len);
	capture = open_with(NULL);
	assert_int_equal(pcap_ops.next(capture, &packet), 1);
	assert_int_equal(packet.hook, PACKET_INPUT);
	pcap_ops.close(capture);
}

/* ---- writing ---- */

static void give_all(struct capture *capture)
{
	static const uint8_t arp_skipped = 1;
	uint8_t longer[256], reply[256];
	struct writer long_writer = writer_on(longer, sizeof(longer));
	struct writer reply_writer = writer_on(reply, sizeof(reply));
	struct pcap_progress progress;
	struct packet packet;

	put_udp(&long_writer, "192.168.1.5", 1000, "203.0.113.1", 2000, "now it is longer");
	put_udp(&reply_writer, "203.0.113.1", 2000, "192.168.1.5", 1000, "no");
	for (unsigned i = 0; i < 3; i++) {
		struct verdict verdict = {.action = VERDICT_ACCEPT};

		assert_int_equal(pcap_ops.next(capture, &packet), 1);
		if (i == 1)
			verdict.edited = writer_bytes(&long_writer);
		if (i == 2) {
			verdict.action = VERDICT_DROP;
			verdict.replies[0] = writer_bytes(&reply_writer);
			verdict.reply_count = 1;
		}
		pcap_ops.give(capture, &packet, &verdict);
	}
	assert_int_equal(pcap_ops.next(capture, &packet), 0);
	pcap_ops.flush(capture);
	assert_string_equal(capture_error(capture), "");
	pcap_capture_progress(capture, &progress);
	assert_int_equal(progress.packets, 3);
	assert_int_equal(progress.skipped, arp_skipped);
	assert_int_equal(progress.bytes_read, progress.bytes_total);
	pcap_ops.close(capture);
}

static uint32_t first_word(const char *path)
{
	FILE *stream = fopen(path, "rb");
	uint32_t word = 0;

	assert_non_null(stream);
	assert_int_equal(fread(&word, sizeof(word), 1, stream), 1);
	fclose(stream);
	return word;
}

static void check_copy(time_us time)
{
	static const char *const payloads[] = {"pass", "now it is longer", "no"};
	struct pcap_config config = {.path = out_path};
	struct mac device = mac_of(DEVICE_MAC);
	char error[256];
	struct capture *capture = pcap_capture_open(&config, error, sizeof(error));
	struct pcap_progress progress;
	struct packet packet;

	assert_non_null(capture);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(pcap_ops.next(capture, &packet), 1);
		assert_int_equal(packet.data.len, 28 + strlen(payloads[i]));
		assert_memory_equal(packet.data.data + 28, payloads[i], strlen(payloads[i]));
		assert_int_equal(packet.time, time + (int)i);
		assert_int_equal(packet.direction, i == 2 ? PACKET_TO_DEVICE : PACKET_FROM_DEVICE);
		assert_true(mac_equal(&packet.mac, &device));
		assert_false(packet.truncated);
	}
	assert_int_equal(pcap_ops.next(capture, &packet), 0);
	pcap_capture_progress(capture, &progress);
	assert_int_equal(progress.skipped, 1); /* ARP went through */
	pcap_ops.close(capture);
}

static void the_copy_is_what_left(void **state)
{
	static const uint32_t magics[] = {MICRO, NANO};
	uint8_t buffer[256], arp[42] = {[12] = 8, [13] = 6};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		uint32_t unit = i ? 1000 : 1;

		begin_pcap(magics[i], ETHERNET, 60);
		put_record(5, 10 * unit, make_frame(buffer, sizeof(buffer), "pass"), 46);
		put_record(5, 10 * unit, bytes_of(arp, sizeof(arp)), sizeof(arp));
		put_record(5, 11 * unit, make_frame(buffer, sizeof(buffer), "edit"), 46);
		put_record(5, 12 * unit, make_frame(buffer, sizeof(buffer), "drop"), 46);
		save_as(in_path, file.len);
		give_all(open_with(out_path));
		assert_int_equal(first_word(out_path), magics[i]);
		check_copy(5 * SECOND_US + 10);
	}
}

static void a_full_disk_is_said(void **state)
{
	uint8_t buffer[256];
	struct bytes frame = make_frame(buffer, sizeof(buffer), "pass");
	struct verdict verdict = {.action = VERDICT_ACCEPT};
	struct capture *capture;
	struct packet packet;
	bool told;

	(void)state;
	if (access("/dev/full", W_OK) != 0)
		skip();
	begin_pcap(MICRO, ETHERNET, 262144);
	for (uint32_t i = 0; i < 20; i++)
		put_record(i, 0, frame, (uint32_t)frame.len);
	save_as(in_path, file.len);
	capture = open_with("/dev/full");
	while (pcap_ops.next(capture, &packet) > 0)
		pcap_ops.give(capture, &packet, &verdict);
	pcap_ops.flush(capture);
	told = strstr(capture_error(capture), "cannot be written") != NULL;
	pcap_ops.close(capture);
	assert_true(told);
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test_pcap.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(in_path, sizeof(in_path), "%s/in", folder);
	snprintf(out_path, sizeof(out_path), "%s/out", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(in_path);
	unlink(out_path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_link_type_gives_its_packet),
		cmocka_unit_test(snapped_packets_say_so),
		cmocka_unit_test(a_cut_file_gives_what_it_has),
		cmocka_unit_test(a_corrupt_file_is_survived),
		cmocka_unit_test(what_cannot_be_read_is_named),
		cmocka_unit_test(the_future_tells_the_router),
		cmocka_unit_test(the_copy_is_what_left),
		cmocka_unit_test(a_full_disk_is_said),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

#else

static void says_that_it_is_left_out(void **state)
{
	struct pcap_config config = {.path = "some.pcap"};
	char error[256] = "";

	(void)state;
	assert_null(pcap_capture_open(&config, error, sizeof(error)));
	assert_non_null(strstr(error, "some.pcap: this gatewayd was built without libpcap"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(says_that_it_is_left_out)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
