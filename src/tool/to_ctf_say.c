/* SPDX-License-Identifier: MIT
 * to_ctf_say.c - what rill itself says of a trace: metadata, names, clocks, losses.
 *
 * These are events of category "rill" and phase "metadata", under the names that they have in
 * Chrome JSON. Losses are such events too, and besides are counted where readers of CTF look for them.
 */
#include "format/causes.h"
#include "format/text.h"
#include "to_ctf.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

enum { OWN_ARGS = 16 };

/* ---- events --------------------------------------------------------------------------------- */

static struct rill_ctf_source *source_of(struct rill_to_ctf *t, struct rill_ctf_stream *s,
					 const struct rill_thread *thread)
{
	return rill_ctf_source_of(&t->sources, s->number, thread ? thread->serial : 0, &s->sources);
}

void rill_ctf_put(struct rill_to_ctf *t, struct rill_ctf_stream *s,
		  const struct rill_thread *thread, const struct rill_event *e)
{
	struct rill_ctf_entry entry = { .event = e, .ts_ns = rill_ctf_live_time(t, s, e->ts_ns) };
	struct rill_ctf_lane *const lane =
		rill_ctf_lane_for(&t->sources, source_of(t, s, thread), &entry.ts_ns);
	const bool moved = entry.ts_ns != e->ts_ns;

	t->moved += moved;
	entry.class = rill_ctf_class_of(&t->classes, e, rill_ctf_facts(e, s->pid, moved));
	rill_ctf_lane_put(lane, &t->sources.out, &entry);
}

/* ---- what rill itself says ------------------------------------------------------------------ */

struct own {
	struct rill_value args[OWN_ARGS];
	uint8_t count;
};

static void add_number(struct own *own, const char *name, uint64_t number)
{
	own->args[own->count++] =
		(struct rill_value){ .name = name, .type = RILL_TYPE_U64, .u = number };
}

static void add_text(struct own *own, const char *name, enum rill_type type, const char *text)
{
	const size_t size = strnlen(text, RILL_CTF_TEXT_MAX + 1);
	const bool cut = size > RILL_CTF_TEXT_MAX;

	own->args[own->count++] = (struct rill_value){
		.name = name,
		.type = (uint8_t)type,
		.text = text,
		.size = (uint32_t)(cut ? rill_text_whole(text, RILL_CTF_TEXT_MAX) : size),
		.cut = cut,
	};
}

static struct rill_event event_of(const struct rill_ctf_stream *s, const char *name,
				  const struct own *own)
{
	return (struct rill_event){
		.ts_ns = s->now_ns,
		.category = "rill",
		.name = name,
		.args = own->args,
		.nargs = own->count,
		.pid = s->pid,
		.tid = s->pid,
		.phase = 'M',
	};
}

static void tell(struct rill_to_ctf *t, struct rill_ctf_stream *s, const char *name,
		 const struct own *own)
{
	const struct rill_event e = event_of(s, name, own);

	rill_ctf_put(t, s, NULL, &e);
}

void rill_ctf_say_metadata(struct rill_to_ctf *t, struct rill_ctf_stream *s, const char *name,
			   const char *args)
{
	struct own own = { .count = 0 };

	add_text(&own, "args", RILL_TYPE_JSON, args);
	tell(t, s, name, &own);
}

static void tell_pending(struct rill_to_ctf *t, struct rill_ctf_stream *s)
{
	for (unsigned i = 0; i < s->pending_count; i++) {
		struct rill_ctf_pending *const p = &s->pending[i];

		p->thread.name = p->name;
		if (p->args)
			rill_ctf_say_metadata(t, s, p->name, p->args);
		else
			rill_ctf_say_thread(t, s, &p->thread);
		free(p->name);
		free(p->args);
	}
	free(s->pending);
	s->pending = NULL;
	s->pending_count = 0;
}

void rill_ctf_heed_time(struct rill_to_ctf *t, struct rill_ctf_stream *s, uint64_t ns)
{
	if (ns > RILL_CTF_TIME_MAX)
		ns = RILL_CTF_TIME_MAX;
	if (ns > s->now_ns)
		s->now_ns = ns;
	if (ns > t->newest_ns)
		t->newest_ns = ns;
	if (s->pending_count)
		tell_pending(t, s);
}

/* ---- streams, threads, clocks ------------------------------------------------------------- */

void rill_ctf_say_origin(struct rill_to_ctf *t, struct rill_ctf_stream *s,
			 const struct rill_packet_origin *origin)
{
	struct own own = { .count = 0 };
	char *const identity = rill_text("%016llx", (unsigned long long)origin->identity);

	if (origin->start_ns)
		rill_ctf_heed_time(t, s, origin->start_ns);
	add_text(&own, "identity", RILL_TYPE_COPY, identity);
	add_number(&own, "start_ns", origin->start_ns);
	add_text(&own, "session", RILL_TYPE_COPY, origin->session);
	add_text(&own, "version", RILL_TYPE_COPY, origin->version);
	if (s->now_ns)
		tell(t, s, "rill_stream", &own);
	free(identity);
}

