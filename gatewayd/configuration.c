/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All files are read whole before the first is understood, so what is checked
 * is what takes effect. A file that cannot be read is an error like any other:
 * reading goes on and all of them are told at once.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "configuration.h"
#include "system/state.h"

#define FILE_MOST (1u << 20)
#define CATALOGUE_MOST (10u << 20)
#define PATH_SIZE 4096

struct reading {
	struct policy_errors *errors;
	struct configuration configuration;
	size_t capacity;
	bool failed;
};

const char *configuration_data_directory(void)
{
	const char *directory = getenv("GATEWAYD_DATADIR");

	return directory && *directory ? directory : GATEWAYD_DATADIR;
}

const char *configuration_state_directory(void)
{
	const char *directory = getenv("GATEWAYD_STATEDIR");

	return directory && *directory ? directory : CONFIGURATION_STATEDIR;
}

/* ---- one file ---- */

/* What went wrong in words that help. */
static void say_unreadable(struct reading *reading, const char *path, int error, size_t most)
{
	reading->failed = true;
	if (error == -EACCES)
		policy_errors_add(reading->errors, path, 0,
				  "cannot be read by user %lu: chmod o+r the file (and o+x its "
				  "folder), or chgrp gatewayd and chmod g+r",
				  (unsigned long)geteuid());
	else if (error == -EFBIG)
		policy_errors_add(reading->errors, path, 0, "is larger than %lu MiB",
				  (unsigned long)(most >> 20));
	else if (error == -EINVAL)
		policy_errors_add(reading->errors, path, 0,
				  "is not a file; expected a regular file");
	else
		policy_errors_add(reading->errors, path, 0, "cannot be read: %s", strerror(-error));
}

static bool grow(struct reading *reading)
{
	struct configuration *configuration = &reading->configuration;
	size_t capacity = reading->capacity ? 2 * reading->capacity : 16;
	void *sources;

	if (configuration->source_count < reading->capacity)
		return true;
	sources = realloc(configuration->sources, capacity * sizeof(*configuration->sources));
	if (!sources)
		return false;
	configuration->sources = sources;
	reading->capacity = capacity;
	return true;
}

static void read_file(struct reading *reading, const char *path, enum policy_source_kind kind)
{
	size_t most = kind == SOURCE_CATALOGUE ? CATALOGUE_MOST : FILE_MOST;
	struct policy_source *source;
	char *text = NULL, *name;
	size_t len = 0;
	int error = state_load(path, most, &text, &len);

	if (error) {
		say_unreadable(reading, path, error, most);
		return;
	}
	name = strdup(path);
	if (!name || !grow(reading)) {
		free(name);
		free(text);
		say_unreadable(reading, path, -ENOMEM, most);
		return;
	}
	source = &reading->configuration.sources[reading->configuration.source_count++];
	source->file = name;
	source->text = bytes_of(text, len);
	source->kind = kind;
}

/* ---- folders ---- */

static bool is_wanted(const char *name, const char *ending)
{
	size_t len = strlen(name), ending_len = strlen(ending);

	return name[0] != '.' && len > ending_len && strcmp(name + len - ending_len, ending) == 0;
}

static int pass_conf(const struct dirent *entry)
{
	return is_wanted(entry->d_name, ".conf");
}

static int pass_tsv(const struct dirent *entry)
{
	return is_wanted(entry->d_name, ".tsv");
}

