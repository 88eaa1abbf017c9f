/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rpcd: the commands for programs, one JSON object in and one out, as
 * OpenWrt's rpcd asks its plugins. `rpcd list` prints the methods with the
 * types of their arguments; `rpcd call METHOD` reads the arguments from
 * standard input.
 *
 * What comes in may have been written by a device (its host name, say), or by
 * whoever may open the router's page. It becomes the words of an argument
 * vector, after "--", and is read as a command line is; no shell sees it.
 */
#define _POSIX_C_SOURCE 200809L /* dup2 */

#include "client/client.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "client/text.h"
#include "json_add.h"
#include "policy/policy.h"
#include "report.h"

#define PARAMETERS_MOST 4
#define WORDS_MOST 16
#define REQUEST_MOST 65536
#define VALUE_MOST 320
#define ROWS_MOST 1000
#define ROWS_USUAL 200
/* ubus takes a megabyte; a page and a small router want less. */
#define ANSWER_MOST (256u << 10)

enum parameter_kind {
	PARAMETER_NONE,
	PARAMETER_WORD,  /* has to be there */
	PARAMETER_MAYBE, /* need not */
	PARAMETER_FOR,   /* --for */
	PARAMETER_LIMIT, /* how many rows */
};

struct parameter {
	const char *name;
	enum parameter_kind kind;
};

struct method {
	const char *name;
	struct parameter parameters[PARAMETERS_MOST];
	const char *rows; /* the array that the answer's lines become; NULL: it is one line */
	const char *rows_of_device; /* when a device was named: the lines after its own */
	bool newest;                /* of too many rows the first ones give way */
	int (*run)(const struct client *client); /* NULL: the command of that name */
};

static int print_checks(const struct client *client);

static const struct method methods[] = {
	{.name = "status"},
	{.name = "devices",
	 .parameters = {{"device", PARAMETER_MAYBE}, {"limit", PARAMETER_LIMIT}},
	 .rows = "devices",
	 .rows_of_device = "destinations"},
	{.name = "flows",
	 .parameters = {{"device", PARAMETER_MAYBE}, {"limit", PARAMETER_LIMIT}},
	 .rows = "flows"},
	{.name = "events",
	 .parameters = {{"device", PARAMETER_MAYBE}, {"limit", PARAMETER_LIMIT}},
	 .rows = "events",
	 .newest = true},
	{.name = "explain",
	 .parameters = {{"device", PARAMETER_WORD}, {"destination", PARAMETER_WORD}}},
	{.name = "lists", .rows = "lists"},
	{.name = "policies", .rows = "policies"},
	{.name = "doctor", .rows = "checks", .run = print_checks},
	{.name = "reload"},
	{.name = "set", .parameters = {{"device", PARAMETER_WORD}, {"policy", PARAMETER_WORD}}},
	{.name = "name", .parameters = {{"mac", PARAMETER_WORD}, {"name", PARAMETER_WORD}}},
	{.name = "allow",
	 .parameters = {{"device", PARAMETER_WORD},
			{"destination", PARAMETER_WORD},
			{"for", PARAMETER_FOR}}},
	{.name = "block",
	 .parameters = {{"device", PARAMETER_WORD},
			{"destination", PARAMETER_WORD},
			{"for", PARAMETER_FOR}}},
	{.name = "pause", .parameters = {{"device", PARAMETER_WORD}, {"for", PARAMETER_FOR}}},
};
#define METHOD_COUNT (sizeof(methods) / sizeof(methods[0]))

/* One call, as the arguments were read. */
struct call {
	const struct method *method;
	char *words[WORDS_MOST];
	int word_count;
	size_t limit;
	bool device_given;
	char error[256];
};

/* What the command wrote, both ways. */
struct output {
	char *text, *errors;
};

/* What is bad is an answer, too. */
static int print_checks(const struct client *client)
{
	(void)client_doctor(client);
	return EXIT_DONE;
}

