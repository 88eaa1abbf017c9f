/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "identify.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* A maker of many things, or a word that others use, is worth less than a name asked. */
enum weight {
	WEIGHT_APP = 1, /* apps run on anything */
	WEIGHT_MAKER = 3,
	WEIGHT_NAME = 4,
	WEIGHT_LEAST = 3, /* below that nothing is said */
};

/* Kinds of device as the catalogue has them, and the profile for each. */
static const struct {
	const char *kind, *profile;
} kinds[] = {
	{"coffee-machine", "coffee-machine"},
	{"vacuum", "robot-vacuum"},
	{"thermostat", "thermostat"},
	{"camera", "camera"},
	{"baby-monitor", "baby-monitor"},
	{"doorbell", "video-doorbell"},
	{"appliance", "kitchen-appliance"},
	{"blender", "kitchen-appliance"},
	{"tv", "smart-tv"},
	{"speaker", "speaker"},
	{"plug", "plug-and-light"},
	{"light", "plug-and-light"},
	{"printer", "printer"},
	{"toy", "toy"},
	{"phone-app", "phone"},
	{"wearable", "wearable"},
	{"game-console", "game-console"},
	{"nas", "nas-hub"},
	{"hub", "nas-hub"},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct mark {
	const char *word, *kind;
};

/* In the maker's name (IEEE's registry). Makers of modules say nothing and are not here. */
static const struct mark makers[] = {
	{"AltoBeam", "camera"},
	{"Arlo", "camera"},
	{"Bilian", "camera"},
	{"BSH Hausger", "appliance"},
	{"Dahua", "camera"},
	{"Dreame", "vacuum"},
	{"Dyson", "appliance"},
	{"ecobee", "thermostat"},
	{"Electric Imp", "coffee-machine"},
	{"EZVIZ", "camera"},
	{"Govee", "light"},
	{"Gree ", "appliance"},
	{"Haier", "appliance"},
	{"Hikvision", "camera"},
	{"Hisense", "tv"},
	{"IKEA", "hub"},
	{"iRobot", "vacuum"},
	{"Meross", "plug"},
	{"Midea", "appliance"},
	{"Miele", "appliance"},
	{"Nest Labs", "thermostat"},
	{"Netatmo", "thermostat"},
	{"Philips Lighting", "hub"},
	{"Reolink", "camera"},
	{"Resideo", "thermostat"},
	{"Ring LLC", "doorbell"},
	{"Roborock", "vacuum"},
	{"Roku", "tv"},
	{"SharkNinja", "vacuum"},
	{"Signify", "hub"},
	{"Skyworth", "tv"},
	{"Sonos", "speaker"},
	{"Synology", "nas"},
	{"Tado", "thermostat"},
	{"TCL ", "tv"},
	{"ThroughTek", "camera"},
	{"Uniview", "camera"},
	{"Versuni", "appliance"},
	{"Vizio", "tv"},
	{"VTech", "baby-monitor"},
	{"Withings", "wearable"},
	{"Wyze", "camera"},
};

/* At the beginning of the name that a device gives itself (DHCP option 12). */
static const struct mark hostnames[] = {
	{"amazon-", "speaker"},
	{"axis-", "camera"},
	{"blink", "camera"},
	{"bosch-", "appliance"},
	{"bravia", "tv"},
	{"brw", "printer"},
	{"chromecast", "tv"},
	{"chuangmi_camera_", "camera"},
	{"deebot", "vacuum"},
	{"dreame_vacuum_", "vacuum"},
	{"dyson", "appliance"},
	{"ecovacs", "vacuum"},
	{"epson", "printer"},
	{"google-home", "speaker"},
	{"google-nest-", "speaker"},
	{"ipad", "phone-app"},
	{"iphone", "phone-app"},
	{"irobot-", "vacuum"},
	{"lgwebostv", "tv"},
	{"lumi-gateway-", "hub"},
	{"lyric-", "thermostat"},
	{"miele-", "appliance"},
	{"philips-hue", "hub"},
	{"ring", "doorbell"},
	{"roborock-", "vacuum"},
	{"roku", "tv"},
	{"roomba-", "vacuum"},
	{"shelly", "plug"},
	{"siemens-", "appliance"},
	{"smartthings", "hub"},
	{"sonos", "speaker"},
	{"tado", "thermostat"},
	{"thermostat", "thermostat"},
	{"tizen", "tv"},
	{"twinkly_", "light"},
	{"vizio", "tv"},
	{"wiz_", "light"},
	{"wyze", "camera"},
	{"yeelink-", "light"},
	{"zengge_", "light"},
};

static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (; *text; text++) {
		if (strncasecmp(text, word, len) == 0)
			return true;
	}
	return false;
}

