/* SPDX-License-Identifier: MIT
 * clock.c - from snapshots of counter and clocks (clock_take.c) to the conversion between them
 * (clock.h has the picture).
 *
 * The conversion is a chain of straight pieces. A piece that has been used never changes its
 * values; what is new is appended. So ticks convert alike before and after a snapshot, and the
 * result never goes back:
 *
 *   - a snapshot closes the open piece by a straight line to itself;
 *   - where the open piece has been used beyond its begin, its line stays up to there and the new
 *     one starts there, so the error of the extrapolation (below 1 us) is made good within the next
 *     snapshot;
 *   - at a jump (counter and clock disagree) the old line stays up to the new snapshot, cut off at
 *     its ns: events before the jump keep their distances, and a new epoch begins at the snapshot.
 */
#include "route/clock.h"

#include "port/port.h"
#include "route/clock_chain.h"
#include "route/clock_math.h"
#include "route/clock_take.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum {
	MILLISECOND_NS = 1000000,
	/* long enough for 1 ppm, short enough to follow a slew */
	ANCHOR_NS = 128 * MILLISECOND_NS,
	/* two clocks of the kernel have parted: a step, or a sleep */
	PARTED_NS = MILLISECOND_NS
};

/* ---- what the clocks tell of each other ------------------------------------------------------ */

/* How far an offset is from the one that was last told; 0: no further than it may be by chance. */
static int64_t parted_ns(struct rill_timebase_offset *told, uint64_t now_ns, uint64_t slack_ns)
{
	int64_t off = told->known ? (int64_t)(now_ns - told->ns) : 0;

	if (told->known && (uint64_t)(off < 0 ? -off : off) <= PARTED_NS + told->slack_ns + slack_ns)
		return 0;
	*told = (struct rill_timebase_offset){ now_ns, slack_ns, true };
	return off;
}

/* The wall clock is compared with BOOTTIME, which goes on as it does while the machine sleeps; without one, with MONOTONIC. */
static void compare_clocks(struct rill_timebase *tb, struct rill_clock_snapshot *s)
{
	uint64_t boottime = s->boottime_ns ? s->boottime_ns : s->monotonic_ns;

	s->slept_ns = parted_ns(&tb->boottime_off, boottime - s->monotonic_ns, s->beside_ns);
	if (s->realtime_ns)
		s->set_ns = parted_ns(&tb->realtime_off, s->realtime_ns - boottime, s->beside_ns);
}

/* ---- the chain of pieces --------------------------------------------------------------------- */

/* Removes every second vertex of the older half, so that the chain gets coarser with age. The
 * begin of an epoch stays unless there is nothing else to remove. */
static void thin_out(struct rill_timebase *tb, bool epochs_too)
{
	struct rill_timebase_piece *p = tb->pieces;
	uint32_t kept = 1;

	for (uint32_t i = 1; i < tb->count; i++) {
		bool removed = i % 2 && i < RILL_TIMEBASE_PIECES / 2 && (epochs_too || !p[i].jump);

		if (removed) {
			if (!p[i + 1].jump)
				p[kept - 1].mult =
					rill_clock_mult(p[i + 1].ns - p[kept - 1].ns,
							p[i + 1].ticks - p[kept - 1].ticks);
			continue;
		}
		p[kept++] = p[i];
	}
	tb->count = kept;
}

static void append_piece(struct rill_timebase *tb, struct rill_timebase_piece piece)
{
	if (tb->count == RILL_TIMEBASE_PIECES)
		thin_out(tb, false);
	if (tb->count == RILL_TIMEBASE_PIECES)
		thin_out(tb, true);
	tb->pieces[tb->count++] = piece;
}

static struct rill_timebase_piece *open_piece(struct rill_timebase *tb)
{
	return &tb->pieces[tb->count - 1];
}

/* The least ns that may still be given: what the open piece has promised. */
static uint64_t promised_ns(struct rill_timebase *tb)
{
	const struct rill_timebase_piece *open = open_piece(tb);

	return open->ns + rill_clock_scale(tb->ahead_ticks, open->mult);
}

/* ---- the rate -------------------------------------------------------------------------------- */

static struct rill_timebase_anchor anchor_at(const struct rill_clock_snapshot *s)
{
	return (struct rill_timebase_anchor){ s->ticks, s->monotonic_ns, s->uncertainty_ns };
}

static void drop_anchor(struct rill_timebase *tb, const struct rill_clock_snapshot *s)
{
	tb->anchors[0] = tb->anchors[1] = anchor_at(s);
	tb->settling = true;
}

