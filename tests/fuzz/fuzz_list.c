/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list's text: what comes of it is a good image that knows every entry it took. */
#include "policy/list.h"
#include "tests/fuzz/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct taken {
	const struct list_image *image;
	size_t names;
};

/* Each name that was read has an entry, whatever another says of it. */
static bool look_up(void *context, const struct name *name, unsigned scope, enum list_level level)
{
	struct taken *taken = context;
	struct name asked = *name;
	struct list_hit hit;

	(void)level;
	taken->names++;
	if (scope == LIST_BELOW) {
		if (name->len > NAME_TEXT_SIZE - 4)
			return true;
		memmove(asked.text + 2, name->text, name->len + 1u);
		memcpy(asked.text, "x.", 2);
		asked.len = (uint8_t)(name->len + 2);
	}
	ENSURE(list_image_find(taken->image, &asked, &hit));
	return true;
}

static bool look_up_prefix(void *context, const struct prefix *prefix)
{
	struct taken *taken = context;

	ENSURE(list_image_contains_address(taken->image, &prefix->address) ||
	       address_unmapped(&prefix->address).family != prefix->address.family);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = bytes_of(data, size);
	struct list_build *build = list_build_new(size);
	struct list_source source = {0, size, 0};
	struct list_image image;
	struct taken taken = {&image, 0};
	struct list_sink sink = {&taken, look_up, look_up_prefix};
	struct list_reader *reader;
	uint8_t *result;
	size_t len;

	ENSURE(build && list_build_feed(build, text));
	ENSURE(list_build_end(build, &source, &result, &len));
	ENSURE(!list_image_open(bytes_of(result, len), NULL, &image));
	reader = list_reader_new(image.format, &sink);
	ENSURE(reader);
	/* Cut otherwise, read the same. */
	ENSURE(list_reader_feed(reader, bytes_of(data, size / 3)));
	ENSURE(list_reader_feed(reader, bytes_of(data + size / 3, size - size / 3)));
	ENSURE(list_reader_end(reader));
	ENSURE(taken.names == image.counts.names);
	list_reader_free(reader);
	list_build_free(build);
	free(result);
	return 0;
}
