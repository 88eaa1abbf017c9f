/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What devices say of themselves: DHCP, multicast DNS, SSDP. */
#include "tests/unit/support/check.h"

#include "base/writer.h"
#include "decode/dns.h"
#include "decode/traits.h"

#define TEXT(text) bytes_of(text, sizeof(text) - 1)

static const struct mac phone = {{0x02, 1, 2, 3, 4, 5}};
static const struct mac other = {{0x02, 1, 2, 3, 4, 6}};

/* From an exact copy, so that a sanitizer sees a read of one byte too many. */
static bool reads(uint16_t port, struct bytes payload, struct traits *ret_traits)
{
	struct bytes copy = block_copy(payload.data, payload.len);
	bool found = traits_read(port, copy, &phone, ret_traits);

	block_free(copy);
	return found;
}

static void assert_shown(const char *text)
{
	assert_true(strlen(text) < TRAITS_TEXT_SIZE);
	for (; *text; text++)
		assert_true((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void assert_sane(const struct traits *traits)
{
	assert_shown(traits->hostname);
	assert_shown(traits->vendor_class);
	assert_shown(traits->instance);
	assert_shown(traits->model);
	assert_shown(traits->serial);
	assert_shown(traits->server);
	assert_true(traits->parameter_count <= TRAITS_PARAMETERS_MOST);
	assert_true(traits->service_count <= TRAITS_SERVICES_MOST);
	for (unsigned i = 0; i < traits->service_count; i++)
		assert_shown(traits->services[i]);
}

/* Every beginning of a message, and each of its bytes changed. */
static void mangle(uint16_t port, struct bytes message)
{
	uint8_t copy[1024];
	struct traits traits;

	assert_true(message.len <= sizeof(copy));
	for (size_t n = 0; n < message.len; n++)
		if (reads(port, bytes_of(message.data, n), &traits))
			assert_sane(&traits);
	for (size_t i = 0; i < message.len; i++) {
		memcpy(copy, message.data, message.len);
		for (unsigned bit = 0; bit < 8; bit++) {
			copy[i] = message.data[i] ^ (uint8_t)(1u << bit);
			if (reads(port, bytes_of(copy, message.len), &traits))
				assert_sane(&traits);
		}
	}
}

/* ---- DHCP ---- */

static struct writer begin_dhcp(uint8_t *room, size_t size, const struct mac *client)
{
	struct writer writer = writer_on(room, size);

	writer_u32(&writer, 0x01010600);
	writer_u32(&writer, 0xdeadbeef);
	writer_fill(&writer, 0, 20);
	writer_put(&writer, client->bytes, 6);
	writer_fill(&writer, 0, 10 + 64 + 128);
	writer_u32(&writer, 0x63825363);
	writer_put(&writer, "\x35\x01\x01", 3); /* discover */
	return writer;
}

static void put_option(struct writer *writer, uint8_t code, struct bytes value)
{
	writer_u8(writer, code);
	writer_u8(writer, (uint8_t)value.len);
	writer_bytes_put(writer, value);
}

static void test_dhcp(void **state)
{
	uint8_t room[1024];
	struct writer writer = begin_dhcp(room, sizeof(room), &phone);
	struct traits traits;

	(void)state;
	writer_u8(&writer, 0);
	put_option(&writer, 12, TEXT("Anna's phone"));
	put_option(&writer, 55, TEXT("\1\3\6\17\32"));
	put_option(&writer, 60, TEXT("android-dhcp-13\0"));
	put_option(&writer, 81, TEXT("\4\0\0\3abc\0"));
	writer_u8(&writer, 255);
	writer_text(&writer, "\x0c\x05wrong");
	assert_true(reads(TRAITS_DHCP, writer_bytes(&writer), &traits));
	/* What people's names of devices hold and host names do not is left out. */
	assert_string_equal(traits.hostname, "Annasphone");
	assert_string_equal(traits.vendor_class, "android-dhcp-13");
	assert_bytes(bytes_of(traits.parameters, traits.parameter_count), "\1\3\6\17\32", 5);
	assert_false(traits.second_hand);
	mangle(TRAITS_DHCP, writer_bytes(&writer));
}

static void test_dhcp_fqdn(void **state)
{
	uint8_t room[1024];
	struct writer writer = begin_dhcp(room, sizeof(room), &phone);
	struct traits traits;

	(void)state;
	put_option(&writer, 81, TEXT("\4\0\0\6office\4home\0"));
	assert_true(reads(TRAITS_DHCP, writer_bytes(&writer), &traits));
	assert_string_equal(traits.hostname, "office");
	writer = begin_dhcp(room, sizeof(room), &phone);
	put_option(&writer, 81, TEXT("\0\0\0office.home"));
	assert_true(reads(TRAITS_DHCP, writer_bytes(&writer), &traits));
	assert_string_equal(traits.hostname, "office");
	/* A label longer than what is there. */
	writer = begin_dhcp(room, sizeof(room), &phone);
	put_option(&writer, 81, TEXT("\4\0\0\100office"));
	assert_false(reads(TRAITS_DHCP, writer_bytes(&writer), &traits));
}

static void test_dhcp_of_others(void **state)
{
	uint8_t room[1024];
	struct writer writer = begin_dhcp(room, sizeof(room), &other);
	struct traits traits;

	(void)state;
	put_option(&writer, 12, TEXT("tv"));
	/* A repeater passes on what another device asked. */
	assert_false(reads(TRAITS_DHCP, writer_bytes(&writer), &traits));
	/* Nothing that is wanted, an option cut short, a reply, another cookie. */
	writer = begin_dhcp(room, sizeof(room), &phone);
	assert_false(reads(TRAITS_DHCP, writer_bytes(&writer), &traits));
	writer_put(&writer, "\x0c\x09tv", 4);
	assert_false(reads(TRAITS_DHCP, writer_bytes(&writer), &traits));
	writer = begin_dhcp(room, sizeof(room), &phone);
	put_option(&writer, 12, TEXT("tv"));
	assert_true(reads(TRAITS_DHCP, writer_bytes(&writer), &traits));
	room[0] = 2;
	assert_false(reads(TRAITS_DHCP, writer_bytes(&writer), &traits));
	room[0] = 1;
	room[236] ^= 1;
	assert_false(reads(TRAITS_DHCP, writer_bytes(&writer), &traits));
	/* The same bytes on another port are something else. */
	assert_false(reads(68, writer_bytes(&writer), &traits));
}

static void test_dhcp_long_lists(void **state)
{
	static const uint8_t many[200] = {1, 3, 6};
	uint8_t room[1024];
	struct writer writer = begin_dhcp(room, sizeof(room), &phone);
	struct traits traits;

	(void)state;
	put_option(&writer, 55, bytes_of(many, sizeof(many)));
	put_option(&writer, 60, bytes_of(many, sizeof(many)));
	assert_true(reads(TRAITS_DHCP, writer_bytes(&writer), &traits));
	assert_int_equal(traits.parameter_count, TRAITS_PARAMETERS_MOST);
	assert_sane(&traits);
}

static void test_dhcpv6(void **state)
{
	static const char solicit[] = "\1\xab\xcd\xef"
				      "\0\x10\0\x0e\0\0\1\x37\0\x08MSFT 5.0"
				      "\0\x27\0\x09\0\6office\0"
				      "\0\1\0\2xx";
	struct traits traits;

	(void)state;
	assert_true(reads(TRAITS_DHCPV6, TEXT(solicit), &traits));
	assert_string_equal(traits.hostname, "office");
	assert_string_equal(traits.vendor_class, "MSFT 5.0");
	assert_true(traits.second_hand);
	mangle(TRAITS_DHCPV6, TEXT(solicit));
	/* From a server, and from a relay. */
	assert_false(reads(TRAITS_DHCPV6, TEXT("\2\xab\xcd\xef\0\x27\0\4\0\2ab"), &traits));
	assert_false(reads(TRAITS_DHCPV6, TEXT("\x0c\xab\xcd\xef\0\x27\0\4\0\2ab"), &traits));
}

/* ---- multicast DNS ---- */

static struct writer begin_mdns(uint8_t *room, size_t size, uint16_t flags, uint16_t answers)
{
	struct writer writer = writer_on(room, size);

	writer_u16(&writer, 0);
	writer_u16(&writer, flags);
	writer_u16(&writer, 0);
	writer_u16(&writer, answers);
	writer_u32(&writer, 0);
	return writer;
}

/* The name in wire format, the data as it is. */
static void put_record(struct writer *writer, struct bytes name, uint16_t type, struct bytes data)
{
	writer_bytes_put(writer, name);
	writer_u16(writer, type);
	writer_u16(writer, 0x8001); /* IN, and forget the old ones */
	writer_u32(writer, 120);
	writer_u16(writer, (uint16_t)data.len);
	writer_bytes_put(writer, data);
}

#define HAP TEXT("\4_hap\4_tcp\5local\0")

static struct bytes lamp(uint8_t *room, size_t size, uint16_t flags)
{
	struct writer writer = begin_mdns(room, size, flags, 4);

	put_record(&writer, HAP, DNS_TYPE_PTR, TEXT("\7L\303\244mpli\xc0\x0c"));
	/* The name of the first record's data. */
	put_record(&writer, TEXT("\xc0\x27"), DNS_TYPE_SRV, TEXT("\0\0\0\0\0\x50\4lamp\5local\0"));
	put_record(&writer, TEXT("\xc0\x27"), DNS_TYPE_TXT,
		   TEXT("\4ci=5\7md=LX-1\x14id=AA:BB:CC:DD:EE:FF\3sf=1"));
	put_record(&writer, TEXT("\4lamp\5local\0"), DNS_TYPE_A, TEXT("\300\0\2\12"));
	assert_true(writer_ok(&writer));
	return writer_bytes(&writer);
}

static void test_mdns(void **state)
{
	uint8_t room[1024];
	struct bytes message = lamp(room, sizeof(room), 0x8400);
	struct traits traits;

	(void)state;
	assert_true(reads(TRAITS_MDNS, message, &traits));
	assert_string_equal(traits.instance, "L\303\244mpli");
	assert_string_equal(traits.model, "LX-1");
	assert_string_equal(traits.serial, "AA:BB:CC:DD:EE:FF");
	assert_string_equal(traits.hostname, "lamp");
	assert_int_equal(traits.service_count, 2);
	assert_string_equal(traits.services[0], "_hap._tcp");
	assert_string_equal(traits.services[1], "_hap._tcp ci=5");
	mangle(TRAITS_MDNS, message);
	/* A query holds what others said. */
	message = lamp(room, sizeof(room), 0x0000);
	assert_false(reads(TRAITS_MDNS, message, &traits));
}

static void test_mdns_lists(void **state)
{
	uint8_t room[1024];
	struct writer writer = begin_mdns(room, sizeof(room), 0x8400, 3);
	struct traits traits;

	(void)state;
	/* The list of all services, a sub-type, and a record that is taken back. */
	put_record(&writer, TEXT("\x09_services\7_dns-sd\4_udp\5local\0"), DNS_TYPE_PTR,
		   TEXT("\4_ipp\4_tcp\5local\0"));
	put_record(&writer, TEXT("\6_color\4_sub\5_ipps\4_tcp\5local\0"), DNS_TYPE_PTR,
		   TEXT("\1x\5_ipps\4_tcp\5local\0"));
	writer_bytes_put(&writer, HAP);
	writer_put(&writer, "\0\x0c\0\1\0\0\0\0\0\2\xc0\x0c", 12);
	assert_true(reads(TRAITS_MDNS, writer_bytes(&writer), &traits));
	assert_int_equal(traits.service_count, 1);
	assert_string_equal(traits.services[0], "_ipp._tcp");
	assert_string_equal(traits.instance, "");
}

/* Pointers that go forward or to themselves end the reading. */
static void test_mdns_pointers(void **state)
{
	uint8_t room[1024];
	struct writer writer = begin_mdns(room, sizeof(room), 0x8400, 2);
	struct traits traits;

	(void)state;
	put_record(&writer, HAP, DNS_TYPE_PTR, TEXT("\1a\xc0\x0c"));
	put_record(&writer, TEXT("\xc0\x2b"), DNS_TYPE_TXT, TEXT("\7md=LX-1"));
	assert_true(reads(TRAITS_MDNS, writer_bytes(&writer), &traits));
	assert_string_equal(traits.model, "");
	assert_int_equal(traits.service_count, 1);
}

/* ---- SSDP ---- */

static void test_ssdp(void **state)
{
	static const char alive[] = "NOTIFY * HTTP/1.1\r\n"
				    "HOST: 239.255.255.250:1900\r\n"
				    "Location: http://192.0.2.7/d.xml\r\n"
				    "NT: urn:schemas-upnp-org:device:MediaRenderer:1\r\n"
				    "NTS: ssdp:alive\r\n"
				    "server:  Linux/4.9 UPnP/1.0 Tel\x01ly/2\r\n"
				    "USN: uuid:1234-5678::urn:schemas-upnp-org:device:Media\r\n"
				    "\r\n";
	struct traits traits;
	char text[sizeof(alive)];

	(void)state;
	assert_true(reads(TRAITS_SSDP, TEXT(alive), &traits));
	assert_int_equal(traits.service_count, 1);
	assert_string_equal(traits.services[0], "urn:schemas-upnp-org:device:MediaRenderer:1");
	assert_string_equal(traits.server, "Linux/4.9 UPnP/1.0 Tel?ly/2");
	assert_string_equal(traits.serial, "1234-5678");
	mangle(TRAITS_SSDP, TEXT(alive));
	/* One that goes, and one who looks for something. */
	memcpy(text, alive, sizeof(text));
	memcpy(strstr(text, "ssdp:alive"), "ssdp:bye!!", 10);
	assert_false(reads(TRAITS_SSDP, TEXT(text), &traits));
	assert_false(reads(TRAITS_SSDP,
			   TEXT("M-SEARCH * HTTP/1.1\r\nST: roku:ecp\r\nNTS: ssdp:alive\r\n\r\n"),
			   &traits));
	assert_false(
		reads(TRAITS_SSDP, TEXT("NOTIFY * HTTP/1.1\r\nNTS: ssdp:alive\r\n\r\n"), &traits));
}

/* ---- texts ---- */

static void test_cut(void **state)
{
	char text[TRAITS_TEXT_SIZE], expected[TRAITS_TEXT_SIZE], long_text[3 * TRAITS_TEXT_SIZE];

	(void)state;
	/* 62 letters and a character of two, three, four bytes: it is left out whole. */
	for (size_t width = 2; width <= 4; width++) {
		static const char *const wide[] = {"\303\244", "\342\202\254", "\360\237\230\200"};
		size_t letters = 64 - width;

		memset(long_text, 'a', letters);
		memcpy(long_text + letters, wide[width - 2], width);
		memset(expected, 'a', letters);
		expected[letters] = 0;
		traits_set_text(text, bytes_of(long_text, letters + width));
		assert_string_equal(text, expected);
	}
	/* It fits exactly: nothing is cut. */
	memset(long_text, 'a', 61);
	memcpy(long_text + 61, "\303\244", 2);
	traits_set_text(text, bytes_of(long_text, 63));
	assert_int_equal(strlen(text), 63);
	/* Not UTF-8 at all; nothing. */
	memset(long_text, 0x80, sizeof(long_text));
	traits_set_text(text, bytes_of(long_text, sizeof(long_text)));
	assert_int_equal(strlen(text), 63);
	traits_set_text(text, bytes_of(NULL, 0));
	assert_string_equal(text, "");
}

static void test_merge(void **state)
{
	struct traits all = {.hostname = "phone", .services = {"_a._tcp"}, .service_count = 1};
	struct traits dhcp = {.vendor_class = "x", .parameters = {1, 3}, .parameter_count = 2};
	struct traits mdns = {.hostname = "other",
			      .vendor_class = "y",
			      .services = {"_a._tcp", "_b._tcp"},
			      .service_count = 2,
			      .second_hand = true};
	char service[8] = "_0._tcp";

	(void)state;
	assert_true(traits_merge(&all, &dhcp));
	assert_false(traits_merge(&all, &dhcp));
	assert_true(traits_merge(&all, &mdns));
	assert_false(traits_merge(&all, &mdns));
	/* DHCP says best what its client is. */
	assert_string_equal(all.hostname, "phone");
	assert_string_equal(all.vendor_class, "x");
	assert_int_equal(all.service_count, 2);
	for (service[1] = '0'; service[1] <= '9'; service[1]++)
		traits_add_service(&all, service);
	assert_int_equal(all.service_count, TRAITS_SERVICES_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dhcp),           cmocka_unit_test(test_dhcp_fqdn),
		cmocka_unit_test(test_dhcp_of_others), cmocka_unit_test(test_dhcp_long_lists),
		cmocka_unit_test(test_dhcpv6),         cmocka_unit_test(test_mdns),
		cmocka_unit_test(test_mdns_lists),     cmocka_unit_test(test_mdns_pointers),
		cmocka_unit_test(test_ssdp),           cmocka_unit_test(test_cut),
		cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
