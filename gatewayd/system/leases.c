/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Four kinds of lines, told apart by how they begin:
 *
 *	dnsmasq		EXPIRY MAC ADDRESS NAME CLIENT-ID
 *			EXPIRY IAID ADDRESS6 NAME DUID
 *	odhcpd		# INTERFACE MAC ipv4 NAME EXPIRY HEX 32 ADDRESS/32
 *			# INTERFACE DUID IAID NAME EXPIRY HEX LENGTH ADDRESS6/LENGTH...
 *	hosts		ADDRESS NAME...
 *	ethers		MAC NAME, or MAC ADDRESS
 *
 * A DUID made from a link-layer address (RFC 8415 sections 11.2 and 11.4)
 * holds the device's MAC; others do not, and such a lease names nobody unless
 * the neighbour table knows the address. Files are small, so each is read
 * whole; one that is not is left alone.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "system/leases.h"
#include "system/log.h"
#include "system/state.h"

#define FILES_MOST 32
#define FILE_MOST (1u << 20)
#define NEIGHBOURS_MOST 512
#define WORDS_MOST 16

static const char *const default_paths[] = {
	"/tmp/dhcp.leases",
	"/var/lib/misc/dnsmasq.leases",
	"/tmp/odhcpd.leases",
	"/tmp/hosts",
	/* Names that the owner gave; the second one is made by OpenWrt's init script. */
	"/etc/ethers",
	"/var/etc/gatewayd/ethers",
	NULL,
};

struct file {
	char path[256];
	struct stat status; /* st_ino 0: not read yet */
};

struct neighbour {
	struct address address;
	struct mac mac;
};

struct leases {
	const char *const *paths;
	struct file files[FILES_MOST];
	size_t file_count;
	struct neighbour neighbours[NEIGHBOURS_MOST];
	size_t neighbour_count, neighbour_next;
	bool neighbours_changed;
	bool changed; /* a file, in this poll: those after it have the last word again */
};

/* One poll. */
struct reading {
	struct leases *leases;
	leases_each *each;
	void *context;
};

struct leases *leases_new(const char *const *paths)
{
	struct leases *leases = calloc(1, sizeof(*leases));

	if (leases)
		leases->paths = paths ? paths : default_paths;
	return leases;
}

void leases_free(struct leases *leases)
{
	free(leases);
}

static struct neighbour *find_neighbour(struct leases *leases, const struct address *address)
{
	for (size_t i = 0; i < leases->neighbour_count; i++)
		if (address_equal(&leases->neighbours[i].address, address))
			return &leases->neighbours[i];
	return NULL;
}

void leases_learn_neighbour(struct leases *leases, const struct address *address,
			    const struct mac *mac)
{
	struct neighbour *neighbour = find_neighbour(leases, address);

	if (neighbour && mac_equal(&neighbour->mac, mac))
		return;
	if (!neighbour) {
		/* The oldest gives way. */
		neighbour = &leases->neighbours[leases->neighbour_next];
		leases->neighbour_next = (leases->neighbour_next + 1) % NEIGHBOURS_MOST;
		if (leases->neighbour_count < NEIGHBOURS_MOST)
			leases->neighbour_count++;
	}
	neighbour->address = *address;
	neighbour->mac = *mac;
	leases->neighbours_changed = true;
}

/* ---- one line ---- */

static bool is_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

/* What is left of a name that a device gave itself; "*" and "-" mean none. */
static void clean_name(const char *word, char name[static 64])
{
	size_t len = 0;

	if (strncmp(word, "broken\\x20", 10) == 0)
		word += 10;
	if (strcmp(word, "*") == 0 || strcmp(word, "-") == 0)
		word = "";
	for (; *word && len < 63; word++)
		if (is_name_character(*word))
			name[len++] = *word;
	name[len] = 0;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hexadecimal with or without colons; the number of bytes, 0: it is not. */
static size_t parse_hex(const char *text, uint8_t *bytes, size_t size)
{
	bool colons = strchr(text, ':') != NULL;
	size_t len = 0;

	while (*text) {
		int high = digit(text[0]), low;

		if (high < 0 || len == size)
			return 0;
		/* ether_ntoa() of glibc leaves out leading zeros. */
		if (colons && (text[1] == ':' || text[1] == 0)) {
			bytes[len++] = (uint8_t)high;
			text += 1;
		} else {
			low = digit(text[1]);
			if (low < 0)
				return 0;
			bytes[len++] = (uint8_t)(high << 4 | low);
			text += 2;
		}
		if (*text == ':' && text[1])
			text++;
	}
	return len;
}

static bool parse_mac(const char *text, struct mac *ret_mac)
{
	uint8_t bytes[6];

	if (parse_hex(text, bytes, sizeof(bytes)) != 6)
		return false;
	memcpy(ret_mac->bytes, bytes, 6);
	return true;
}

/* RFC 8415 sections 11.2 (DUID-LLT) and 11.4 (DUID-LL), both for Ethernet. */
static bool parse_duid(const char *text, struct mac *ret_mac)
{
	uint8_t bytes[130];
	struct cursor cursor = cursor_on(bytes_of(bytes, parse_hex(text, bytes, sizeof(bytes))));
	uint16_t type = cursor_u16(&cursor);
	uint16_t hardware = cursor_u16(&cursor);
	struct bytes mac;

	if (hardware != 1 || (type != 1 && type != 3))
		return false;
	if (type == 1)
		cursor_skip(&cursor, 4);
	mac = cursor_take(&cursor, 6);
	if (!cursor_done(&cursor))
		return false;
	memcpy(ret_mac->bytes, mac.data, 6);
	return true;
}

static void give(const struct reading *reading, const struct mac *mac, const char *address,
		 const char *name)
{
	struct lease lease = {0};
	const struct neighbour *neighbour;
	char text[64];

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(address, "/"), address);
	if (!address_parse(text, &lease.address))
		return;
	if (mac) {
		lease.mac = *mac;
	} else {
		neighbour = find_neighbour(reading->leases, &lease.address);
		if (!neighbour)
			return;
		lease.mac = neighbour->mac;
	}
	if (mac_is_zero(&lease.mac))
		return;
	clean_name(name, lease.hostname);
	reading->each(reading->context, &lease);
}

