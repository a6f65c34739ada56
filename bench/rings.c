/* SPDX-License-Identifier: MIT
 * rings.c - fills rings, lets the consumer's pass empty them, and keeps the time.
 */
#define _GNU_SOURCE
#include "bench/rings.h"

#include "bench/harness.h"
#include "emit/site.h"
#include "port/rcu.h"
#include "ring/ring_producer.h"
#include "route/route_private.h"

#include <pthread.h>
#include <rill/clock.h>
#include <rill/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 31, STACK_BYTES = 64 << 10, GAP_NS_MAX = 100, RECORD_WORDS_MAX = 8 };

const char *const bench_shape_names[] = { "none", "int64", "2int_text16" };

static struct rill_slot *slots[BENCH_RINGS_MAX];
static double measured[2][ROUNDS + 1];
static uint64_t last_ticks;	/* of what was written last */

static __attribute__((noreturn)) void give_up(const char *why)
{
	fprintf(stderr, "bench: %s\n", why);
	exit(1);
}

static uint64_t draw(void)
{
	static uint64_t x = 88172645463325252u;	/* xorshift64 */

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* ---- sites ----------------------------------------------------------------------------------------- */

/* Registered, though never called: the records are written by hand. */
static __attribute__((used)) void sites(int i, int64_t wide, const char *text)
{
	RILL_INSTANT("bench", "none");
	RILL_INSTANT("bench", "int64", "i", wide);
	RILL_INSTANT("bench", "2int_text16", "i", i, "j", i, "text", text);
}

static uint16_t find_site(const char *name)
{
	uint16_t found = 0;

	rcu_read_lock();
	for (uint32_t id = RILL_ID_SITES; id < RILL_ID_SITES + rill_site_count(); id++)
		if (!strcmp(rill_site_entry((uint16_t)id)->name, name))
			found = (uint16_t)id;
	rcu_read_unlock();
	if (!found)
		give_up("its call site is not registered");
	return found;
}

/* ---- threads and their rings ------------------------------------------------------------------------ */

static pthread_barrier_t all_known;

static void *sleeper(void *slot)
{
	((struct rill_slot *)slot)->tid = (uint32_t)gettid();
	pthread_barrier_wait(&all_known);
	for (;;)
		pause();
	return NULL;
}

static void open_rings(unsigned count, size_t ring_bytes)
{
	const struct rill_config config = { .size = sizeof config, .buffer_bytes = ring_bytes, .threads_max = count };
	pthread_attr_t attributes;
	pthread_t thread;

	if (rill_configure(&config) != 0 || rill_ring_set_create() != 0 || rill_route_init() != 0)
		give_up(rill_error());
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_barrier_init(&all_known, NULL, count + 1);
	for (unsigned i = 0; i < count; i++) {
		slots[i] = rill_slot_claim(rill_owner(i + 1, i + 1));
		if (!slots[i])
			give_up("there is no ring for so many threads");
		slots[i]->serial = i + 1;
		if (pthread_create(&thread, &attributes, sleeper, slots[i]) != 0)
			give_up("so many threads cannot be started");
	}
	pthread_barrier_wait(&all_known);
	for (unsigned i = 0; i < count; i++)
		rill_slot_publish(slots[i]);
}

/* As a producer does, but at a time that is told. */
static void put(struct rill_ring *ring, uint16_t id, uint64_t ticks, const uint64_t *payload, unsigned words)
{
	uintptr_t p = rill_ring_mark(ring);
	struct rill_record *r;

	if (ring->block_end - p < 8 * (uintptr_t)words) {
		p = rill_ring_switch(ring, p, ticks);
		if (!p)
			give_up("the rings are too small for a round");
	}
	r = rill_ring_at(ring, p);
	r->words = (uint8_t)words;
	r->mask = 1;
	r->id = id;
	r->delta = (uint32_t)(ticks - rill_ring_base(ring));
	memcpy(r->payload, payload, 8 * (size_t)(words - 1));
	rill_ring_publish(ring, p + 8 * (uintptr_t)words);
}

static unsigned make_payload(enum bench_shape shape, uint64_t *payload, uint64_t number)
{
	if (shape == BENCH_NO_ARGUMENT)
		return 1;
	payload[0] = number;
	if (shape == BENCH_INT64)
		return 2;
	payload[0] = number & 1023;
	payload[1] = number % 5000;
	payload[2] = 16;
	memcpy(&payload[3], "/var/lib/file-00", 16);
	((char *)&payload[3])[15] = (char)('0' + (number & 63));
	payload[5] = 0;
	return 7;
}

/* Times lie behind those of the round before and in front of now, on average half GAP_NS_MAX apart. */
static void fill(const struct bench_rings_case *c, uint16_t site, uint64_t ticks_per_us)
{
	const uint64_t gap_max = GAP_NS_MAX * ticks_per_us / 1000, span = c->events * gap_max + ticks_per_us;
	uint64_t payload[RECORD_WORDS_MAX] = { 0 }, run = 0, ring = 0, ticks;

	while (rill_route_now_ticks() - last_ticks < span)
		usleep(1000);
	ticks = rill_route_now_ticks() - span;
	for (unsigned i = 0; i < c->events; i++) {
		if (!run--) {
			ring = draw() % c->rings;
			run = c->burst > 1 ? draw() % (2 * c->burst) : 0;
		}
		ticks += 1 + draw() % gap_max;
		put(&slots[ring]->ring[0], site, ticks, payload, make_payload(c->shape, payload, i));
	}
	last_ticks = rill_route_now_ticks();
}

/* ---- floors ---------------------------------------------------------------------------------------- */

static uint64_t look_at_ring(const struct rill_ring *ring)
{
	uintptr_t pos = atomic_load_explicit(&ring->consume_pos, memory_order_relaxed);
	uintptr_t end = atomic_load_explicit(&ring->commit_pos, memory_order_relaxed);
	uint64_t sum = 0;

	while (pos != end) {
		const struct rill_record *r = (const void *)(ring->data + (pos & (ring->size - 1)));

		if (!(pos & (ring->block_size - 1))) {
			pos += sizeof(struct rill_block);
		} else if (r->id == RILL_ID_PAD) {
			pos = (pos | (ring->block_size - 1)) + 1;
		} else {
			sum += r->delta;
			pos += 8 * (uintptr_t)r->words;
		}
	}
	return sum;
}

static uint64_t look_at_records(unsigned rings)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < rings; i++)
		sum += look_at_ring(&slots[i]->ring[0]);
	return sum;
}

