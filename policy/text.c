/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules, reasons and conditions in words, for reports and explain. What does
 * not fit is left out at the end.
 */
#include "policy/set.h"
#include "policy/words.h"

static bool is_bypass(const struct policy_rule *rule)
{
	return rule->owner && rule->owner->bypass == rule;
}

void policy_rule_label(const struct policy *policy, const struct policy_rule *rule, char *text,
		       size_t size)
{
	struct writer writer = writer_on(text, size);

	if (!rule) {
		writer_text(&writer, policy->name);
		writer_text(&writer, "/default");
	} else if (is_bypass(rule)) {
		writer_text(&writer, rule->owner->name);
		writer_text(&writer, "/dns.bypass");
	} else {
		writer_text(&writer, rule->owner ? rule->owner->name : "override");
		writer_u8(&writer, '/');
		writer_decimal(&writer, rule->number);
	}
	writer_terminate(&writer);
}

void policy_rule_text(const struct policy_set *set, const struct policy_rule *rule, char *text,
		      size_t size)
{
	struct writer writer = writer_on(text, size);

	(void)set;
	if (is_bypass(rule))
		writer_text(&writer, "dns = { bypass = \"block\"; };");
	else
		print_rule(rule, &writer);
	writer_terminate(&writer);
}

void policy_rule_place(const struct policy_rule *rule, const char **ret_file, unsigned *ret_line)
{
	*ret_file = rule->file;
	*ret_line = rule->line;
}

static void write_country(struct writer *writer, country code)
{
	char text[8];

	country_print(code, text);
	writer_text(writer, text);
}

static void write_words(struct writer *writer, const struct condition *condition)
{
	for (size_t i = 0; i < condition->word_count; i++) {
		if (i)
			writer_text(writer, ", ");
		writer_text(writer, condition->words[i]);
	}
}

/* The domain that the name meets, the longest one, as it stands in the file. */
static bool write_met_name(struct writer *writer, const struct domains *domains,
			   const struct name *name)
{
	if (match_find_domain(domains->exact, domains->exact_count, name->text)) {
		writer_text(writer, "=");
		writer_text(writer, name->text);
		return true;
	}
	for (const char *suffix = name->text; suffix; suffix = name_parent(suffix)) {
		if (!match_find_domain(domains->suffixes, domains->suffix_count, suffix))
			continue;
		writer_text(writer, suffix);
		return true;
	}
	return false;
}

static bool write_met_domain(struct writer *writer, const struct condition *condition,
			     const struct policy_question *question)
{
	for (unsigned i = 0; question->known & FACT_NAMES && i < question->name_count; i++) {
		if (write_met_name(writer, condition->is.domains, question->names[i].name))
			return true;
	}
	return false;
}

static bool write_met_list(const struct policy_set *set, struct writer *writer,
			   const struct condition *condition,
			   const struct policy_question *question)
{
	uint64_t lists = question->known & FACT_ADDRESS ? question->address_lists : 0;

	for (unsigned i = 0; question->known & FACT_NAMES && i < question->name_count; i++)
		lists |= question->names[i].lists;
	lists &= condition->is.bits;
	for (size_t i = 0; i < set->list_count; i++) {
		if (lists >> i & 1) {
			writer_text(writer, set->lists[i].name);
			return true;
		}
	}
	return false;
}

/* What a row says of the kind; false: nothing. */
static bool write_row(struct writer *writer, enum policy_condition kind,
		      const struct policy_entry *entry)
{
	if (!entry)
		return false;
	if (kind == CONDITION_PURPOSE && entry->purpose != PURPOSE_UNKNOWN)
		writer_text(writer, policy_purpose_name(entry->purpose));
	else if (kind == CONDITION_ORGANISATION && entry->organisation)
		writer_text(writer, entry->organisation);
	else if (kind == CONDITION_JURISDICTION && entry->jurisdiction != COUNTRY_UNKNOWN)
		write_country(writer, entry->jurisdiction);
	else if (kind == CONDITION_ESSENTIAL && entry->essential_known)
		writer_text(writer, entry->essential ? "essential" : "not essential");
	else
		return false;
	return true;
}

