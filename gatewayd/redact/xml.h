/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XML on a stream: the text and attributes of elements, and the values of
 * attributes, whose names match become spaces; so does all that such an
 * element holds. Names match with and without their namespace prefix.
 *
 * Well-formed tags only. A DOCTYPE ends it: entities could say anything; so does
 * an encoding in which ASCII may mean something else (UTF-7). In CDATA and comments ']' and '-'
 * stay, since they may be the end.
 */
#ifndef GATEWAYD_REDACT_XML_H
#define GATEWAYD_REDACT_XML_H

#include "redact/edit.h"

#define XML_DEPTH_MOST 64

struct xml_editor {
	uint8_t state;
	uint8_t at; /* in a fixed word, or brackets and dashes seen */
	uint8_t quote;
	uint8_t depth;
	uint8_t cover_depth; /* of the element that is overwritten; 0: none */
	uint8_t word;        /* letters of "encoding" seen in an instruction */
	uint8_t encodings;   /* those that its value may yet be, a bit for each */
	bool counted;        /* for the element */
	bool value_counted;  /* for the attribute */
	uint32_t matched;    /* of the name just read */
	uint32_t covered;    /* of the element that is overwritten */
	uint32_t name_hash;
	uint32_t names[XML_DEPTH_MOST];
	struct key_match match, local; /* whole name, and behind its prefix */
};

void xml_start(struct xml_editor *xml);
size_t xml_edit(struct xml_editor *xml, struct redact_feed *feed, uint8_t *data, size_t len);

#endif
