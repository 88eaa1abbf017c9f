/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The heads of HTTP/1.x requests (RFC 9112), for the names in them: Host,
 * absolute-form, the target of CONNECT. Protocols of the same looks are told
 * apart by their version: RTSP (RFC 7826), SIP (RFC 3261). HTTP/2 in the
 * clear is known by its preface (RFC 9113 section 3.4), and :authority is read
 * from its first HEADERS.
 *
 * It reads as the most forgiving server would: a bare LF ends a line, a line
 * that begins with a space goes on, "Host" may have spaces before its colon.
 * A name that any server could take for the host is a name of the flow.
 */
#ifndef GATEWAYD_DECODE_HTTP_H
#define GATEWAYD_DECODE_HTTP_H

#include "decode/first.h"

/*
 * A client's stream from the beginning of a request on; all heads that are
 * whole in it are read. *ret_end, if wanted: where the first head ends.
 */
enum decode decode_http(struct bytes stream, bool last, struct first_facts *ret_facts,
			size_t *ret_end);

/* A text request in a datagram: SSDP and SIP. DECODE_OK or DECODE_NOT. */
enum decode decode_http_datagram(struct bytes datagram, struct first_facts *ret_facts);

#endif
