/* SPDX-License-Identifier: MIT
 * session.c - starting and stopping sessions.
 */
#include "control/early.h"
#include "control/session_private.h"
#include "control/uncancelled.h"
#include "emit/loss.h"
#include "emit/site.h"
#include "emit/undisturbed.h"
#include "port/port.h"
#include "port/rcu.h"
#include "ring/point.h"
#include "route/consumer.h"
#include "route/route.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- what the route and the outlet ask of a session ----------------------------------------------- */

static bool wants(const struct rill_route_session *route, const char *category, const char *name)
{
	const struct rill_session *s = (const struct rill_session *)route;
	const struct rill_filter *filter = rcu_dereference(s->filter);

	if (s->excluded)
		return false;
	return name ? rill_filter_wants(filter, category, name) : rill_filter_group(filter, category);
}

static void lost_behind(void *session, uint64_t count)
{
	atomic_fetch_add_explicit(&((struct rill_session *)session)->route.lost_behind, count, memory_order_relaxed);
}

static void take_memory(void *session, struct rill_memory *memory)
{
	((struct rill_session *)session)->memory = memory;
}

/* ---- start ---------------------------------------------------------------------------------------- */

static bool is_flight(const struct rill_session_options *o)
{
	return RILL_ON(CONFIG_RILL_FLIGHT) && o->flight_bytes;
}

static int take_place(struct rill_session *s, const struct rill_session_options *o)
{
	const uint32_t shared = RILL_DIRECT_SESSIONS, flight = shared + CONFIG_RILL_SHARED_SESSIONS_MAX;
	uint32_t first = is_flight(o) ? flight : o->shared ? shared : 0;
	uint32_t behind = is_flight(o) ? RILL_SESSIONS_MAX : o->shared ? flight : shared;

	for (uint32_t i = first; i < behind; i++)
		if (!rill_control.sessions[i]) {
			s->index = i;
			s->route.bit = is_flight(o) ? RILL_BIT_FLIGHT : o->shared ? RILL_BIT_SHARED : (uint8_t)i;
			return 0;
		}
	return rill_fail(EMFILE, is_flight(o) ? "all %d flight sessions are taken: stop one" :
			 o->shared ? "all %d shared sessions are taken: stop one" :
			 "all %d direct sessions are taken: stop one, or ask for a shared session", (int)(behind - first));
}

static void free_session(struct rill_session *s)
{
	rill_filter_free(s->filter);
	if (RILL_ON(CONFIG_RILL_FLIGHT))
		rill_flight_free(s->flight);
	free(s->route.known);
	free(s->route.threads);
	free(s->name);
	free(s);
}

static struct rill_session *make_session(const struct rill_session_options *o)
{
	struct rill_session *s = calloc(1, sizeof *s);
	const char *name = o->name && o->name[0] ? o->name : rill_port_program_name();

	if (!s)
		return NULL;
	s->name = strdup(name);
	s->route.known = o->shared || is_flight(o) ? calloc(1, rill_route_known_bytes()) : NULL;
	if (!s->name || ((o->shared || is_flight(o)) && !s->route.known)) {
		free_session(s);
		return NULL;
	}
	s->route.wants = wants;
	s->route.refusal = o->out == RILL_OUT_SUBSCRIBER ? RILL_LOST_SUBSCRIBER : RILL_LOST_SINK;
	s->thread_time = o->thread_time;
	s->flush_period_ns = (uint64_t)(o->flush_period_ms ? o->flush_period_ms : rill_outlet_flush_period_ms(o)) * 1000000;
	return s;
}

static void flush_if_due(struct rill_session *s, uint64_t now_ns)
{
	if (now_ns - s->flushed_ns < s->flush_period_ns)
		return;
	s->flushed_ns = now_ns;
	s->route.outlet->ops->flush(s->route.outlet, 0);
}

/* The consumer holds the drain role: the sessions in control's table cannot lose their outlets now. */
static uint64_t tick(uint64_t now_ns)
{
	uint64_t shortest_ns = UINT64_MAX;

	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++) {
		struct rill_session *s = __atomic_load_n(&rill_control.sessions[i], __ATOMIC_ACQUIRE);

		if (!s || !s->route.outlet)
			continue;
		flush_if_due(s, now_ns);
		if (RILL_ON(CONFIG_RILL_WAKE) && s->flush_period_ns < shortest_ns)
			shortest_ns = s->flush_period_ns;
	}
	rill_status_stopped();
	rill_exit_if_only_ours_left(now_ns);
	return shortest_ns;
}

