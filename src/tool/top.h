/* SPDX-License-Identifier: MIT
 * top.h - what `rill top` shows: what has changed in a model within a period.
 *
 *     intake -> model -> top_rates.c   what is new since the last look, by name and by thread
 *                        top_text.c    as lines
 *                        top_screen.c  the lines on a terminal, and its keys
 *     control socket  -> top.c         how full the rings are
 */
#ifndef RILL_TOOL_TOP_H
#define RILL_TOOL_TOP_H

#include "model.h"

#include <stdio.h>

enum rill_top_order { RILL_TOP_BY_EVENTS, RILL_TOP_BY_SELF, RILL_TOP_BY_NAME };

struct rill_top_row {
	const struct rill_row *row;
	uint64_t count;
	int64_t self_ns;
};

struct rill_top_lane {
	const struct rill_lane *lane;
	uint64_t events, lost;
	int64_t busy_ns;
};

/* Of a thread of the program that was asked, by its number. */
struct rill_top_ring {
	int64_t tid;
	uint64_t ring_bytes, fill_bytes, high_bytes;
};

/* Zeroed: nothing was looked at yet. */
struct rill_top {
	enum rill_top_order order;
	uint64_t period_ns;		/* of what follows */
	uint64_t events, lost;
	struct rill_top_row *rows;	/* sorted; those in which nothing happened are left out */
	struct rill_top_lane *lanes;
	size_t row_count, lane_count;
	struct rill_top_ring *rings;
	size_t ring_count, ring_room;
	/* As it was at the last look, in the order of the model's own. */
	struct rill_top_row *past_rows;
	struct rill_top_lane *past_lanes;
	size_t past_row_room, past_lane_room;
	uint64_t past_events, past_lost;
};

/* What has happened since the last look, which took period_ns. */
void rill_top_look(struct rill_top *top, const struct rill_model *model, uint64_t period_ns);
/* What has happened in all. */
void rill_top_look_at_all(struct rill_top *top, const struct rill_model *model);
void rill_top_sort(struct rill_top *top);
void rill_top_free(struct rill_top *top);

/* The lines of it: at most rows of names and of threads each, lines altogether, and columns; 0: all there are. */
struct rill_top_size {
	size_t rows, lines, columns;
};
void rill_top_put(FILE *out, const struct rill_top *top, const struct rill_model *model, const char *source, const struct rill_top_size *size);

/* top_screen.c: a terminal. False: there is none, or rill was built without CONFIG_RILL_TOOL_NCURSES. */
bool rill_top_screen_open(void);
void rill_top_screen_show(const struct rill_top *top, const struct rill_model *model, const char *source);
/* A key that was pressed, or 0. */
int rill_top_screen_key(void);
void rill_top_screen_close(void);

#endif
