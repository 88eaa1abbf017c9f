/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Later fragments hold no ports: they go the way of the first. One that comes
 * without its first is dropped, since nobody knows what it belongs to. (The
 * kernel puts fragments together before it queues them; captures have them.)
 */
#include "engine/fragment.h"

#include "engine/internal.h"

#define FRAGMENT_LIFE (30 * SECOND_US) /* as the kernel's ipfrag_time */

static struct fragment_key key_of(const struct packet_headers *headers)
{
	struct fragment_key key;

	memset(&key, 0, sizeof(key));
	key.src = headers->src;
	key.dst = headers->dst;
	key.id = headers->fragment_id;
	key.ip_protocol = headers->ip_protocol;
	return key;
}

void fragment_remember(struct engine *engine, const struct passage *passage)
{
	struct fragment_key key = key_of(&passage->headers);
	struct fragment *fragment = table_find(engine->fragments, &key);

	if (fragment)
		table_touch(engine->fragments, fragment);
	else
		fragment = table_add(engine->fragments, &key);
	fragment->time = passage->packet->time;
	fragment->accept = passage->verdict->action == VERDICT_ACCEPT;
}

bool fragment_follow(struct engine *engine, struct passage *passage)
{
	struct fragment_key key = key_of(&passage->headers);
	const struct fragment *fragment;

	if (!passage->headers.fragment || passage->headers.first_fragment)
		return false;
	fragment = table_find(engine->fragments, &key);
	if (fragment && passage->packet->time - fragment->time <= FRAGMENT_LIFE &&
	    fragment->accept) {
		passage->verdict->action = VERDICT_ACCEPT;
		return true;
	}
	passage->verdict->action = VERDICT_DROP;
	engine->counters.fragments_dropped++;
	return true;
}