/* A flush that somebody only asked for; what is &rill_control for all: see rill_session_flush(). */
static void command(void *what)
{
	if (RILL_ON(CONFIG_RILL_FLIGHT) && rill_flight_command(what))
		return;
	rill_route_lock();
	rill_route_drain(rill_route_now_ticks(), RILL_DRAIN_STEP_MS);
	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++) {
		struct rill_session *s = __atomic_load_n(&rill_control.sessions[i], __ATOMIC_ACQUIRE);

		if (s && s->route.outlet && (what == (void *)&rill_control || what == (void *)s))
			s->route.outlet->ops->flush(s->route.outlet, 0);
	}
	rill_route_unlock();
}

static int open_outlet(struct rill_session *s, const struct rill_session_options *o)
{
	struct rill_session_options options = *o;
	struct rill_outlet_env env = {
		.pid = (uint32_t)getpid(),
		.session_name = s->name,
		.each_metadata = rill_metadata_each,
		.may_wait = rill_route_has_room,
		.lost = lost_behind,
		.memory = take_memory,
		.session = s,
		.start_ns = rill_port_monotonic_ns(),
	};

	if (!options.flush_period_ms)
		options.flush_period_ms = rill_outlet_flush_period_ms(o);
	return rill_outlet_open(&options, &env, &s->route.outlet);
}

static void set_slow(void)
{
	if (RILL_SLOW_WAYS)
		rill_control_set_slow();
}

/* The session enters everything that makes events come to it; its place is taken, its outlet open. */
static int enter(struct rill_session *s)
{
	struct rill_consumer_options consumer = { rill_control.period_ms, rill_control.idle_priority, tick, command };
	const bool early = RILL_ON(CONFIG_RILL_EARLY) && !(RILL_ON(CONFIG_RILL_FLIGHT) && s->flight) && rill_early_hand_over(s);
	int error;

	rill_route_lock();
	if (!early) {
		s->route.start_ticks = rill_route_now_ticks();
		rill_route_pass();	/* what was lost so far under this bit is nobody's */
		rill_route_ring_losses(NULL, s->route.bit);
	}
	/* Before the start: what ends between the two is older than that. Steps DOUBT and START of tests/model/stop.pml. */
	rill_route_bit_begins(s->route.bit);
	RILL_POINT(BEGUN);
	if (!early)
		s->route.start_ticks = rill_route_now_ticks();
	s->route.by_name = rill_filter_has_events(s->filter);
	s->flushed_ns = rill_port_monotonic_ns();
	__atomic_store_n(&rill_control.sessions[s->index], s, __ATOMIC_RELEASE);
	rill_control.running++;
	rill_route_unlock();
	if (s->route.by_name && rill_site_stripped())
		rill_warn("a filter by event name cannot match the %u call sites that were compiled with -DRILL_STRIP_NAMES, as their "
			  "names are not in the program: choose these by category", rill_site_stripped());
	error = rill_control_publish_list();
	if (!error)
		error = rill_consumer_start(&consumer);
	if (!error) {
		RILL_POINT(ENTERED);
		set_slow();
		error = rill_control_publish_table();
	}
	if (RILL_ON(CONFIG_RILL_EARLY) && early)
		rill_early_end_hand_over(!error);
	if (!error && !rill_session_is_own(s))
		rill_control.started++;
	return error;
}

static void leave(struct rill_session *s)
{
	rill_route_lock();
	if (RILL_ON(CONFIG_RILL_EARLY))
		rill_route_leave_early(&s->route);
	rill_route_strike_out(&s->route);
	__atomic_store_n(&rill_control.sessions[s->index], NULL, __ATOMIC_RELEASE);
	rill_control.running--;
	rill_route_unlock();
}

static void mark_ftrace(uint64_t now_ns)
{
	char line[80];

	/* An ftrace recording on any clock lines up with ours by this pair. */
	snprintf(line, sizeof line, "trace_event_clock_sync: parent_ts=%llu.%06u\n", (unsigned long long)(now_ns / 1000000000),
		 (unsigned)(now_ns % 1000000000 / 1000));
	rill_port_trace_marker(line);
}

static void stop_consumer_if_idle(void)
{
	rill_control_lock();
	if (rill_control.running == 0)
		rill_consumer_stop();
	rill_control_unlock();
}

