/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must hold of the facts about any first payload. */
#ifndef GATEWAYD_TESTS_FACTS_H
#define GATEWAYD_TESTS_FACTS_H

#include <stdlib.h>

#include "decode/first.h"

#define ENSURE(condition)         \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static inline void ensure_facts(const struct first_facts *facts)
{
	ENSURE(facts->protocol < PROTOCOL_COUNT);
	ENSURE(facts->name_count <= FIRST_NAMES_MOST);
	for (unsigned i = 0; i < facts->name_count; i++) {
		ENSURE(facts->names[i].len);
		ENSURE(strlen(facts->names[i].text) == facts->names[i].len);
		for (unsigned k = 0; k < i; k++)
			ENSURE(!name_equal(&facts->names[i], &facts->names[k]));
	}
	if (facts->name_count || facts->address.family != ADDRESS_NONE || facts->name_odd)
		ENSURE(facts->source != FIRST_NO_NAME || facts->name_odd);
}

/*
 * A stream, whole and cut at one place: what is settled by a beginning is not
 * unsettled by more, and with `last` there is always an answer.
 */
static inline void ensure_stream(struct bytes stream, size_t cut)
{
	struct first_facts part, whole, last;
	enum decode part_answer, whole_answer, last_answer;

	memset(&part, 0, sizeof(part));
	memset(&whole, 0, sizeof(whole));
	memset(&last, 0, sizeof(last));
	if (cut > stream.len)
		cut = stream.len;
	part_answer = decode_first_tcp(bytes_of(stream.data, cut), false, &part);
	whole_answer = decode_first_tcp(stream, false, &whole);
	last_answer = decode_first_tcp(stream, true, &last);
	ENSURE(part_answer != DECODE_NOT && whole_answer != DECODE_NOT);
	ENSURE(last_answer == DECODE_OK || last_answer == DECODE_BAD);
	if (last_answer == DECODE_OK)
		ensure_facts(&last);
	if (whole_answer == DECODE_OK) {
		ensure_facts(&whole);
		ENSURE(last_answer == DECODE_OK && last.protocol == whole.protocol);
	}
	if (part_answer == DECODE_OK && !part.upgradable && part.protocol == PROTOCOL_TLS) {
		ENSURE(whole_answer == DECODE_OK && whole.name_count == part.name_count);
		ENSURE(whole.protocol == PROTOCOL_TLS && whole.ech == part.ech);
	}
	if (part_answer == DECODE_BAD && cut < FIRST_STREAM_MOST)
		ENSURE(whole_answer == DECODE_BAD);
}

#endif
