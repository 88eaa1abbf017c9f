/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gatewayctl against the daemon's commands over a real socket: a daemon without
 * a kernel side whose engine saw a few packets, and a child that is gatewayctl.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/engine/world.h"

#include <json-c/json.h>

#include "client/client.h"
#include "daemon/commands.h"
#include "daemon/daemon.h"
#include "daemon/history.h"
#include "daemon/traffic.h"
#include "system/control.h"

#define POLICIES                                                                            \
	"{ name = \"test\"; default = \"allow\"; rules = ( { action = \"block\"; domain = " \
	"\"tracker.example\"; }, { action = \"block\"; country = \"CN\"; } ); },"           \
	"{ name = \"camera\"; mode = \"observe\"; default = \"block\"; }"

static char folder[] = "/tmp/test_commands_XXXXXX";
static char socket_path[64], output_path[64];

struct stage {
	struct world *world;
	struct daemon daemon;
	char *output; /* of the last command */
	int child_status;
	pid_t child;
	bool operator;
};

static void handle(void *context, struct control_client *client, struct bytes line)
{
	commands_request(((struct daemon *)context)->commands, client, line);
}

static void gone(void *context, struct control_client *client)
{
	commands_client_gone(((struct daemon *)context)->commands, client);
}

static void take_events(struct stage *stage)
{
	struct event event;

	while (engine_next_event(stage->world->engine, &event))
		commands_event(stage->daemon.commands, &event);
}

static void ask(struct stage *stage, uint16_t port, const char *name)
{
	uint8_t buffer[512];
	struct writer writer = dns_question(buffer, sizeof(buffer), 1, name, DNS_TYPE_A, false);

	world_udp(stage->world, COFFEE_ADDRESS, port, RESOLVER, 53, writer_bytes(&writer),
		  PACKET_FROM_DEVICE);
	take_events(stage);
}

static int set_up(void **state)
{
	static const struct control_handlers handlers = {handle, gone};
	struct stage *stage = calloc(1, sizeof(*stage));
	struct daemon *daemon = &stage->daemon;
	char error[256];

	stage->world = world_new(POLICIES);
	stage->world->now = clock_now();
	daemon->options.directory = "/nowhere";
	daemon->options.socket = socket_path;
	daemon->set = stage->world->set;
	daemon->engine = stage->world->engine;
	daemon->geo = geo_new();
	daemon->traffic = traffic_new(&(struct hash_key){3, 4});
	daemon->started = daemon->loaded = clock_now();
	daemon->loop = loop_new();
	daemon->control =
		control_open(daemon->loop, socket_path, &handlers, daemon, error, sizeof(error));
	daemon->commands = commands_new(daemon);
	assert_non_null(daemon->control);
	assert_non_null(daemon->commands);
	ask(stage, 5001, "tracker.example");
	ask(stage, 5001, "www.tracker.example");
	ask(stage, 5002, "good.example");
	world_connect(stage->world, COFFEE_ADDRESS, 4001, CLOUD, 443);
	world_connect(stage->world, COFFEE_ADDRESS, 4002, OTHER, 443);
	take_events(stage);
	*state = stage;
	return 0;
}

static int tear_down(void **state)
{
	struct stage *stage = *state;

	control_close(stage->daemon.control);
	commands_free(stage->daemon.commands);
	geo_free(stage->daemon.geo);
	traffic_free(stage->daemon.traffic);
	loop_free(stage->daemon.loop);
	world_free(stage->world);
	free(stage->output);
	free(stage);
	return 0;
}

/* ---- gatewayctl as a child ---- */

static int be_gatewayctl(char *line)
{
	char *words[16] = {NULL}, *word, *rest = line;
	struct client client;
	char error[256];
	int count = 1, code;

	while ((word = strtok_r(rest, " ", &rest)))
		words[count++] = word;
	if (!client_parse(count, words, &client, error, sizeof(error)))
		return EXIT_USAGE;
	client.socket = socket_path;
	client.directory = "/nowhere";
	code = client.command->run(&client);
	fflush(stdout);
	return code;
}

