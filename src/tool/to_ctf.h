/* SPDX-License-Identifier: MIT
 * to_ctf.h - a trace in the Common Trace Format, version 1.8; shared by the files to_ctf*.c and by
 * nobody else.
 *
 *     to_ctf.c         the stream of events, begin and end
 *     to_ctf_say.c     what rill itself says: metadata, names, clocks, losses
 *     to_ctf_whose.c   whose file an event belongs to
 *     to_ctf_lane.c    a file of packets in order of time
 *     to_ctf_event.c   the bytes of one event
 *     to_ctf_class.c   kinds of events
 *     to_ctf_text.c    the file "metadata", which says what the bytes mean
 *     to_ctf_folder.c  the folder: what may be written over, whole writes or none
 *     to_ctf_live.c    what readers that follow it may rely on
 *
 * A folder holds "metadata", which is text, and stream_0, stream_1, ... A reader refuses a folder
 * for one byte that is wrong, so at every moment what is on disk is a trace: text that describes a
 * kind of events is there before the first packet that holds one, and a write that fails halfway is
 * taken back.
 *
 * In a file time never goes back, so each thread has files (lanes) of its own: one for what comes
 * in order, as nearly all does, and a further one as soon as something comes that is older than
 * what has gone out.
 */
#ifndef RILL_TOOL_TO_CTF_H
#define RILL_TOOL_TO_CTF_H

#include "ctf_growth.h"
#include "format.h"
#include "table.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

enum {
	RILL_CTF_LANES = 8,
	RILL_CTF_STREAMS = 256,
	RILL_CTF_CLASSES_MAX = 16384,
	RILL_CTF_CLASSES_BYTES_MAX = 8 << 20,
	RILL_CTF_PROCNAME_MAX = 31, /* bytes of a thread's name in each of its events */
	RILL_CTF_TEXT_MAX =
		64 << 10, /* longer ones are cut: some readers take minutes for millions of bytes */
	RILL_CTF_HEAD = 32, /* bytes of a packet in front of its context */
	RILL_CTF_CONTEXT = 48
};
/* Times beyond cannot be told from the epoch, in nanoseconds of 64 bits: after 146 years. */
#define RILL_CTF_TIME_MAX (UINT64_C(1) << 62)

/* ---- to_ctf_folder.c ------------------------------------------------------------------------ */

struct rill_ctf_folder {
	const char *path;
	int fd;
	bool made; /* it was not there before */
	int error; /* the first one; nothing is written any more */
};

/* input: see rill_output_open(). 0, or an exit code after a message. */
int rill_ctf_folder_open(struct rill_ctf_folder *folder, const char *path,
			 const struct stat *input);
/* Adds to the end of a file, which is there afterwards with all of it or as before. */
void rill_ctf_folder_append(struct rill_ctf_folder *folder, const char *name, const void *bytes,
			    size_t size);
/* A file with this content, in place of what it was. */
void rill_ctf_folder_replace(struct rill_ctf_folder *folder, const char *name, const void *bytes,
			     size_t size);
/* keep false: nothing usable is in it. 0, or an exit code after a message. */
int rill_ctf_folder_close(struct rill_ctf_folder *folder, bool keep);

/* ---- to_ctf_class.c ------------------------------------------------------------------------- */

/* What an event says beside its arguments; each is a field of its own, in this order. */
enum rill_ctf_fact {
	RILL_CTF_ID,
	RILL_CTF_LOCAL_ID,
	RILL_CTF_GLOBAL_ID,
	RILL_CTF_ID_SCOPE,
	RILL_CTF_BIND_ID,
	RILL_CTF_FLOW,
	RILL_CTF_ENCLOSING,
	RILL_CTF_SCOPE, /* of an instant */
	RILL_CTF_BEGIN,
	RILL_CTF_OWN_TIME,
	RILL_CTF_THREAD_TIME,
	RILL_CTF_EMITTER, /* where the event is shown on another thread */
	RILL_CTF_NESTED,
	RILL_CTF_DYNAMIC,
	RILL_CTF_LATE,
	RILL_CTF_CLAMPED,
	RILL_CTF_BEGIN_LOST,
	RILL_CTF_LEVEL,
	RILL_CTF_NULLS,
	RILL_CTF_CUTS,
	RILL_CTF_RECORDED, /* its own time, where it stands at another */
	RILL_CTF_FLAGS,    /* what the others do not say */
	RILL_CTF_FACTS
};

struct rill_ctf_class {
	uint32_t id, facts, line;
	uint8_t nargs;
	bool other; /* of any kind, with its arguments as JSON */
	/* In one piece, at the end of this. */
	const char *name, *file; /* file NULL: unknown */
	const uint8_t *types;
	const char *arg_names[]; /* nargs of them */
};

