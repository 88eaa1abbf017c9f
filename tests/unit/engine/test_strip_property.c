/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random messages in every framing, through the engine as a bad link brings
 * them: cut at random, out of order, doubled, sent again in other cuts and
 * with other content, numbers that wrap, data in the SYN. What the server has
 * in the end is, byte for byte, what a reference makes of the whole message.
 *
 * SEED=n chooses other cases, CASES=n more or fewer; a failure prints the seed
 * of its case: SEED=that CASES=1 repeats it.
 */
#include "tests/unit/engine/server.h"
#include "tests/unit/support/cases.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/generate.h"
#include "tests/unit/support/keys.h"

#include <inttypes.h>

#include "redact/editor.h"

#define CASES 100000
#define PACKETS_MOST 5000 /* of one case; far more than any needs */

/* By port; the last one waits for the protocol, so its first bytes are held. */
static const struct {
	uint16_t port;
	uint32_t categories;
} rules[] = {
	{8080, 0x3b},
	{8081, 1 << DATA_LOCATION},
	{8082, 1 << DATA_LOCATION | 1 << DATA_PAYMENT},
	{8083, 0x3b},
};

#define ALL "\"location\", \"identity\", \"payment\", \"device-id\", \"network-id\""
static const char policies[] =
	"{ name = \"test\"; default = \"allow\"; rules = ("
	"{ action = \"strip\"; port = 8080; data = [ " ALL " ]; },"
	"{ action = \"strip\"; port = 8081; data = [ \"location\" ]; },"
	"{ action = \"strip\"; port = 8082; data = [ \"location\", \"payment\" ]; },"
	"{ action = \"strip\"; protocol = [ \"http\", \"websocket\" ]; data = [ " ALL " ]; }"
	"); }, " CAMERA_POLICY;

static uint64_t seed = 20261128;
static unsigned long cases = CASES;
static struct server server;
static uint64_t running; /* the case that is; 0: all are over */

static int set_up(void **state)
{
	(void)state;
	choose_cases(&seed, &cases);
	make_reference_keys(generated_keys, generated_key_count);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (running)
		printf("# SEED=%" PRIu64 " CASES=1 failed\n", running);
	keys_free(keys);
	return 0;
}

/* A world with a small engine, which is made once for many cases. */
static struct world *small_world(void)
{
	struct engine_config config = {
		.limits = {.devices = 4,
			   .flows = 16,
			   .bindings = 16,
			   .names = 16,
			   .streams = 4,
			   .strips = 4,
			   .fragments = 4,
			   .events = 4},
		.keys = keys,
		.start = 1000 * SECOND_US,
	};
	struct world *world = world_new(policies);

	engine_free(world->engine);
	world->engine = engine_new(&config, world->set);
	assert_non_null(world->engine);
	engine_advance(world->engine, world->now, 600);
	return world;
}

/* ---- one device sending one message ---- */

struct sender {
	struct world *world;
	struct generated *message; /* its random numbers go on */
	uint16_t port;             /* of the device */
	uint16_t to;
	uint32_t first; /* number of the first byte */
	size_t arrived; /* bytes at the server, from the first on without a hole */
	size_t piece;   /* about the size of a segment */
	unsigned packets;
};

static size_t below(struct sender *sender, size_t limit)
{
	return limit ? random_next(&sender->message->random) % limit : 0;
}

static void put(struct sender *sender, uint32_t seq, uint8_t flags, const uint8_t *data, size_t len)
{
	struct segment segment = {sender->port, sender->to, seq, 5001, flags, bytes_of(data, len)};

	world_tcp(sender->world, COFFEE_ADDRESS, OTHER, segment, PACKET_FROM_DEVICE);
	carry_out(sender->world, &server);
	while (sender->arrived < sender->message->len && server.there[sender->arrived])
		sender->arrived++;
	sender->packets++;
}

static void put_range(struct sender *sender, size_t from, size_t len, uint8_t flags)
{
	if (len > sender->message->len - from)
		len = sender->message->len - from;
	if (from + len == sender->message->len && below(sender, 2))
		flags |= TCP_FIN;
	put(sender, sender->first + (uint32_t)from, TCP_ACK | flags, sender->message->data + from,
	    len);
}

/* What has arrived once more, and it claims to be something else. */
static void put_lie(struct sender *sender)
{
	size_t from = below(sender, sender->arrived);
	size_t len = 1 + below(sender, sender->arrived - from);
	uint8_t lie[64];

	if (len > sizeof(lie))
		len = sizeof(lie);
	for (size_t i = 0; i < len; i++)
		lie[i] = (uint8_t) "{\"lat\":48,\"owner\":\"A. Smith\"}\r\n"[below(sender, 30)];
	put(sender, sender->first + (uint32_t)from, TCP_ACK, lie, len);
}