/* Holder of control's lock. */
static unsigned active_sessions(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++)
		count += rill_control.sessions[i] && !rill_control.sessions[i]->stopping &&
			 !rill_session_is_own(rill_control.sessions[i]);
	return count;
}

/* The same session still, not another at the same address. */
static bool is_on(const struct rill_session *s, uint64_t on)
{
	bool found = false;

	rill_control_lock();
	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++)
		found |= rill_control.sessions[i] == s && s->on == on && !s->stopping;
	rill_control_unlock();
	return found;
}

int rill_session_start(const struct rill_session_options *o, struct rill_session **out)
{
	RILL_UNCANCELLED;
	struct rill_session *s;
	struct rill_stats none = { .delivered = 0 };
	uint64_t on;
	bool first;
	int error;

	*out = NULL;
	if (o->size != sizeof *o)
		return rill_fail(EINVAL, "the options are of another version of rill: begin with RILL_SESSION_OPTIONS_INIT");
	if (o->flight_bytes && !RILL_ON(CONFIG_RILL_FLIGHT))
		return rill_fail(ENOTSUP, "this librill has no flight recorder: it was built without CONFIG_RILL_FLIGHT");
	if (RILL_ON(CONFIG_RILL_FLIGHT) && !o->flight_bytes && (o->snapshot_signal || o->triggers))
		return rill_fail(EINVAL, "snapshot_signal and triggers are for flight sessions: set flight_bytes, too");
	if (o->thread_time && !RILL_ON(CONFIG_RILL_THREAD_TIME))
		return rill_fail(ENOTSUP, "this librill records no CPU time of threads: it was built without CONFIG_RILL_THREAD_TIME");
	s = make_session(o);
	if (!s)
		return rill_fail(ENOMEM, "no memory for a session");
	if (RILL_ON(CONFIG_RILL_EARLY) && is_flight(o))
		rill_early_end();	/* what was kept so far would wait for a stream, and keep the ways apart */
	rill_undisturbed_begin();	/* until the caller has the session */
	error = rill_session_set_filter(s, o);
	rill_control_lock();
	if (!error)
		error = take_place(s, o);
	if (!error && RILL_ON(CONFIG_RILL_CRASH))
		error = rill_crash_prepare(o);
	if (!error)
		error = rill_control_prepare();
	if (!error && RILL_ON(CONFIG_RILL_CRASH))
		error = rill_crash_catch();
	if (!error)
		error = is_flight(o) ? rill_flight_begin(s, o) : open_outlet(s, o);
	if (!error) {
		error = enter(s);
		if (!error && RILL_ON(CONFIG_RILL_TRIGGERS) && s->flight)
			error = rill_flight_watch(s);
		if (error) {
			leave(s);
			set_slow();
			s->route.outlet->ops->stop(s->route.outlet, &none);
		} else if (RILL_ON(CONFIG_RILL_FLIGHT)) {
			rill_flight_listen(s, o->snapshot_signal);
		}
	}
	/* One that is just stopping has told its observers that it was the last. */
	first = active_sessions() == 1;
	s->on = ++rill_control.changes;
	rill_control_unlock();
	if (error) {
		free_session(s);
		stop_consumer_if_idle();
		rill_undisturbed_end();
		return error;
	}
	if (RILL_ON(CONFIG_RILL_TRACE_MARKER))
		mark_ftrace(rill_port_monotonic_ns());
	rill_status_start(s);
	*out = s;
	on = s->on;
	rill_undisturbed_end();
	if (first)
		rill_observers_tell(RILL_FIRST_ON, s, on);
	if (!first || is_on(s, on))	/* an observer may have stopped it */
		rill_observers_tell(RILL_SESSION_ON, s, on);
	return 0;
}

/* ---- sessions of our own ------------------------------------------------------------------------- */

int rill_session_begin_own(const struct rill_session_options *o, struct rill_filter *filter, bool idle, struct rill_outlet *outlet,
			   struct rill_session **out)
{
	struct rill_session *s;
	int error;

	if (!RILL_ON(CONFIG_RILL_TRIGGERS))
		return -ENOTSUP;	/* nobody asks, and the functions below have one caller each */
	s = make_session(o);
	if (!s) {
		rill_filter_free(filter);
		return rill_fail(ENOMEM, "no memory for a session");
	}
	s->filter = filter;
	s->own = true;
	s->excluded = idle;
	s->route.outlet = outlet;
	error = take_place(s, o);
	if (!error) {
		error = enter(s);
		if (error)
			leave(s);
	}
	if (error)
		free_session(s);
	else
		*out = s;
	return error;
}

