/* SPDX-License-Identifier: MIT
 * stress.h - what the scenarios of the stress share: contexts that emit, watches that check, and how a row of the table is made.
 *
 * A context is whatever emits in a sequence of its own: a thread's code, or one of its signal handlers. Every event of a context carries
 * who made it, its number there and a check word, and its kind follows from the number. A watch is a session with a subscriber that
 * compares all of it with what must have come. Each scenario runs in a process of its own, since the rings belong to the process.
 *
 * What ThreadSanitizer cannot see of all this: it delivers a signal only where the thread calls a function that it intercepts, so
 * hardly ever inside an event (nesting is proved by the native runs); it knows no atomic_thread_fence(), no membarrier(), and it does not
 * reorder a relaxed store as an ARM processor does (that is the models' part). It does see every plain access of the rings' memory. It
 * calls a handler like any function, without the frame that the kernel would put in between, by which rill tells a handler
 * on top of an event from somebody who has left it by siglongjmp(): hence STRESS_SIGNAL_FRAME.
 */
#ifndef RILL_STRESS_H
#define RILL_STRESS_H

#include <rill/session.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#if defined(__SANITIZE_THREAD__)
#define STRESS_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define STRESS_TSAN 1
#endif
#endif
#ifndef STRESS_TSAN
#define STRESS_TSAN 0
#endif
#if defined(__SANITIZE_ADDRESS__)
#define STRESS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STRESS_ASAN 1
#endif
#endif
#ifndef STRESS_ASAN
#define STRESS_ASAN 0
#endif

/* At the head of each handler that emits. */
#if STRESS_TSAN
#define STRESS_SIGNAL_FRAME                                                                        \
	volatile char signal_frame[1024];                                                          \
	signal_frame[0] = 0;                                                                       \
	(void)signal_frame[0]
#else
#define STRESS_SIGNAL_FRAME (void)0
#endif

/* ---- a row of the table (main.c) ------------------------------------------------------------------ */

struct stress_scenario {
	const char *name;	/* begins with V_<n> where it is such a case of the list of faults */
	void (*run)(const struct stress_scenario *self);
	uint64_t amount;	/* of a long run: events to check, or whatever the scenario repeats */
	uint32_t producers, ring_bytes, block_bytes;
	uint32_t timer_ns;	/* period of the faster of the two timers of each producer; 0: none */
};
extern const struct stress_scenario stress_scenarios[];
extern const unsigned stress_scenario_count;

/* The part of a long run's amount that this run does: by the scale, a tenth of it where everything is slow. */
uint64_t stress_part(uint64_t amount, uint64_t at_least);
bool stress_emulated(void);	/* under an emulator: time tells nothing */

/* Choices that repeat with the seed. `stream` is any number: each has a sequence of its own. */
uint32_t stress_seed(uint32_t stream);
uint32_t stress_random(uint32_t *state);
static inline uint32_t stress_below(uint32_t *state, uint32_t bound)
{
	return stress_random(state) % bound;
}

