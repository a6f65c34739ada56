/* SPDX-License-Identifier: MIT
 * forward_take.c - takes packets from the sources of `rill forward`, and queues them.
 *
 * Only whole packets whose checksum is right get any further. A client that sends anything else is
 * cut off: it is no program with rill in it, or two write into one connection, and nothing that comes
 * behind could be trusted. A pipe is shared by whoever opens it, so there the next packet is looked
 * for.
 */
#include "forward.h"
#include "format/crc32c.h"
#include "format/varint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 16 << 10 };

/* ---- packets -------------------------------------------------------------------------------- */

struct rill_forward_packet *rill_forward_unqueue(struct rill_forward_source *s)
{
	struct rill_forward_packet *const p = s->first;

	s->first = p->next;
	if (!s->first)
		s->last = &s->first;
	s->queued--;
	s->queued_bytes -= p->size;
	p->stream->queued--;
	return p;
}

static void drop_oldest(struct rill_forward_source *s)
{
	struct rill_forward_packet *const p = rill_forward_unqueue(s);

	rill_forward_drop(p, rill_forward_now_ns());
	free(p);
}

static void say_large(const struct rill_forward *f, struct rill_forward_stream *stream,
		      const struct rill_forward_source *s, size_t size)
{
	stream->large_said = true;
	if (f->quiet)
		return;
	rill_say("%s: process %lu sends packets of %zu bytes, and on a line a damaged byte costs one: "
		 "run it with RILL_OPTIONS=packet_bytes=%zu",
		 s->name, (unsigned long)stream->pid, size, f->streams.room);
}

/* False: there are too many streams. */
static bool queue(struct rill_forward *f, struct rill_forward_source *s,
		  struct rill_forward_packet *p)
{
	struct rill_forward_stream *stream;
	bool large = false;

	pthread_mutex_lock(&f->lock);
	stream = p->stream = rill_forward_stream_of(&f->streams, s, p);
	if (stream) {
		stream->queued++;
		*s->last = p;
		s->last = &p->next;
		s->queued++;
		s->queued_bytes += p->size;
		while (s->queued > 1 && s->queued_bytes > f->queue_bytes)
			drop_oldest(s);
		large = f->line && p->size > f->streams.room && !stream->large_said;
		pthread_cond_signal(&f->wake);
	}
	pthread_mutex_unlock(&f->lock);
	if (large)
		say_large(f, stream, s, p->size);
	return stream;
}

/* NULL: the checksum is wrong, or what is right makes no sense. */
static struct rill_forward_packet *make(const uint8_t *bytes, size_t size)
{
	const size_t least = RILL_PACKET_HEAD + RILL_PACKET_COUNTS;
	uint32_t crc = rill_crc32c(RILL_CRC32C_BEGIN, bytes, RILL_PACKET_AT_CRC);
	struct rill_forward_packet *p;

	crc = ~rill_crc32c(crc, bytes + RILL_PACKET_HEAD, size - RILL_PACKET_HEAD);
	if (crc != rill_le32_get(bytes + RILL_PACKET_AT_CRC) || size < least)
		return NULL;
	p = rill_alloc(1, sizeof *p + size);
	p->size = (uint32_t)size;
	p->flags = bytes[RILL_PACKET_AT_VERSION] & 0xf;
	p->sequence = rill_le16_get(bytes + RILL_PACKET_AT_SEQUENCE);
	p->totals.base_ns = rill_le64_get(bytes + RILL_PACKET_AT_BASE);
	p->totals.written = rill_le64_get(bytes + RILL_PACKET_AT_WRITTEN);
	p->totals.lost = rill_le64_get(bytes + RILL_PACKET_AT_LOST);
	p->events = rill_le16_get(bytes + RILL_PACKET_HEAD);
	memcpy(p->bytes, bytes, size);
	if (p->flags & RILL_PACKET_PACKED)
		p->events = 0; /* how many is in what is packed */
	else if (least + rill_le16_get(bytes + RILL_PACKET_HEAD + 2) > size)
		p->size = 0;
	if (p->size && p->totals.written >= p->events)
		return p;
	free(p);
	return NULL;
}

/* Packets of a layout to come cannot be given another number. */
static bool is_ours(const uint8_t *bytes, size_t size)
{
	static const uint8_t begin[] = { RILL_PACKET_MAGIC_0, RILL_PACKET_MAGIC_1 };

	return !memcmp(bytes, begin, size < sizeof begin ? size : sizeof begin) &&
	       (size <= RILL_PACKET_AT_VERSION ||
		bytes[RILL_PACKET_AT_VERSION] >> 4 == RILL_PACKET_VERSION);
}