static bool row_meets(const struct condition *condition, const struct policy_entry *entry)
{
	if (!entry)
		return false;
	if (condition->kind == CONDITION_PURPOSE)
		return entry->purpose != PURPOSE_UNKNOWN &&
		       condition->is.bits >> entry->purpose & 1;
	if (condition->kind == CONDITION_JURISDICTION)
		return entry->jurisdiction != COUNTRY_UNKNOWN &&
		       country_set_has(condition->is.countries, entry->jurisdiction);
	for (size_t i = 0; entry->organisation && i < condition->word_count; i++) {
		if (words_fold_equal(condition->words[i], entry->organisation))
			return true;
	}
	return false;
}

static void write_met_row(struct writer *writer, const struct condition *condition,
			  const struct policy_question *question)
{
	for (unsigned i = 0; question->known & FACT_NAMES && i < question->name_count; i++) {
		const struct policy_entry *entry = question->names[i].entry;

		if (row_meets(condition, entry) && write_row(writer, condition->kind, entry))
			return;
	}
	if (question->known & FACT_ASN && row_meets(condition, question->network) &&
	    write_row(writer, condition->kind, question->network))
		return;
	writer_text(writer, "unknown");
}

static const char *opposite(const struct condition *condition)
{
	return condition->is.yes ? "" : "not ";
}

/* "foreign, country CN": which of the two makes it so. */
static void write_foreign(const struct policy_set *set, struct writer *writer,
			  const struct condition *condition, const struct policy_question *question)
{
	const struct condition home = {.kind = CONDITION_JURISDICTION, .is.countries = &set->home};
	const struct policy_entry *entry;

	writer_text(writer, opposite(condition));
	writer_text(writer, "foreign");
	if (!condition->is.yes)
		return;
	for (unsigned i = 0; i <= question->name_count; i++) {
		entry = i < question->name_count ? question->names[i].entry : question->network;
		if (entry && entry->jurisdiction != COUNTRY_UNKNOWN && !row_meets(&home, entry)) {
			writer_text(writer, ", jurisdiction ");
			write_country(writer, entry->jurisdiction);
			return;
		}
	}
	if (question->known & FACT_COUNTRY) {
		writer_text(writer, ", country ");
		write_country(writer, question->country);
	}
}

static void write_met_prefix(struct writer *writer, const struct condition *condition,
			     const struct policy_question *question)
{
	for (size_t i = 0; i < condition->count; i++) {
		if (prefix_contains(&condition->is.prefixes[i], &question->address)) {
			writer_text(writer, condition->words[i]);
			return;
		}
	}
}

/* Why a condition holds: its keyword and the value of it that was met. */
static void write_reason(const struct policy_set *set, struct writer *writer,
			 const struct condition *condition, const struct policy_question *question)
{
	const char *keyword = condition_keyword(condition->kind);

	switch (condition->kind) {
	case CONDITION_FOREIGN:
		write_foreign(set, writer, condition, question);
		return;
	case CONDITION_NOT:
		print_condition(condition, writer);
		return;
	case CONDITION_DIRECT:
	case CONDITION_ESSENTIAL:
	case CONDITION_ENCRYPTED:
	case CONDITION_LAN:
	case CONDITION_MISMATCH:
	case CONDITION_TUNNEL:
	case CONDITION_ENCRYPTED_NAME:
		writer_text(writer, opposite(condition));
		writer_text(writer, keyword);
		return;
	case CONDITION_NONE:
	case CONDITION_BYPASS:
	case CONDITION_COUNT:
		return;
	case CONDITION_DOMAIN:
	case CONDITION_LIST:
	case CONDITION_PURPOSE:
	case CONDITION_ORGANISATION:
	case CONDITION_JURISDICTION:
	case CONDITION_COUNTRY:
	case CONDITION_ASN:
	case CONDITION_ADDRESS:
	case CONDITION_PORT:
	case CONDITION_TRANSPORT:
	case CONDITION_PROTOCOL:
	case CONDITION_WHEN:
		break;
	}
	writer_text(writer, keyword);
	writer_u8(writer, ' ');
	if (condition->kind == CONDITION_DOMAIN)
		write_met_domain(writer, condition, question);
	else if (condition->kind == CONDITION_LIST)
		write_met_list(set, writer, condition, question);
	else if (condition->kind == CONDITION_COUNTRY)
		write_country(writer, question->country);
	else if (condition->kind == CONDITION_ASN)
		writer_decimal(writer, question->asn);
	else if (condition->kind == CONDITION_ADDRESS)
		write_met_prefix(writer, condition, question);
	else if (condition->kind == CONDITION_PORT)
		writer_decimal(writer, question->port);
	else if (condition->kind == CONDITION_TRANSPORT)
		writer_text(writer, transport_name(question->transport));
	else if (condition->kind == CONDITION_PROTOCOL)
		writer_text(writer, protocol_name(question->protocol));
	else if (condition->kind == CONDITION_WHEN)
		write_words(writer, condition);
	else
		write_met_row(writer, condition, question);
}