/* ---- list ---- */

static int print_methods(void)
{
	struct json_object *all = json_object_new_object();

	for (size_t i = 0; i < METHOD_COUNT; i++) {
		struct json_object *types = json_object_new_object();

		/* By example: a text for a text, a number for a number. */
		for (const struct parameter *p = methods[i].parameters;
		     p < methods[i].parameters + PARAMETERS_MOST && p->name; p++)
			json_object_object_add(types, p->name,
					       p->kind == PARAMETER_LIMIT
						       ? json_object_new_int(32)
						       : json_object_new_string("text"));
		json_object_object_add(all, methods[i].name, types);
	}
	client_print_json(NULL, all);
	json_object_put(all);
	return EXIT_DONE;
}

/* ---- the arguments ---- */

static bool refuse(struct call *call, const char *name, const char *what)
{
	snprintf(call->error, sizeof(call->error), "%s: %s", name, what);
	return false;
}

static void add_word(struct call *call, const char *word)
{
	/* client_parse() takes them as main() has them, and changes none. */
	call->words[call->word_count++] = (char *)(uintptr_t)word;
}

static const struct parameter *find_parameter(const struct method *method, const char *name)
{
	for (size_t i = 0; i < PARAMETERS_MOST && method->parameters[i].name; i++) {
		if (!strcmp(method->parameters[i].name, name))
			return &method->parameters[i];
	}
	return NULL;
}

static bool check_names(struct call *call, struct json_object *request)
{
	json_object_object_foreach(request, name, value)
	{
		(void)value;
		/* Every call over HTTP has the session. */
		if (strcmp(name, "ubus_rpc_session") != 0 && !find_parameter(call->method, name)) {
			snprintf(call->error, sizeof(call->error), "%s has no argument \"%.40s\"",
				 call->method->name, name);
			return false;
		}
	}
	return true;
}

/* A text of one line, without a NUL in it. */
static bool check_text(struct call *call, const char *name, struct json_object *value)
{
	const char *text = json_object_get_string(value);
	size_t len = strlen(text);

	if (len > VALUE_MOST || len != (size_t)json_object_get_string_len(value))
		return refuse(call, name, "expected a text of at most 320 letters");
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return refuse(call, name, "expected a text without control characters");
	}
	return true;
}

static bool read_limit(struct call *call, struct json_object *value)
{
	int64_t limit = json_object_get_int64(value);

	if (!json_object_is_type(value, json_type_int) || limit < 1 || limit > ROWS_MOST)
		return refuse(call, "limit", "expected a number from 1 to 1000");
	call->limit = (size_t)limit;
	return true;
}

/* Options, since words come after "--" only. */
static bool read_option(struct call *call, const struct parameter *parameter,
			struct json_object *value)
{
	if (parameter->kind == PARAMETER_LIMIT)
		return !value || read_limit(call, value);
	if (parameter->kind != PARAMETER_FOR || !value)
		return true;
	add_word(call, "--for");
	add_word(call, json_object_get_string(value));
	return true;
}

static bool read_word(struct call *call, const struct parameter *parameter,
		      struct json_object *value)
{
	if (parameter->kind != PARAMETER_WORD && parameter->kind != PARAMETER_MAYBE)
		return true;
	if (value)
		add_word(call, json_object_get_string(value));
	else if (parameter->kind == PARAMETER_WORD)
		return refuse(call, parameter->name, "is missing");
	call->device_given = value != NULL;
	return true;
}

/* NULL: absent, or empty, which a form's field is when nobody filled it in. */
static bool find_value(struct call *call, const struct parameter *parameter,
		       struct json_object *request, struct json_object **ret_value)
{
	*ret_value = NULL;
	if (!json_object_object_get_ex(request, parameter->name, ret_value) || !*ret_value)
		return true;
	if (parameter->kind == PARAMETER_LIMIT)
		return true;
	if (!json_object_is_type(*ret_value, json_type_string))
		return refuse(call, parameter->name, "expected a text");
	if (!json_object_get_string_len(*ret_value))
		*ret_value = NULL;
	return !*ret_value || check_text(call, parameter->name, *ret_value);
}

