/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNS between a device and whatever resolver it asks. A question is decided
 * by name before it leaves; an answer is read, and where the policy says so
 * edited, before the device gets it, so that the first packet to an address
 * finds its name known. Over TCP both directions are taken strictly in order:
 * what is ahead of a hole is dropped and sent again.
 */
#include "engine/internal.h"

#include "redact/checksum.h"
#include "redact/dns.h"
#include "redact/forge.h"

#define DNS_PORT 53
#define CNAMES_MOST 16
#define FLOW_FACTS_TO_COME \
	(FACT_TRANSPORT | FACT_PORT | FACT_PROTOCOL | FACT_MISMATCH | FACT_ENCRYPTED_NAME)
#define ADDRESS_FACTS (FACT_ADDRESS | FACT_COUNTRY | FACT_ASN)

/* What is to become of one message. */
enum fate {
	FATE_PASS,
	FATE_DENY,      /* the device gets a refusal */
	FATE_EDIT,      /* the edited message is in engine->message */
	FATE_DROP,      /* no answer at all */
	FATE_MALFORMED, /* counted, and dropped */
};

struct message {
	struct dns_message dns;
	struct name_list names; /* the name asked, and in an answer its CNAMEs */
	enum dns_denial denial;
	bool on_tcp;
	bool begun_earlier; /* its first bytes are already with the receiver */
	struct bytes edited;
};

/* ---- the rules ---- */

static void begin_early(struct engine *engine, struct passage *passage,
			const struct name_list *names, struct policy_question *question)
{
	judge_begin(engine, passage->device, question);
	judge_names(engine, question, names);
	question->direct = false; /* what is resolved here will not be direct */
	question->known |= FACT_DIRECT;
	question->pending = FLOW_FACTS_TO_COME | ADDRESS_FACTS;
}

static struct policy_decision decide_names(struct engine *engine, struct passage *passage,
					   const struct name_list *names,
					   struct policy_question *question)
{
	begin_early(engine, passage, names, question);
	return policy_match(engine->set, question, STAGE_EARLY, NULL, NULL);
}

static struct policy_decision decide_resolver(struct engine *engine, struct passage *passage,
					      struct policy_question *question)
{
	const struct flow *flow = passage->flow;
	const struct binding *binding = names_find(engine, passage->device, &flow->key.remote);
	const struct name_list *names =
		binding ? names_of_candidate(engine, &binding->candidates[0]) : NULL;

	judge_begin(engine, passage->device, question);
	judge_address(engine, question, &flow->key.remote);
	if (names)
		judge_names(engine, question, names);
	question->transport = (enum transport)flow->key.transport;
	question->port = DNS_PORT;
	question->protocol = PROTOCOL_DNS;
	question->direct = binding == NULL;
	question->known |= FACT_TRANSPORT | FACT_PORT | FACT_PROTOCOL;
	if (engine->now >= engine->direct_from)
		question->known |= FACT_DIRECT;
	return policy_match(engine->set, question, STAGE_RESOLVER, NULL, NULL);
}

static enum dns_denial denial_of(const struct policy *policy)
{
	switch (policy_dns(policy)->deny) {
	case DENY_NODATA:
		return DNS_DENY_NODATA;
	case DENY_NXDOMAIN:
		return DNS_DENY_NXDOMAIN;
	case DENY_ZERO:
		return DNS_DENY_ZERO;
	case DENY_REFUSED:
		return DNS_DENY_REFUSED;
	}
	return DNS_DENY_NODATA;
}

/* A DNS flow is shown with its first decision, or its first refusal. */
static void settle(struct engine *engine, struct flow *flow, const struct policy_question *question,
		   const struct policy_decision *decision)
{
	bool blocks = decision->action == POLICY_BLOCK;
	struct policy_question where;

	if (!flow->decided || (blocks && flow->action != POLICY_BLOCK)) {
		judge_settle(engine, flow, question, decision);
		judge_begin(engine, flow_device(engine, flow), &where);
		judge_address(engine, &where, &flow->key.remote);
		flow->country = where.country;
		flow->asn = where.asn;
		/* A question that is let through is allowed, whatever comes later. */
		if (!blocks)
			flow->action = POLICY_ALLOW;
		if (blocks)
			engine->counters.flows_blocked++;
	}
	flow->decided = flow->told = flow->announced = true;
	flow->generation = engine->generation;
	flow->observed = policy_mode(question->policy) == MODE_OBSERVE;
}

