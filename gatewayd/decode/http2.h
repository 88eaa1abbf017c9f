/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP/2 in the clear (RFC 9113 sections 3.4 and 4.1): the preface, and
 * :authority of the first HEADERS (RFC 7541). There is no dynamic table yet
 * when these come, so none is kept.
 */
#ifndef GATEWAYD_DECODE_HTTP2_H
#define GATEWAYD_DECODE_HTTP2_H

#include "decode/first.h"

enum decode decode_http2(struct bytes stream, bool last, struct first_facts *ret_facts);

#endif
