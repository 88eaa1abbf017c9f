/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor: what decisions are made with: the time, databases, lists, memory. */
#define _GNU_SOURCE /* adjtimex */

#include "client/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "client/text.h"
#include "configuration.h"
#include "lists.h"
#include "system/clock.h"
#include "system/geo.h"
#include "system/vendor.h"

#define DAY_S ((int64_t)86400)
#define YEAR_2025 INT64_C(1735689600) /* this program is younger */
#define DATABASE_OLD_S (90 * DAY_S)
#define LIST_OLD_S (30 * DAY_S)
#define ROOM_LITTLE (8u << 20)
#define ROOM_NONE (64u << 10)

/* ---- the clock ---- */

void doctor_judge_clock(int64_t now, bool synchronised, struct doctor_finding *finding)
{
	if (now < YEAR_2025) {
		doctor_say(finding, DOCTOR_BAD,
			   "it is before 2025: \"when\", limits and downloads go wrong");
	} else if (!synchronised) {
		doctor_say(finding, DOCTOR_WARN,
			   "not set by the network (NTP): it may go wrong, and with it \"when\", "
			   "limits and downloads");
	} else {
		doctor_say(finding, DOCTOR_OK, "set by the network (NTP)");
		return;
	}
	doctor_cure(finding, "OpenWrt: service sysntpd enable; service sysntpd restart. Debian: "
			     "timedatectl set-ntp true");
}

void doctor_clock(struct doctor *doctor, struct doctor_finding *finding)
{
	struct timex timex = {.modes = 0};
	int64_t now = time_in(clock_now(), SECOND_US);

	(void)doctor;
	if (adjtimex(&timex) < 0 && now >= YEAR_2025)
		doctor_say(finding, DOCTOR_UNKNOWN, "the kernel does not say whether it is set: %s",
			   strerror(errno));
	else
		doctor_judge_clock(now, !(timex.status & STA_UNSYNC), finding);
}

/* ---- databases ---- */

void doctor_judge_age(const char *what, int64_t built, int64_t now, struct doctor_finding *finding)
{
	int64_t days;

	/* The file says when it was built, and may say anything. */
	built = built < 0 ? 0 : built;
	days = time_in(now - built, DAY_S);
	if (built < now - DATABASE_OLD_S) {
		doctor_say(finding, DOCTOR_WARN, "%s is %" PRId64 " days old", what, days);
		doctor_cure(finding, "gatewayctl lists update, best each night by cron");
	} else if (built > now + DAY_S) {
		doctor_say(finding, DOCTOR_WARN, "%s is of a day to come: is the clock right?",
			   what);
		doctor_cure(finding, "see clock");
	} else {
		doctor_say(finding, DOCTOR_OK, "%s is %" PRId64 " day%s old", what, days,
			   days == 1 ? "" : "s");
	}
}

static void judge_database(struct geo *geo, enum geo_kind kind, const char *path,
			   struct doctor_finding *finding)
{
	const char *slash = strrchr(path, '/');
	struct geo_contents contents;
	struct geo_info info;
	char error[256];

	if (!geo_open(geo, kind, path, error, sizeof(error))) {
		doctor_say(finding, DOCTOR_BAD, "%s", error);
	} else if (!geo_read_all(geo, kind, &contents)) {
		doctor_say(finding, DOCTOR_BAD, "%s is damaged", path);
	} else {
		geo_info(geo, kind, &info);
		doctor_judge_age(slash ? slash + 1 : path, info.built,
				 time_in(clock_now(), SECOND_US), finding);
		return;
	}
	doctor_cure(finding, "delete it, then gatewayctl lists update: until then conditions on "
			     "it do not hold");
}

static void look_at_database(const struct doctor *doctor, enum geo_kind kind, const char *path,
			     const char *url, struct doctor_finding *finding)
{
	char found[512];
	struct geo *geo;

	if (!path) {
		doctor_say(finding, DOCTOR_OK,
			   "no database is configured; conditions on it do "
			   "not hold");
		return;
	}
	if (!configuration_find(doctor->client->directory, path, found, sizeof(found))) {
		doctor_say(finding, DOCTOR_WARN, "%s is not there: conditions on it do not hold",
			   found);
		doctor_cure(finding, url ? "gatewayctl lists update fetches it"
					 : "put it there, or say where to fetch it (geo, "
					   "country_url and asn_url in gatewayd.conf; "
					   "OpenWrt: options of the last two names in "
					   "/etc/config/gatewayd)");
		return;
	}
	geo = geo_new();
	if (geo)
		judge_database(geo, kind, found, finding);
	else
		doctor_say(finding, DOCTOR_UNKNOWN, "no memory");
	geo_free(geo);
}

void doctor_countries(struct doctor *doctor, struct doctor_finding *finding)
{
	if (doctor_has_settings(doctor, finding))
		look_at_database(doctor, GEO_COUNTRY, policy_settings(doctor->set)->geo_country,
				 policy_settings(doctor->set)->geo_country_url, finding);
}