static enum fate fate_of(const struct policy *policy, const struct policy_decision *decision)
{
	if (decision->action != POLICY_BLOCK || policy_mode(policy) == MODE_OBSERVE)
		return FATE_PASS;
	if (decision->rule && policy_rule_with(decision->rule) == POLICY_DROP)
		return FATE_DROP;
	return FATE_DENY;
}

static void malformed(struct engine *engine, struct flow *flow)
{
	engine->counters.malformed_dns++;
	if (!flow->decided)
		engine->counters.flows_blocked++;
	judge_fixed(flow, POLICY_BLOCK, "malformed DNS");
}

/* ---- questions ---- */

static void remember_refusal(struct flow *flow, uint16_t id)
{
	flow->refused_ids[flow->refused_count++ % REFUSED_IDS_MOST] = id;
}

static bool was_refused(const struct flow *flow, uint16_t id)
{
	for (unsigned i = 0; i < flow->refused_count && i < REFUSED_IDS_MOST; i++) {
		if (flow->refused_ids[i] == id)
			return true;
	}
	return false;
}

static enum fate strip_question(struct engine *engine, struct message *message)
{
	struct redact_dns_edits edits = {
		.strip_client_subnet = true,
		.keep_length = message->on_tcp,
	};
	struct writer writer = writer_on(engine->message, sizeof(engine->message));
	struct redact_dns_result result;

	/* What cannot be cleaned must not leave. */
	if (!redact_dns_edit(&message->dns, &edits, &writer, &result))
		return FATE_DROP;
	message->edited = writer_bytes(&writer);
	return result.changed ? FATE_EDIT : FATE_PASS;
}

static enum fate ask(struct engine *engine, struct passage *passage, struct message *message)
{
	struct flow *flow = passage->flow;
	struct policy_question question;
	struct policy_decision decision;
	enum fate fate;

	engine->counters.questions++;
	passage->device->questions++;
	name_list_add(&message->names, &message->dns.question);
	if (flow->names.count == 0)
		flow->question_type = message->dns.question_type;
	name_list_add(&flow->names, &message->dns.question);
	decision.action = POLICY_ALLOW;
	if (passage->packet->hook == PACKET_FORWARD && !judge_is_lan(engine, &flow->key.remote))
		decision = decide_resolver(engine, passage, &question);
	if (decision.action != POLICY_BLOCK)
		decision = decide_names(engine, passage, &message->names, &question);
	settle(engine, flow, &question, &decision);
	message->denial = denial_of(question.policy);
	fate = fate_of(question.policy, &decision);
	if (decision.action == POLICY_BLOCK) {
		engine->counters.questions_refused++;
		passage->device->questions_refused++;
		record_event(engine, EVENT_QUESTION, flow);
	}
	if (fate != FATE_PASS)
		remember_refusal(flow, message->dns.id);
	else if (message->dns.client_subnet && policy_dns(question.policy)->strip_ecs &&
		 policy_mode(question.policy) == MODE_ENFORCE)
		fate = strip_question(engine, message);
	return fate;
}

/* ---- answers ---- */

/* The name asked, and what its CNAMEs lead to, in order. */
static void follow_cnames(const struct dns_message *dns, struct name_list *names)
{
	struct name at = dns->question;
	struct dns_record record;
	struct dns_walk walk;
	bool moved = true;

	name_list_add(names, &at);
	for (unsigned hops = 0; moved && hops < CNAMES_MOST; hops++) {
		moved = false;
		dns_walk_start(&walk, dns);
		while (dns_next_record(&walk, &record) && record.section == DNS_ANSWER) {
			if (record.type != DNS_TYPE_CNAME || !name_equal(&record.name, &at))
				continue;
			moved = !name_list_has(names, &record.target);
			at = record.target;
			name_list_add(names, &at);
			break;
		}
	}
}