static void put_probe(struct sender *sender)
{
	uint8_t byte = (uint8_t)below(sender, 256);

	put(sender, sender->first + (uint32_t)sender->arrived - 1, TCP_ACK, &byte,
	    below(sender, 2));
}

static size_t size_of_piece(struct sender *sender)
{
	return 1 + below(sender, below(sender, 8) ? 2 * sender->piece : 4);
}

static void step(struct sender *sender, size_t *next)
{
	size_t left = sender->message->len - sender->arrived;

	switch (below(sender, 12)) {
	case 0: /* ahead of a hole */
		put_range(sender, sender->arrived + below(sender, left), size_of_piece(sender), 0);
		break;
	case 1: /* in another cut, from before the edge to behind it */
		put_range(sender, below(sender, sender->arrived + 1), size_of_piece(sender) * 3, 0);
		break;
	case 2:
		if (sender->arrived)
			put_lie(sender);
		break;
	case 3:
		put_probe(sender);
		break;
	case 4: /* the next one is lost */
		*next += size_of_piece(sender);
		break;
	case 5: /* the sender comes back to what is missing */
		*next = sender->arrived;
		break;
	default: {
		size_t len = size_of_piece(sender);

		put_range(sender, *next, len, TCP_PSH);
		*next += len;
	}
	}
	if (*next >= sender->message->len)
		*next = sender->arrived;
}

static void send_all(struct sender *sender)
{
	uint32_t syn = sender->first - 1;
	size_t next = 0, early = below(sender, 8) ? 0 : size_of_piece(sender);
	uint8_t last = 0;

	if (early > sender->message->len)
		early = sender->message->len;
	put(sender, syn, TCP_SYN, sender->message->data, early);
	put(sender, sender->first, TCP_ACK, &last, 0);
	while (sender->arrived < sender->message->len) {
		if (sender->packets > PACKETS_MOST)
			return;
		step(sender, &next);
		/* The last bytes may begin a secret: only the end shows that they do not. */
		if (sender->packets % 64 == 63)
			put_range(sender, sender->arrived, sender->message->len, TCP_FIN);
	}
	put_range(sender, 0, sender->message->len, TCP_FIN);
	put_lie(sender);
	put(sender, sender->first + (uint32_t)sender->message->len + 1, TCP_RST, &last, 0);
}

/* ---- one case ---- */

/* With known secrets: the editor itself, which sees the message whole. */
static bool edit_whole(const struct redact_secrets *secrets, uint32_t categories, uint8_t *data,
		       size_t len)
{
	struct redact_plan plan = {keys, secrets, categories};
	struct redact_result result;
	struct stream_editor editor;

	editor_start(&editor);
	editor_feed(&editor, &plan, data, len, &result);
	return !result.opaque;
}

static void complain(uint64_t case_seed, const char *what, const struct generated *message,
		     const uint8_t *expected)
{
	printf("# SEED=%" PRIu64 " CASES=1: %s\n", case_seed, what);
	generated_show("message ", message->data, message->len);
	generated_show("expected", expected, message->len);
	generated_show("arrived ", server.data, message->len);
	fail();
}

static void one_case(struct world *world, const struct redact_secrets *secrets, uint64_t case_seed)
{
	struct generated message = {NULL, 0, 0, case_seed * 0x9e3779b97f4a7c15u | 1};
	struct sender sender = {.world = world, .message = &message};
	struct reference reference = {generated_keys, generated_key_count, 0, {0}};
	unsigned rule = (unsigned)case_seed % 4;
	enum framing framing;
	uint8_t *expected;
	size_t from;

	running = case_seed;
	for (unsigned i = 0; i < 4; i++)
		random_next(&message.random);
	framing = (enum framing)(random_next(&message.random) % FRAMING_COUNT);
	/* Of the two others no policy can say that they are what they are. */
	if (rules[rule].port == 8083)
		framing = case_seed & 4 ? FRAMING_HTTP : FRAMING_WEBSOCKET;
	generate(&message, framing, &from);
	assert_in_range(message.len, 1, SERVER_SIZE - 1);
	expected = malloc(message.len);
	memcpy(expected, message.data, message.len);
	reference.categories = rules[rule].categories;
	if (!(secrets ? edit_whole(secrets, rules[rule].categories, expected, message.len)
		      : generated_edit(&reference, framing, from, expected, message.len)))
		complain(case_seed, "the reference cannot read it", &message, expected);
	sender.port = (uint16_t)(1024 + case_seed % 60000);
	sender.to = rules[rule].port;
	sender.first = (uint32_t)random_next(&message.random);
	if (below(&sender, 4) == 0)
		sender.first = 0u - (uint32_t)below(&sender, message.len);
	sender.piece = 1 + message.len / (1 + below(&sender, 16));
	server.first = sender.first;
	memset(server.there, 0, message.len);
	send_all(&sender);
	if (sender.arrived < message.len)
		complain(case_seed, "it does not arrive", &message, expected);
	if (memcmp(server.data, expected, message.len) != 0)
		complain(case_seed, "the server has something else", &message, expected);
	free(expected);
	free(message.data);
	running = 0;
}