void rill_ctf_say_thread(struct rill_to_ctf *t, struct rill_ctf_stream *s,
			 const struct rill_thread *thread)
{
	struct own own = { .count = 0 };

	add_number(&own, "tid", thread->tid);
	add_number(&own, "serial", thread->serial);
	add_number(&own, "generation", thread->generation);
	add_text(&own, "name", RILL_TYPE_COPY, thread->name);
	if (thread->has_sort_index)
		own.args[own.count++] = (struct rill_value){ .name = "sort_index",
							     .type = RILL_TYPE_I64,
							     .i = thread->sort_index };
	tell(t, s, "thread_name", &own);
}

void rill_ctf_say_snapshot(struct rill_to_ctf *t, struct rill_ctf_stream *s,
			   const struct rill_packet_snapshot *snapshot)
{
	struct own own = { .count = 0 };
	struct rill_event e;

	add_number(&own, "monotonic_ns", snapshot->monotonic_ns);
	add_number(&own, "monotonic_raw_ns", snapshot->raw_ns);
	add_number(&own, "boottime_ns", snapshot->boottime_ns);
	add_number(&own, "realtime_ns", snapshot->realtime_ns);
	add_number(&own, "ticks", snapshot->ticks);
	add_number(&own, "uncertainty_ns", snapshot->uncertainty_ns);
	add_number(&own, "epoch", snapshot->epoch);
	e = event_of(s, "clock_snapshot", &own);
	e.ts_ns = snapshot->monotonic_ns;
	rill_ctf_put(t, s, NULL, &e);
}

/* ---- losses --------------------------------------------------------------------------------- */

void rill_ctf_say_lost(struct rill_to_ctf *t, struct rill_ctf_stream *s, const struct rill_gap *gap,
		       const char *cause)
{
	struct rill_ctf_lane *const lane =
		rill_ctf_first_lane(&t->sources, source_of(t, s, gap->thread));
	struct own own = { .count = 0 };
	struct rill_ctf_entry entry;
	struct rill_event e;

	add_number(&own, "count", gap->count);
	add_text(&own, "cause", RILL_TYPE_COPY, cause);
	add_number(&own, "level", gap->level);
	add_number(&own, "from_ns", gap->before_ns);
	add_number(&own, "to_ns", gap->after_ns);
	e = event_of(s, "events lost", &own);
	e.phase = 'I';
	e.flags = gap->thread ? RILL_FLAG_SCOPE_THREAD : RILL_FLAG_SCOPE_PROCESS;
	e.thread = gap->thread;
	e.tid = gap->thread ? gap->thread->tid : s->pid;
	if (gap->after_ns)
		e.ts_ns = gap->after_ns;
	if (e.ts_ns > RILL_CTF_TIME_MAX)
		e.ts_ns = RILL_CTF_TIME_MAX;
	rill_ctf_lane_flush(lane, &t->sources.out);
	if (e.ts_ns < lane->out_ns)
		e.ts_ns = lane->out_ns;
	e.ts_ns = rill_ctf_live_time(t, s, e.ts_ns);
	entry.event = &e;
	entry.ts_ns = e.ts_ns;
	entry.class = rill_ctf_class_of(&t->classes, &e, rill_ctf_facts(&e, s->pid, false));
	rill_ctf_lane_lost(lane, &t->sources.out, &entry, gap->before_ns < t->promise_ns ? t->promise_ns : gap->before_ns, gap->count);
}

void rill_ctf_say_rest(struct rill_to_ctf *t, struct rill_ctf_stream *s,
		       const struct rill_packet_stream *known)
{
	const uint64_t total = s->has_totals && s->totals.lost_total > known->lost
				       ? s->totals.lost_total
				       : known->lost;
	const uint64_t due = known->written - s->written_first, had = known->events + s->missing;
	struct rill_gap gap = { .cause = RILL_CAUSES };

	if (t->salt)
		return;
	gap.count = total > s->lost ? total - s->lost : 0;
	if (gap.count)
		rill_ctf_say_lost(t, s, &gap, "told by the totals only");
	gap.count = due > had ? due - had : 0;
	if (gap.count)
		rill_ctf_say_lost(t, s, &gap, "they cannot be read");
}

void rill_ctf_say_totals(struct rill_to_ctf *t, struct rill_ctf_stream *s)
{
	struct own own = { .count = 0 };

	add_number(&own, "events", s->totals.delivered);
	add_number(&own, "lost", s->totals.lost_total);
	add_number(&own, "threads", s->totals.threads);
	for (unsigned i = 0; i < RILL_CAUSES; i++)
		add_number(&own, rill_causes[i].key, s->totals.lost[i]);
	tell(t, s, "rill_summary", &own);
}
