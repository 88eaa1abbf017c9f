/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/networks.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FILE_MOST 65536

static void add(struct networks *networks, const char *name, size_t len)
{
	if (len == 0 || len >= NETWORK_NAME_SIZE || networks->count == NETWORKS_MOST)
		return;
	for (size_t i = 0; i < networks->count; i++) {
		if (strlen(networks->names[i]) == len && !memcmp(networks->names[i], name, len))
			return;
	}
	memcpy(networks->names[networks->count], name, len);
	networks->names[networks->count++][len] = 0;
}

/* The value of a line, or NULL when it is about something else. */
static const char *value_of(const char *line)
{
	line += strspn(line, " \t");
	if (!strncmp(line, "ssid=", 5))
		return line + 5;
	if (strncmp(line, "option", 6) != 0)
		return NULL;
	line += 6;
	line += strspn(line, " \t");
	if (!strncmp(line, "'ssid'", 6))
		line += 6;
	else if (!strncmp(line, "ssid", 4))
		line += 4;
	else
		return NULL;
	if (*line != ' ' && *line != '\t')
		return NULL;
	return line + strspn(line, " \t");
}

void networks_parse(const char *text, struct networks *networks)
{
	while (*text) {
		size_t len = strcspn(text, "\r\n");
		const char *end = text + len;
		const char *value = value_of(text);

		if (value && value <= end) {
			bool quoted = *value == '\'' || *value == '"';
			char closing[] = {*value, '\r', '\n', 0};

			if (quoted)
				add(networks, value + 1, strcspn(value + 1, closing));
			else
				add(networks, value, (size_t)(end - value));
		}
		text = end + strspn(end, "\r\n");
	}
}

/* False: it is there, but not ours to read. */
static bool read_file(const char *path, struct networks *networks)
{
	static char text[FILE_MOST];
	FILE *file = fopen(path, "re");

	if (!file)
		return errno != EACCES;
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
	networks_parse(text, networks);
	return true;
}

void networks_read(const char *root, struct networks *networks)
{
	static const char *const patterns[] = {"/etc/config/wireless", "/var/etc/gatewayd/networks",
					       "/etc/hostapd/*.conf", "/var/run/hostapd-*.conf"};
	struct networks now = {.count = 0};
	bool whole = true;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		char pattern[512];
		glob_t found;

		snprintf(pattern, sizeof(pattern), "%s%s", root, patterns[i]);
		if (glob(pattern, 0, NULL, &found) != 0)
			continue;
		for (size_t j = 0; j < found.gl_pathc; j++)
			whole = read_file(found.gl_pathv[j], &now) && whole;
		globfree(&found);
	}
	for (size_t i = 0; !whole && i < networks->count; i++)
		add(&now, networks->names[i], strlen(networks->names[i]));
	*networks = now;
}
