/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/quic_crypto.h"

#include <mbedtls/aes.h>
#include <mbedtls/sha256.h>
#include <mbedtls/version.h>

#include "base/writer.h"

/* In 2.x the functions with an answer have a suffix. */
#if MBEDTLS_VERSION_NUMBER < 0x03000000
#define sha256_starts mbedtls_sha256_starts_ret
#define sha256_update mbedtls_sha256_update_ret
#define sha256_finish mbedtls_sha256_finish_ret
#else
#define sha256_starts mbedtls_sha256_starts
#define sha256_update mbedtls_sha256_update
#define sha256_finish mbedtls_sha256_finish
#endif

#define BLOCK 16
#define HASH_SIZE 32
#define HASH_BLOCK 64
#define SAMPLE_OFFSET 4
#define HEADER_MOST 2048 /* a longer one has a token that no server sends */

/* ---- HKDF, RFC 5869, RFC 8446 section 7.1 ---- */

static bool hash_two(const uint8_t block[static HASH_BLOCK], struct bytes data,
		     uint8_t ret_hash[static HASH_SIZE])
{
	mbedtls_sha256_context context;
	bool done;

	mbedtls_sha256_init(&context);
	done = sha256_starts(&context, 0) == 0 && sha256_update(&context, block, HASH_BLOCK) == 0 &&
	       sha256_update(&context, data.data, data.len) == 0 &&
	       sha256_finish(&context, ret_hash) == 0;
	mbedtls_sha256_free(&context);
	return done;
}

/* RFC 2104; the key is never longer than a block. */
static bool hmac(struct bytes key, struct bytes data, uint8_t ret_mac[static HASH_SIZE])
{
	uint8_t block[HASH_BLOCK], inner[HASH_SIZE];

	memset(block, 0x36, sizeof(block));
	for (size_t i = 0; i < key.len; i++)
		block[i] ^= key.data[i];
	if (!hash_two(block, data, inner))
		return false;
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36 ^ 0x5c;
	return hash_two(block, bytes_of(inner, sizeof(inner)), ret_mac);
}

/* HKDF-Expand-Label without context, for results of at most one hash. */
static bool expand_label(const uint8_t secret[static HASH_SIZE], const char *prefix,
			 const char *label, uint8_t *result, size_t len)
{
	uint8_t info[64], mac[HASH_SIZE];
	struct writer writer = writer_on(info, sizeof(info));

	writer_u16(&writer, (uint16_t)len);
	writer_u8(&writer, (uint8_t)(strlen("tls13 ") + strlen(prefix) + strlen(label)));
	writer_text(&writer, "tls13 ");
	writer_text(&writer, prefix);
	writer_text(&writer, label);
	writer_u8(&writer, 0);
	writer_u8(&writer, 1); /* the first block of HKDF-Expand */
	if (!writer_ok(&writer) || !hmac(bytes_of(secret, HASH_SIZE), writer_bytes(&writer), mac))
		return false;
	memcpy(result, mac, len);
	return true;
}

bool quic_crypto_derive(const uint8_t salt[static QUIC_SALT_SIZE], const char *label_prefix,
			const char *side, struct bytes connection_id, struct quic_keys *ret_keys)
{
	uint8_t initial[HASH_SIZE], secret[HASH_SIZE];
	struct quic_keys keys;

	if (!hmac(bytes_of(salt, QUIC_SALT_SIZE), connection_id, initial) ||
	    !expand_label(initial, "", side, secret, sizeof(secret)) ||
	    !expand_label(secret, label_prefix, "key", keys.key, sizeof(keys.key)) ||
	    !expand_label(secret, label_prefix, "iv", keys.iv, sizeof(keys.iv)) ||
	    !expand_label(secret, label_prefix, "hp", keys.header, sizeof(keys.header)))
		return false;
	*ret_keys = keys;
	return true;
}

/* ---- GCM, NIST SP 800-38D ---- */

