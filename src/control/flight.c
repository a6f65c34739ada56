/* SPDX-License-Identifier: MIT
 * flight.c - flight sessions: what they have beside streams, and their snapshots.
 *
 * A flight session has no outlet of its own: between two snapshots one that takes nothing stands in its place. A snapshot opens one by
 * the session's options, gives it what the flight rings hold and closes it, as a session of its own would; so it can be of any format
 * and go anywhere.
 */
#include "control/flight_private.h"
#include "control/uncancelled.h"
#include "emit/undisturbed.h"
#include "format/text.h"
#include "port/port.h"
#include "ring/flight.h"
#include "route/route.h"
#include "route/snapshot.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 1000 };	/* an outlet that takes nothing for so long does not get the rest */

/* One snapshot. */
struct shot {
	struct rill_route_session route;	/* first: route hands it back to wants_too() */
	struct rill_session *session;
	struct rill_route_snapshot *rings;
	const struct rill_flight_reason *reason;
	uint32_t number;
	uint64_t taken_ns;
};

/* One snapshot at a time, and the one that it is. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct shot *under_way;

/* ---- the outlet that takes nothing ---------------------------------------------------------------- */

static struct rill_flight_part *part_of(struct rill_outlet *outlet)
{
	return (struct rill_flight_part *)outlet;
}

static int rest_event(struct rill_outlet *outlet, const struct rill_event *event)
{
	(void)outlet;
	(void)event;
	return 0;
}

void rill_flight_rest_gap(struct rill_outlet *outlet, const struct rill_gap *gap)
{
	(void)outlet;
	(void)gap;
}

void rill_flight_rest_thread(struct rill_outlet *outlet, const struct rill_thread *thread, uint64_t ts_ns)
{
	(void)outlet;
	(void)thread;
	(void)ts_ns;
}

static void rest_flush(struct rill_outlet *outlet, uint64_t token)
{
	(void)outlet;
	(void)token;
}

bool rill_flight_rest_done(struct rill_outlet *outlet, uint64_t token, uint32_t timeout_ms)
{
	(void)outlet;
	(void)token;
	(void)timeout_ms;
	return true;
}

static void rest_stop(struct rill_outlet *outlet, const struct rill_stats *stats)
{
	(void)outlet;
	(void)stats;
}

static void rest_forked(struct rill_outlet *outlet)
{
	struct rill_outlet *open = part_of(outlet)->outlet;

	if (open)
		open->ops->forked(open);
}

static uint64_t rest_bytes(struct rill_outlet *outlet)
{
	return part_of(outlet)->bytes;
}

static uint32_t rest_segments(struct rill_outlet *outlet)
{
	return part_of(outlet)->done;
}

static const char *rest_where(struct rill_outlet *outlet)
{
	return part_of(outlet)->where;
}

static const struct rill_outlet_ops resting = {
	.event = rest_event, .gap = rill_flight_rest_gap, .thread = rill_flight_rest_thread, .flush = rest_flush,
	.done = rill_flight_rest_done, .stop = rest_stop, .forked = rest_forked, .bytes = rest_bytes, .segments = rest_segments, .where = rest_where,
};

/* ---- a session's part ----------------------------------------------------------------------------- */

void rill_flight_free(struct rill_flight_part *part)
{
	if (!part)
		return;
	free((char *)part->options.file);
	if (RILL_ON(CONFIG_RILL_TRIGGERS))
		rill_flight_triggers_free(part->triggers);
	free(part);
}

static int check(const struct rill_session_options *o)
{
	if (o->shared)
		return rill_fail(EINVAL, "a flight session is not shared: it has a bit with all others of its kind; leave one of flight_bytes "
				 "and shared at 0");
	if (o->thread_time)
		return rill_fail(EINVAL, "a flight session records no CPU time of threads: leave thread_time at 0");
	if (o->triggers && !RILL_ON(CONFIG_RILL_TRIGGERS))
		return rill_fail(ENOTSUP, "this librill has no triggers: it was built without CONFIG_RILL_TRIGGERS");
	if (o->rotate_bytes || o->rotate_events || o->rotate_age_ms || o->keep_bytes)
		return rill_fail(EINVAL, "a snapshot is one file: leave rotate_bytes, rotate_events, rotate_age_ms and keep_bytes at 0");
	return 0;
}

int rill_flight_begin(struct rill_session *s, const struct rill_session_options *o)
{
	struct rill_flight_part *part;
	int error = check(o);

	if (!error)
		error = rill_flight_signal_check(o->snapshot_signal);
	if (!error)
		error = rill_flight_create(o->flight_bytes);
	if (error)
		return error;
	part = calloc(1, sizeof *part);
	if (part) {
		part->resting.ops = &resting;
		part->options = *o;
		part->options.name = s->name;
		part->options.file = o->file ? strdup(o->file) : NULL;
	}
	if (!part || (o->file && !part->options.file)) {
		rill_flight_free(part);
		return rill_fail(ENOMEM, "no memory for a flight session");
	}
	if (RILL_ON(CONFIG_RILL_TRIGGERS) && o->triggers)
		error = rill_flight_triggers_make(o->triggers, &part->triggers);
	if (error) {
		rill_flight_free(part);
		return error;
	}
	for (unsigned cause = 0; cause < RILL_FLIGHT_CAUSES; cause++)
		part->lost[cause] = rill_route_flight_lost((enum rill_cause)cause);
	s->flight = part;
	s->route.outlet = &part->resting;
	s->flush_period_ns = UINT64_MAX;	/* there is nothing to flush */
	return 0;
}