enum { RILL_CTF_KNOWN = 4096 };

struct rill_ctf_classes {
	struct rill_table table;
	struct rill_ctf_class **list; /* by id */
	uint32_t count, room;
	size_t bytes;
	struct rill_ctf_class *other;                 /* NULL: nobody needed it yet */
	struct rill_ctf_class *known[RILL_CTF_KNOWN]; /* of sites; any may be wrong */
	uint64_t others;                              /* events of that class */
};

/* Is the value longer than what is written of it? */
bool rill_ctf_is_long(const struct rill_value *value);
/* moved: it stands at a time that is not its own. */
uint32_t rill_ctf_facts(const struct rill_event *event, uint32_t pid, bool moved);
/* The kind of an event with these facts; a new one if need be. */
const struct rill_ctf_class *rill_ctf_class_of(struct rill_ctf_classes *classes,
					       const struct rill_event *event, uint32_t facts);
void rill_ctf_classes_free(struct rill_ctf_classes *classes);

/* ---- to_ctf_text.c -------------------------------------------------------------------------- */

#define RILL_CTF_SIGNATURE "/* CTF 1.8 */\n/* Written by rill. */\n"

/* What holds for the whole trace. */
struct rill_ctf_facts_of_trace {
	uint8_t uuid[16];
	bool has_origin, has_clock;
	uint64_t identity;
	uint32_t pid;
	char *session, *version; /* with has_origin */
	uint64_t offset_ns;      /* from the epoch to 0 of CLOCK_MONOTONIC */
};

/* All but the kinds of events. */
void rill_ctf_put_head(FILE *out, const struct rill_ctf_facts_of_trace *facts);
void rill_ctf_put_class(FILE *out, const struct rill_ctf_class *class);

/* ---- to_ctf_event.c ------------------------------------------------------------------------- */

/* An event, where it stands. */
struct rill_ctf_entry {
	const struct rill_ctf_class *class;
	const struct rill_event *event;
	uint64_t ts_ns;
};

/* Bytes that rill_ctf_put_event() may need. */
size_t rill_ctf_event_max(const struct rill_ctf_entry *entry);
uint8_t *rill_ctf_put_event(uint8_t *to, const struct rill_ctf_entry *entry);

/* ---- to_ctf_lane.c -------------------------------------------------------------------------- */

/* Where the packets go; ready() is called in front of each. */
struct rill_ctf_out {
	struct rill_ctf_folder *folder;
	const uint8_t *uuid;
	void (*ready)(void *ctx);
	void *ctx;
	uint8_t *packet; /* under way */
	size_t packet_room;
	struct rill_ctf_growth *growth; /* NULL: nobody reads it now */
};

struct rill_ctf_place {
	uint64_t ts_ns;
	uint32_t at, size;
};

/* One file. */
struct rill_ctf_lane {
	uint32_t number;
	uint64_t sequence, discarded;
	uint64_t out_ns; /* nothing before this time may come any more */
	/* events that wait, as they came */
	uint8_t *bytes;
	size_t used, room;
	struct rill_ctf_place *places;
	unsigned count, places_room;
	bool mixed; /* they are not in order of time */
};

void rill_ctf_lane_put(struct rill_ctf_lane *lane, struct rill_ctf_out *out,
		       const struct rill_ctf_entry *entry);
/* All that waits goes out. */
void rill_ctf_lane_flush(struct rill_ctf_lane *lane, struct rill_ctf_out *out);
/* So many events were lost after before_ns (0: unknown). The entry says so, at a time that the lane
 * still takes; everything has gone out of that. */
void rill_ctf_lane_lost(struct rill_ctf_lane *lane, struct rill_ctf_out *out,
			const struct rill_ctf_entry *entry, uint64_t before_ns, uint64_t count);
/* A packet without events, at out_ns. */
void rill_ctf_lane_beacon(struct rill_ctf_lane *lane, struct rill_ctf_out *out);
void rill_ctf_lane_free(struct rill_ctf_lane *lane);

/* ---- to_ctf_whose.c ------------------------------------------------------------------------- */

/* A thread, or a process for what belongs to none: up to RILL_CTF_LANES files. */
struct rill_ctf_source {
	uint32_t stream, serial;
	struct rill_ctf_source *next; /* of the stream */
	unsigned lane_count;
	struct rill_ctf_lane lanes[RILL_CTF_LANES];
};

/* All of them. Those beyond the number of files share some. */
struct rill_ctf_sources {
	struct rill_ctf_out out;
	struct rill_table table;
	struct rill_ctf_source shared;
	struct rill_ctf_source *last; /* asked for: events come in runs of one thread */
	uint32_t files;
};

