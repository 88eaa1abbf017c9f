/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Known secrets: names of networks, addresses of devices, whatever the owner
 * lists. All their spellings (as they are, percent-encoded, JSON-escaped, in
 * hexadecimal, in base64 at each of its three alignments, MAC addresses with
 * any separator) are compiled into one automaton, which a stream is run
 * through byte by byte.
 *
 * What is found is overwritten, digits by '0' ('1' when the first, as a number
 * must not begin with 0), all else by 'x'. Bytes that may turn out to be the
 * beginning of a secret are to be held back by the caller.
 * Compiling allocates; scanning does not.
 */
#ifndef GATEWAYD_REDACT_SECRETS_H
#define GATEWAYD_REDACT_SECRETS_H

#include "redact/edit.h"

#define SECRETS_VALUE_MOST 64 /* bytes of a secret */
#define SECRETS_SPELLING_MOST 128

struct redact_secrets;

enum secrets_error {
	SECRETS_OK,
	SECRETS_TOO_SHORT, /* under 4 bytes, it would be found everywhere */
	SECRETS_TOO_LONG,
	SECRETS_FULL,
	SECRETS_NO_MEMORY,
};

struct redact_secrets *secrets_new(void);
void secrets_free(struct redact_secrets *secrets);
enum secrets_error secrets_add(struct redact_secrets *secrets, struct bytes value,
			       unsigned category);
enum secrets_error secrets_add_mac(struct redact_secrets *secrets, const uint8_t mac[6],
				   unsigned category);
/* After the last is added, before the first is looked for. False: no memory. */
bool secrets_compile(struct redact_secrets *secrets);
/* Bytes that the compiled set takes. */
size_t secrets_memory(const struct redact_secrets *secrets);

/* The categories of all secrets found in the text, whole; for DNS labels and topics. */
uint32_t secrets_find(const struct redact_secrets *secrets, struct bytes text);

/* Where a stream's scan stands: the bytes that may yet belong to a secret. */
struct secrets_scan {
	uint32_t node;
	uint8_t escape;   /* position in a JSON escape sequence; 0: none */
	uint8_t length;   /* of that sequence, as far as is known */
	uint8_t since;    /* bytes since the last match, so that one is not counted twice */
	bool finish;      /* the escape at a match's end is overwritten to its end */
	bool aside;       /* the last bytes stay whatever comes */
	uint8_t trail_at; /* ring: the next to be written */
	uint16_t held;
	uint32_t trail_offset[SECRETS_SPELLING_MOST]; /* low bits of the stream offset */
	uint8_t trail_byte[SECRETS_SPELLING_MOST];
	uint8_t trail_escape[SECRETS_SPELLING_MOST]; /* position in its escape sequence */
	uint8_t tail[REDACT_HELD_MOST];              /* the held bytes as they are on the wire */
};

/*
 * Looks through bytes of feed->data that follow those of the call before;
 * json: escape sequences are kept whole.
 */
void secrets_scan(struct redact_feed *feed, uint8_t *data, size_t len, bool json);
/* The same for what must stay as it is: what is found there is counted as seen. */
void secrets_see(struct redact_feed *feed, uint8_t *data, size_t len);
/* A secret does not go on behind this place: a message, a header or a name ends. */
void secrets_stop(struct redact_feed *feed);
/* At the end of each feed: what is held, unless nothing may be, and what is settled. */
void secrets_hold(struct redact_feed *feed, bool may_hold);

#endif
