/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device protocols and public binary ones, each with what must not be taken for it. */
#include "tests/unit/support/check.h"

#include "decode/first.h"

#define BYTES(text) bytes_of(text, sizeof(text) - 1)

static enum protocol udp(struct bytes datagram)
{
	struct bytes copy = block_copy(datagram.data, datagram.len);
	struct first_facts facts;

	assert_int_equal(decode_first_udp(NULL, copy, false, &facts), DECODE_OK);
	block_free(copy);
	return facts.protocol;
}

/* Whole it is known at once; every beginning of it waits for more. */
static enum protocol tcp(struct bytes stream)
{
	struct first_facts facts;

	for (size_t n = 0; n < stream.len; n++) {
		struct bytes copy = block_copy(stream.data, n);
		enum decode answer = decode_first_tcp(copy, false, &facts);

		block_free(copy);
		if (answer == DECODE_OK)
			return facts.protocol;
		assert_int_equal(answer, DECODE_MORE);
	}
	assert_int_equal(decode_first_tcp(stream, true, &facts), DECODE_OK);
	return facts.protocol;
}

static uint32_t rotate_right(uint32_t word, unsigned bits)
{
	return word >> bits | word << (32 - bits);
}

/* What a Kalay client does to its header, written down from the other side. */
static void scramble(const uint8_t header[16], uint8_t *wire)
{
	static const char key[] = "Charlie is the d";
	static const uint8_t place[16] = {11, 9, 8, 15, 13, 10, 12, 14, 2, 1, 5, 0, 6, 4, 7, 3};
	uint8_t step[16], swapped[16];

	for (unsigned i = 0; i < 16; i += 4) {
		uint32_t word = header[i] | (uint32_t)header[i + 1] << 8 |
				(uint32_t)header[i + 2] << 16 | (uint32_t)header[i + 3] << 24;

		word = rotate_right(word, i + 1);
		for (unsigned k = 0; k < 4; k++)
			step[i + k] = (uint8_t)(word >> (8 * k)) ^ (uint8_t)key[i + k];
	}
	for (unsigned i = 0; i < 16; i++)
		swapped[place[i]] = step[i];
	for (unsigned i = 0; i < 16; i += 4) {
		uint32_t word = swapped[i] | (uint32_t)swapped[i + 1] << 8 |
				(uint32_t)swapped[i + 2] << 16 | (uint32_t)swapped[i + 3] << 24;

		word = rotate_right(word, i + 3);
		for (unsigned k = 0; k < 4; k++)
			wire[i + k] = (uint8_t)(word >> (8 * k));
	}
}

static void test_kalay(void **state)
{
	/* LAN search, 68 bytes; ask for the public address, 54; for a peer, 112. */
	static const uint8_t headers[3][16] = {
		{4, 2, 0x19, 2, 52, 0, 0, 0, 1, 6, 0x21},
		{4, 2, 0x1a, 2, 38, 0, 0, 0, 7, 0x10, 0x18},
		{4, 2, 0x1c, 2, 96, 0, 0, 0, 3, 2, 0x34},
	};
	uint8_t datagram[128] = {0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		scramble(headers[i], datagram);
		/* The marks that were computed elsewhere from the same rule. */
		assert_memory_equal(datagram + 4, "\x40\xd1\x40\xca", 4);
		assert_memory_equal(datagram + 8,
				    i == 0   ? "\x3d\x2d\xa8\x2d"
				    : i == 1 ? "\x2d\x2d\x88\x2d"
					     : "\x2d\x2d\xe8\x2d",
				    4);
		assert_int_equal(udp(bytes_of(datagram, 16u + headers[i][4])), PROTOCOL_KALAY);
		assert_int_equal(udp(bytes_of(datagram, 17u + headers[i][4])), PROTOCOL_UNKNOWN);
	}
	assert_int_equal(udp(BYTES("\x51\xcc\0\0\x02\x10\0\0\0\0\0\0\0\0\0\0\0\0")),
			 PROTOCOL_KALAY);
	assert_int_equal(udp(BYTES("\x51\xcc\0\0\x03\x10\0\0\0\0\0\0\0\0\0\0\0\0")),
			 PROTOCOL_UNKNOWN);
}

