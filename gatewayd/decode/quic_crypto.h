/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protection of QUIC Initial packets, RFC 9001 sections 5.1 to 5.4: keys
 * that anyone on the path can derive. AES-128-GCM and HKDF-SHA256 are put
 * together here from libmbedcrypto's AES block and SHA-256, because its own
 * GCM and HMAC allocate; every context lives on the stack. Nothing is secret
 * here, so nothing needs constant time.
 */
#ifndef GATEWAYD_DECODE_QUIC_CRYPTO_H
#define GATEWAYD_DECODE_QUIC_CRYPTO_H

#include "base/bytes.h"

#define QUIC_SALT_SIZE 20
#define QUIC_TAG_SIZE 16

struct quic_keys {
	uint8_t key[16], iv[12], header[16];
};

/* label_prefix: "quic " or "quicv2 ". side: "client in", "server in". */
bool quic_crypto_derive(const uint8_t salt[static QUIC_SALT_SIZE], const char *label_prefix,
			const char *side, struct bytes connection_id, struct quic_keys *ret_keys);

/*
 * Removes header protection and opens the packet, which is one whole Initial
 * with its packet number at number_offset. plain has room for packet.len
 * bytes. False: these are not its keys, or it was changed.
 */
bool quic_crypto_open(const struct quic_keys *keys, struct bytes packet, size_t number_offset,
		      uint8_t *plain, struct bytes *ret_plain);

#endif
