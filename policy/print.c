/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set in the language itself, in one canonical form: what is read back from
 * it prints the same. The catalogue is not part of it.
 */
#include "policy/set.h"
#include "policy/words.h"

static void indent(struct writer *writer, unsigned depth)
{
	writer_fill(writer, ' ', 2 * (size_t)depth);
}

/* Quotes, backslashes and everything that is not printable ASCII or UTF-8. */
void print_text(struct writer *writer, const char *text)
{
	static const char digits[] = "0123456789abcdef";

	writer_u8(writer, '"');
	for (const char *c = text; *c; c++) {
		unsigned char byte = (unsigned char)*c;

		if (byte == '"' || byte == '\\') {
			writer_u8(writer, '\\');
			writer_u8(writer, byte);
		} else if (byte < ' ' || byte == 0x7f) {
			writer_text(writer, "\\x");
			writer_u8(writer, (uint8_t)digits[byte >> 4]);
			writer_u8(writer, (uint8_t)digits[byte & 15]);
		} else {
			writer_u8(writer, byte);
		}
	}
	writer_u8(writer, '"');
}

static void print_words(struct writer *writer, const char *const *words, size_t count)
{
	if (count == 1) {
		print_text(writer, words[0]);
		return;
	}
	writer_text(writer, "[ ");
	for (size_t i = 0; i < count; i++) {
		if (i)
			writer_text(writer, ", ");
		print_text(writer, words[i]);
	}
	writer_text(writer, count ? " ]" : "]");
}

/* `name = "text";` */
static void print_pair(struct writer *writer, const char *name, const char *text)
{
	writer_text(writer, name);
	writer_text(writer, " = ");
	print_text(writer, text);
	writer_u8(writer, ';');
}

static void print_line(struct writer *writer, unsigned depth, const char *name, const char *text)
{
	indent(writer, depth);
	print_pair(writer, name, text);
	writer_u8(writer, '\n');
}

/* The words whose bits are set, in the order of the words. */
static void print_bits(struct writer *writer, uint64_t bits, const struct words *words)
{
	const char *list[64];
	size_t count = 0;

	for (size_t i = 0; i < words->count; i++) {
		if (bits >> i & 1)
			list[count++] = words->words[i];
	}
	print_words(writer, list, count);
}

void print_condition(const struct condition *condition, struct writer *writer)
{
	writer_text(writer, condition_keyword(condition->kind));
	writer_text(writer, " = ");
	if (condition->kind == CONDITION_NOT) {
		const struct group *group = condition->is.group;

		writer_text(writer, "{ ");
		for (size_t i = 0; i < group->count; i++) {
			print_condition(&group->conditions[i], writer);
			writer_text(writer, "; ");
		}
		writer_u8(writer, '}');
	} else if (condition->word_count) {
		print_words(writer, condition->words, condition->word_count);
	} else {
		writer_text(writer, condition->is.yes ? "true" : "false");
	}
}

static void print_action(const struct policy_rule *rule, struct writer *writer)
{
	print_pair(writer, "action", policy_action_name(rule->action));
	if (rule->action == POLICY_BLOCK && rule->with == POLICY_DROP) {
		writer_u8(writer, ' ');
		print_pair(writer, "with", words_with.words[rule->with]);
	}
	if (rule->action == POLICY_STRIP) {
		if (rule->data) {
			writer_text(writer, " data = ");
			print_bits(writer, rule->data, &words_data);
			writer_u8(writer, ';');
		}
		if (rule->key_count) {
			writer_text(writer, " keys = ");
			print_words(writer, rule->keys, rule->key_count);
			writer_u8(writer, ';');
		}
		writer_u8(writer, ' ');
		print_pair(writer, "opaque", words_opaque.words[rule->opaque_block]);
	}
	if (rule->upload) {
		writer_u8(writer, ' ');
		print_pair(writer, "upload", rule->upload);
	}
	if (rule->download) {
		writer_u8(writer, ' ');
		print_pair(writer, "download", rule->download);
	}
}