static void test_pppp(void **state)
{
	(void)state;
	assert_int_equal(udp(BYTES("\xf1\x30\0\0")), PROTOCOL_PPPP);
	assert_int_equal(udp(BYTES("\xf1\0\0\0")), PROTOCOL_PPPP);
	assert_int_equal(udp(BYTES("\x2c\xba\x5f\x5d")), PROTOCOL_PPPP);
	assert_int_equal(udp(BYTES("\xf1\x41\0\x14"
				   "VSTA\0\0\0\0\0\1\2\3ABCDE\0\0\0")),
			 PROTOCOL_PPPP);
	assert_int_equal(udp(BYTES("\xf1\xd0\0\x06\xd1\0\0\1xy")), PROTOCOL_PPPP);
	assert_int_equal(udp(BYTES("\xf1\xd0\0\x06\xd2\0\0\1xy")), PROTOCOL_UNKNOWN);
	assert_int_equal(udp(BYTES("\xf1\x41\0\x15"
				   "VSTA\0\0\0\0\0\1\2\3ABCDE\0\0\0")),
			 PROTOCOL_UNKNOWN);
	assert_int_equal(udp(BYTES("\xf1\x55\0\0")), PROTOCOL_UNKNOWN);
}

static void test_dvrip(void **state)
{
	static const char login[] = "\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\xe8\x03\x04\0\0\0{ }\n";

	(void)state;
	assert_int_equal(tcp(BYTES(login)), PROTOCOL_DVRIP);
	assert_int_equal(udp(BYTES("\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\xfa\x05\0\0\0\0")),
			 PROTOCOL_DVRIP);
	assert_int_equal(udp(BYTES("\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0")),
			 PROTOCOL_UNKNOWN);
}

static void test_tuya(void **state)
{
	static const char frame[] = "\0\0\x55\xaa\0\0\0\1\0\0\0\x0a\0\0\0\x0a{}abcd\0\0\xaa\x55";
	static const char newer[] = "\0\0\x66\x99\0\0\0\0\0\1\0\0\0\x0a\0\0\0\x1c"
				    "twelve bytestag of sixteen b\0\0\x99\x66";

	(void)state;
	assert_int_equal(tcp(BYTES(frame)), PROTOCOL_TUYA);
	assert_int_equal(udp(BYTES(frame)), PROTOCOL_TUYA);
	assert_int_equal(tcp(BYTES(newer)), PROTOCOL_TUYA);
	assert_int_equal(udp(BYTES(newer)), PROTOCOL_TUYA);
	assert_int_equal(udp(bytes_of(frame, sizeof(frame) - 2)), PROTOCOL_UNKNOWN);
}

static void test_miio(void **state)
{
	uint8_t hello[48] = {0x21, 0x31, 0, 0x20};

	(void)state;
	memset(hello + 4, 0xff, 28);
	assert_int_equal(udp(bytes_of(hello, 32)), PROTOCOL_MIIO);
	assert_int_equal(udp(bytes_of(hello, 33)), PROTOCOL_UNKNOWN);
	memset(hello + 4, 0, 4);
	hello[3] = 48;
	assert_int_equal(tcp(bytes_of(hello, 48)), PROTOCOL_MIIO);
	hello[4] = 1;
	assert_int_equal(udp(bytes_of(hello, 48)), PROTOCOL_UNKNOWN);
}

static void test_stun(void **state)
{
	static const char request[] = "\0\1\0\0\x21\x12\xa4\x42"
				      "transaction.";
	static const char old[] = "\0\1\0\x08"
				  "sixteen bytes id\0\3\0\4\0\0\0\0";

	(void)state;
	assert_int_equal(udp(BYTES(request)), PROTOCOL_STUN);
	assert_int_equal(tcp(BYTES(request)), PROTOCOL_STUN);
	assert_int_equal(tcp(BYTES("\0\x14\0\1\0\0\x21\x12\xa4\x42"
				   "transaction.")),
			 PROTOCOL_STUN);
	assert_int_equal(udp(BYTES(old)), PROTOCOL_STUN);
	assert_int_equal(udp(BYTES("\0\1\0\x08"
				   "sixteen bytes id\0\x43\0\4\0\0\0\0")),
			 PROTOCOL_UNKNOWN);
	assert_int_equal(udp(BYTES("\0\1\0\4\x21\x12\xa4\x42"
				   "transaction.")),
			 PROTOCOL_UNKNOWN);
}

static void test_mqtt(void **state)
{
	(void)state;
	assert_int_equal(tcp(BYTES("\x10\x10\0\4MQTT\4\2\0\x3c\0\4abcd")), PROTOCOL_MQTT);
	assert_int_equal(tcp(BYTES("\x10\x11\0\4MQTT\5\2\0\x3c\0\0\4abcd")), PROTOCOL_MQTT);
	assert_int_equal(tcp(BYTES("\x10\x12\0\6MQIsdp\3\2\0\x3c\0\4abcd")), PROTOCOL_MQTT);
	assert_int_equal(tcp(BYTES("\x10\x10\0\4MQTX\4\2\0\x3c\0\4abcd")), PROTOCOL_UNKNOWN);
}

