/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNS messages (RFC 1035, RFC 6891, RFC 9460), read without allocation.
 * A message is one UDP payload, or what follows the two length bytes on TCP.
 */
#ifndef GATEWAYD_DECODE_DNS_H
#define GATEWAYD_DECODE_DNS_H

#include "base/addr.h"
#include "base/name.h"
#include "decode/decode.h"

#define DNS_HEADER_SIZE 12

enum dns_type {
	DNS_TYPE_A = 1,
	DNS_TYPE_NS = 2,
	DNS_TYPE_CNAME = 5,
	DNS_TYPE_SOA = 6,
	DNS_TYPE_PTR = 12,
	DNS_TYPE_MX = 15,
	DNS_TYPE_TXT = 16,
	DNS_TYPE_AAAA = 28,
	DNS_TYPE_SRV = 33,
	DNS_TYPE_OPT = 41,
	DNS_TYPE_RRSIG = 46,
	DNS_TYPE_SVCB = 64,
	DNS_TYPE_HTTPS = 65,
	DNS_TYPE_TSIG = 250,
	DNS_TYPE_ANY = 255,
};

enum dns_class {
	DNS_CLASS_IN = 1,
	DNS_CLASS_CHAOS = 3,
	DNS_CLASS_HESIOD = 4,
	DNS_CLASS_NONE = 254,
	DNS_CLASS_ANY = 255,
};

enum dns_opcode {
	DNS_OPCODE_QUERY = 0,
	DNS_OPCODE_INVERSE_QUERY = 1,
	DNS_OPCODE_STATUS = 2,
	DNS_OPCODE_NOTIFY = 4,
	DNS_OPCODE_UPDATE = 5,
	DNS_OPCODE_STATEFUL = 6, /* RFC 8490 */
};

/* EDNS options. */
#define DNS_OPTION_CLIENT_SUBNET 8
#define DNS_OPTION_ERROR 15

enum dns_section {
	DNS_ANSWER,
	DNS_AUTHORITY,
	DNS_ADDITIONAL,
};

enum dns_rcode {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5,
};

struct dns_message {
	struct bytes data;
	uint16_t id;
	bool response;
	uint8_t opcode;
	uint8_t rcode; /* the header's four bits */
	bool truncated;
	uint16_t question_count; /* 0 or 1 in anything sane */
	struct name question;    /* the first question's name */
	uint16_t question_type, question_class;
	size_t answers_offset; /* first record after the questions */
	uint16_t record_count[3];
	bool edns; /* an OPT record was found in the additional section */
	uint16_t edns_payload_size;
	bool dnssec_ok;     /* the DO bit, RFC 3225 */
	bool client_subnet; /* EDNS client subnet, RFC 7871 */
};

struct dns_record {
	struct name name;
	enum dns_section section;
	uint16_t type, class;
	uint32_t ttl;           /* seconds; for OPT the extended flags */
	size_t offset;          /* of the record's name in the message */
	size_t data_offset;     /* of its RDATA */
	struct bytes data;      /* RDATA */
	struct address address; /* A and AAAA of class IN, else family 0 */
	struct name target;     /* CNAME; SVCB and HTTPS: the target name */
};

/*
 * Reads the header, the questions and walks every record once, so DECODE_OK
 * means that dns_next_record() will not fail. Names are bounded, compression
 * pointers go strictly backwards. The RDATA of A, AAAA, CNAME, SVCB and HTTPS
 * in class IN and of OPT is right, too.
 * DECODE_BAD: cut short, broken, or bytes left over after the last record.
 * DECODE_NOT: surely not DNS (see decode_dns_looks_right()).
 */
enum decode decode_dns(struct bytes data, struct dns_message *ret_message);

/*
 * Whether bytes on a DNS port are DNS at all: decode_dns() does not answer
 * DECODE_NOT. Either the header alone is beyond chance (a plain query without
 * answers, or an answer to one question; small counts), or a known opcode comes
 * with a first question that can be read and has a known class, or a message
 * without questions can be read whole. What is not is other traffic on port
 * 53, not malformed DNS; nothing that a resolver would answer is among it.
 */
bool decode_dns_looks_right(struct bytes data);

struct dns_walk {
	const struct dns_message *message;
	size_t offset;
	uint16_t left[3];
};

void dns_walk_start(struct dns_walk *walk, const struct dns_message *message);
/* False: no more records. */
bool dns_next_record(struct dns_walk *walk, struct dns_record *ret_record);

/*
 * The address hints and the presence of ech in an SVCB or HTTPS record,
 * RFC 9460 section 7.3 and RFC 9848. Called once per hint; false at the end.
 */
struct dns_hint {
	uint16_t key; /* SvcParamKey */
	struct bytes value;
};
struct dns_hints {
	struct cursor cursor;
};
#define DNS_SVCB_MANDATORY 0
#define DNS_SVCB_ALPN 1
#define DNS_SVCB_IPV4HINT 4
#define DNS_SVCB_ECH 5
#define DNS_SVCB_IPV6HINT 6
/* False: the record is no SVCB/HTTPS in service mode, or is broken. */
bool dns_hints_start(struct dns_hints *hints, const struct dns_message *message,
		     const struct dns_record *record);
bool dns_next_hint(struct dns_hints *hints, struct dns_hint *ret_hint);

#endif
