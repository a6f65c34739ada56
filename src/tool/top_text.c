/* SPDX-License-Identifier: MIT
 * top_text.c - what `rill top` shows, as lines: numbers first, names last, so that any name fits.
 */
#include "top.h"
#include "words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Lines that are left, and the line that is being made. */
struct page {
	FILE *out;
	size_t left, columns;
	char *text;
	size_t size;
	FILE *line;
};

static bool line_begin(struct page *p)
{
	if (!p->left)
		return false;
	p->line = open_memstream(&p->text, &p->size);
	return p->line != NULL;
}

/* How much of the text fits; all of it is well-formed. */
static size_t bytes_in(const char *text, size_t columns)
{
	size_t at = 0;

	for (; text[at]; at++)
		if ((text[at] & 0xc0) != 0x80 && columns-- == 0)
			break;
	return at;
}

static void line_end(struct page *p)
{
	fclose(p->line);
	fprintf(p->out, "%.*s\n", (int)(p->columns ? bytes_in(p->text, p->columns) : p->size), p->text);
	free(p->text);
	p->text = NULL;
	p->left--;
}

static void __attribute__((format(printf, 2, 3))) line_put(struct page *p, const char *format, ...)
{
	va_list arguments;

	if (!line_begin(p))
		return;
	va_start(arguments, format);
	vfprintf(p->line, format, arguments);
	va_end(arguments);
	line_end(p);
}

/* ---- numbers -------------------------------------------------------------------------------------- */

static double per_second(uint64_t count, uint64_t period_ns)
{
	return period_ns ? (double)count * 1e9 / (double)period_ns : 0;
}

static void put_rate(FILE *out, uint64_t count, uint64_t period_ns)
{
	const double rate = per_second(count, period_ns);

	fprintf(out, rate >= 100 || rate == 0 ? "%12.0f" : "%12.1f", rate);
}

static void put_share(FILE *out, int64_t part_ns, uint64_t period_ns)
{
	fprintf(out, "%7.1f%%", period_ns ? (double)part_ns * 100 / (double)period_ns : 0);
}

/* ---- tables --------------------------------------------------------------------------------------- */

static void put_row(struct page *p, const struct rill_top *t, const struct rill_top_row *r)
{
	if (!line_begin(p))
		return;
	put_rate(p->line, r->count, t->period_ns);
	if (r->row->kind == RILL_KIND_SLICE) {
		fprintf(p->line, "%11s", rill_time_word((uint64_t)r->self_ns).text);
		put_share(p->line, r->self_ns, t->period_ns);
	} else {
		fprintf(p->line, "%11s%8s", "-", "-");
	}
	fputs("  ", p->line);
	rill_put_safe(p->line, r->row->category);
	fputs("  ", p->line);
	rill_put_safe(p->line, r->row->name);
	line_end(p);
}

static const struct rill_top_ring *ring_of(const struct rill_top *t, int64_t tid)
{
	for (size_t i = 0; i < t->ring_count; i++)
		if (t->rings[i].tid == tid)
			return &t->rings[i];
	return NULL;
}

static void put_fill(FILE *out, const struct rill_top_ring *ring)
{
	if (ring && ring->ring_bytes)
		fprintf(out, "%6" PRIu64 "%%%6" PRIu64 "%%", ring->fill_bytes * 100 / ring->ring_bytes,
			ring->high_bytes * 100 / ring->ring_bytes);
	else
		fprintf(out, "%7s%7s", "-", "-");
}

static void put_lane(struct page *p, const struct rill_top *t, const struct rill_top_lane *l)
{
	if (!line_begin(p))
		return;
	put_rate(p->line, l->events, t->period_ns);
	put_share(p->line, l->busy_ns, t->period_ns);
	fprintf(p->line, "%10" PRIu64, l->lost);
	put_fill(p->line, ring_of(t, l->lane->tid));
	fprintf(p->line, "%10lld%10lld  ", (long long)l->lane->pid, (long long)l->lane->tid);
	rill_put_safe(p->line, l->lane->name ? l->lane->name : "");
	line_end(p);
}

static void put_more(struct page *p, size_t shown, size_t count)
{
	if (shown < count)
		line_put(p, "%12s %zu more", "...", count - shown);
}

/* A third of a screen is for threads, at least, if there are so many. */
static size_t rows_of(const struct rill_top_size *size, const struct rill_top *t)
{
	enum { HEADS = 6 };
	size_t room = size->lines > HEADS ? size->lines - HEADS : 0, lanes = room / 3;

	if (lanes > t->lane_count)
		lanes = t->lane_count;
	return room - lanes;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

void rill_top_put(FILE *out, const struct rill_top *t, const struct rill_model *m, const char *source, const struct rill_top_size *size)
{
	struct page p = { .out = out, .left = size->lines ? size->lines : SIZE_MAX, .columns = size->columns };
	const size_t names = least(t->row_count, size->lines ? rows_of(size, t) : size->rows ? size->rows : SIZE_MAX);
	const size_t threads = least(t->lane_count, size->rows ? size->rows : SIZE_MAX);

	if (line_begin(&p)) {
		rill_put_safe(p.line, source);
		fprintf(p.line, ": %.0f events/s, %.0f lost/s in %s; %" PRIu64 " events, %" PRIu64 " lost in all", per_second(t->events, t->period_ns),
			per_second(t->lost, t->period_ns), rill_time_word(t->period_ns).text, m->events, rill_model_lost(m));
		line_end(&p);
	}
	line_put(&p, "%s", "");
	line_put(&p, "%12s%11s%8s  CATEGORY  NAME", "EVENTS/S", "SELF", "SHARE");
	for (size_t i = 0; i < names; i++)
		put_row(&p, t, &t->rows[i]);
	put_more(&p, names, t->row_count);
	line_put(&p, "%s", "");
	line_put(&p, "%12s%8s%10s%7s%7s%10s%10s  THREAD", "EVENTS/S", "BUSY", "LOST", "RING", "MOST", "PID", "TID");
	for (size_t i = 0; i < threads; i++)
		put_lane(&p, t, &t->lanes[i]);
	put_more(&p, threads, t->lane_count);
}