static void read_odhcpd(const struct reading *reading, char *const *words, size_t count)
{
	struct mac mac;
	const struct mac *known = NULL;

	if (count < 9)
		return;
	if (strcmp(words[3], "ipv4") == 0 ? parse_mac(words[2], &mac) : parse_duid(words[2], &mac))
		known = &mac;
	for (size_t i = 8; i < count; i++)
		give(reading, known, words[i], words[4]);
}

static void read_dnsmasq(const struct reading *reading, char *const *words, size_t count)
{
	struct mac mac;
	const struct mac *known = NULL;

	if (count < 4)
		return;
	/* A MAC of another kind of network than Ethernet is written "06-...". */
	if (parse_mac(words[1], &mac) || (count > 4 && parse_duid(words[4], &mac)))
		known = &mac;
	give(reading, known, words[2], words[3]);
}

static void read_ethers(const struct reading *reading, const struct mac *mac, const char *word)
{
	struct lease lease = {.mac = *mac};

	if (address_parse(word, &lease.address)) {
		give(reading, mac, word, "");
		return;
	}
	clean_name(word, lease.hostname);
	if (lease.hostname[0] && !mac_is_zero(mac))
		reading->each(reading->context, &lease);
}

static void read_line(const struct reading *reading, char *line)
{
	char *words[WORDS_MOST], *rest = NULL;
	struct address address;
	struct mac mac;
	size_t count = 0;

	for (char *word = strtok_r(line, " \t\r", &rest); word && count < WORDS_MOST;
	     word = strtok_r(NULL, " \t\r", &rest))
		words[count++] = word;
	if (count < 2 || strcmp(words[0], "duid") == 0)
		return;
	if (strcmp(words[0], "#") == 0)
		read_odhcpd(reading, words, count);
	else if (address_parse(words[0], &address))
		give(reading, NULL, words[0], words[1]);
	else if (strchr(words[0], ':') && parse_mac(words[0], &mac))
		read_ethers(reading, &mac, words[1]);
	else
		read_dnsmasq(reading, words, count);
}

/* ---- files ---- */

static void read_file(const struct reading *reading, const char *path)
{
	char *text, *rest = NULL;
	size_t len;

	if (state_load(path, FILE_MOST, &text, &len) < 0) {
		log_debug("leases", "%s cannot be read", path);
		return;
	}
	for (size_t i = 0; i < len; i++)
		if (text[i] == 0)
			text[i] = ' ';
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		read_line(reading, line);
	free(text);
}

static struct file *find_file(struct leases *leases, const char *path)
{
	struct file *file;

	for (size_t i = 0; i < leases->file_count; i++)
		if (strcmp(leases->files[i].path, path) == 0)
			return &leases->files[i];
	if (leases->file_count == FILES_MOST || strlen(path) >= sizeof(file->path))
		return NULL;
	file = &leases->files[leases->file_count++];
	memset(file, 0, sizeof(*file));
	snprintf(file->path, sizeof(file->path), "%s", path);
	return file;
}

static void poll_file(const struct reading *reading, const char *path, const struct stat *status)
{
	struct file *file = find_file(reading->leases, path);

	if (!file)
		return;
	if (!reading->leases->neighbours_changed && !reading->leases->changed &&
	    file->status.st_ino == status->st_ino && file->status.st_size == status->st_size &&
	    file->status.st_mtim.tv_sec == status->st_mtim.tv_sec &&
	    file->status.st_mtim.tv_nsec == status->st_mtim.tv_nsec)
		return;
	file->status = *status;
	reading->leases->changed = true;
	read_file(reading, path);
}

static void poll_folder(const struct reading *reading, const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	struct stat status;
	char name[512];

	if (!folder)
		return;
	while ((entry = readdir(folder))) {
		if (strncmp(entry->d_name, "odhcpd", 6) != 0 ||
		    (size_t)snprintf(name, sizeof(name), "%s/%s", path, entry->d_name) >=
			    sizeof(name))
			continue;
		if (stat(name, &status) == 0 && S_ISREG(status.st_mode))
			poll_file(reading, name, &status);
	}
	closedir(folder);
}

void leases_poll(struct leases *leases, leases_each *each, void *context)
{
	struct reading reading = {leases, each, context};
	struct stat status;

	for (size_t i = 0; leases->paths[i]; i++) {
		if (stat(leases->paths[i], &status) < 0)
			continue;
		if (S_ISDIR(status.st_mode))
			poll_folder(&reading, leases->paths[i]);
		else if (S_ISREG(status.st_mode))
			poll_file(&reading, leases->paths[i], &status);
	}
	leases->neighbours_changed = false;
	leases->changed = false;
}