static void child_ended(void *context, unsigned signal_number)
{
	struct stage *stage = context;

	(void)signal_number;
	if (waitpid(stage->child, &stage->child_status, WNOHANG) == stage->child)
		loop_stop(stage->daemon.loop);
}

static void read_output(struct stage *stage)
{
	FILE *file = fopen(output_path, "r");
	size_t len;

	assert_non_null(file);
	free(stage->output);
	stage->output = calloc(1, 1u << 20);
	len = fread(stage->output, 1, (1u << 20) - 1, file);
	stage->output[len] = '\0';
	fclose(file);
}

/* What it prints, on both outputs, is in stage->output; its exit code. */
static int run(struct stage *stage, const char *line)
{
	struct loop_watch *watch =
		loop_watch_signal(stage->daemon.loop, SIGCHLD, child_ended, stage);
	char copy[256];

	snprintf(copy, sizeof(copy), "%s", line);
	fflush(stdout);
	stage->child = fork();
	if (stage->child == 0) {
		int fd = open(output_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		dup2(fd, 1);
		dup2(fd, 2);
		_exit(be_gatewayctl(copy));
	}
	loop_run(stage->daemon.loop);
	loop_unwatch(watch);
	read_output(stage);
	assert_true(WIFEXITED(stage->child_status));
	return WEXITSTATUS(stage->child_status);
}

/* Line number n of the output, as JSON; NULL: no such line. */
static struct json_object *line_at(const struct stage *stage, size_t n)
{
	const char *at = stage->output;
	char *line;
	struct json_object *object;

	while (n-- && at)
		at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL;
	if (!at || !*at)
		return NULL;
	line = strndup(at, strcspn(at, "\n"));
	object = json_tokener_parse(line);
	free(line);
	assert_non_null(object);
	return object;
}

static bool says(const struct stage *stage, const char *text)
{
	if (strstr(stage->output, text))
		return true;
	print_error("not found: %s\n%s", text, stage->output);
	return false;
}

/* ---- looking ---- */

static void test_status(void **state)
{
	struct stage *stage = *state;
	struct json_object *object, *today, *refused;

	assert_int_equal(run(stage, "status --json"), EXIT_DONE);
	object = line_at(stage, 0);
	assert_string_equal(json_text(object, "mode"), "enforce");
	assert_int_equal(json_number(json_member(object, "policy"), "devices"), 2);
	assert_int_equal(json_number(json_member(object, "counters"), "questions_refused"), 2);
	today = json_member(object, "today");
	assert_int_equal(json_number(today, "questions_refused"), 2);
	assert_int_equal(json_number(today, "flows_blocked"), 1);
	refused = json_member(today, "most_refused");
	assert_int_equal(json_length(refused), 3);
	assert_null(line_at(stage, 1));
	json_object_put(object);
}

static void expect_narrow(const struct stage *stage, size_t columns)
{
	for (const char *at = stage->output; *at;
	     at += strcspn(at, "\n") + (at[strcspn(at, "\n")] != 0))
		assert_true(strcspn(at, "\n") <= columns);
}

static void test_status_fits_a_terminal(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(run(stage, "status"), EXIT_DONE);
	assert_true(says(stage, "enforcing since"));
	assert_true(says(stage, "1 flow and 2 questions blocked"));
	assert_true(says(stage, "www.tracker.example"));
	expect_narrow(stage, 80);
	assert_null(strchr(stage->output, '\033'));
}

static void test_devices(void **state)
{
	struct stage *stage = *state;
	struct json_object *seen, *unseen;

	assert_int_equal(run(stage, "devices --json"), EXIT_DONE);
	seen = line_at(stage, 0);
	unseen = line_at(stage, 1);
	assert_string_equal(json_text(seen, "device"), "coffee");
	assert_int_equal(json_number(seen, "questions_refused"), 2);
	assert_string_equal(json_text(unseen, "device"), "camera");
	assert_null(json_member(unseen, "first_seen"));
	assert_null(line_at(stage, 2));
	json_object_put(seen);
	json_object_put(unseen);
	assert_int_equal(run(stage, "devices"), EXIT_DONE);
	assert_true(says(stage, "DEVICE") && says(stage, "coffee") && says(stage, "camera"));
	assert_int_equal(run(stage, "devices cof"), EXIT_DONE);
	assert_true(says(stage, CLOUD) && says(stage, "www.tracker.example"));
	assert_int_equal(run(stage, "devices " COFFEE_ADDRESS), EXIT_DONE);
	assert_true(says(stage, "policy test"));
	assert_int_equal(run(stage, "devices camera"), EXIT_DONE);
	assert_true(says(stage, "not seen yet"));
	assert_int_equal(run(stage, "devices c"), EXIT_NO);
	assert_true(says(stage, "may be"));
	assert_int_equal(run(stage, "devices coffe-"), EXIT_NO);
	assert_true(says(stage, "did you mean \"coffee\""));
}

static void test_what_is_only_observed(void **state)
{
	struct stage *stage = *state;
	struct json_object *camera;

	assert_int_equal(run(stage, "devices"), EXIT_DONE);
	assert_null(strstr(stage->output, "observed"));
	stage->world->mac = CAMERA;
	world_connect(stage->world, CAMERA_ADDRESS, 4003, CLOUD, 443);
	take_events(stage);
	assert_int_equal(stage->world->verdict.action, VERDICT_ACCEPT);
	assert_int_equal(run(stage, "devices --json"), EXIT_DONE);
	camera = line_at(stage, 1);
	assert_string_equal(json_text(camera, "device"), "camera");
	assert_int_equal(json_number(camera, "flows_blocked"), 1);
	assert_int_equal(json_number(camera, "observed"), 1);
	json_object_put(camera);
	assert_int_equal(run(stage, "devices"), EXIT_DONE);
	assert_true(says(stage, "1 of the blocked only observed: they passed"));
	assert_int_equal(run(stage, "devices camera"), EXIT_DONE);
	assert_true(says(stage, "1 of these only observed: they passed"));
}

static void test_flows_and_events(void **state)
{
	struct stage *stage = *state;
	struct json_object *flow;

	assert_int_equal(run(stage, "flows --json"), EXIT_DONE);
	flow = line_at(stage, 2);
	assert_string_equal(json_text(flow, "dst"), CLOUD);
	assert_string_equal(json_text(flow, "action"), "block");
	assert_string_equal(json_text(flow, "rule"), "test/2");
	json_object_put(flow);
	assert_int_equal(run(stage, "flows camera --json"), EXIT_DONE);
	assert_string_equal(stage->output, "");
	assert_int_equal(run(stage, "flows"), EXIT_DONE);
	assert_true(says(stage, "country CN"));
	assert_int_equal(run(stage, "events"), EXIT_DONE);
	assert_true(says(stage, "coffee new at " COFFEE_ADDRESS));
	assert_true(
		says(stage, "coffee block www.tracker.example A? test/1 domain tracker.example"));
	assert_true(says(stage, "coffee block " CLOUD ":443/tcp test/2 country CN"));
}

static void end_of_stream(void *context, unsigned events)
{
	struct stage *stage = context;

	(void)events;
	kill(stage->child, SIGTERM);
}

static void one_more(void *context, unsigned events)
{
	(void)events;
	ask(context, 5010, "late.tracker.example");
}

static void test_events_go_on(void **state)
{
	struct stage *stage = *state;
	struct loop *loop = stage->daemon.loop;
	struct loop_watch *more = loop_watch_timer(loop, 300, 0, one_more, stage);
	struct loop_watch *end = loop_watch_timer(loop, 900, 0, end_of_stream, stage);
	struct loop_watch *watch = loop_watch_signal(loop, SIGCHLD, child_ended, stage);
	char line[] = "events -f coffee --json";

	fflush(stdout);
	stage->child = fork();
	if (stage->child == 0) {
		int fd = open(output_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		signal(SIGTERM, SIG_DFL);
		dup2(fd, 1);
		_exit(be_gatewayctl(line));
	}
	loop_run(loop);
	loop_unwatch(watch);
	loop_unwatch(more);
	loop_unwatch(end);
	read_output(stage);
	assert_true(says(stage, "late.tracker.example"));
	/* The follower is gone; the next event must not find it. */
	assert_int_equal(run(stage, "status"), EXIT_DONE);
	ask(stage, 5011, "tracker.example");
}

/* ---- OpenMetrics 1.0, as strict as its grammar ---- */

static bool is_name(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!(isalnum((unsigned char)text[i]) || text[i] == '_'))
			return false;
	}
	return len > 0 && !isdigit((unsigned char)text[0]);
}

