/* SPDX-License-Identifier: MIT
 * check.c - the subscriber: is each event what its context wrote, in the order it wrote it, and in the order of time?
 */
#include "stress.h"

#include <stdio.h>
#include <string.h>

/* ---- content -------------------------------------------------------------------------------------- */

static bool has_text(const struct rill_value *v, uint32_t size)
{
	return !v->cut && !v->null && v->size == size && memcmp(v->text, stress_text, size) == 0;
}

/* Cut, the text is the beginning of what was written. */
static bool has_cut_text(const struct rill_value *v, uint32_t size)
{
	return v->cut && v->size < size && strlen(v->text) == v->size && memcmp(v->text, stress_text, v->size) == 0;
}

static bool has_ten(const struct rill_event *e, uint64_t check, uint32_t n)
{
	const struct rill_value *a = e->args;

	return e->nargs == 10 && a[1].u == check && a[2].u == (uint8_t)n && a[3].i == (int16_t)n && a[4].u == n && a[5].i == -(int64_t)n &&
	       a[6].d == (float)(n & 0xffff) && a[7].u == (n & 1) && a[8].i == (int8_t)n && a[9].u == (uint16_t)n;
}

static bool content_fits(const struct rill_event *e, enum stress_kind kind, uint32_t context, uint32_t n)
{
	uint64_t check = stress_check(context, n);
	uint32_t size = stress_text_size(kind, n);
	const struct rill_value *a = e->args;

	if (strcmp(e->name, stress_kind_names[kind]) != 0 || a[0].u != stress_word(context, n))
		return false;
	switch (kind) {
	case STRESS_ONE_WORD:
	case STRESS_OTHER:
		return e->nargs == 1;
	case STRESS_TWO_WORDS:
		return e->nargs == 2 && a[1].u == check;
	case STRESS_DYNAMIC:
		return e->nargs == 2 && a[1].u == check && e->site == 0;
	case STRESS_TEXT:
		return e->nargs == 3 && a[1].u == check && has_text(&a[2], size);
	case STRESS_MIXED:
		return e->nargs == 3 && a[1].d == n * 0.5 && a[2].size == size && memcmp(a[2].blob, stress_text, size) == 0;
	case STRESS_TEN:
		return has_ten(e, check, n);
	case STRESS_LONG:	/* in a block that is too small for it, cut */
		return e->nargs == 2 && (has_text(&a[1], size) || has_cut_text(&a[1], size));
	case STRESS_CUT:
		return e->nargs == 2 && has_cut_text(&a[1], size);
	default:
		return false;	/* this kind fits in no block */
	}
}

static void fault(struct stress_watch *w, uint64_t *counter, const struct rill_event *e, const char *what)
{
	if (!w->first_fault[0])
		snprintf(w->first_fault, sizeof w->first_fault, "%s: '%.20s' of thread %u (serial %u), level %u, word %llx, at %llu behind %llu", what,
			 e->name, e->tid, e->thread->serial, e->level, e->nargs ? (unsigned long long)e->args[0].u : 0ULL,
			 (unsigned long long)e->ts_ns, (unsigned long long)w->last_ns);
	++*counter;
}

/* ---- who, and in which order ---------------------------------------------------------------------- */

static uint32_t missing_between(struct stress_watch *w, uint32_t context, uint32_t last, uint32_t next)
{
	const uint32_t *from = atomic_load(&w->from), *to = atomic_load(&w->to);

	if (!from)
		return 0;
	if (last < from[context])
		last = from[context];
	if (to && next > to[context] + 1)
		next = to[context] + 1;
	return next > last ? next - last - 1 : 0;
}

/* Of one time, what a lower level wrote comes first: a context that went from one to the other within a tick is not in its own order. */
static bool is_tie(const struct stress_moment *last, const struct rill_event *e)
{
	return e->ts_ns == last->ns && e->level > last->level;
}

/* The counter of an emulator is the wall clock, which is set back now and then: the levels of a context go different ways then. */
static bool emulator_went_back(const struct stress_watch *w)
{
	return stress_emulated() && w->clamped;
}

