/* SPDX-License-Identifier: MIT
 * merge_fit.c - the line from the times of one clock to those of another.
 */
#include "merge_clock.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

/* ---- CLOCK_REALTIME ------------------------------------------------------------------------- */

enum {
	STEP_NS = 1000000,	/* a clock that is only slewed changes by less than this, */
	SLEW_RUN = 1000		/* and a thousandth of the time that passes */
};

static int64_t absolute(int64_t number)
{
	return number < 0 ? -number : number;
}

static bool is_step(const struct rill_look_sample *a, const struct rill_look_sample *b)
{
	const int64_t passed = (int64_t)(b->ns - a->ns);
	const int64_t change = b->ahead_ns - a->ahead_ns;
	const int64_t usual = STEP_NS + passed / SLEW_RUN +
			      (int64_t)(a->uncertainty_ns + b->uncertainty_ns);

	return absolute(change) > usual || -change > passed / 2;
}

void rill_merge_take_steps(struct rill_merge_clock *c)
{
	struct rill_look_sample *const s = c->samples;
	int64_t stepped = 0, drift = 0;
	uint64_t uncertainty = 0;

	for (size_t i = c->sample_count; i--;) {
		const int64_t change = i + 1 < c->sample_count
					       ? s[i + 1].ahead_ns - (s[i].ahead_ns + stepped)
					       : 0;
		struct rill_look_sample here = s[i];

		here.ahead_ns += stepped;
		if (i + 1 < c->sample_count && is_step(&here, &s[i + 1])) {
			stepped += change;
			c->steps++;
		} else if (absolute(change) > drift) {
			drift = absolute(change);
		}
		s[i].ahead_ns += stepped;
		if (s[i].uncertainty_ns > uncertainty)
			uncertainty = s[i].uncertainty_ns;
	}
	c->stepped_ns = stepped;
	c->sample_uncertainty_ns = uncertainty + (uint64_t)drift;
}

/* From the clock's own time to CLOCK_REALTIME. */
static struct rill_line to_realtime(const struct rill_merge_clock *c)
{
	struct rill_line line = { .points = NULL };

	for (size_t i = 0; i < c->sample_count; i++)
		rill_line_add(&line, c->samples[i].ns, c->samples[i].ahead_ns);
	rill_line_settle(&line);
	return line;
}

static uint64_t wall_of(const struct rill_line_point *p)
{
	return (uint64_t)((int64_t)p->ns + p->offset_ns);
}

static bool bends(const struct rill_line *line, size_t i)
{
	const struct rill_line_point *const p = &line->points[i];

	return (i && p[-1].offset_ns != p->offset_ns) ||
	       (i + 1 < line->count && p[1].offset_ns != p->offset_ns);
}

/* Both lines bend at their snapshots, so the one over the other bends at those of either. */
void rill_merge_fit_realtime(struct rill_merge_clock *c, const struct rill_merge_clock *first)
{
	struct rill_line from = to_realtime(c), to = to_realtime(first);
	const uint64_t begin = from.points[0].ns, end = from.points[from.count - 1].ns;

	for (size_t i = 0; i < from.count; i++) {
		const uint64_t there = rill_line_unmap(&to, wall_of(&from.points[i]));

		rill_line_add(&c->line, from.points[i].ns,
			      (int64_t)there - (int64_t)from.points[i].ns);
	}
	for (size_t i = 0; i < to.count; i++) {
		const uint64_t here = rill_line_unmap(&from, wall_of(&to.points[i]));

		if (here > begin && here < end && bends(&to, i))
			rill_line_add(&c->line, here, (int64_t)to.points[i].ns - (int64_t)here);
	}
	rill_line_settle(&c->line);
	c->certain = true;
	c->uncertainty_ns = c->sample_uncertainty_ns + first->sample_uncertainty_ns;
	rill_line_free(&from);
	rill_line_free(&to);
}

/* ---- clock_sync ----------------------------------------------------------------------------- */

/* One moment on both clocks. */
struct pair {
	uint64_t ns;
	int64_t offset_ns;
	uint64_t uncertainty_ns;
	bool certain;
};

#define DRIFT_MAX 0.1		 /* no clock that is any use is worse */
#define DRIFT_USUAL 0.001	 /* of a crystal, with much to spare */
#define RUN_LONG_NS 1000000000.0 /* in which any drift can be told from a late mark */
#define RUN_SHORT_NS 100000000.0

static uint32_t clock_of_mark(const struct rill_merge_clocks *k, const struct rill_merge_clock *c,
			      const struct rill_look_mark *mark)
{
	const struct rill_merge_input *const in = &k->inputs[c->input];

	return in->clock + in->look.streams[mark->stream]->clock;
}

/* The mark with this id on clock b. */
static const struct rill_look_mark *find_mark(const struct rill_merge_clocks *k, uint32_t b,
					      const struct rill_table *by_id, const char *id)
{
	void **const place = rill_table_find(by_id, id, strlen(id));
	const struct rill_look_mark *const mark = place ? *place : NULL;

	return mark && clock_of_mark(k, &k->clocks[b], mark) == b ? mark : NULL;
}