/* As many bytes as the stream has, from and to memory of its size. */
static void copy(size_t bytes)
{
	static char *from, *to;
	static size_t room;

	if (bytes > room) {
		from = realloc(from, bytes);
		to = realloc(to, bytes);
		if (!from || !to)
			give_up("no memory");
		memset(from, 1, bytes);
		memset(to, 1, bytes);
		room = bytes;
	}
	if (bytes)
		memcpy(to, from, bytes);
	__asm__ volatile("" : : "r"(to) : "memory");
}

/* ---- a case ---------------------------------------------------------------------------------------- */

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static bool wants_all(const struct rill_route_session *session, const char *category, const char *name)
{
	(void)session;
	(void)category;
	(void)name;
	return true;
}

static struct rill_route_session *start(struct rill_outlet *outlet)
{
	static struct rill_route_session session = { .refusal = RILL_LOST_SINK, .wants = wants_all };
	struct rill_route_list *list = calloc(1, sizeof *list);

	if (!list)
		give_up("no memory");
	session.outlet = outlet;
	list->direct[0] = &session;
	rill_route_publish(list);
	return &session;
}

/* In place of the pass: what cannot be done without. */
static double floor_ns(const struct bench_rings_case *c, size_t bytes)
{
	const double begin = now_ns();
	uint64_t sum = look_at_records(c->rings);

	__asm__ volatile("" : : "r"(sum));
	copy(bytes);
	return (now_ns() - begin) / c->events;
}

/* All that lies in the rings, out of the outlet's buffer too. */
static double drain(const struct rill_route_session *session, uint64_t written)
{
	const double begin = now_ns();

	while (session->delivered + session->lost[session->refusal] < written)
		rill_route_pass();
	session->outlet->ops->flush(session->outlet, 0);
	return now_ns() - begin;
}

static void say(const struct bench_rings_case *c, struct bench *b, struct bench *floor, uint64_t bytes, uint64_t lost)
{
	static const unsigned args[] = { [BENCH_NO_ARGUMENT] = 0, [BENCH_INT64] = 1, [BENCH_TEXT16] = 3 };

	bench_end(b);
	bench_end(floor);
	printf("bench case=%s args=%u threads=%u ns_min=%.2f ns_med=%.2f insn=- floor_ns=%.2f ratio=%.3f lost=%llu bytes=%.2f shape=%s "
	       "rings=%u burst=%u events=%u million_per_s=%.1f\n",
	       c->name, args[c->shape], c->rings, bench_min(b), bench_median(b), bench_min(floor), bench_min(b) / bench_min(floor),
	       (unsigned long long)lost, (double)bytes / c->events, bench_shape_names[c->shape], c->rings, c->burst, c->events,
	       1e3 / bench_min(b));
	fflush(stdout);
}

/* Room for twice a thread's share, and never less than some blocks. */
static size_t ring_bytes(const struct bench_rings_case *c)
{
	const size_t wanted = 2 * (size_t)c->events * 8 * RECORD_WORDS_MAX / c->rings + (64 << 10);
	size_t bytes = 4096;

	while (bytes < wanted)
		bytes *= 2;
	return bytes;
}

