/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lookups through libmaxminddb. Values are fetched by path, never as whole
 * records: a hostile file may describe a record without end.
 *
 * The files are mapped. Somebody who writes over one in place makes the kernel
 * answer a lookup with SIGBUS; that is caught around every lookup and closes
 * the database until the next geo_open().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <maxminddb.h>

#include "system/geo.h"

struct database {
	MMDB_s mmdb;
	struct stat file; /* what was opened */
	bool mapped;
	struct geo_info info;
};

struct geo {
	struct database *databases[GEO_KINDS];
};

/* A signal handler has no context, so the place to return to is global. */
static sigjmp_buf guard;
static volatile sig_atomic_t guarded;

static void handle_bus_error(int signal_number)
{
	if (guarded)
		siglongjmp(guard, 1);
	signal(signal_number, SIG_DFL); /* not ours: it happens again and ends us */
}

static void catch_bus_errors(void)
{
	struct sigaction action = {.sa_handler = handle_bus_error, .sa_flags = SA_NODEFER};

	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
}

struct geo *geo_new(void)
{
	struct geo *geo = calloc(1, sizeof(*geo));

	if (!geo)
		return NULL;
	for (unsigned i = 0; i < GEO_KINDS; i++) {
		geo->databases[i] = calloc(1, sizeof(*geo->databases[i]));
		if (!geo->databases[i]) {
			geo_free(geo);
			return NULL;
		}
	}
	return geo;
}

static void close_database(struct database *database)
{
	if (database->mapped)
		MMDB_close(&database->mmdb);
	memset(database, 0, sizeof(*database));
}

void geo_free(struct geo *geo)
{
	if (!geo)
		return;
	for (unsigned i = 0; i < GEO_KINDS; i++) {
		if (geo->databases[i])
			close_database(geo->databases[i]);
		free(geo->databases[i]);
	}
	free(geo);
}

static bool is_unchanged(const struct database *database, const char *path,
			 const struct stat *status)
{
	return database->info.open && strcmp(database->info.path, path) == 0 &&
	       database->file.st_ino == status->st_ino && database->file.st_dev == status->st_dev &&
	       database->file.st_size == status->st_size &&
	       database->file.st_mtim.tv_sec == status->st_mtim.tv_sec &&
	       database->file.st_mtim.tv_nsec == status->st_mtim.tv_nsec;
}

/* NULL: it is open. */
static const char *map_database(struct database *database, const char *path)
{
	const char *type;
	int error;

	catch_bus_errors();
	if (sigsetjmp(guard, 0)) {
		guarded = 0;
		return "the file became shorter while it was read";
	}
	guarded = 1;
	error = MMDB_open(path, MMDB_MODE_MMAP, &database->mmdb);
	guarded = 0;
	if (error == MMDB_IO_ERROR)
		return strerror(errno);
	if (error != MMDB_SUCCESS)
		return MMDB_strerror(error);
	database->mapped = true;
	type = database->mmdb.metadata.database_type;
	snprintf(database->info.type, sizeof(database->info.type), "%s", type ? type : "");
	database->info.built = database->mmdb.metadata.build_epoch > INT32_MAX * 2ull
				       ? 0
				       : (time_t)database->mmdb.metadata.build_epoch;
	return NULL;
}

bool geo_open(struct geo *geo, enum geo_kind kind, const char *path, char *error, size_t error_size)
{
	struct database *database = geo->databases[kind];
	struct stat status;
	const char *reason = NULL;

	if (!path) {
		close_database(database);
		return true;
	}
	if (stat(path, &status) < 0)
		reason = strerror(errno);
	else if (!S_ISREG(status.st_mode))
		reason = "it is not a file";
	else if (is_unchanged(database, path, &status))
		return true;
	close_database(database);
	snprintf(database->info.path, sizeof(database->info.path), "%s", path);
	if (!reason)
		reason = map_database(database, path);
	if (reason) {
		snprintf(database->info.error, sizeof(database->info.error), "%s", reason);
		snprintf(error, error_size, "%s: %s", path, reason);
		return false;
	}
	database->file = status;
	database->info.size = (uint64_t)status.st_size;
	database->info.open = true;
	return true;
}

void geo_info(const struct geo *geo, enum geo_kind kind, struct geo_info *ret_info)
{
	*ret_info = geo->databases[kind]->info;
}

static bool is_nowhere(const struct address *address)
{
	switch (address_scope(address)) {
	case SCOPE_GLOBAL:
		return address->family == ADDRESS_NONE;
	case SCOPE_PRIVATE:
	case SCOPE_LINK_LOCAL:
	case SCOPE_LOOPBACK:
	case SCOPE_MULTICAST:
	case SCOPE_UNSPECIFIED:
		return true;
	}
	return true;
}

