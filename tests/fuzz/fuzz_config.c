/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policy files: whatever the text, there is a set or there is an error. What
 * loads prints, reads back and prints the same, and every question put to it
 * has an answer. What follows the first NUL byte is read as a catalogue.
 */
#include <stdlib.h>

#include "policy/policy.h"

#define PRINT_MOST ((size_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ensure(bool holds)
{
	if (!holds)
		abort();
}

static struct policy_set *load(struct bytes text, struct bytes catalogue)
{
	struct policy_source sources[2] = {
		{.file = "gatewayd.conf", .text = text, .kind = SOURCE_MAIN},
		{.file = "catalogue.tsv", .text = catalogue, .kind = SOURCE_CATALOGUE},
	};
	struct policy_errors errors = {.count = 0}, warnings = {.count = 0};
	struct policy_set *set = policy_load(sources, 2, &errors, &warnings);

	ensure((set == NULL) == (errors.count > 0));
	for (size_t i = 0; i < errors.count; i++)
		ensure(errors.errors[i].text[0] && errors.errors[i].file[0]);
	policy_errors_free(&errors);
	policy_errors_free(&warnings);
	return set;
}

static void show(const struct policy_set *set, const struct policy_question *question,
		 const struct policy_decision *decision)
{
	char text[24];

	policy_reason(set, question, decision, text, sizeof(text));
	ensure(memchr(text, 0, sizeof(text)));
	policy_rule_label(question->policy, decision->rule, text, sizeof(text));
	ensure(memchr(text, 0, sizeof(text)));
	if (!decision->rule)
		return;
	policy_rule_text(set, decision->rule, text, sizeof(text));
	for (int i = 0; i < CONDITION_COUNT; i++)
		policy_condition_text(set, decision->rule, question, (enum policy_condition)i, text,
				      sizeof(text));
}

/* With more known, a decision that did not wait stays what it was. */
static void ask(const struct policy_set *set, const struct policy *policy)
{
	static const char *const names[] = {"www.example.com", "a.logs.example.cn", "xn--a"};
	struct policy_question question = {.policy = policy, .local_minute = 9999, .port = 443};
	struct policy_decision flow, last;
	struct name name;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ensure(name_parse_text(names[i], &name));
		policy_describe(set, &name, &question.names[0]);
		question.name_count = 1;
		question.transport = i ? TRANSPORT_TCP : TRANSPORT_UDP;
		question.country = (country)(i * 77);
		question.asn = 64500 * (uint32_t)i;
		question.network = policy_entry_of_asn(set, question.asn);
		for (uint32_t known = 0; known < 1 << 12; known += 73) {
			question.known = known;
			question.pending = ~known;
			flow = policy_match(set, &question, STAGE_FLOW, NULL, NULL);
			show(set, &question, &flow);
			question.pending = 0;
			last = policy_match(set, &question, STAGE_FLOW, NULL, NULL);
			ensure(!last.waits);
			ensure(flow.waits ||
			       (flow.rule == last.rule && flow.action == last.action));
			show(set, &question, &last);
			policy_match(set, &question, STAGE_EARLY, NULL, NULL);
			policy_match(set, &question, STAGE_RESOLVER, NULL, NULL);
		}
	}
}

static size_t print(const struct policy_set *set, char *text)
{
	struct writer writer = writer_on(text, PRINT_MOST);

	policy_print(set, &writer);
	return writer_ok(&writer) ? writer.len : 0;
}

static void check_set(const struct policy_set *set, struct bytes catalogue)
{
	char *text = malloc(PRINT_MOST), *again = malloc(PRINT_MOST);
	size_t len = text && again ? print(set, text) : 0;
	struct policy_set *back;

	if (len) {
		back = load(bytes_of(text, len), catalogue);
		ensure(back != NULL);
		ensure(print(back, again) == len && memcmp(text, again, len) == 0);
		policy_free(back);
	}
	for (size_t i = 0; i < policy_count(set) && i < 8; i++)
		ask(set, policy_at(set, i));
	free(text);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, 0, size);
	size_t len = nul ? (size_t)(nul - data) : size;
	struct bytes catalogue = {NULL, 0};
	struct policy_set *set;

	if (nul)
		catalogue = bytes_of(nul + 1, size - len - 1);
	set = load(bytes_of(data, len), catalogue);
	if (set)
		check_set(set, catalogue);
	policy_free(set);
	return 0;
}
