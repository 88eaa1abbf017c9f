/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/text.h"

#include "decode/facts.h"
#include "decode/lines.h"
#include "decode/tls.h"

#define LINE_MOST 512     /* a first line longer than that is none of these */
#define AMBIGUOUS_LINES 4 /* of FTP or POP3 that are waited for */
#define TAG_MOST 20

static const struct {
	const char *word;
	enum protocol protocol; /* UNKNOWN: could be FTP and POP3 */
} openers[] = {
	{"EHLO", PROTOCOL_SMTP},    {"HELO", PROTOCOL_SMTP},    {"LHLO", PROTOCOL_SMTP},
	{"CAPA", PROTOCOL_POP3},    {"APOP", PROTOCOL_POP3},    {"STLS", PROTOCOL_POP3},
	{"FEAT", PROTOCOL_FTP},     {"SYST", PROTOCOL_FTP},     {"OPTS", PROTOCOL_FTP},
	{"USER", PROTOCOL_UNKNOWN}, {"AUTH", PROTOCOL_UNKNOWN},
};

static const char *const imap_commands[] = {
	"CAPABILITY", "LOGIN", "AUTHENTICATE", "STARTTLS", "NOOP", "LOGOUT", "ID", "ENABLE",
};

static const char *const pop3_words[] = {"STAT", "UIDL", "CAPA", "TOP", "APOP", "DELE", "STLS"};
static const char *const ftp_words[] = {"SYST", "PWD",  "XPWD", "TYPE", "PASV", "EPSV", "PORT",
					"EPRT", "CWD",  "FEAT", "OPTS", "STOR", "SIZE", "PBSZ",
					"PROT", "ACCT", "CLNT", "MDTM", "NLST", "MLSD"};

static bool is_among(struct bytes word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (lines_equal(word, words[i]))
			return true;
	}
	return false;
}

#define IS_AMONG(word, words) is_among(word, words, sizeof(words) / sizeof((words)[0]))

/*
 * "USER x" opens both; the server's greeting would tell. What the client says
 * after it does, too.
 */
static enum decode tell_ftp_from_pop3(struct bytes stream, bool last, enum protocol *ret_protocol)
{
	struct cursor cursor = cursor_on(stream);
	struct bytes line, rest;
	int count = 0;

	for (; lines_next(&cursor, &line) && count < AMBIGUOUS_LINES; count++) {
		struct bytes word = lines_word(line, &rest);
		bool tls = lines_equal(rest, "TLS") || lines_equal(rest, "SSL") ||
			   lines_equal(rest, "TLS-C") || lines_equal(rest, "TLS-P");

		if (IS_AMONG(word, ftp_words) || (lines_equal(word, "AUTH") && tls)) {
			*ret_protocol = PROTOCOL_FTP;
			return DECODE_OK;
		}
		if (IS_AMONG(word, pop3_words) || lines_equal(word, "AUTH")) {
			*ret_protocol = PROTOCOL_POP3;
			return DECODE_OK;
		}
	}
	if (!last && count < AMBIGUOUS_LINES)
		return DECODE_MORE;
	*ret_protocol = PROTOCOL_FTP; /* devices upload by FTP more than they fetch mail */
	return DECODE_OK;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_imap(struct bytes line)
{
	struct bytes rest, tag = lines_word(line, &rest), after;
	bool digit = false;

	if (tag.len == 0 || tag.len > TAG_MOST)
		return false;
	for (size_t i = 0; i < tag.len; i++) {
		bool letter = (tag.data[i] | 0x20) >= 'a' && (tag.data[i] | 0x20) <= 'z';

		digit |= is_digit(tag.data[i]);
		if (!letter && !is_digit(tag.data[i]) && tag.data[i] != '.')
			return false;
	}
	return (digit || lines_equal(tag, ".")) &&
	       IS_AMONG(lines_word(rest, &after), imap_commands);
}

/* Could a first line that has not ended yet be one of ours? */
static bool may_become(struct bytes line)
{
	struct bytes rest, word = lines_word(line, &rest);

	if (line.len > LINE_MOST || !lines_printable(line))
		return false;
	for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++) {
		if (word.len < line.len ? lines_equal(word, openers[i].word)
					: word.len <= 4 && lines_agree(word, openers[i].word))
			return true;
	}
	if (word.len == line.len) /* a tag that begins */
		return word.len <= TAG_MOST && memchr("aAcCtT0123456789.", word.data[0], 17);
	for (size_t i = 0; i < sizeof(imap_commands) / sizeof(imap_commands[0]); i++) {
		struct bytes after, command = lines_word(rest, &after);

		if (word.len <= TAG_MOST && lines_agree(command, imap_commands[i]))
			return true;
	}
	return false;
}

