/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line is "HEX<tab>NAME": 6, 7 or 9 digits in upper case (MA-L, MA-M, MA-S),
 * sorted by byte; '#' begins a comment and sorts before all of them. The file
 * is searched with pread(), some fifteen for a name that somebody wants to
 * see, so it costs no memory and may be replaced at any time.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/vendor.h"

/* Lines are shorter than this, so a block that begins in one holds the next. */
#define LINE_MOST 128
#define BLOCK_SIZE (4 * LINE_MOST)

struct vendor {
	int fd;
};

struct vendor *vendor_open(const char *path)
{
	struct vendor *vendor = malloc(sizeof(*vendor));

	if (!vendor)
		return NULL;
	vendor->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (vendor->fd < 0) {
		free(vendor);
		return NULL;
	}
	return vendor;
}

void vendor_close(struct vendor *vendor)
{
	if (!vendor)
		return;
	close(vendor->fd);
	free(vendor);
}

static struct bytes read_block(const struct vendor *vendor, off_t at, uint8_t *block, size_t size)
{
	ssize_t n = pread(vendor->fd, block, size, at);

	return bytes_of(block, n > 0 ? (size_t)n : 0);
}

/* The line's key against another: as memcmp(), a shorter one first. */
static int compare_key(struct bytes line, const char *key, size_t key_len)
{
	const uint8_t *tab = memchr(line.data, '\t', line.len);
	size_t len = tab ? (size_t)(tab - line.data) : line.len;
	int order = memcmp(line.data, key, len < key_len ? len : key_len);

	return order ? order : len < key_len ? -1 : len > key_len;
}

/* The first whole line at or after an offset of the block. */
static bool next_line(struct bytes block, size_t *at, struct bytes *ret_line)
{
	const uint8_t *start = block.data + *at;
	const uint8_t *end = memchr(start, '\n', block.len - *at);

	if (!end)
		return false;
	*ret_line = bytes_of(start, (size_t)(end - start));
	*at += ret_line->len + 1;
	return true;
}

/* Where to look: no line that begins before is greater, and it is near. */
static off_t find_place(const struct vendor *vendor, off_t size, const char *key, size_t key_len)
{
	uint8_t data[2 * LINE_MOST];
	off_t low = 0, high = size;

	while (high - low > LINE_MOST) {
		off_t middle = low + (high - low) / 2;
		struct bytes block = read_block(vendor, middle, data, sizeof(data));
		struct bytes line;
		size_t at = 0;

		/* The first piece is the tail of a line that begins before. */
		if (!next_line(block, &at, &line) || middle + (off_t)at >= high) {
			high = middle;
			continue;
		}
		off_t begins = middle + (off_t)at;

		if (next_line(block, &at, &line) && compare_key(line, key, key_len) <= 0)
			low = begins;
		else
			high = middle;
	}
	return low;
}

static bool find_key(const struct vendor *vendor, off_t size, const char *key, size_t key_len,
		     char ret_name[static VENDOR_TEXT_SIZE])
{
	uint8_t data[BLOCK_SIZE];
	struct bytes block =
		read_block(vendor, find_place(vendor, size, key, key_len), data, sizeof(data));
	struct bytes line;

	for (size_t at = 0; next_line(block, &at, &line);) {
		size_t len;

		if (compare_key(line, key, key_len) != 0 || line.len <= key_len)
			continue;
		len = line.len - key_len - 1;
		if (len > VENDOR_TEXT_SIZE - 1)
			len = VENDOR_TEXT_SIZE - 1;
		if (len == 0)
			return false;
		memcpy(ret_name, line.data + key_len + 1, len);
		ret_name[len] = 0;
		return true;
	}
	return false;
}

bool vendor_find(const struct vendor *vendor, const struct mac *mac,
		 char ret_name[static VENDOR_TEXT_SIZE])
{
	static const size_t lengths[] = {9, 7, 6};
	struct stat status;
	char key[13];

	if (!vendor || mac_is_local(mac) || fstat(vendor->fd, &status) < 0)
		return false;
	snprintf(key, sizeof(key), "%02X%02X%02X%02X%02X%02X", mac->bytes[0], mac->bytes[1],
		 mac->bytes[2], mac->bytes[3], mac->bytes[4], mac->bytes[5]);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		if (find_key(vendor, status.st_size, key, lengths[i], ret_name))
			return true;
	return false;
}
