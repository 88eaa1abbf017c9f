/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/mud_entry.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "base/addr.h"
#include "base/name.h"

#define PORT_MOST 65535

/* What an entry says, put together from all its matches. */
struct facts {
	char destination[NAME_TEXT_SIZE + 20]; /* a condition, or empty */
	char port[48];
	const char *transport;
	bool destination_port, source_port;
	bool home; /* controllers, makers and models are things of the home */
	bool from_outside;
	const char *reason; /* there can be no rule */
};

struct json_object *mud_member(struct json_object *object, const char *name, const char *older)
{
	struct json_object *member = NULL;

	if (!json_object_is_type(object, json_type_object))
		return NULL;
	if (!json_object_object_get_ex(object, name, &member) && older)
		(void)json_object_object_get_ex(object, older, &member);
	return member;
}

const char *mud_text(struct json_object *object)
{
	return json_object_is_type(object, json_type_string) ? json_object_get_string(object)
							     : NULL;
}

static bool is_text(struct json_object *object, const char *text)
{
	const char *is = mud_text(object);

	return is && strcmp(is, text) == 0;
}

static bool read_port(struct json_object *object, unsigned *ret_port)
{
	int64_t port =
		json_object_is_type(object, json_type_int) ? json_object_get_int64(object) : -1;

	if (port < 0 || port > PORT_MOST)
		return false;
	*ret_port = (unsigned)port;
	return true;
}

/* operator and port, or lower-port and upper-port: RFC 8519, section 4.2. */
static const char *read_ports(struct json_object *object, char *text, size_t size)
{
	const char *operator= mud_text(mud_member(object, "operator", NULL));
	unsigned port, upper = PORT_MOST;

	if (read_port(mud_member(object, "lower-port", NULL), &port)) {
		struct json_object *end = mud_member(object, "upper-port", NULL);

		if (end && (!read_port(end, &upper) || upper < port))
			return "its ports cannot be read";
		snprintf(text, size, "\"%u-%u\"", port, upper);
		return NULL;
	}
	if (!read_port(mud_member(object, "port", NULL), &port))
		return "its ports cannot be read";
	if (!operator|| strcmp(operator, "eq") == 0)
		snprintf(text, size, "%u", port);
	else if (strcmp(operator, "lte") == 0)
		snprintf(text, size, "\"0-%u\"", port);
	else if (strcmp(operator, "gte") == 0)
		snprintf(text, size, "\"%u-65535\"", port);
	else if (strcmp(operator, "neq") == 0 && port > 0 && port < PORT_MOST)
		snprintf(text, size, "[ \"0-%u\", \"%u-65535\" ]", port - 1, port + 1);
	else
		return "its operator on ports is not known";
	return NULL;
}

static void read_layer(struct json_object *layer, struct facts *facts)
{
	struct json_object *to, *from;

	to = mud_member(layer, "destination-port", "destination-port-range");
	if (!to)
		to = mud_member(layer, "destination-port-range-or-operator", NULL);
	from = mud_member(layer, "source-port", "source-port-range");
	if (!from)
		from = mud_member(layer, "source-port-range-or-operator", NULL);
	if (from)
		facts->source_port = true;
	if (to) {
		const char *reason = read_ports(to, facts->port, sizeof(facts->port));

		if (reason)
			facts->reason = reason;
		facts->destination_port = true;
	}
	if (is_text(mud_member(layer, "ietf-mud:direction-initiated", "direction-initiated"),
		    "to-device"))
		facts->from_outside = true;
}

static void read_protocol(struct json_object *object, struct facts *facts)
{
	int64_t number =
		json_object_is_type(object, json_type_int) ? json_object_get_int64(object) : -1;

	if (!object)
		return;
	if (number == 6)
		facts->transport = "tcp";
	else if (number == 17)
		facts->transport = "udp";
	else if (number == 1 || number == 58)
		facts->transport = "icmp";
	else
		facts->reason = "it is about a protocol other than TCP, UDP and ICMP";
}

/* Only what a host may be called: the text goes into a file of ours. */
static bool is_plain(const char *text)
{
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-_")] == 0;
}

static void read_name(struct json_object *object, struct facts *facts)
{
	const char *text = mud_text(object);
	struct name name;

	if (!object)
		return;
	if (!text || !name_parse_text(text, &name) || !is_plain(name.text)) {
		facts->reason = "its name is no name of a host";
		return;
	}
	snprintf(facts->destination, sizeof(facts->destination), "domain = \"=%s\"; ", name.text);
}

