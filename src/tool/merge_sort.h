/* SPDX-License-Identifier: MIT
 * merge_sort.h - records in the order of their keys, however many there are.
 *
 *     put ...    fill a piece of memory; when it is full, it is sorted and written to a temporary
 *                file of its own, a run
 *     next ...   the runs and what is left in memory, merged
 *
 * Runs are merged to longer ones when there are many, so that few files are open. What has the same
 * key stays in the order in which it came. The files have no name any more once they are open, and
 * lie in the folder that the environment variable TMPDIR names, else in /var/tmp.
 */
#ifndef RILL_TOOL_MERGE_SORT_H
#define RILL_TOOL_MERGE_SORT_H

#include "merge_record.h"

struct rill_merge_sort;

/* run_bytes: of memory. Ends the program when memory runs out. */
struct rill_merge_sort *rill_merge_sort_new(size_t run_bytes);
void rill_merge_sort_put(struct rill_merge_sort *sort, const struct rill_merge_record *record);
/* No more follow. to_file: what is still in memory goes to a file too, and the memory away. */
void rill_merge_sort_end(struct rill_merge_sort *sort, bool to_file);
/* The next record, raised, valid until the next call; NULL: there is none, or a file failed. */
struct rill_merge_record *rill_merge_sort_next(struct rill_merge_sort *sort);
/* 0, or an exit code after a message: a file cannot be written or read. Records are missing then. */
int rill_merge_sort_failed(const struct rill_merge_sort *sort);
/* Files written so far, those that were merged again included. */
unsigned rill_merge_sort_runs(const struct rill_merge_sort *sort);
void rill_merge_sort_free(struct rill_merge_sort *sort);

#endif