void rill_flight_forked(void)
{
	pthread_mutex_init(&lock, NULL);	/* somebody may have been taking a snapshot */
	rill_flight_signal_forked();
	rill_flight_shots_forked();
}

void rill_flight_stop(struct rill_session *s)
{
	rill_flight_deaf(s);
	if (RILL_ON(CONFIG_RILL_TRIGGERS))
		rill_flight_unwatch(s);
	rill_flight_finish(s);
}

/* ---- a snapshot ----------------------------------------------------------------------------------- */

static bool wants_too(const struct rill_route_session *route, const char *category, const char *name)
{
	const struct rill_route_session *of = &((const struct shot *)route)->session->route;

	return of->wants(of, category, name);
}

static void lost_behind(void *shot, uint64_t count)
{
	atomic_fetch_add_explicit(&((struct shot *)shot)->route.lost_behind, count, memory_order_relaxed);
}

struct takers {
	void (*take)(void *ctx, const char *name, const char *args_json);
	void *ctx;
};

/* Names differ, since of two pairs with one name a stream has the newer. */
static void tell_ring(void *ctx, const struct rill_route_snapshot_ring *ring)
{
	const struct takers *t = ctx;
	char name[64], args[256];

	snprintf(name, sizeof name, "flight_ring_%u_%u", ring->tid, ring->level);
	snprintf(args, sizeof args, "{\"tid\":%u,\"level\":%u,\"oldest\":%llu.%03u,\"blocks\":%llu,\"overwritten\":%llu,\"rejected\":%llu}",
		 ring->tid, ring->level, (unsigned long long)(ring->oldest_ns / 1000), (unsigned)(ring->oldest_ns % 1000),
		 (unsigned long long)ring->blocks, (unsigned long long)ring->overwritten, (unsigned long long)ring->rejected);
	t->take(t->ctx, name, args);
}

static void tell_trigger(const struct takers *t, const struct rill_flight_reason *reason)
{
	const size_t length = strlen(reason->trigger);
	char *args = malloc(RILL_TEXT_ESCAPE_MAX * length + 160), *to = args;

	if (!args)
		return;
	to = RILL_TEXT_LITERAL(to, "{\"trigger\":\"");
	to = rill_text_escaped(to, reason->trigger, length);
	snprintf(to, 140, "\",\"at\":%llu.%03u,\"tid\":%u,\"value\":%s%llu,\"passed_over\":%u}",
		 (unsigned long long)(reason->at_ns / 1000), (unsigned)(reason->at_ns % 1000), reason->tid, reason->minus ? "-" : "",
		 (unsigned long long)reason->value, reason->passed_over);
	t->take(t->ctx, "flight_trigger", args);
	free(args);
}

/* What a trace says at its head, and from when on it has each thread. */
static void each_metadata(void (*take)(void *ctx, const char *name, const char *args_json), void *ctx)
{
	const struct shot *shot = under_way;
	struct takers t = { take, ctx };
	char args[160];

	rill_metadata_each(take, ctx);
	snprintf(args, sizeof args, "{\"number\":%u,\"taken\":%llu.%03u,\"thread_bytes\":%zu}", shot->number,
		 (unsigned long long)(shot->taken_ns / 1000), (unsigned)(shot->taken_ns % 1000), rill_flight_bytes());
	take(ctx, "flight_snapshot", args);
	if (RILL_ON(CONFIG_RILL_TRIGGERS) && shot->reason->trigger)
		tell_trigger(&t, shot->reason);
	rill_route_snapshot_rings(shot->rings, tell_ring, &t);
}

/* The copies, at one moment. */
static int take_rings(struct shot *shot)
{
	struct rill_session *s = shot->session;
	const uint64_t before_ns = (uint64_t)s->flight->options.snapshot_before_ms * 1000000, at_ns = shot->reason->at_ns;

	rill_route_lock();
	shot->route.bit = RILL_BIT_FLIGHT;
	shot->route.refusal = s->route.refusal;
	shot->route.by_name = s->route.by_name;
	shot->route.start_ticks = s->route.start_ticks;
	shot->route.known = s->route.known;
	shot->route.wants = wants_too;
	shot->rings = rill_route_snapshot_take(&shot->route, before_ns && before_ns < at_ns ? at_ns - before_ns : 0);
	shot->taken_ns = rill_port_monotonic_ns();
	rill_route_unlock();
	return shot->rings ? 0 : rill_fail(ENOMEM, "no memory for a copy of the flight rings: the snapshot was not taken");
}