static void learn_rate(struct rill_timebase *tb, const struct rill_clock_snapshot *s)
{
	const struct rill_timebase_anchor *from = &tb->anchors[0];
	uint64_t ns, ticks;

	if (s->monotonic_ns - tb->anchors[1].ns >= ANCHOR_NS) {
		tb->anchors[0] = tb->anchors[1];
		tb->anchors[1] = anchor_at(s);
	}
	ns = s->monotonic_ns - from->ns;
	ticks = s->ticks - from->ticks;
	if (ns < MILLISECOND_NS || !ticks)
		return;	/* too short to tell more than is known */
	tb->mult = rill_clock_mult(ns, ticks);
	tb->second_ticks = rill_clock_scale(1000 * MILLISECOND_NS, rill_clock_mult(ticks, ns));
	tb->rate_error_ppm = (from->uncertainty_ns + s->uncertainty_ns) * 1000000 / ns;
	tb->settling = false;
}

/* Do counter and clock tell of different times since the newest snapshot? */
static bool is_jump(const struct rill_timebase *tb, const struct rill_clock_snapshot *s)
{
	uint64_t clock_ns = s->monotonic_ns - tb->newest.monotonic_ns;
	uint64_t counter_ns = rill_clock_scale(s->ticks - tb->newest.ticks, tb->mult);
	uint64_t less = clock_ns < counter_ns ? clock_ns : counter_ns;
	uint64_t off = clock_ns < counter_ns ? counter_ns - clock_ns : clock_ns - counter_ns;

	/* A new rate is not known yet; a snapshot beside the counter's skew says nothing. */
	if (tb->settling || !rill_clock_at_or_after(s->ticks, tb->newest.ticks))
		return false;
	return off > RILL_CLOCK_JUMP_NS + s->uncertainty_ns + tb->newest.uncertainty_ns +
			     less / 1000000 * (RILL_CLOCK_SLEW_PPM + tb->rate_error_ppm);
}

/* ---- taking a snapshot in -------------------------------------------------------------------- */

static uint64_t at_least(uint64_t ns, uint64_t least)
{
	return ns > least ? ns : least;
}

static void begin_epoch(struct rill_timebase *tb, struct rill_clock_snapshot *s, uint64_t promised)
{
	tb->jumps++;
	s->epoch = tb->jumps;
	s->jumped = true;
	drop_anchor(tb, s);
	append_piece(tb, (struct rill_timebase_piece){
				 s->ticks, at_least(s->monotonic_ns, promised), tb->mult, true });
	tb->ahead_ticks = 0;
}

/* The counter went back: its numbers come a second time. The new chain starts empty, and of the
 * old one stays its end, for the records that were made before. */
static void begin_again(struct rill_timebase *tb, struct rill_clock_snapshot *s)
{
	tb->before = *open_piece(tb);
	tb->has_before = true;
	tb->floor_ns = promised_ns(tb);
	tb->count = 0;
	begin_epoch(tb, s, tb->floor_ns);
}

static void close_piece(struct rill_timebase *tb, const struct rill_clock_snapshot *s)
{
	struct rill_timebase_piece *open = open_piece(tb);
	uint64_t ns;

	if (s->exact)
		learn_rate(tb, s);

	if (tb->ahead_ticks) {
		append_piece(tb, (struct rill_timebase_piece){ open->ticks + tb->ahead_ticks,
							       promised_ns(tb), 0, false });
		open = open_piece(tb);
		tb->ahead_ticks = 0;
	}
	ns = at_least(s->monotonic_ns, open->ns);
	open->mult = rill_clock_mult(ns - open->ns, s->ticks - open->ticks);
	append_piece(tb, (struct rill_timebase_piece){ s->ticks, ns, tb->mult, false });
}

/* Less is what processors may differ by, and a millisecond, which is no epoch's worth. */
static uint64_t step_back_ticks(const struct rill_timebase *tb)
{
	return tb->second_ticks / 1000 + tb->clocks.source->skew_ticks;
}

bool rill_timebase_went_back(const struct rill_timebase *tb, uint64_t ticks)
{
	uint64_t behind = tb->newest.ticks - ticks;

	return (int64_t)behind > 0 && behind > step_back_ticks(tb);
}

uint64_t rill_timebase_settled(const struct rill_timebase *tb)
{
	return tb->pieces[tb->count - 1].ticks + tb->ahead_ticks;
}

void rill_timebase_absorb(struct rill_timebase *tb, struct rill_clock_snapshot *s)
{
	const uint64_t done = rill_timebase_settled(tb);

	if (s->exact)
		compare_clocks(tb, s);
	if (rill_timebase_went_back(tb, s->ticks)) {
		begin_again(tb, s);
	} else if (is_jump(tb, s)) {
		begin_epoch(tb, s, promised_ns(tb));
	} else if (rill_clock_is_after(s->ticks, done)) {
		close_piece(tb, s);
	}
	tb->newest = *s;
}

/* ---- the interface --------------------------------------------------------------------------- */

