/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _POSIX_C_SOURCE 200809L /* localtime_r */

#include "daemon/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct history {
	struct event events[HISTORY_EVENTS]; /* a ring */
	uint64_t event_count;                /* ever */
	struct history_refusal refusals[HISTORY_REFUSALS];
	size_t refusal_count;
	bool sorted;
	struct history_day day;
	int64_t minute; /* the last one looked at, since 1970 */
	int day_of_year, year;
};

struct history *history_new(void)
{
	struct history *history = calloc(1, sizeof(*history));

	if (history)
		history->minute = -1;
	return history;
}

void history_free(struct history *history)
{
	free(history);
}

void history_advance(struct history *history, time_us now)
{
	time_t seconds = (time_t)time_in(now, SECOND_US);
	struct tm local;

	/* A day begins with a minute, in every time zone of today. */
	if (history->minute == time_in(now, MINUTE_US))
		return;
	history->minute = time_in(now, MINUTE_US);
	if (!localtime_r(&seconds, &local))
		return;
	if (history->day.since && local.tm_yday == history->day_of_year &&
	    local.tm_year == history->year)
		return;
	history->day_of_year = local.tm_yday;
	history->year = local.tm_year;
	memset(&history->day, 0, sizeof(history->day));
	history->day.since = now;
	history->refusal_count = 0;
}

static void destination_text(const struct flow_record *record, bool question,
			     char text[static NAME_TEXT_SIZE])
{
	if (question)
		snprintf(text, NAME_TEXT_SIZE, "%s",
			 record->question.len ? record->question.text : ".");
	else if (record->name_count)
		snprintf(text, NAME_TEXT_SIZE, "%s", record->names[0].text);
	else
		address_print(&record->dst, text);
}

/* The entry of that pair, a new one, or the rarest one made new. */
static struct history_refusal *find_refusal(struct history *history, const char *device,
					    const char *destination, bool question)
{
	struct history_refusal *rarest = &history->refusals[0];

	for (size_t i = 0; i < history->refusal_count; i++) {
		struct history_refusal *refusal = &history->refusals[i];

		if (refusal->question == question && !strcmp(refusal->destination, destination) &&
		    !strcmp(refusal->device, device))
			return refusal;
		if (refusal->count < rarest->count)
			rarest = refusal;
	}
	if (history->refusal_count < HISTORY_REFUSALS)
		rarest = &history->refusals[history->refusal_count++];
	memset(rarest, 0, sizeof(*rarest));
	snprintf(rarest->device, sizeof(rarest->device), "%s", device);
	snprintf(rarest->destination, sizeof(rarest->destination), "%s", destination);
	rarest->question = question;
	return rarest;
}

static void count_refusal(struct history *history, const struct event *event)
{
	bool question = event->kind == EVENT_QUESTION;
	char destination[NAME_TEXT_SIZE];
	struct history_refusal *refusal;

	destination_text(&event->record, question, destination);
	refusal = find_refusal(history, event->record.device, destination, question);
	refusal->count++;
	refusal->last = event->time;
	refusal->observed = event->record.observed;
	snprintf(refusal->rule, sizeof(refusal->rule), "%s", event->record.rule);
	snprintf(refusal->reason, sizeof(refusal->reason), "%s", event->record.reason);
	history->sorted = false;
}

static void count_event(struct history *history, const struct event *event)
{
	const struct flow_record *record = &event->record;
	bool refused = event->kind == EVENT_QUESTION || record->action == POLICY_BLOCK;

	if (!refused && record->action != POLICY_STRIP)
		return;
	if (record->observed)
		history->day.observed++;
	else if (event->kind == EVENT_QUESTION)
		history->day.questions_refused++;
	else if (record->action == POLICY_BLOCK)
		history->day.flows_blocked++;
	else
		history->day.flows_stripped++;
	if (refused)
		count_refusal(history, event);
}

void history_add(struct history *history, const struct event *event)
{
	history_advance(history, event->time);
	/* The end of a flow tells nothing new about what was decided. */
	if (event->kind == EVENT_FLOW_END)
		return;
	history->events[history->event_count++ % HISTORY_EVENTS] = *event;
	if (event->kind == EVENT_DECISION || event->kind == EVENT_QUESTION)
		count_event(history, event);
}

void history_day(const struct history *history, struct history_day *ret_day)
{
	*ret_day = history->day;
}

static int by_count(const void *a, const void *b)
{
	const struct history_refusal *first = a, *second = b;

	if (first->count != second->count)
		return first->count < second->count ? 1 : -1;
	return first->last < second->last ? 1 : first->last > second->last ? -1 : 0;
}

const struct history_refusal *history_refusal_at(struct history *history, size_t index)
{
	if (!history->sorted)
		qsort(history->refusals, history->refusal_count, sizeof(history->refusals[0]),
		      by_count);
	history->sorted = true;
	return index < history->refusal_count ? &history->refusals[index] : NULL;
}

void history_each_event(const struct history *history,
			void (*each)(void *context, const struct event *event), void *context)
{
	uint64_t first =
		history->event_count > HISTORY_EVENTS ? history->event_count - HISTORY_EVENTS : 0;

	for (uint64_t i = first; i < history->event_count; i++)
		each(context, &history->events[i % HISTORY_EVENTS]);
}
