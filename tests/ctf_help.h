/* SPDX-License-Identifier: MIT
 * ctf_help.h - for the tests of CTF: a folder of its own for each case, and a reader of packets that shares nothing
 * with what wrote them. Whoever includes it defines _GNU_SOURCE first, for memmem.
 */
#ifndef RILL_TESTS_CTF_HELP_H
#define RILL_TESTS_CTF_HELP_H

#include "format/varint.h"
#include "tests/folder_help.h"
#include "tests/tool_trace_help.h"

#include <sys/stat.h>

enum { HEAD = 32, CONTEXT = 48, FILES_MAX = 512 };

static char folder[64];

static inline const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static inline void begin(void)
{
	static unsigned count;

	snprintf(folder, sizeof folder, "/tmp/rill-test-ctf.%ld.%u.ctf", (long)getpid(), count++);
}

static inline void end(void)
{
	CU_ASSERT_TRUE(remove_folder(folder));
}

static inline struct tool_result convert(const void *bytes, size_t size)
{
	const char *const args[] = { "-", "-o", folder, NULL };

	return tool_run(&rill_verb_convert, args, bytes, size);
}

/* NULL: it is not there. */
static inline char *content(const char *name, size_t *size)
{
	const int fd = open(path_of(name), O_RDONLY);

	*size = 0;
	return fd < 0 ? NULL : tool_read(fd, size);
}

static inline bool write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	return f && fputs(text, f) >= 0 && fclose(f) == 0;
}

/* ---- a reader ------------------------------------------------------------------------------- */

/* What is in the streams. */
struct seen {
	unsigned streams, packets, kinds;
	uint64_t discarded;
	uint8_t uuid[16];
};

static inline bool same_uuid(struct seen *seen, const uint8_t *uuid)
{
	static const uint8_t none[16];

	if (!memcmp(seen->uuid, none, 16))
		memcpy(seen->uuid, uuid, 16);
	return !memcmp(seen->uuid, uuid, 16);
}

/* The packet at `at`, which is number `sequence` of its file; its size, or 0: it is wrong. */
static inline size_t check_packet(struct seen *seen, const uint8_t *at, size_t left,
				  unsigned stream, uint64_t sequence, uint64_t *last_ns)
{
	const uint8_t *const context = at + HEAD, *const event = context + CONTEXT;
	uint64_t begin_ns, end_ns, bits;

	if (left < HEAD + CONTEXT || rill_le32_get(at) != 0xc1fc1fc1 || !same_uuid(seen, at + 4) ||
	    rill_le32_get(at + 20) != 0 || rill_le64_get(at + 24) != stream)
		return 0;
	begin_ns = rill_le64_get(context);
	end_ns = rill_le64_get(context + 8);
	bits = rill_le64_get(context + 16);
	if (begin_ns < *last_ns || end_ns < begin_ns || bits % 8 || bits / 8 > left ||
	    rill_le64_get(context + 24) != bits || rill_le64_get(context + 32) != sequence)
		return 0;
	*last_ns = end_ns;
	if (bits / 8 > HEAD + CONTEXT &&
	    (rill_le32_get(event) >= seen->kinds || rill_le64_get(event + 4) != begin_ns))
		return 0;
	return (size_t)(bits / 8);
}

static inline bool check_stream(struct seen *seen, unsigned number)
{
	char name[32];
	size_t size, at = 0, packet;
	uint64_t sequence = 0, last_ns = 0, discarded = 0;
	uint8_t *bytes;

	snprintf(name, sizeof name, "stream_%u", number);
	bytes = (uint8_t *)content(name, &size);
	while (at < size) {
		packet = check_packet(seen, bytes + at, size - at, number, sequence++, &last_ns);
		if (!packet || rill_le64_get(bytes + at + HEAD + 40) < discarded)
			break;
		/* A reader cannot count what the first packet says. */
		discarded = rill_le64_get(bytes + at + HEAD + 40);
		if (sequence == 1 && discarded)
			break;
		at += packet;
		seen->packets++;
	}
	seen->discarded += discarded;
	free(bytes);
	return size && at == size;
}

/* All files of the folder are whole, and fit together. */
static inline bool check(struct seen *seen)
{
	size_t size;
	char *text = content("metadata", &size);
	struct stat st;
	char name[32];

	*seen = (struct seen){ .kinds = text ? trace_count(text, "\nevent {") : 0 };
	free(text);
	for (unsigned i = 0; i < FILES_MAX; i++) {
		snprintf(name, sizeof name, "stream_%u", i);
		if (stat(path_of(name), &st) != 0)
			continue;
		seen->streams++;
		if (!check_stream(seen, i))
			return false;
	}
	return size > 0;
}

/* How often the piece is in a file, or in all streams. */
static inline unsigned count_in(const char *name, const void *piece, size_t piece_size)
{
	size_t size;
	char *const bytes = content(name, &size), *at = bytes;
	unsigned count = 0;

	while (at && (at = memmem(at, size - (size_t)(at - bytes), piece, piece_size))) {
		at++;
		count++;
	}
	free(bytes);
	return count;
}

static inline unsigned count_in_streams(const void *piece, size_t piece_size)
{
	unsigned count = 0;
	char name[32];

	for (unsigned i = 0; i < FILES_MAX; i++) {
		snprintf(name, sizeof name, "stream_%u", i);
		count += count_in(name, piece, piece_size);
	}
	return count;
}

static inline bool metadata_has(const char *piece)
{
	return count_in("metadata", piece, strlen(piece)) > 0;
}

#endif
