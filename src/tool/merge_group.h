/* SPDX-License-Identifier: MIT
 * merge_group.h - one stream of the output of `rill merge`, made of one stream of an input or of
 * several parts of it; shared by merge_out.c and merge_group.c and by nobody else.
 */
#ifndef RILL_TOOL_MERGE_GROUP_H
#define RILL_TOOL_MERGE_GROUP_H

#include "merge_out.h"

/* What the parts of one stream that have the same identity tell together. */
struct rill_merge_book {
	uint64_t identity, written, lost; /* by the headers */
	struct rill_stats stats;
	bool has_stats;
};

struct rill_merge_group {
	struct rill_packet_stream known; /* the output's */
	uint32_t members, ended;
	bool open, json, remapped;
	char *session, *version;
	struct rill_table threads; /* struct rill_thread, by serial; by tid of JSON */
	uint32_t serial_count;     /* of JSON */
	struct rill_table scopes;  /* begins that are open, if there are several members */
	struct rill_table pairs;   /* metadata, by name */
	size_t pair_bytes;
	struct rill_merge_book *books;
	size_t book_count;
	uint64_t gaps[RILL_CAUSES + 1]; /* lost events that were told */
	uint64_t last_ns;
};

/* The thread as it is known by now, in place of the one in the record; NULL: none. */
const struct rill_thread *rill_merge_group_thread(struct rill_merge_group *group,
						  const struct rill_merge_record *record);
/* An event of a scope whose begin is in another part is whole after all. */
void rill_merge_group_scope(struct rill_merge_group *group, struct rill_event *event);
/* False: it was told already. */
bool rill_merge_group_is_news(struct rill_merge_group *group, const char *name, const char *args);
struct rill_merge_book *rill_merge_group_book(struct rill_merge_group *group, uint64_t identity);
/* What is lost by the books and was not told; RILL_CAUSES: of any cause. Each gap that is told
 * makes it less. */
uint64_t rill_merge_group_untold(const struct rill_merge_group *group, unsigned cause);
/* False: no part says its totals. */
bool rill_merge_group_totals(const struct rill_merge_group *group, struct rill_stats *stats);
void rill_merge_group_free(struct rill_merge_group *group);

#endif
