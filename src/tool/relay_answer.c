/* SPDX-License-Identifier: MIT
 * relay_answer.c - LTTng's live protocol: what a viewer asks for, and what he gets.
 *
 * Numbers are big-endian. A request is its size (64 bits, of what follows the head), its kind and a version (32 bits each), and what the
 * kind has. One session is offered, with one trace.
 */
#define _FILE_OFFSET_BITS 64 /* files beyond 2 GiB on 32-bit machines */
#define _GNU_SOURCE
#include "relay.h"
#include "tool.h"

#include "format/varint.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	CONNECT = 1,
	LIST_SESSIONS,
	ATTACH,
	NEXT_INDEX,
	PACKET,
	METADATA,
	NEW_STREAMS,
	CREATE_SESSION,
	DETACH
};
enum { MAJOR = 2, MINOR = 4, HOST_BYTES = 64, NAME_BYTES = 255, PATH_BYTES = 4096 };
enum { OK = 1, FLAG_METADATA = 1, FLAG_STREAMS = 2, SEEK_LAST = 2, LIVE_PERIOD_US = 200000 };
enum { SESSION = 1, METADATA_ID = 1 << 20, HEAD_BYTES = 80, PIECE_MAX = 1 << 20 };

/* ---- numbers ---------------------------------------------------------------------------------- */

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint64_t get64(const uint8_t *at)
{
	return (uint64_t)get32(at) << 32 | get32(at + 4);
}

static uint8_t *room(struct rill_relay_reply *r, size_t size)
{
	if (r->room - r->used < size) {
		r->room = 2 * r->room > r->used + size ? 2 * r->room : r->used + size;
		r->bytes = rill_grow(r->bytes, r->room, 1);
	}
	r->used += size;
	return r->bytes + r->used - size;
}

static void put32(struct rill_relay_reply *r, uint32_t number)
{
	uint8_t *const to = room(r, 4);

	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(number >> (24 - 8 * i));
}

static void put64(struct rill_relay_reply *r, uint64_t number)
{
	put32(r, (uint32_t)(number >> 32));
	put32(r, (uint32_t)number);
}

/* In a place of that size, which is longer, and the rest of which is 0. */
static void put_text(struct rill_relay_reply *r, const char *text, size_t size)
{
	char *const to = (char *)room(r, size);

	memset(to, 0, size);
	memcpy(to, text, strlen(text));
}

/* ---- files ------------------------------------------------------------------------------------ */

/* False: so much is not there. */
static bool read_at(int folder, const char *name, uint64_t at, uint8_t *to, size_t size)
{
	const int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t got = 0;

	while (fd >= 0 && size && (got = pread(fd, to, size, (off_t)at)) > 0) {
		to += got;
		at += (uint64_t)got;
		size -= (size_t)got;
	}
	if (fd >= 0)
		close(fd);
	return fd >= 0 && !size;
}

static bool read_stream(const struct rill_relay_trace *t, uint32_t number, uint64_t at, uint8_t *to, size_t size)
{
	char name[24];

	snprintf(name, sizeof name, "stream_%u", number);
	return read_at(t->folder, name, at, to, size);
}

/* ---- sessions and streams --------------------------------------------------------------------- */

static void put_stream(struct rill_relay_reply *r, uint64_t id, bool metadata, const char *name)
{
	put64(r, id);
	put64(r, SESSION);	/* the trace: there is one */
	put32(r, metadata);
	put_text(r, "rill", PATH_BYTES);
	put_text(r, name, NAME_BYTES);
}

/* Those that he does not know. */
static void put_streams(struct rill_relay_reply *r, struct rill_relay_viewer *v, const struct rill_ctf_grown *now, bool from_end)
{
	char name[24];

	for (; v->files < now->files; v->files++) {
		snprintf(name, sizeof name, "stream_%u", v->files);
		v->stream[v->files].at = from_end ? now->bytes[v->files] : 0;
		v->stream[v->files].told_ns = 0;
		put_stream(r, v->files, false, name);
	}
}

static void list_sessions(struct rill_relay_reply *r, const struct rill_ctf_grown *now)
{
	put32(r, 1);
	put64(r, SESSION);
	put32(r, LIVE_PERIOD_US);
	put32(r, 0);
	put32(r, now->files);
	put_text(r, "rill", HOST_BYTES);
	put_text(r, "trace", NAME_BYTES);
}

