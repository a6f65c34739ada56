/* SPDX-License-Identifier: MIT
 * merge_record.h - what an input said, in one piece of memory, so that it can wait: in a queue
 * between threads, or in a temporary file.
 *
 * A record is made with pointers to whatever lives now; rill_merge_record_put() copies it with all
 * its texts, and leaves offsets where pointers were; rill_merge_record_raise() makes pointers of
 * them again, wherever it lies then. Only the program that wrote it reads it back.
 */
#ifndef RILL_TOOL_MERGE_RECORD_H
#define RILL_TOOL_MERGE_RECORD_H

#include "format/packet_read.h"

enum rill_merge_kind {
	RILL_MERGE_EVENT,
	RILL_MERGE_GAP,
	RILL_MERGE_MISSING,
	RILL_MERGE_STREAM,
	RILL_MERGE_THREAD,
	RILL_MERGE_METADATA,
	RILL_MERGE_SNAPSHOT,
	RILL_MERGE_COUNTS,
	RILL_MERGE_TOTALS,
	RILL_MERGE_END
};

struct rill_merge_record {
	uint64_t key;    /* its place in the time line: order counts by this, not by the event's time */
	uint32_t size;   /* of it all, a multiple of 8 */
	uint32_t stream; /* which one in its input, by the order of their first packets */
	uint8_t kind;
	bool has_thread;
	struct rill_thread thread; /* whose event or gap it is; the thread itself */
	union {
		struct rill_event event;
		struct rill_gap gap;
		struct rill_packet_missing missing;
		struct rill_packet_stream known; /* stream, end */
		struct {
			const char *name, *args;
		} pair; /* metadata */
		struct rill_packet_snapshot snapshot;
		struct rill_packet_counts counts;
		struct rill_stats stats;
	};
};

/* Records one behind the other. */
struct rill_merge_store {
	uint8_t *bytes;
	size_t used, room;
};

/* Bytes that the record takes in a store. */
size_t rill_merge_record_size(const struct rill_merge_record *record);
/* Returns where it is in the store, which may move when it grows. */
size_t rill_merge_record_put(struct rill_merge_store *store, const struct rill_merge_record *record);
/* Of bytes that were put, at an address that is a multiple of 8. To be called once. */
void rill_merge_record_raise(struct rill_merge_record *record);

#endif
