/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DNS: questions and answers, over UDP and TCP. */
#ifndef GATEWAYD_ENGINE_RESOLVE_H
#define GATEWAYD_ENGINE_RESOLVE_H

#include "engine/names.h"
#include "redact/dns.h"

struct flow;

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

/* bytes hold one message; may fill in message->edited and message->denial. */
enum fate resolve_message(struct engine *engine, struct passage *passage, struct bytes bytes,
			  struct message *message);
/* Is this resolver refused, whatever it is asked? Then the flow is decided. */
bool resolve_refuses(struct engine *engine, struct passage *passage);
void resolve_malformed(struct engine *engine, struct flow *flow);

/* Is it DNS with a server, by port and content? Then its verdict is given. */
bool resolve_packet(struct engine *engine, struct passage *passage);

#endif