static int open_outlet(struct shot *shot, const char *file)
{
	struct rill_flight_part *part = shot->session->flight;
	struct rill_session_options options = part->options;
	const struct rill_outlet_env env = {
		.pid = (uint32_t)getpid(),
		.session_name = shot->session->name,
		.each_metadata = each_metadata,
		.may_wait = rill_route_has_room,
		.lost = lost_behind,
		.session = shot,
		.start_ns = shot->taken_ns,
		.first_file = shot->number,
	};
	int error;

	if (file)
		options.file = file;
	options.flush_period_ms = rill_outlet_flush_period_ms(&options);
	error = rill_outlet_open(&options, &env, &part->outlet);
	shot->route.outlet = part->outlet;
	return error;
}

/* In pieces: while the outlet has no room others may have the drain role. */
static void give_events(struct shot *shot)
{
	const struct timespec pause = { 0, 1000000 };
	uint64_t moved_ns = rill_port_monotonic_ns(), before = 0, now_ns;
	bool done;

	do {
		rill_route_lock();
		now_ns = rill_port_monotonic_ns();
		done = rill_route_snapshot_give(shot->rings, now_ns - moved_ns > (uint64_t)PATIENCE_MS * 1000000);
		if (shot->route.delivered != before)
			moved_ns = now_ns;
		before = shot->route.delivered;
		rill_route_unlock();
		if (!done)
			nanosleep(&pause, NULL);
	} while (!done);
}

/* What never came into a ring since the snapshot before; which of it this session would have wanted nobody knows. Holder of the drain role. */
static void tell_losses(struct shot *shot)
{
	uint32_t *told = shot->session->flight->lost;

	for (unsigned cause = 0; cause < RILL_FLIGHT_CAUSES; cause++) {
		const uint32_t now = rill_route_flight_lost((enum rill_cause)cause);
		const struct rill_gap gap = { .cause = (uint8_t)cause, .count = now - told[cause] };

		told[cause] = now;
		if (gap.count)
			rill_route_lose(&shot->route, &gap);
	}
}

/* Into the session's books. */
static void enter_books(struct shot *shot, const struct rill_stats *stats, uint64_t bytes)
{
	struct rill_route_session *s = &shot->session->route;

	rill_route_lock();
	s->delivered += stats->delivered;
	for (unsigned cause = 0; cause < RILL_CAUSES; cause++)
		s->lost[cause] += stats->lost[cause];
	shot->session->flight->bytes += bytes;
	shot->session->flight->done++;
	rill_route_unlock();
}

static void stats_of(const struct shot *shot, struct rill_stats *stats)
{
	const struct rill_session like = { .route = shot->route };

	rill_stats_of(&like, stats);
}

static void write_trace(struct shot *shot)
{
	struct rill_flight_part *part = shot->session->flight;
	struct rill_outlet *outlet = part->outlet;
	struct rill_stats stats;
	uint64_t bytes;

	give_events(shot);
	rill_route_lock();
	tell_losses(shot);
	rill_route_settle(&shot->route);
	snprintf(part->where, sizeof part->where, "%s", outlet->ops->where(outlet));
	rill_route_unlock();
	stats_of(shot, &stats);
	part->outlet = NULL;
	shot->route.outlet = NULL;
	outlet->ops->stop(outlet, &stats);
	bytes = stats.bytes;
	stats_of(shot, &stats);		/* once more: what the sink still held may have been lost */
	enter_books(shot, &stats, bytes);
}

int rill_flight_take(struct rill_session *s, const char *file, const struct rill_flight_reason *reason)
{
	struct shot shot = { .session = s, .reason = reason };
	int error;

	pthread_mutex_lock(&lock);
	under_way = &shot;
	shot.number = ++s->flight->number;
	rill_flight_show(s, shot.number, '*');
	error = take_rings(&shot);
	if (!error)
		error = open_outlet(&shot, file);
	if (!error)
		write_trace(&shot);
	if (shot.rings)
		rill_route_snapshot_free(shot.rings);
	free(shot.route.threads);
	rill_flight_show(s, shot.number, error ? '!' : '.');
	pthread_mutex_unlock(&lock);
	return error;
}

/* The session that is meant, in use; the first flight session where none is named. */
static struct rill_session *find(struct rill_session *session)
{
	struct rill_session *s = session;

	for (unsigned i = RILL_SESSIONS_MAX - RILL_FLIGHT_SESSIONS; !s && i < RILL_SESSIONS_MAX; i++)
		s = __atomic_load_n(&rill_control.sessions[i], __ATOMIC_ACQUIRE);
	if (!s) {
		rill_fail(ENOENT, "no flight session is running: start one with flight_bytes");
		return NULL;
	}
	return rill_session_get(s);
}

int rill_snapshot(struct rill_session *session, const char *file)
{
	RILL_UNCANCELLED;
	const struct rill_flight_reason reason = { .at_ns = rill_port_monotonic_ns() };
	struct rill_session *s = find(session);
	int error;

	if (!s)
		return -ENOENT;
	error = s->flight ? rill_flight_take(s, file, &reason) :
		rill_fail(EINVAL, "this session is a stream: a snapshot is of a flight session, which is started with flight_bytes");
	rill_session_put(s);
	return error;
}
