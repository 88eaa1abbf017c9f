/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data carried in DNS names: many different names below one registered domain,
 * each long or of a type that nothing else asks for. One such name says
 * little; what counts is how many bytes of them a device asks for in a while.
 * The engine forgets no sooner than TUNNEL_MEMORY after the last of them.
 *
 * What is registered is guessed from the shape of a name. To guess wrong only
 * joins what belongs apart (all of co.uk) or parts what belongs together.
 */
#include "engine/tunnel.h"

#include "decode/dns.h"
#include "engine/internal.h"

#define TUNNEL_WINDOW (5 * MINUTE_US)
#define TUNNEL_MEMORY (30 * MINUTE_US)
/* Bytes in front of the registered domain, in one window, all names different. */
#define TUNNEL_BYTES 2000
/* Shorter than this is what people and machines call each other. */
#define STRANGE_BYTES 40
#define STRANGE_LABEL 24
#define STRANGE_DIGITS 6
#define RARE_WEIGHT 4

static unsigned labels_of(const char *text)
{
	unsigned count = *text != 0;

	for (; *text; text++)
		count += *text == '.';
	return count;
}

/* Top level domains have no digits, but in xn--. */
static bool is_top_level(const char *label)
{
	return strncmp(label, "xn--", 4) == 0 || label[strcspn(label, "0123456789")] == 0;
}

/*
 * "x.example.co.uk" -> "example.co.uk"; of short ones the whole. What ends in
 * no top level domain goes to a resolver that was told: one such domain.
 */
static const char *registered_of(const struct name *name)
{
	unsigned labels = labels_of(name->text), keep = 2;
	const char *last = strrchr(name->text, '.'), *suffix = name->text, *second;

	if (!is_top_level(last ? last + 1 : name->text))
		return name->text + name->len;

	/* A country, and before it something as short: a public suffix of two labels. */
	if (last && strlen(last + 1) == 2 && labels > 2) {
		second = last;
		while (second > name->text && second[-1] != '.')
			second--;
		if (last - second <= 3)
			keep = 3;
	}
	for (; labels > keep; labels--)
		suffix = name_parent(suffix);
	return suffix;
}

/* Reverse lookups are long and different by nature. */
static bool is_reverse(const struct name *name)
{
	return name_is_within(name, "arpa", 4);
}

static bool is_rare(uint16_t type)
{
	/* NULL, KEY, ANY and those for private use: favourites of tunnels. */
	return type == 10 || type == 25 || type == DNS_TYPE_ANY || type >= 0xff00;
}

/* Looks like digits in some base, not like words. */
static bool has_strange_label(const char *text, size_t len)
{
	size_t label = 0, digits = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.') {
			label = digits = 0;
			continue;
		}
		label++;
		digits += text[i] >= '0' && text[i] <= '9';
		if (label >= STRANGE_LABEL && digits >= STRANGE_DIGITS)
			return true;
	}
	return false;
}

static bool was_seen(struct tunnel *tunnel, uint64_t hash)
{
	uint64_t bit = (uint64_t)1 << (hash & 63);
	uint64_t *word = &tunnel->seen[hash >> 6 & (TUNNEL_SEEN - 1)];
	bool seen = *word & bit;

	*word |= bit;
	return seen;
}

static struct tunnel_key key_of(const struct engine *engine, const struct device *device,
				const char *registered)
{
	struct tunnel_key key;

	memset(&key, 0, sizeof(key));
	key.device = device->key;
	key.domain = hash_bytes(&engine->hash_key, registered, strlen(registered));
	return key;
}

static bool is_known(const struct engine *engine, const struct tunnel *tunnel)
{
	return tunnel && tunnel->known_at && engine->now - tunnel->known_at < TUNNEL_MEMORY;
}

void tunnel_note(struct engine *engine, const struct device *device, const struct name *name,
		 uint16_t type)
{
	const char *registered = registered_of(name);
	size_t len = (size_t)(registered - name->text);
	struct tunnel_key key = key_of(engine, device, registered);
	struct tunnel *tunnel;
	uint32_t weight = is_rare(type) ? RARE_WEIGHT : 1;

	if (is_reverse(name) || len == 0 ||
	    !(is_rare(type) || len >= STRANGE_BYTES || has_strange_label(name->text, len)))
		return;
	tunnel = table_find(engine->tunnels, &key);
	if (tunnel)
		table_touch(engine->tunnels, tunnel);
	else
		tunnel = table_add(engine->tunnels, &key);
	if (engine->now - tunnel->since > TUNNEL_WINDOW) {
		memset(tunnel->seen, 0, sizeof(tunnel->seen));
		tunnel->since = engine->now;
		tunnel->bytes = 0;
	}
	if (!was_seen(tunnel, hash_bytes(&engine->hash_key, name->text, name->len)))
		tunnel->bytes += weight * (uint32_t)len;
	if (tunnel->bytes >= TUNNEL_BYTES || is_known(engine, tunnel))
		tunnel->known_at = engine->now;
}

bool tunnel_is_at(const struct engine *engine, const struct device *device, const struct name *name)
{
	struct tunnel_key key;

	if (name->len == 0 || is_reverse(name))
		return false;
	key = key_of(engine, device, registered_of(name));
	return is_known(engine, table_find(engine->tunnels, &key));
}