/* {name="value",...}: the end of it, or NULL. */
static const char *skip_labels(const char *at)
{
	for (at++; *at != '}'; at += *at == ',') {
		size_t len = strcspn(at, "=");

		if (!is_name(at, len) || at[len + 1] != '"')
			return NULL;
		for (at += len + 2; *at != '"'; at++) {
			if (*at == '\\')
				at++;
			if (!*at || *at == '\n')
				return NULL;
		}
		at++;
		if (*at != ',' && *at != '}')
			return NULL;
	}
	return at + 1;
}

struct family {
	char name[80], type[16], unit[16];
};

static void check_sample(const struct family *family, const char *line)
{
	size_t name = strcspn(line, "{ "), base = strlen(family->name);
	const char *at = line + name, *suffix = line + base;
	char *end;

	assert_true(is_name(line, name) && strncmp(line, family->name, base) == 0);
	if (!strcmp(family->type, "counter"))
		assert_true(name == base + 6 && strncmp(suffix, "_total", 6) == 0);
	else if (!strcmp(family->type, "info"))
		assert_true(name == base + 5 && strncmp(suffix, "_info", 5) == 0);
	else
		assert_true(name == base);
	if (*at == '{')
		at = skip_labels(at);
	assert_non_null(at);
	assert_int_equal(*at, ' ');
	strtoull(at + 1, &end, 10);
	assert_true(end > at + 1 && *end == '\0');
}

