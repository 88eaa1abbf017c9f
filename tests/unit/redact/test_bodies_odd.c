/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bodies that are made so that the editor and the server read different things
 * in them. Each is cut at every place, and comes out without what was to go,
 * or is opaque from where it can be read in two ways.
 */
#include "tests/unit/support/keys.h"
#include "tests/unit/support/stream.h"

#include <stdio.h>

#define READ SIZE_MAX

/* opaque_at: in the body; READ: it can be read. Lengths are those of output. */
static void check(const char *type, const void *input, const char *output, size_t len,
		  size_t opaque_at)
{
	struct redact_plan plan = {keys, NULL, UINT32_MAX};
	uint8_t request[4096], edited[4096];
	int head = snprintf((char *)request, sizeof(request),
			    "POST / HTTP/1.1\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
			    type, len);
	size_t whole = (size_t)head + len;

	memcpy(request + head, input, len);
	for (size_t first = 1; first <= whole; first++) {
		struct streamed streamed;

		memcpy(edited, request, whole);
		streamed = stream_edit(&plan, edited, whole, first, first % 3 ? whole : 1);
		if (memcmp(edited + head, output, len) != 0)
			print_message("cut at %zu: %.*s\n", first, (int)len, edited + head);
		assert_memory_equal(edited + head, output, len);
		assert_int_equal(streamed.opaque, opaque_at != READ);
		if (streamed.opaque)
			assert_int_equal(streamed.opaque_at, (size_t)head + opaque_at);
	}
}

#define CLEAN(type, input, output)                                    \
	do {                                                          \
		assert_int_equal(sizeof(input), sizeof(output));      \
		check(type, input, output, sizeof(output) - 1, READ); \
	} while (0)
#define OPAQUE(type, before, after) \
	check(type, before after, before after, sizeof(before after) - 1, sizeof(before) - 1)

#define FORM "application/x-www-form-urlencoded"

/* What curl sends when nobody tells it the type. */
static void test_forms_that_are_none(void **state)
{
	(void)state;
	OPAQUE(FORM, "", "\x1f\x8b\x08\x00lat=48.1");
	OPAQUE(FORM, "",
	       "\x00l\x00"
	       "a\x00t\x00=\x00"
	       "4");
	OPAQUE(FORM, "a=1", "\x00lat=4");
	OPAQUE(FORM, "a=1", "\x7flat=4");
	OPAQUE(FORM, "a=", "\x80lat=4");
	OPAQUE(FORM, "a=\xc3", "&lat=4");
	/* Lines: the second is no part of a form. */
	OPAQUE(FORM, "a: b\n", "lat: 48.1\n");
	OPAQUE(FORM, "a=b\r\n", "lat=48.1");
	CLEAN(FORM, "a=b&lat=48.1\r\n", "a=b&lat=00x0\r\n");
	CLEAN(FORM, "owner: A. Smith\n", "owner:xxxxxxxxx\n");
	CLEAN(FORM, "x:lat=5&a:lat:5", "x:lat=5&a:lat:5");
}

static void test_form_keys(void **state)
{
	(void)state;
	/* Servers that make variables of keys drop spaces before them. */
	CLEAN(FORM, " lat=4&+lat=4&%20%20lat=4&lat%00=4", " lat=0&+lat=0&%20%20lat=0&lat%00=0");
	CLEAN(FORM, "lat[]=4&[lat]=4&a[b][lat]=4&lat[x][y]=4",
	      "lat[]=0&[lat]=0&a[b][lat]=0&lat[x][y]=0");
	CLEAN(FORM, "la%74=4&%6C%61t=4&L_A-T=4&a;lat=4", "la%74=0&%6C%61t=0&L_A-T=0&a;lat=0");
	CLEAN(FORM, "=4&&lat&lat==4=4&la%7=4&l%61%=4", "=4&&lat&lat=x0x0&la%7=4&l%61%=4");
	CLEAN(FORM, "owner=\xc3\x96x&a=\xe2\x82\xac", "owner=xxx&a=\xe2\x82\xac");
}

#define MULTIPART "multipart/form-data; boundary=b"
#define PART(disposition) "--b\r\nContent-Disposition: " disposition "\r\n"
#define END "\r\n--b--\r\n"

