/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor: what we may, what the files say, what the daemon answers. */
#define _XOPEN_SOURCE 700 /* S_ISVTX */

#include "client/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "configuration.h"

#define NET_ADMIN 12 /* CAP_NET_ADMIN */
#define STATUS_MOST 8192

/* ---- rights ---- */

bool doctor_has_capability(const char *process_status, unsigned capability)
{
	static const char key[] = "\nCapEff:";
	const char *line = strstr(process_status, key);

	return line && (strtoull(line + strlen(key), NULL, 16) >> capability & 1);
}

/* A file of /proc has no size. False: errno says why. */
static bool read_process_status(char *text, size_t size)
{
	FILE *file = fopen("/proc/self/status", "re");
	size_t len;

	if (!file)
		return false;
	len = fread(text, 1, size - 1, file);
	text[len] = '\0';
	fclose(file);
	return true;
}

void doctor_rights(struct doctor *doctor, struct doctor_finding *finding)
{
	char text[STATUS_MOST];

	if (!read_process_status(text, sizeof(text))) {
		doctor_say(finding, DOCTOR_UNKNOWN, "/proc/self/status: %s", strerror(errno));
		doctor_cure(finding, "mount -t proc proc /proc");
		return;
	}
	doctor->net_admin = doctor_has_capability(text, NET_ADMIN);
	if (doctor->net_admin) {
		doctor_say(finding, DOCTOR_OK, "the kernel may be asked");
	} else if (geteuid() == 0) {
		doctor_say(finding, DOCTOR_BAD, "root, but without CAP_NET_ADMIN");
		doctor_cure(finding, "in a container, start it with --cap-add NET_ADMIN");
	} else {
		doctor_say(finding, DOCTOR_UNKNOWN, "not root: the kernel cannot be asked");
		doctor_cure(finding, "run it as root, or with sudo");
	}
}

/* ---- files ---- */

static void say_error(struct doctor_finding *finding, enum doctor_result result,
		      const struct policy_errors *errors, const char *kind)
{
	size_t more = errors->count + errors->omitted - 1;
	const struct policy_error *first = &errors->errors[0];
	char place[16] = "", rest[48] = "";

	if (first->line)
		snprintf(place, sizeof(place), ":%u", first->line);
	if (more)
		snprintf(rest, sizeof(rest), "; and %zu more", more);
	/* The end of a long text gives way, not how many there are. */
	doctor_say(finding, result, "%.80s%s: %s%.120s%s", first->file, place, kind, first->text,
		   rest);
	doctor_cure(finding, "gatewayctl check shows all");
}

void doctor_files(struct doctor *doctor, struct doctor_finding *finding)
{
	const char *directory = doctor->client->directory;

	doctor->set = configuration_load(directory, &doctor->errors, &doctor->warnings);
	if (!doctor->set && doctor->errors.count)
		say_error(finding, DOCTOR_BAD, &doctor->errors, "");
	else if (!doctor->set)
		doctor_say(finding, DOCTOR_BAD, "%s cannot be read: no memory", directory);
	else if (doctor->warnings.count)
		say_error(finding, DOCTOR_WARN, &doctor->warnings, "warning: ");
	else
		doctor_say(finding, DOCTOR_OK, "%s: %zu device%s, %zu policies", directory,
			   policy_device_count(doctor->set),
			   policy_device_count(doctor->set) == 1 ? "" : "s",
			   policy_count(doctor->set));
}

/* ---- the daemon ---- */

static void take_status(void *context, struct json_object *status)
{
	struct doctor *doctor = context;

	json_object_put(doctor->status);
	doctor->status = json_object_get(status);
}

