/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon tells of itself: the answers of status, metrics, devices
 * and flows. Private to commands.c.
 */
#ifndef GATEWAYD_DAEMON_COMMANDS_SHOW_H
#define GATEWAYD_DAEMON_COMMANDS_SHOW_H

#include "daemon/daemon.h"
#include "daemon/history.h"
#include "system/control.h"

struct json_object;

/* Sends it as one line and frees it. */
void commands_send(struct control_client *client, struct json_object *object);

/* The whole status but for the overrides. NULL: no memory. */
struct json_object *commands_status(struct daemon *daemon, struct history *history);

/* A device as users know it: in the engine, in the files, or both. */
struct commands_device {
	char name[64];
	struct mac mac;
};

/* False: error says which device was perhaps meant. */
bool commands_find_device(const struct daemon *daemon, const char *word,
			  struct commands_device *ret_device, char *error, size_t error_size);

/* One line per device: all of them, or that one; those not seen yet, too. */
void commands_send_devices(const struct daemon *daemon, struct control_client *client,
			   const struct commands_device *only);
/* One line per destination of the device: live flows, and what was refused today. */
void commands_send_destinations(const struct daemon *daemon, struct history *history,
				struct control_client *client,
				const struct commands_device *device);
/* One line per live flow; only: NULL for those of all devices. */
void commands_send_flows(const struct daemon *daemon, struct control_client *client,
			 const struct commands_device *only);

#endif
