/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes per second through the stream editor on one core, with the shipped
 * table of keys: JSON and forms in HTTP, JSON in MQTT, with and without values
 * to strip, with and without known secrets; beside json-c parsing the same
 * JSON and beside memcpy. All take turns; medians of the rounds.
 */
#define _POSIX_C_SOURCE 200809L
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "redact/editor.h"

#define STREAM_SIZE (1u << 20)
#define SEGMENT 1448
#define ROUNDS 15

static const char *const names[] = {"location",   "identity", "contact", "payment",  "device-id",
				    "network-id", "usage",    "sensor",  "calendar", "media"};

/* What a coffee maker says, %u its counter. */
static const char *const document =
	"{\"machine\":\"K95\",\"firmware\":\"2.1.7-build1043\",\"owner\":\"A. Smith\","
	"\"lat\":48.137,\"lon\":11.575,\"payment\":{\"type\":\"card\",\"no\":\"4111111111111111\"},"
	"\"drink\":\"latte\",\"boiler\":93.5,\"events\":[{\"type\":\"brew_start\",\"seq\":%u,"
	"\"detail\":\"pump pressure nominal, grinder "
	"idle\"},{\"type\":\"brew_end\",\"seq\":1234568,"
	"\"detail\":\"cup removed\"}],\"uptime\":99812,\"ok\":true,\"counters\":{\"espresso\":1042,"
	"\"lungo\":88,\"cappuccino\":231,\"hot_water\":12,\"rinse\":500},\"message\":\"descaling "
	"is due in 12 days, the water filter was changed by the user\"}";
static const char *const form =
	"machine=K95&firmware=2.1.7-build1043&owner=A.+Smith&lat=48.137&lon=11.575&drink=latte&"
	"seq=%u&detail=pump+pressure+nominal%%2C+grinder+idle&uptime=99812&espresso=1042&lungo=88";

struct stream {
	uint8_t *data;
	size_t len;
};

static struct redact_keys *keys;
static struct redact_secrets *secrets;

/* Of the processor, since others may be busy beside us. */
static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool read_table(void)
{
	static char text[1 << 18];
	FILE *file = fopen("policy/catalogue/payload_keys.tsv", "r");
	unsigned line;
	size_t len;

	if (!file)
		return false;
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	keys = keys_new(NULL);
	return keys && keys_add_table(keys, bytes_of(text, len), names, 10, &line) == KEYS_OK;
}

static bool make_secrets(void)
{
	static const uint8_t mac[6] = {0xa4, 0xcf, 0x12, 0x00, 0x00, 0x01};

	secrets = secrets_new();
	return secrets && secrets_add(secrets, bytes_of("MyHomeWiFi", 10), 5) == SECRETS_OK &&
	       secrets_add(secrets, bytes_of("a.smith@example.com", 19), 1) == SECRETS_OK &&
	       secrets_add_mac(secrets, mac, 5) == SECRETS_OK && secrets_compile(secrets);
}

static void put_http(struct stream *stream, const char *type, const char *body, int len)
{
	stream->len += (size_t)sprintf((char *)stream->data + stream->len,
				       "POST /telemetry HTTP/1.1\r\nHost: cloud.example\r\n"
				       "User-Agent: K95/2.1\r\nContent-Type: %s\r\n"
				       "Content-Length: %d\r\n\r\n%s",
				       type, len, body);
}

static void put_publish(struct stream *stream, const char *body, int len)
{
	uint8_t *at = stream->data + stream->len;
	unsigned left = (unsigned)len + 12;

	*at++ = 0x30;
	*at++ = (uint8_t)(left & 0x7f) | 0x80;
	*at++ = (uint8_t)(left >> 7);
	memcpy(at, "\0\012tele/state", 12);
	memcpy(at + 12, body, (size_t)len);
	stream->len += 3 + left;
}

/* Lines that are nearly all structure; personal: with two values to strip in each. */
static struct stream make_lines(bool personal)
{
	struct stream stream = {malloc(STREAM_SIZE + 4096), 0};

	if (!stream.data)
		exit(1);
	for (unsigned i = 0; stream.len < STREAM_SIZE; i++) {
		char *at = (char *)stream.data + stream.len;

		if (personal)
			stream.len += (size_t)sprintf(
				at,
				"{\"n\":%u,\"owner\":\"A. Smith\",\"lat\":48.%u,\"drink\":"
				"\"latte\"}\n",
				i, i);
		else
			stream.len += (size_t)sprintf(
				at,
				"{\"n\":%u,\"drink\":\"latte\",\"temperature\":[%u,%u],\"ok\":"
				"true}\n",
				i, i * 7, i * 3);
	}
	return stream;
}

static struct stream make_stream(char kind)
{
	struct stream stream = {malloc(STREAM_SIZE + 4096), 0};
	char body[2048];

