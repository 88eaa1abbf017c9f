/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CoAP over UDP (RFC 7252): queries, and payloads that are JSON, CBOR or text,
 * by their Content-Format. Parts of a payload sent in blocks (RFC 7959) cannot
 * be read one by one and are opaque, and so is what OSCORE (RFC 8613) hides.
 */
#ifndef GATEWAYD_REDACT_COAP_H
#define GATEWAYD_REDACT_COAP_H

#include "redact/edit.h"

/* Is it a sound CoAP message? */
bool coap_recognise(struct bytes message);
/* Edits one that is. */
void coap_edit(struct redact_feed *feed, uint8_t *data, size_t len);

#endif
