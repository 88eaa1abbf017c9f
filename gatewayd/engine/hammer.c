/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that are refused try again, some of them many times a second. What
 * is certain to be refused, whatever the payload says, is told to the kernel,
 * which then refuses it without asking.
 */
#include "engine/hammer.h"

#include "engine/internal.h"
#include "engine/judge.h"

#define REFUSALS_ENOUGH 5
#define REFUSALS_WITHIN (10 * SECOND_US)

static void tell(struct engine *engine, const struct engine_pair *pair)
{
	/* One too many is asked about once more. */
	if (engine->pair_count < PAIRS_MOST)
		engine->pairs[engine->pair_count++] = *pair;
}

void hammer_refused(struct engine *engine, const struct passage *passage)
{
	struct flow *flow = passage->flow;
	struct hammer_key key;
	struct hammer *hammer;

	if (mac_is_zero(&passage->packet->mac) || !passage->up ||
	    (flow->key.transport != TRANSPORT_TCP && flow->key.transport != TRANSPORT_UDP))
		return;
	memset(&key, 0, sizeof(key));
	key.mac = passage->packet->mac;
	key.address = flow->key.remote;
	key.port = flow->key.remote_port;
	key.transport = flow->key.transport;
	hammer = table_find(engine->hammers, &key);
	if (!hammer)
		hammer = table_add(engine->hammers, &key);
	if (engine->now - hammer->since > REFUSALS_WITHIN) {
		hammer->since = engine->now;
		hammer->refusals = 0;
	}
	if (++hammer->refusals < REFUSALS_ENOUGH)
		return;
	hammer->refusals = 0;
	if (judge_is_certain(engine, flow))
		tell(engine, &(struct engine_pair){.blocked = true,
						   .mac = key.mac,
						   .address = key.address,
						   .transport = (enum transport)key.transport,
						   .port = key.port,
						   .silent = flow->with == POLICY_DROP});
}

void hammer_forget(struct engine *engine, const struct device *device,
		   const struct address *address)
{
	struct hammer *hammer = table_oldest(engine->hammers);

	while (hammer) {
		struct hammer *next = table_younger(engine->hammers, hammer);

		if (address_equal(&hammer->key.address, address)) {
			tell(engine, &(struct engine_pair){
					     .mac = hammer->key.mac,
					     .address = *address,
					     .transport = (enum transport)hammer->key.transport,
					     .port = hammer->key.port});
			table_remove(engine->hammers, hammer);
		}
		hammer = next;
	}
	(void)device;
}

bool engine_next_pair(struct engine *engine, struct engine_pair *ret_pair)
{
	if (engine->pair_count == 0)
		return false;
	*ret_pair = engine->pairs[0];
	memmove(engine->pairs, engine->pairs + 1, --engine->pair_count * sizeof(engine->pairs[0]));
	return true;
}