/* By byte, whatever the locale: "90-x" comes after "10-x" everywhere. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_folder(struct reading *reading, const char *above, const char *name,
			enum policy_source_kind kind)
{
	struct dirent **entries;
	char folder[PATH_SIZE], path[PATH_SIZE];
	int count;

	if ((size_t)snprintf(folder, sizeof(folder), "%s/%s", above, name) >= sizeof(folder))
		return;
	count = scandir(folder, &entries,
			kind == SOURCE_CATALOGUE || kind == SOURCE_BYPASS ? pass_tsv : pass_conf,
			by_name);
	if (count < 0) {
		if (errno == ENOENT)
			return;
		reading->failed = true;
		if (errno == EACCES)
			policy_errors_add(reading->errors, folder, 0,
					  "cannot be read by user %lu: chmod o+rx the folder, or "
					  "chgrp gatewayd and chmod g+rx",
					  (unsigned long)geteuid());
		else
			policy_errors_add(reading->errors, folder, 0, "cannot be read: %s",
					  strerror(errno));
		return;
	}
	for (int i = 0; i < count; i++) {
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name) <
		    sizeof(path))
			read_file(reading, path, kind);
		free(entries[i]);
	}
	free(entries);
}

static bool is_folder(struct reading *reading, const char *directory)
{
	struct stat status;
	int error = stat(directory, &status) < 0 ? errno : 0;

	if (!error && S_ISDIR(status.st_mode))
		return true;
	reading->failed = true;
	policy_errors_add(reading->errors, directory, 0,
			  "%s; expected a folder with gatewayd.conf in it",
			  error == EACCES ? "cannot be read" : "there is no such folder");
	return false;
}

/* The user's own: nothing below is tried when there is no such folder. */
static void read_directory(struct reading *reading, const char *directory)
{
	char path[PATH_SIZE];

	if ((size_t)snprintf(path, sizeof(path), "%s/gatewayd.conf", directory) < sizeof(path))
		read_file(reading, path, SOURCE_MAIN);
	read_folder(reading, directory, "policy.d", SOURCE_USER);
}

static void read_catalogue(struct reading *reading, const char *data, const char *directory)
{
	char path[PATH_SIZE];

	if ((size_t)snprintf(path, sizeof(path), "%s/catalogue.tsv", data) < sizeof(path) &&
	    (access(path, F_OK) == 0 || errno != ENOENT))
		read_file(reading, path, SOURCE_CATALOGUE);
	read_folder(reading, data, "catalogue.d", SOURCE_CATALOGUE);
	if (directory)
		read_folder(reading, directory, "catalogue.d", SOURCE_CATALOGUE);
}

/* Ways around the DNS: the shipped table, and what the user adds. */
static void read_bypasses(struct reading *reading, const char *data, const char *directory)
{
	char path[PATH_SIZE];

	if ((size_t)snprintf(path, sizeof(path), "%s/doh.tsv", data) < sizeof(path) &&
	    (access(path, F_OK) == 0 || errno != ENOENT))
		read_file(reading, path, SOURCE_BYPASS);
	if (directory)
		read_folder(reading, directory, "doh.d", SOURCE_BYPASS);
}

bool configuration_read(const char *directory, struct policy_errors *errors,
			struct configuration *ret_configuration)
{
	struct reading reading = {.errors = errors};
	const char *data = configuration_data_directory();
	bool there = is_folder(&reading, directory);

	read_folder(&reading, data, "policy", SOURCE_PROFILE);
	if (there)
		read_directory(&reading, directory);
	read_catalogue(&reading, data, there ? directory : NULL);
	read_bypasses(&reading, data, there ? directory : NULL);
	if (reading.failed) {
		configuration_free(&reading.configuration);
		return false;
	}
	*ret_configuration = reading.configuration;
	return true;
}

void configuration_free(struct configuration *configuration)
{
	for (size_t i = 0; i < configuration->source_count; i++) {
		/* Both were allocated by read_file(). */
		free((void *)(uintptr_t)configuration->sources[i].file);
		free((void *)(uintptr_t)configuration->sources[i].text.data);
	}
	free(configuration->sources);
	memset(configuration, 0, sizeof(*configuration));
}

struct policy_set *configuration_load(const char *directory, struct policy_errors *errors,
				      struct policy_errors *warnings)
{
	return configuration_load_with_pauses(directory, NULL, errors, warnings);
}

struct policy_set *configuration_load_with_pauses(const char *directory, const struct pause *pause,
						  struct policy_errors *errors,
						  struct policy_errors *warnings)
{
	struct configuration configuration;
	struct policy_set *set;

	if (!configuration_read(directory, errors, &configuration))
		return NULL;
	set = policy_load_with_pauses(configuration.sources, configuration.source_count, pause,
				      errors, warnings);
	configuration_free(&configuration);
	return set;
}

bool configuration_find(const char *directory, const char *path, char *ret_path, size_t size)
{
	const char *folders[] = {directory, configuration_state_directory(),
				 configuration_data_directory()};

	if (path[0] == '/') {
		snprintf(ret_path, size, "%s", path);
		return access(path, F_OK) == 0;
	}
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(ret_path, size, "%s/%s", folders[i], path);
		if (access(ret_path, F_OK) == 0)
			return true;
	}
	snprintf(ret_path, size, "%s/%s", configuration_state_directory(), path);
	return false;
}
