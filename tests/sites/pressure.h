/* SPDX-License-Identifier: MIT
 * pressure.h - more live values than registers around call sites: their sum must be the same on and off.
 *
 * A test whose asm statement names its outputs or clobbers wrongly lets the compiler keep a value where the site
 * destroys it; that shows here and hardly anywhere else.
 */
#ifndef RILL_SITES_PRESSURE_H
#define RILL_SITES_PRESSURE_H

#include "record.h"

enum { PRESSURE_ROUNDS = 3000, PRESSURE_EVENTS = PRESSURE_ROUNDS * 4 + PRESSURE_ROUNDS / 2 * 3 };

static NOINLINE uint64_t pressure(const uint64_t *v)
{
	uint64_t a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6];
	uint64_t h = v[7], i = v[8], j = v[9], k = v[10], l = v[11], m = v[12], n = v[13];
	double p = 1, q = 2;

	for (unsigned round = 0; round < PRESSURE_ROUNDS; round++) {
		RILL_SCOPE("pressure", "whole", "round", round);
		RILL_INSTANT("pressure", "two", "a", a, "n", n);
		a += b ^ round, b = b * 3 + c, c ^= d >> 3, d += e, e ^= f + g, f -= h, g += i * 5;
		h ^= j, i += k, j -= l, k ^= m, l += n, m ^= a, n += b;
		p += q * (double)(round & 7), q = q / 2 + p / 4096;
		if (round & 1) {
			RILL_SCOPE("pressure", "half", "d", (double)d);
			a ^= m;
			RILL_INSTANT("pressure", "mixed", "s", round & 2 ? "x" : "a longer one", "c", c, "m", m, "l", l);
		}
		RILL_COUNTER("pressure", "floats", "p", p, "q", q);
	}
	return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ i ^ j ^ k ^ l ^ m ^ n ^ (uint64_t)p ^ (uint64_t)(q * 1000);
}

static inline void check_pressure(void)
{
	struct rill_session *session;
	struct rill_stats stats;
	uint64_t v[14], off, on;

	for (unsigned i = 0; i < 14; i++)
		v[i] = i * 0x9e3779b97f4a7c15u;
	off = pressure(v);
	session = record_start("pressure", record_sites_only);
	on = pressure(v);
	rill_session_flush(session, 10000);
	rill_session_stats(session, &stats);
	rill_session_stop(session);
	if (on != off) {
		printf("pressure: on and off give different results\n");
		recorded.bad++;
	}
	/* The ring is smaller than this loop: what was lost is counted. A lost begin has no end. */
	if (stats.delivered + stats.lost_total > PRESSURE_EVENTS || stats.delivered < 100 ||
	    (!stats.lost_total && stats.delivered != PRESSURE_EVENTS)) {
		printf("pressure: %" PRIu64 " delivered and %" PRIu64 " lost of %d events\n", stats.delivered,
		       stats.lost_total, PRESSURE_EVENTS);
		recorded.bad++;
	}
}

#endif
