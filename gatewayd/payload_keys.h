/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shipped table of keys of personal data, DATADIR/payload_keys.tsv, ready
 * for the engine.
 */
#ifndef GATEWAYD_PAYLOAD_KEYS_H
#define GATEWAYD_PAYLOAD_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "redact/keys.h"

/*
 * Freed by the caller with keys_free(), after every engine that was given it.
 * NULL: error says why; strip rules then know their own keys only.
 */
struct redact_keys *payload_keys_load(char *error, size_t error_size);

/* Every key as it is written there, for people to read. False: no table. */
bool payload_keys_each(void (*each)(void *context, const char *key, const char *category),
		       void *context);

#endif