void print_rule(const struct policy_rule *rule, struct writer *writer)
{
	writer_text(writer, "{ ");
	print_action(rule, writer);
	for (size_t i = 0; i < rule->group.count; i++) {
		writer_u8(writer, ' ');
		print_condition(&rule->group.conditions[i], writer);
		writer_u8(writer, ';');
	}
	writer_text(writer, " }");
}

static void print_hex(struct writer *writer, uint32_t number)
{
	writer_text(writer, "0x");
	for (int shift = 28; shift >= 0; shift -= 4)
		writer_u8(writer, (uint8_t) "0123456789abcdef"[number >> shift & 15]);
}

static void print_home(const struct policy_set *set, struct writer *writer)
{
	if (set->region_count) {
		writer_text(writer, "regions = {\n");
		for (size_t i = 0; i < set->region_count; i++) {
			indent(writer, 1);
			writer_text(writer, set->regions[i].name);
			writer_text(writer, " = ");
			print_words(writer, set->regions[i].words, set->regions[i].word_count);
			writer_text(writer, ";\n");
		}
		writer_text(writer, "};\n");
	}
	if (set->has_home) {
		writer_text(writer, "home = ");
		print_words(writer, set->home_words, set->home_count);
		writer_text(writer, ";\n");
	}
}

static void print_network(const struct policy_settings *settings, struct writer *writer)
{
	writer_text(writer, "network = {\n  lan = ");
	print_words(writer, settings->lan, settings->lan_count);
	writer_text(writer, ";\n  queue = ");
	writer_decimal(writer, settings->queue);
	writer_text(writer, ";\n  mark = ");
	print_hex(writer, settings->mark);
	writer_text(writer, ";\n");
	print_line(writer, 1, "offload", words_offload.words[settings->offload_manage]);
	writer_text(writer, "};\n");
}

static void print_geo(const struct policy_settings *settings, struct writer *writer)
{
	if (!settings->geo_country && !settings->geo_asn)
		return;
	writer_text(writer, "geo = {\n");
	if (settings->geo_country)
		print_line(writer, 1, "country", settings->geo_country);
	if (settings->geo_country_url)
		print_line(writer, 1, "country_url", settings->geo_country_url);
	if (settings->geo_asn)
		print_line(writer, 1, "asn", settings->geo_asn);
	if (settings->geo_asn_url)
		print_line(writer, 1, "asn_url", settings->geo_asn_url);
	writer_text(writer, "};\n");
}

/* The separator between groups of a list: none after the last. */
static void end_item(struct writer *writer, size_t index, size_t count)
{
	writer_text(writer, index + 1 < count ? " },\n" : " }\n");
}

static void print_lists(const struct policy_set *set, struct writer *writer)
{
	if (set->list_count) {
		writer_text(writer, "lists = (\n");
		for (size_t i = 0; i < set->list_count; i++) {
			const struct policy_list_source *list = &set->lists[i];

			writer_text(writer, "  { ");
			print_pair(writer, "name", list->name);
			writer_u8(writer, ' ');
			print_pair(writer, list->url ? "url" : "file",
				   list->url ? list->url : list->file);
			end_item(writer, i, set->list_count);
		}
		writer_text(writer, ");\n");
	}
	if (set->identifier_count) {
		writer_text(writer, "identifiers = (\n");
		for (size_t i = 0; i < set->identifier_count; i++) {
			writer_text(writer, "  { ");
			print_pair(writer, "data", policy_data_name(set->identifiers[i].data));
			writer_u8(writer, ' ');
			print_pair(writer, "value", set->identifiers[i].value);
			end_item(writer, i, set->identifier_count);
		}
		writer_text(writer, ");\n");
	}
}

static void print_devices(const struct policy_set *set, struct writer *writer)
{
	if (set->device_count == 0)
		return;
	writer_text(writer, "devices = (\n");
	for (size_t i = 0; i < set->device_count; i++) {
		const struct policy_device *device = set->devices[i];

		writer_text(writer, "  { ");
		print_pair(writer, "name", device->name);
		writer_text(writer, device->mac_count == 1 ? " mac = " : " mac = [ ");
		for (size_t j = 0; j < device->mac_count; j++) {
			char text[MAC_TEXT_SIZE];

			mac_print(&device->macs[j], text);
			if (j)
				writer_text(writer, ", ");
			print_text(writer, text);
		}
		writer_text(writer, device->mac_count == 1 ? "; " : " ]; ");
		print_pair(writer, "policy", device->policy->name);
		end_item(writer, i, set->device_count);
	}
	writer_text(writer, ");\n");
}

