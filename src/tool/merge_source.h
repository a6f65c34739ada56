/* SPDX-License-Identifier: MIT
 * merge_source.h - an input of `rill merge`, read a second time: its records, in order and on the
 * common time line.
 *
 *     in order     a thread reads it ahead, a few batches at most   (memory: 1 MiB)
 *     not in order sorted by merge_sort.h before the first record   (memory, then temporary files)
 *
 * Events of one stream of packets keep their order, whatever their times: a late one stays where it
 * was.
 */
#ifndef RILL_TOOL_MERGE_SOURCE_H
#define RILL_TOOL_MERGE_SOURCE_H

#include "merge_clock.h"
#include "merge_record.h"

struct rill_merge_source;

/* Must it be sorted? */
bool rill_merge_source_sorts(const struct rill_merge_clocks *clocks, uint32_t input);

/* run_bytes: of memory for sorting; to_file: keep none of it until the records are taken. */
struct rill_merge_source *rill_merge_source_open(const struct rill_merge_clocks *clocks,
						 uint32_t input, size_t run_bytes, bool to_file);
/* Valid until the next call; NULL: there is no more. */
struct rill_merge_record *rill_merge_source_next(struct rill_merge_source *source);
/* Wherever it is. Says what was missing or damaged if all was read. 0, or an exit code after a
 * message. */
int rill_merge_source_close(struct rill_merge_source *source);

#endif