static enum decode find_protocol(struct bytes stream, bool last, enum protocol *ret_protocol)
{
	struct cursor cursor = cursor_on(stream);
	struct bytes line, rest, word;

	if (!lines_next(&cursor, &line))
		return !last && may_become(cursor_rest(&cursor)) ? DECODE_MORE : DECODE_NOT;
	if (line.len > LINE_MOST || !lines_printable(line))
		return DECODE_NOT;
	word = lines_word(line, &rest);
	for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++) {
		if (!lines_equal(word, openers[i].word))
			continue;
		*ret_protocol = openers[i].protocol;
		if (*ret_protocol == PROTOCOL_UNKNOWN)
			return tell_ftp_from_pop3(stream, last, ret_protocol);
		return DECODE_OK;
	}
	if (!is_imap(line))
		return DECODE_NOT;
	*ret_protocol = PROTOCOL_IMAP;
	return DECODE_OK;
}

/* Is this line the request to begin TLS? */
static bool asks_for_tls(struct bytes line, enum protocol protocol)
{
	struct bytes rest, word;

	line = lines_trim(line);
	word = lines_word(line, &rest);
	if (protocol == PROTOCOL_IMAP)
		return lines_equal(rest, "STARTTLS");
	if (protocol == PROTOCOL_FTP)
		return lines_equal(word, "AUTH") &&
		       (lines_start_with(rest, "TLS") || lines_start_with(rest, "SSL"));
	return lines_equal(line, protocol == PROTOCOL_SMTP ? "STARTTLS" : "STLS");
}

/* The ClientHello that follows such a request, if one came. */
static enum decode read_inner(struct bytes rest, bool last, struct first_facts *facts)
{
	struct first_facts inner;
	enum decode answer;

	if (rest.len == 0 || rest.data[0] != 0x16)
		return DECODE_OK;
	answer = decode_tls(rest, last, &inner);
	if (answer == DECODE_MORE || answer == DECODE_BAD)
		return answer;
	if (answer == DECODE_OK) {
		inner.protocol = PROTOCOL_UNKNOWN;
		facts_join(facts, &inner);
	}
	facts->upgradable = false;
	return DECODE_OK;
}

static enum decode decode_commands(struct bytes stream, bool last, struct first_facts *ret_facts)
{
	struct first_facts facts = {.upgradable = true};
	enum decode answer = find_protocol(stream, last, &facts.protocol);
	struct cursor cursor = cursor_on(stream);
	struct bytes line;

	if (answer != DECODE_OK)
		return answer;
	while (lines_next(&cursor, &line)) {
		if (!asks_for_tls(line, facts.protocol))
			continue;
		answer = read_inner(cursor_rest(&cursor), last, &facts);
		if (answer != DECODE_OK)
			return answer;
	}
	*ret_facts = facts;
	return DECODE_OK;
}

static size_t find(struct bytes stream, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i + n <= stream.len; i++) {
		if (memcmp(stream.data + i, text, n) == 0)
			return i;
	}
	return stream.len;
}

/* RFC 6120 section 4.2: the stream's header, perhaps behind an XML declaration. */
static enum decode decode_xmpp(struct bytes stream, bool last, struct first_facts *ret_facts)
{
	static const char declaration[] = "<?xml ", header[] = "<stream:stream";
	struct first_facts facts = {.protocol = PROTOCOL_XMPP, .upgradable = true};
	bool declared = lines_agree(stream, declaration);
	size_t at, hello;

	if (!declared && !lines_agree(stream, header))
		return DECODE_NOT;
	at = find(stream, header);
	if (at == stream.len || at > LINE_MOST) {
		if (last || stream.len > LINE_MOST)
			return DECODE_NOT;
		/* Another document than a stream has its own first element. */
		for (size_t i = 1; i < stream.len; i++) {
			if (stream.data[i] == '<' &&
			    !lines_agree(bytes_of(stream.data + i, stream.len - i), header))
				return DECODE_NOT;
		}
		return DECODE_MORE;
	}
	at = find(stream, "<starttls");
	for (hello = at; hello < stream.len && stream.data[hello] != 0x16; hello++)
		;
	if (hello < stream.len) {
		enum decode answer =
			read_inner(bytes_of(stream.data + hello, stream.len - hello), last, &facts);

		if (answer != DECODE_OK)
			return answer;
	}
	*ret_facts = facts;
	return DECODE_OK;
}

