/* SPDX-License-Identifier: MIT
 * to_perfetto.h - the parts that make Perfetto's protobuf of events, shared by the files
 * to_perfetto*.c and by nobody else.
 *
 *     to_perfetto.c           streams: what comes, and the order in which it is written
 *     to_perfetto_event.c     which packets an event becomes
 *     to_perfetto_slice.c     complete slices as begins and ends, in order
 *     to_perfetto_note.c      arguments and what else an event says, as annotations
 *     to_perfetto_track.c     tracks: processes, threads, asynchronous spans, counters
 *     to_perfetto_names.c     texts that have a number
 *     to_perfetto_packet.c    memory of one event, texts, bytes
 *
 * The output is one sequence of packets. What packets refer to (names, tracks) is told in a packet
 * before, or in the same one, and everything is told anew in each *round*: after RILL_PF_ROUND_EVENTS
 * events, after a loss, or when the tables are full. So memory is bounded, and a reader that misses
 * a stretch understands everything from the next round on.
 *
 * Numbers of names are never used for another name. Those of tracks follow from what the track is, so a track has
 * the same one in each round.
 */
#ifndef RILL_TOOL_TO_PERFETTO_H
#define RILL_TOOL_TO_PERFETTO_H

#include "format.h"
#include "table.h"

#include <generated/perfetto.pb-c.h>

enum {
	RILL_PF_SEQUENCE = 1,
	RILL_PF_NEEDS_STATE = 2, /* a flag of packets that refer to what was told before */
	RILL_PF_ROUND_EVENTS = 16384,
	RILL_PF_NAMES_MAX = 65536, /* in a round; longer ones than NAME_MAX have no number */
	RILL_PF_NAMES_BYTES_MAX = 8 << 20,
	RILL_PF_NAME_MAX = 1024,
	RILL_PF_TRACKS_MAX = 65536, /* told in a round */
	RILL_PF_SITES = 2048,       /* whose numbers are at hand; a power of two */
	RILL_PF_SITE_CATEGORIES = 4,
	RILL_PF_SITE_ARGS = 16,
	RILL_PF_WAITING_MAX = 1 << 20, /* bytes of metadata that wait for the time of an event */
	RILL_PF_ARENA = 1 << 16,
	RILL_PF_HELD = 1024, /* complete slices that wait for the order in which they nest */
	RILL_PF_HELD_BYTES = 1 << 20
};

enum rill_pf_kind { RILL_PF_CATEGORY, RILL_PF_NAME, RILL_PF_KEY, RILL_PF_PLACE, RILL_PF_KINDS };

/* A growing array of pointers that lives as long as the present event. */
struct rill_pf_list {
	void **items;
	size_t count, room;
};

struct rill_pf_names {
	struct rill_table tables[RILL_PF_KINDS];    /* text -> number, told in this round */
	uint64_t last[RILL_PF_KINDS];               /* number given out */
	size_t count, bytes;                        /* in the tables */
	struct rill_pf_list fresh[RILL_PF_KINDS];   /* to be told with the next packet */
};

/* The numbers that all events of one form share. */
struct rill_pf_site {
	uint64_t round; /* in which they were told; 0: free */
	uint32_t site;
	char phase;
	uint8_t categories, nargs;
	uint64_t name, place, category[RILL_PF_SITE_CATEGORIES], args[RILL_PF_SITE_ARGS];
};

/* Metadata that waits. */
struct rill_pf_waiting {
	struct rill_pf_waiting *next;
	char *name, *args_json;
};

struct rill_pf_stream {
	uint64_t identity;
	uint32_t pid;
	char *name; /* of the process; NULL: not known */
	int32_t sort_index;
	bool has_sort_index;
	uint32_t generation; /* of these two */
	struct rill_pf_waiting *waiting, **waiting_end;
	size_t waiting_bytes;
	struct rill_stats totals;
	bool has_totals;
	uint64_t last_ns; /* 0: no event yet */
	/* The thread of the last event: events come in runs of one. */
	struct {
		uint64_t round, uuid;
		uint32_t serial, generation;
	} last;
};

struct rill_pf_slice;
struct rill_pf_held {
	struct rill_pf_slice *slices;
	unsigned count;
	uint8_t *bytes;
	size_t used, room;
};

struct rill_pf_chunk;

struct rill_pf {
	struct rill_written written;
	struct rill_output out;
	struct rill_pf_stream *streams[256];

	uint64_t round; /* 0: nothing is written yet */
	unsigned round_events;
	bool dropped; /* packets of the input never came: the next round says so */
	bool clocked; /* a snapshot is written, which says whose clock the times are */
	struct rill_table tracks; /* told in this round */
	struct rill_pf_names names;
	struct rill_pf_site sites[RILL_PF_SITES];
	struct rill_pf_held held;

	char *arena;
	size_t arena_used;
	struct rill_pf_chunk *chunks; /* beyond it */
};

/* An event under way: what all of its packets share. */
struct rill_pf_build {
	struct Rill__Pf__TrackEvent event;
	struct rill_pf_list notes;
};

