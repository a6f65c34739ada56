/* SPDX-License-Identifier: MIT
 * relay.c - fuzz target: what a viewer asks `rill relay` for, of files that are as they should be, and of one that somebody else has
 * written into.
 *
 * A byte of how the trace is, then requests: a byte of which one, and what it has; or a head as it comes.
 */
#include "tests/fuzz/fuzz.h"
#include "tool/relay.h"

#include "format/varint.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { PACKET = 80, FILES = 3, METADATA = 100 };

static struct rill_ctf_growth growth = { .lock = PTHREAD_MUTEX_INITIALIZER };
static struct rill_relay_trace trace = { .growth = &growth };

static void write_file(const char *name, const uint8_t *bytes, size_t size)
{
	const int fd = openat(trace.folder, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	MUST(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	close(fd);
}

/* A packet without events, which says that it has so many bits. */
static void put_packet(uint8_t *to, uint64_t bits)
{
	memset(to, 0, PACKET);
	rill_le64_put(to + 32, 1000);
	rill_le64_put(to + 40, 2000);
	rill_le64_put(to + 48, bits);
	rill_le64_put(to + 56, bits);
}

static char path[] = "/tmp/rill-fuzz-relay-XXXXXX";

static void remove_folder(void)
{
	char name[24];

	for (unsigned i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "stream_%u", i);
		unlinkat(trace.folder, name, 0);
	}
	unlinkat(trace.folder, "metadata", 0);
	rmdir(path);
}

static void make_folder(void)
{
	static const uint64_t bits[FILES] = { PACKET * 8, PACKET * 8, UINT64_MAX / 2 };
	uint8_t packets[2 * PACKET], text[METADATA];
	char name[24];

	MUST(mkdtemp(path));
	trace.folder = open(path, O_RDONLY | O_DIRECTORY);
	MUST(trace.folder >= 0);
	atexit(remove_folder);
	for (unsigned i = 0; i < FILES; i++) {
		put_packet(packets, bits[i]);
		put_packet(packets + PACKET, bits[i]);
		snprintf(name, sizeof name, "stream_%u", i);
		write_file(name, packets, sizeof packets);
		growth.now.bytes[i] = sizeof packets;
	}
	memset(text, ' ', sizeof text);
	write_file("metadata", text, sizeof text);
	growth.now.metadata_bytes = sizeof text;
}

static void look(const struct rill_relay_viewer *v)
{
	MUST(v->files <= growth.now.files && v->metadata_at <= growth.now.metadata_bytes);
	for (uint32_t i = 0; i < v->files; i++)
		MUST(v->stream[i].at <= growth.now.bytes[i]);
	MUST(!v->served || growth.now.over);
}

/* Bytes of the data that it took; 0: it was no request. */
static size_t ask(struct rill_relay_viewer *v, const uint8_t *data, size_t size)
{
	enum { KINDS = 10 };
	uint8_t request[RILL_RELAY_REQUEST_MAX] = { 0 };
	struct rill_relay_reply reply = { .bytes = NULL };
	size_t wanted = RILL_RELAY_HEAD;

	if (data[0] % (KINDS + 1) == KINDS) {
		memcpy(request, data + 1, size - 1 < wanted ? size - 1 : wanted);
	} else {
		request[11] = data[0] % (KINDS + 1);
		/* The size that is right for it. */
		for (unsigned n = 0; n <= 20 && !rill_relay_request_size(request); n++)
			request[7] = (uint8_t)n;
	}
	wanted = rill_relay_request_size(request);
	if (!wanted)
		return 0;
	MUST(wanted <= sizeof request);
	memcpy(request + RILL_RELAY_HEAD, data + 1, size - 1 < wanted - RILL_RELAY_HEAD ? size - 1 : wanted - RILL_RELAY_HEAD);
	if (rill_relay_answer(&trace, v, request, wanted, &reply) == RILL_RELAY_ANSWERED)
		MUST(reply.used);
	look(v);
	free(reply.bytes);
	return wanted - RILL_RELAY_HEAD + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rill_relay_viewer viewer;
	size_t took;

	if (!trace.folder)
		make_folder();
	if (!size)
		return 0;
	memset(&viewer, 0, sizeof viewer);
	growth.now.over = data[0] & 1;
	trace.from_now = data[0] & 2;
	growth.now.files = data[0] >> 2 & 3;
	growth.now.promise_ns = data[0];
	for (data++, size--; size && (took = ask(&viewer, data, size)) != 0;) {
		if (took > size)
			took = size;
		data += took;
		size -= took;
	}
	return 0;
}