static const struct condition *find_condition(const struct policy_rule *rule,
					      enum policy_condition kind)
{
	for (size_t i = 0; rule && i < rule->group.count; i++) {
		if (rule->group.conditions[i].kind == kind)
			return &rule->group.conditions[i];
	}
	return NULL;
}

void policy_reason(const struct policy_set *set, const struct policy_question *question,
		   const struct policy_decision *decision, char *text, size_t size)
{
	struct writer writer = writer_on(text, size);
	const struct condition *condition = find_condition(decision->rule, decision->because);

	if (decision->because == CONDITION_BYPASS) {
		writer_text(&writer, "dns.bypass ");
		if (decision->waits)
			writer_text(&writer, "not known yet");
		else
			bypass_print(set, question, &writer);
	} else if (decision->waits || decision->let_through) {
		writer_text(&writer, condition_keyword(decision->because));
		writer_text(&writer, " not known yet");
	} else if (condition) {
		write_reason(set, &writer, condition, question);
	} else if (decision->rule) {
		writer_text(&writer, decision->rule->owner ? "a rule for everything"
							   : "the user's own word");
	} else {
		writer_text(&writer, "default");
	}
	writer_terminate(&writer);
}

static void write_names(struct writer *writer, const struct policy_question *question)
{
	for (unsigned i = 0; i < question->name_count; i++) {
		if (i)
			writer_text(writer, ", ");
		writer_text(writer, question->names[i].name->text);
	}
}

/* Every value that rows have for it; false: none has. */
static bool write_rows(struct writer *writer, enum policy_condition kind,
		       const struct policy_question *question)
{
	bool any = false;

	for (unsigned i = 0; question->known & FACT_NAMES && i < question->name_count; i++) {
		const struct policy_entry *entry = question->names[i].entry;

		/* CNAMEs mostly have the row of the name before. */
		if (i && entry == question->names[i - 1].entry)
			continue;
		if (any && entry)
			writer_text(writer, ", ");
		any |= write_row(writer, kind, entry);
	}
	if (!any && question->known & FACT_ASN)
		any = write_row(writer, kind, question->network);
	return any;
}

static void write_minute(struct writer *writer, int minute)
{
	int hour = minute % MINUTES_OF_DAY / 60;

	writer_text(writer, words_days.words[minute / MINUTES_OF_DAY]);
	writer_u8(writer, ' ');
	writer_u8(writer, (uint8_t)('0' + hour / 10));
	writer_u8(writer, (uint8_t)('0' + hour % 10));
	writer_u8(writer, ':');
	writer_u8(writer, (uint8_t)('0' + minute % 60 / 10));
	writer_u8(writer, (uint8_t)('0' + minute % 10));
}

