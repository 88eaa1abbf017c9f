/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See mqtt.h. MQTT 3.1.1 section 2.2, MQTT 5.0 sections 2.1, 2.2.2 and 3. */
#include "redact/mqtt.h"
#include "redact/secrets.h"

enum state {
	TYPE,
	LENGTH,
	SHORT, /* the two bytes of a string's length */
	STRING,
	SKIP,
	VERSION,
	FLAGS,
	PROPERTIES, /* their length */
	PROPERTY,   /* its identifier */
	VARINT,     /* a property that is one */
};

enum field {
	FIELD_SKIPPED,
	FIELD_NAME, /* of the protocol */
	FIELD_KEY,
	FIELD_VALUE,
	FIELD_PAYLOAD,
};

enum packet {
	CONNECT = 1,
	PUBLISH = 3,
	PUBACK,
	PUBREC,
	PUBREL,
	PUBCOMP,
	SUBSCRIBE,
	UNSUBSCRIBE = 10,
	PINGREQ = 12,
	DISCONNECT = 14,
	AUTH,
};

#define FLAG_WILL 0x04
#define FLAG_PASSWORD 0x40
#define FLAG_USER 0x80

void mqtt_start(struct mqtt_editor *mqtt)
{
	memset(mqtt, 0, sizeof(*mqtt));
}

static uint8_t packet_type(const struct mqtt_editor *mqtt)
{
	return mqtt->type >> 4;
}

/* ---- fields; each must fit into what it lies in ---- */

static uint32_t room(const struct mqtt_editor *mqtt)
{
	return mqtt->in_properties ? mqtt->properties_left : mqtt->left;
}

static void take(struct mqtt_editor *mqtt, uint32_t n)
{
	mqtt->left -= n;
	if (mqtt->in_properties)
		mqtt->properties_left -= n;
}

static bool begin_string(struct mqtt_editor *mqtt, enum field field)
{
	mqtt->state = SHORT;
	mqtt->field = (uint8_t)field;
	mqtt->number = 0;
	mqtt->at = 0;
	return room(mqtt) >= 2;
}

static bool begin_skip(struct mqtt_editor *mqtt, uint32_t n)
{
	mqtt->state = SKIP;
	mqtt->field_left = n;
	return room(mqtt) >= n;
}

static bool begin_number(struct mqtt_editor *mqtt, enum state state)
{
	mqtt->state = (uint8_t)state;
	mqtt->number = 0;
	mqtt->at = 0;
	return room(mqtt) >= 1;
}

static bool packet_end(struct mqtt_editor *mqtt)
{
	mqtt->state = TYPE;
	return mqtt->left == 0;
}

static bool begin_payload(struct mqtt_editor *mqtt)
{
	if (!mqtt->left)
		return packet_end(mqtt);
	content_start(&mqtt->content, CONTENT_UNDECLARED, bytes_of(NULL, 0));
	mqtt->state = STRING;
	mqtt->field = FIELD_PAYLOAD;
	mqtt->field_left = mqtt->left;
	return true;
}

static bool step_connect(struct mqtt_editor *mqtt)
{
	bool will = mqtt->flags & FLAG_WILL;

	for (;;) {
		switch (mqtt->step++) {
		case 0:
			return begin_string(mqtt, FIELD_NAME);
		case 1:
			return begin_number(mqtt, VERSION);
		case 2:
			return begin_number(mqtt, FLAGS);
		case 3:
			return begin_skip(mqtt, 2);
		case 4:
			if (mqtt->version == 5)
				return begin_number(mqtt, PROPERTIES);
			break;
		case 5:
			return begin_string(mqtt, FIELD_SKIPPED);
		case 6:
			if (will && mqtt->version == 5)
				return begin_number(mqtt, PROPERTIES);
			break;
		case 7:
			if (will)
				return begin_string(mqtt, FIELD_SKIPPED);
			break;
		case 8:
			if (will)
				return begin_string(mqtt, FIELD_PAYLOAD);
			break;
		case 9:
			if (mqtt->flags & FLAG_USER)
				return begin_string(mqtt, FIELD_SKIPPED);
			break;
		case 10:
			if (mqtt->flags & FLAG_PASSWORD)
				return begin_string(mqtt, FIELD_SKIPPED);
			break;
		default:
			return packet_end(mqtt);
		}
	}
}

static bool step_publish(struct mqtt_editor *mqtt)
{
	for (;;) {
		switch (mqtt->step++) {
		case 0:
			return begin_string(mqtt, FIELD_SKIPPED);
		case 1:
			if (mqtt->type & 0x06)
				return begin_skip(mqtt, 2);
			break;
		case 2:
			if (mqtt->version == 5)
				return begin_number(mqtt, PROPERTIES);
			break;
		case 3:
			return begin_payload(mqtt);
		default:
			return packet_end(mqtt);
		}
	}
}