static enum decode decode_ssh(struct bytes stream, bool last)
{
	static const char ssh2[] = "SSH-2.0-", ssh1[] = "SSH-1.";

	if (bytes_start_with(stream, ssh2, 8) || bytes_start_with(stream, ssh1, 6))
		return DECODE_OK;
	return !last && stream.len < 8 &&
			       (memcmp(stream.data, ssh2, stream.len) == 0 ||
				memcmp(stream.data, ssh1, stream.len < 6 ? stream.len : 6) == 0)
		       ? DECODE_MORE
		       : DECODE_NOT;
}

/* RFC 854: IAC, then WILL, WONT, DO or DONT, then an option; or a subnegotiation. */
static enum decode decode_telnet(struct bytes stream, bool last)
{
	if (stream.data[0] != 255)
		return DECODE_NOT;
	if (stream.len < 3)
		return last || (stream.len == 2 && stream.data[1] < 250) ? DECODE_NOT : DECODE_MORE;
	if (stream.data[1] < 250 || stream.data[1] == 255 || stream.data[2] > 49)
		return DECODE_NOT;
	/* Options come in threes: the next must be one, too. */
	return stream.len == 3 || stream.data[1] == 250 || stream.data[3] == 255 ? DECODE_OK
										 : DECODE_NOT;
}

bool decode_syslog_looks_right(struct bytes message)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct cursor cursor = cursor_on(message);
	unsigned priority = 0, digits = 0;
	struct bytes rest;

	if (cursor_u8(&cursor) != '<')
		return false;
	for (; is_digit(cursor_peek(&cursor)) && digits < 4; digits++)
		priority = priority * 10 + cursor_u8(&cursor) - '0';
	if (digits == 0 || digits > 3 || priority > 191 || cursor_u8(&cursor) != '>')
		return false;
	rest = cursor_rest(&cursor);
	if (rest.len < 4)
		return false;
	if (bytes_start_with(rest, "1 ", 2))
		return true;
	for (size_t i = 0; i < sizeof(months) - 1; i += 3) {
		if (memcmp(rest.data, months + i, 3) == 0)
			return true;
	}
	/* Without a time stamp, as small devices send it: text to the end. */
	if (rest.data[rest.len - 1] == 0 || rest.data[rest.len - 1] == '\n')
		rest.len--;
	return lines_printable(rest);
}

static enum decode decode_syslog(struct bytes stream, bool last)
{
	struct cursor cursor = cursor_on(stream);

	/* Octet counting, RFC 6587 section 3.4.1. */
	while (is_digit(cursor_peek(&cursor)) && cursor.pos < 5)
		cursor_skip(&cursor, 1);
	if (cursor.pos && cursor_left(&cursor) && cursor_u8(&cursor) != ' ')
		return DECODE_NOT;
	if (cursor_left(&cursor) == 0)
		return last ? DECODE_NOT : DECODE_MORE;
	if (cursor_peek(&cursor) != '<')
		return DECODE_NOT;
	if (cursor_left(&cursor) < 12) {
		for (size_t i = cursor.pos + 1; i < stream.len && i < cursor.pos + 2; i++) {
			if (!is_digit(stream.data[i]))
				return DECODE_NOT;
		}
		return last ? DECODE_NOT : DECODE_MORE;
	}
	return decode_syslog_looks_right(cursor_rest(&cursor)) ? DECODE_OK : DECODE_NOT;
}

enum decode decode_text(struct bytes stream, bool last, struct first_facts *ret_facts)
{
	static const struct {
		enum decode (*decode)(struct bytes stream, bool last);
		enum protocol protocol;
	} plain[] = {
		{decode_ssh, PROTOCOL_SSH},
		{decode_telnet, PROTOCOL_TELNET},
		{decode_syslog, PROTOCOL_SYSLOG},
	};
	bool more = false;
	enum decode answer;

	if (stream.len == 0)
		return last ? DECODE_NOT : DECODE_MORE;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		answer = plain[i].decode(stream, last);
		if (answer == DECODE_OK) {
			*ret_facts = (struct first_facts){.protocol = plain[i].protocol};
			return DECODE_OK;
		}
		more |= answer == DECODE_MORE;
	}
	answer = decode_xmpp(stream, last, ret_facts);
	if (answer == DECODE_NOT)
		answer = decode_commands(stream, last, ret_facts);
	return answer == DECODE_NOT && more ? DECODE_MORE : answer;
}