static void check_metadata(struct family *family, const char *line)
{
	char word[8], name[80], rest[256] = "";

	assert_int_equal(sscanf(line, "# %7s %79s %255[^\n]", word, name, rest), 3);
	if (!strcmp(word, "TYPE")) {
		/* A family stands together and comes once; so do its three lines. */
		assert_string_not_equal(family->name, name);
		snprintf(family->name, sizeof(family->name), "%s", name);
		snprintf(family->type, sizeof(family->type), "%.15s", rest);
		assert_true(!strcmp(rest, "counter") || !strcmp(rest, "gauge") ||
			    !strcmp(rest, "info"));
		assert_null(strstr(name, "_total"));
		return;
	}
	assert_string_equal(family->name, name);
	if (!strcmp(word, "UNIT"))
		assert_true(strlen(name) > strlen(rest) &&
			    !strcmp(name + strlen(name) - strlen(rest), rest));
	else
		assert_string_equal(word, "HELP");
}

static void check_metrics(char *text)
{
	struct family family = {.name = ""};
	char names[128][80];
	size_t count = 0;
	char *line, *rest = text;

	while ((line = strtok_r(rest, "\n", &rest)) && strcmp(line, "# EOF") != 0) {
		if (*line != '#') {
			check_sample(&family, line);
			continue;
		}
		check_metadata(&family, line);
		if (strncmp(line, "# TYPE ", 7) != 0)
			continue;
		for (size_t i = 0; i < count; i++)
			assert_string_not_equal(names[i], family.name);
		assert_true(count < 128);
		snprintf(names[count++], sizeof(names[0]), "%s", family.name);
	}
	assert_non_null(line);
	assert_true(!rest || !*rest);
	assert_true(count > 20);
}