struct answer {
	struct engine *engine;
	struct passage *passage;
	const struct message *message;
	bool bind; /* remember the addresses that stay */
	time_us expires;
	unsigned pruned;
	bool ech;
};

/* Would the policy block a flow to this address under these names? */
static bool is_unwanted(struct answer *answer, const struct address *address)
{
	struct policy_question question;
	struct policy_decision decision;

	begin_early(answer->engine, answer->passage, &answer->message->names, &question);
	question.pending = FLOW_FACTS_TO_COME;
	judge_address(answer->engine, &question, address);
	decision = policy_match(answer->engine->set, &question, STAGE_EARLY, NULL, NULL);
	return decision.action == POLICY_BLOCK;
}

static bool prune(void *context, const struct address *address)
{
	return is_unwanted(context, address);
}

static void see_address(struct answer *answer, const struct address *address, bool judge)
{
	if (judge && is_unwanted(answer, address)) {
		answer->pruned++;
		return;
	}
	if (answer->bind)
		names_bind(answer->engine, answer->passage->device, address,
			   &answer->message->names, answer->expires);
}

static void see_hints(struct answer *answer, const struct dns_record *record, bool judge)
{
	struct dns_hints hints;
	struct dns_hint hint;

	if (!dns_hints_start(&hints, &answer->message->dns, record))
		return;
	while (dns_next_hint(&hints, &hint)) {
		size_t size = hint.key == DNS_SVCB_IPV4HINT ? 4 : 16;

		answer->ech |= hint.key == DNS_SVCB_ECH;
		if (hint.key != DNS_SVCB_IPV4HINT && hint.key != DNS_SVCB_IPV6HINT)
			continue;
		for (size_t at = 0; at + size <= hint.value.len; at += size) {
			const uint8_t *bytes = hint.value.data + at;
			struct address address =
				size == 4 ? address_ipv4(bytes) : address_ipv6(bytes);

			see_address(answer, &address, judge);
		}
	}
}

/* Looks at every address of the answer; binds what stays. */
static void see_addresses(struct answer *answer, bool judge)
{
	struct dns_record record;
	struct dns_walk walk;

	dns_walk_start(&walk, &answer->message->dns);
	while (dns_next_record(&walk, &record)) {
		answer->expires = answer->engine->now + (time_us)record.ttl * SECOND_US;
		if (record.address.family)
			see_address(answer, &record.address, judge);
		else if (record.type == DNS_TYPE_HTTPS || record.type == DNS_TYPE_SVCB)
			see_hints(answer, &record, judge);
	}
}

static enum fate edit_answer(struct answer *answer, struct message *message,
			     const struct policy_dns *dns, bool enforce)
{
	struct engine *engine = answer->engine;
	struct redact_dns_edits edits = {
		.prune = dns->prune ? prune : NULL,
		.context = answer,
		.strip_ech = dns->strip_ech,
		.keep_length = message->on_tcp,
	};
	struct writer writer = writer_on(engine->message, sizeof(engine->message));
	struct redact_dns_result result;

	if (!enforce || (!(answer->pruned && dns->prune) && !(answer->ech && dns->strip_ech)))
		return FATE_PASS;
	/* Part of it is with the device already: its flows will be judged. */
	if (message->begun_earlier)
		return FATE_PASS;
	if (!redact_dns_edit(&message->dns, &edits, &writer, &result))
		return FATE_DENY;
	engine->counters.addresses_pruned += result.addresses_pruned;
	if (result.addresses_pruned && result.addresses_left == 0 && !message->on_tcp)
		return FATE_DENY;
	message->edited = writer_bytes(&writer);
	return result.changed ? FATE_EDIT : FATE_PASS;
}