static void sleep_ns(uint64_t ns)
{
	uint64_t until = rill_port_monotonic_ns() + ns;
	struct timespec time = { (time_t)(until / 1000000000), (long)(until % 1000000000) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
		;
}

void rill_timebase_init(struct rill_timebase *tb, const struct rill_timebase_clocks *clocks)
{
	memset(tb, 0, sizeof(*tb));
	if (clocks)
		tb->clocks = *clocks;
	else
		tb->clocks = (struct rill_timebase_clocks){
			.source = rill_clock(),
			.monotonic_ns = rill_port_monotonic_ns,
			.raw_ns = rill_port_raw_ns,
			.boottime_ns = rill_port_boottime_ns,
			.realtime_ns = rill_port_realtime_ns,
			.wait_ns = sleep_ns,
		};
	tb->identity = tb->clocks.source->read == tb->clocks.monotonic_ns;
	tb->mult = (uint64_t)1 << RILL_MULT_BITS;
	tb->second_ticks = 1000 * MILLISECOND_NS;
}

/* The first snapshot does not know the rate: a second one has to be a millisecond younger, and a frequency told by a boot loader may be
 * wrong. Until then the latter only says how far back or ahead a counter may be. */
static void first_snapshot(struct rill_timebase *tb)
{
	const uint64_t hz = tb->clocks.source->frequency_hz();
	struct rill_clock_snapshot s;

	tb->granule_ticks = rill_clock_granule(tb->clocks.source->read);
	rill_clock_take(tb, &s);
	compare_clocks(tb, &s);
	drop_anchor(tb, &s);
	if (hz)
		tb->second_ticks = hz;
	tb->newest = s;
	tb->lone = true;
	append_piece(tb, (struct rill_timebase_piece){ s.ticks, s.monotonic_ns, tb->mult, false });
}

static void wait_behind(const struct rill_timebase *tb, uint64_t since_ns)
{
	uint64_t passed;

	while ((passed = tb->clocks.monotonic_ns() - since_ns) < MILLISECOND_NS)
		tb->clocks.wait_ns(MILLISECOND_NS - passed);
}

/* Not if the counter has begun again in between, nor if the machine slept, when the counter may have run on. */
static bool tells_rate(const struct rill_clock_snapshot *from, const struct rill_clock_snapshot *to)
{
	uint64_t slept_ns = (to->boottime_ns - from->boottime_ns) - (to->monotonic_ns - from->monotonic_ns);

	if (!rill_clock_at_or_after(to->ticks, from->ticks))
		return false;
	return !to->boottime_ns || slept_ns + PARTED_NS <= 2 * PARTED_NS;
}

/* At the rate of 1 that was in force, it took ticks for ns. */
static void set_right(const struct rill_timebase *tb, struct rill_clock_snapshot *s)
{
	s->uncertainty_ns = rill_clock_scale(s->uncertainty_ns - 1, tb->mult) + 1;
}

/* Somebody has ticks to convert, or the millisecond is over. The second snapshot is for the rate alone: what the machine did in between is
 * found by the next update, as ever. Where it does not tell the rate, a third one does. A counter that stands still is taken for
 * nanoseconds. */
static void learn_first_rate(struct rill_timebase *tb)
{
	struct rill_clock_snapshot from, to = tb->newest;

	for (int tries = 0; tries < 2; tries++) {
		from = to;
		wait_behind(tb, from.monotonic_ns);
		rill_clock_take(tb, &to);
		if (tells_rate(&from, &to))
			break;
	}
	tb->lone = false;
	if (!tells_rate(&from, &to))
		return;		/* twice: learnt with the snapshots to come */
	drop_anchor(tb, &from);
	learn_rate(tb, &to);
	set_right(tb, &from);
	set_right(tb, &to);
	set_right(tb, &tb->newest);
	drop_anchor(tb, &from);
	learn_rate(tb, &to);
	open_piece(tb)->mult = tb->mult;
}

void rill_timebase_snapshot(struct rill_timebase *tb)
{
	struct rill_clock_snapshot s;

	if (!tb->identity && !tb->count) {
		first_snapshot(tb);
		return;
	}
	if (tb->lone)
		learn_first_rate(tb);
	rill_clock_take(tb, &s);
	if (tb->identity) {
		compare_clocks(tb, &s);
		tb->newest = s;
		tb->count = 1;
	} else {
		rill_timebase_absorb(tb, &s);
	}
}

/* While the rate is not known, ticks do not say how old a snapshot is. */
bool rill_timebase_is_young(const struct rill_timebase *tb)
{
	if (tb->lone)
		return tb->clocks.monotonic_ns() - tb->newest.monotonic_ns < MILLISECOND_NS;
	return tb->clocks.source->read() - tb->newest.ticks < tb->second_ticks / 1000;
}

bool rill_timebase_update(struct rill_timebase *tb)
{
	struct rill_clock_snapshot s;

	if (tb->count && rill_timebase_is_young(tb))
		return false;
	if (tb->identity || !tb->count) {
		rill_timebase_snapshot(tb);
		return true;
	}
	if (tb->lone)
		learn_first_rate(tb);
	rill_clock_take(tb, &s);
	if (rill_timebase_went_back(tb, s.ticks))
		return false;
	rill_timebase_absorb(tb, &s);
	return true;
}

bool rill_timebase_began_again(const struct rill_timebase *tb, uint64_t before, uint64_t now)
{
	return tb->count && ((before > now && before - now > step_back_ticks(tb)) || rill_timebase_went_back(tb, now));
}

/* ---- the conversion -------------------------------------------------------------------------- */

static uint64_t add_saturated(uint64_t ns, uint64_t more)
{
	return more > UINT64_MAX - ns ? UINT64_MAX : ns + more;
}

static uint64_t subtract_down_to(uint64_t ns, uint64_t less, uint64_t floor_ns)
{
	return ns > floor_ns && ns - floor_ns > less ? ns - less : floor_ns;
}

/* A record of before the counter went back. */
static uint64_t ns_before(const struct rill_timebase *tb, uint64_t ticks)
{
	const struct rill_timebase_piece *end = &tb->before;
	uint64_t ns;

	if (!rill_clock_at_or_after(ticks, end->ticks))
		return subtract_down_to(end->ns, rill_clock_scale(end->ticks - ticks, end->mult),
					0);
	ns = add_saturated(end->ns, rill_clock_scale(ticks - end->ticks, end->mult));
	return ns < tb->pieces[0].ns ? ns : tb->pieces[0].ns;
}

/* Beyond the newest snapshot. A pass converts what was recorded before its own snapshot or just
 * after it; ticks more than a second ahead are no event of now, and remembering them would bend
 * the time of all that follow. */
static uint64_t ns_ahead(struct rill_timebase *tb, uint64_t ticks)
{
	const struct rill_timebase_piece *open = open_piece(tb);
	uint64_t ahead = ticks - open->ticks;

	if (ahead > tb->second_ticks && tb->has_before)
		return ns_before(tb, ticks);
	if (ahead > tb->ahead_ticks && ahead <= tb->second_ticks)
		tb->ahead_ticks = ahead;
	return add_saturated(open->ns, rill_clock_scale(ahead, open->mult));
}

/* The piece that holds ticks, which lie behind the begin of the chain and before the open piece. */
static uint32_t find_piece(const struct rill_timebase *tb, uint64_t ticks)
{
	uint32_t low = 0, high = tb->count - 1;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (rill_clock_at_or_after(ticks, tb->pieces[middle].ticks))
			low = middle;
		else
			high = middle;
	}
	return low;
}