static void attach(const struct rill_relay_trace *t, struct rill_relay_viewer *v, const uint8_t *request, struct rill_relay_reply *r,
		   const struct rill_ctf_grown *now)
{
	enum { ALREADY = 2, UNKNOWN = 3 };
	const bool there = get64(request) == SESSION && now->files;

	put32(r, !there ? UNKNOWN : v->attached ? ALREADY : OK);
	if (!there || v->attached) {
		put32(r, 0);
		return;
	}
	v->attached = true;
	v->files = 0;
	v->metadata_at = 0;
	put32(r, now->files + 1);
	put_stream(r, METADATA_ID, true, "metadata");
	put_streams(r, v, now, t->from_now && get32(request + 16) == SEEK_LAST);
}

static void detach(struct rill_relay_viewer *v, const uint8_t *request, struct rill_relay_reply *r)
{
	enum { UNKNOWN = 2 };

	put32(r, v->attached && get64(request) == SESSION ? OK : UNKNOWN);
	v->attached = false;
}

/* Of a trace that is over. */
static bool all_read(const struct rill_relay_viewer *v, const struct rill_ctf_grown *now)
{
	if (!now->over || v->files < now->files)
		return false;
	for (uint32_t i = 0; i < now->files; i++)
		if (v->stream[i].at < now->bytes[i])
			return false;
	return true;
}

/* Who is told that it is over asks for no more packets. */
static void new_streams(struct rill_relay_viewer *v, struct rill_relay_reply *r, const struct rill_ctf_grown *now)
{
	enum { NONE = 2, ERROR = 3, HUNG_UP = 4 };
	const bool any = now->files > v->files;

	v->served |= v->attached && all_read(v, now);
	put32(r, !v->attached ? ERROR : any ? OK : v->served ? HUNG_UP : NONE);
	put32(r, v->attached && any ? now->files - v->files : 0);
	if (v->attached)
		put_streams(r, v, now, false);
}

/* ---- packets ---------------------------------------------------------------------------------- */

static uint32_t flags_of(const struct rill_relay_viewer *v, const struct rill_ctf_grown *now)
{
	return (now->metadata_bytes > v->metadata_at ? FLAG_METADATA : 0u) | (now->files > v->files ? FLAG_STREAMS : 0u);
}

static void put_no_index(struct rill_relay_reply *r, uint64_t end_ns, uint32_t status)
{
	for (unsigned i = 0; i < 7; i++)
		put64(r, i == 4 ? end_ns : 0);
	put32(r, status);
	put32(r, 0);
}

/* There is no packet there now. Nothing is promised to who does not know all files. */
static void no_packet(struct rill_relay_viewer *v, uint32_t number, struct rill_relay_reply *r, const struct rill_ctf_grown *now)
{
	enum { RETRY = 2, HUNG_UP = 3, INACTIVE = 5 };
	const bool knows_all = v->files == now->files;
	/* A reader cannot order two files that say the same. */
	const uint64_t promise_ns = now->promise_ns + number;

	if (now->over && knows_all) {
		put_no_index(r, 0, HUNG_UP);
	} else if (knows_all && promise_ns > v->stream[number].told_ns) {
		v->stream[number].told_ns = promise_ns;
		put_no_index(r, promise_ns, INACTIVE);
	} else {
		put_no_index(r, 0, RETRY);
	}
	v->served |= all_read(v, now);
}

static void next_index(const struct rill_relay_trace *t, struct rill_relay_viewer *v, const uint8_t *request, struct rill_relay_reply *r,
		       const struct rill_ctf_grown *now)
{
	enum { ERROR = 4 };
	const uint64_t number = get64(request);
	uint8_t head[HEAD_BYTES];
	uint64_t at, bits;

	if (!v->attached || number >= v->files) {
		put_no_index(r, 0, ERROR);
		return;
	}
	at = v->stream[number].at;
	if (at == now->bytes[number]) {
		no_packet(v, (uint32_t)number, r, now);
		return;
	}
	bits = read_stream(t, (uint32_t)number, at, head, sizeof head) ? rill_le64_get(head + 56) : 0;
	if (bits / 8 < HEAD_BYTES || bits / 8 > now->bytes[number] - at) {
		put_no_index(r, 0, ERROR);	/* somebody else writes there */
		return;
	}
	put64(r, at);
	put64(r, bits);
	put64(r, rill_le64_get(head + 48));
	put64(r, rill_le64_get(head + 32));
	put64(r, rill_le64_get(head + 40));
	put64(r, rill_le64_get(head + 72));
	put64(r, 0);	/* the one class of streams */
	put32(r, OK);
	put32(r, flags_of(v, now));
	v->stream[number].at = at + bits / 8;
}