/* The facts that have one value; `known` was asked already. */
static void write_value(struct writer *writer, enum policy_condition kind,
			const struct policy_question *question)
{
	char text[ADDRESS_TEXT_SIZE];
	bool yes = false;

	switch (kind) {
	case CONDITION_DOMAIN:
	case CONDITION_LIST:
		if (question->name_count) {
			write_names(writer, question);
			return;
		}
		/* Lists hold addresses, too. */
		address_print(&question->address, text);
		writer_text(writer, text);
		return;
	case CONDITION_COUNTRY:
	case CONDITION_FOREIGN:
		write_country(writer, question->country);
		return;
	case CONDITION_ASN:
		writer_decimal(writer, question->asn);
		return;
	case CONDITION_ADDRESS:
		address_print(&question->address, text);
		writer_text(writer, text);
		return;
	case CONDITION_PORT:
		writer_decimal(writer, question->port);
		return;
	case CONDITION_TRANSPORT:
		writer_text(writer, transport_name(question->transport));
		return;
	case CONDITION_PROTOCOL:
	case CONDITION_ENCRYPTED:
		writer_text(writer, protocol_name(question->protocol));
		return;
	case CONDITION_WHEN:
		write_minute(writer, question->local_minute);
		return;
	case CONDITION_DIRECT:
		yes = question->direct;
		break;
	case CONDITION_LAN:
		yes = question->lan;
		break;
	case CONDITION_MISMATCH:
		yes = question->mismatch;
		break;
	case CONDITION_TUNNEL:
		yes = question->tunnel;
		break;
	case CONDITION_ENCRYPTED_NAME:
		yes = question->encrypted_name;
		break;
	case CONDITION_NONE:
	case CONDITION_PURPOSE:
	case CONDITION_ORGANISATION:
	case CONDITION_JURISDICTION:
	case CONDITION_ESSENTIAL:
	case CONDITION_NOT:
	case CONDITION_BYPASS:
	case CONDITION_COUNT:
		return;
	}
	writer_text(writer, yes ? "yes" : "no");
}

static bool is_of_catalogue(enum policy_condition kind)
{
	return kind == CONDITION_PURPOSE || kind == CONDITION_ORGANISATION ||
	       kind == CONDITION_JURISDICTION || kind == CONDITION_ESSENTIAL;
}

static bool write_both(struct writer *writer, const struct policy_question *question)
{
	size_t start = writer->len;

	if (question->known & FACT_COUNTRY) {
		writer_text(writer, "country ");
		write_country(writer, question->country);
	}
	if (question->names[0].entry || question->network)
		writer_text(writer, writer->len > start ? ", jurisdiction " : "jurisdiction ");
	write_rows(writer, CONDITION_JURISDICTION, question);
	return writer->len > start;
}

/* What the question knows about it. */
static void write_found(struct writer *writer, const struct condition *condition,
			const struct policy_question *question)
{
	uint32_t known = question->known & condition->facts;

	writer_text(writer, ": it is ");
	if (is_of_catalogue(condition->kind) && write_rows(writer, condition->kind, question))
		return;
	if (condition->kind == CONDITION_FOREIGN && write_both(writer, question))
		return;
	if (known && !is_of_catalogue(condition->kind) && condition->kind != CONDITION_FOREIGN &&
	    (condition->kind != CONDITION_DOMAIN || question->name_count))
		write_value(writer, condition->kind, question);
	else
		writer_text(writer,
			    question->pending & condition->facts ? "not known yet" : "not known");
}

void policy_condition_text(const struct policy_set *set, const struct policy_rule *rule,
			   const struct policy_question *question, enum policy_condition condition,
			   char *text, size_t size)
{
	struct writer writer = writer_on(text, size);
	const struct condition *found = find_condition(rule, condition);

	if (condition == CONDITION_BYPASS) {
		bypass_print(set, question, &writer);
	} else if (!found) {
		writer_text(&writer, "no condition");
	} else {
		print_condition(found, &writer);
		if (condition != CONDITION_NOT)
			write_found(&writer, found, question);
	}
	writer_terminate(&writer);
}
