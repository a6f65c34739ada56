/* SPDX-License-Identifier: MIT
 * say_faults.c - what of an input is missing, damaged or left out, one line for each thing.
 */
#include "codecs.h"
#include "transfer.h"

#include "format/record.h"

#include <stdlib.h>
#include <string.h>

static unsigned long long ull(uint64_t number)
{
	return number;
}

static unsigned say_json(const char *name, const struct rill_reader_result *r)
{
	unsigned said = 0;

	if (r->torn_bytes)
		rill_say("%s was cut: %llu bytes of a torn event at its end are dropped", name,
			 ull(r->torn_bytes));
	if (r->damaged)
		rill_say(
			"%s is damaged: %llu stretches of together %llu bytes passed over, the first at offset %llu",
			name, ull(r->damaged), ull(r->damaged_bytes), ull(r->damaged_at));
	if (r->members_dropped)
		rill_say(
			"%s: %llu members beside the events dropped (cut, damaged or beyond 16 MiB)",
			name, ull(r->members_dropped));
	said += r->torn_bytes != 0;
	said += r->damaged != 0;
	return said + (r->members_dropped != 0);
}

static unsigned say_left_out(const char *name, const struct rill_intake_left_out *left)
{
	char *names = rill_text("%s", left->names[0]);

	for (unsigned i = 1; i < RILL_INTAKE_NAMES && *left->names[i]; i++) {
		char *longer = rill_text("%s, %s", names, left->names[i]);

		free(names);
		names = longer;
	}
	if (left->members)
		rill_say(
			"%s: %llu members of events have no place in rill's and are left out, or became numbers: %s",
			name, ull(left->members), names);
	if (left->times)
		rill_say("%s: %llu events have no usable time: they got that of the one before",
			 name, ull(left->times));
	free(names);
	return (left->members != 0) + (left->times != 0);
}

/* Which, by which method, and what helps. */
static void say_packed(const char *name, const struct rill_packet_reader_result *r)
{
	char what[64] = "", remedy[128] = "";

	for (unsigned i = 1; i < RILL_CODEC_METHODS; i++) {
		if (!(r->packed_methods & 1u << i))
			continue;
		if (*what)
			strcat(what, " and ");
		strcat(what, rill_codec_name(i));
		if (*rill_codec_symbol(i)) {
			strcat(remedy, *remedy ? " and " : ": build it with ");
			strcat(strcat(remedy, rill_codec_symbol(i)), "=y");
		}
	}
	rill_say("%s: %llu packets, with at least %llu events, are compressed by %s, which this build of rill cannot read%s",
		 name, ull(r->packed), ull(r->packed_events), what, remedy);
}

static unsigned say_unread(const char *name, const struct rill_packet_reader_result *r)
{
	if (r->malformed)
		rill_say(
			"%s: %llu packets have a right checksum and a content that makes no sense: their writer is at fault",
			name, ull(r->malformed));
	if (r->undefined)
		rill_say(
			"%s: %llu events cannot be read, for what they refer to is not in it (it was joined late, or cut)",
			name, ull(r->undefined));
	if (r->refused)
		rill_say(
			"%s: %llu definitions contradict earlier ones, or are more than memory is given for",
			name, ull(r->refused));
	if (r->packed)
		say_packed(name, r);
	if (r->newer)
		rill_say("%s: %llu packets were written by a newer rill: read it with that", name,
			 ull(r->newer));
	return (r->malformed != 0) + (r->undefined != 0) + (r->refused != 0) + (r->packed != 0) +
	       (r->newer != 0);
}

static unsigned say_packets(const char *name, const struct rill_packet_reader_result *r)
{
	unsigned said = 0;

	if (r->torn_bytes)
		rill_say("%s was cut: %llu bytes of a torn packet at its end are dropped", name,
			 ull(r->torn_bytes));
	if (r->damaged)
		rill_say(
			"%s is damaged: %llu stretches of together %llu bytes passed over, the first at offset %llu: %s",
			name, ull(r->damaged), ull(r->damaged_bytes), ull(r->damaged_at),
			r->damaged_why);
	if (r->missing_packets || r->missing_events > r->packed_events)
		rill_say("%s: %llu packets with %llu events are missing", name,
			 ull(r->missing_packets), ull(r->missing_events - r->packed_events));
	if (r->seen)
		rill_say("%s: %llu packets with %llu events are in it a second time: they count once", name, ull(r->seen),
			 ull(r->seen_events));
	if (r->lost)
		rill_say("%s: %llu events were lost before they were written", name, ull(r->lost));
	said += r->torn_bytes != 0;
	said += r->damaged != 0;
	said += r->missing_packets || r->missing_events > r->packed_events;
	said += r->seen != 0;
	said += r->lost != 0;
	return said + say_unread(name, r);
}

static void say_pages(const char *name, const struct rill_image_result *r)
{
	rill_say("%s is read as after a power cut: of its rings %llu pages are there and %llu between them (%llu bytes) are not; %llu bytes of events "
		 "are told, %llu left out as they may not have been finished, and %llu as their call sites are not defined in it",
		 name, ull(r->pages), ull(r->pages_missing), ull(RILL_PAGE * r->pages_missing), ull(r->told), ull(r->left_out), ull(r->untold));
}

static unsigned say_image(const char *name, const struct rill_image_result *r)
{
	if (r->in_flight)
		rill_say("%s: %llu rings ended inside an event, which is left out", name, ull(r->in_flight));
	if (r->rejected_blocks || r->rejected_bytes || r->rings_rejected)
		rill_say("%s is damaged: %llu rings, and %llu blocks of %llu, are not what they should be: %llu bytes of blocks left out", name,
			 ull(r->rings_rejected), ull(r->rejected_blocks), ull(r->blocks), ull(r->rejected_bytes));
	if (r->by_pages)
		say_pages(name, r);
	if (r->unknown)
		rill_say("%s: %llu events are left out, for their call sites are not defined in it%s", name, ull(r->unknown),
			 r->refused ? " (no room: CONFIG_RILL_RING_FILE_DEFINITIONS_KIB)" : "");
	if (r->bad_definitions)
		rill_say("%s: %llu definitions make no sense and are left out", name, ull(r->bad_definitions));
	if (r->lost)
		rill_say("%s: %llu events were lost, as rings were full or events too large for them", name, ull(r->lost));
	if (r->missing)
		rill_say("%s: %llu bytes of the memory of the rings are not in it: what was there is left out", name, ull(r->missing));
	if (r->no_rate)
		rill_say("%s: nothing in it tells how long a tick of its clock is: times are right in order only", name);
	return r->by_pages + (r->in_flight != 0) + (r->rejected_blocks || r->rejected_bytes || r->rings_rejected) + (r->unknown != 0) +
	       (r->bad_definitions != 0) + (r->lost != 0) + (r->missing != 0) + r->no_rate;
}

unsigned rill_say_faults(const char *name, const struct rill_intake_result *result)
{
	if (result->kind == RILL_INTAKE_JSON)
		return say_json(name, &result->json) + say_left_out(name, &result->left_out);
	if (result->kind == RILL_INTAKE_IMAGE)
		return say_image(name, &result->image);
	return say_packets(name, &result->packets);
}
