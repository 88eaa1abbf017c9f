/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seals QUIC Initials with libmbedcrypto's own GCM, for tests and fuzzing: the
 * other end of decode/quic_crypto.c, which opens them without it.
 */
#ifndef GATEWAYD_TESTS_SEAL_H
#define GATEWAYD_TESTS_SEAL_H

#include <mbedtls/aes.h>
#include <mbedtls/gcm.h>
#include <stdlib.h>

#include "base/writer.h"
#include "decode/quic_crypto.h"

#define VERSION_1 0x00000001
#define VERSION_2 0x6b3343cf

static const uint8_t salt_1[QUIC_SALT_SIZE] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34,
					       0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
					       0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
static const uint8_t salt_2[QUIC_SALT_SIZE] = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6,
					       0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26,
					       0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};
struct sealer {
	uint32_t version;
	struct bytes id; /* keys come from it */
	struct bytes destination, token;
};

static inline struct quic_keys seal_keys(const struct sealer *sealer)
{
	struct quic_keys keys;
	bool two = sealer->version == VERSION_2;

	if (!quic_crypto_derive(two ? salt_2 : salt_1, two ? "quicv2 " : "quic ", "client in",
				sealer->id, &keys))
		abort();
	return keys;
}

static inline void seal_header(const struct quic_keys *keys, uint8_t *packet, size_t number_offset)
{
	mbedtls_aes_context aes;
	uint8_t mask[16];

	mbedtls_aes_init(&aes);
	mbedtls_aes_setkey_enc(&aes, keys->header, 128);
	mbedtls_aes_crypt_ecb(&aes, MBEDTLS_AES_ENCRYPT, packet + number_offset + 4, mask);
	mbedtls_aes_free(&aes);
	packet[0] ^= mask[0] & 0x0f;
	for (int i = 0; i < 4; i++)
		packet[number_offset + (size_t)i] ^= mask[1 + i];
}

/* An Initial with these frames, padded to at least 1162 bytes of payload. */
static inline size_t quic_seal(const struct sealer *sealer, uint32_t number, struct bytes frames,
			       uint8_t *out, size_t size)
{
	struct quic_keys keys = seal_keys(sealer);
	struct writer writer = writer_on(out, size);
	uint8_t plain[2048] = {0}, nonce[12];
	size_t plain_len = frames.len < 1162 ? 1162 : frames.len, number_offset;
	mbedtls_gcm_context gcm;

	if (plain_len <= sizeof(plain) && frames.len)
		memcpy(plain, frames.data, frames.len);
	writer_u8(&writer, sealer->version == VERSION_2 ? 0xd3 : 0xc3);
	writer_u32(&writer, sealer->version);
	writer_u8(&writer, (uint8_t)sealer->destination.len);
	writer_bytes_put(&writer, sealer->destination);
	writer_u8(&writer, 0);
	writer_u8(&writer, (uint8_t)sealer->token.len);
	writer_bytes_put(&writer, sealer->token);
	writer_u16(&writer, (uint16_t)(0x4000 | (4 + plain_len + 16)));
	number_offset = writer.len;
	writer_u32(&writer, number);
	if (plain_len > sizeof(plain) || !writer_reserve(&writer, plain_len + 16))
		abort();
	memcpy(nonce, keys.iv, sizeof(nonce));
	for (unsigned i = 0; i < 4; i++)
		nonce[8 + i] ^= (uint8_t)(number >> (24 - 8 * i));
	mbedtls_gcm_init(&gcm);
	mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, keys.key, 128);
	if (mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, plain_len, nonce, 12, out,
				      number_offset + 4, plain, out + number_offset + 4, 16,
				      out + writer.len - 16) != 0)
		abort();
	mbedtls_gcm_free(&gcm);
	seal_header(&keys, out, number_offset);
	return writer.len;
}

#endif
