/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.d/90-gatewayctl.conf: the one file of the policy that a program
 * writes. It has one device or assignment per line, so that it can be read
 * back without the policy's parser; a file that a person edited is refused,
 * never guessed at. Private to gatewayctl.
 */
#ifndef GATEWAYD_CLIENT_GENERATED_H
#define GATEWAYD_CLIENT_GENERATED_H

#include <stdbool.h>
#include <stddef.h>

#define GENERATED_FILE "policy.d/90-gatewayctl.conf"
#define GENERATED_MOST 512

#define GENERATED_MACS_MOST 16

struct generated_device {
	char name[64];
	char macs[GENERATED_MACS_MOST][18];
	size_t mac_count;
	char policy[64];
};

/* Another policy for a device that another file names. */
struct generated_assignment {
	char device[64];
	char policy[64];
};

struct generated {
	char path[512];
	char *before; /* what the file held; NULL: there was none */
	size_t before_len;
	struct generated_device devices[GENERATED_MOST];
	size_t device_count;
	struct generated_assignment assignments[GENERATED_MOST];
	size_t assignment_count;
};

/*
 * NULL: the error says what stands in the way. No file is an empty one.
 */
struct generated *generated_read(const char *directory, char *error, size_t error_size);
void generated_free(struct generated *generated);

/* NULL: there is none. */
struct generated_device *generated_device_by_name(struct generated *generated, const char *name);
struct generated_device *generated_device_by_mac(struct generated *generated, const char *mac);
/* Takes one of its addresses away, and the device with its last one. */
void generated_remove_mac(struct generated *generated, struct generated_device *device,
			  const char *mac);
/* All three: false: there are too many. */
bool generated_add_mac(struct generated_device *device, const char *mac);
bool generated_add_device(struct generated *generated, const char *name, const char *mac,
			  const char *policy);
bool generated_assign(struct generated *generated, const char *device, const char *policy);

/* At once, by rename. */
bool generated_write(const struct generated *generated, char *error, size_t error_size);
/* As it was before. */
bool generated_restore(const struct generated *generated, char *error, size_t error_size);

#endif