/* 0: more must come. SIZE_MAX: this is no packet. Else its size. */
static size_t packet_at(const uint8_t *bytes, size_t size)
{
	size_t whole;

	if (size && !is_ours(bytes, size))
		return SIZE_MAX;
	if (size < RILL_PACKET_HEAD)
		return 0;
	whole = RILL_PACKET_HEAD + (size_t)rill_le16_get(bytes + RILL_PACKET_AT_LENGTH);
	return whole <= size ? whole : 0;
}

/* ---- rubbish -------------------------------------------------------------------------------- */

static void cut_off(struct rill_forward *f, struct rill_forward_source *s, const char *why)
{
	f->torn |= s->kind == RILL_FORWARD_FILE;
	rill_say("%s: %s%s", s->name, why,
		 s->kind == RILL_FORWARD_CLIENT ? "; this client is cut off"
						: "; the rest of it is left out ('rill convert' mends a file)");
	rill_forward_end(s);
}

/* In a shared pipe the next packet is looked for. */
static void skip_rubbish(struct rill_forward_source *s)
{
	const uint8_t *next = memchr(s->buffer + s->begin + 1, RILL_PACKET_MAGIC_0,
				     s->end - s->begin - 1);
	const size_t to = next ? (size_t)(next - s->buffer) : s->end;

	if (!s->skipped)
		rill_say("%s: what comes there is not all rill packets; the rest is passed over", s->name);
	s->skipped += to - s->begin;
	s->begin = to;
}

static void refuse(struct rill_forward *f, struct rill_forward_source *s)
{
	if (s->kind == RILL_FORWARD_FIFO)
		skip_rubbish(s);
	else
		cut_off(f, s, "what comes is no rill packet, or a damaged one");
}

/* ---- reading -------------------------------------------------------------------------------- */

static void take_packets(struct rill_forward *f, struct rill_forward_source *s)
{
	while (s->fd >= 0) {
		const size_t size = packet_at(s->buffer + s->begin, s->end - s->begin);
		struct rill_forward_packet *p = NULL;

		if (size == 0)
			break;
		if (size != SIZE_MAX)
			p = make(s->buffer + s->begin, size);
		if (!p) {
			refuse(f, s);
		} else if (queue(f, s, p)) {
			s->begin += size;
		} else {
			free(p);
			cut_off(f, s, "more than 256 streams at once");
		}
	}
}

/* Room for the packet that has begun, or for a usual piece. */
static void make_room(struct rill_forward_source *s)
{
	const size_t there = s->end - s->begin;
	size_t wanted = there + READ_BYTES;

	if (there)
		memmove(s->buffer, s->buffer + s->begin, there);
	s->begin = 0;
	s->end = there;
	if (wanted > RILL_PACKET_MAX)
		wanted = RILL_PACKET_MAX; /* so much is never there: it would be a packet */
	if (s->room < wanted) {
		s->buffer = rill_grow(s->buffer, wanted, 1);
		s->room = wanted;
	}
}

static void take_from(struct rill_forward *f, struct rill_forward_source *s)
{
	ssize_t got;

	make_room(s);
	got = read(s->fd, s->buffer + s->end, s->room - s->end);
	if (got > 0) {
		s->end += (size_t)got;
		take_packets(f, s);
	} else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
		/* What is left is a packet that was torn when its program was killed. */
		rill_forward_end(s);
	}
}

/* A file is there as long as we like, so it waits for the output instead of losing packets. */
static bool must_wait(struct rill_forward *f, const struct rill_forward_source *s)
{
	bool full;

	if (s->kind != RILL_FORWARD_FILE)
		return false;
	pthread_mutex_lock(&f->lock);
	full = s->queued && s->queued_bytes > f->queue_bytes / 2;
	pthread_mutex_unlock(&f->lock);
	return full;
}

nfds_t rill_forward_poll(struct rill_forward *f, struct pollfd *pollers)
{
	nfds_t n = 0;

	for (struct rill_forward_source *s = f->sources; s; s = s->next)
		pollers[n++] = (struct pollfd){ .fd = s->fd < 0 || must_wait(f, s) ? -1 : s->fd,
						.events = POLLIN };
	return n;
}

void rill_forward_take(struct rill_forward *f, const struct pollfd *pollers, nfds_t known)
{
	struct rill_forward_source *s = f->sources;

	/* Those that connect now come behind. */
	for (nfds_t i = 0; i < known; i++, s = s->next) {
		if (pollers[i].fd < 0 || !pollers[i].revents)
			continue;
		if (s->kind == RILL_FORWARD_LISTENER)
			rill_forward_welcome(f, s);
		else
			take_from(f, s);
	}
}