static void fill_socket_address(const struct address *address, struct sockaddr_storage *storage)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	memset(storage, 0, sizeof(*storage));
	if (address->family == ADDRESS_IPV4) {
		memcpy(&in.sin_addr, address->bytes, 4);
		memcpy(storage, &in, sizeof(in));
	} else {
		memcpy(&in6.sin6_addr, address->bytes, 16);
		memcpy(storage, &in6, sizeof(in6));
	}
}

/* What a lookup wants from a record; called with the guard up. */
typedef void read_record(MMDB_lookup_result_s *record, void *context);

static void count_failure(struct database *database)
{
	if (database->info.records_failed < UINT_MAX)
		database->info.records_failed++;
}

static bool covers(const struct database *database, const struct address *address)
{
	if (!database->info.open)
		return false;
	return address->family == ADDRESS_IPV4 || database->mmdb.metadata.ip_version == 6;
}

/* False: no database covers the address. A record that is not there is not read. */
static bool look_up(struct database *database, const struct address *given, read_record *read,
		    void *context)
{
	struct address address = address_unmapped(given);
	struct sockaddr_storage storage;
	MMDB_lookup_result_s record;
	int error = MMDB_SUCCESS;

	if (is_nowhere(&address) || !covers(database, &address))
		return false;
	fill_socket_address(&address, &storage);
	if (sigsetjmp(guard, 0)) {
		guarded = 0;
		database->info.open = false;
		snprintf(database->info.error, sizeof(database->info.error),
			 "the file was written over in place");
		return false;
	}
	guarded = 1;
	record = MMDB_lookup_sockaddr(&database->mmdb, (const struct sockaddr *)&storage, &error);
	if (error != MMDB_SUCCESS)
		count_failure(database);
	else if (record.found_entry)
		read(&record, context);
	guarded = 0;
	return true;
}

/* The value at a path of the record, if it is there and of that type. */
static bool get_value(MMDB_lookup_result_s *record, const char *const *path, uint32_t type,
		      MMDB_entry_data_s *ret_value)
{
	MMDB_entry_data_s value;

	if (MMDB_aget_value(&record->entry, &value, path) != MMDB_SUCCESS || !value.has_data ||
	    value.type != type)
		return false;
	*ret_value = value;
	return true;
}

static const char *const country_paths[][3] = {
	{"country_code", NULL},
	{"country", "iso_code", NULL},
	{"country", NULL},
	{"registered_country", "iso_code", NULL},
};

static void read_country(MMDB_lookup_result_s *record, void *context)
{
	country *ret_country = context;
	MMDB_entry_data_s value;

	for (size_t i = 0; i < sizeof(country_paths) / sizeof(country_paths[0]); i++) {
		country code;

		if (!get_value(record, country_paths[i], MMDB_DATA_TYPE_UTF8_STRING, &value) ||
		    value.data_size != 2)
			continue;
		code = country_from_letters(value.utf8_string[0], value.utf8_string[1]);
		if (code != COUNTRY_UNKNOWN) {
			*ret_country = code;
			return;
		}
	}
}

bool geo_country(const struct geo *geo, const struct address *address, country *ret_country)
{
	country code = COUNTRY_UNKNOWN;

	if (!look_up(geo->databases[GEO_COUNTRY], address, read_country, &code))
		return false;
	*ret_country = code;
	return true;
}

static const char *const asn_paths[][2] = {
	{"autonomous_system_number", NULL},
	{"asn", NULL},
};

/* "AS64500" or "64500"; 0: neither. */
static uint32_t parse_asn(const char *text, size_t len)
{
	uint64_t number = 0;

	if (len > 2 && (text[0] | 0x20) == 'a' && (text[1] | 0x20) == 's') {
		text += 2;
		len -= 2;
	}
	if (len == 0 || len > 10)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		number = number * 10 + (uint64_t)(text[i] - '0');
	}
	return number > UINT32_MAX ? 0 : (uint32_t)number;
}

static uint32_t asn_of(const MMDB_entry_data_s *value)
{
	switch (value->type) {
	case MMDB_DATA_TYPE_UINT16:
		return value->uint16;
	case MMDB_DATA_TYPE_UINT32:
		return value->uint32;
	case MMDB_DATA_TYPE_UINT64:
		return value->uint64 > UINT32_MAX ? 0 : (uint32_t)value->uint64;
	case MMDB_DATA_TYPE_INT32:
		return value->int32 < 0 ? 0 : (uint32_t)value->int32;
	case MMDB_DATA_TYPE_UTF8_STRING:
		return parse_asn(value->utf8_string, value->data_size);
	default: /* not an enum of ours */
		return 0;
	}
}

static void read_asn(MMDB_lookup_result_s *record, void *context)
{
	uint32_t *ret_asn = context;
	MMDB_entry_data_s value;

	for (size_t i = 0; i < sizeof(asn_paths) / sizeof(asn_paths[0]) && *ret_asn == 0; i++)
		if (MMDB_aget_value(&record->entry, &value, asn_paths[i]) == MMDB_SUCCESS &&
		    value.has_data)
			*ret_asn = asn_of(&value);
}

