/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capture files through libpcap: pcap and pcapng, and what the packets become
 * written as another file. The file is looked through once before to learn
 * which MACs are routers (capture/side.h); what comes through a pipe is put into
 * a file without a name for that, so that it is judged as the same file would be.
 *
 * A frame's bytes are libpcap's and good until the next one is read.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/common.h"

#if HAVE_PCAP

#include <pcap/pcap.h>

#include "capture/side.h"

#define FRAMES_BEFORE 100000 /* looked at to learn the MACs */
#define FRAME_MOST (65535u + LINK_HEADER_MOST)
#define MAGIC_NANO 0xa1b23c4du
#define MAGIC_NANO_TURNED 0x4d3cb2a1u
#define MAGIC_NG 0x0a0d0d0au

/* A frame whose packet is held, until its verdict comes. */
struct kept_frame {
	struct kept_frame *next;
	uint32_t id;
	struct pcap_pkthdr header;
	uint8_t bytes[];
};

struct file_capture {
	struct capture capture;
	pcap_t *pcap;
	FILE *file; /* libpcap's */
	enum link_kind kind;
	struct sides *sides;
	struct pcap_progress progress;

	const struct pcap_pkthdr *header;
	const uint8_t *bytes;
	struct link_frame frame;
	struct kept_frame *kept;

	pcap_dumper_t *dumper;
	bool fine;      /* what is written counts nanoseconds */
	uint8_t *built; /* FRAME_MOST */
	bool write_failed;
};

static struct file_capture *file_of(struct capture *capture)
{
	return (struct file_capture *)(void *)capture;
}

static const struct file_capture *const_file_of(const struct capture *capture)
{
	return (const struct file_capture *)(const void *)capture;
}

/* ---- opening ---- */

static bool link_kind_of(int type, enum link_kind *ret_kind)
{
	switch (type) {
	case DLT_EN10MB:
		*ret_kind = LINK_ETHERNET;
		return true;
	case DLT_LINUX_SLL:
		*ret_kind = LINK_SLL;
		return true;
#ifdef DLT_LINUX_SLL2
	case DLT_LINUX_SLL2:
		*ret_kind = LINK_SLL2;
		return true;
#endif
	case DLT_NULL:
	case DLT_LOOP:
		*ret_kind = LINK_LOOPBACK;
		return true;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		*ret_kind = LINK_RAW;
		return true;
	default:
		return false;
	}
}

/* Finer than microseconds? */
static bool is_fine(FILE *file)
{
	uint8_t bytes[4] = {0};
	uint32_t magic;

	if (fread(bytes, 1, sizeof(bytes), file) != sizeof(bytes))
		clearerr(file);
	rewind(file);
	magic = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
		bytes[3];
	return magic == MAGIC_NANO || magic == MAGIC_NANO_TURNED || magic == MAGIC_NG;
}

/* What a pipe brings, in a file that can be wound back. NULL: errno. */
static FILE *copy_of(FILE *pipe)
{
	FILE *copy = tmpfile();
	char buffer[16384];
	size_t len;

	if (!copy)
		return NULL;
	while ((len = fread(buffer, 1, sizeof(buffer), pipe)) > 0)
		if (fwrite(buffer, 1, len, copy) != len)
			break;
	if (ferror(pipe) || ferror(copy) || fflush(copy) != 0) {
		int problem = errno;

		fclose(copy);
		errno = problem;
		return NULL;
	}
	return copy;
}

/* A stream of its own onto the same file; both share where they are. */
static FILE *open_again(int fd)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *file = own < 0 ? NULL : fdopen(own, "rb");

	if (!file && own >= 0)
		close(own);
	return file;
}

static FILE *open_input(const char *path, char *error, size_t error_size)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "rbe") : open_again(STDIN_FILENO);
	struct stat status;

	if (file && fstat(fileno(file), &status) == 0 && !S_ISREG(status.st_mode) &&
	    !S_ISDIR(status.st_mode)) {
		FILE *copy = copy_of(file);

		fclose(file);
		file = copy;
	}
	if (!file)
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
	return file;
}

