/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs one fuzz target over its corpus without libFuzzer, so that every
 * compiler and `make check` can: each file whole, cut at every length (long
 * files: at some), and with each byte changed (long files: some).
 * Prints TAP, one result for each kind of run. No file in the folder is a
 * skip, since nothing was tried then.
 */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_MOST (1 << 20)
#define VARIANTS_MOST 512

/* An exactly sized heap block each time: a sanitizer sees one byte too far. */
static void run_input(const uint8_t *data, size_t size)
{
	uint8_t *copy = calloc(1, size ? size : 1);
	if (!copy)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static size_t step_of(size_t size)
{
	return size > VARIANTS_MOST ? size / VARIANTS_MOST : 1;
}

static void run_prefixes(const uint8_t *data, size_t size)
{
	for (size_t length = 0; length < size; length += step_of(size))
		run_input(data, length);
}

static void run_changes(uint8_t *data, size_t size)
{
	static const uint8_t flips[] = {0x01, 0x80, 0xff};
	for (size_t i = 0; i < size; i += step_of(size)) {
		uint8_t saved = data[i];
		for (size_t k = 0; k < sizeof(flips); k++) {
			data[i] = (uint8_t)(saved ^ flips[k]);
			run_input(data, size);
		}
		data[i] = saved;
	}
}

/* The size, or -1 where it is not a file that can be read. */
static long read_file(const char *path, uint8_t *buffer)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return -1;
	size_t size = fread(buffer, 1, FILE_MOST, file);
	int bad = ferror(file);
	fclose(file);
	return bad ? -1 : (long)size;
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* How many files were run, or -1. */
static long run_folder(const char *folder, uint8_t *buffer)
{
	struct dirent **entries;
	long files = 0;
	int count = scandir(folder, &entries, not_hidden, alphasort);
	if (count < 0)
		return 0;
	for (int i = 0; i < count; i++) {
		char path[4096];
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		free(entries[i]);
		long size = read_file(path, buffer);
		if (size < 0 || files < 0) {
			fprintf(stderr, "%s cannot be read\n", path);
			files = -1;
			continue;
		}
		/* Said before, so that a crash names its file. */
		fprintf(stderr, "%s\n", path);
		run_input(buffer, (size_t)size);
		run_prefixes(buffer, (size_t)size);
		run_changes(buffer, (size_t)size);
		files++;
	}
	free(entries);
	return files;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	uint8_t *buffer = calloc(1, FILE_MOST);
	if (!buffer)
		return 2;
	run_input(buffer, 0);
	long files = run_folder(argv[1], buffer);
	free(buffer);
	if (files == 0)
		printf("1..0 # SKIP no corpus in %s\n", argv[1]);
	else if (files < 0)
		printf("not ok 1 - the corpus can be read\n1..1\n");
	else
		printf("ok 1 - %ld files, their prefixes and changed bytes\n1..1\n", files);
	return files < 0;
}