/* Of the socket's path; false: it is in the current one. */
static bool get_folder(const char *path, char *ret_folder, size_t size)
{
	const char *slash = strrchr(path, '/');

	if (!slash || (size_t)(slash - path) >= size)
		return false;
	snprintf(ret_folder, size, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	return true;
}

/* The daemon makes the last folder of the path, not those above. */
static void judge_missing_folder(const char *folder, struct doctor_finding *finding)
{
	char above[512];

	if (get_folder(folder, above, sizeof(above)) && access(above, F_OK) < 0) {
		doctor_say(finding, DOCTOR_BAD, "%s is not there, nor is %s", folder, above);
		doctor_cure(finding, "mkdir -p %s", above);
		return;
	}
	doctor_say(finding, DOCTOR_OK, "%s: gatewayd makes it when it starts", folder);
}

void doctor_socket(struct doctor *doctor, struct doctor_finding *finding)
{
	const char *path = doctor->client->socket;
	char folder[512] = ".";
	struct stat status;

	if (client_ask_quietly(doctor->client, "status", NULL, take_status, doctor) == EXIT_DONE &&
	    doctor->status) {
		doctor_say(finding, DOCTOR_OK, "%s answers", path);
		return;
	}
	(void)get_folder(path, folder, sizeof(folder));
	if (stat(folder, &status) < 0 && errno == ENOENT) {
		judge_missing_folder(folder, finding);
	} else if (access(folder, R_OK | X_OK) < 0) {
		doctor_say(finding, errno == EACCES ? DOCTOR_UNKNOWN : DOCTOR_BAD, "%s: %s", folder,
			   strerror(errno));
		doctor_cure(finding, "run it as root, or as a member of the group gatewayd");
	} else if (!S_ISDIR(status.st_mode)) {
		doctor_say(finding, DOCTOR_BAD, "%s is no folder", folder);
		doctor_cure(finding, "delete it; gatewayd makes it when it starts");
	} else if ((status.st_mode & S_IWOTH) && !(status.st_mode & S_ISVTX)) {
		doctor_say(finding, DOCTOR_WARN, "%s: anybody may put a socket there", folder);
		doctor_cure(finding, "chmod o-w %s", folder);
	} else {
		doctor_say(finding, DOCTOR_OK, "%s is there", folder);
	}
}

static void judge_working(struct json_object *status, struct doctor_finding *finding)
{
	struct json_object *queue = json_member(status, "queue");
	uint64_t lost = json_number(queue, "overruns") + json_number(queue, "queue_drops") +
			json_number(queue, "user_drops");

	if (!strcmp(json_text(status, "mode"), "observe")) {
		doctor_say(finding, DOCTOR_WARN, "it observes: it decides, and blocks nothing");
		doctor_cure(finding, "when events look right: mode = \"enforce\" in gatewayd.conf, "
				     "then gatewayctl reload (OpenWrt: uci set "
				     "gatewayd.main.mode=enforce; uci commit gatewayd; service "
				     "gatewayd reload)");
	} else if (lost) {
		doctor_say(finding, DOCTOR_WARN, "it enforces, but %" PRIu64 " packets were lost",
			   lost);
		doctor_cure(finding, "if the number grows, the machine is too busy: top shows "
				     "with what, gatewayctl flows which device sends most");
	} else {
		doctor_say(finding, DOCTOR_OK, "it enforces; %" PRIu64 " packets, none lost",
			   json_number(queue, "packets"));
	}
}

void doctor_judge_status(struct json_object *status, struct doctor_finding *finding)
{
	if (json_flag(json_member(status, "queue"), "lost")) {
		doctor_say(finding, DOCTOR_BAD, "another program has taken its queue");
		doctor_cure(finding, "stop that program (see queue), then restart gatewayd");
	} else if (json_member(status, "rules") &&
		   !json_flag(json_member(status, "rules"), "present")) {
		doctor_say(finding, DOCTOR_BAD, "its rules are not in place: packets pass unseen");
		doctor_cure(finding, "restart gatewayd; its log says what is wrong with them");
	} else if (json_flag(json_member(status, "offload"), "bypassed")) {
		doctor_say(finding, DOCTOR_BAD, "it runs, but is bypassed by flow offloading");
		doctor_cure(finding, "see offloading");
	} else {
		judge_working(status, finding);
	}
}

void doctor_daemon(struct doctor *doctor, struct doctor_finding *finding)
{
	if (doctor->status) {
		doctor_judge_status(doctor->status, finding);
		return;
	}
	if (access(doctor->client->socket, F_OK) < 0 && errno == EACCES) {
		doctor_say(finding, DOCTOR_UNKNOWN, "%s may not be opened", doctor->client->socket);
		doctor_cure(finding, "run it as root, or as a member of the group gatewayd");
		return;
	}
	doctor_say(finding, DOCTOR_BAD, "gatewayd does not answer on %s", doctor->client->socket);
	doctor_cure(finding, "OpenWrt: service gatewayd start, then logread -e gatewayd; Debian: "
			     "systemctl start gatewayd, then journalctl -u gatewayd");
}
