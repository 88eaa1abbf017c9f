/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/table.h"
#include "daemon/traffic.h"

#define DEVICES_MOST 512
#define ADDRESSES_MOST 2048

struct sender {
	struct mac mac; /* the key */
	uint64_t up, down;
	uint64_t reading; /* the kernel's counter when it was last read */
};

struct receiver {
	struct address address; /* the key */
	struct mac mac;         /* zero: not known yet */
	uint64_t reading, unclaimed;
};

struct traffic {
	struct table *senders, *receivers;
};

struct traffic *traffic_new(const struct hash_key *hash_key)
{
	struct traffic *traffic = calloc(1, sizeof(*traffic));

	if (!traffic)
		return NULL;
	traffic->senders =
		table_new(DEVICES_MOST, sizeof(struct mac), sizeof(struct sender), hash_key);
	traffic->receivers = table_new(ADDRESSES_MOST, sizeof(struct address),
				       sizeof(struct receiver), hash_key);
	if (!traffic->senders || !traffic->receivers) {
		traffic_free(traffic);
		return NULL;
	}
	return traffic;
}

void traffic_free(struct traffic *traffic)
{
	if (!traffic)
		return;
	table_free(traffic->senders);
	table_free(traffic->receivers);
	free(traffic);
}

static struct sender *get_sender(struct traffic *traffic, const struct mac *mac)
{
	struct sender *sender = table_find(traffic->senders, mac);

	if (!sender)
		return table_add(traffic->senders, mac);
	table_touch(traffic->senders, sender);
	return sender;
}

static struct receiver *get_receiver(struct traffic *traffic, const struct address *address)
{
	struct receiver *receiver = table_find(traffic->receivers, address);

	if (!receiver)
		return table_add(traffic->receivers, address);
	table_touch(traffic->receivers, receiver);
	return receiver;
}

void traffic_learn_address(struct traffic *traffic, const struct address *address,
			   const struct mac *mac)
{
	struct receiver *receiver;

	if (mac_is_zero(mac))
		return;
	receiver = get_receiver(traffic, address);
	receiver->mac = *mac;
	if (receiver->unclaimed) {
		get_sender(traffic, mac)->down += receiver->unclaimed;
		receiver->unclaimed = 0;
	}
}

/* What came since the last reading; a smaller one began at zero. */
static uint64_t advance(uint64_t *reading, uint64_t bytes)
{
	uint64_t more = bytes >= *reading ? bytes - *reading : bytes;

	*reading = bytes;
	return more;
}

void traffic_add(struct traffic *traffic, const struct mac *mac, const struct address *address,
		 uint64_t bytes)
{
	struct receiver *receiver;
	uint64_t more;

	if (mac) {
		struct sender *sender = get_sender(traffic, mac);

		sender->up += advance(&sender->reading, bytes);
		return;
	}
	receiver = get_receiver(traffic, address);
	more = advance(&receiver->reading, bytes);
	if (mac_is_zero(&receiver->mac))
		receiver->unclaimed += more;
	else
		get_sender(traffic, &receiver->mac)->down += more;
}

void traffic_restart(struct traffic *traffic)
{
	for (struct sender *sender = table_oldest(traffic->senders); sender;
	     sender = table_younger(traffic->senders, sender))
		sender->reading = 0;
	for (struct receiver *receiver = table_oldest(traffic->receivers); receiver;
	     receiver = table_younger(traffic->receivers, receiver))
		receiver->reading = 0;
}

bool traffic_find(const struct traffic *traffic, const struct mac *mac, uint64_t *ret_up,
		  uint64_t *ret_down)
{
	const struct sender *sender = table_find(traffic->senders, mac);

	if (!sender)
		return false;
	*ret_up = sender->up;
	*ret_down = sender->down;
	return true;
}
