/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A compiled list from a file: refused, or asked without reading outside it. */
#include "policy/list.h"
#include "tests/fuzz/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct list_image *image)
{
	static const char *const names[] = {"a", "a.example", "x.a.b.c.d.e.f.example", "example"};
	static const char *const addresses[] = {"192.0.2.1", "255.255.255.255",
						"::", "2001:db8::1"};
	struct address address;
	struct list_hit hit;
	struct name name;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ENSURE(name_parse_text(names[i], &name));
		if (list_image_find(image, &name, &hit))
			ENSURE(hit.entry >= name.text && hit.entry < name.text + name.len);
	}
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		ENSURE(address_parse(addresses[i], &address));
		(void)list_image_contains_address(image, &address);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct list_image image;
	uint64_t checksum;
	uint8_t *copy;

	if (!list_image_open(bytes_of(data, size), NULL, &image))
		ask(&image);
	if (size < LIST_HEADER)
		return 0;
	/* What the checksum and the length would keep out, is asked, too. */
	copy = malloc(size);
	ENSURE(copy);
	memcpy(copy, data, size);
	for (unsigned i = 0; i < 8; i++)
		copy[16 + i] = (uint8_t)((uint64_t)size >> 8 * i);
	checksum =
		list_checksum(bytes_of(copy + LIST_CHECKED_FROM, size - LIST_CHECKED_FROM), NULL);
	for (unsigned i = 0; i < 8; i++)
		copy[24 + i] = (uint8_t)(checksum >> 8 * i);
	if (!list_image_open(bytes_of(copy, size), NULL, &image))
		ask(&image);
	free(copy);
	return 0;
}