static void read_network(struct json_object *object, struct facts *facts)
{
	const char *text = mud_text(object);
	char printed[PREFIX_TEXT_SIZE];
	struct prefix prefix;

	if (!object)
		return;
	if (!text || !prefix_parse(text, &prefix)) {
		facts->reason = "its network cannot be read";
		return;
	}
	if (address_scope(&prefix.address) == SCOPE_MULTICAST) {
		facts->reason = "multicast passes anyway";
		return;
	}
	prefix_print(&prefix, printed);
	snprintf(facts->destination, sizeof(facts->destination), "address = \"%s\"; ", printed);
}

static void read_internet(struct json_object *matches, const char *name, const char *older,
			  const char *network, struct facts *facts)
{
	struct json_object *layer = mud_member(matches, name, older);

	if (!layer)
		return;
	read_layer(layer, facts);
	read_protocol(mud_member(layer, "protocol", NULL), facts);
	read_network(mud_member(layer, network, NULL), facts);
	read_name(mud_member(layer, "ietf-acldns:dst-dnsname", "dst-dnsname"), facts);
}

/* RFC 8520, section 3: the classes of other things, some of which have a name for all. */
static void read_classes(struct json_object *classes, struct facts *facts)
{
	static const char *const of_home[] = {"local-networks", "my-controller",
					      "manufacturer",   "same-manufacturer",
					      "model",          "ietf-mud:same-manufacturer"};
	const char *controller = mud_text(mud_member(classes, "controller", NULL));

	for (size_t i = 0; i < sizeof(of_home) / sizeof(of_home[0]); i++) {
		if (json_object_is_type(classes, json_type_object) &&
		    json_object_object_get_ex(classes, of_home[i], NULL))
			facts->home = true;
	}
	if (!controller)
		return;
	if (strcmp(controller, "urn:ietf:params:mud:dns") == 0)
		facts->reason = "the DNS of the home is open to every device";
	else if (strcmp(controller, "urn:ietf:params:mud:ntp") == 0)
		snprintf(facts->destination, sizeof(facts->destination), "purpose = \"time\"; ");
	else
		facts->home = true;
}

static void read_matches(struct json_object *matches, struct facts *facts)
{
	read_internet(matches, "ipv4", "ipv4-acl", "destination-ipv4-network", facts);
	read_internet(matches, "ipv6", "ipv6-acl", "destination-ipv6-network", facts);
	if (mud_member(matches, "tcp", "tcp-acl")) {
		facts->transport = "tcp";
		read_layer(mud_member(matches, "tcp", "tcp-acl"), facts);
	}
	if (mud_member(matches, "udp", "udp-acl")) {
		facts->transport = "udp";
		read_layer(mud_member(matches, "udp", "udp-acl"), facts);
	}
	if (mud_member(matches, "icmp", NULL))
		facts->transport = "icmp";
	read_classes(mud_member(matches, "ietf-mud:mud", "ietf-mud:mud-acl"), facts);
	read_classes(matches, facts);
	if (mud_member(matches, "eth", NULL))
		facts->reason = "it is about Ethernet frames, which the gateway does not see";
	else if (facts->from_outside)
		facts->reason = "answers to whoever calls the device pass with the call";
	else if (facts->source_port && !facts->destination_port)
		facts->reason = "answers from a port of the device's own need no rule";
}

/* "accept", in some files with the module's name before it. */
static const char *action_of(struct json_object *entry)
{
	const char *forwarding =
		mud_text(mud_member(mud_member(entry, "actions", NULL), "forwarding", NULL));
	const char *colon = forwarding ? strrchr(forwarding, ':') : NULL;

	if (colon)
		forwarding = colon + 1;
	if (!forwarding)
		return NULL;
	if (strcmp(forwarding, "accept") == 0)
		return "\"allow\"";
	if (strcmp(forwarding, "drop") == 0)
		return "\"block\"; with = \"drop\"";
	return strcmp(forwarding, "reject") == 0 ? "\"block\"" : NULL;
}

const char *mud_entry_rule(struct json_object *entry, char ret_rule[static MUD_RULE_SIZE])
{
	struct json_object *matches = mud_member(entry, "matches", NULL);
	struct facts facts = {.transport = NULL};
	const char *action = action_of(entry);

	if (!action)
		return "its action is none of accept, drop and reject";
	if (!json_object_is_type(matches, json_type_object) ||
	    json_object_object_length(matches) == 0)
		return "it matches nothing in particular";
	read_matches(matches, &facts);
	if (facts.reason)
		return facts.reason;
	snprintf(ret_rule, MUD_RULE_SIZE, "{ action = %s; %s%s%s%s%s%s%s%s}", action,
		 facts.destination, facts.home ? "lan = true; " : "",
		 facts.transport ? "transport = \"" : "", facts.transport ? facts.transport : "",
		 facts.transport ? "\"; " : "", facts.port[0] ? "port = " : "", facts.port,
		 facts.port[0] ? "; " : "");
	return NULL;
}