/* An element of GF(2^128) in GCM's order of bits. */
struct element {
	uint64_t high, low;
};

struct ghash {
	struct element table[16]; /* H times each four bits */
	struct element sum;
};

static uint64_t load(const uint8_t *data)
{
	struct cursor cursor = cursor_on(bytes_of(data, 8));

	return cursor_u64(&cursor);
}

static struct element halve(struct element x)
{
	struct element y = {x.high >> 1, x.low >> 1 | x.high << 63};

	if (x.low & 1)
		y.high ^= (uint64_t)0xe1 << 56;
	return y;
}

static void ghash_start(struct ghash *ghash, const uint8_t h[static BLOCK])
{
	struct element x = {load(h), load(h + 8)};

	memset(ghash, 0, sizeof(*ghash));
	for (unsigned i = 8; i > 0; i >>= 1) {
		ghash->table[i] = x;
		x = halve(x);
	}
	for (unsigned i = 2; i < 16; i <<= 1) {
		for (unsigned k = 1; k < i; k++) {
			ghash->table[i + k].high = ghash->table[i].high ^ ghash->table[k].high;
			ghash->table[i + k].low = ghash->table[i].low ^ ghash->table[k].low;
		}
	}
}

/* What falls off when an element is shifted by four bits comes back as this. */
static const uint16_t remainders[16] = {0x0000, 0x1c20, 0x3840, 0x2460, 0x7080, 0x6ca0,
					0x48c0, 0x54e0, 0xe100, 0xfd20, 0xd940, 0xc560,
					0x9180, 0x8da0, 0xa9c0, 0xb5e0};

/* From the last bits to the first; shifting z when it is still zero does no harm. */
static struct element multiply_half(const struct ghash *ghash, struct element z, uint64_t half)
{
	for (unsigned i = 0; i < 16; i++, half >>= 4) {
		const struct element *part = &ghash->table[half & 15];
		unsigned lost = (unsigned)z.low & 15;

		z.low = (z.low >> 4 | z.high << 60) ^ part->low;
		z.high = z.high >> 4 ^ (uint64_t)remainders[lost] << 48 ^ part->high;
	}
	return z;
}

static void ghash_multiply(struct ghash *ghash)
{
	struct element z = {0, 0};

	z = multiply_half(ghash, z, ghash->sum.low);
	ghash->sum = multiply_half(ghash, z, ghash->sum.high);
}

static void ghash_add(struct ghash *ghash, struct bytes data)
{
	while (data.len) {
		uint8_t block[BLOCK] = {0};
		size_t n = data.len < BLOCK ? data.len : BLOCK;

		memcpy(block, data.data, n);
		ghash->sum.high ^= load(block);
		ghash->sum.low ^= load(block + 8);
		ghash_multiply(ghash);
		data = bytes_of(data.data + n, data.len - n);
	}
}

static bool is_tag_right(mbedtls_aes_context *aes, const uint8_t nonce[static BLOCK],
			 struct bytes header, struct bytes sealed, const uint8_t *tag)
{
	uint8_t zero[BLOCK] = {0}, h[BLOCK], mask[BLOCK];
	struct ghash ghash;

	if (mbedtls_aes_crypt_ecb(aes, MBEDTLS_AES_ENCRYPT, zero, h) != 0 ||
	    mbedtls_aes_crypt_ecb(aes, MBEDTLS_AES_ENCRYPT, nonce, mask) != 0)
		return false;
	ghash_start(&ghash, h);
	ghash_add(&ghash, header);
	ghash_add(&ghash, sealed);
	ghash.sum.high ^= (uint64_t)header.len * 8;
	ghash.sum.low ^= (uint64_t)sealed.len * 8;
	ghash_multiply(&ghash);
	return (ghash.sum.high ^ load(mask)) == load(tag) &&
	       (ghash.sum.low ^ load(mask + 8)) == load(tag + 8);
}

/*
 * Counter mode from ECB, since small builds of the library leave out CTR; the
 * counter's last byte would be enough for 4 KB, two are for more.
 */
