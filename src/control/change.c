/* SPDX-License-Identifier: MIT
 * change.c - what can be done to a running session: categories on and off, flush.
 */
#include "control/session_private.h"
#include "control/uncancelled.h"
#include "emit/loss.h"
#include "port/port.h"
#include "port/rcu.h"
#include "route/consumer.h"
#include "route/route.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* Brings in what was recorded under the filter as it was: a shared session's filter is asked when a record is merged. */
static void drain_before_change(const struct rill_session *s)
{
	if (s->route.bit != RILL_BIT_SHARED)
		return;
	rill_route_quiesce();
	rill_route_lock();
	rill_route_drain(rill_route_now_ticks(), 1000);
	rill_route_unlock();
}

static int replace_filter(struct rill_session *s, struct rill_filter *filter)
{
	struct rill_filter *old = s->filter;
	int error;

	drain_before_change(s);
	rcu_assign_pointer(s->filter, filter);
	error = rill_control_publish_table();
	if (error) {
		rcu_assign_pointer(s->filter, old);
		old = filter;
	}
	rill_route_lock();
	s->route.by_name = rill_filter_has_events(s->filter);
	rill_route_forget(&s->route);
	rill_route_unlock();
	synchronize_rcu();
	rill_filter_free(old);
	return error;
}

static int change(struct rill_session *session, const char *categories,
		  int (*build)(const struct rill_filter *, const char *, struct rill_filter **))
{
	RILL_UNCANCELLED;
	struct rill_session *s = rill_session_get(session);
	struct rill_filter *filter;
	int error;

	if (!s)
		return -ENOENT;
	rill_control_lock();
	error = build(s->filter, categories, &filter);
	if (!error)
		error = replace_filter(s, filter);
	rill_control_unlock();
	rill_session_put(s);
	return error;
}

int rill_session_enable(struct rill_session *session, const char *categories)
{
	return change(session, categories, rill_filter_add);
}

int rill_session_disable(struct rill_session *session, const char *categories)
{
	return change(session, categories, rill_filter_remove);
}

int rill_session_filter(struct rill_session *session, char *text, size_t size)
{
	RILL_UNCANCELLED;
	struct rill_session *s = rill_session_get(session);
	size_t length;

	if (!s)
		return -ENOENT;
	rill_control_lock();
	length = rill_filter_text(s->filter, text, size);
	rill_control_unlock();
	rill_session_put(s);
	return (int)length;
}

/* ---- flush ---------------------------------------------------------------------------------------- */

static uint32_t left_ms(uint64_t until_ns)
{
	uint64_t now = rill_port_monotonic_ns();

	return now < until_ns ? (uint32_t)((until_ns - now) / 1000000) + 1 : 0;
}

/* In steps: neither the drain role nor a session that is to stop may wait for as long as this caller has time. */
static uint32_t step_ms(const struct rill_session *s, uint64_t until_ns)
{
	uint32_t left = __atomic_load_n(&s->stopping, __ATOMIC_RELAXED) ? 0 : left_ms(until_ns);

	return left < RILL_DRAIN_STEP_MS ? left : RILL_DRAIN_STEP_MS;
}

/* A flush under way. The session is in use for the time of each step only: a handler may leave the flush by siglongjmp() between two
 * of them, and the session's stop would wait for ever. */
struct flush {
	struct rill_session *session;
	uint64_t on;		/* tells it from a later one at the same address; 0: not known yet */
	uint64_t ticks, until_ns, token;
	bool drained, done, stopping;
};

static void drain_step(struct flush *f, struct rill_session *s, uint32_t ms)
{
	rill_route_lock();
	if (!f->drained && ms)
		f->drained = rill_route_drain(f->ticks, ms);
	if (f->drained || !ms) {	/* out of time: it gets what there is */
		rill_route_settle(&s->route);
		f->token = ++s->next_token;
		s->route.outlet->ops->flush(s->route.outlet, f->token);
	}
	rill_route_unlock();
}

/* True: there is more to do. */
static bool flush_step(struct flush *f)
{
	struct rill_session *s = rill_session_get(f->session);
	uint32_t ms;

	f->stopping = !s || (f->on && s->on != f->on);
	if (!s)
		return false;
	ms = f->stopping ? 0 : step_ms(s, f->until_ns);
	if (!f->stopping) {
		f->on = s->on;
		f->stopping = __atomic_load_n(&s->stopping, __ATOMIC_RELAXED);
		if (!f->token)
			drain_step(f, s, ms);
		if (f->drained)
			f->done = s->route.outlet->ops->done(s->route.outlet, f->token, ms);
	}
	rill_session_put(s);
	return !f->done && ms;
}

static int flush_one(struct rill_session *s, uint64_t ticks, uint64_t until_ns)
{
	struct flush f = { .session = s, .ticks = ticks, .until_ns = until_ns };
	struct timespec pause = { 0, 1000000 };

	while (flush_step(&f))
		if (!f.drained)
			nanosleep(&pause, NULL);
	if (f.done)
		return 0;
	return f.stopping ? rill_fail(ENOENT, "the session was stopped during the flush; stop has flushed it") :
			    rill_fail(ETIMEDOUT, "the flush did not end in time: the outlet is slow or stuck");
}

/* No lock and no sentence here: this form may be called in signal handlers. */
static int ask(struct rill_session *session)
{
	if (!rill_consumer_running())
		return session ? -ENOENT : 0;
	return rill_consumer_command(session ? (void *)session : (void *)&rill_control) ? 0 : -EAGAIN;
}

int rill_session_flush(struct rill_session *session, uint32_t timeout_ms)
{
	RILL_UNCANCELLED;
	uint64_t ticks, until_ns;
	int error = 0, result = 0;

	if (timeout_ms == 0)
		return ask(session);
	ticks = rill_route_now_ticks();
	until_ns = rill_port_monotonic_ns() + (uint64_t)timeout_ms * 1000000;
	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++) {
		struct rill_session *s = __atomic_load_n(&rill_control.sessions[i], __ATOMIC_ACQUIRE);

		if (!s || (session && s != session))
			continue;
		error = flush_one(s, ticks, until_ns);
		if (error)
			result = error;
		if (session)
			return result;
	}
	return session ? rill_fail(ENOENT, "no such session is running") : result;
}