static void packet(const struct rill_relay_trace *t, const struct rill_relay_viewer *v, const uint8_t *request, struct rill_relay_reply *r,
		   const struct rill_ctf_grown *now)
{
	enum { ERROR = 3, END = 4 };
	const uint64_t number = get64(request), at = get64(request + 8);
	const bool known = v->attached && number < v->files;
	const uint64_t there = known && at < now->bytes[number] ? now->bytes[number] - at : 0;
	uint32_t size = get32(request + 16);
	const size_t before = r->used;

	if (size > PIECE_MAX)
		size = PIECE_MAX;
	if (size > there)
		size = (uint32_t)there;
	put32(r, size ? OK : known ? END : ERROR);
	put32(r, size);
	put32(r, 0);
	if (!size || read_stream(t, (uint32_t)number, at, room(r, size), size))
		return;
	r->used = before;
	put32(r, ERROR);
	put32(r, 0);
	put32(r, 0);
}

static void metadata(const struct rill_relay_trace *t, struct rill_relay_viewer *v, const uint8_t *request, struct rill_relay_reply *r,
		     const struct rill_ctf_grown *now)
{
	/* Viewers look for it in each piece. It is a comment. */
	static const char signature[] = "/* CTF 1.8 */\n";
	enum { NONE = 2, ERROR = 3 };
	const uint64_t size = now->metadata_bytes - v->metadata_at;
	const size_t before = r->used, signed_bytes = v->metadata_at ? sizeof signature - 1 : 0;

	if (!v->attached || get64(request) != METADATA_ID || !size) {
		put64(r, 0);
		put32(r, v->attached && get64(request) == METADATA_ID ? NONE : ERROR);
		return;
	}
	put64(r, signed_bytes + size);
	put32(r, OK);
	memcpy(room(r, signed_bytes), signature, signed_bytes);
	if (read_at(t->folder, "metadata", v->metadata_at, room(r, size), size)) {
		v->metadata_at += size;
		return;
	}
	r->used = before;
	put64(r, 0);
	put32(r, ERROR);
}

/* ---- requests --------------------------------------------------------------------------------- */

/* Bytes behind the head; -1: there is no such request. */
static int size_of(uint32_t kind)
{
	switch (kind) {
	case CONNECT: return 20;
	case LIST_SESSIONS:
	case CREATE_SESSION: return 0;
	case ATTACH:
	case PACKET: return 20;
	case NEXT_INDEX:
	case METADATA:
	case NEW_STREAMS:
	case DETACH: return 8;
	default: return -1;
	}
}

size_t rill_relay_request_size(const uint8_t head[RILL_RELAY_HEAD])
{
	const int size = size_of(get32(head + 8));

	return size < 0 || get64(head) != (uint64_t)size ? 0 : RILL_RELAY_HEAD + (size_t)size;
}

static void connect_to(const uint8_t *request, struct rill_relay_reply *r)
{
	put64(r, SESSION);
	put32(r, MAJOR);
	put32(r, MINOR);
	put32(r, get32(request + 16));
}

enum rill_relay_answered rill_relay_answer(const struct rill_relay_trace *t, struct rill_relay_viewer *v, const uint8_t *request, size_t size,
					   struct rill_relay_reply *r)
{
	const uint8_t *const at = request + RILL_RELAY_HEAD;
	const uint32_t kind = size < RILL_RELAY_HEAD ? 0 : get32(request + 8);
	struct rill_ctf_grown now;

	if (size < RILL_RELAY_HEAD || size != rill_relay_request_size(request))
		return RILL_RELAY_NONSENSE;
	rill_ctf_look_at_growth(t->growth, &now);
	/* Viewers give up where they find no file. */
	if (kind == ATTACH && !now.files && !now.over)
		return RILL_RELAY_LATER;
	switch (kind) {
	case CONNECT: connect_to(at, r); break;
	case LIST_SESSIONS: list_sessions(r, &now); break;
	case ATTACH: attach(t, v, at, r, &now); break;
	case NEXT_INDEX: next_index(t, v, at, r, &now); break;
	case PACKET: packet(t, v, at, r, &now); break;
	case METADATA: metadata(t, v, at, r, &now); break;
	case NEW_STREAMS: new_streams(v, r, &now); break;
	case CREATE_SESSION: put32(r, OK); break;
	default: detach(v, at, r); break;
	}
	return RILL_RELAY_ANSWERED;
}