void doctor_networks(struct doctor *doctor, struct doctor_finding *finding)
{
	if (doctor_has_settings(doctor, finding))
		look_at_database(doctor, GEO_ASN, policy_settings(doctor->set)->geo_asn,
				 policy_settings(doctor->set)->geo_asn_url, finding);
}

/* ---- lists ---- */

static bool judge_list(const struct lists_entry *entry, int64_t now, struct doctor_finding *finding)
{
	if (!entry->image && entry->is_url) {
		doctor_say(finding, DOCTOR_WARN, "%s was never fetched: no rule on it holds",
			   entry->name);
		doctor_cure(finding, "gatewayctl lists update");
	} else if (!entry->image || entry->error[0]) {
		doctor_say(finding, DOCTOR_WARN, "%s: %s: %s", entry->name, entry->place,
			   entry->error);
		doctor_cure(finding, "put the file there, or correct its name in gatewayd.conf");
	} else if (entry->is_url && entry->compiled && now - entry->compiled > LIST_OLD_S) {
		doctor_say(finding, DOCTOR_WARN, "%s was last fetched %" PRId64 " days ago",
			   entry->name, time_in(now - entry->compiled, DAY_S));
		doctor_cure(finding, "gatewayctl lists update, best each night by cron");
	} else {
		return true;
	}
	return false;
}

void doctor_lists(struct doctor *doctor, struct doctor_finding *finding)
{
	int64_t now = time_in(clock_now(), SECOND_US);

	if (!doctor_has_settings(doctor, finding))
		return;
	doctor->lists =
		lists_open(doctor->client->directory, doctor->set, NULL, LISTS_COMPILE, NULL, NULL);
	if (!doctor->lists) {
		doctor_say(finding, DOCTOR_UNKNOWN, "no memory");
		return;
	}
	for (size_t i = 0; i < lists_count(doctor->lists); i++)
		if (!judge_list(lists_at(doctor->lists, i), now, finding))
			return;
	if (lists_count(doctor->lists))
		doctor_say(finding, DOCTOR_OK, "%zu, all of them read", lists_count(doctor->lists));
	else
		doctor_say(finding, DOCTOR_OK, "none is configured");
}

/* ---- makers ---- */

void doctor_vendors(struct doctor *doctor, struct doctor_finding *finding)
{
	char path[512], name[VENDOR_TEXT_SIZE];
	/* Of the first block that was ever given out: any table begins with it. */
	const struct mac xerox = {.bytes = {0x00, 0x00, 0x00, 0x00, 0x00, 0x01}};
	struct vendor *vendor;

	(void)doctor;
	snprintf(path, sizeof(path), "%s/oui.tsv", configuration_data_directory());
	vendor = vendor_open(path);
	if (vendor && vendor_find(vendor, &xerox, name)) {
		doctor_say(finding, DOCTOR_OK, "the table of makers is there");
	} else {
		doctor_say(finding, DOCTOR_WARN, "%s: %s", path,
			   vendor ? "it does not read as the table of makers" : strerror(errno));
		doctor_cure(finding, "install gatewayd anew (OpenWrt: gatewayd-oui): without it no "
				     "device has a maker, and fewer are recognised");
	}
	vendor_close(vendor);
}

/* ---- state ---- */

static void judge_room(const char *folder, struct doctor_finding *finding)
{
	struct statvfs status;
	char room[TEXT_NUMBER_SIZE];
	uint64_t bytes;

	if (statvfs(folder, &status) < 0) {
		doctor_say(finding, DOCTOR_UNKNOWN, "%s: %s", folder, strerror(errno));
		return;
	}
	bytes = (uint64_t)status.f_bavail * status.f_frsize;
	text_bytes(bytes, room);
	if (bytes >= ROOM_LITTLE) {
		doctor_say(finding, DOCTOR_OK, "%s has room for %s", folder, room);
		return;
	}
	doctor_say(finding, bytes < ROOM_NONE ? DOCTOR_BAD : DOCTOR_WARN, "%s has room for %s only",
		   folder, room);
	doctor_cure(finding, "make room on that file system, or move databases and lists "
			     "elsewhere: their paths may be anywhere");
}

void doctor_state(struct doctor *doctor, struct doctor_finding *finding)
{
	const char *folder = configuration_state_directory();

	(void)doctor;
	if (access(folder, F_OK) < 0 && errno == ENOENT) {
		doctor_say(finding, DOCTOR_WARN, "%s is not there", folder);
		doctor_cure(finding, "mkdir -p %s; gatewayd gives it to its user when it starts",
			    folder);
	} else if (access(folder, W_OK | X_OK) == 0) {
		judge_room(folder, finding);
	} else if (errno == EACCES && geteuid() != 0) {
		doctor_say(finding, DOCTOR_UNKNOWN, "%s: not yours to write", folder);
		doctor_cure(finding, "run it as root, or with sudo");
	} else {
		doctor_say(finding, DOCTOR_BAD, "%s cannot be written: %s", folder,
			   strerror(errno));
		doctor_cure(finding, "what is learned is lost at the next start: mount -o "
				     "remount,rw, or give it another place");
	}
}