int bench_rings_run(const struct bench_rings_case *c, unsigned rounds)
{
	struct bench b = { .name = c->name, .ns = measured[0] }, floor = { .name = "floor", .ns = measured[1] };
	struct rill_route_session *session;
	uint64_t written = 0, bytes = 0;
	uint16_t site = find_site(bench_shape_names[c->shape]);
	uint64_t ticks_per_us;

	open_rings(c->rings, ring_bytes(c));
	session = start(c->open());
	if (!session->outlet)
		give_up(rill_error());
	ticks_per_us = rill_route.timebase.second_ticks / 1000000;
	for (unsigned round = 0; round <= rounds; round++) {	/* the first one warms up */
		const uint64_t before = c->bytes ? c->bytes() : 0;
		double ns;

		fill(c, site, ticks_per_us);
		floor.ns[floor.rounds] = floor_ns(c, bytes);
		written += c->events;
		rill_route_lock();
		ns = drain(session, written) / c->events;
		rill_route_unlock();
		bytes = c->bytes ? c->bytes() - before : 0;
		b.ns[b.rounds] = ns;
		b.rounds += round > 0;
		floor.rounds += round > 0;
	}
	say(c, &b, &floor, bytes, session->lost[session->refusal]);
	if (session->delivered == written)
		return 0;
	fprintf(stderr, "bench: %llu events were written and %llu delivered\n", (unsigned long long)written,
		(unsigned long long)session->delivered);
	return 1;
}

/* In a child: threads and rings go with it. */
static int run_apart(const struct bench_rings_case *c)
{
	int status = 1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		exit(bench_rings_run(c, ROUNDS));
	if (child < 0 || waitpid(child, &status, 0) != child)
		give_up("no process for a case");
	return status != 0;
}

int bench_rings_main(const struct bench_rings_case *cases, unsigned count, int argc, char **argv)
{
	int wrong = 0;

	if (argc > 1) {
		const unsigned long one = strtoul(argv[1], NULL, 10);

		if (one >= count)
			give_up("there is no case of this number");
		return bench_rings_run(&cases[one], 1);
	}
	for (unsigned i = 0; i < count; i++)
		wrong |= run_apart(&cases[i]);
	return wrong;
}

/* ---- outlets --------------------------------------------------------------------------------------- */

static uint64_t swallowed;

static int swallow(void *ctx, const void *data, size_t size, unsigned pieces)
{
	(void)ctx;
	(void)data;
	(void)pieces;
	swallowed += size;
	return 0;
}

static uint64_t bytes_swallowed(void)
{
	return swallowed;
}

static bool may_wait(void)
{
	return true;
}

static void no_metadata(void (*take)(void *ctx, const char *name, const char *args_json), void *ctx)
{
	(void)take;
	(void)ctx;
}

static void count_lost(void *session, uint64_t count)
{
	(void)session;
	fprintf(stderr, "bench: %llu events lost behind the outlet\n", (unsigned long long)count);
}

struct rill_outlet *bench_open_outlet(enum rill_format format)
{
	static const struct rill_sink_ops ops = { .name = "swallow", .write_time_max_ms = 1, .write = swallow };
	const struct rill_outlet_env env = { .pid = (uint32_t)getpid(), .session_name = "bench", .each_metadata = no_metadata,
					     .may_wait = may_wait, .lost = count_lost, .start_ns = rill_clock_ns() };
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	struct rill_outlet *outlet;

	options.out = RILL_OUT_SINK;
	options.sink.ops = &ops;
	options.format = format;
	return rill_outlet_open(&options, &env, &outlet) < 0 ? NULL : outlet;
}

int bench_stream_main(const char *name, struct rill_outlet *(*open)(void), int argc, char **argv)
{
	static const struct { enum bench_shape shape; unsigned rings, burst; } how[] = {
		{ BENCH_NO_ARGUMENT, 1, 1 }, { BENCH_INT64, 1, 1 }, { BENCH_TEXT16, 1, 1 },
		{ BENCH_NO_ARGUMENT, 2, 16 }, { BENCH_INT64, 2, 16 }, { BENCH_TEXT16, 2, 16 },
		{ BENCH_NO_ARGUMENT, 2, 1 }, { BENCH_INT64, 2, 1 }, { BENCH_TEXT16, 2, 1 },
		{ BENCH_NO_ARGUMENT, 64, 1 },
	};
	enum { CASES = sizeof how / sizeof *how };
	struct bench_rings_case cases[CASES];

	for (unsigned i = 0; i < CASES; i++)
		cases[i] = (struct bench_rings_case){ name, open, bytes_swallowed, how[i].shape, how[i].rings, how[i].burst, 200000 };
	return bench_rings_main(cases, CASES, argc, argv);
}
