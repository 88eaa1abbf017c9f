/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _POSIX_C_SOURCE 200809L

#include "client/generated.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/state.h"

#define FILE_MOST (1u << 20)
#define HEADER                                                                             \
	"# Written by gatewayctl set and gatewayctl name, which read it back: one entry\n" \
	"# per line. Devices and policies of your own belong in other files of policy.d.\n"

/* ---- reading ---- */

struct reader {
	const char *text; /* what is left of the line */
	bool failed;
};

static void skip_spaces(struct reader *reader)
{
	while (*reader->text == ' ' || *reader->text == '\t')
		reader->text++;
}

static bool accept(struct reader *reader, const char *word)
{
	size_t len = strlen(word);

	skip_spaces(reader);
	if (strncmp(reader->text, word, len) != 0)
		return false;
	reader->text += len;
	return true;
}

static void expect(struct reader *reader, const char *word)
{
	if (!reader->failed && !accept(reader, word))
		reader->failed = true;
}

/* "value", with \" and \\ as the only escapes. */
static void expect_string(struct reader *reader, char *ret_value, size_t size)
{
	size_t at = 0;

	expect(reader, "\"");
	while (!reader->failed && *reader->text && *reader->text != '"') {
		if (*reader->text == '\\')
			reader->text++;
		if (!*reader->text || at + 1 >= size) {
			reader->failed = true;
			return;
		}
		ret_value[at++] = *reader->text++;
	}
	ret_value[at] = '\0';
	expect(reader, "\"");
}

/* key = "value"; */
static void expect_text(struct reader *reader, const char *key, char *ret_value, size_t size)
{
	expect(reader, key);
	expect(reader, "=");
	expect_string(reader, ret_value, size);
	expect(reader, ";");
}

/* mac = "..."; or mac = [ "...", "..." ]; */
static void expect_macs(struct reader *reader, struct generated_device *device)
{
	bool several;

	expect(reader, "mac");
	expect(reader, "=");
	several = accept(reader, "[");
	do {
		char mac[18];

		expect_string(reader, mac, sizeof(mac));
		if (reader->failed || !generated_add_mac(device, mac))
			reader->failed = true;
	} while (!reader->failed && several && accept(reader, ","));
	if (several)
		expect(reader, "]");
	expect(reader, ";");
}

static void expect_end(struct reader *reader)
{
	expect(reader, "}");
	(void)accept(reader, ",");
	skip_spaces(reader);
	if (*reader->text)
		reader->failed = true;
}

static bool read_device(struct generated *generated, const char *line)
{
	struct reader reader = {line, false};
	struct generated_device device = {.mac_count = 0};

	expect(&reader, "{");
	expect_text(&reader, "name", device.name, sizeof(device.name));
	expect_macs(&reader, &device);
	expect_text(&reader, "policy", device.policy, sizeof(device.policy));
	expect_end(&reader);
	if (reader.failed || generated->device_count == GENERATED_MOST)
		return false;
	generated->devices[generated->device_count++] = device;
	return true;
}

static bool read_assignment(struct generated *generated, const char *line)
{
	struct reader reader = {line, false};
	struct generated_assignment assignment;

	expect(&reader, "{");
	expect_text(&reader, "device", assignment.device, sizeof(assignment.device));
	expect_text(&reader, "policy", assignment.policy, sizeof(assignment.policy));
	expect_end(&reader);
	return !reader.failed && generated_assign(generated, assignment.device, assignment.policy);
}

enum section {
	SECTION_NONE,
	SECTION_DEVICES,
	SECTION_ASSIGN,
};