/* A packet identifier, unless `anonymous`; then reason and properties, from version 5 on. */
static bool step_answer(struct mqtt_editor *mqtt, bool anonymous)
{
	if (mqtt->step == 0 && anonymous)
		mqtt->step = 1;
	switch (mqtt->step++) {
	case 0:
		return begin_skip(mqtt, 2);
	case 1:
		return mqtt->left ? mqtt->version == 5 && begin_skip(mqtt, 1) : packet_end(mqtt);
	case 2:
		return mqtt->left ? begin_number(mqtt, PROPERTIES) : packet_end(mqtt);
	default:
		return packet_end(mqtt);
	}
}

static bool step_subscribe(struct mqtt_editor *mqtt)
{
	switch (mqtt->step++) {
	case 0:
		return begin_skip(mqtt, 2);
	case 1:
		if (mqtt->version == 5)
			return begin_number(mqtt, PROPERTIES);
		mqtt->step++;
		/* fall through */
	case 2:
		return mqtt->left && begin_skip(mqtt, mqtt->left);
	default:
		return packet_end(mqtt);
	}
}

/* The field is over: what comes next? False: it cannot be. */
static bool next_field(struct mqtt_editor *mqtt)
{
	if (mqtt->in_properties && mqtt->properties_left) {
		mqtt->state = PROPERTY;
		return true;
	}
	mqtt->in_properties = false;
	switch (packet_type(mqtt)) {
	case CONNECT:
		return step_connect(mqtt);
	case PUBLISH:
		return step_publish(mqtt);
	case SUBSCRIBE:
	case UNSUBSCRIBE:
		return step_subscribe(mqtt);
	case DISCONNECT:
	case AUTH:
		return step_answer(mqtt, true);
	case PINGREQ:
		return packet_end(mqtt);
	default:
		return step_answer(mqtt, false);
	}
}

/* ---- bytes ---- */

/* Sections 2.1.2 and 2.1.3: what a client may send, with its flags. */
static bool type_byte(struct mqtt_editor *mqtt, uint8_t byte)
{
	uint8_t flags = byte & 0x0f;

	mqtt->type = byte;
	mqtt->state = LENGTH;
	mqtt->number = 0;
	mqtt->at = 0;
	switch (byte >> 4) {
	case CONNECT:
		return !flags && !mqtt->version;
	case PUBLISH:
		return mqtt->version && (flags & 0x06) != 0x06;
	case PUBREL:
	case SUBSCRIBE:
	case UNSUBSCRIBE:
		return mqtt->version && flags == 2;
	case PUBACK:
	case PUBREC:
	case PUBCOMP:
	case PINGREQ:
	case DISCONNECT:
		return mqtt->version && !flags;
	case AUTH:
		return mqtt->version == 5 && !flags;
	default:
		return false;
	}
}

/* Section 1.5.5. ret_done: that was its last byte. */
static bool varint_byte(struct mqtt_editor *mqtt, uint8_t byte, bool *ret_done)
{
	mqtt->number |= (uint32_t)(byte & 0x7f) << 7 * mqtt->at;
	*ret_done = !(byte & 0x80);
	/* Not longer than need be, or two readers may differ. */
	return ++mqtt->at <= 4 && (byte || mqtt->at == 1) && (*ret_done || mqtt->at < 4);
}

static bool length_byte(struct mqtt_editor *mqtt, uint8_t byte)
{
	bool done;

	if (!varint_byte(mqtt, byte, &done))
		return false;
	if (!done)
		return true;
	mqtt->left = mqtt->number;
	mqtt->step = 0;
	mqtt->in_properties = false;
	return next_field(mqtt);
}

static bool property_byte(struct mqtt_editor *mqtt, uint8_t byte)
{
	switch (byte) {
	case 0x01:
	case 0x17:
	case 0x19:
	case 0x24:
	case 0x25:
	case 0x28:
	case 0x29:
	case 0x2a:
		return begin_skip(mqtt, 1);
	case 0x13:
	case 0x21:
	case 0x22:
	case 0x23:
		return begin_skip(mqtt, 2);
	case 0x02:
	case 0x11:
	case 0x18:
	case 0x27:
		return begin_skip(mqtt, 4);
	case 0x0b:
		return begin_number(mqtt, VARINT);
	case 0x03:
	case 0x08:
	case 0x09:
	case 0x12:
	case 0x15:
	case 0x16:
	case 0x1a:
	case 0x1c:
	case 0x1f:
		return begin_string(mqtt, FIELD_SKIPPED);
	case 0x26:
		return begin_string(mqtt, FIELD_KEY);
	default:
		return false;
	}
}

static bool string_end(struct mqtt_editor *mqtt, struct redact_feed *feed)
{
	switch ((enum field)mqtt->field) {
	case FIELD_KEY:
		mqtt->matched = feed_matches(feed, &mqtt->match);
		mqtt->counted = false;
		return begin_string(mqtt, FIELD_VALUE);
	case FIELD_VALUE:
		if (feed->scan)
			secrets_stop(feed);
		break;
	case FIELD_PAYLOAD:
		content_end(&mqtt->content, feed);
		break;
	case FIELD_NAME:
		/* "MQIsdp" of 3.1, "MQTT" since. */
		if (mqtt->at != 4 && mqtt->at != 6)
			return false;
		break;
	case FIELD_SKIPPED:
		if (feed->scan)
			secrets_stop(feed);
		break;
	}
	return next_field(mqtt);
}

