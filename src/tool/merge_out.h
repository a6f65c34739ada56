/* SPDX-License-Identifier: MIT
 * merge_out.h - the other end of `rill merge`: takes the records of all inputs in their common order
 * and hands them to the output's format as one trace.
 *
 *     merge_out.c      which streams the output has, and what comes when
 *     merge_group.c    one of them: threads, scopes, metadata, and the books
 *
 * The books: all events lost of the inputs are lost events of the output. What an input only says in
 * totals (its packets about it are missing, or it was lost after the end) becomes a gap of its own.
 */
#ifndef RILL_TOOL_MERGE_OUT_H
#define RILL_TOOL_MERGE_OUT_H

#include "format.h"
#include "merge_record.h"
#include "merge_whose.h"

struct rill_merge_out_options {
	const struct rill_output_format *format;
	void *state; /* the format's */
	bool global_ids;
};

struct rill_merge_out;

struct rill_merge_out *rill_merge_out_new(const struct rill_merge_out_options *options,
					  struct rill_merge_whose *whose);
/* 0, or an exit code after a message. */
int rill_merge_out_take(struct rill_merge_out *out, uint32_t input, struct rill_merge_record *record);
/* Ends what is still open. Returns how many records came behind their time: a file has changed
 * while it was read. */
uint64_t rill_merge_out_end(struct rill_merge_out *out);
void rill_merge_out_free(struct rill_merge_out *out);

#endif
