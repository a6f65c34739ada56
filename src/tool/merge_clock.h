/* SPDX-License-Identifier: MIT
 * merge_clock.h - which clocks the inputs of `rill merge` were stamped with, and how their times
 * become those of the first one's.
 *
 *     merge_look.c -> merge_clock.c   which clocks there are, by what they are joined
 *                     merge_fit.c     the line from one to another: snapshots of CLOCK_REALTIME,
 *                                     clock_sync marks
 *
 * An input has one clock, and another for each start of the machine that its streams tell of. What
 * rill merged before has one: its streams were put on the same time line then.
 */
#ifndef RILL_TOOL_MERGE_CLOCK_H
#define RILL_TOOL_MERGE_CLOCK_H

#include "merge_look.h"

enum rill_merge_way {
	RILL_MERGE_BEST,
	RILL_MERGE_MONOTONIC,
	RILL_MERGE_REALTIME,
	RILL_MERGE_SYNC,
	RILL_MERGE_BY_HAND
};

struct rill_merge_clock {
	uint32_t input, number; /* the latter in its input */
	const char *boot_id;
	struct rill_look_sample *samples; /* in order of time, without the steps that it made */
	size_t sample_count, sample_room;
	unsigned steps;
	int64_t stepped_ns;
	uint64_t sample_uncertainty_ns;
	bool any;
	uint64_t first_ns, last_ns; /* of its events */

	struct rill_line line;
	bool settled;
	enum rill_merge_way way;
	bool certain; /* the uncertainty is known */
	uint64_t uncertainty_ns;
	size_t pairs; /* sync: of marks */
};

struct rill_merge_input {
	struct rill_look look;
	bool by_hand; /* --offset */
	int64_t offset_ns;
	uint32_t clock, clock_count; /* clocks[clock ...] are its own */
};

struct rill_merge_clocks {
	struct rill_merge_input *inputs;
	size_t input_count;
	struct rill_merge_clock *clocks;
	size_t count;
	uint32_t first; /* the one whose times the others get */
	enum rill_merge_way way;
	bool assumed; /* nothing says that the clocks are one; their times look like it */
	int64_t shift_ns;
};

/* Finds the clocks and their lines. 0, or an exit code after a message. */
int rill_merge_clocks_find(struct rill_merge_clocks *clocks, enum rill_merge_way way);
/* One line for each on stderr. */
void rill_merge_clocks_say(const struct rill_merge_clocks *clocks);
void rill_merge_clocks_free(struct rill_merge_clocks *clocks);

const struct rill_merge_clock *rill_merge_clock_of(const struct rill_merge_clocks *clocks,
						   uint32_t input, uint32_t stream);
/* "monotonic", "realtime", "sync", "by hand" */
const char *rill_merge_way_name(enum rill_merge_way way);

/* ---- merge_fit.c ---------------------------------------------------------------------------- */

/* Steps of CLOCK_REALTIME are taken for corrections: what was before them counts as if they had
 * been made already. */
void rill_merge_take_steps(struct rill_merge_clock *clock);
void rill_merge_fit_realtime(struct rill_merge_clock *clock, const struct rill_merge_clock *first);
/* The number of marks that both have. */
size_t rill_merge_common_marks(const struct rill_merge_clocks *clocks, uint32_t a, uint32_t b);
/* By the marks of a clock whose line is settled. 0, or an exit code after a message. */
int rill_merge_fit_sync(struct rill_merge_clocks *clocks, uint32_t clock, uint32_t settled);

#endif
