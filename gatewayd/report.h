/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happened, as JSON: flows, events, devices and counters become json-c
 * objects with the fields that gatewayctl(8) documents. A field that is not
 * known is absent. replay, the control commands and the tests share it, so a
 * flow looks the same wherever it is seen. No I/O and no clock here; the
 * caller owns what is returned. NULL: no memory.
 */
#ifndef GATEWAYD_REPORT_H
#define GATEWAYD_REPORT_H

#include "engine/engine.h"

struct json_object;

/* One flow, gatewayctl(8), FLOWS. */
struct json_object *report_flow(const struct flow_record *record);
/* A flow's fields with "event" and "time" before them; what a new device has not is absent. */
struct json_object *report_event(const struct event *event);
struct identify_guess;
struct same;
/* vendor: who made the device; all but the record may be NULL. */
struct json_object *report_device(const struct device_record *record, const char *vendor,
				  const struct identify_guess *guess, const struct same *same);
/*
 * The limits of a policy, an array; NULL: it has none. use: fills in what was
 * used of record->rule, or leaves the record as it is; NULL: nobody knows.
 */
typedef void report_limit_use(void *context, struct limit_record *record);
struct json_object *report_limits(const struct policy *policy, report_limit_use *use,
				  void *context);
struct json_object *report_counters(const struct engine_counters *counters);
/* {"file":...,"line":...,"text":...} each. */
struct json_object *report_errors(const struct policy_errors *errors);

/* A text as JSON: cut after 500 bytes, and '?' for what is not UTF-8. */
struct json_object *report_string(const char *text);
/* "decision", "question", "flow-end", "new-device". */
const char *report_event_name(enum event_kind kind);
/* "A", "HTTPS"; "TYPE1234" for what has no name (RFC 3597 section 5). */
void report_question_type(uint16_t type, char text[static 12]);
/* "2026-03-29T12:00:00Z" */
#define REPORT_TIME_SIZE 32
void report_time(time_us time, char text[static REPORT_TIME_SIZE]);
/* One object as one line with its newline; free() it. NULL: no memory. */
char *report_line(struct json_object *object);

#endif
