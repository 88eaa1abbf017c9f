/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "lists.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "configuration.h"
#include "system/state.h"

/* What a slow router compiles between two packets. */
#define QUICK_MOST (64u << 10)

/* An image and who holds it; shared by the sets before and after a reload. */
struct held {
	struct list_image image;
	void *data;
	size_t len;
	bool mapped;
	unsigned holders;
	dev_t device;
	ino_t inode;
	struct timespec changed;
};

struct list {
	struct lists_entry entry;
	uint64_t digest;
	struct held *held;
	uint64_t *hits; /* of the entry; the set has all of this as const */
};

struct lists {
	size_t count;
	struct list lists[POLICY_LISTS_MOST];
	char places[POLICY_LISTS_MOST][LISTS_PATH_SIZE];
	char names[POLICY_LISTS_MOST][64];
};

/* How all of them are opened. */
struct opening {
	const struct lists *old;
	enum lists_effort effort;
	const struct pause *pause;
};

/* ---- images ---- */

static void release(struct held *held)
{
	if (!held || --held->holders)
		return;
	if (held->mapped)
		munmap(held->data, held->len);
	else
		free(held->data);
	free(held);
}

/* Takes the data, whatever comes of it. */
static struct held *hold(const struct opening *opening, void *data, size_t len, bool mapped,
			 char *error, size_t error_size)
{
	struct held *held = calloc(1, sizeof(*held));
	const char *wrong = "no memory";

	if (held) {
		*held = (struct held){.data = data, .len = len, .mapped = mapped, .holders = 1};
		wrong = list_image_open(bytes_of(data, len), opening->pause, &held->image);
	}
	if (!wrong)
		return held;
	snprintf(error, error_size, "%s", wrong);
	if (mapped)
		munmap(data, len);
	else
		free(data);
	free(held);
	return NULL;
}

static struct held *map_file(const struct opening *opening, int fd, const struct stat *status,
			     char *error, size_t error_size)
{
	struct held *held;
	void *data;

	if (!S_ISREG(status->st_mode) || status->st_size <= 0 ||
	    status->st_size > (off_t)LISTS_TEXT_MOST) {
		snprintf(error, error_size, "it is not a compiled list");
		return NULL;
	}
	data = mmap(NULL, (size_t)status->st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED) {
		snprintf(error, error_size, "%s", strerror(errno));
		return NULL;
	}
	held = hold(opening, data, (size_t)status->st_size, true, error, error_size);
	if (!held)
		return NULL;
	held->device = status->st_dev;
	held->inode = status->st_ino;
	held->changed = status->st_mtim;
	return held;
}

static struct held *find_held(const struct lists *old, const struct stat *status)
{
	for (size_t i = 0; old && i < old->count; i++) {
		struct held *held = old->lists[i].held;

		if (held && held->mapped && held->device == status->st_dev &&
		    held->inode == status->st_ino && held->len == (size_t)status->st_size &&
		    held->changed.tv_sec == status->st_mtim.tv_sec &&
		    held->changed.tv_nsec == status->st_mtim.tv_nsec) {
			held->holders++;
			return held;
		}
	}
	return NULL;
}

/* NULL and an empty error: there is no such file. */
static struct held *open_image(const struct opening *opening, const char *path, char *error,
			       size_t error_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct held *held = NULL;
	struct stat status;

	error[0] = 0;
	if (fd < 0) {
		if (errno != ENOENT)
			snprintf(error, error_size, "%s", strerror(errno));
		return NULL;
	}
	if (fstat(fd, &status) < 0)
		snprintf(error, error_size, "%s", strerror(errno));
	else if (!(held = find_held(opening->old, &status)))
		held = map_file(opening, fd, &status, error, error_size);
	close(fd);
	return held;
}

/* ---- paths ---- */

void lists_image_path(const char *name, const char *place, char ret_path[static LISTS_PATH_SIZE],
		      uint64_t *ret_digest)
{
	static const struct hash_key key = {0x6c69737473, 1};
	uint64_t digest = hash_bytes(&key, place, strlen(place));
	char plain[48];
	size_t len = 0;

	/* For the eye only; the digest tells them apart. */
	for (; len < sizeof(plain) - 1 && name[len]; len++) {
		char c = name[len];
		bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '-' || c == '_';

		plain[len] = fine ? c : '_';
	}
	plain[len] = 0;
	snprintf(ret_path, LISTS_PATH_SIZE, "%s/lists/%s-%08lx.set",
		 configuration_state_directory(), plain, (unsigned long)(digest & 0xffffffff));
	*ret_digest = digest;
}

