/* SPDX-License-Identifier: MIT
 * intake_defined.h - definitions wait here until it is known whose stream it is (who came late may learn that
 * after other things), and are handed on before the records that follow them.
 */
#ifndef RILL_TOOL_INTAKE_DEFINED_H
#define RILL_TOOL_INTAKE_DEFINED_H

#include "format/packet_read.h"

enum rill_defined_kind {
	RILL_DEFINED_THREAD,
	RILL_DEFINED_METADATA,
	RILL_DEFINED_SNAPSHOT,
	RILL_DEFINED_COUNTS,
	RILL_DEFINED_TOTALS
};

struct rill_defined {
	enum rill_defined_kind kind;
	struct rill_packet_stream *stream;
	char *name, *args; /* thread: its name; metadata */
	union {
		struct rill_thread thread;
		struct rill_packet_snapshot snapshot;
		struct rill_packet_counts counts;
		struct rill_stats stats;
	};
};

struct rill_defined_list {
	struct rill_defined *items;
	size_t count, room;
	size_t bytes; /* of names and metadata */
};

/* A new one, to be filled; its stream is set. */
struct rill_defined *rill_defined_add(struct rill_defined_list *list, enum rill_defined_kind kind,
				      struct rill_packet_stream *stream);
/* Hands all on and forgets them. */
void rill_defined_tell(struct rill_defined_list *list, const struct rill_packet_reader_ops *ops,
		       void *ctx);
/* Is there one whose stream is not known yet? */
bool rill_defined_is_early(const struct rill_defined_list *list);
void rill_defined_free(struct rill_defined_list *list);

#endif
