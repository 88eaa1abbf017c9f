/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a list of a million domains costs: to compile (time, memory), to have
 * (bytes per domain), to open, and to ask with names of five labels. The names
 * are made up, three and four labels long, the same each time. NAMES in the
 * environment: another number.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lists.h"
#include "system/state.h"

#define ROUNDS 15
#define ASKED 500000u

/* Of the processor: the machine is never quiet. */
static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void expect(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "bench_lists: %s\n", what);
	exit(1);
}

static uint32_t mix(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	x *= 0x846ca68bu;
	return x ^ x >> 16;
}

static int make_domain(uint32_t i, char text[static 64])
{
	static const char *const ends[] = {"com",    "net", "org", "co.uk",
					   "com.cn", "io",  "de",  "ru"};
	uint32_t x = mix(i);

	return snprintf(text, 64, "%s%x.track%u.%s", x & 1 ? "ads-" : "t", i, x >> 20,
			ends[x >> 1 & 7]);
}

static void write_list(const char *path, uint32_t count)
{
	FILE *file = fopen(path, "w");
	char text[64];

	expect(file != NULL, "no file can be written");
	for (uint32_t i = 0; i < count; i++) {
		make_domain(i, text);
		fprintf(file, "%s\n", text);
	}
	expect(fclose(file) == 0, "the disk is full");
}

static long resident_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* As a decoder leaves it: just written. Small, so that not the names fill the caches. */
struct asked {
	uint8_t len;
	char text[63];
};

/* Nanoseconds per name in the best round: what disturbs only adds. */
static double ask(const struct list_image *image, const struct asked *asked, uint32_t count,
		  bool expected)
{
	double best = 1e9;

	for (unsigned round = 0; round < ROUNDS; round++) {
		double start = now_ns();
		double each;
		uint32_t found = 0;

		for (uint32_t i = 0; i < count; i++) {
			struct name name;

			name.len = asked[i].len;
			memcpy(name.text, asked[i].text, sizeof(asked[i].text));
			found += list_image_contains_name(image, &name);
		}
		each = (now_ns() - start) / count;
		best = each < best ? each : best;
		expect(found == (expected ? count : 0), "a wrong answer");
	}
	return best;
}

static struct asked *make_names(uint32_t list, bool on)
{
	struct asked *names = calloc(ASKED, sizeof(*names));
	char text[64];

	expect(names != NULL, "no memory");
	for (uint32_t i = 0; i < ASKED; i++) {
		make_domain(on ? mix(i + 7) % list : list + i, text);
		names[i].len = (uint8_t)snprintf(names[i].text, sizeof(names[i].text), "a%u.b.%s",
						 i & 15, text);
	}
	return names;
}

static double open_once(const char *path, struct list_image *ret_image)
{
	double start = now_ns();
	int fd = open(path, O_RDONLY);
	off_t size = lseek(fd, 0, SEEK_END);
	void *data = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);

	expect(fd >= 0 && data != MAP_FAILED, "it cannot be mapped");
	expect(!list_image_open(bytes_of(data, (size_t)size), NULL, ret_image), "it is damaged");
	close(fd);
	return now_ns() - start;
}

int main(void)
{
	const char *wanted = getenv("NAMES");
	uint32_t count = wanted ? (uint32_t)strtoul(wanted, NULL, 10) : 1000000;
	char folder[] = "/tmp/bench_lists_XXXXXX", text[64], compiled[64], error[256];
	struct list_image image;
	struct asked *hits, *misses;
	double start, seconds, opened;
	long before, after;
	uint8_t *data;
	size_t len;

	expect(mkdtemp(folder) != NULL, "no folder can be made");
	snprintf(text, sizeof(text), "%s/text", folder);
	snprintf(compiled, sizeof(compiled), "%s/set", folder);
	write_list(text, count);
	before = resident_kib();
	start = now_ns();
	expect(lists_compile(text, 1, &data, &len, error, sizeof(error)), error);
	expect(state_save(compiled, bytes_of(data, len), LISTS_MODE) == 0, "it cannot be written");
	seconds = (now_ns() - start) / 1e9;
	after = resident_kib();
	free(data);
	opened = open_once(compiled, &image);
	hits = make_names(count, true);
	misses = make_names(count, false);
	printf("A list of %u domains\n", count);
	printf("    compiled in       %8.2f s       goal: 2\n", seconds);
	printf("    with memory of    %8.1f MiB\n", (double)(after - before) / 1024);
	printf("    bytes per domain  %8.2f         goal: 6\n", (double)len / image.tag_count);
	printf("    opened in         %8.4f s       goal: 0.1\n", opened / 1e9);
	printf("    a name on it      %8.0f ns      goal: 150\n", ask(&image, hits, ASKED, true));
	printf("    a name not on it  %8.0f ns      goal: 150\n",
	       ask(&image, misses, ASKED, false));
	free(hits);
	free(misses);
	unlink(text);
	unlink(compiled);
	rmdir(folder);
	return 0;
}
