/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/words.h"

#include <string.h>

#include "policy/policy.h"

#define WORDS(name, ...)                                         \
	static const char *const name##_words[] = {__VA_ARGS__}; \
	const struct words words_##name = {name##_words,         \
					   sizeof(name##_words) / sizeof(name##_words[0])}

WORDS(action, [POLICY_ALLOW] = "allow", [POLICY_BLOCK] = "block", [POLICY_STRIP] = "strip",
      [POLICY_LIMIT] = "limit");
WORDS(with, [POLICY_REJECT] = "reject", [POLICY_DROP] = "drop");
WORDS(opaque, "allow", "block");
WORDS(purpose, [PURPOSE_UNKNOWN] = "unknown", [PURPOSE_CONTROL] = "control",
      [PURPOSE_TELEMETRY] = "telemetry", [PURPOSE_ANALYTICS] = "analytics", [PURPOSE_ADS] = "ads",
      [PURPOSE_UPDATE] = "update", [PURPOSE_TIME] = "time", [PURPOSE_PAYMENT] = "payment",
      [PURPOSE_P2P] = "p2p", [PURPOSE_PUSH] = "push", [PURPOSE_VOICE] = "voice",
      [PURPOSE_LOGIN] = "login", [PURPOSE_CDN] = "cdn", [PURPOSE_STORAGE] = "storage",
      [PURPOSE_DNS] = "dns", [PURPOSE_CONNECTIVITY_CHECK] = "connectivity-check");
WORDS(data, [DATA_LOCATION] = "location", [DATA_IDENTITY] = "identity", [DATA_CONTACT] = "contact",
      [DATA_PAYMENT] = "payment", [DATA_DEVICE_ID] = "device-id", [DATA_NETWORK_ID] = "network-id",
      [DATA_USAGE] = "usage", [DATA_SENSOR] = "sensor", [DATA_CALENDAR] = "calendar",
      [DATA_MEDIA] = "media");
WORDS(deny, [DENY_NODATA] = "nodata", [DENY_NXDOMAIN] = "nxdomain", [DENY_ZERO] = "zero",
      [DENY_REFUSED] = "refused");
WORDS(mode, [MODE_ENFORCE] = "enforce", [MODE_OBSERVE] = "observe");
WORDS(failure, [FAIL_CLOSED] = "closed", [FAIL_OPEN] = "open");
WORDS(offload, "warn", "manage");
WORDS(answers, "keep", "prune");
WORDS(bypass, "allow", "block");
WORDS(resolver, "any", "gateway");
WORDS(strip, "ecs", "ech");
WORDS(days, "mon", "tue", "wed", "thu", "fri", "sat", "sun");

const char *policy_action_name(enum policy_action action)
{
	return action_words[action];
}

const char *policy_purpose_name(enum policy_purpose purpose)
{
	return purpose_words[purpose];
}

const char *policy_data_name(enum policy_data data)
{
	return data_words[data];
}

int words_find(const struct words *words, const char *text, size_t len)
{
	for (size_t i = 0; i < words->count; i++) {
		if (strlen(words->words[i]) == len && memcmp(words->words[i], text, len) == 0)
			return (int)i;
	}
	return -1;
}

static void append(char *text, size_t size, size_t *len, const char *more)
{
	size_t n = strlen(more);

	if (*len + n < size) {
		memcpy(text + *len, more, n + 1);
		*len += n;
	}
}

void words_print(const struct words *words, char *text, size_t size)
{
	size_t len = 0;

	text[0] = 0;
	for (size_t i = 0; i < words->count; i++) {
		if (len + strlen(words->words[i]) + 12 > size) {
			append(text, size, &len, " ...");
			return;
		}
		if (i)
			append(text, size, &len, i + 1 == words->count ? " or " : ", ");
		append(text, size, &len, "\"");
		append(text, size, &len, words->words[i]);
		append(text, size, &len, "\"");
	}
}

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool words_fold_equal(const char *a, const char *b)
{
	while (*a && fold(*a) == fold(*b)) {
		a++;
		b++;
	}
	return fold(*a) == fold(*b);
}

#define NEAREST_MOST 40 /* longer words are not compared */

/*
 * Steps to make b of a: a letter more, less, other, or two that changed
 * places. Letters that differ in case only are the same.
 */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][NEAREST_MOST + 1];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2], *swap;

	for (unsigned j = 0; j <= b_len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			bool same = fold(a[i - 1]) == fold(b[j - 1]);
			unsigned best = last[j - 1] + !same;

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
			    fold(a[i - 2]) == fold(b[j - 1]) && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
		swap = before;
		before = last;
		last = now;
		now = swap;
	}
	return last[b_len];
}

struct nearest nearest_to(const char *word)
{
	size_t len = strlen(word);
	struct nearest nearest = {.word = word, .best = NULL, .distance = 0};

	/* A third of the letters may be wrong, three at most. */
	if (len <= NEAREST_MOST)
		nearest.distance = (unsigned)(len / 3 > 3 ? 3
					      : len < 6   ? (len + 2) / 3
							  : len / 3) +
				   1;
	return nearest;
}

void nearest_try(struct nearest *nearest, const char *candidate)
{
	size_t len = strlen(nearest->word), candidate_len = strlen(candidate);
	unsigned far;

	if (nearest->distance == 0 || candidate_len > NEAREST_MOST || candidate_len == 0)
		return;
	far = distance(nearest->word, len, candidate, candidate_len);
	/* "telemet" for "telemetry": somebody stopped typing. */
	if (far >= nearest->distance && !nearest->best && len >= 3 && len < candidate_len &&
	    memcmp(candidate, nearest->word, len) == 0) {
		nearest->best = candidate;
		return;
	}
	if (far < nearest->distance && far < candidate_len) {
		nearest->best = candidate;
		nearest->distance = far;
	}
}

void nearest_try_all(struct nearest *nearest, const struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		nearest_try(nearest, words->words[i]);
}