static enum fate answer(struct engine *engine, struct passage *passage, struct message *message)
{
	struct answer answer = {.engine = engine, .passage = passage, .message = message};
	const struct policy *policy = device_policy(engine, passage->device);
	bool enforce = policy_mode(policy) == MODE_ENFORCE;
	const struct policy_dns *dns = policy_dns(policy);
	struct policy_question question;
	struct policy_decision decision;
	enum fate fate;

	engine->counters.answers++;
	/* The true answer to a question that we answered ourselves. */
	if (was_refused(passage->flow, message->dns.id))
		return FATE_DROP;
	follow_cnames(&message->dns, &message->names);
	decision = decide_names(engine, passage, &message->names, &question);
	if (decision.action == POLICY_BLOCK) {
		settle(engine, passage->flow, &question, &decision);
		record_event(engine, EVENT_QUESTION, passage->flow);
	}
	message->denial = denial_of(policy);
	fate = fate_of(policy, &decision);
	if (fate != FATE_PASS)
		return fate;
	answer.bind = !(enforce && dns->prune);
	see_addresses(&answer, enforce && dns->prune);
	fate = edit_answer(&answer, message, dns, enforce);
	if (!answer.bind && fate != FATE_DENY) {
		answer.bind = true;
		see_addresses(&answer, !message->begun_earlier);
	}
	return fate;
}

/* ---- one message ---- */

static enum fate handle(struct engine *engine, struct passage *passage, struct bytes bytes,
			struct message *message)
{
	message->names.len = 0;
	message->names.count = 0;
	if (decode_dns(bytes, &message->dns) != DECODE_OK || message->dns.response == passage->up ||
	    message->dns.question_count > 1)
		return FATE_MALFORMED;
	if (message->dns.question_count == 0)
		return FATE_PASS;
	return passage->up ? ask(engine, passage, message) : answer(engine, passage, message);
}

/* ---- over UDP ---- */

static void pass_edited_udp(struct engine *engine, struct passage *passage, struct bytes payload)
{
	struct writer writer = writer_on(engine->edited, sizeof(engine->edited));

	forge_udp_payload(passage->packet->data, &passage->headers, payload, &writer);
	if (!writer_ok(&writer)) {
		passage->verdict->action = VERDICT_DROP;
		return;
	}
	passage->verdict->edited = writer_bytes(&writer);
}

static struct bytes write_denial(struct engine *engine, const struct message *message)
{
	struct writer writer = writer_on(engine->message, sizeof(engine->message));

	redact_dns_deny(&message->dns, message->denial, NULL, &writer);
	return writer_ok(&writer) ? writer_bytes(&writer) : bytes_of(NULL, 0);
}

static void deny_udp(struct engine *engine, struct passage *passage, const struct message *message)
{
	struct bytes denial = write_denial(engine, message);
	struct writer writer;

	if (!passage->up) {
		pass_edited_udp(engine, passage, denial);
		return;
	}
	passage->verdict->action = VERDICT_DROP;
	writer = refuse_reply(engine, passage->verdict);
	forge_udp_answer(&passage->headers, denial, &writer);
	refuse_reply_done(passage->verdict, &writer);
}

static bool lets_malformed_pass(struct engine *engine, struct passage *passage)
{
	return policy_mode(device_policy(engine, passage->device)) == MODE_OBSERVE;
}

static void resolve_udp(struct engine *engine, struct passage *passage)
{
	struct message message = {.on_tcp = false};

	switch (handle(engine, passage, passage->headers.payload, &message)) {
	case FATE_PASS:
		return;
	case FATE_EDIT:
		pass_edited_udp(engine, passage, message.edited);
		return;
	case FATE_DENY:
		deny_udp(engine, passage, &message);
		return;
	case FATE_MALFORMED:
		malformed(engine, passage->flow);
		if (lets_malformed_pass(engine, passage))
			return;
		break;
	case FATE_DROP:
		break;
	}
	passage->verdict->action = VERDICT_DROP;
}

