/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of the router's own wireless networks, as its files have them:
 * OpenWrt's /etc/config/wireless, what the init script took out of it (that file
 * holds the passwords, too, and is root's), and hostapd's. Known secrets of the
 * home.
 */
#ifndef GATEWAYD_DAEMON_NETWORKS_H
#define GATEWAYD_DAEMON_NETWORKS_H

#include <stddef.h>

#define NETWORKS_MOST 16
#define NETWORK_NAME_SIZE 33 /* IEEE 802.11: up to 32 bytes */

struct networks {
	size_t count;
	char names[NETWORKS_MOST][NETWORK_NAME_SIZE];
};

/* Adds what the text names: lines "option ssid 'NAME'" or "ssid=NAME". */
void networks_parse(const char *text, struct networks *networks);
/*
 * Whatever files are there, below that folder. While one of them is not ours to read,
 * which it was before rights were given up, names that were known stay known.
 */
void networks_read(const char *root, struct networks *networks);

#endif