	if (!stream.data)
		exit(1);
	if (kind == 'm') {
		memcpy(stream.data,
		       "\x10\x10\0\x04MQTT\x04\x02\0\x3c\0\x04"
		       "abcd",
		       18);
		stream.len = 18;
	}
	for (unsigned i = 0; stream.len < STREAM_SIZE; i++) {
		int len = snprintf(body, sizeof(body), kind == 'f' ? form : document, i);

		if (kind == 'm')
			put_publish(&stream, body, len);
		else if (kind == 'j')
			put_http(&stream, "application/json", body, len);
		else
			put_http(&stream, "application/x-www-form-urlencoded", body, len);
	}
	return stream;
}

/* ---- what is measured; each returns bytes per second ---- */

static double run_editor(const struct stream *stream, const struct redact_plan *plan)
{
	static uint8_t copy[STREAM_SIZE + 4096];
	struct stream_editor editor;
	struct redact_result result;
	double start;

	memcpy(copy, stream->data, stream->len);
	start = seconds();
	editor_start(&editor);
	for (size_t at = 0; at < stream->len; at += SEGMENT) {
		size_t len = stream->len - at < SEGMENT ? stream->len - at : SEGMENT;

		editor_feed(&editor, plan, copy + at, len, &result);
		if (result.opaque) {
			fprintf(stderr, "opaque at %zu\n", at + result.opaque_at);
			exit(1);
		}
	}
	return (double)stream->len / (seconds() - start);
}

static double run_json_c(void)
{
	char body[2048];
	int len = snprintf(body, sizeof(body), document, 7u);
	unsigned times = STREAM_SIZE / (unsigned)len;
	double start = seconds();

	for (unsigned i = 0; i < times; i++)
		json_object_put(json_tokener_parse(body));
	return (double)len * times / (seconds() - start);
}

static double run_memcpy(const struct stream *stream)
{
	static uint8_t copy[STREAM_SIZE + 4096];
	volatile uint8_t sink;
	double start = seconds();

	for (size_t at = 0; at < stream->len; at += SEGMENT)
		memcpy(copy + at, stream->data + at,
		       stream->len - at < SEGMENT ? stream->len - at : SEGMENT);
	sink = copy[stream->len / 2];
	(void)sink;
	return (double)stream->len / (seconds() - start);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

enum candidate {
	HTTP_JSON,
	HTTP_JSON_NOTHING,
	HTTP_JSON_SECRETS,
	HTTP_FORM,
	MQTT_JSON,
	LINES,
	LINES_SECRETS,
	OWNER_LINES,
	JSON_C,
	MEMCPY,
	CANDIDATES,
};

static const char *const titles[CANDIDATES] = {
	"editor, JSON in HTTP",    "  no category selected",
	"  known secrets, too",    "editor, forms in HTTP",
	"editor, JSON in MQTT",    "editor, short lines of JSON",
	"  known secrets, too",    "  two values in each",
	"json-c parsing the JSON", "memcpy",
};

int main(void)
{
	struct redact_plan all, none, with;
	struct stream json, forms, mqtt, lines, owner_lines;
	double results[CANDIDATES][ROUNDS];

	if (!read_table() || !make_secrets()) {
		fprintf(stderr, "bench_edit: run it in the folder with policy/\n");
		return 1;
	}
	all = (struct redact_plan){keys, NULL, 0x3ff};
	none = (struct redact_plan){keys, NULL, 0};
	with = (struct redact_plan){keys, secrets, 0x3ff};
	json = make_stream('j');
	forms = make_stream('f');
	mqtt = make_stream('m');
	lines = make_lines(false);
	owner_lines = make_lines(true);
	for (unsigned i = 0; i < ROUNDS; i++) {
		results[HTTP_JSON][i] = run_editor(&json, &all);
		results[HTTP_JSON_NOTHING][i] = run_editor(&json, &none);
		results[HTTP_JSON_SECRETS][i] = run_editor(&json, &with);
		results[HTTP_FORM][i] = run_editor(&forms, &all);
		results[MQTT_JSON][i] = run_editor(&mqtt, &all);
		results[LINES][i] = run_editor(&lines, &all);
		results[LINES_SECRETS][i] = run_editor(&lines, &with);
		results[OWNER_LINES][i] = run_editor(&owner_lines, &all);
		results[JSON_C][i] = run_json_c();
		results[MEMCPY][i] = run_memcpy(&json);
	}
	printf("Stripping, one core, segments of %d bytes, %zu keys, %zu bytes per stream\n",
	       SEGMENT, keys_count(keys), sizeof(struct stream_editor));
	for (unsigned i = 0; i < CANDIDATES; i++) {
		qsort(results[i], ROUNDS, sizeof(double), compare);
		printf("    %-40s %8.3f GB/s\n", titles[i], results[i][ROUNDS / 2] / 1e9);
	}
	printf("    %-40s %8.2f   goal: at least 5.00\n", "JSON in HTTP beside json-c",
	       results[HTTP_JSON][ROUNDS / 2] / results[JSON_C][ROUNDS / 2]);
	printf("    %-40s %8.3f   goal: at least 0.500\n", "JSON in HTTP, GB/s",
	       results[HTTP_JSON][ROUNDS / 2] / 1e9);
	free(json.data);
	free(forms.data);
	free(mqtt.data);
	free(lines.data);
	free(owner_lines.data);
	secrets_free(secrets);
	keys_free(keys);
	return 0;
}