/* ---- to_perfetto_packet.c ------------------------------------------------------------------- */

/* Not zeroed; valid until rill_pf_forget(). */
void *rill_pf_alloc(struct rill_pf *p, size_t size);
void rill_pf_forget(struct rill_pf *p);
void rill_pf_push(struct rill_pf *p, struct rill_pf_list *list, void *item);
/* Invalid UTF-8 becomes U+FFFD. The bytes are the text's own, or live like rill_pf_alloc(). */
struct ProtobufCBinaryData rill_pf_text(struct rill_pf *p, const char *text, size_t size);
/* Completes the packet, with the names that are fresh, and writes it. */
void rill_pf_send(struct rill_pf *p, struct Rill__Pf__TracePacket *packet);
/* Tells the names that are fresh, if there are any, in a packet of their own. */
void rill_pf_send_fresh(struct rill_pf *p);
/* The bytes of a packet; returns how many there are. */
size_t rill_pf_encoded_max(const struct Rill__Pf__TracePacket *packet);
size_t rill_pf_encode(struct Rill__Pf__TracePacket *packet, uint8_t *to);

/* ---- to_perfetto_names.c -------------------------------------------------------------------- */

/* The number of a text, which is told with the next packet if it is new; 0: it is too long. */
uint64_t rill_pf_number(struct rill_pf *p, enum rill_pf_kind kind, const char *text);
uint64_t rill_pf_place(struct rill_pf *p, const char *file, uint32_t line);
/* What is fresh as a message; NULL: nothing. */
struct Rill__Pf__InternedData *rill_pf_fresh(struct rill_pf *p);
bool rill_pf_names_full(const struct rill_pf *p);
void rill_pf_names_forget(struct rill_pf *p);

/* ---- to_perfetto_track.c -------------------------------------------------------------------- */

/* All return the number of a track that has been told in this round. */
uint64_t rill_pf_process(struct rill_pf *p, struct rill_pf_stream *s, uint32_t pid);
/* Where an event of this thread happened, as pid and tid say, or its own thread. */
uint64_t rill_pf_thread(struct rill_pf *p, struct rill_pf_stream *s,
			const struct rill_thread *thread);
uint64_t rill_pf_thread_of(struct rill_pf *p, struct rill_pf_stream *s, const struct rill_event *e);
uint64_t rill_pf_global(struct rill_pf *p);
uint64_t rill_pf_async(struct rill_pf *p, struct rill_pf_stream *s, const struct rill_event *e);
uint64_t rill_pf_counter(struct rill_pf *p, struct rill_pf_stream *s, const struct rill_event *e,
			 const char *key);
/* The CPU time of a thread, by its track. */
uint64_t rill_pf_cpu_time(struct rill_pf *p, uint64_t thread);
uint64_t rill_pf_flow(const struct rill_pf_stream *s, const struct rill_event *e);
/* "net,net.rx" -> both. Returns how many; list holds their texts, separated by NUL. */
char *rill_pf_categories(struct rill_pf *p, const char *group, size_t *count);

/* ---- to_perfetto_note.c --------------------------------------------------------------------- */

void rill_pf_note(struct rill_pf *p, struct rill_pf_build *b, const struct rill_value *value,
		  uint64_t key);
void rill_pf_note_uint(struct rill_pf *p, struct rill_pf_build *b, const char *key, uint64_t value);
void rill_pf_note_int(struct rill_pf *p, struct rill_pf_build *b, const char *key, int64_t value);
void rill_pf_note_id(struct rill_pf *p, struct rill_pf_build *b, const char *key, uint64_t value);
void rill_pf_note_true(struct rill_pf *p, struct rill_pf_build *b, const char *key);
void rill_pf_note_text(struct rill_pf *p, struct rill_pf_build *b, const char *key, const char *text);
void rill_pf_note_json(struct rill_pf *p, struct rill_pf_build *b, const char *key, const char *json);

/* ---- to_perfetto_event.c -------------------------------------------------------------------- */

void rill_pf_event(struct rill_pf *p, struct rill_pf_stream *s, const struct rill_event *e);
/* An event of rill's own: its name and category, without anything else yet. */
void rill_pf_build(struct rill_pf *p, struct rill_pf_build *b, const char *category,
		   const char *name);
void rill_pf_packet(struct rill_pf_build *b, struct Rill__Pf__TracePacket *packet, int type,
		    uint64_t track, uint64_t ns);
void rill_pf_put(struct rill_pf *p, struct rill_pf_build *b, int type, uint64_t track, uint64_t ns);

/* ---- to_perfetto_slice.c -------------------------------------------------------------------- */

/* Its begin, with everything, and its end, with its name: written later. */
void rill_pf_put_slice(struct rill_pf *p, struct rill_pf_build *b, uint64_t track, uint64_t begin_ns,
		       uint64_t end_ns);
/* Writes those that wait. */
void rill_pf_release(struct rill_pf *p);

#endif