/* ---- over TCP ---- */

/* Refused inside a connection: the device gets its answer and the end. */
static void deny_tcp(struct engine *engine, struct passage *passage, const struct message *message)
{
	struct bytes denial = write_denial(engine, message);
	uint8_t framed[1024];
	struct writer frame = writer_on(framed, sizeof(framed));
	struct writer writer;

	passage->verdict->action = VERDICT_DROP;
	passage->flow->closed = true;
	if (!passage->up) {
		refuse_onward(engine, passage);
		return;
	}
	writer_u16(&frame, (uint16_t)denial.len);
	writer_bytes_put(&frame, denial);
	writer = refuse_reply(engine, passage->verdict);
	forge_tcp_answer(&passage->headers, writer_bytes(&frame), &writer);
	refuse_reply_done(passage->verdict, &writer);
	refuse_onward(engine, passage);
}

static void end_tcp(struct engine *engine, struct passage *passage)
{
	refuse_packet(engine, passage, POLICY_REJECT);
	if (!passage->up)
		refuse_onward(engine, passage);
	passage->flow->closed = true;
}

/* Where this segment's bytes stand; false: it is to be dropped. */
static bool take_segment(struct passage *passage, struct dns_stream *stream)
{
	const struct packet_headers *headers = &passage->headers;
	const struct flow *flow = passage->flow;

	if (!stream->started) {
		bool known = passage->up && flow->first_seq_known;

		stream->next = stream->boundary = known ? flow->first_seq : headers->seq;
		stream->started = true;
	}
	if (headers->seq == stream->next) {
		if (stream->held == 0)
			stream->boundary = headers->seq;
		return true;
	}
	/* Sent again: read again, so that it cannot say something else now. */
	if (headers->seq == stream->boundary) {
		stream->next = stream->boundary;
		stream->held = 0;
		return true;
	}
	return false;
}

/* Puts the segment's message bytes where the edits of this packet are. */
static bool edit_tcp(struct engine *engine, struct passage *passage, size_t offset,
		     struct bytes message)
{
	const struct packet *packet = passage->packet;
	struct verdict *verdict = passage->verdict;

	if (packet->data.len > sizeof(engine->edited))
		return false;
	if (!verdict->edited.data) {
		memcpy(engine->edited, packet->data.data, packet->data.len);
		verdict->edited = bytes_of(engine->edited, packet->data.len);
	}
	memcpy(engine->edited + passage->headers.payload_offset + offset, message.data,
	       message.len);
	checksum_fix(engine->edited, packet->data.len, passage->headers.transport_offset,
		     passage->headers.ip_protocol);
	return true;
}

/* False: the packet's verdict is given, and nothing more is to be read. */
static bool handle_tcp(struct engine *engine, struct passage *passage, struct message *message,
		       struct bytes bytes, size_t offset)
{
	switch (handle(engine, passage, bytes, message)) {
	case FATE_PASS:
		return true;
	case FATE_EDIT:
		if (!message->begun_earlier && edit_tcp(engine, passage, offset, message->edited))
			return true;
		break;
	case FATE_DENY:
		deny_tcp(engine, passage, message);
		return false;
	case FATE_MALFORMED:
		malformed(engine, passage->flow);
		if (lets_malformed_pass(engine, passage))
			return true;
		break;
	case FATE_DROP:
		break;
	}
	end_tcp(engine, passage);
	return false;
}

/*
 * Reads the messages in held + payload; what is left of an unfinished one is
 * held. room is the size of the buffer at held.
 */