/* Hands each pair of marks of both clocks to take; returns how many there are. */
static size_t each_pair(const struct rill_merge_clocks *k, uint32_t a, uint32_t b,
			void (*take)(void *ctx, const struct rill_look_mark *here,
				     const struct rill_look_mark *there),
			void *ctx)
{
	const struct rill_look *const left = &k->inputs[k->clocks[a].input].look;
	const struct rill_look *const right = &k->inputs[k->clocks[b].input].look;
	struct rill_table by_id = { .items = NULL };
	size_t count = 0;

	for (size_t i = 0; i < right->mark_count; i++)
		*rill_table_put(&by_id, right->marks[i].id, strlen(right->marks[i].id)) =
			&right->marks[i];
	for (size_t i = 0; i < left->mark_count; i++) {
		const struct rill_look_mark *const here = &left->marks[i];
		const struct rill_look_mark *there = NULL;

		if (right->mark_count && clock_of_mark(k, &k->clocks[a], here) == a)
			there = find_mark(k, b, &by_id, here->id);
		if (!there)
			continue;
		count++;
		if (take)
			take(ctx, here, there);
	}
	rill_table_free(&by_id, NULL);
	return count;
}

size_t rill_merge_common_marks(const struct rill_merge_clocks *k, uint32_t a, uint32_t b)
{
	return each_pair(k, a, b, NULL, NULL);
}

struct fit {
	const struct rill_line *to;
	struct pair *pairs;
	size_t count;
	double mean_run, mean_offset; /* from the first pair's */
	double slope;
	uint64_t from_ns, to_ns;
};

static void take_pair(void *ctx, const struct rill_look_mark *here,
		      const struct rill_look_mark *there)
{
	struct fit *const f = ctx;
	const uint64_t mapped = rill_line_map(f->to, there->ns);

	f->pairs[f->count++] = (struct pair){
		.ns = here->ns,
		.offset_ns = (int64_t)mapped - (int64_t)here->ns,
		.uncertainty_ns = here->uncertainty_ns + there->uncertainty_ns,
		.certain = here->certain || there->certain,
	};
}

static double run_of(const struct fit *f, uint64_t ns)
{
	return (double)(int64_t)(ns - f->pairs[0].ns);
}

static double offset_of(const struct fit *f, const struct pair *p)
{
	return (double)(p->offset_ns - f->pairs[0].offset_ns);
}

/* Least squares. */
static void find_slope(struct fit *f)
{
	double squares = 0, products = 0;

	f->from_ns = f->to_ns = f->pairs[0].ns;
	for (size_t i = 0; i < f->count; i++) {
		const struct pair *const p = &f->pairs[i];

		f->mean_run += run_of(f, p->ns) / (double)f->count;
		f->mean_offset += offset_of(f, p) / (double)f->count;
		f->from_ns = p->ns < f->from_ns ? p->ns : f->from_ns;
		f->to_ns = p->ns > f->to_ns ? p->ns : f->to_ns;
	}
	for (size_t i = 0; i < f->count; i++) {
		const double run = run_of(f, f->pairs[i].ns) - f->mean_run;

		squares += run * run;
		products += run * (offset_of(f, &f->pairs[i]) - f->mean_offset);
	}
	f->slope = squares > 0 ? products / squares : 0;
}

static int64_t fitted(const struct fit *f, uint64_t ns)
{
	const double offset = f->mean_offset + f->slope * (run_of(f, ns) - f->mean_run);

	return f->pairs[0].offset_ns + (int64_t)(offset < 0 ? offset - 0.5 : offset + 0.5);
}

static void heed_rest(const struct fit *f, struct rill_merge_clock *c)
{
	uint64_t rest = 0, mark = 0;

	c->certain = f->count > 1;
	for (size_t i = 0; i < f->count; i++) {
		const struct pair *const p = &f->pairs[i];
		const uint64_t off = (uint64_t)absolute(p->offset_ns - fitted(f, p->ns));

		rest = off > rest ? off : rest;
		mark = p->uncertainty_ns > mark ? p->uncertainty_ns : mark;
		c->certain |= p->certain;
	}
	c->uncertainty_ns = rest + mark;
}

int rill_merge_fit_sync(struct rill_merge_clocks *k, uint32_t clock, uint32_t settled)
{
	struct rill_merge_clock *const c = &k->clocks[clock];
	const struct rill_merge_clock *const there = &k->clocks[settled];
	struct fit f = { .to = &there->line };
	double run;

	f.pairs = rill_alloc(RILL_LOOK_MARKS_MAX, sizeof *f.pairs);
	c->pairs = each_pair(k, clock, settled, take_pair, &f);
	find_slope(&f);
	run = (double)(f.to_ns - f.from_ns);
	if (run >= RUN_LONG_NS && (f.slope > DRIFT_MAX || f.slope < -DRIFT_MAX)) {
		rill_say("the clock_sync marks of %s and %s contradict each other: their clocks "
			 "would differ by %d %% in speed (--offset %s=NS goes without them)",
			 k->inputs[c->input].look.path, k->inputs[there->input].look.path,
			 (int)(f.slope < -10 || f.slope > 10 ? 1000 : f.slope * 100),
			 k->inputs[c->input].look.path);
		free(f.pairs);
		return RILL_EXIT_FAILED;
	}
	/* What a short run tells of the drift would be wrong by much further on. */
	if (run < RUN_SHORT_NS ||
	    (run < RUN_LONG_NS && (f.slope > DRIFT_USUAL || f.slope < -DRIFT_USUAL)))
		f.slope = 0;
	rill_line_add(&c->line, f.from_ns, fitted(&f, f.from_ns));
	if (f.slope != 0)
		rill_line_add(&c->line, f.to_ns, fitted(&f, f.to_ns));
	rill_line_settle(&c->line);
	c->line.drifts = c->line.count > 1;
	heed_rest(&f, c);
	c->uncertainty_ns += there->uncertainty_ns;
	c->certain &= there->certain;
	free(f.pairs);
	return 0;
}