static void test_equals_reference(void **state)
{
	struct world *world = small_world();

	(void)state;
	for (unsigned long i = 0; i < cases; i++)
		one_case(world, NULL, seed + i);
	world_free(world);
}

/* ---- every place to cut ---- */

static size_t read_client(const char *name, uint8_t *data, size_t size)
{
	char path[128];
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "tests/unit/engine/clients/%s", name);
	file = fopen(path, "rb");
	assert_non_null(file);
	len = fread(data, 1, size, file);
	fclose(file);
	assert_in_range(len, 100, size - 1);
	return len;
}

/* In two pieces, the second before the first or after it, and the first once more. */
static void cut_in_two(struct world *world, const uint8_t *data, size_t len, size_t cut,
		       bool reversed)
{
	struct generated message = {NULL, len, 0, 1};
	struct sender sender = {.world = world, .message = &message, .port = 4000, .to = 8080};
	uint32_t second = (uint32_t)cut;

	message.data = malloc(len);
	memcpy(message.data, data, len);
	sender.first = server.first = 0u - (uint32_t)(len / 2);
	memset(server.there, 0, len);
	put(&sender, sender.first - 1, TCP_SYN, data, 0);
	if (reversed)
		put(&sender, sender.first + second, TCP_ACK, data + cut, len - cut);
	put(&sender, sender.first, TCP_ACK, data, cut);
	if (!reversed)
		put(&sender, sender.first + second, TCP_ACK, data + cut, len - cut);
	put(&sender, sender.first, TCP_ACK, data, cut);
	put(&sender, sender.first + (uint32_t)len, TCP_ACK | TCP_RST, data, 0);
	assert_int_equal(sender.arrived, len);
	free(message.data);
}

static void test_every_split_of_real_messages(void **state)
{
	static const char *const clients[] = {
		"curl-json",   "curl-chunked", "curl-form",     "curl-multipart", "python-json",
		"python-form", "wget-form",    "mosquitto-311", "mosquitto-5",
	};
	struct world *world = small_world();

	(void)state;
	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
		struct reference reference = {generated_keys, generated_key_count, 0x3b, {0}};
		uint8_t data[1024], expected[1024];
		size_t len = read_client(clients[i], data, sizeof(data));

		memcpy(expected, data, len);
		assert_true(generated_edit(&reference,
					   data[0] == 0x10 ? FRAMING_MQTT : FRAMING_HTTP, 0,
					   expected, len));
		assert_true(reference.stripped[DATA_IDENTITY] > 0);
		for (size_t cut = 1; cut < len; cut++) {
			for (int reversed = 0; reversed < 2; reversed++) {
				cut_in_two(world, data, len, cut, reversed);
				assert_memory_equal(server.data, expected, len);
			}
		}
	}
	world_free(world);
}

/* ---- with known secrets ---- */

/* Bytes that may begin a secret wait, as segments do that are ahead of a hole. */
static void test_with_secrets(void **state)
{
	static const char *const values[] = {"A. Smith", "48.137", "latte"};
	struct redact_secrets *secrets = secrets_new();
	struct world *world;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
			secrets_add(secrets, bytes_of(values[i], strlen(values[i])), DATA_IDENTITY),
			SECRETS_OK);
	assert_true(secrets_compile(secrets));
	world_main_text = MAIN_TEXT "identifiers = ( { data = \"identity\"; value = \"A. Smith\"; "
				    "}, { data = \"identity\"; value = \"48.137\"; }, { data = "
				    "\"identity\"; value = \"latte\"; } );";
	world = small_world();
	for (unsigned long i = 0; i < cases / 10; i++)
		one_case(world, secrets, seed + i);
	world_free(world);
	world_main_text = MAIN_TEXT;
	secrets_free(secrets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equals_reference),
		cmocka_unit_test(test_every_split_of_real_messages),
		cmocka_unit_test(test_with_secrets),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