static bool read_line(struct generated *generated, const char *line, enum section *section)
{
	struct reader reader = {line, false};

	skip_spaces(&reader);
	if (!*reader.text || *reader.text == '#')
		return true;
	switch (*section) {
	case SECTION_NONE:
		if (!strcmp(reader.text, "devices = ("))
			*section = SECTION_DEVICES;
		else if (!strcmp(reader.text, "assign = ("))
			*section = SECTION_ASSIGN;
		else
			return false;
		return true;
	case SECTION_DEVICES:
	case SECTION_ASSIGN:
		if (!strcmp(reader.text, ");")) {
			*section = SECTION_NONE;
			return true;
		}
		return *section == SECTION_DEVICES ? read_device(generated, line)
						   : read_assignment(generated, line);
	}
	return false;
}

static bool read_text(struct generated *generated, char *error, size_t error_size)
{
	enum section section = SECTION_NONE;
	const char *at = generated->before, *end;
	unsigned number = 0;
	char line[512];

	for (; at && *at; at = end + (*end == '\n')) {
		size_t len;

		number++;
		end = at + strcspn(at, "\n");
		len = (size_t)(end - at);
		if (len < sizeof(line)) {
			memcpy(line, at, len);
			line[len] = '\0';
		}
		if (len >= sizeof(line) || !read_line(generated, line, &section)) {
			snprintf(error, error_size,
				 "%s:%u: not as gatewayctl wrote it; move what was added by hand "
				 "to another file of policy.d",
				 generated->path, number);
			return false;
		}
	}
	return true;
}

struct generated *generated_read(const char *directory, char *error, size_t error_size)
{
	struct generated *generated = calloc(1, sizeof(*generated));
	int code;

	if (!generated) {
		snprintf(error, error_size, "no memory");
		return NULL;
	}
	snprintf(generated->path, sizeof(generated->path), "%s/" GENERATED_FILE, directory);
	code = state_load(generated->path, FILE_MOST, &generated->before, &generated->before_len);
	if (code < 0 && code != -ENOENT) {
		snprintf(error, error_size, "%s: %s", generated->path, strerror(-code));
	} else if (read_text(generated, error, error_size)) {
		return generated;
	}
	generated_free(generated);
	return NULL;
}

void generated_free(struct generated *generated)
{
	if (!generated)
		return;
	free(generated->before);
	free(generated);
}

/* ---- changing ---- */

struct generated_device *generated_device_by_name(struct generated *generated, const char *name)
{
	for (size_t i = 0; i < generated->device_count; i++) {
		if (!strcmp(generated->devices[i].name, name))
			return &generated->devices[i];
	}
	return NULL;
}

struct generated_device *generated_device_by_mac(struct generated *generated, const char *mac)
{
	for (size_t i = 0; i < generated->device_count; i++) {
		struct generated_device *device = &generated->devices[i];

		for (size_t k = 0; k < device->mac_count; k++)
			if (!strcmp(device->macs[k], mac))
				return device;
	}
	return NULL;
}

bool generated_add_mac(struct generated_device *device, const char *mac)
{
	if (device->mac_count == GENERATED_MACS_MOST)
		return false;
	snprintf(device->macs[device->mac_count], sizeof(device->macs[0]), "%s", mac);
	device->mac_count++;
	return true;
}

void generated_remove_mac(struct generated *generated, struct generated_device *device,
			  const char *mac)
{
	size_t at = (size_t)(device - generated->devices);

	for (size_t k = 0; k < device->mac_count; k++) {
		if (strcmp(device->macs[k], mac) != 0)
			continue;
		device->mac_count--;
		memmove(device->macs[k], device->macs[k + 1],
			(device->mac_count - k) * sizeof(device->macs[0]));
		break;
	}
	if (device->mac_count)
		return;
	generated->device_count--;
	memmove(device, device + 1, (generated->device_count - at) * sizeof(*device));
}

bool generated_add_device(struct generated *generated, const char *name, const char *mac,
			  const char *policy)
{
	struct generated_device *device = &generated->devices[generated->device_count];

	if (generated->device_count == GENERATED_MOST)
		return false;
	generated->device_count++;
	snprintf(device->name, sizeof(device->name), "%s", name);
	device->mac_count = 0;
	(void)generated_add_mac(device, mac);
	snprintf(device->policy, sizeof(device->policy), "%s", policy);
	return true;
}

