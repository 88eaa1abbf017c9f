/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protocols whose client begins with a line of text: SMTP, IMAP, POP3, FTP,
 * XMPP, SSH, syslog over TCP; and telnet's first negotiation. When such a
 * client asks for TLS (STARTTLS: RFC 3207, 2595, 4217, 6120) and goes on with
 * a ClientHello, its names are read, and the protocol stays what it was.
 */
#ifndef GATEWAYD_DECODE_TEXT_H
#define GATEWAYD_DECODE_TEXT_H

#include "decode/first.h"

enum decode decode_text(struct bytes stream, bool last, struct first_facts *ret_facts);

/* RFC 3164 and RFC 5424: "<PRI>" and what must follow it. */
bool decode_syslog_looks_right(struct bytes message);

#endif