static void read_messages(struct engine *engine, struct passage *passage, struct dns_stream *stream,
			  uint8_t *held, size_t room)
{
	struct bytes payload = passage->headers.payload;
	struct message message = {.on_tcp = true};
	size_t at = 0;

	while (at < payload.len) {
		size_t have = stream->held + (payload.len - at);
		const uint8_t *start = payload.data + at;
		size_t need = 2, take;

		if (stream->held)
			message.begun_earlier = true;
		if (stream->held >= 2)
			need = 2 + (size_t)(held[0] << 8 | held[1]);
		else if (have >= 2 && stream->held == 0)
			need = 2 + (size_t)(start[0] << 8 | start[1]);
		else if (have >= 2)
			need = 2 + (size_t)(held[0] << 8 | start[0]);
		if (have < 2 || have < need || stream->held) {
			take = need > stream->held ? need - stream->held : 0;
			if (take > payload.len - at)
				take = payload.len - at;
			if (stream->held + take > room) {
				engine->counters.malformed_dns++;
				end_tcp(engine, passage);
				return;
			}
			memcpy(held + stream->held, start, take);
			stream->held = (uint16_t)(stream->held + take);
			at += take;
			if (stream->held < need || need == 2)
				continue;
			if (!handle_tcp(engine, passage, &message, bytes_of(held + 2, need - 2), 0))
				return;
			stream->held = 0;
			message.begun_earlier = false;
			continue;
		}
		if (!handle_tcp(engine, passage, &message, bytes_of(start + 2, need - 2), at + 2))
			return;
		at += need;
	}
}

static void resolve_tcp(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;
	struct dns_stream *stream = passage->up ? &flow->up : &flow->down;
	struct stream *buffer = stream_of(engine, flow);

	if (!take_segment(passage, stream)) {
		passage->verdict->action = VERDICT_DROP;
		return;
	}
	if (passage->up)
		read_messages(engine, passage, stream, buffer->dns.up, sizeof(buffer->dns.up));
	else
		read_messages(engine, passage, stream, buffer->dns.down, sizeof(buffer->dns.down));
	if (passage->verdict->action == VERDICT_ACCEPT)
		stream->next += (uint32_t)passage->headers.payload.len;
	if (flow->up.held == 0 && flow->down.held == 0)
		stream_release(engine, flow);
}

/* The beginning of a length-prefixed DNS message. */
static bool looks_like_dns_on_tcp(struct bytes payload)
{
	struct bytes message = bytes_of(payload.data + 2, payload.len < 2 ? 0 : payload.len - 2);
	size_t length = payload.len < 2 ? 0 : (size_t)(payload.data[0] << 8 | payload.data[1]);

	if (payload.len < 2 + DNS_HEADER_SIZE)
		return payload.len < 2 || length >= DNS_HEADER_SIZE;
	if (length < DNS_HEADER_SIZE)
		return false;
	if (message.len > length)
		message.len = length;
	return message.len < length || decode_dns_looks_right(message);
}

static bool is_dns_payload(const struct flow *flow, struct bytes payload)
{
	if (flow->is_dns)
		return true;
	if (flow->key.transport == TRANSPORT_UDP)
		return decode_dns_looks_right(payload);
	return !flow->told && looks_like_dns_on_tcp(payload);
}

bool resolve_packet(struct engine *engine, struct passage *passage)
{
	struct flow *flow = passage->flow;
	bool on_tcp = flow->key.transport == TRANSPORT_TCP;

	if (flow->key.remote_port != DNS_PORT || flow->inbound ||
	    !(on_tcp || flow->key.transport == TRANSPORT_UDP))
		return false;
	if (passage->headers.payload.len == 0) {
		/* The handshake: what it is for, the first payload tells. */
		if (!on_tcp || (flow->told && !flow->is_dns))
			return false;
	} else if (!is_dns_payload(flow, passage->headers.payload)) {
		return false;
	} else {
		flow->is_dns = true;
		flow->protocol = PROTOCOL_DNS;
	}
	if (flow->closed && flow->decided && flow->action == POLICY_BLOCK && !flow->observed) {
		if (!(passage->headers.tcp_flags & TCP_RST))
			refuse_packet(engine, passage, flow->with);
		return true;
	}
	if (passage->headers.payload.len == 0)
		return true;
	if (on_tcp)
		resolve_tcp(engine, passage);
	else
		resolve_udp(engine, passage);
	return true;
}
