/* SPDX-License-Identifier: MIT
 * merge_look.h - the first look at an input of `rill merge`: whose streams are in it, what they say of
 * their clocks, and whether it is in order.
 *
 * Memory is bounded: of the snapshots of a stream some are kept, evenly over its length.
 */
#ifndef RILL_TOOL_MERGE_LOOK_H
#define RILL_TOOL_MERGE_LOOK_H

#include "intake.h"
#include "merge_line.h"
#include "table.h"

enum {
	RILL_LOOK_STREAMS_MAX = 4096,
	RILL_LOOK_SAMPLES_MAX = 1024, /* of a stream */
	RILL_LOOK_MARKS_MAX = 4096    /* of an input */
};

/* What CLOCK_REALTIME said at a time. */
struct rill_look_sample {
	uint64_t ns;
	int64_t ahead_ns; /* of CLOCK_MONOTONIC */
	uint64_t uncertainty_ns;
};

/* A clock_sync event: the same id in another trace marks the same moment. */
struct rill_look_mark {
	char *id;
	uint64_t ns;
	uint64_t uncertainty_ns;
	bool certain; /* its issuer said when it asked and when it was answered */
	uint32_t stream;
};

struct rill_look_stream {
	uint32_t index;
	struct rill_packet_origin origin; /* its texts are copies */
	bool known;       /* it said whose it is */
	bool json;
	bool merged;      /* by this program, before */
	char boot_id[40]; /* "": unknown */
	struct rill_look_sample *samples;
	size_t sample_count;
	unsigned every, skipped; /* one of so many snapshots is kept; passed over since the last */
	struct rill_look_sample head; /* by the metadata at the head */
	bool has_head;
	bool any; /* an event came */
	uint64_t first_ns, last_ns;
	uint64_t running_ns; /* highest time of an event so far */
	uint32_t clock;      /* which of the input's clocks: merge_clock.h */
};

struct rill_look {
	const char *path;
	const char *name; /* without its folders */
	struct stat st;
	struct rill_intake_result result;
	struct rill_look_stream **streams; /* in the order of their first packets */
	size_t stream_count;
	struct rill_look_mark *marks;
	size_t mark_count;
	struct rill_table ids; /* of the marks */
	bool ordered; /* its events come in the order of their times, but for late ones */

	/* while it is looked at */
	uint64_t newest_ns;
	uint8_t seen[8192]; /* JSON: threads that had events, a bit for each serial */
};

/* 0, or an exit code after a message. */
int rill_look(struct rill_look *look, const char *path);
void rill_look_free(struct rill_look *look);

/* The value of a text in an object: "12.345" of {"monotonic":12.345}. Freed by the caller; NULL:
 * there is none. */
char *rill_look_member(const char *object_json, const char *name);

#endif
