/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See schema.h. The order is the one in which messages name keywords. */
#include "policy/schema.h"

#include <string.h>

#include "policy/set.h"

#define CONDITION (PLACE_RULE | PLACE_NOT)
#define TOP (PLACE_MAIN | PLACE_POLICIES)

static const struct schema_keyword keywords[] = {
	{"home", PLACE_MAIN, TYPE_TEXTS, 0, "what is not foreign: countries and regions"},
	{"regions", PLACE_MAIN, TYPE_NAMED_TEXTS, 0, "own sets of countries, by name"},
	{"mode", PLACE_MAIN | PLACE_POLICY, TYPE_TEXT, 0, "enforce, or observe: only record"},
	{"unknown_device", PLACE_MAIN, TYPE_TEXT, 0, "policy of a device that no file names"},
	{"on_failure", PLACE_MAIN | PLACE_POLICY, TYPE_TEXT, 0,
	 "what devices may do while gatewayd is gone: closed or open"},
	{"network", PLACE_MAIN, TYPE_GROUP, 0, "interfaces, queue, mark, offloading"},
	{"geo", PLACE_MAIN, TYPE_GROUP, 0, "databases of countries and networks"},
	{"lists", PLACE_MAIN, TYPE_LIST_OF_GROUPS, 0, "lists of names and addresses"},
	{"identifiers", PLACE_MAIN, TYPE_LIST_OF_GROUPS, 0, "secrets that strip rules look for"},
	{"devices", TOP, TYPE_LIST_OF_GROUPS, 0, "the devices and their policies"},
	{"assign", TOP, TYPE_LIST_OF_GROUPS, 0, "other policies for devices; the last one counts"},
	{"policies", TOP, TYPE_LIST_OF_GROUPS, 0, "the policies"},
	{"assertions", TOP, TYPE_LIST_OF_GROUPS, 0, "what every reload has to confirm"},

	{"lan", PLACE_NETWORK, TYPE_TEXTS, 0, "interfaces whose devices are managed"},
	{"queue", PLACE_NETWORK, TYPE_NUMBER, 0, "first NFQUEUE number"},
	{"mark", PLACE_NETWORK, TYPE_NUMBER, 0, "bits of the conntrack mark"},
	{"offload", PLACE_NETWORK, TYPE_TEXT, 0, "flowtables: warn, or manage"},

	{"country", PLACE_GEO, TYPE_TEXT, 0, "MMDB file of countries"},
	{"country_url", PLACE_GEO, TYPE_TEXT, 0, "where the file of countries is fetched from"},
	{"asn", PLACE_GEO, TYPE_TEXT, 0, "MMDB file of networks"},
	{"asn_url", PLACE_GEO, TYPE_TEXT, 0, "where the file of networks is fetched from"},

	{"name", PLACE_LIST | PLACE_DEVICE | PLACE_POLICY, TYPE_TEXT, 0, "what others call it"},
	{"url", PLACE_LIST, TYPE_TEXT, 0, "where the list is fetched from"},
	{"file", PLACE_LIST, TYPE_TEXT, 0, "the file the list is in"},

	{"value", PLACE_IDENTIFIER, TYPE_TEXT, 0, "the secret itself"},

	{"mac", PLACE_DEVICE, TYPE_TEXTS, 0, "hardware addresses of the device"},
	{"policy", PLACE_DEVICE | PLACE_ASSIGNMENT, TYPE_TEXT, 0, "the policy of the device"},

	{"extends", PLACE_POLICY, TYPE_TEXT, 0, "policy whose rules follow this one's"},
	{"default", PLACE_POLICY, TYPE_TEXT, 0, "what no rule matches: allow or block"},
	{"rules", PLACE_POLICY, TYPE_LIST_OF_GROUPS, 0, "the rules, the first match decides"},
	{"dns", PLACE_POLICY, TYPE_GROUP, 0, "how DNS is treated"},

	{"deny", PLACE_DNS, TYPE_TEXT, 0, "what a refused question gets"},
	{"strip", PLACE_DNS, TYPE_TEXTS, 0, "what is taken out of messages: ecs, ech"},
	{"answers", PLACE_DNS, TYPE_TEXT, 0, "addresses that would be blocked: prune or keep"},
	{"bypass", PLACE_DNS, TYPE_TEXT, 0, "ways around plain DNS: block or allow"},
	{"resolver", PLACE_DNS, TYPE_TEXT, 0, "who answers: any resolver, or the gateway"},

	{"device", PLACE_ASSERTION, TYPE_TEXT, 0, "the device that sends"},
	{"device", PLACE_ASSIGNMENT, TYPE_TEXT, 0, "the device that is meant"},
	{"destination", PLACE_ASSERTION, TYPE_TEXT, 0, "name, address or name@address, with :port"},
	{"expect", PLACE_ASSERTION, TYPE_TEXT, 0, "the action that must come out"},

	{"action", PLACE_RULE, TYPE_TEXT, 0, "allow, block, strip or limit"},
	{"with", PLACE_RULE, TYPE_TEXT, 0, "how block is done: reject or drop"},
	{"data", PLACE_RULE, TYPE_TEXTS, 0, "what strip takes out, by category"},
	{"data", PLACE_IDENTIFIER, TYPE_TEXT, 0, "the category of the secret"},
	{"keys", PLACE_RULE, TYPE_TEXTS, 0, "what strip takes out, by key"},
	{"opaque", PLACE_RULE, TYPE_TEXT, 0, "what strip does when it can't read: block or allow"},
	{"upload", PLACE_RULE, TYPE_TEXT, 0, "most that is sent, as \"N UNIT/minute|hour|day\""},
	{"download", PLACE_RULE, TYPE_TEXT, 0, "most that is received, written like upload"},

	{"domain", CONDITION, TYPE_TEXTS, CONDITION_DOMAIN, "a name or one above it; =exact"},
	{"list", CONDITION, TYPE_TEXTS, CONDITION_LIST, "the name or address is on the list"},
	{"purpose", CONDITION, TYPE_TEXTS, CONDITION_PURPOSE, "what the endpoint is for"},
	{"organisation", CONDITION, TYPE_TEXTS, CONDITION_ORGANISATION, "who is behind the name"},
	{"jurisdiction", CONDITION, TYPE_TEXTS, CONDITION_JURISDICTION,
	 "whose law binds the organisation"},
	{"country", CONDITION, TYPE_TEXTS, CONDITION_COUNTRY, "where the address is"},
	{"asn", CONDITION, TYPE_NUMBERS, CONDITION_ASN, "the network the address is in"},
	{"foreign", CONDITION, TYPE_YES_NO, CONDITION_FOREIGN, "country or jurisdiction not home"},
	{"direct", CONDITION, TYPE_YES_NO, CONDITION_DIRECT, "no DNS answer gave the address"},
	{"essential", CONDITION, TYPE_YES_NO, CONDITION_ESSENTIAL, "the device needs it"},
	{"address", CONDITION, TYPE_TEXTS, CONDITION_ADDRESS, "the address is in the prefix"},
	{"port", CONDITION, TYPE_NUMBERS, CONDITION_PORT, "the port of the destination"},
	{"transport", CONDITION, TYPE_TEXTS, CONDITION_TRANSPORT, "tcp, udp, icmp or other"},
	{"protocol", CONDITION, TYPE_TEXTS, CONDITION_PROTOCOL, "what is spoken, by content"},
	{"encrypted", CONDITION, TYPE_YES_NO, CONDITION_ENCRYPTED,
	 "the protocol hides its payload"},
	{"lan", CONDITION, TYPE_YES_NO, CONDITION_LAN, "the destination is in the home itself"},
	{"mismatch", CONDITION, TYPE_YES_NO, CONDITION_MISMATCH,
	 "it says a name that DNS did not give for the address"},
	{"tunnel", CONDITION, TYPE_YES_NO, CONDITION_TUNNEL, "data is carried in DNS names"},
	{"encrypted_name", CONDITION, TYPE_YES_NO, CONDITION_ENCRYPTED_NAME,
	 "the name is hidden by ECH"},
	{"when", CONDITION | PLACE_ASSERTION, TYPE_TEXTS, CONDITION_WHEN, "days and hours"},
	{"not", PLACE_RULE, TYPE_GROUP, CONDITION_NOT, "these do not all hold"},
};