static void check_sequence(struct stress_watch *w, const struct rill_event *e, uint32_t context, uint32_t n)
{
	uint32_t last = atomic_load_explicit(&w->last[context], memory_order_relaxed);

	if (n < last && (is_tie(&w->last_moment[context], e) || emulator_went_back(w))) {
		if (stress_contexts[context].mode != STRESS_FLIP)
			w->missing -= missing_between(w, context, n - 1, n + 1);	/* it was counted so */
		return;
	}
	w->last_moment[context] = (struct stress_moment){ e->ts_ns, e->level };
	if (n == last)
		fault(w, &w->doubled, e, "twice");
	else if (n < last)
		fault(w, &w->backwards, e, "behind a later one of its context");
	else if (!last)
		w->first[context] = n;
	if (n > last && stress_contexts[context].mode != STRESS_FLIP)
		w->missing += missing_between(w, context, last, n);
	if (w->exact_gaps && n - last - 1 != w->pending_gap)
		fault(w, &w->gaps_wrong, e, "the gap in front of it is not what is missing");
	w->pending_gap = 0;
	atomic_store_explicit(&w->last[context], n, memory_order_relaxed);
}

static void check_time(struct stress_watch *w, const struct rill_event *e)
{
	if (e->state & RILL_EVENT_CLAMPED && stress_emulated())
		w->clamped++;
	else if (e->state & RILL_EVENT_CLAMPED)
		fault(w, &w->clamped, e, "a clock that went backwards");
	if (e->state & RILL_EVENT_LATE) {
		w->late++;
		return;
	}
	if (e->ts_ns < w->last_ns)
		fault(w, &w->backwards, e, "older than the one before it");
	w->last_ns = e->ts_ns;
}

static void check_quiet(struct stress_watch *w, const struct rill_event *e)
{
	/* Whoever changes the stretch empties it first and writes `to` last; so an old `to` never meets an older `from`. */
	uint64_t to_ns = atomic_load(&w->quiet_to_ns);

	if (e->ts_ns < to_ns && e->ts_ns > atomic_load(&w->quiet_from_ns))
		fault(w, &w->loud, e, "its category was off by then");
}

/* Of one that tells who it is. */
static void check_named(struct stress_watch *w, const struct rill_event *e)
{
	uint32_t context = (uint32_t)(e->args[0].u >> 44), n = e->args[0].u >> 16 & 0xfffffff;
	enum stress_kind kind;

	if (!context || context > stress_context_count()) {
		fault(w, &w->torn, e, "no context has this number");
		return;
	}
	kind = stress_kind_of((enum stress_mode)stress_contexts[context].mode, n);
	w->kinds[kind]++;
	if (!content_fits(e, kind, context, n))
		fault(w, &w->torn, e, "not what its context wrote");
	if (stress_contexts[context].tid != e->tid)
		fault(w, &w->torn, e, "not the thread that wrote it");
	check_sequence(w, e, context, n);
}

static void check_event(struct stress_watch *w, const struct rill_event *e)
{
	struct stress_line *line;

	/* Metadata, and what rill says of itself, is in no book. */
	if (strcmp(e->category, "__metadata") == 0 || strcmp(e->category, "rill") == 0)
		return;
	if (strncmp(e->category, "stress", 6) != 0) {
		fault(w, &w->foreign, e, "a category that nobody asked for");
		return;
	}
	w->at_level[e->level % 8]++;
	line = stress_line_of(w, e->thread);
	if (line)
		line->delivered++;
	check_time(w, e);
	if (strcmp(e->category, "stress.flip") == 0)
		check_quiet(w, e);
	if (w->each)
		w->each(w, e);
	if (e->nargs)
		check_named(w, e);
	else
		w->nameless++;
	atomic_fetch_add_explicit(&w->events, 1, memory_order_relaxed);
}

static void check_gap(struct stress_watch *w, const struct rill_gap *gap)
{
	struct stress_line *line = gap->thread ? stress_line_of(w, gap->thread) : NULL;

	if (line)
		line->lost += gap->count;
	w->lost[gap->cause % RILL_CAUSES] += gap->count;
	w->lost_total += gap->count;
	w->pending_gap += gap->count;
	if (!gap->count || (gap->before_ns && gap->after_ns && gap->before_ns > gap->after_ns))
		w->gaps_wrong++;
}

void stress_check_batch(void *watch, const struct rill_batch *batch)
{
	struct stress_watch *w = watch;
	size_t gap = 0;

	for (size_t i = 0; i <= batch->count; i++) {
		while (gap < batch->gap_count && batch->gap_at[gap] <= i)
			check_gap(w, &batch->gaps[gap++]);
		if (i < batch->count)
			check_event(w, &batch->events[i]);
	}
	if (w->batch)
		w->batch(w);
}
