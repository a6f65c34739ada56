/* SPDX-License-Identifier: MIT
 * to_ctf_live.c - a CTF trace for readers that follow it: what they may rely on not to come any more.
 *
 * A reader of several files shows what is older than all that may still come in any of them. So at each flush a time is
 * promised below which nothing will come; what does so all the same, since its ring was held too long or its process was silent for
 * longer than the others are held up, stands at that time and says its own.
 *
 * Readers learn of new files with the next packet of one that they know: the first file, which has no events, gets an empty one.
 */
#include "to_ctf.h"

/* For so long the other processes wait for one that says nothing. */
#define SILENT_NS UINT64_C(2000000000)
enum { CLOCK_WAITS = 10 };	/* flushes */

void rill_ctf_live_open(struct rill_to_ctf *t, struct rill_ctf_growth *growth)
{
	t->growth = growth;
	t->sources.out.growth = growth;
	if (growth)
		t->beacon.number = t->sources.files++;
}

/* All that is there is not later than this. */
static uint64_t promise_of(const struct rill_to_ctf *t)
{
	const uint64_t last_ns = t->newest_ns, waits_until_ns = last_ns > SILENT_NS ? last_ns - SILENT_NS : 0;
	uint64_t ns = last_ns;

	for (unsigned i = 0; i < RILL_CTF_STREAMS; i++)
		if (t->streams[i] && t->streams[i]->now_ns && t->streams[i]->now_ns < ns)
			ns = t->streams[i]->now_ns;
	if (ns < waits_until_ns)
		ns = waits_until_ns;
	return ns;
}

/* Who reads it has the head as it is at first, and that says what day it is. Not every trace knows. */
bool rill_ctf_live_waits(struct rill_to_ctf *t)
{
	return t->growth && !t->has_head && !t->facts.has_clock && (!t->newest_ns || t->waited++ < CLOCK_WAITS);
}

/* What stands later than it was is the newest there is, or a reader would not show it before something newer comes. */
uint64_t rill_ctf_live_time(struct rill_to_ctf *t, struct rill_ctf_stream *s, uint64_t ns)
{
	if (ns >= t->promise_ns)
		return ns;
	if (s->now_ns < t->promise_ns)
		s->now_ns = t->promise_ns;
	if (t->newest_ns < t->promise_ns)
		t->newest_ns = t->promise_ns;
	return t->promise_ns;
}

void rill_ctf_live_flushed(struct rill_to_ctf *t, bool over)
{
	uint64_t promise_ns;

	if (!t->growth)
		return;
	promise_ns = over ? t->newest_ns : promise_of(t);
	if ((promise_ns && t->sources.files != t->files_told) || over) {
		t->files_told = t->sources.files;
		/* First: who had the packet below without the files would not hear of them before the next. */
		rill_ctf_promise(t->growth, t->files_told, t->growth->now.promise_ns, false);
		t->beacon.out_ns = promise_ns > t->promise_ns ? promise_ns : t->promise_ns;
		rill_ctf_lane_beacon(&t->beacon, &t->sources.out);
	}
	/* Those that have nothing new are told so at different times, each behind the newest event. */
	if (promise_ns && promise_ns >= t->promise_ns)
		t->promise_ns = promise_ns + t->files_told + 1;
	rill_ctf_promise(t->growth, t->files_told, t->promise_ns - t->files_told, over);
}