typedef bool read_parameter(struct call *call, const struct parameter *parameter,
			    struct json_object *value);

static bool read_each(struct call *call, struct json_object *request, read_parameter *read)
{
	for (size_t i = 0; i < PARAMETERS_MOST && call->method->parameters[i].name; i++) {
		const struct parameter *parameter = &call->method->parameters[i];
		struct json_object *value;

		if (!find_value(call, parameter, request, &value) || !read(call, parameter, value))
			return false;
	}
	return true;
}

/* The command line that says the same. */
static bool make_words(const struct client *client, struct call *call, struct json_object *request)
{
	call->limit = ROWS_USUAL;
	add_word(call, "gatewayctl");
	add_word(call, "--json");
	add_word(call, "-s");
	add_word(call, client->socket);
	if (client->directory_given) {
		add_word(call, "-c");
		add_word(call, client->directory);
	}
	if (!check_names(call, request) || !read_each(call, request, read_option))
		return false;
	add_word(call, "--");
	add_word(call, call->method->run ? "status" : call->method->name);
	return read_each(call, request, read_word);
}

static struct json_object *read_request(void)
{
	struct json_tokener *tokener = json_tokener_new_ex(4);
	struct json_object *request = NULL;
	static char text[REQUEST_MOST];
	size_t len = fread(text, 1, sizeof(text), stdin);

	if (tokener && len < sizeof(text))
		request = json_tokener_parse_ex(tokener, text, (int)len);
	if (tokener)
		json_tokener_free(tokener);
	/* rpcd sends {}; a person may send nothing. */
	if (!len)
		return json_object_new_object();
	if (json_object_is_type(request, json_type_object))
		return request;
	json_object_put(request);
	return NULL;
}

/* ---- the command, and what it wrote ---- */

/* NULL: no memory. */
static char *read_back(FILE *file)
{
	long size = fseek(file, 0, SEEK_END) ? -1 : ftell(file);
	char *text = size < 0 ? NULL : malloc((size_t)size + 1);

	if (!text)
		return NULL;
	rewind(file);
	text[fread(text, 1, (size_t)size, file)] = '\0';
	return text;
}

static int run_in(const struct method *method, const struct client *client, FILE *out, FILE *err)
{
	int saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO);
	int code = EXIT_NO;

	if (saved_out >= 0 && saved_err >= 0 && dup2(fileno(out), STDOUT_FILENO) >= 0 &&
	    dup2(fileno(err), STDERR_FILENO) >= 0)
		code = method->run ? method->run(client) : client->command->run(client);
	fflush(stdout);
	if (saved_out >= 0)
		dup2(saved_out, STDOUT_FILENO);
	if (saved_err >= 0)
		dup2(saved_err, STDERR_FILENO);
	close(saved_out);
	close(saved_err);
	return code;
}

static int run(const struct method *method, const struct client *client, struct output *ret_output)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int code = EXIT_NO;

	if (out && err) {
		fflush(stdout);
		code = run_in(method, client, out, err);
		ret_output->text = read_back(out);
		ret_output->errors = read_back(err);
	}
	if (out)
		fclose(out);
	if (err)
		fclose(err);
	return code;
}

/* ---- the answer ---- */

/* One or more lines, without what each begins with. */
static void add_message(struct json_object *answer, const char *key, char *errors)
{
	static const char begin[] = "gatewayctl: ";
	char *to = errors;

	for (const char *from = errors; *from;) {
		if (!strncmp(from, begin, strlen(begin)))
			from += strlen(begin);
		while (*from && *from != '\n')
			*to++ = *from++;
		while (*from == '\n')
			from++;
		*to++ = *from ? '\n' : '\0';
	}
	json_object_object_add(answer, key, report_string(errors));
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; (text = strchr(text, '\n')); text++)
		count++;
	return count;
}