/* Of the stream that has this number for itself; serial 0: of no thread. *list: the stream's. */
struct rill_ctf_source *rill_ctf_source_of(struct rill_ctf_sources *sources, uint32_t stream,
					   uint32_t serial, struct rill_ctf_source **list);
/* A file that takes an event of this time; where none does, *ts_ns is moved to where one does. */
struct rill_ctf_lane *rill_ctf_lane_for(struct rill_ctf_sources *sources,
					struct rill_ctf_source *source, uint64_t *ts_ns);
/* The source's first file. */
struct rill_ctf_lane *rill_ctf_first_lane(struct rill_ctf_sources *sources,
					  struct rill_ctf_source *source);
void rill_ctf_sources_flush(struct rill_ctf_sources *sources, struct rill_ctf_source *list);
/* No more of these follow: all goes out, and they are freed. */
void rill_ctf_sources_end(struct rill_ctf_sources *sources, struct rill_ctf_source *list);
void rill_ctf_sources_free(struct rill_ctf_sources *sources);

/* ---- to_ctf_say.c --------------------------------------------------------------------------- */

/* Metadata, or the name of a thread (args NULL), from before any time is known. */
struct rill_ctf_pending {
	char *name, *args;
	struct rill_thread thread; /* its name is the above */
};

/* One process. */
struct rill_ctf_stream {
	uint32_t number; /* no other has it in this trace */
	uint32_t pid;
	bool told;              /* whose it is */
	uint64_t now_ns;        /* of its newest event; 0: none yet */
	uint64_t written_first; /* what was written before its first packet here */
	uint64_t lost, missing; /* as told */
	struct rill_stats totals;
	bool has_totals;
	struct rill_ctf_source *sources;
	struct rill_ctf_pending *pending;
	unsigned pending_count;
};

struct rill_to_ctf {
	struct rill_written written;
	struct rill_ctf_folder folder;
	struct rill_ctf_classes classes;
	struct rill_ctf_sources sources;
	struct rill_ctf_facts_of_trace facts;
	bool has_head, head_changed; /* of the file "metadata" */
	uint32_t classes_told;
	struct rill_ctf_stream *streams[RILL_CTF_STREAMS];
	uint32_t stream_count; /* so far */
	uint64_t salt, moved;
	bool live, stopped;
	/* to_ctf_live.c; growth NULL: none of it */
	struct rill_ctf_growth *growth;
	struct rill_ctf_lane beacon;
	uint64_t newest_ns, promise_ns;
	uint32_t files_told, waited;
};

/* ---- to_ctf_live.c -------------------------------------------------------------------------- */

void rill_ctf_live_open(struct rill_to_ctf *to, struct rill_ctf_growth *growth);
/* What has come is not to go out yet. */
bool rill_ctf_live_waits(struct rill_to_ctf *to);
/* Where an event of this time may stand. */
uint64_t rill_ctf_live_time(struct rill_to_ctf *to, struct rill_ctf_stream *stream, uint64_t ns);
/* All that had come has gone out. over: nothing more will come. */
void rill_ctf_live_flushed(struct rill_to_ctf *to, bool over);

/* An event of this thread (NULL: of none), in the file where it belongs. */
void rill_ctf_put(struct rill_to_ctf *to, struct rill_ctf_stream *stream,
		  const struct rill_thread *thread, const struct rill_event *event);
/* The stream is at least at this time; what waited for one goes out. */
void rill_ctf_heed_time(struct rill_to_ctf *to, struct rill_ctf_stream *stream, uint64_t ns);
void rill_ctf_say_metadata(struct rill_to_ctf *to, struct rill_ctf_stream *stream, const char *name,
			   const char *args);
void rill_ctf_say_origin(struct rill_to_ctf *to, struct rill_ctf_stream *stream,
			 const struct rill_packet_origin *origin);
void rill_ctf_say_thread(struct rill_to_ctf *to, struct rill_ctf_stream *stream,
			 const struct rill_thread *thread);
void rill_ctf_say_snapshot(struct rill_to_ctf *to, struct rill_ctf_stream *stream,
			   const struct rill_packet_snapshot *snapshot);
void rill_ctf_say_lost(struct rill_to_ctf *to, struct rill_ctf_stream *stream,
		       const struct rill_gap *gap, const char *cause);
/* At the end: losses that no gap told, since they were in packets that never came, or nothing
 * followed them. */
void rill_ctf_say_rest(struct rill_to_ctf *to, struct rill_ctf_stream *stream,
		       const struct rill_packet_stream *known);
void rill_ctf_say_totals(struct rill_to_ctf *to, struct rill_ctf_stream *stream);

#endif