bool generated_assign(struct generated *generated, const char *device, const char *policy)
{
	struct generated_assignment *assignment = NULL;

	for (size_t i = 0; i < generated->assignment_count; i++) {
		if (!strcmp(generated->assignments[i].device, device))
			assignment = &generated->assignments[i];
	}
	if (!assignment) {
		if (generated->assignment_count == GENERATED_MOST)
			return false;
		assignment = &generated->assignments[generated->assignment_count++];
	}
	snprintf(assignment->device, sizeof(assignment->device), "%s", device);
	snprintf(assignment->policy, sizeof(assignment->policy), "%s", policy);
	return true;
}

/* ---- writing ---- */

static void put_string(FILE *out, const char *value)
{
	putc('"', out);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			putc('\\', out);
		putc(*value, out);
	}
	putc('"', out);
}

static void put_text(FILE *out, const char *key, const char *value)
{
	fprintf(out, "%s = ", key);
	put_string(out, value);
	fputs("; ", out);
}

static void put_macs(FILE *out, const struct generated_device *device)
{
	bool several = device->mac_count > 1;

	fputs(several ? "mac = [ " : "mac = ", out);
	for (size_t i = 0; i < device->mac_count; i++) {
		fputs(i ? ", " : "", out);
		put_string(out, device->macs[i]);
	}
	fputs(several ? " ]; " : "; ", out);
}

static void put_all(FILE *out, const struct generated *generated)
{
	fputs(HEADER, out);
	if (generated->device_count)
		fputs("devices = (\n", out);
	for (size_t i = 0; i < generated->device_count; i++) {
		fputs("\t{ ", out);
		put_text(out, "name", generated->devices[i].name);
		put_macs(out, &generated->devices[i]);
		put_text(out, "policy", generated->devices[i].policy);
		fprintf(out, "}%s\n", i + 1 < generated->device_count ? "," : "");
	}
	if (generated->device_count)
		fputs(");\n", out);
	if (generated->assignment_count)
		fputs("assign = (\n", out);
	for (size_t i = 0; i < generated->assignment_count; i++) {
		fputs("\t{ ", out);
		put_text(out, "device", generated->assignments[i].device);
		put_text(out, "policy", generated->assignments[i].policy);
		fprintf(out, "}%s\n", i + 1 < generated->assignment_count ? "," : "");
	}
	if (generated->assignment_count)
		fputs(");\n", out);
}

static bool fail(const char *path, int code, char *error, size_t error_size)
{
	snprintf(error, error_size, "%s: %s", path, strerror(code));
	return false;
}

/* The daemon's user must be able to read it. */
static bool save(const char *path, const char *text, size_t len, char *error, size_t error_size)
{
	int code = state_save_durably(path, bytes_of(text, len), 0644);

	return code == 0 || fail(path, -code, error, error_size);
}

static bool make_folder(const char *path, char *error, size_t error_size)
{
	char folder[512];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	*slash = '\0';
	if (mkdir(folder, 0755) == 0 || errno == EEXIST)
		return true;
	return fail(folder, errno, error, error_size);
}

bool generated_write(const struct generated *generated, char *error, size_t error_size)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool done;

	if (!out)
		return fail(generated->path, errno, error, error_size);
	put_all(out, generated);
	if (fclose(out) != 0) {
		free(text);
		return fail(generated->path, errno, error, error_size);
	}
	done = make_folder(generated->path, error, error_size) &&
	       save(generated->path, text, len, error, error_size);
	free(text);
	return done;
}

bool generated_restore(const struct generated *generated, char *error, size_t error_size)
{
	if (generated->before)
		return save(generated->path, generated->before, generated->before_len, error,
			    error_size);
	if (unlink(generated->path) < 0)
		return fail(generated->path, errno, error, error_size);
	return true;
}