static bool find_kind(const char *name, unsigned *ret_kind)
{
	for (unsigned i = 0; name && i < KINDS; i++) {
		if (strcmp(kinds[i].kind, name) == 0) {
			*ret_kind = i;
			return true;
		}
	}
	return false;
}

static struct identify_evidence *add(struct identify *identify, const char *kind, unsigned weight)
{
	struct identify_evidence *evidence = &identify->evidence[identify->count];

	if (identify->count == IDENTIFY_EVIDENCE_MOST || !find_kind(kind, &evidence->kind))
		return NULL;
	identify->count++;
	evidence->weight = weight;
	evidence->entry = NULL;
	return evidence;
}

void identify_vendor(struct identify *identify, const char *vendor)
{
	for (size_t i = 0; vendor && i < sizeof(makers) / sizeof(makers[0]); i++) {
		struct identify_evidence *evidence;

		if (!has_word(vendor, makers[i].word))
			continue;
		evidence = add(identify, makers[i].kind, WEIGHT_MAKER);
		if (evidence)
			snprintf(evidence->text, sizeof(evidence->text), "its maker is %s", vendor);
		return;
	}
}

void identify_hostname(struct identify *identify, const char *hostname)
{
	for (size_t i = 0; i < sizeof(hostnames) / sizeof(hostnames[0]); i++) {
		struct identify_evidence *evidence;

		if (strncasecmp(hostname, hostnames[i].word, strlen(hostnames[i].word)) != 0)
			continue;
		evidence = add(identify, hostnames[i].kind, WEIGHT_MAKER);
		if (evidence)
			snprintf(evidence->text, sizeof(evidence->text), "it calls itself %s",
				 hostname);
		return;
	}
}

void identify_entry(struct identify *identify, const struct policy_entry *entry)
{
	struct identify_evidence *evidence;
	bool is_app;

	if (!entry || !entry->device_class)
		return;
	for (unsigned i = 0; i < identify->count; i++) {
		if (identify->evidence[i].entry == entry)
			return;
	}
	is_app = strcmp(entry->device_class, "phone-app") == 0;
	evidence = add(identify, entry->device_class, is_app ? WEIGHT_APP : WEIGHT_NAME);
	if (!evidence)
		return;
	evidence->entry = entry;
	snprintf(evidence->text, sizeof(evidence->text), "it asks for %s%s%s%s", entry->row,
		 entry->organisation ? " (" : "", entry->organisation ? entry->organisation : "",
		 entry->organisation ? ")" : "");
}

bool identify_end(const struct identify *identify, struct identify_guess *ret_guess)
{
	unsigned weights[KINDS] = {0}, best = 0;
	struct identify_guess guess = {.evidence_count = 0};

	for (unsigned i = 0; i < identify->count; i++)
		weights[identify->evidence[i].kind] += identify->evidence[i].weight;
	for (unsigned i = 1; i < KINDS; i++) {
		if (weights[i] > weights[best])
			best = i;
	}
	if (weights[best] < WEIGHT_LEAST)
		return false;
	guess.kind = kinds[best].kind;
	guess.profile = kinds[best].profile;
	for (unsigned i = 0; i < identify->count; i++) {
		if (identify->evidence[i].kind == best)
			guess.evidence[guess.evidence_count++] = identify->evidence[i].text;
	}
	*ret_guess = guess;
	return true;
}
