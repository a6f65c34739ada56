/* SPDX-License-Identifier: MIT
 * to_ctf_lane.c - a file of packets in which time never goes back.
 *
 * Events wait until there is a packet of them. If they did not come in order they are sorted then,
 * and only the older half goes out, so that what comes a little late still finds its place.
 */
#include "format/varint.h"
#include "to_ctf.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

enum { PACKET_BYTES = 16 << 10, ROOM_MIN = 4096, PLACES_MIN = 64 };
#define MAGIC UINT32_C(0xc1fc1fc1)
/* Only a broken trace has so many; readers take all ones for unknown. */
#define DISCARDED_MAX (UINT64_C(1) << 63)

/* ---- packets -------------------------------------------------------------------------------- */

static uint8_t *put_head(const struct rill_ctf_lane *lane, const struct rill_ctf_out *out,
			 uint64_t begin_ns, uint64_t end_ns, size_t size)
{
	uint8_t *to = out->packet;

	to = rill_le32_put(to, MAGIC);
	memcpy(to, out->uuid, 16);
	to = rill_le32_put(to + 16, 0); /* the one class of streams */
	to = rill_le64_put(to, lane->number);
	to = rill_le64_put(to, begin_ns);
	to = rill_le64_put(to, end_ns);
	/* What it holds, and the same with padding: there is none. In bits. */
	to = rill_le64_put(to, (uint64_t)size * 8);
	to = rill_le64_put(to, (uint64_t)size * 8);
	to = rill_le64_put(to, lane->sequence);
	return rill_le64_put(to, lane->discarded);
}

/* The first `count` of the places. Without any it lies at out_ns. */
static void write_packet(struct rill_ctf_lane *lane, struct rill_ctf_out *out, unsigned count)
{
	size_t size = RILL_CTF_HEAD + RILL_CTF_CONTEXT;
	const uint64_t begin_ns = count ? lane->places[0].ts_ns : lane->out_ns;
	char name[24];
	uint8_t *to;

	out->ready(out->ctx);
	for (unsigned i = 0; i < count; i++)
		size += lane->places[i].size;
	if (out->packet_room < size) {
		out->packet_room = size;
		out->packet = rill_grow(out->packet, out->packet_room, 1);
	}
	if (count)
		lane->out_ns = lane->places[count - 1].ts_ns;
	to = put_head(lane, out, begin_ns, lane->out_ns, size);
	for (unsigned i = 0; i < count; i++) {
		memcpy(to, lane->bytes + lane->places[i].at, lane->places[i].size);
		to += lane->places[i].size;
	}
	lane->sequence++;
	snprintf(name, sizeof name, "stream_%u", lane->number);
	rill_ctf_folder_append(out->folder, name, out->packet, size);
	if (out->growth && !out->folder->error)
		rill_ctf_grow_file(out->growth, lane->number, size);
}

/* ---- order ---------------------------------------------------------------------------------- */

/* By time; equal times stay as they came. */
static int compare(const void *a, const void *b)
{
	const struct rill_ctf_place *const x = a, *const y = b;

	if (x->ts_ns != y->ts_ns)
		return x->ts_ns < y->ts_ns ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static void sort(struct rill_ctf_lane *lane)
{
	if (lane->mixed)
		qsort(lane->places, lane->count, sizeof *lane->places, compare);
	lane->mixed = false;
}

/* The places from `first` on are all that is left. */
static void keep_from(struct rill_ctf_lane *lane, unsigned first)
{
	uint8_t *const rest = rill_alloc(lane->room, 1);
	size_t used = 0;

	for (unsigned i = first; i < lane->count; i++) {
		struct rill_ctf_place place = lane->places[i];

		memcpy(rest + used, lane->bytes + place.at, place.size);
		place.at = (uint32_t)used;
		used += place.size;
		lane->places[i - first] = place;
	}
	free(lane->bytes);
	lane->bytes = rest;
	lane->used = used;
	lane->count -= first;
}

static void forget_all(struct rill_ctf_lane *lane)
{
	lane->used = lane->count = 0;
	if (lane->room <= 2 * PACKET_BYTES)
		return;
	free(lane->bytes);
	lane->bytes = NULL;
	lane->room = 0;
}

void rill_ctf_lane_flush(struct rill_ctf_lane *lane, struct rill_ctf_out *out)
{
	if (!lane->count)
		return;
	sort(lane);
	write_packet(lane, out, lane->count);
	forget_all(lane);
}

static void drain(struct rill_ctf_lane *lane, struct rill_ctf_out *out)
{
	const unsigned half = lane->count / 2;

	if (!lane->mixed || !half) {
		rill_ctf_lane_flush(lane, out);
		return;
	}
	sort(lane);
	write_packet(lane, out, half);
	keep_from(lane, half);
	if (lane->used >= PACKET_BYTES) /* few and large */
		rill_ctf_lane_flush(lane, out);
}

/* ---- events --------------------------------------------------------------------------------- */

static void make_room(struct rill_ctf_lane *lane, size_t size)
{
	if (lane->room - lane->used < size) {
		/* A large event goes out at once: room for another like it would not be used. */
		lane->room = lane->used + size;
		if (lane->room < PACKET_BYTES)
			lane->room = lane->room < ROOM_MIN ? ROOM_MIN : 2 * lane->room;
		lane->bytes = rill_grow(lane->bytes, lane->room, 1);
	}
	if (lane->count < lane->places_room)
		return;
	lane->places_room = lane->places_room ? 2 * lane->places_room : PLACES_MIN;
	lane->places = rill_grow(lane->places, lane->places_room, sizeof *lane->places);
}

static void put(struct rill_ctf_lane *lane, const struct rill_ctf_entry *entry)
{
	struct rill_ctf_place *place;
	uint8_t *end;

	make_room(lane, rill_ctf_event_max(entry));
	end = rill_ctf_put_event(lane->bytes + lane->used, entry);
	lane->mixed |= lane->count && entry->ts_ns < lane->places[lane->count - 1].ts_ns;
	place = &lane->places[lane->count++];
	place->ts_ns = entry->ts_ns;
	place->at = (uint32_t)lane->used;
	place->size = (uint32_t)((size_t)(end - lane->bytes) - lane->used);
	lane->used += place->size;
}

void rill_ctf_lane_put(struct rill_ctf_lane *lane, struct rill_ctf_out *out,
		       const struct rill_ctf_entry *entry)
{
	put(lane, entry);
	if (lane->used >= PACKET_BYTES)
		drain(lane, out);
}

/* Readers take the difference to the packet before, and cannot count what the first one says. What
 * was lost lies between the end of that and the end of this one. */
void rill_ctf_lane_lost(struct rill_ctf_lane *lane, struct rill_ctf_out *out,
			const struct rill_ctf_entry *entry, uint64_t before_ns, uint64_t count)
{
	if (!lane->sequence) {
		lane->out_ns = before_ns && before_ns < entry->ts_ns ? before_ns : entry->ts_ns;
		write_packet(lane, out, 0);
	}
	lane->discarded +=
		count < DISCARDED_MAX - lane->discarded ? count : DISCARDED_MAX - lane->discarded;
	put(lane, entry);
	rill_ctf_lane_flush(lane, out);
}

void rill_ctf_lane_beacon(struct rill_ctf_lane *lane, struct rill_ctf_out *out)
{
	write_packet(lane, out, 0);
}

void rill_ctf_lane_free(struct rill_ctf_lane *lane)
{
	free(lane->bytes);
	free(lane->places);
	lane->bytes = NULL;
	lane->places = NULL;
	lane->room = lane->used = lane->count = lane->places_room = 0;
}