bool geo_asn(const struct geo *geo, const struct address *address, uint32_t *ret_asn)
{
	uint32_t asn = 0;

	if (!look_up(geo->databases[GEO_ASN], address, read_asn, &asn))
		return false;
	*ret_asn = asn;
	return true;
}

/* ---- all of it ---- */

static bool knows(MMDB_lookup_result_s *record, enum geo_kind kind)
{
	country code = COUNTRY_UNKNOWN;
	uint32_t asn = 0;

	if (kind == GEO_COUNTRY)
		read_country(record, &code);
	else
		read_asn(record, &asn);
	return code != COUNTRY_UNKNOWN || asn != 0;
}

/* One half of a node of the search tree; false: it leads nowhere. */
static bool count_half(enum geo_kind kind, uint8_t type, const MMDB_entry_s *entry,
		       struct geo_contents *contents)
{
	MMDB_lookup_result_s record = {.found_entry = true, .entry = *entry};

	if (type == MMDB_RECORD_TYPE_INVALID)
		return false;
	if (type == MMDB_RECORD_TYPE_DATA) {
		contents->networks++;
		contents->known += knows(&record, kind);
	}
	return true;
}

static bool count_all(const struct database *database, enum geo_kind kind,
		      struct geo_contents *contents)
{
	uint32_t count = database->mmdb.metadata.node_count;
	MMDB_search_node_s node;

	for (uint32_t i = 0; i < count; i++) {
		if (MMDB_read_node(&database->mmdb, i, &node) != MMDB_SUCCESS ||
		    !count_half(kind, node.left_record_type, &node.left_record_entry, contents) ||
		    !count_half(kind, node.right_record_type, &node.right_record_entry, contents))
			return false;
	}
	return true;
}

bool geo_read_all(const struct geo *geo, enum geo_kind kind, struct geo_contents *ret_contents)
{
	struct database *database = geo->databases[kind];
	struct geo_contents contents = {.built = database->info.built};
	bool good;

	if (!database->info.open)
		return false;
	if (sigsetjmp(guard, 0)) {
		guarded = 0;
		return false;
	}
	guarded = 1;
	good = count_all(database, kind, &contents);
	guarded = 0;
	if (good)
		*ret_contents = contents;
	return good;
}

/* ---- the record as text ---- */

struct description {
	char *text;
	size_t size, len;
	bool any;
};

static void describe_add(struct description *description, const char *text, size_t len)
{
	for (size_t i = 0; i < len && description->len + 1 < description->size; i++)
		description->text[description->len++] =
			(unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
	description->text[description->len] = 0;
}

static const char *const described_paths[][4] = {
	{"country_code", NULL},
	{"country", "iso_code", NULL},
	{"country", NULL},
	{"registered_country", "iso_code", NULL},
	{"country", "names", "en", NULL},
	{"country_name", NULL},
	{"autonomous_system_number", NULL},
	{"asn", NULL},
	{"autonomous_system_organization", NULL},
	{"as_name", NULL},
	{"as_domain", NULL},
	{"domain", NULL},
	{"name", NULL},
};

static void describe_value(struct description *description, const char *const *path,
			   const MMDB_entry_data_s *value)
{
	char number[16];

	describe_add(description, ", ", description->any ? 2 : 0);
	for (size_t i = 0; path[i]; i++) {
		describe_add(description, ".", i ? 1 : 0);
		describe_add(description, path[i], strlen(path[i]));
	}
	describe_add(description, " ", 1);
	if (value->type == MMDB_DATA_TYPE_UTF8_STRING) {
		describe_add(description, value->utf8_string,
			     value->data_size < 80 ? value->data_size : 80);
	} else {
		snprintf(number, sizeof(number), "%lu", (unsigned long)asn_of(value));
		describe_add(description, number, strlen(number));
	}
	description->any = true;
}

static void describe_record(MMDB_lookup_result_s *record, void *context)
{
	struct description *description = context;

	for (size_t i = 0; i < sizeof(described_paths) / sizeof(described_paths[0]); i++) {
		MMDB_entry_data_s value;

		if (MMDB_aget_value(&record->entry, &value, described_paths[i]) != MMDB_SUCCESS ||
		    !value.has_data)
			continue;
		if (value.type == MMDB_DATA_TYPE_UTF8_STRING || asn_of(&value) != 0)
			describe_value(description, described_paths[i], &value);
	}
}

bool geo_describe(const struct geo *geo, enum geo_kind kind, const struct address *address,
		  char *text, size_t size)
{
	char line[512];
	struct description description = {.text = line, .size = sizeof(line)};

	line[0] = 0;
	if (!look_up(geo->databases[kind], address, describe_record, &description) ||
	    !description.any)
		return false;
	snprintf(text, size, "%s", line);
	return true;
}
