/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same for datagrams: the marks that are hardest to mistake come first. A
 * protocol that needs several datagrams keeps them until it is settled.
 */
#include "decode/first.h"

#include "decode/assembly.h"
#include "decode/http.h"
#include "decode/p2p.h"
#include "decode/quic.h"
#include "decode/signature.h"
#include "decode/tls.h"

static enum decode decode_single(struct bytes datagram, struct first_facts *ret_facts)
{
	enum protocol protocol;

	if (decode_http_datagram(datagram, ret_facts) == DECODE_OK)
		return DECODE_OK;
	protocol = decode_p2p_datagram(datagram);
	if (protocol == PROTOCOL_UNKNOWN)
		protocol = decode_signature_datagram(datagram);
	*ret_facts = (struct first_facts){.protocol = protocol};
	return DECODE_OK;
}

static enum decode decode_datagram(struct first_assembly *assembly, struct bytes datagram,
				   bool last, struct first_facts *ret_facts)
{
	enum decode answer = DECODE_NOT;

	if (assembly->protocol == PROTOCOL_UNKNOWN && decode_stun_looks_right(datagram)) {
		*ret_facts = (struct first_facts){.protocol = PROTOCOL_STUN};
		return DECODE_OK;
	}
	if (assembly->protocol != PROTOCOL_QUIC)
		answer = decode_dtls(assembly, datagram, last, ret_facts);
	if (answer == DECODE_NOT)
		answer = decode_quic(assembly, datagram, last, ret_facts);
	return answer == DECODE_NOT ? decode_single(datagram, ret_facts) : answer;
}

enum decode decode_first_udp(struct first_assembly *assembly, struct bytes datagram, bool last,
			     struct first_facts *ret_facts)
{
	struct first_assembly own;

	if (assembly)
		return decode_datagram(assembly, datagram, last, ret_facts);
	assembly_start(&own, PROTOCOL_UNKNOWN);
	return decode_datagram(&own, datagram, true, ret_facts);
}
