/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order in which decoders are asked. One that says OK or BAD settles it;
 * MORE of any keeps the question open. What is inside a proxied stream is
 * asked again, once for each proxy.
 */
#include "decode/first.h"

#include "decode/facts.h"
#include "decode/http.h"
#include "decode/p2p.h"
#include "decode/prelude.h"
#include "decode/signature.h"
#include "decode/socks.h"
#include "decode/text.h"
#include "decode/tls.h"

#define PROXIES_MOST 4 /* one through another */

/* Everything but HTTP and SOCKS, which say where their part ends. */
static enum decode decode_plain(struct bytes stream, bool last, struct first_facts *ret_facts)
{
	enum protocol protocol = PROTOCOL_UNKNOWN;
	bool more = false;
	enum decode answer = decode_tls(stream, last, ret_facts);

	if (answer == DECODE_OK || answer == DECODE_BAD)
		return answer;
	more |= answer == DECODE_MORE;
	answer = decode_text(stream, last, ret_facts);
	if (answer == DECODE_OK || answer == DECODE_BAD)
		return answer;
	more |= answer == DECODE_MORE;
	answer = decode_p2p_stream(stream, last, &protocol);
	more |= answer == DECODE_MORE;
	if (answer != DECODE_OK) {
		answer = decode_signature_stream(stream, last, &protocol);
		more |= answer == DECODE_MORE;
	}
	if (answer != DECODE_OK)
		return more ? DECODE_MORE : DECODE_NOT;
	*ret_facts = (struct first_facts){.protocol = protocol};
	return DECODE_OK;
}

/* One layer; *ret_end: where a proxied stream begins, if upgradable. */
static enum decode decode_layer(struct bytes stream, bool last, struct first_facts *ret_facts,
				size_t *ret_end)
{
	bool more = false;
	enum decode answer = decode_http(stream, last, ret_facts, ret_end);

	if (answer == DECODE_OK || answer == DECODE_BAD)
		return answer;
	more |= answer == DECODE_MORE;
	answer = decode_socks(stream, last, ret_facts, ret_end);
	if (answer == DECODE_OK || answer == DECODE_BAD)
		return answer;
	more |= answer == DECODE_MORE;
	answer = decode_plain(stream, last, ret_facts);
	if (answer == DECODE_OK || answer == DECODE_BAD) {
		*ret_end = stream.len;
		return answer;
	}
	more |= answer == DECODE_MORE;
	answer = decode_prelude(stream, last, ret_end);
	if (answer == DECODE_OK)
		*ret_facts = (struct first_facts){.upgradable = true};
	return answer == DECODE_NOT && more ? DECODE_MORE : answer;
}

/* A proxy, or a prelude to TLS: what is inside begins where it ends. */
static bool has_inside(const struct first_facts *facts)
{
	return facts->upgradable &&
	       (facts->protocol == PROTOCOL_HTTP || facts->protocol == PROTOCOL_SOCKS ||
		facts->protocol == PROTOCOL_UNKNOWN);
}

enum decode decode_first_tcp(struct bytes stream, bool last, struct first_facts *ret_facts)
{
	struct first_facts facts = {.protocol = PROTOCOL_UNKNOWN};

	if (stream.len >= FIRST_STREAM_MOST) {
		stream.len = FIRST_STREAM_MOST;
		last = true;
	}
	for (int depth = 0; depth < PROXIES_MOST; depth++) {
		struct first_facts layer;
		size_t end = 0;
		enum decode answer = decode_layer(stream, false, &layer, &end);

		/* Who is sure goes before who would only guess at the end. */
		if (answer == DECODE_MORE && last)
			answer = decode_layer(stream, true, &layer, &end);
		if (answer == DECODE_MORE || answer == DECODE_BAD)
			return answer;
		if (answer == DECODE_NOT)
			break;
		facts_join(&facts, &layer);
		if (!has_inside(&layer) || end >= stream.len)
			break;
		facts.upgradable = false;
		stream = bytes_of(stream.data + end, stream.len - end);
	}
	*ret_facts = facts;
	return DECODE_OK;
}
