/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "uplinks.h"

static void add(struct uplinks *uplinks, const char *name)
{
	if (strcmp(name, "lo") == 0 || uplinks->count == UPLINKS_MOST)
		return;
	for (size_t i = 0; i < uplinks->count; i++)
		if (strcmp(uplinks->names[i], name) == 0)
			return;
	snprintf(uplinks->names[uplinks->count++], UPLINK_NAME_SIZE, "%s", name);
}

/* "IFACE DESTINATION GATEWAY FLAGS ... MASK ...", in hexadecimal. */
static void read_ipv4(struct uplinks *uplinks)
{
	FILE *file = fopen("/proc/net/route", "re");
	char line[256], name[16], destination[9], mask[9];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%15s %8s %*s %*s %*s %*s %*s %8s", name, destination, mask) ==
			    3 &&
		    strcmp(destination, "00000000") == 0 && strcmp(mask, "00000000") == 0)
			add(uplinks, name);
	fclose(file);
}

/* "DESTINATION LENGTH SOURCE LENGTH NEXT METRIC REFERENCES USE FLAGS IFACE". */
static void read_ipv6(struct uplinks *uplinks)
{
	FILE *file = fopen("/proc/net/ipv6_route", "re");
	char line[256], name[16], destination[33], length[3];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%32s %2s %*s %*s %*s %*s %*s %*s %*s %15s", destination, length,
			   name) == 3 &&
		    strspn(destination, "0") == 32 && strcmp(length, "00") == 0)
			add(uplinks, name);
	fclose(file);
}

void uplinks_read(struct uplinks *ret_uplinks)
{
	ret_uplinks->count = 0;
	read_ipv4(ret_uplinks);
	read_ipv6(ret_uplinks);
}