static void test_metrics(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(run(stage, "metrics"), EXIT_DONE);
	assert_true(says(stage, "gatewayd_questions_refused_total 2\n"));
	assert_true(says(stage, "gatewayd_device_bytes_total{device=\"coffee\",mac=\"" COFFEE
				"\",direction=\"up\"}"));
	assert_true(strlen(stage->output) > 7 &&
		    !strcmp(stage->output + strlen(stage->output) - 6, "# EOF\n"));
	check_metrics(stage->output);
}

/* ---- changing ---- */

static bool may_connect(struct stage *stage, const char *to, uint16_t port)
{
	return world_connect(stage->world, COFFEE_ADDRESS, port, to, 443)->action == VERDICT_ACCEPT;
}

static void test_overrides(void **state)
{
	struct stage *stage = *state;

	assert_false(may_connect(stage, CLOUD, 4100));
	assert_int_equal(run(stage, "allow coffee " CLOUD " --for 1h"), EXIT_DONE);
	assert_true(says(stage, "coffee: " CLOUD " is allowed until 20"));
	assert_true(may_connect(stage, CLOUD, 4101));
	assert_int_equal(run(stage, "status"), EXIT_DONE);
	assert_true(says(stage, "allow coffee " CLOUD ", for 59 min more"));
	/* What was said last counts, and takes the first one's place. */
	assert_int_equal(run(stage, "block coffee " CLOUD), EXIT_DONE);
	assert_true(says(stage, "until gatewayd is restarted"));
	assert_false(may_connect(stage, CLOUD, 4102));
	assert_int_equal(run(stage, "allow coffee " CLOUD " --for 0"), EXIT_DONE);
	assert_true(says(stage, "as the policy says again"));
	assert_false(may_connect(stage, CLOUD, 4103));
	assert_int_equal(run(stage, "block coffee nonsense//"), EXIT_USAGE);
	assert_int_equal(run(stage, "block toaster " CLOUD), EXIT_NO);
}

static void test_pause(void **state)
{
	struct stage *stage = *state;

	assert_true(may_connect(stage, OTHER, 4200));
	assert_int_equal(run(stage, "pause coffee"), EXIT_DONE);
	assert_true(says(stage, "coffee: everything is blocked until 20"));
	assert_false(may_connect(stage, OTHER, 4201));
	assert_int_equal(run(stage, "explain coffee " OTHER), EXIT_NO); /* no files here */
	assert_int_equal(run(stage, "pause coffee --for 0"), EXIT_DONE);
	assert_true(may_connect(stage, OTHER, 4202));
	for (int i = 0; i < 100; i++)
		assert_int_equal(run(stage, "pause coffee --for 1h"), EXIT_DONE);
	assert_int_equal(run(stage, "pause coffee --for 0"), EXIT_DONE);
	assert_true(may_connect(stage, OTHER, 4203));
}

/* By MAC, for a device that no file names. */
static void test_overrides_of_the_unnamed(void **state)
{
	struct stage *stage = *state;

	stage->world->mac = "02:00:00:00:00:77";
	assert_true(may_connect(stage, OTHER, 4300));
	assert_int_equal(run(stage, "block 02:00:00:00:00:77 " OTHER), EXIT_DONE);
	/* It is unknown_device that this one has, which only observes. */
	assert_int_equal(run(stage, "flows 02:00:00:00:00:77 --json"), EXIT_DONE);
	assert_true(may_connect(stage, OTHER, 4301));
	assert_int_equal(run(stage, "flows 02:00:00:00:00:77 --json"), EXIT_DONE);
	assert_true(says(stage, "\"observed\":true,\"rule\":\"override/1\""));
}

