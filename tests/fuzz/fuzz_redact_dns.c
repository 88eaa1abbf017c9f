/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Edited DNS messages: every input that is DNS is edited in all ways, then
 * read again. No pruned address remains, all others do and in their order, a
 * message that has to keep its length does, and one without changes is the
 * same bytes. Refusals of every kind are readable, too.
 */
#include "redact/dns.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(condition)         \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

enum pruning {
	PRUNE_NONE,
	PRUNE_ODD,
	PRUNE_EVEN,
	PRUNE_ALL,
	PRUNINGS,
};

static bool prunes(enum pruning pruning, const struct address *address)
{
	bool odd = address->bytes[address_len(address) - 1] & 1;

	switch (pruning) {
	case PRUNE_NONE:
		return false;
	case PRUNE_ODD:
		return odd;
	case PRUNE_EVEN:
		return !odd;
	case PRUNE_ALL:
	case PRUNINGS:
		break;
	}
	return true;
}

static bool prune(void *context, const struct address *address)
{
	return prunes(*(const enum pruning *)context, address);
}

/* The addresses of a message, one after the other, hints included. */
struct addresses {
	struct dns_message message;
	struct dns_walk walk;
	struct dns_record record;
	struct dns_hints hints;
	struct dns_hint hint;
	size_t used;
	bool in_hints;
};

static bool next_address(struct addresses *all, struct address *ret_address)
{
	for (;;) {
		size_t len = all->hint.key == DNS_SVCB_IPV4HINT ? 4 : 16;

		if (all->in_hints && all->used + len <= all->hint.value.len) {
			const uint8_t *bytes = all->hint.value.data + all->used;

			*ret_address = len == 4 ? address_ipv4(bytes) : address_ipv6(bytes);
			all->used += len;
			return true;
		}
		if (all->in_hints && dns_next_hint(&all->hints, &all->hint)) {
			all->used = 0;
			if (all->hint.key != DNS_SVCB_IPV4HINT &&
			    all->hint.key != DNS_SVCB_IPV6HINT)
				all->hint.value.len = 0;
			continue;
		}
		if (!dns_next_record(&all->walk, &all->record))
			return false;
		all->in_hints = dns_hints_start(&all->hints, &all->message, &all->record);
		all->hint.value.len = all->used = 0;
		if (all->record.address.family != ADDRESS_NONE) {
			*ret_address = all->record.address;
			return true;
		}
	}
}

static void start_addresses(struct addresses *all, const struct dns_message *message)
{
	memset(all, 0, sizeof(*all));
	all->message = *message;
	dns_walk_start(&all->walk, &all->message);
}

static void check_edit(const struct dns_message *before, const struct dns_message *after,
		       enum pruning pruning, const struct redact_dns_edits *edits)
{
	struct addresses old, new;
	struct address was, is;

	start_addresses(&old, before);
	start_addresses(&new, after);
	while (next_address(&new, &is)) {
		ENSURE(!prunes(pruning, &is));
		if (edits->keep_length)
			continue;
		do {
			ENSURE(next_address(&old, &was));
		} while (prunes(pruning, &was));
		ENSURE(address_equal(&was, &is));
	}
	while (!edits->keep_length && next_address(&old, &was))
		ENSURE(prunes(pruning, &was));
	ENSURE(after->question_count == before->question_count && after->id == before->id);
	ENSURE(name_equal(&after->question, &before->question));
	ENSURE(!edits->keep_length || after->data.len == before->data.len);
}

static void check_edits(const struct dns_message *message)
{
	static uint8_t room[70000];

	for (unsigned i = 0; i < 2 * PRUNINGS; i++) {
		enum pruning pruning = (enum pruning)(i / 2);
		struct writer writer = writer_on(room, sizeof(room));
		struct redact_dns_result result;
		struct dns_message edited;
		struct redact_dns_edits edits = {
			.prune = prune,
			.context = &pruning,
			.strip_ech = i & 2,
			.strip_client_subnet = true,
			.keep_length = i & 1,
		};

		if (!redact_dns_edit(message, &edits, &writer, &result))
			continue;
		ENSURE(writer_ok(&writer));
		if (!result.changed) {
			ENSURE(bytes_equal(writer_bytes(&writer), message->data));
			continue;
		}
		ENSURE(decode_dns(writer_bytes(&writer), &edited) == DECODE_OK);
		check_edit(message, &edited, pruning, &edits);
	}
}

static void check_denials(const struct dns_message *message)
{
	uint8_t room[512];

	for (int denial = DNS_DENY_NODATA; denial <= DNS_DENY_REFUSED; denial++) {
		struct writer writer = writer_on(room, sizeof(room));
		struct dns_message refused;

		redact_dns_deny(message, (enum dns_denial)denial, "blocked by policy", &writer);
		ENSURE(writer_ok(&writer));
		ENSURE(decode_dns(writer_bytes(&writer), &refused) == DECODE_OK);
		ENSURE(refused.response && refused.id == message->id);
		ENSURE(refused.edns == message->edns && refused.opcode == message->opcode);
		if (message->question_count != 1)
			continue;
		ENSURE(name_equal(&refused.question, &message->question));
		ENSURE(refused.question_type == message->question_type);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct dns_message message;

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	if (decode_dns(bytes_of(copy, size), &message) == DECODE_OK) {
		check_denials(&message);
		check_edits(&message);
	}
	free(copy);
	return 0;
}