/* Takes the file. NULL: error says why. Times come in nanoseconds. */
static pcap_t *open_reader(const char *path, FILE *file, enum link_kind *ret_kind, bool *ret_fine,
			   char *error, size_t error_size)
{
	char problem[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap;

	rewind(file);
	*ret_fine = is_fine(file);
	pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, problem);
	if (!pcap) {
		snprintf(error, error_size, "%s: not a capture that can be read: %s", path,
			 problem);
		fclose(file);
		return NULL;
	}
	if (!link_kind_of(pcap_datalink(pcap), ret_kind)) {
		const char *name = pcap_datalink_val_to_name(pcap_datalink(pcap));

		snprintf(error, error_size,
			 "%s: link type %s (%d) is not read; Ethernet, Linux cooked, loopback and "
			 "raw IP are",
			 path, name ? name : "unknown", pcap_datalink(pcap));
		pcap_close(pcap);
		return NULL;
	}
	return pcap;
}

static struct bytes frame_bytes(const struct pcap_pkthdr *header, const uint8_t *data)
{
	return bytes_of(data, header->caplen);
}

/* Which MACs are routers; whatever is wrong with the file is said later. */
static void learn_from(int fd, struct sides *sides)
{
	struct pcap_pkthdr *header;
	const uint8_t *data;
	struct link_frame frame;
	enum link_kind kind;
	char error[CAPTURE_ERROR_SIZE];
	bool fine;
	FILE *file = open_again(fd);
	pcap_t *pcap = file ? open_reader("", file, &kind, &fine, error, sizeof(error)) : NULL;

	if (!pcap)
		return;
	for (unsigned i = 0; i < FRAMES_BEFORE && pcap_next_ex(pcap, &header, &data) == 1; i++)
		if (link_read(kind, frame_bytes(header, data), header->len, &frame))
			sides_learn(sides, &frame);
	pcap_close(pcap);
}

static bool is_same_file(FILE *file, const char *path)
{
	struct stat in, out;

	return fstat(fileno(file), &in) == 0 && stat(path, &out) == 0 && in.st_dev == out.st_dev &&
	       in.st_ino == out.st_ino && S_ISREG(in.st_mode);
}

static bool open_writer(struct file_capture *capture, const char *path, bool fine, char *error,
			size_t error_size)
{
	int snapshot = pcap_snapshot(capture->pcap);
	pcap_t *form;

	if (is_same_file(capture->file, path)) {
		snprintf(error, error_size, "%s: is the capture that is being read", path);
		return false;
	}
	capture->fine = fine;
	/* An edited packet may be longer than what the file's own limit allows. */
	form = pcap_open_dead_with_tstamp_precision(
		pcap_datalink(capture->pcap),
		snapshot > 0 && snapshot < (int)FRAME_MOST ? (int)FRAME_MOST : snapshot,
		fine ? PCAP_TSTAMP_PRECISION_NANO : PCAP_TSTAMP_PRECISION_MICRO);
	capture->built = malloc(FRAME_MOST);
	if (form && capture->built)
		capture->dumper = pcap_dump_open(form, path);
	if (!capture->dumper)
		snprintf(error, error_size, "%s: cannot be written: %s", path,
			 form ? pcap_geterr(form) : "no memory");
	if (form)
		pcap_close(form);
	return capture->dumper != NULL;
}

static void file_close(struct capture *capture)
{
	struct file_capture *file = file_of(capture);

	if (!file)
		return;
	if (file->dumper)
		pcap_dump_close(file->dumper);
	if (file->pcap)
		pcap_close(file->pcap);
	while (file->kept) {
		struct kept_frame *next = file->kept->next;

		free(file->kept);
		file->kept = next;
	}
	sides_free(file->sides);
	free(file->built);
	free(file);
}

struct capture *pcap_capture_open(const struct pcap_config *config, char *error, size_t error_size)
{
	struct file_capture *file = calloc(1, sizeof(*file));
	struct stat status;
	bool fine;
	FILE *input;

