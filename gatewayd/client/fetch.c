/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "client/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#if HAVE_CURL
#include <curl/curl.h>
#endif

#include "client/run.h"
#include "client/text.h"

#define REDIRECTS_MOST 5L
#define CONNECT_SECONDS 20L
#define STALL_SECONDS 30L
#define ALL_SECONDS 900L

static FILE *open_new(const char *path, char *error, size_t error_size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (file)
		return file;
	snprintf(error, error_size, "%s cannot be written: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return NULL;
}

static bool is_allowed(const struct fetch *fetch, char *error, size_t error_size)
{
	if (fetch->plain || strncmp(fetch->url, "https://", 8) == 0)
		return true;
	snprintf(error, error_size,
		 "it is not https:// and anyone on the way could change it; --http fetches it");
	return false;
}

static void say_too_large(const struct fetch *fetch, char *error, size_t error_size)
{
	snprintf(error, error_size, "it is larger than %zu MiB", fetch->most >> 20);
}

#if HAVE_CURL

struct transfer {
	const struct fetch *fetch;
	FILE *file;
	uint64_t len;
	bool too_large;
	struct fetch_version version;
};

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	size_t len = size * count;

	transfer->len += len;
	transfer->too_large = transfer->len > transfer->fetch->most;
	return transfer->too_large ? 0 : fwrite(data, 1, len, transfer->file);
}

/* The value of a header, when it is this one. */
static void take_value(const char *line, size_t len, const char *name, char *ret_value, size_t size)
{
	size_t name_len = strlen(name);

	if (len <= name_len || strncasecmp(line, name, name_len) != 0)
		return;
	line += name_len;
	len -= name_len;
	while (len && *line == ' ')
		line++, len--;
	while (len && (unsigned char)line[len - 1] <= ' ')
		len--;
	/* One that does not fit is not sent back in part. */
	snprintf(ret_value, size, "%.*s", len < size ? (int)len : 0, line);
}

static size_t take_header(char *data, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	size_t len = size * count;

	/* Each answer begins anew: only the last one counts. */
	if (len > 5 && strncasecmp(data, "HTTP/", 5) == 0)
		memset(&transfer->version, 0, sizeof(transfer->version));
	take_value(data, len, "etag:", transfer->version.etag, sizeof(transfer->version.etag));
	take_value(data, len, "last-modified:", transfer->version.modified,
		   sizeof(transfer->version.modified));
	return len;
}

static int show_progress(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total,
			 curl_off_t up)
{
	const struct transfer *transfer = context;
	char done[TEXT_NUMBER_SIZE], all[TEXT_NUMBER_SIZE];

	(void)up_total, (void)up;
	if (now <= 0)
		return 0;
	text_bytes((uint64_t)now, done);
	text_bytes((uint64_t)(total > 0 ? total : now), all);
	fprintf(stderr, "\r%s: %s of %s \033[K", transfer->fetch->title, done, all);
	return 0;
}

static struct curl_slist *make_conditions(const struct fetch_version *had)
{
	struct curl_slist *headers = NULL, *more;
	char line[320];

	if (had && had->etag[0]) {
		snprintf(line, sizeof(line), "If-None-Match: %s", had->etag);
		headers = curl_slist_append(headers, line);
	}
	if (had && had->modified[0]) {
		snprintf(line, sizeof(line), "If-Modified-Since: %s", had->modified);
		more = curl_slist_append(headers, line);
		headers = more ? more : headers;
	}
	return headers;
}

static void set_protocols(CURL *curl, bool plain)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	const char *protocols = plain ? "http,https" : "https";

	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
#else
	long protocols = plain ? CURLPROTO_HTTP | CURLPROTO_HTTPS : CURLPROTO_HTTPS;

	curl_easy_setopt(curl, CURLOPT_PROTOCOLS, protocols);
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, protocols);
#endif
}

static void set_options(CURL *curl, const struct fetch *fetch, struct transfer *transfer)
{
	set_protocols(curl, fetch->plain);
	curl_easy_setopt(curl, CURLOPT_URL, fetch->url);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "gatewayd/" GATEWAYD_VERSION);
	curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, REDIRECTS_MOST);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, ALL_SECONDS);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, fetch->progress ? 0L : 1L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, show_progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
	if (fetch->ca)
		curl_easy_setopt(curl, CURLOPT_CAINFO, fetch->ca);
}

static void say_why(CURL *curl, CURLcode code, const struct transfer *transfer, const char *detail,
		    char *error, size_t error_size)
{
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (transfer->too_large)
		say_too_large(transfer->fetch, error, error_size);
	else if (code == CURLE_HTTP_RETURNED_ERROR)
		snprintf(error, error_size, "the server answers %ld", status);
	else
		snprintf(error, error_size, "%s", detail[0] ? detail : curl_easy_strerror(code));
}

