/* SPDX-License-Identifier: MIT
 * test_memory.c - rill's memory is taken before the first event, is what the README says, and stays so whatever becomes of the consumer.
 *
 *     RILL_TEST_EVENTS=N     events for each case that looks at the resident size; 10 million unless told
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include "port/port.h"
#include "ring/ring_set.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>

enum { BUFFER = 65536, THREADS = 4, QUEUE = 65536, STACKS = 2 * 128 * 1024, SLACK = 512 * 1024, WARM = 200000 };

/* ---- counting -------------------------------------------------------------------------------------- */

static _Atomic uint64_t allocations, mappings, mapped_bytes;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_rill_port_pages(size_t bytes);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_rill_port_pages(size_t bytes);

void *__wrap_malloc(size_t size)
{
	atomic_fetch_add(&allocations, 1);
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	atomic_fetch_add(&allocations, 1);
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	atomic_fetch_add(&allocations, 1);
	return __real_realloc(p, size);
}

void *__wrap_rill_port_pages(size_t bytes)
{
	atomic_fetch_add(&mappings, 1);
	atomic_store(&mapped_bytes, bytes);
	return __real_rill_port_pages(bytes);
}

/* Without the pages of files: code comes in as it is called for the first time. By walking the pages, since the counters of statm lag
 * behind by tens of pages on each processor. */
static uint64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	unsigned long kilobytes = 0;
	char line[256];

	while (file && fgets(line, sizeof line, file) && sscanf(line, "Anonymous: %lu kB", &kilobytes) != 1)
		;
	if (!kilobytes)
		abort();
	fclose(file);
	return (uint64_t)kilobytes * 1024;
}

static uint64_t faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)(usage.ru_minflt + usage.ru_majflt);
}

static bool configure_memory(bool prefault)
{
	struct rill_config c = { .size = sizeof c, .buffer_bytes = BUFFER, .threads_max = THREADS, .prefault = prefault };

	NEED(rill_configure(&c) == 0);
	return true;
}

static void emit(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		RILL_INSTANT("memory", "event", "i", i);
}

static uint64_t events(void)
{
	const char *text = getenv("RILL_TEST_EVENTS");
	uint64_t count = text ? strtoull(text, NULL, 10) : 0;

	return count ? count : 10000000;
}

/* ---- what is taken --------------------------------------------------------------------------------- */

static void *emit_enough(void *unused)
{
	(void)unused;
	emit(WARM);
	return NULL;
}