static bool holds(const struct rill_timebase *tb, uint32_t i, uint64_t ticks)
{
	return i + 1 < tb->count && rill_clock_at_or_after(ticks, tb->pieces[i].ticks) &&
	       !rill_clock_at_or_after(ticks, tb->pieces[i + 1].ticks);
}

bool rill_timebase_line_at(struct rill_timebase *tb, uint64_t ticks, struct rill_timebase_line *line)
{
	const struct rill_timebase_piece *p = tb->pieces;

	if (tb->identity) {
		*line = (struct rill_timebase_line){ 0, UINT64_MAX, 0, UINT64_MAX, UINT64_C(1) << RILL_MULT_BITS };
		return true;
	}
	if (!tb->count || rill_clock_at_or_after(ticks, open_piece(tb)->ticks) || !rill_clock_at_or_after(ticks, p[0].ticks))
		return false;
	if (!holds(tb, tb->found, ticks))
		tb->found = find_piece(tb, ticks);
	p += tb->found;
	*line = (struct rill_timebase_line){ p[0].ticks, p[1].ticks - p[0].ticks, p[0].ns, p[1].ns, p[0].mult };
	return true;
}

uint64_t rill_timebase_ns(struct rill_timebase *tb, uint64_t ticks)
{
	struct rill_timebase_line line;
	const struct rill_timebase_piece *p = tb->pieces;

	if (tb->identity)
		return ticks;
	if (tb->lone)
		learn_first_rate(tb);
	if (rill_clock_at_or_after(ticks, open_piece(tb)->ticks))
		return ns_ahead(tb, ticks);
	if (!rill_clock_at_or_after(ticks, p[0].ticks))
		return subtract_down_to(p[0].ns, rill_clock_scale(p[0].ticks - ticks, p[0].mult),
					tb->floor_ns);
	rill_timebase_line_at(tb, ticks, &line);
	return rill_timebase_line_ns(&line, ticks);
}
