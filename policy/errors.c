/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The errors of one load: policy_errors in policy.h. */
#include "policy/policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ERRORS_MOST 500

/* A slot for one more, or NULL, and it is counted as left out. */
static struct policy_error *next_slot(struct policy_errors *errors)
{
	struct policy_error *grown;
	size_t capacity;

	if (errors->count == errors->capacity) {
		capacity = errors->capacity ? 2 * errors->capacity : 8;
		if (capacity > ERRORS_MOST)
			capacity = ERRORS_MOST;
		grown = NULL;
		if (errors->count < capacity)
			grown = realloc(errors->errors, capacity * sizeof(*grown));
		if (!grown) {
			errors->omitted++;
			return NULL;
		}
		errors->errors = grown;
		errors->capacity = capacity;
	}
	return &errors->errors[errors->count++];
}

void policy_errors_add(struct policy_errors *errors, const char *file, unsigned line,
		       const char *format, ...)
{
	struct policy_error *error = next_slot(errors);
	size_t len = strlen(file);
	va_list arguments;

	if (!error)
		return;
	if (len >= sizeof(error->file))
		len = sizeof(error->file) - 1;
	memcpy(error->file, file, len);
	error->file[len] = 0;
	error->line = line;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	/* It goes to terminals and logs: what a file holds must not steer them. */
	for (unsigned char *c = (unsigned char *)error->text; *c; c++) {
		if (*c < ' ' || *c == 0x7f)
			*c = '?';
	}
}

void policy_errors_free(struct policy_errors *errors)
{
	free(errors->errors);
	memset(errors, 0, sizeof(*errors));
}