static bool all_threads_emit(void)
{
	pthread_t threads[THREADS];

	for (unsigned i = 0; i < THREADS; i++)
		NEED(pthread_create(&threads[i], NULL, emit_enough, NULL) == 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return true;
}

/* threads x (buffer + 2 x nested), the slots' own heads, and with ring files what an image has besides: one mapping, made by the first
 * session. */
static bool rings(void)
{
	const uint64_t stated = THREADS * (BUFFER + (CONFIG_RILL_LEVELS - 1) * (uint64_t)CONFIG_RILL_NESTED_BYTES);
	const uint64_t image_bytes_max = RILL_ON(CONFIG_RILL_RING_FILE) ? 512 * 1024 : 0;
	uint64_t image_bytes;
	struct watch w = { .session = NULL };
	struct rill_stats stats;

	NEED(configure_memory(false));
	NEED_EQUAL(atomic_load(&mappings), 0);
	NEED(watch_start(&w, "memory"));
	NEED_EQUAL(atomic_load(&mappings), 1);
	image_bytes = atomic_load(&mapped_bytes) - stated - THREADS * sizeof(struct rill_slot);
	NEED(image_bytes <= image_bytes_max);
	NEED(THREADS * sizeof(struct rill_slot) < stated / 50);
	NEED(all_threads_emit());
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(atomic_load(&mappings), 1);
	return true;
}

static void the_rings_are_one_mapping_of_the_stated_size_made_before_the_first_event(void)
{
	ISOLATED(rings);
}

static bool no_allocation(void)
{
	struct watch w = { .options.queue_bytes = QUEUE };
	struct rill_stats stats;
	uint64_t before;

	NEED(configure_memory(false));
	NEED(watch_start(&w, "memory"));
	emit(WARM);
	NEED(rill_session_flush(w.session, 60000) == 0);
	before = atomic_load(&allocations);
	NEED(before > 0);	/* else nothing is counted */
	emit(1000000);
	NEED(rill_session_flush(w.session, 60000) == 0);
	NEED_EQUAL(atomic_load(&allocations), before);
	return watch_stop(&w, &stats);
}

/* Neither the thread's nor the consumer's nor the writer's. */
static void a_million_events_allocate_nothing_once_their_thread_is_known(void)
{
	ISOLATED(no_allocation);
}

/* ---- page faults ----------------------------------------------------------------------------------- */

static void on_signal(int sig)
{
	(void)sig;
	emit(2);
}

/* One of each kind, so that their code is there. */
static void emit_all_kinds(uint64_t i)
{
	static const char text[] = "a text of some length";

	RILL_SCOPE("memory", "scope", "i", i);
	RILL_INSTANT("memory", "none");
	RILL_INSTANT("memory", "one", "i", i);
	RILL_INSTANT("memory", "text", "t", RILL_COPY(text, 21));
	rill_emit('I', "memory", "dynamic", 0, 0, 0, NULL, NULL);
}

static _Atomic unsigned counted;

/* As deep as a handler on top of an event will need it: the stack is the program's own matter. */
static __attribute__((noinline)) void use_stack(void)
{
	volatile char deep[65536];

	for (size_t i = 0; i < sizeof deep; i += 1024)
		deep[i] = 0;
}

static void *count_faults(void *count)
{
	uint64_t before;

	use_stack();
	emit_all_kinds(0);	/* attaches */
	raise(SIGUSR1);
	before = faults();
	for (uint64_t i = 0; i < 1000000 / 6; i++) {
		emit_all_kinds(i);
		if (i % 1000 == 0)
			raise(SIGUSR1);
	}
	*(uint64_t *)count = faults() - before;
	atomic_fetch_add(&counted, 1);
	while (atomic_load(&counted) < 2)	/* a slot that is given back would bring its pages along */
		sleep_ms(1);
	return NULL;
}

/* The first thread brings the code of all cases in, losses among them; the second one's rings are new. */
static bool fault_free(bool shared)
{
	struct watch w = { .options.shared = shared, .options.queue_bytes = QUEUE };
	struct rill_stats stats;
	uint64_t counts[2] = { 1, 1 };
	pthread_t threads[2];

	NEED(configure_memory(true));
	signal(SIGUSR1, on_signal);
	NEED(watch_start(&w, "memory"));
	for (unsigned i = 0; i < 2; i++) {
		NEED(pthread_create(&threads[i], NULL, count_faults, &counts[i]) == 0);
		while (atomic_load(&counted) <= i)
			sleep_ms(1);
	}
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	NEED(watch_stop(&w, &stats));
	if (!emulator())
		NEED_EQUAL(counts[1], 0);
	NEED(counts[1] < BUFFER / 4096 / 4);	/* an emulator takes pages of its own for each thread, as code is come to */
	return true;
}

static bool direct_faults(void)
{
	return fault_free(false);
}

static bool shared_faults(void)
{
	return fault_free(true);
}

static void a_million_events_fault_no_page_behind_a_prefault(void)
{
	if (WATCH_TSAN || WATCH_ASAN) {
		test_skip("the sanitizers' shadow memory faults");
		return;
	}
	ISOLATED(direct_faults);
	ISOLATED(shared_faults);
}

/* ---- resident size --------------------------------------------------------------------------------- */

/* Flat from the moment at which every ring and buffer has been used once. */
static bool stays_flat(uint64_t bytes_without_rill)
{
	const uint64_t stated = THREADS * (BUFFER + (CONFIG_RILL_LEVELS - 1) * (uint64_t)CONFIG_RILL_NESTED_BYTES) +
				2 * QUEUE + STACKS;
	uint64_t warm, after;

	alarm(ISOLATED_LIMIT_S + (unsigned)(events() / 500000));
	emit(WARM);
	sleep_ms(100);
	emit(WARM);
	warm = resident_bytes();
	emit(events());
	after = resident_bytes();
	if (after > warm + SLACK / 8 || after > bytes_without_rill + stated + SLACK)
		fprintf(stderr, "\nresident: %llu without rill, %llu warm, %llu at last\n", (unsigned long long)bytes_without_rill,
			(unsigned long long)warm, (unsigned long long)after);
	NEED(after <= warm + SLACK / 8);
	/* What an emulator has of the code that it has met by now is counted too. */
	NEED(emulator() || after <= bytes_without_rill + stated + SLACK);
	return true;
}

enum consumer { SLOW, BLOCKED, DEAD };
static enum consumer consumer;
static _Atomic pid_t reached;	/* the consumer's tid */

static int odd_write(void *ctx, const void *data, size_t size, unsigned pieces)
{
	(void)ctx;
	(void)data;
	(void)pieces;
	if (!size || gettid() == getpid())	/* the head of the stream is written by who starts the session */
		return 0;
	atomic_store(&reached, gettid());
	switch (consumer) {
	case SLOW: sleep_ms(20); break;
	case BLOCKED: for (;;) pause();
	case DEAD: syscall(SYS_exit, 0);
	}
	return 0;
}

/* A sink that says it never blocks is called by the consumer itself: what it does happens to the consumer. */
static bool with_consumer(enum consumer is)
{
	static const struct rill_sink_ops ops = { .name = "odd", .write = odd_write, .write_time_max_ms = 1 };
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	uint64_t without = resident_bytes();
	struct rill_session *session;

	consumer = is;
	NEED(configure_memory(false));
	o.filter = "memory";
	o.out = RILL_OUT_SINK;
	o.sink.ops = &ops;
	o.queue_bytes = QUEUE;
	o.flush_period_ms = 1;
	NEED(rill_session_start(&o, &session) == 0);
	for (unsigned ms = 0; !atomic_load(&reached) && ms < 60000; ms++) {
		emit(1);
		sleep_ms(1);
	}
	NEED(atomic_load(&reached));
	NEED(stays_flat(without));
	NEED_EQUAL(rill_port_thread_alive((uint32_t)getpid(), (uint32_t)atomic_load(&reached)), is != DEAD);
	return true;
}

/* The stop at exit would wait for a consumer that is no more. */
static bool slow(void) { _exit(!with_consumer(SLOW)); }
static bool blocked(void) { _exit(!with_consumer(BLOCKED)); }
static bool dead(void) { _exit(!with_consumer(DEAD)); }

/* The child of a bare fork has rings and no consumer. */
static bool absent(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	uint64_t without = resident_bytes();
	int status = -1;
	pid_t pid;

	NEED(configure_memory(false));
	NEED(watch_start(&w, "memory"));
	emit(1);
	pid = bare_fork();
	if (pid == 0)
		_exit(stays_flat(without) ? 0 : 1);
	NEED(pid > 0 && waitpid(pid, &status, 0) == pid);
	NEED_EQUAL(status, 0);
	return watch_stop(&w, &stats);
}

#define RESIDENT(body)                                                                             \
	do {                                                                                       \
		if (WATCH_TSAN || WATCH_ASAN) {                                                    \
			test_skip("the sanitizers' own memory grows");                             \
		} else {                                                                           \
			ISOLATED(body);                                                            \
		}                                                                                  \
	} while (0)

static void resident_size_is_flat_while_the_consumer_is_slow(void)
{
	RESIDENT(slow);
}

static void resident_size_is_flat_while_the_consumer_stands(void)
{
	RESIDENT(blocked);
}

static void resident_size_is_flat_when_the_consumer_has_died(void)
{
	RESIDENT(dead);
}

static void resident_size_is_flat_where_there_is_no_consumer(void)
{
	RESIDENT(absent);
}

static const struct test_case cases[] = {
	T(the_rings_are_one_mapping_of_the_stated_size_made_before_the_first_event),
	T(a_million_events_allocate_nothing_once_their_thread_is_known),
	T(a_million_events_fault_no_page_behind_a_prefault),
	T(resident_size_is_flat_while_the_consumer_is_slow),
	T(resident_size_is_flat_while_the_consumer_stands),
	T(resident_size_is_flat_when_the_consumer_has_died),
	T(resident_size_is_flat_where_there_is_no_consumer),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("memory", cases, argc, argv);
}
