/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A keyed hash for tables whose keys an attacker may choose: SipHash-1-3
 * (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012).
 */
#ifndef GATEWAYD_BASE_HASH_H
#define GATEWAYD_BASE_HASH_H

#include "base/bytes.h"

struct hash_key {
	uint64_t k0, k1;
};

uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t len);

#endif
