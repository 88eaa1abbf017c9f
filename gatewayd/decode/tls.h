/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ClientHello of TLS 1.0 to 1.3 (RFC 8446 sections 4.1.2 and 5.1), its
 * server name (RFC 6066 section 3), ALPN (RFC 7301) and encrypted_client_hello
 * (RFC 9849), the SSL 2.0 form of it (RFC 5246 appendix E.2), and DTLS (RFC
 * 6347, RFC 9147) in datagrams. Nothing is verified but the form: neither
 * ciphers nor versions are judged.
 */
#ifndef GATEWAYD_DECODE_TLS_H
#define GATEWAYD_DECODE_TLS_H

#include "decode/first.h"

/*
 * A client's stream from its first record on. DECODE_OK also for TLS that
 * does not begin with a ClientHello (incomplete is set then).
 */
enum decode decode_tls(struct bytes stream, bool last, struct first_facts *ret_facts);

/*
 * The body of a ClientHello without its handshake header, as QUIC and DTLS
 * hold it. whole: all of it is here, so whatever is cut short lies; otherwise
 * what is there is read, and incomplete is set. cookie: in the form of DTLS.
 * The protocol is left for the caller to fill in. DECODE_OK or DECODE_BAD.
 */
enum decode decode_tls_hello(struct bytes body, bool whole, bool cookie,
			     struct first_facts *ret_facts);

/* A DTLS datagram; see decode_first_udp() for assembly and last. */
enum decode decode_dtls(struct first_assembly *assembly, struct bytes datagram, bool last,
			struct first_facts *ret_facts);

#endif
