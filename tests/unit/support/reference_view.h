/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text with a way back to the bytes it stands for; between the reference's files only. */
#ifndef GATEWAYD_TESTS_REFERENCE_VIEW_H
#define GATEWAYD_TESTS_REFERENCE_VIEW_H

#include "tests/unit/support/reference.h"

struct unit {
	uint32_t code;
	bool escaped;
	size_t from, to; /* units of the outer text, or the byte's place */
};

struct view {
	struct unit *units; /* the caller frees them */
	size_t n;
	const struct view *outer; /* NULL: units are bytes of data */
	uint8_t *data;
	bool part; /* of a multipart body: what may begin a boundary stays */
};

/* Must the byte stay, because a boundary may begin with it? */
bool view_keeps(const struct view *view, size_t at);

/* The bytes at these places; NULL: the first n. */
struct view view_of_places(uint8_t *data, const size_t *places, size_t n);

/* The selected categories of a key, parent and key as they are written. */
uint32_t reference_lookup(const struct reference *reference, const char *parent, const char *key,
			  size_t len);
void reference_count(struct reference *reference, uint32_t categories);
/* Digits to '0', or to 'x', too; all else to 'x'. Returns whether any byte changed. */
bool reference_mask(const struct view *view, size_t from, size_t to, bool letters_only);

bool json_view(struct reference *reference, const struct view *view);
void form_view(struct reference *reference, const struct view *view, size_t at, size_t end,
	       bool cookie);
bool text_view(struct reference *reference, const struct view *view);
/* What a multipart field's name says. */
uint32_t name_view(const struct reference *reference, const struct view *view, size_t from,
		   size_t to);

#endif