static bool short_byte(struct mqtt_editor *mqtt, struct redact_feed *feed, uint8_t byte)
{
	mqtt->number = mqtt->number << 8 | byte;
	if (++mqtt->at < 2)
		return true;
	if (mqtt->number > room(mqtt))
		return false;
	mqtt->field_left = mqtt->number;
	mqtt->state = STRING;
	mqtt->at = 0;
	if (mqtt->field == FIELD_KEY)
		keys_begin(feed->plan->keys, keys_no_parent, &mqtt->match);
	else if (mqtt->field == FIELD_PAYLOAD)
		content_start(&mqtt->content, CONTENT_UNDECLARED, bytes_of(NULL, 0));
	else if (mqtt->field == FIELD_NAME && mqtt->number != 4 && mqtt->number != 6)
		return false;
	return mqtt->field_left || string_end(mqtt, feed);
}

static bool number_byte(struct mqtt_editor *mqtt, uint8_t byte)
{
	bool done;

	if (!varint_byte(mqtt, byte, &done))
		return false;
	if (!done)
		return room(mqtt) >= 1;
	if (mqtt->state == PROPERTIES) {
		mqtt->properties_left = mqtt->number;
		mqtt->in_properties = true;
		if (mqtt->number > mqtt->left)
			return false;
	}
	return next_field(mqtt);
}

static bool edit_byte(struct mqtt_editor *mqtt, struct redact_feed *feed, uint8_t byte)
{
	switch ((enum state)mqtt->state) {
	case TYPE:
		return type_byte(mqtt, byte);
	case LENGTH:
		return length_byte(mqtt, byte);
	case SHORT:
		take(mqtt, 1);
		return short_byte(mqtt, feed, byte);
	case VERSION:
		take(mqtt, 1);
		mqtt->version = byte;
		return byte >= 3 && byte <= 5 && next_field(mqtt);
	case FLAGS:
		take(mqtt, 1);
		mqtt->flags = byte;
		return !(byte & 1) && next_field(mqtt);
	case PROPERTIES:
	case VARINT:
		take(mqtt, 1);
		return number_byte(mqtt, byte);
	case PROPERTY:
		take(mqtt, 1);
		return property_byte(mqtt, byte);
	case STRING:
	case SKIP:
		break;
	}
	return false;
}

/* Returns how many bytes are as they should be. */
static size_t name_bytes(struct mqtt_editor *mqtt, const uint8_t *data, size_t len)
{
	const char *name = mqtt->field_left + mqtt->at == 4 ? "MQTT" : "MQIsdp";
	size_t i;

	for (i = 0; i < len && data[i] == (uint8_t)name[mqtt->at]; i++)
		mqtt->at++;
	return i;
}

/* Returns how many bytes could be read. */
static size_t string_bytes(struct mqtt_editor *mqtt, struct redact_feed *feed, uint8_t *data,
			   size_t len)
{
	switch ((enum field)mqtt->field) {
	case FIELD_KEY:
		keys_feed(feed->plan->keys, &mqtt->match, data, len);
		break;
	case FIELD_VALUE:
		for (size_t i = 0; i < len && mqtt->matched; i++)
			feed_put(feed, &data[i], 'x', mqtt->matched, &mqtt->counted);
		if (feed->scan)
			secrets_scan(feed, data, len, false);
		break;
	case FIELD_PAYLOAD:
		content_edit(&mqtt->content, feed, data, len);
		break;
	case FIELD_NAME:
		return name_bytes(mqtt, data, len);
	case FIELD_SKIPPED:
		if (feed->scan)
			secrets_see(feed, data, len);
		break;
	}
	return len;
}

/*
 * As much of a string or skipped field as is here. What must follow and has no
 * room makes the field's last byte the first that is broken, however it is cut.
 */
static size_t field_edit(struct mqtt_editor *mqtt, struct redact_feed *feed, uint8_t *data,
			 size_t len)
{
	size_t done = len;

	if (mqtt->state == STRING)
		done = string_bytes(mqtt, feed, data, len);
	else if (feed->scan)
		secrets_see(feed, data, len);
	if (done < len)
		return done;
	take(mqtt, (uint32_t)len);
	mqtt->field_left -= (uint32_t)len;
	if (mqtt->field_left)
		return len;
	if (mqtt->state == SKIP && feed->scan)
		secrets_stop(feed);
	return (mqtt->state == STRING ? string_end(mqtt, feed) : next_field(mqtt)) ? len : len - 1;
}

size_t mqtt_edit(struct mqtt_editor *mqtt, struct redact_feed *feed, uint8_t *data, size_t len)
{
	size_t at = 0;

	while (at < len) {
		if (mqtt->state == STRING || mqtt->state == SKIP) {
			size_t run = len - at < mqtt->field_left ? len - at : mqtt->field_left;
			size_t done = field_edit(mqtt, feed, data + at, run);

			at += done;
			if (done < run)
				break;
		} else if (!edit_byte(mqtt, feed, data[at])) {
			break;
		} else {
			at++;
		}
	}
	return at;
}