static void test_there_is_an_end_to_overrides(void **state)
{
	struct stage *stage = *state;
	char line[64];

	for (int i = 0; i < ENGINE_OVERRIDES_MOST; i++) {
		snprintf(line, sizeof(line), "block coffee 198.51.100.%d", i);
		assert_int_equal(run(stage, line), EXIT_DONE);
	}
	assert_int_equal(run(stage, "block coffee 198.51.100.200"), EXIT_NO);
	assert_true(says(stage, "too many"));
	assert_int_equal(run(stage, "block coffee 198.51.100.7 --for 0"), EXIT_DONE);
	assert_int_equal(run(stage, "block coffee 198.51.100.200"), EXIT_DONE);
}

/* ---- what no gatewayctl would send ---- */

static void send_line(struct stage *stage, const char *line)
{
	struct loop_watch *watch =
		loop_watch_signal(stage->daemon.loop, SIGCHLD, child_ended, stage);

	fflush(stdout);
	stage->child = fork();
	if (stage->child == 0) {
		struct client client = {.socket = socket_path};
		struct json_object *request = json_tokener_parse(line);
		int fd = open(output_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		dup2(fd, 1);
		dup2(fd, 2);
		client_ask(&client, json_text(request, "command"), request, client_print_json,
			   NULL);
		fflush(stdout);
		_exit(0);
	}
	loop_run(stage->daemon.loop);
	loop_unwatch(watch);
	read_output(stage);
}

static void test_odd_requests(void **state)
{
	struct stage *stage = *state;

	send_line(stage, "{\"command\":\"nonsense\\n\\u0000\"}");
	assert_true(says(stage, "has no command"));
	send_line(stage, "{\"command\":\"devices\",\"device\":{\"x\":[1]}}");
	assert_true(says(stage, "\"coffee\""));
	send_line(stage, "{\"command\":\"block\"}");
	assert_true(says(stage, "which device?"));
	send_line(stage, "{\"command\":\"pause\",\"device\":\"coffee\",\"seconds\":-5}");
	assert_true(says(stage, "for how long?"));
	send_line(stage, "{\"command\":\"pause\",\"device\":\"coffee\","
			 "\"seconds\":9223372036854775807}");
	assert_true(says(stage, "too long"));
	send_line(stage, "{\"command\":\"block\",\"device\":\"coffee\",\"destination\":7}");
	assert_int_equal(run(stage, "status"), EXIT_DONE);
}

static void test_nobody_there(void **state)
{
	struct stage *stage = *state;

	control_close(stage->daemon.control);
	stage->daemon.control = NULL;
	assert_int_equal(run(stage, "status"), EXIT_UNREACHABLE);
	assert_true(says(stage, "gatewayd is not running"));
	assert_true(says(stage, "start it"));
	/* A message is no wider than the terminal. */
	setenv("COLUMNS", "60", 1);
	assert_int_equal(run(stage, "status"), EXIT_UNREACHABLE);
	unsetenv("COLUMNS");
	assert_true(says(stage, "gatewayctl: gatewayd is not running"));
	expect_narrow(stage, 60);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(socket_path, sizeof(socket_path), "%s/run/control.sock", folder);
	snprintf(output_path, sizeof(output_path), "%s/output", folder);
	setenv("TZ", "UTC", 1);
	unsetenv("TERM");
	return 0;
}

static int remove_folder(void **state)
{
	char path[96];

	(void)state;
	unlink(output_path);
	unlink(socket_path);
	snprintf(path, sizeof(path), "%s.lock", socket_path);
	unlink(path);
	snprintf(path, sizeof(path), "%s/run", folder);
	rmdir(path);
	return rmdir(folder);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_status),
		TEST(test_status_fits_a_terminal),
		TEST(test_devices),
		TEST(test_what_is_only_observed),
		TEST(test_flows_and_events),
		TEST(test_events_go_on),
		TEST(test_metrics),
		TEST(test_overrides),
		TEST(test_pause),
		TEST(test_overrides_of_the_unnamed),
		TEST(test_there_is_an_end_to_overrides),
		TEST(test_odd_requests),
		TEST(test_nobody_there),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