static char *skip_lines(char *text, size_t count)
{
	while (count--)
		text = strchr(text, '\n') + 1;
	return text;
}

/* The text is cut into lines here. */
static void add_rows(struct json_object *answer, const struct call *call, char *text)
{
	struct json_object *rows = json_object_new_array();
	const char *key = call->method->rows;
	size_t count, taken = 0, used = 0;
	char *end;

	if (call->device_given && call->method->rows_of_device && (end = strchr(text, '\n'))) {
		*end = '\0';
		json_object_object_add(answer, "device", json_tokener_parse(text));
		text = end + 1;
		key = call->method->rows_of_device;
	}
	count = count_lines(text);
	if (call->method->newest && count > call->limit)
		text = skip_lines(text, count - call->limit);
	while (taken < call->limit && used < ANSWER_MOST && (end = strchr(text, '\n'))) {
		*end = '\0';
		json_object_array_add(rows, json_tokener_parse(text));
		used += (size_t)(end - text);
		taken++;
		text = end + 1;
	}
	json_object_object_add(answer, key, rows);
	if (taken < count)
		json_add_number(answer, "omitted", count - taken);
}

static struct json_object *make_answer(const struct call *call, int code, struct output *output)
{
	struct json_object *answer = NULL;

	if (code == EXIT_DONE && output->text) {
		if (!call->method->rows)
			answer = json_tokener_parse(output->text);
		else
			add_rows(answer = json_object_new_object(), call, output->text);
	}
	if (!answer)
		answer = json_object_new_object();
	if (code != EXIT_DONE)
		json_add_number(answer, "exit", (uint64_t)code);
	if (output->errors && output->errors[0])
		add_message(answer, code == EXIT_DONE ? "note" : "error", output->errors);
	else if (code != EXIT_DONE)
		json_add_text(answer, "error", "it failed");
	return answer;
}

static int print_refusal(const char *error)
{
	struct json_object *answer = json_object_new_object();

	json_add_number(answer, "exit", EXIT_USAGE);
	json_add_text(answer, "error", error);
	client_print_json(NULL, answer);
	json_object_put(answer);
	return EXIT_USAGE;
}

static int answer_call(const struct client *client, struct call *call, struct json_object *request)
{
	struct json_object *answer;
	struct output output = {0};
	struct client inner;
	int code;

	if (!make_words(client, call, request) ||
	    !client_parse(call->word_count, call->words, &inner, call->error, sizeof(call->error)))
		return print_refusal(call->error);
	code = run(call->method, &inner, &output);
	answer = make_answer(call, code, &output);
	client_print_json(NULL, answer);
	json_object_put(answer);
	free(output.text);
	free(output.errors);
	return code;
}

static int call_method(const struct client *client, const char *name)
{
	struct json_object *request;
	struct call call = {0};
	int code;

	for (size_t i = 0; i < METHOD_COUNT; i++) {
		if (!strcmp(methods[i].name, name))
			call.method = &methods[i];
	}
	if (!call.method) {
		snprintf(call.error, sizeof(call.error), "there is no method \"%.40s\"", name);
		return print_refusal(call.error);
	}
	request = read_request();
	if (!request)
		return print_refusal("expected a JSON object with the arguments");
	code = answer_call(client, &call, request);
	json_object_put(request);
	return code;
}

int client_rpcd(const struct client *client)
{
	if (!strcmp(client->arguments[0], "list") && client->argument_count == 1)
		return print_methods();
	if (!strcmp(client->arguments[0], "call") && client->argument_count == 2)
		return call_method(client, client->arguments[1]);
	client_error("rpcd: expected \"list\", or \"call METHOD\"");
	return EXIT_USAGE;
}