	if (file)
		file->sides = sides_new(config->lan, config->lan_count);
	if (!file || !file->sides) {
		snprintf(error, error_size, "%s: no memory", config->path);
		goto failed;
	}
	input = open_input(config->path, error, error_size);
	if (!input)
		goto failed;
	learn_from(fileno(input), file->sides);
	file->pcap = open_reader(config->path, input, &file->kind, &fine, error, error_size);
	if (!file->pcap)
		goto failed;
	file->file = input; /* libpcap's from here on */
	if (fstat(fileno(input), &status) == 0)
		file->progress.bytes_total = (uint64_t)status.st_size;
	if (config->write_path && !open_writer(file, config->write_path, fine, error, error_size))
		goto failed;
	return &file->capture;
failed:
	if (file)
		file_close(&file->capture);
	return NULL;
}

void pcap_capture_progress(const struct capture *capture, struct pcap_progress *ret_progress)
{
	const struct file_capture *file = const_file_of(capture);
	off_t at = ftello(file->file);

	*ret_progress = file->progress;
	if (at >= 0)
		ret_progress->bytes_read = (uint64_t)at;
}

/* ---- reading ---- */

static void write_frame(struct file_capture *file, struct bytes frame, size_t missing)
{
	struct pcap_pkthdr header = *file->header;

	header.caplen = (bpf_u_int32)frame.len;
	header.len = (bpf_u_int32)(frame.len + missing);
	/* Nanoseconds from the reader, into a file that may count microseconds. */
	if (!file->fine)
		header.ts.tv_usec /= 1000;
	pcap_dump((u_char *)file->dumper, &header, frame.data);
	if (ferror(pcap_dump_file(file->dumper)))
		file->write_failed = true;
}

static size_t missing_bytes(const struct pcap_pkthdr *header)
{
	return header->len > header->caplen ? header->len - header->caplen : 0;
}

/* libpcap counts nanoseconds in the field for microseconds, as it was told. */
static time_us time_of(const struct pcap_pkthdr *header)
{
	return (time_us)header->ts.tv_sec * SECOND_US + header->ts.tv_usec / 1000;
}

static int next_frame(struct file_capture *file)
{
	struct pcap_pkthdr *header;
	int result = pcap_next_ex(file->pcap, &header, &file->bytes);

	if (file->write_failed) {
		snprintf(file->capture.error, sizeof(file->capture.error),
			 "the capture cannot be written: no space, or the other end is gone");
		return -EIO;
	}
	if (result == PCAP_ERROR_BREAK) /* the end */
		return 0;
	if (result != 1) {
		snprintf(file->capture.error, sizeof(file->capture.error),
			 "the capture is cut short or corrupt after %llu frames: %s",
			 (unsigned long long)(file->progress.packets + file->progress.skipped),
			 pcap_geterr(file->pcap));
		return -EBADMSG;
	}
	file->header = header;
	return 1;
}

static int file_next(struct capture *capture, struct packet *ret_packet)
{
	struct file_capture *file = file_of(capture);
	struct packet packet = {.id = 0};

	for (;;) {
		int result = next_frame(file);
		struct bytes frame;

		if (result <= 0)
			return result;
		frame = frame_bytes(file->header, file->bytes);
		if (link_read(file->kind, frame, file->header->len, &file->frame))
			break;
		/* Not ours to judge: ARP and the like stay in the copy. */
		file->progress.skipped++;
		if (file->dumper)
			write_frame(file, frame, missing_bytes(file->header));
	}
	packet.data = file->frame.ip;
	packet.time = time_of(file->header);
	packet.id = (uint32_t)++file->progress.packets;
	packet.truncated = file->frame.truncated;
	sides_judge(file->sides, &file->frame, &packet);
	*ret_packet = packet;
	return 1;
}

/* ---- writing ---- */

/* Is it for the one who sent the packet that was read? */
static bool goes_back(struct bytes packet, struct bytes reply)
{
	size_t src = packet.len && packet.data[0] >> 4 == 6 ? 8 : 12;
	size_t len = src == 8 ? 16 : 4;

	return packet.len >= src + 2 * len && reply.len >= src + 2 * len &&
	       memcmp(packet.data + src, reply.data + src + len, len) == 0;
}

static void write_packet(struct file_capture *file, struct bytes ip, bool turned, size_t missing)
{
	struct writer writer = writer_on(file->built, FRAME_MOST);

	link_write(file->kind, &file->frame, ip, turned, &writer);
	if (writer_ok(&writer))
		write_frame(file, writer_bytes(&writer), missing);
	else
		file->write_failed = true;
}