/* What does not hold; the scenario goes on and its row is BROKEN. Any thread, not a signal handler. */
void stress_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* More to say in the row. */
void stress_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The row is "skipped"; the caller returns. */
void stress_skip(const char *why);
#define STRESS_NEED(condition)                                                                     \
	do {                                                                                       \
		if (!(condition))                                                                  \
			stress_fail("%s:%d: does not hold: %s", __FILE__, __LINE__, #condition);   \
	} while (0)

/* Books for the table. A checked event is one that a watch compared with what must have come. */
void stress_count_books(uint64_t emitted, uint64_t delivered, uint64_t lost);
void stress_count_checked(uint64_t events, uint64_t in_handlers);

uint64_t stress_now_ns(void);	/* CLOCK_MONOTONIC */
void stress_sleep_us(uint64_t us);	/* also when signals come */

/* ---- contexts (emit.c) ---------------------------------------------------------------------------- */

enum { STRESS_CONTEXTS_MAX = 1 << 18 };

enum stress_mode {
	STRESS_ALL,	/* all kinds of events, one without any argument among them */
	STRESS_NAMED,	/* each event tells who it is */
	STRESS_BIG,	/* longer than a block, cut or impossible; blocks of 256 bytes */
	STRESS_FLIP	/* category "stress.flip" instead of "stress" */
};

struct stress_context {
	_Atomic uint32_t begun, done;	/* numbers; they differ while an event is under way, or for ever once it was left */
	uint32_t tid;
	uint8_t mode;
};
extern struct stress_context *stress_contexts;
uint32_t stress_context_count(void);

void stress_contexts_init(void);
/* A new one of the calling thread. Signal handlers too; ids begin at 1. */
uint32_t stress_context_new(enum stress_mode mode);
/* The context's next event. Only the context itself. */
void stress_emit(uint32_t context);
/* The same for a piece of code that writes the event itself: its number, and the end of it. */
uint32_t stress_emit_begin(uint32_t context);
void stress_emit_end(uint32_t context, uint32_t number);

/* All that was emitted, and how many of these events were left in the middle: each of those may be anywhere or nowhere. */
uint64_t stress_emitted(void);
uint64_t stress_doubtful(void);
uint64_t stress_impossible(void);	/* events of STRESS_BIG that fit in no block */

enum stress_kind {
	STRESS_ONE_WORD, STRESS_TWO_WORDS, STRESS_NO_WORD, STRESS_TEXT, STRESS_MIXED, STRESS_TEN, STRESS_LONG, STRESS_DYNAMIC,
	STRESS_CUT, STRESS_TOO_BIG, STRESS_OTHER, STRESS_KINDS
};
extern const char *const stress_kind_names[STRESS_KINDS];
enum stress_kind stress_kind_of(enum stress_mode mode, uint32_t number);
/* Who, which number, and 16 bits that must fit both. */
uint64_t stress_word(uint32_t context, uint32_t number);
uint64_t stress_check(uint32_t context, uint32_t number);
uint32_t stress_text_size(enum stress_kind kind, uint32_t number);
extern const char stress_text[];	/* what texts are the beginning of */
enum { STRESS_TEXT_MAX = 6000 };

/* ---- producers (crowd.c) -------------------------------------------------------------------------- */

struct stress_watch;
struct stress_crowd {
	uint32_t producers, timer_ns;
	enum stress_mode mode;
	uint32_t calm_us;	/* small bursts, and so much sleep behind each, so that the machine has time for others; 0: none */
	bool flip;		/* each also emits in "stress.flip", by a context of its own */
	struct stress_watch *pace;	/* wait for this one now and then; NULL: flat out */
	_Atomic bool over;
	uint32_t first_context;	/* those of the threads and their handlers lie from here ... */
	_Atomic uint32_t ready;
	unsigned long threads[8];
};
void stress_crowd_start(struct stress_crowd *crowd);
void stress_crowd_stop(struct stress_crowd *crowd);
/* A burst of a random number of events, and the pause behind it. */
void stress_burst(const struct stress_crowd *crowd, uint32_t context, uint32_t *random);

/* Two timers that interrupt the calling thread, the second one also the handler of the first; both handlers emit. */
struct stress_timers {
	void *timer[2];
};
void stress_timers_start(struct stress_timers *timers, uint32_t period_ns, enum stress_mode mode);
void stress_timers_stop(struct stress_timers *timers);
void stress_on_signal(int signal, void (*handler)(int signal));
/* One timer that sends the calling thread a signal in each period. */
void *stress_timer_start(int signal, uint32_t period_ns);
void stress_timer_stop(void *timer);

/* ---- watches (watch.c, check.c) ------------------------------------------------------------------- */

enum { STRESS_LINES = 8192 };

struct stress_line {	/* of a thread */
	uint32_t serial, tid;
	uint64_t delivered, lost;
};

struct stress_moment {
	uint64_t ns;
	uint32_t level;
};

struct stress_watch {
	struct rill_session *session;
	struct rill_session_options options;	/* shared, queue_bytes ... may be set before the start */
	bool partial;		/* does not run for as long as the contexts emit, or does not want all: no books */
	bool exact_gaps;	/* one context, STRESS_NAMED, this session alone: each gap lies where the numbers are missing */
	void (*each)(struct stress_watch *watch, const struct rill_event *event);
	void (*batch)(struct stress_watch *watch);	/* behind each batch */
	void *ctx;
	_Atomic uint64_t quiet_from_ns, quiet_to_ns;	/* no event of "stress.flip" may have a time in here */

	_Atomic uint64_t events;	/* checked so far; read while it runs */
	/* By context: `missing` counts behind `from` and up to `to`. Bytes go on and off site by site, so that in front of and behind that an
	 * event of one site may come and that of another not. NULL: nothing is missing as yet, and no end. */
	_Atomic(const uint32_t *) from, to;
	uint64_t nameless, late, clamped, torn, doubled, backwards, foreign, loud;
	uint64_t at_level[8], kinds[STRESS_KINDS];
	uint64_t last_ns, pending_gap, gaps_wrong;
	uint64_t missing;		/* numbers that a later one of their context overtook */
	uint64_t lost[RILL_CAUSES], lost_total;
	_Atomic uint32_t *last;	/* by context: the last number seen; 0: none */
	uint32_t *first;
	struct stress_moment *last_moment;
	struct stress_line *lines;	/* by hash of the serial; not kept when there are too many threads */
	uint32_t line_count;
	char first_fault[160];
	struct rill_stats stats;	/* since the stop */
};

void stress_check_batch(void *watch, const struct rill_batch *batch);
struct stress_line *stress_line_of(struct stress_watch *watch, const struct rill_thread *thread);

bool stress_configure(uint32_t ring_bytes, uint32_t block_bytes, uint32_t threads_max, uint32_t hold_max_ms);
/* False: it could not be started, and the row is BROKEN. */
bool stress_watch_start(struct stress_watch *watch, const char *filter);
/* Flushes, compares the session's own books with what was seen, stops. All producers have ended unless it is partial. */
void stress_watch_stop(struct stress_watch *watch);
/* emitted == delivered + lost, in all and for each thread; behind the stop. */
void stress_watch_close_books(struct stress_watch *watch);
void stress_watch_free(struct stress_watch *watch);
/* Until the watch has checked so many events; false (and BROKEN) when nothing moves any more. */
bool stress_watch_wait(struct stress_watch *watch, uint64_t events);
/* The usual end: stop, books, free. */
void stress_watch_finish(struct stress_watch *watch);

/* Threads that have a slot now. */
uint32_t stress_live_slots(void);
/* Until at most so many have one; false after timeout_ms. */
bool stress_slots_drop_to(uint32_t count, uint32_t timeout_ms);

/* ---- scenarios, one file each --------------------------------------------------------------------- */

void stress_big(const struct stress_scenario *self);
void stress_children(const struct stress_scenario *self);
void stress_churn(const struct stress_scenario *self);
void stress_clone(const struct stress_scenario *self);
void stress_destructors(const struct stress_scenario *self);
void stress_endings(const struct stress_scenario *self);
void stress_fifo(const struct stress_scenario *self);
void stress_first(const struct stress_scenario *self);
void stress_flood(const struct stress_scenario *self);
void stress_held(const struct stress_scenario *self);
void stress_leaps(const struct stress_scenario *self);
void stress_observers(const struct stress_scenario *self);
void stress_overload(const struct stress_scenario *self);
void stress_plugin(const struct stress_scenario *self);
void stress_reenter(const struct stress_scenario *self);
void stress_restart(const struct stress_scenario *self);
void stress_scopes(const struct stress_scenario *self);
void stress_sessions(const struct stress_scenario *self);
void stress_sizes(const struct stress_scenario *self);
void stress_stall(const struct stress_scenario *self);
void stress_wrap(const struct stress_scenario *self);

#endif
