/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The assertions of the user, put to the compiled set. What only a database or
 * the traffic could tell (country, protocol) is not known here, and a name is
 * one that DNS gave, so the rules are read as they stand then. An assertion
 * holds when it does at every time of the week that it covers.
 */
#include "policy/check.h"

static void write_minute(char text[static 10], int minute)
{
	struct writer writer = writer_on(text, 10);
	int hour = minute % MINUTES_OF_DAY / 60;

	writer_text(&writer, words_days.words[minute / MINUTES_OF_DAY]);
	writer_u8(&writer, ' ');
	writer_u8(&writer, (uint8_t)('0' + hour / 10));
	writer_u8(&writer, (uint8_t)('0' + hour % 10));
	writer_u8(&writer, ':');
	writer_u8(&writer, (uint8_t)('0' + minute % 60 / 10));
	writer_u8(&writer, (uint8_t)('0' + minute % 10));
	writer_terminate(&writer);
}

static void ask(const struct policy_set *set, const struct assertion *assertion,
		struct policy_question *question)
{
	const struct policy_destination *parsed = &assertion->parsed;

	question->policy = assertion->device->policy;
	question->known = FACT_TIME | FACT_DIRECT;
	if (parsed->name.len) {
		question->known |= FACT_NAMES;
		question->name_count = 1;
		policy_describe(set, &parsed->name, &question->names[0]);
	}
	question->direct = parsed->name.len == 0;
	if (parsed->address.family != ADDRESS_NONE) {
		enum address_scope scope = address_scope(&parsed->address);

		question->known |= FACT_ADDRESS;
		question->address = parsed->address;
		question->lan = scope == SCOPE_PRIVATE || scope == SCOPE_LINK_LOCAL;
	}
	if (parsed->port) {
		question->known |= FACT_PORT;
		question->port = parsed->port;
	}
	if (parsed->transport != TRANSPORT_NONE) {
		question->known |= FACT_TRANSPORT;
		question->transport = parsed->transport;
	}
}

static void report(struct check *check, const struct assertion *assertion,
		   const struct policy_question *question, const struct policy_decision *decision)
{
	char label[80], reason[80], minute[10], place[100] = "";
	struct writer writer = writer_on(place, sizeof(place));
	const char *file;
	unsigned line;

	policy_rule_label(question->policy, decision->rule, label, sizeof(label));
	policy_reason(check->set, question, decision, reason, sizeof(reason));
	write_minute(minute, question->local_minute);
	if (decision->rule) {
		policy_rule_place(decision->rule, &file, &line);
		writer_text(&writer, ", ");
		writer_text(&writer, file);
		writer_text(&writer, " line ");
		writer_decimal(&writer, line);
	}
	writer_terminate(&writer);
	check->file = assertion->file;
	check_error(check, assertion->line, NULL,
		    "assertion fails: %.40s to %.80s: expected %s, but %s (%s, by %.80s%s)%s%s",
		    assertion->device_name, assertion->destination,
		    policy_action_name(assertion->expect), policy_action_name(decision->action),
		    reason, label, place, check->set->edge_count ? " on " : "",
		    check->set->edge_count ? minute : "");
}

/* False: it fails at this minute, and an error says so. */
static bool holds_at(struct check *check, const struct assertion *assertion, int minute)
{
	struct policy_question question = {.policy = NULL};
	struct policy_decision decision;

	if (assertion->when && !windows_contain(assertion->when, minute))
		return true;
	ask(check->set, assertion, &question);
	question.local_minute = minute;
	decision = policy_match(check->set, &question, STAGE_FLOW, NULL, NULL);
	if (decision.action == assertion->expect)
		return true;
	report(check, assertion, &question, &decision);
	return false;
}

void assert_set(struct check *check)
{
	const struct policy_set *set = check->set;

	for (size_t i = 0; i < set->assertion_count; i++) {
		const struct assertion *assertion = set->assertions[i];
		const struct condition *when = assertion->when;
		bool holds = holds_at(check, assertion, 0);

		/* Decisions change at edges only; so does what `when` covers. */
		for (size_t j = 0; holds && j < set->edge_count; j++)
			holds = holds_at(check, assertion, set->edges[j]);
		for (size_t j = 0; holds && when && j < when->count; j++)
			holds = holds_at(check, assertion, when->is.windows[j].from);
	}
}