static void keep_frame(struct file_capture *file, uint32_t id)
{
	struct kept_frame *kept = malloc(sizeof(*kept) + file->header->caplen);

	if (!kept) {
		file->write_failed = true;
		return;
	}
	kept->id = id;
	kept->header = *file->header;
	memcpy(kept->bytes, file->bytes, file->header->caplen);
	kept->next = file->kept;
	file->kept = kept;
}

static void write_verdict(struct file_capture *file, const struct packet *packet,
			  const struct verdict *verdict);

/* Writes a packet that was held, with the frame that it came in. */
static void give_kept(struct file_capture *file, const struct packet *packet,
		      const struct verdict *verdict)
{
	struct kept_frame **at = &file->kept, *kept;
	const struct pcap_pkthdr *header = file->header;
	const uint8_t *bytes = file->bytes;
	struct link_frame frame = file->frame;

	while (*at && (*at)->id != packet->id)
		at = &(*at)->next;
	kept = *at;
	if (!kept)
		return;
	*at = kept->next;
	file->header = &kept->header;
	file->bytes = kept->bytes;
	if (link_read(file->kind, frame_bytes(file->header, file->bytes), file->header->len,
		      &file->frame))
		write_verdict(file, packet, verdict);
	file->header = header;
	file->bytes = bytes;
	file->frame = frame;
	free(kept);
}

static void file_give(struct capture *capture, const struct packet *packet,
		      const struct verdict *verdict)
{
	struct file_capture *file = file_of(capture);

	if (!file->dumper)
		return;
	if (verdict->action == VERDICT_HOLD)
		keep_frame(file, packet->id);
	else if (packet->id != (uint32_t)file->progress.packets)
		give_kept(file, packet, verdict);
	else
		write_verdict(file, packet, verdict);
}

static void write_verdict(struct file_capture *file, const struct packet *packet,
			  const struct verdict *verdict)
{
	size_t missing = missing_bytes(file->header);

	if (verdict->action == VERDICT_ACCEPT && verdict->edited.len)
		write_packet(file, verdict->edited, false, packet->truncated ? missing : 0);
	else if (verdict->action == VERDICT_ACCEPT)
		write_frame(file, frame_bytes(file->header, file->bytes), missing);
	for (unsigned i = 0; i < verdict->reply_count && i < VERDICT_REPLIES_MOST; i++)
		write_packet(file, verdict->replies[i],
			     goes_back(packet->data, verdict->replies[i]), 0);
}

static void file_flush(struct capture *capture)
{
	struct file_capture *file = file_of(capture);

	if (file->dumper && pcap_dump_flush(file->dumper) < 0)
		file->write_failed = true;
	if (file->write_failed && !capture->error[0])
		snprintf(capture->error, sizeof(capture->error),
			 "the capture cannot be written: %s", strerror(errno));
}

static int file_fd(const struct capture *capture)
{
	(void)capture;
	return -1;
}

#else /* !HAVE_PCAP */

struct capture *pcap_capture_open(const struct pcap_config *config, char *error, size_t error_size)
{
	snprintf(error, error_size,
		 "%s: this gatewayd was built without libpcap and reads no captures: "
		 "build it with PCAP=1",
		 config->path);
	return NULL;
}

void pcap_capture_progress(const struct capture *capture, struct pcap_progress *ret_progress)
{
	(void)capture;
	memset(ret_progress, 0, sizeof(*ret_progress));
}

static int file_fd(const struct capture *capture)
{
	(void)capture;
	return -1;
}

static int file_next(struct capture *capture, struct packet *ret_packet)
{
	(void)capture;
	(void)ret_packet;
	return -ENOTSUP;
}

static void file_give(struct capture *capture, const struct packet *packet,
		      const struct verdict *verdict)
{
	(void)capture;
	(void)packet;
	(void)verdict;
}

static void file_flush(struct capture *capture)
{
	(void)capture;
}

static void file_close(struct capture *capture)
{
	(void)capture;
}

#endif

const struct capture_ops pcap_ops = {
	.fd = file_fd,
	.next = file_next,
	.give = file_give,
	.flush = file_flush,
	.close = file_close,
};