static void test_multipart_names(void **state)
{
	(void)state;
#define NAMED(disposition) \
	CLEAN(MULTIPART, PART(disposition) "\r\n48.1" END, PART(disposition) "\r\n    " END)
/* From the end of that line on. */
#define UNNAMED(disposition)                                                                 \
	check(MULTIPART, PART(disposition) "\r\n48.1" END, PART(disposition) "\r\n48.1" END, \
	      sizeof(PART(disposition) "\r\n48.1" END) - 1, sizeof(PART(disposition)) - 2)
	NAMED("form-data; name=\"lat\"");
	NAMED("form-data;name=lat");
	NAMED("Form-Data ;\tNAME=\"l%61t\" ;filename=\"C:\\x;y.jpg\"");
	NAMED("form-data; a=\"; name=\"; name=\"lat\"");
	NAMED("form-data; filename*=utf-8''x; name=\"x[lat]\";");
	UNNAMED("form-data; name = \"lat\"");
	UNNAMED("form-data; name=\"lat\\\"\"");
	UNNAMED("form-data; a=\"\\\"; name=\"lat\"");
	UNNAMED("form-data; name=\"a\"; name=\"lat\"");
	UNNAMED("form-data; name=\"a\"; name*=utf-8''lat");
	UNNAMED("form-data; name*0=\"l\"; name*1=\"at\"");
	UNNAMED("form-data, name=\"lat\"");
	UNNAMED("form-data; name=\"lat");
	UNNAMED("form-data; \"name\"=\"lat\"");
	UNNAMED("");
	/* A second one, and one with a space in its own name. */
	UNNAMED("form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"lat\"");
	UNNAMED("form-data; name=\"a\"\r\nContent-Disposition : form-data; name=\"lat\"");
#undef NAMED
#undef UNNAMED
}

/* Behind so much that there is no room for it. */
static void test_multipart_header_that_is_too_long(void **state)
{
	char body[1024], long_name[401];
	int len, head;

	(void)state;
	memset(long_name, 'x', 400);
	long_name[400] = 0;
	head = snprintf(body, sizeof(body),
			"--b\r\nContent-Disposition: form-data; filename=\"%s\"; name=\"lat\"\r",
			long_name);
	len = head + snprintf(body + head, sizeof(body) - (size_t)head, "\n\r\n48.137" END);
	check(MULTIPART, body, body, (size_t)len, (size_t)head);
	/* Headers that say nothing about the content may be as long as they like. */
	len = snprintf(body, sizeof(body), "--b\r\nX-Note: %s\r\n\r\nlatte" END, long_name);
	check(MULTIPART, body, body, (size_t)len, READ);
}

static void test_text(void **state)
{
	(void)state;
	/* A byte-order mark in the middle, as syslog has it, is no part of a key. */
	CLEAN("text/plain", "1 2 \xef\xbb\xbflat=4", "1 2 \xef\xbb\xbflat=0");
	CLEAN("text/plain", "1 \xef\xbf\xbdlat=4", "1 \xef\xbf\xbdlat=4");
}

#define XML(encoding) "<?xml version=\"1.0\" " encoding "?>"

static void test_xml_encodings(void **state)
{
	(void)state;
#define KNOWN(encoding) \
	CLEAN("text/xml", XML(encoding) "<a lat=\"4\"/>", XML(encoding) "<a lat=\" \"/>")
	KNOWN("");
	KNOWN("encoding=\"UTF-8\"");
	KNOWN("encoding = 'utf-8' standalone='yes'");
	KNOWN("encoding=\"iso-8859-15\"");
	KNOWN("encoding=\"Windows-1252\"");
	KNOWN("eencoding=\"us-ascii\"");
#undef KNOWN
	OPAQUE("text/xml", "<?xml version=\"1.0\" encoding=\"UTF-7", "\"?><a lat=\"4\"/>");
	OPAQUE("text/xml", "<?xml version=\"1.0\" encoding='utf", "'?><a lat=\"4\"/>");
	OPAQUE("text/xml", "<?xml encoding=", "x?><a lat=\"4\"/>");
	OPAQUE("text/xml", "<?xml encoding=\"utf-8?", "><a lat=\"4\"/>");
	OPAQUE("text/xml", "<a/><?xml encoding=\"utf-16", "\"?><a lat=\"4\"/>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms_that_are_none),
		cmocka_unit_test(test_form_keys),
		cmocka_unit_test(test_multipart_names),
		cmocka_unit_test(test_multipart_header_that_is_too_long),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_xml_encodings),
	};

	return cmocka_run_group_tests(tests, make_two_keys, free_keys);
}