/* ---- texts ---- */

static bool feed_all(struct list_build *build, int fd, char *error, size_t error_size)
{
	uint8_t *chunk = malloc(LIST_HEAD);
	size_t total = 0, len = 0;
	int failed = 0;
	bool fed = chunk != NULL;

	if (!fed)
		snprintf(error, error_size, "no memory");
	while (fed && !(failed = state_read(fd, chunk, LIST_HEAD, &len)) && len) {
		total += len;
		fed = total <= LISTS_TEXT_MOST && list_build_feed(build, bytes_of(chunk, len));
		if (!fed)
			snprintf(error, error_size, "%s",
				 total > LISTS_TEXT_MOST ? "it is larger than 256 MiB"
							 : "no memory");
	}
	if (failed)
		snprintf(error, error_size, "%s", strerror(-failed));
	free(chunk);
	return fed && !failed;
}

static bool compile_open(int fd, struct list_source *source, uint8_t **ret_data, size_t *ret_len,
			 char *error, size_t error_size)
{
	struct list_build *build;
	uint64_t seed = 0;
	bool good = false;

	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) {
		snprintf(error, error_size, "no random numbers");
		return false;
	}
	build = list_build_new(seed);
	if (!build)
		snprintf(error, error_size, "no memory");
	else if (feed_all(build, fd, error, error_size)) {
		good = list_build_end(build, source, ret_data, ret_len);
		if (!good)
			snprintf(error, error_size, "no memory");
	}
	list_build_free(build);
	return good;
}

static void source_of(const struct stat *status, uint64_t place, struct list_source *ret_source)
{
	ret_source->place = place;
	ret_source->size = (uint64_t)status->st_size;
	ret_source->time_ns =
		(uint64_t)status->st_mtim.tv_sec * 1000000000u + (uint64_t)status->st_mtim.tv_nsec;
}

bool lists_compile(const char *path, uint64_t place, uint8_t **ret_data, size_t *ret_len,
		   char *error, size_t error_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct list_source source;
	struct stat status;
	bool good = false;

	if (fd < 0 || fstat(fd, &status) < 0) {
		snprintf(error, error_size, "%s", strerror(errno));
	} else if (!S_ISREG(status.st_mode)) {
		snprintf(error, error_size, "it is not a regular file");
	} else {
		source_of(&status, place, &source);
		good = compile_open(fd, &source, ret_data, ret_len, error, error_size);
	}
	if (fd >= 0)
		close(fd);
	return good;
}

/* ---- one list ---- */

static void make_folder(void)
{
	char path[LISTS_PATH_SIZE];

	snprintf(path, sizeof(path), "%s/lists", configuration_state_directory());
	(void)mkdir(path, 0755);
}

static bool is_current(const struct held *held, const struct list_source *source)
{
	return held->image.source.place == source->place &&
	       held->image.source.size == source->size &&
	       held->image.source.time_ns == source->time_ns;
}

/* Where nothing can be written, the image stays in memory. */
static struct held *compile_list(const struct opening *opening, struct list *list, const char *text)
{
	struct lists_entry *entry = &list->entry;
	char ignored[64];
	struct held *held;
	uint8_t *data;
	size_t len;

	if (!lists_compile(text, list->digest, &data, &len, entry->error, sizeof(entry->error)))
		return NULL;
	if (opening->effort == LISTS_COMPILE)
		make_folder();
	if (state_save(entry->path, bytes_of(data, len), LISTS_MODE) == 0) {
		held = open_image(opening, entry->path, ignored, sizeof(ignored));
		if (held) {
			free(data);
			return held;
		}
	}
	return hold(opening, data, len, false, entry->error, sizeof(entry->error));
}

static struct held *open_file(const struct opening *opening, struct list *list)
{
	struct lists_entry *entry = &list->entry;
	struct list_source source;
	struct held *held, *fresh;
	struct stat status;

	if (stat(entry->place, &status) < 0) {
		snprintf(entry->error, sizeof(entry->error), "%s", strerror(errno));
		return NULL;
	}
	source_of(&status, list->digest, &source);
	held = open_image(opening, entry->path, entry->error, sizeof(entry->error));
	if (held && is_current(held, &source))
		return held;
	if (held && opening->effort == LISTS_QUICKLY && source.size > QUICK_MOST &&
	    held->image.source.place == source.place) {
		snprintf(entry->error, sizeof(entry->error),
			 "it has changed; \"gatewayctl reload\" compiles it, until then the one "
			 "before is used");
		return held;
	}
	entry->error[0] = 0;
	fresh = compile_list(opening, list, entry->place);
	/* An old one is better than none, if it is of the same text. */
	if (!fresh && held && held->image.source.place == source.place)
		return held;
	release(held);
	return fresh;
}