void rill_session_abandon_own(struct rill_session *s)
{
	if (!RILL_ON(CONFIG_RILL_TRIGGERS))
		return;
	leave(s);
	free_session(s);
}

/* ---- the end -------------------------------------------------------------------------------------- */

/* Bytes off; from here nothing new is for this session. */
static int begin_stop(struct rill_session *s, bool *last, uint64_t *change)
{
	bool found = false;

	rill_control_lock();
	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++)
		found |= s && rill_control.sessions[i] == s && !s->stopping;
	if (!found) {
		rill_control_unlock();
		return rill_fail(ENOENT, "no such session is running");
	}
	__atomic_store_n(&s->stopping, true, __ATOMIC_RELAXED);	/* whoever waits in a flush looks at it without the lock */
	RILL_POINT(STOPPING);
	*last = active_sessions() == 0;
	*change = ++rill_control.changes;
	rill_control_publish_table();	/* cannot fail: it needs nothing new */
	RILL_POINT(OFF);
	rill_control_unlock();
	return 0;
}

/* Everything recorded so far is with its sessions, or in their books as lost; the caller has the drain role then. In steps, so that
 * others come to it too. What keeps a step from its end is a sink that is stuck, or a thread that stands inside an event and whose ring
 * may still bring something older than what the others hold: hold_max may be longer than anybody wants to wait for a sink. */
static void drain_all(void)
{
	uint64_t since_ns = rill_port_monotonic_ns(), ticks = rill_route_now_ticks();

	rill_route_lock();
	while (!rill_route_drain(ticks, RILL_DRAIN_STEP_MS)) {
		if (!rill_route_has_patience(since_ns, RILL_STOP_DRAIN_MS)) {
			rill_route_pass_forced(ticks);
			break;
		}
		rill_route_unlock();
		rill_route_let_others();
		rill_route_lock();
	}
}

/* Everything that was under way when the bytes went off comes in; then the session is out of the route. Steps QUIET to LEAVE of
 * tests/model/stop.pml. */
static void finish(struct rill_session *s, struct rill_stats *stats)
{
	struct timespec pause = { 0, 1000000 };

	rill_route_quiesce();
	RILL_POINT(QUIET);
	drain_all();
	RILL_POINT(DRAINED);
	rill_route_settle(&s->route);
	RILL_POINT(SUMMED);
	rill_route_unlock();
	rill_control_lock();
	while (s->users) {	/* a flush or a question of another thread; bounded by its own time limit */
		rill_control_unlock();
		nanosleep(&pause, NULL);
		rill_control_lock();
	}
	leave(s);
	set_slow();
	/* Passes went on until here; what the outlet refused in them it is told of now. */
	rill_route_lock();
	rill_route_settle(&s->route);
	rill_route_unlock();
	RILL_POINT(LEFT);
	rill_control_unlock();
	rill_stats_of(s, stats);
}

int rill_session_stop(struct rill_session *s)
{
	RILL_UNCANCELLED;
	struct rill_stats stats;
	char where[PATH_MAX];
	uint64_t change = 0;
	bool last = false;
	int error;

	rill_undisturbed_begin();	/* whoever left in between would leave nobody who brings it to its end */
	error = begin_stop(s, &last, &change);
	if (error) {
		rill_undisturbed_end();
		return error;
	}
	if (RILL_ON(CONFIG_RILL_FLIGHT) && s->flight)
		rill_flight_stop(s);
	rill_observers_tell(RILL_SESSION_OFF, s, change);
	if (last)
		rill_observers_tell(RILL_LAST_OFF, s, change);
	finish(s, &stats);
	if (RILL_ON(CONFIG_RILL_ENV))
		snprintf(where, sizeof where, "%s", s->route.outlet->ops->where(s->route.outlet));
	s->route.outlet->ops->stop(s->route.outlet, &stats);
	RILL_POINT(SHUT);
	s->route.outlet = NULL;
	rill_stats_of(s, &stats);	/* once more: what the sink still held may have been lost */
	rill_status_stop(where, &stats);
	free_session(s);
	stop_consumer_if_idle();
	rill_undisturbed_end();
	return 0;
}

void rill_session_end_own(struct rill_session *s)
{
	struct rill_stats stats;
	uint64_t change;
	bool last;

	if (!RILL_ON(CONFIG_RILL_TRIGGERS))
		return;
	begin_stop(s, &last, &change);
	finish(s, &stats);
	free_session(s);
}
