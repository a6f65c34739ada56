/* SPDX-License-Identifier: MIT
 * numbers_help.h - programs that are ended at any moment, and what of their events is in an image of their rings.
 *
 * They tell in shared memory which events they had emitted: for each thread and each of its three contexts (itself, and two handlers of
 * timers, which nest) the number of events whose emit had returned.
 */
#ifndef RILL_TESTS_NUMBERS_HELP_H
#define RILL_TESTS_NUMBERS_HELP_H

#include "folder_help.h"
#include "image_help.h"
#include "watch_help.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>

/* So many events fit into 16 MiB, and none is overwritten before it is looked for. */
enum { THREADS = 3, CONTEXTS = 3, NUMBERS_MAX = 1 << 18 };

/* ---- what is in an image ----------------------------------------------------------------------- */

struct found {
	uint64_t events, torn, disorder, last_ns;
	unsigned crashes;
	char signal[16], calls[1024];	/* of the last one */
	uint64_t address, pc;
	struct rill_image_result result;
	uint64_t least[THREADS][CONTEXTS];	/* number + 1, of those in rings of level 0; 0: none */
	uint8_t seen[THREADS][CONTEXTS][NUMBERS_MAX];
};
static struct found found;

static inline uint64_t check_of(uint64_t thread, uint64_t context, uint64_t number)
{
	return (number * 31 + thread * 7 + context + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

/* The three events of a crash. */
static inline void on_own_event(const struct rill_event *e)
{
	const struct rill_value *const a = e->args;

	if (!strcmp(e->name, "crash") && e->nargs >= 3) {
		found.crashes++;
		snprintf(found.signal, sizeof found.signal, "%s", a[0].text);
		found.address = a[2].u;
	} else if (!strcmp(e->name, "crash registers") && e->nargs >= 3) {
		found.pc = a[0].u;
	} else if (!strcmp(e->name, "crash backtrace") && e->nargs == 1) {
		snprintf(found.calls, sizeof found.calls, "%s", a[0].text);
	} else {
		found.torn++;
	}
}

static inline void on_number(uint64_t thread, uint64_t context, uint64_t number, unsigned level)
{
	uint64_t *const least = &found.least[thread][context];

	found.seen[thread][context][number]++;
	if (level == 0 && (!*least || *least > number + 1))
		*least = number + 1;
}

static inline void on_event(void *ctx, struct rill_packet_stream *stream, const struct rill_event *e)
{
	const struct rill_value *const a = e->args;

	(void)ctx, (void)stream;
	found.disorder += e->ts_ns < found.last_ns;
	found.last_ns = e->ts_ns;
	if (!strcmp(e->category, "rill")) {
		on_own_event(e);
		return;
	}
	found.events++;
	if (e->nargs != 4 || a[0].u >= THREADS || a[1].u >= CONTEXTS || a[2].u >= NUMBERS_MAX ||
	    a[3].u != check_of(a[0].u, a[1].u, a[2].u))
		found.torn++;
	else
		on_number(a[0].u, a[1].u, a[2].u, e->level);
}

/* A NUL follows the bytes. */
static inline bool look_at(const uint8_t *bytes, size_t size)
{
	static const struct rill_packet_reader_ops ops = { .event = on_event };
	struct rill_image image;
	const char *why;

	memset(&found, 0, sizeof found);
	if (!rill_image_open(&image, bytes, size, &why))
		return false;
	rill_image_read(&image, &ops, NULL);
	found.result = image.result;
	rill_image_close(&image);
	return true;
}

static inline bool look_into(const char *path)
{
	const int fd = open(path, O_RDONLY);
	struct stat st;
	uint8_t *bytes;
	bool good;

	if (fd < 0 || fstat(fd, &st) != 0)
		return false;
	bytes = malloc((size_t)st.st_size + 1);
	good = read(fd, bytes, (size_t)st.st_size) == st.st_size;
	close(fd);
	bytes[st.st_size] = '\0';
	good = good && look_at(bytes, (size_t)st.st_size);
	free(bytes);
	return good;
}

static inline void emit_number(uint64_t thread, uint64_t context, uint64_t number)
{
	RILL_INSTANT("ring", "number", "thread", thread, "context", context, "number", number, "check",
		     check_of(thread, context, number));
}

/* ---- a program that is killed --------------------------------------------------------------------- */

struct side {	/* channel: shared with the one that kills */
	_Atomic uint64_t returned[THREADS][CONTEXTS];
	uint64_t at_end[THREADS][CONTEXTS];	/* of that, what had returned when the end came */
	_Atomic unsigned running;
};
static struct side *side;
static __thread unsigned own;
static __thread bool known;

static inline void emit_next(unsigned context)
{
	const uint64_t number = atomic_load_explicit(&side->returned[own][context], memory_order_relaxed);

	if (number >= NUMBERS_MAX)
		return;
	emit_number(own, context, number);
	atomic_store_explicit(&side->returned[own][context], number + 1, memory_order_release);
}

static inline void on_timer(int sig)
{
	const int saved = errno;

	if (known)
		emit_next(sig == SIGALRM ? 1 : 2);
	errno = saved;
}

static inline void begin_to_emit(unsigned index)
{
	own = index;
	emit_next(0);	/* before any handler does: one that came first would set an alternative stack for itself only */
	known = true;
	atomic_fetch_add(&side->running, 1);
}

static inline void *emit_for_ever(void *index)
{
	begin_to_emit((unsigned)(uintptr_t)index);
	for (;;) {
		emit_next(0);
		for (volatile unsigned i = 0; i < 300; i++)
			;
	}
	return NULL;
}

/* One of the threads does this in place of emitting. */
static inline void run_until_ended(void *(*last)(void *index))
{
	static const struct itimerval often = { { 0, 400 }, { 0, 400 } }, oftener = { { 0, 310 }, { 0, 310 } };
	struct sigaction action = { .sa_handler = on_timer, .sa_flags = SA_RESTART };
	pthread_t thread;

	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGVTALRM, &action, NULL);
	for (uintptr_t i = 1; i < THREADS; i++)
		pthread_create(&thread, NULL, i + 1 < THREADS ? emit_for_ever : last, (void *)i);
	setitimer(ITIMER_REAL, &often, NULL);
	setitimer(ITIMER_VIRTUAL, &oftener, NULL);
	emit_for_ever((void *)0);
}

/* The end comes now. */
static inline void note_end(void)
{
	for (unsigned t = 0; t < THREADS; t++)
		for (unsigned c = 0; c < CONTEXTS; c++)
			side->at_end[t][c] = atomic_load_explicit(&side->returned[t][c], memory_order_acquire);
}

/* Every number whose emit had returned at the end, each once; beyond these at most what others emitted until they ended, too, and in each
 * context the one that was about to. */
static inline bool check_numbers(uint64_t *returned_all)
{
	for (unsigned t = 0; t < THREADS; t++)
		for (unsigned c = 0; c < CONTEXTS; c++) {
			const uint64_t at_end = side->at_end[t][c], returned = atomic_load(&side->returned[t][c]);

			*returned_all += at_end;
			for (uint64_t n = 0; n < NUMBERS_MAX; n++)
				if (found.seen[t][c][n] > 1 || (n < at_end && !found.seen[t][c][n]) || (n > returned && found.seen[t][c][n])) {
					fprintf(stderr, "\nthread %u context %u number %llu of %llu: %u times\n", t, c,
						(unsigned long long)n, (unsigned long long)at_end, found.seen[t][c][n]);
					return false;
				}
		}
	return true;
}

#endif