static struct held *open_url(const struct opening *opening, struct list *list)
{
	struct lists_entry *entry = &list->entry;
	struct held *held = open_image(opening, entry->path, entry->error, sizeof(entry->error));

	if (held && held->image.source.place == list->digest)
		return held;
	release(held);
	if (!entry->error[0])
		snprintf(entry->error, sizeof(entry->error),
			 "it was never fetched: gatewayctl lists update");
	return NULL;
}

/* ---- asked while matching ---- */

static bool ask_name(const void *context, const struct name *name)
{
	const struct list *list = context;

	if (!list_image_contains_name(list->entry.image, name))
		return false;
	++*list->hits;
	return true;
}

static bool ask_address(const void *context, const struct address *address)
{
	const struct list *list = context;

	if (!list_image_contains_address(list->entry.image, address))
		return false;
	++*list->hits;
	return true;
}

static void give_to_set(struct policy_set *set, size_t index, const struct list *list)
{
	const struct list_image *image = list->entry.image;
	struct policy_list content = {.context = list};

	/* An empty list is known, too: nothing is on it. */
	if (image->tag_count || !(image->ipv4_count + image->ipv6_count))
		content.contains_name = ask_name;
	if (image->ipv4_count + image->ipv6_count)
		content.contains_address = ask_address;
	policy_set_list(set, index, &content);
}

static const struct list *find_list(const struct lists *lists, const struct list *like)
{
	for (size_t i = 0; lists && i < lists->count; i++) {
		if (lists->lists[i].digest == like->digest &&
		    strcmp(lists->lists[i].entry.name, like->entry.name) == 0)
			return &lists->lists[i];
	}
	return NULL;
}

static void open_list(const struct opening *opening, struct list *list)
{
	const struct list *before = find_list(opening->old, list);
	struct stat status;

	list->held = list->entry.is_url ? open_url(opening, list) : open_file(opening, list);
	if (!list->held)
		return;
	list->entry.image = &list->held->image;
	list->entry.mapped = list->held->mapped;
	if (list->held->mapped && stat(list->entry.path, &status) == 0)
		list->entry.compiled = (int64_t)status.st_mtim.tv_sec;
	if (before)
		list->entry.hits = before->entry.hits;
}

struct lists *lists_open(const char *directory, struct policy_set *set, const struct lists *old,
			 enum lists_effort effort, const struct pause *pause,
			 struct policy_errors *warnings)
{
	const struct opening opening = {.old = old, .effort = effort, .pause = pause};
	struct lists *lists = calloc(1, sizeof(*lists));
	const struct policy_list_source *sources;
	size_t count;

	if (!lists)
		return NULL;
	sources = policy_lists(set, &count);
	for (size_t i = 0; i < count; i++) {
		struct list *list = &lists->lists[lists->count++];

		snprintf(lists->names[i], sizeof(lists->names[i]), "%s", sources[i].name);
		list->hits = &list->entry.hits;
		list->entry.name = lists->names[i];
		list->entry.place = lists->places[i];
		list->entry.is_url = sources[i].url != NULL;
		if (sources[i].url)
			snprintf(lists->places[i], sizeof(lists->places[i]), "%s", sources[i].url);
		else
			configuration_find(directory, sources[i].file, lists->places[i],
					   sizeof(lists->places[i]));
		lists_image_path(list->entry.name, list->entry.place, list->entry.path,
				 &list->digest);
		open_list(&opening, list);
		if (list->entry.error[0] && warnings)
			policy_errors_add(warnings, list->entry.place, 0, "list %.60s: %s%s",
					  list->entry.name, list->entry.error,
					  list->held ? "" : "; no condition on it holds");
		if (list->held)
			give_to_set(set, i, list);
	}
	return lists;
}

void lists_free(struct lists *lists)
{
	if (!lists)
		return;
	for (size_t i = 0; i < lists->count; i++)
		release(lists->lists[i].held);
	free(lists);
}

size_t lists_count(const struct lists *lists)
{
	return lists ? lists->count : 0;
}

const struct lists_entry *lists_at(const struct lists *lists, size_t index)
{
	return &lists->lists[index].entry;
}
