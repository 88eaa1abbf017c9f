/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The limits of a policy and what a device has used of them, as JSON. */
#include <string.h>

#include <json-c/json.h>

#include "json_add.h"
#include "report.h"

static const char *window_name(uint32_t seconds)
{
	if (seconds == 60)
		return "minute";
	return seconds == 3600 ? "hour" : "day";
}

/* used: NULL where it is not known. */
static void add_direction(struct json_object *array, const char *rule, bool up, uint64_t most,
			  uint32_t seconds, const struct limit_use *used)
{
	struct json_object *object;
	char text[POLICY_AMOUNT_TEXT];

	if (most == 0)
		return;
	object = json_object_new_object();
	json_add_text(object, "rule", rule);
	json_add_text(object, "direction", up ? "upload" : "download");
	json_add_number(object, "limit", most);
	json_add_text(object, "per", window_name(seconds));
	if (used) {
		/* A reload may have changed the amount since it was counted last. */
		bool same = used->seconds == seconds;
		uint64_t bytes = !same ? 0 : used->bytes < most ? used->bytes : most;

		policy_amount_text(bytes, most, seconds, text);
		json_add_number(object, "bytes", bytes);
		json_add_flag(object, "spent", same && used->spent);
		json_add_text(object, "use", text);
	}
	json_object_array_add(array, object);
}

struct json_object *report_limits(const struct policy *policy, report_limit_use *use, void *context)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < policy_rule_count(policy); i++) {
		const struct policy_rule *rule = policy_rule_at(policy, i);
		const struct policy_limit *limit = policy_rule_limit(rule);
		struct limit_record record = {0};

		if (policy_rule_action(rule) != POLICY_LIMIT)
			continue;
		policy_rule_label(policy, rule, record.rule, sizeof(record.rule));
		if (use)
			use(context, &record);
		add_direction(array, record.rule, true, limit->upload_bytes, limit->upload_seconds,
			      use ? &record.up : NULL);
		add_direction(array, record.rule, false, limit->download_bytes,
			      limit->download_seconds, use ? &record.down : NULL);
	}
	if (json_object_array_length(array))
		return array;
	json_object_put(array);
	return NULL;
}