static enum fetch_result perform(CURL *curl, const struct fetch *fetch, struct transfer *transfer,
				 char *error, size_t error_size)
{
	struct curl_slist *headers = make_conditions(fetch->had);
	char detail[CURL_ERROR_SIZE] = "";
	long status = 0;
	CURLcode code;

	set_options(curl, fetch, transfer);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_perform(curl);
	if (fetch->progress)
		fputs("\r\033[K", stderr);
	if (code != CURLE_OK)
		say_why(curl, code, transfer, detail, error, error_size);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(headers);
	if (code != CURLE_OK)
		return FETCH_FAILED;
	return status == 304 ? FETCH_UNCHANGED : FETCH_DONE;
}

enum fetch_result fetch_file(const struct fetch *fetch, struct fetch_version *ret_version,
			     char *error, size_t error_size)
{
	struct transfer transfer = {.fetch = fetch};
	enum fetch_result result = FETCH_FAILED;
	CURL *curl;

	if (!is_allowed(fetch, error, error_size))
		return FETCH_FAILED;
	transfer.file = open_new(fetch->path, error, error_size);
	if (!transfer.file)
		return FETCH_FAILED;
	curl = curl_easy_init();
	if (curl)
		result = perform(curl, fetch, &transfer, error, error_size);
	else
		snprintf(error, error_size, "no memory");
	curl_easy_cleanup(curl);
	if (fclose(transfer.file) != 0 && result == FETCH_DONE) {
		snprintf(error, error_size, "%s: %s", fetch->path, strerror(errno));
		result = FETCH_FAILED;
	}
	if (result == FETCH_DONE)
		*ret_version = transfer.version;
	return result;
}

#else

enum fetch_result fetch_file(const struct fetch *fetch, struct fetch_version *ret_version,
			     char *error, size_t error_size)
{
	char ca[4096 + 32];
	const char *arguments[] = {"uclient-fetch", "-q", "-T", "30", "-O",
				   fetch->path,     NULL, NULL, NULL};
	size_t count = 6;
	FILE *file;

	if (!is_allowed(fetch, error, error_size))
		return FETCH_FAILED;
	file = open_new(fetch->path, error, error_size);
	if (!file)
		return FETCH_FAILED;
	fclose(file);
	if (fetch->ca) {
		snprintf(ca, sizeof(ca), "--ca-certificate=%s", fetch->ca);
		arguments[count++] = ca;
	}
	arguments[count] = fetch->url;
	switch (run_program(arguments, -1, -1, fetch->most)) {
	case RUN_DONE:
		memset(ret_version, 0, sizeof(*ret_version));
		return FETCH_DONE;
	case RUN_MISSING:
		snprintf(error, error_size,
			 "there is no uclient-fetch, and this build is without libcurl");
		break;
	case RUN_TOO_LARGE:
		say_too_large(fetch, error, error_size);
		break;
	case RUN_FAILED:
		snprintf(error, error_size, "uclient-fetch could not fetch it");
		break;
	}
	return FETCH_FAILED;
}

#endif

/* ---- unpacking ---- */

static bool is_packed(int fd)
{
	unsigned char magic[3];

	return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) && magic[0] == 0x1f &&
	       magic[1] == 0x8b && magic[2] == 8;
}

static bool unpack(const struct fetch *fetch, int from, FILE *to, char *error, size_t error_size)
{
	static const char *const arguments[] = {"gzip", "-dc", NULL};

	switch (run_program(arguments, from, fileno(to), fetch->most)) {
	case RUN_DONE:
		return true;
	case RUN_MISSING:
		snprintf(error, error_size, "it is packed, and there is no gzip to unpack it");
		break;
	case RUN_TOO_LARGE:
		say_too_large(fetch, error, error_size);
		break;
	case RUN_FAILED:
		snprintf(error, error_size, "it is packed, and gzip cannot unpack it");
		break;
	}
	return false;
}

bool fetch_unpack(const struct fetch *fetch, char *error, size_t error_size)
{
	int from = open(fetch->path, O_RDONLY | O_CLOEXEC);
	char path[4096 + 32];
	bool good = from >= 0;
	FILE *to;

	if (!good)
		snprintf(error, error_size, "%s: %s", fetch->path, strerror(errno));
	if (good && is_packed(from)) {
		snprintf(path, sizeof(path), "%s.unpacked", fetch->path);
		to = open_new(path, error, error_size);
		good = to && unpack(fetch, from, to, error, error_size);
		if (to)
			fclose(to);
		if (good && rename(path, fetch->path) < 0) {
			snprintf(error, error_size, "%s: %s", fetch->path, strerror(errno));
			good = false;
		}
		if (!good)
			unlink(path);
	}
	if (from >= 0)
		close(from);
	return good;
}
