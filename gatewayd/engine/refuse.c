/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A refusal: the packet is dropped, and whoever should know is told. */
#include "engine/refuse.h"

#include "engine/internal.h"
#include "redact/forge.h"

#define PROHIBITED_INTERVAL SECOND_US /* ICMP refusals of one flow, RFC 1812 4.3.2.8 */

struct writer refuse_reply(struct engine *engine, const struct verdict *verdict)
{
	return writer_on(engine->replies[verdict->reply_count], sizeof(engine->replies[0]));
}

void refuse_reply_done(struct verdict *verdict, const struct writer *writer)
{
	if (writer_ok(writer) && writer->len)
		verdict->replies[verdict->reply_count++] = writer_bytes(writer);
}

void refuse_onward(struct engine *engine, struct passage *passage)
{
	struct writer writer = refuse_reply(engine, passage->verdict);

	forge_reset_onward(&passage->headers, &writer);
	refuse_reply_done(passage->verdict, &writer);
}

static void reset_both(struct engine *engine, struct passage *passage)
{
	struct writer writer = refuse_reply(engine, passage->verdict);

	forge_reset(&passage->headers, &writer);
	refuse_reply_done(passage->verdict, &writer);
	if (!(passage->headers.tcp_flags & TCP_SYN))
		refuse_onward(engine, passage);
}

void refuse_packet(struct engine *engine, struct passage *passage, enum policy_with with)
{
	struct flow *flow = passage->flow;
	struct writer writer;

	passage->verdict->action = VERDICT_DROP;
	if (with == POLICY_DROP || !passage->up)
		return;
	if (passage->headers.transport == TRANSPORT_TCP) {
		reset_both(engine, passage);
		return;
	}
	if (flow->refused_at && passage->packet->time - flow->refused_at < PROHIBITED_INTERVAL)
		return;
	flow->refused_at = passage->packet->time;
	writer = refuse_reply(engine, passage->verdict);
	forge_prohibited(passage->packet->data, &passage->headers, &writer);
	refuse_reply_done(passage->verdict, &writer);
}

void refuse_flow(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;

	held_settle_all(engine, flow, VERDICT_DROP, MARK_UNDECIDED);
	strip_release(engine, flow, STRIP_ENDED);
	passage->verdict->mark = MARK_BLOCK;
	refuse_packet(engine, passage, flow->with);
	if (flow->packets == 1)
		hammer_refused(engine, passage);
	/* A download that has used up its limit: its device would wait for more. */
	if (flow->limit && !passage->up && flow->with == POLICY_REJECT &&
	    passage->headers.transport == TRANSPORT_TCP)
		reset_both(engine, passage);
}