static void print_dns(const struct policy *policy, struct writer *writer)
{
	const struct policy_own *own = &policy->own;
	const struct policy_dns *dns = &policy->dns;

	if (!own->has_deny && !own->has_strip && !own->has_answers && !own->has_bypass &&
	    !own->has_resolver)
		return;
	writer_text(writer, "    dns = {\n");
	if (own->has_deny)
		print_line(writer, 3, "deny", words_deny.words[dns->deny]);
	if (own->has_strip) {
		writer_text(writer, "      strip = ");
		print_bits(writer, (dns->strip_ecs ? 1 : 0) | (dns->strip_ech ? 2 : 0),
			   &words_strip);
		writer_text(writer, ";\n");
	}
	if (own->has_answers)
		print_line(writer, 3, "answers", words_answers.words[dns->prune]);
	if (own->has_bypass)
		print_line(writer, 3, "bypass", words_bypass.words[dns->bypass_block]);
	if (own->has_resolver)
		print_line(writer, 3, "resolver", words_resolver.words[dns->gateway]);
	writer_text(writer, "    };\n");
}

static void print_policy(const struct policy *policy, struct writer *writer)
{
	const struct policy_own *own = &policy->own;

	writer_text(writer, "  {\n");
	print_line(writer, 2, "name", policy->name);
	if (own->extends)
		print_line(writer, 2, "extends", own->extends);
	if (own->has_default)
		print_line(writer, 2, "default", policy_action_name(policy->action));
	if (own->has_mode)
		print_line(writer, 2, "mode", words_mode.words[policy->mode]);
	if (own->rule_count) {
		writer_text(writer, "    rules = (\n");
		for (size_t i = 0; i < own->rule_count; i++) {
			indent(writer, 3);
			print_rule(&own->rules[i], writer);
			writer_text(writer, i + 1 < own->rule_count ? ",\n" : "\n");
		}
		writer_text(writer, "    );\n");
	}
	if (own->has_on_failure)
		print_line(writer, 2, "on_failure", words_failure.words[policy->on_failure]);
	print_dns(policy, writer);
	writer_text(writer, "  }");
}

static void print_policies(const struct policy_set *set, struct writer *writer)
{
	bool any = false;

	for (size_t i = 0; i < set->policy_count; i++) {
		if (set->policies[i]->built_in)
			continue;
		writer_text(writer, any ? ",\n" : "policies = (\n");
		print_policy(set->policies[i], writer);
		any = true;
	}
	if (any)
		writer_text(writer, "\n);\n");
}

static void print_assertions(const struct policy_set *set, struct writer *writer)
{
	if (set->assertion_count == 0)
		return;
	writer_text(writer, "assertions = (\n");
	for (size_t i = 0; i < set->assertion_count; i++) {
		const struct assertion *assertion = set->assertions[i];

		writer_text(writer, "  { ");
		print_pair(writer, "device", assertion->device_name);
		writer_u8(writer, ' ');
		print_pair(writer, "destination", assertion->destination);
		writer_u8(writer, ' ');
		print_pair(writer, "expect", policy_action_name(assertion->expect));
		if (assertion->when) {
			writer_u8(writer, ' ');
			print_condition(assertion->when, writer);
			writer_u8(writer, ';');
		}
		end_item(writer, i, set->assertion_count);
	}
	writer_text(writer, ");\n");
}

void policy_print(const struct policy_set *set, struct writer *writer)
{
	const struct policy_settings *settings = &set->settings;

	print_home(set, writer);
	print_line(writer, 0, "mode", words_mode.words[settings->mode]);
	print_line(writer, 0, "unknown_device", settings->unknown_device->name);
	print_line(writer, 0, "on_failure", words_failure.words[settings->on_failure]);
	print_network(settings, writer);
	print_geo(settings, writer);
	print_lists(set, writer);
	print_devices(set, writer);
	print_policies(set, writer);
	print_assertions(set, writer);
}