static void test_tunnels(void **state)
{
	uint8_t datagram[200] = {1};

	(void)state;
	memset(datagram + 4, 0x5a, sizeof(datagram) - 4);
	assert_int_equal(udp(bytes_of(datagram, 148)), PROTOCOL_WIREGUARD);
	assert_int_equal(udp(bytes_of(datagram, 149)), PROTOCOL_UNKNOWN);
	assert_int_equal(udp(BYTES("\x38"
				   "session.\0\0\0\0\0")),
			 PROTOCOL_OPENVPN);
	assert_int_equal(tcp(BYTES("\0\x0e\x38"
				   "session.\0\0\0\0\0")),
			 PROTOCOL_OPENVPN);
	/* With an HMAC of 20 bytes, packet id 1, a time. */
	assert_int_equal(udp(BYTES("\x38"
				   "session.twenty bytes of hmac\0\0\0\1time\0\0\0\0\0")),
			 PROTOCOL_OPENVPN);
	assert_int_equal(udp(BYTES("\x38"
				   "session.twenty bytes of hmac\0\0\0\7time\0\0\0\0\0")),
			 PROTOCOL_UNKNOWN);
}

static void test_datagrams(void **state)
{
	static const char ntp[48] = {0x1b};
	static const char dns[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\3com\0\0\1\0\1";
	static const char mdns[] = "\0\0\0\0\0\1\0\0\0\0\0\0\5_http\4_tcp\5local\0\0\x0c\0\1";
	static const char cert[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0"
				   "\1"
				   "2\x0d"
				   "dnscrypt-cert\1a\3com\0\0\x10\0\1";

	(void)state;
	assert_int_equal(udp(bytes_of(ntp, sizeof(ntp))), PROTOCOL_NTP);
	assert_int_equal(udp(BYTES("\x16\2\0\1\0\0\0\0\0\0\0\0")), PROTOCOL_NTP);
	assert_int_equal(udp(BYTES(dns)), PROTOCOL_DNS);
	assert_int_equal(tcp(BYTES("\0\x17\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\3com\0\0\1\0\1")),
			 PROTOCOL_DNS);
	assert_int_equal(udp(BYTES(mdns)), PROTOCOL_MDNS);
	assert_int_equal(udp(BYTES(cert)), PROTOCOL_DNSCRYPT);
	assert_int_equal(udp(BYTES("\x40\1\x12\x34\xbb.well-known\4core")), PROTOCOL_COAP);
	assert_int_equal(udp(BYTES("\x40\0\x12\x34")), PROTOCOL_COAP);
	assert_int_equal(udp(BYTES("\x40\1\x12\x34\xb9.well-known\4core")), PROTOCOL_UNKNOWN);
	assert_int_equal(udp(BYTES("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n")),
			 PROTOCOL_SSDP);
	assert_int_equal(udp(BYTES("OPTIONS sip:a@b SIP/2.0\r\n\r\n")), PROTOCOL_SIP);
	assert_int_equal(udp(BYTES("<13>Jan  1 00:00:00 x y: z")), PROTOCOL_SYSLOG);
	assert_int_equal(udp(BYTES("d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae1:q4:ping1:t2:aa1:y1:qe")),
			 PROTOCOL_BITTORRENT);
	assert_int_equal(udp(BYTES("\0\0\4\x17\x27\x10\x19\x80\0\0\0\0abcd")), PROTOCOL_BITTORRENT);
	assert_int_equal(tcp(BYTES("\x13"
				   "BitTorrent protocol")),
			 PROTOCOL_BITTORRENT);
}

static void test_dhcp_and_rtp(void **state)
{
	uint8_t dhcp[300] = {1, 1, 6};
	uint8_t rtp[172] = {0x80, 0, 0, 1};

	(void)state;
	memcpy(dhcp + 236, "\x63\x82\x53\x63", 4);
	assert_int_equal(udp(bytes_of(dhcp, sizeof(dhcp))), PROTOCOL_DHCP);
	assert_int_equal(udp(BYTES("\1abc\0\1\0\x0a\0\3\0\1\2\0\0\0\0\1\0\x06\0\2\0\x17")),
			 PROTOCOL_DHCP);
	assert_int_equal(udp(bytes_of(rtp, sizeof(rtp))), PROTOCOL_RTP);
	assert_int_equal(udp(bytes_of(rtp, sizeof(rtp) - 1)), PROTOCOL_UNKNOWN);
	assert_int_equal(udp(BYTES("\x80\xc9\0\1ssrc\x81\xca\0\2ssrc\1\1x\0")), PROTOCOL_RTP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kalay),     cmocka_unit_test(test_pppp),
		cmocka_unit_test(test_dvrip),     cmocka_unit_test(test_tuya),
		cmocka_unit_test(test_miio),      cmocka_unit_test(test_stun),
		cmocka_unit_test(test_mqtt),      cmocka_unit_test(test_tunnels),
		cmocka_unit_test(test_datagrams), cmocka_unit_test(test_dhcp_and_rtp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