#define KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

const struct schema_keyword *schema_keywords(size_t *ret_count)
{
	*ret_count = KEYWORDS;
	return keywords;
}

const struct schema_keyword *schema_find(unsigned place, const char *name)
{
	for (size_t i = 0; i < KEYWORDS; i++) {
		if ((keywords[i].places & place) && strcmp(keywords[i].name, name) == 0)
			return &keywords[i];
	}
	return NULL;
}

const char *schema_place_name(unsigned place)
{
	static const char *const names[] = {
		"the top level of gatewayd.conf",
		"the top level of a policy file",
		"\"network\"",
		"\"geo\"",
		"a list",
		"an identifier",
		"a device",
		"a policy",
		"\"dns\"",
		"a rule",
		"\"not\"",
		"an assertion",
		"an assignment",
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (place & 1u << i)
			return names[i];
	}
	return "nowhere";
}

const char *schema_type_name(enum schema_type type)
{
	switch (type) {
	case TYPE_TEXT:
		return "a text in quotes";
	case TYPE_TEXTS:
		return "a text in quotes, or several as [ \"...\", \"...\" ]";
	case TYPE_NUMBER:
		return "a whole number";
	case TYPE_NUMBERS:
		return "a whole number or a text in quotes, or several as ( ..., ... )";
	case TYPE_YES_NO:
		return "true or false";
	case TYPE_GROUP:
		return "a group { ... }";
	case TYPE_NAMED_TEXTS:
		return "a group { name = [ \"...\" ]; ... }";
	case TYPE_LIST_OF_GROUPS:
		return "a list of groups ( { ... }, { ... } )";
	}
	return "";
}

const char *condition_keyword(enum policy_condition condition)
{
	for (size_t i = 0; i < KEYWORDS; i++) {
		if (condition && keywords[i].condition == (int)condition)
			return keywords[i].name;
	}
	return "default";
}