static bool decrypt(mbedtls_aes_context *aes, uint8_t nonce[static BLOCK], struct bytes sealed,
		    uint8_t *plain)
{
	uint8_t stream[BLOCK];

	for (size_t at = 0; at < sealed.len; at += BLOCK) {
		size_t n = sealed.len - at < BLOCK ? sealed.len - at : BLOCK;
		size_t counter = 2 + at / BLOCK;

		nonce[BLOCK - 2] = (uint8_t)(counter >> 8);
		nonce[BLOCK - 1] = (uint8_t)counter;
		if (mbedtls_aes_crypt_ecb(aes, MBEDTLS_AES_ENCRYPT, nonce, stream) != 0)
			return false;
		for (size_t i = 0; i < n; i++)
			plain[at + i] = sealed.data[at + i] ^ stream[i];
	}
	return true;
}

/* sealed without its tag; plain gets as many bytes. */
static bool open_sealed(const struct quic_keys *keys, uint32_t number, struct bytes header,
			struct bytes sealed, const uint8_t *tag, uint8_t *plain)
{
	uint8_t nonce[BLOCK] = {0};
	mbedtls_aes_context aes;
	bool done;

	memcpy(nonce, keys->iv, sizeof(keys->iv));
	for (unsigned i = 0; i < 4; i++)
		nonce[8 + i] ^= (uint8_t)(number >> (24 - 8 * i));
	nonce[BLOCK - 1] = 1;
	mbedtls_aes_init(&aes);
	done = mbedtls_aes_setkey_enc(&aes, keys->key, 128) == 0 &&
	       is_tag_right(&aes, nonce, header, sealed, tag);
	done = done && decrypt(&aes, nonce, sealed, plain);
	mbedtls_aes_free(&aes);
	return done;
}

/* ---- header protection, RFC 9001 section 5.4 ---- */

static bool header_mask(const struct quic_keys *keys, const uint8_t *sample,
			uint8_t ret_mask[static BLOCK])
{
	mbedtls_aes_context aes;
	bool done;

	mbedtls_aes_init(&aes);
	done = mbedtls_aes_setkey_enc(&aes, keys->header, 128) == 0 &&
	       mbedtls_aes_crypt_ecb(&aes, MBEDTLS_AES_ENCRYPT, sample, ret_mask) == 0;
	mbedtls_aes_free(&aes);
	return done;
}

bool quic_crypto_open(const struct quic_keys *keys, struct bytes packet, size_t number_offset,
		      uint8_t *plain, struct bytes *ret_plain)
{
	uint8_t header[HEADER_MOST], mask[BLOCK];
	struct cursor cursor = cursor_on(packet);
	struct bytes sealed, sample;
	uint32_t number = 0;
	size_t number_len;

	cursor_skip(&cursor, number_offset);
	cursor_skip(&cursor, SAMPLE_OFFSET);
	sample = cursor_take(&cursor, BLOCK);
	if (!cursor_ok(&cursor) || number_offset + 4 > sizeof(header) ||
	    !header_mask(keys, sample.data, mask))
		return false;
	memcpy(header, packet.data, number_offset + 4);
	header[0] ^= mask[0] & 0x0f;
	number_len = (header[0] & 3u) + 1;
	for (size_t i = 0; i < number_len; i++) {
		header[number_offset + i] ^= mask[1 + i];
		number = number << 8 | header[number_offset + i];
	}
	cursor = cursor_on(packet);
	cursor_skip(&cursor, number_offset + number_len);
	if (cursor_left(&cursor) < QUIC_TAG_SIZE)
		return false;
	sealed = cursor_take(&cursor, cursor_left(&cursor) - QUIC_TAG_SIZE);
	if (!open_sealed(keys, number, bytes_of(header, number_offset + number_len), sealed,
			 sealed.data + sealed.len, plain))
		return false;
	*ret_plain = bytes_of(plain, sealed.len);
	return true;
}
