/* SPDX-License-Identifier: MIT
 * json.h - events as Chrome JSON: text in a buffer of the caller's, one whole event per line.
 *
 * Every line is `,{...}` and a newline. The comma leads because a file is complete JSON after every
 * write and the next write begins on the closing bracket; whoever opens a file turns the first
 * comma into the head (RILL_JSON_ARRAY_HEAD or RILL_JSON_OBJECT_HEAD).
 *
 * What a line looks like, keys in this order, those in brackets only where they mean something:
 *
 *     pid tid ts [tts] ph cat name [dur tdur] [s] [bind_id flow_in flow_out] [scope]
 *     [id or id2] [bp] [use_async_tts] [late] args
 *
 * ts, tts and dur are microseconds with three decimals, made from whole nanoseconds; a time of
 * the caller's own is whole microseconds and shown so. Rules that the code follows and a reader
 * may rely on:
 *
 *  - Scopes are B and E with the arguments on B. An end whose begin was lost is an X of its
 *    full length. With `slices`, a scope is one X, written at its end; see `open_max`.
 *  - tid UINT32_MAX (an event on behalf of another process, whose thread nobody named) is -1.
 *  - Local and global ids go to id2, others to id; of several the narrower counts, since
 *    readers refuse both.
 *  - double: shortest text that reads back the same. NaN and infinities are "NaN", "Infinity",
 *    "-Infinity"; a null char * is "NULL"; pointers are "0xbadf00d"; bytes are "hex:00ff"; a
 *    text that was cut ends in U+2026.
 *  - An argument that is JSON is copied if it is valid, else written as a string; the file is
 *    never broken.
 *  - A second argument of the same name is called name#2 (its position), so that no reader
 *    drops one.
 *  - Counters carry numbers only (bool as 0 and 1), for readers refuse anything else: other
 *    series are left out and counted in `series_refused`. A counter without any number becomes
 *    an instant with the values as text.
 *  - late:true marks an event that was delivered out of order.
 *
 * Nothing here reads a clock, writes a file or, after rill_json_init(), allocates. One thread
 * at a time.
 */
#ifndef RILL_FORMAT_JSON_H
#define RILL_FORMAT_JSON_H

#include "format/text.h"

#include <rill/session.h>
#include <rill/subscriber.h>
#include <stdbool.h>

#define RILL_JSON_ARRAY_HEAD "["
#define RILL_JSON_ARRAY_TAIL "]\n"
#define RILL_JSON_OBJECT_HEAD "{\"traceEvents\":["
#define RILL_JSON_OBJECT_TAIL "]}\n"

enum {
	RILL_JSON_SITES = 256,		/* default of sites_max, 400 bytes each */
	RILL_JSON_OPEN = 512,		/* default of open_max; 130 bytes each, 420 with `slices` */
	RILL_JSON_LINE_MAX = 1024	/* room for a gap, the summary, or an open slice */
};

struct rill_json_options {
	uint32_t pid;
	uint64_t start_ns;	/* CLOCK_MONOTONIC at the session's start, for relative_time */
	/* Call sites whose text is kept, rounded up to a power of two, at most 65536.
	 * 0: RILL_JSON_SITES. */
	uint32_t sites_max;
	/* Scopes that may be open at once in all threads together. One that finds no place, or
	 * whose text is longer than a place holds (about 350 bytes), is written as B and E.
	 * 0: RILL_JSON_OPEN. */
	uint32_t open_max;
	bool slices;
	bool relative_time;	/* all times count from start_ns; what began before is negative */
};

struct rill_json_site;
struct rill_json_slices;

struct rill_json {
	struct rill_json_options options;
	struct rill_json_site *sites;		/* direct-mapped by site id */
	struct rill_json_slices *slices;	/* the scopes that are open */
	uint64_t series_refused;		/* values of counters that were no numbers */

	/* Texts that many lines in a row share. */
	uint32_t front_pid, front_tid, front_size;
	char front[48 + RILL_TEXT_STEP];	/* ,{"pid":1,"tid":2,"ts": and a step of copying */
	uint64_t upper_ns;			/* 0: none yet */
	uint32_t upper_size;
	char upper[20 + RILL_TEXT_STEP];	/* the digits of whole milliseconds, likewise */
};

/* 0 or -ENOMEM. A site id must mean the same site as long as json lives: init again for another
 * stream. */
int rill_json_init(struct rill_json *json, const struct rill_json_options *options);
void rill_json_exit(struct rill_json *json);

/* Room that rill_json_event() needs for this event now. */
size_t rill_json_event_max(struct rill_json *json, const struct rill_event *event);

/* Appends the event's lines (one; with `slices` also none, or those of scopes inside whose end
 * was lost). Returns the new end. */
char *rill_json_event(struct rill_json *json, const struct rill_event *event, char *to);

/* At the end of a stream with `slices`: appends one slice that is still open, as B, oldest
 * first; returns `to` itself when there is none left. At most RILL_JSON_LINE_MAX bytes. */
char *rill_json_open_slice(struct rill_json *json, char *to);

/* thread_name, and thread_sort_index if the thread has one. ts_ns 0: written as 0. */
size_t rill_json_thread_max(const struct rill_thread *thread);
char *rill_json_thread(struct rill_json *json, const struct rill_thread *thread, uint64_t ts_ns,
		       char *to);

/* A process-wide M event. args_json is an object; anything else is wrapped as {"value": ...}. */
size_t rill_json_metadata_max(const char *name, const char *args_json);
char *rill_json_metadata(struct rill_json *json, const char *name, const char *args_json, char *to);

/* Lost events: an instant of category rill on the thread that lost them, at the first event
 * behind the gap, or at now_ns where there is none yet. At most RILL_JSON_LINE_MAX bytes. */
char *rill_json_gap(struct rill_json *json, const struct rill_gap *gap, uint64_t now_ns, char *to);

/* Closing totals: M event rill_summary with events, lost, each cause by name, threads. At most
 * RILL_JSON_LINE_MAX bytes. */
char *rill_json_summary(struct rill_json *json, const struct rill_stats *stats, char *to);

#endif
