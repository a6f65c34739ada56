/* SPDX-License-Identifier: MIT
 * attach.c - giving a thread its rings, and finding the one for the present signal level.
 */
#include "emit/attach.h"

#include "emit/keep.h"
#include "emit/kept.h"
#include "port/port.h"
#include "ring/flight.h"
#include "ring/point.h"
#include "ring/wake.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct rill_ring rill_nobody = { .busy = 1 };
__thread struct rill_ring *rill_own_ring __attribute__((tls_model("initial-exec"))) = &rill_nobody;
__thread struct rill_pair rill_own_pair __attribute__((tls_model("initial-exec"))) = { .flight = RILL_ON(CONFIG_RILL_FLIGHT) ? &rill_nobody : NULL };
_Atomic bool rill_inline_clock;
#ifdef __x86_64__
__thread struct rill_ring *rill_plain_ring __attribute__((tls_model("initial-exec"))) = &rill_nobody;
rill_port_clock_function *rill_plain_clock;
#endif
_Atomic uint32_t rill_home_pid, rill_last_serial;

/* What the hot path does not need. */
static __thread struct {
	struct rill_slot *slot;
	_Atomic bool attaching;
	bool has_sort_index;
	int32_t sort_index;
	char name[RILL_THREAD_NAME_MAX];
} self __attribute__((tls_model("initial-exec")));

static pthread_key_t exit_key;
static _Atomic bool have_exit_key;

struct rill_slot *rill_own_slot(void)
{
	return self.slot;
}

/* The key's value in a process's first thread while it has no slot. */
static char first_thread;
/* The process whose first thread has a value. */
static _Atomic uint32_t first_calls_pid;
static void (*_Atomic first_ends)(void);
enum { WATCH_FIRST = RILL_ON(CONFIG_RILL_FLIGHT) || RILL_ON(CONFIG_RILL_CONTROL) };

bool rill_first_thread_calls(void)
{
	return atomic_load_explicit(&first_calls_pid, memory_order_relaxed) == (uint32_t)getpid();
}

void rill_first_thread_tells(void (*ends)(void))
{
	/* Release: pairs with tell_first_end(); what is called finds what was made ready for it. */
	atomic_store_explicit(&first_ends, ends, memory_order_release);
}

/* It may end before its process does, by pthread_exit(). */
static void watch_first_thread(void)
{
	if (!WATCH_FIRST || !have_exit_key || rill_port_tid() != (uint32_t)getpid())
		return;
	if (pthread_getspecific(exit_key) || pthread_setspecific(exit_key, &first_thread) == 0)
		atomic_store_explicit(&first_calls_pid, (uint32_t)getpid(), memory_order_relaxed);
}

static void tell_first_end(void)
{
	/* Acquire: pairs with rill_first_thread_tells(). */
	void (*const ends)(void) = atomic_load_explicit(&first_ends, memory_order_acquire);

	atomic_store_explicit(&first_calls_pid, 0, memory_order_relaxed);
	if (ends)
		ends();
}

/* A hint only: the thread may still emit from later destructors. The consumer asks the system whether it is gone. */
static void at_thread_exit(void *value)
{
	if (value != &first_thread)
		atomic_store_explicit(&((struct rill_slot *)value)->exiting, 1, memory_order_relaxed);
	RILL_POINT(EXITING);
	if (WATCH_FIRST && rill_port_tid() == (uint32_t)getpid())
		tell_first_end();
	/* Where there are only flight sessions the consumer rests, and sees nobody go. */
	if (RILL_ON(CONFIG_RILL_FLIGHT) &&
	    (atomic_load_explicit(&rill_ring_slow, memory_order_relaxed) & (RILL_SLOW_STREAM | RILL_SLOW_FLIGHT)) == RILL_SLOW_STREAM)
		rill_wake(RILL_WAKE_HALF);
}

void rill_attach_init(void)
{
	atomic_store_explicit(&rill_home_pid, (uint32_t)getpid(), memory_order_relaxed);
	/* glibc keeps the values of its first 32 keys inside the thread, so that setting one allocates nothing; of later
	 * keys we make no use, and threads are found gone by the consumer's periodic look. */
	if (!have_exit_key && pthread_key_create(&exit_key, at_thread_exit) == 0)
		atomic_store_explicit(&have_exit_key, (unsigned)exit_key < 32, memory_order_release);
	watch_first_thread();
#ifdef __x86_64__
	if (RILL_ON(CONFIG_RILL_HOT_PATH) && rill_clock()->read == rill_port_monotonic_ns)
		rill_plain_clock = rill_port_clock_of_kernel();
#endif
}

/* The reader (route/feed.c) tries again unless it sees the same even number before and behind its copy:
 * tests/model/overwrite.pml, steps ODD and EVEN. */
static void begin_name(struct rill_slot *slot)
{
	atomic_store_explicit(&slot->name_sequence, atomic_load_explicit(&slot->name_sequence, memory_order_relaxed) + 1,
			      memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

static void end_name(struct rill_slot *slot)
{
	const uint32_t sequence = atomic_load_explicit(&slot->name_sequence, memory_order_relaxed);

	for (unsigned i = 0; i < RILL_THREAD_NAME_MAX; i++)
		atomic_store_explicit(&slot->name[i], self.name[i], memory_order_relaxed);
	atomic_store_explicit(&slot->sort_index, self.sort_index, memory_order_relaxed);
	atomic_store_explicit(&slot->has_sort_index, self.has_sort_index, memory_order_relaxed);
	atomic_store_explicit(&slot->name_sequence, sequence + 1, memory_order_release);
}

static void write_name(struct rill_slot *slot)
{
	begin_name(slot);
	end_name(slot);
}

const char *rill_own_name(uint32_t tid)
{
	if (!self.name[0])
		rill_port_thread_comm((uint32_t)getpid(), tid, self.name, sizeof self.name);
	return self.name;
}

/* The ring that the short ways of an event find, by either clock. */
static void set_rings(struct rill_ring *ring)
{
	if (ring == &rill_nobody || atomic_load_explicit(&rill_inline_clock, memory_order_relaxed))
		rill_own_ring = ring;
#ifdef __x86_64__
	rill_plain_ring = ring;
#endif
}

/* Where there are sessions of both kinds, and rill_nobody stands in for the thread's rings: these. A handler may do it between the two
 * loads of an event, so the flight ring is one to be looked at in any case. */
static void set_pair(struct rill_slot *slot)
{
	if (RILL_ON(CONFIG_RILL_FLIGHT))
		rill_own_pair = (struct rill_pair){
			.stream = slot ? &slot->ring[0] : NULL,
			.flight = slot ? rill_flight_of(slot->index)->ring : &rill_nobody,
			.hot = slot && atomic_load_explicit(&rill_inline_clock, memory_order_relaxed) ? &slot->ring[0] : NULL,
		};
}

static void forget_slot(void)
{
	self.slot = NULL;
	set_pair(NULL);
	set_rings(&rill_nobody);
}

/* Where a handler's event looks next (keep_hot.S). */
static void join_levels(struct rill_ring *rings)
{
#ifdef __x86_64__
	for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
		rings[level].above = level + 1 < CONFIG_RILL_LEVELS ? &rings[level + 1] : &rill_nobody;
#else
	(void)rings;
#endif
}

/* What the short ways may write into without a further look: the one kind of rings that there are sessions for. The control that lets
 * sessions of the other kind begin shuts these rings first, and does not see the thread that comes here behind that: steps SLOW to
 * AGAIN of tests/model/slow.pml. */
static struct rill_ring *choose_ring(struct rill_slot *slot)
{
	/* Acquire: pairs with rill_control_set_slow() in control/slow.c; the flight rings are there. */
	uint32_t slow = RILL_ON(CONFIG_RILL_FLIGHT) ? atomic_load_explicit(&rill_ring_slow, memory_order_acquire) : 0;
	struct rill_ring *ring = &slot->ring[0];

	if (slow & RILL_SLOW_STREAM)
		ring = slow & RILL_SLOW_FLIGHT ? &rill_nobody : rill_flight_of(slot->index)->ring;
	if (RILL_ON(CONFIG_RILL_FLIGHT) && ring != rill_own_ring && ring->flight)
		join_levels(ring);
	return ring;
}

static __attribute__((noinline)) void attach(void)
{
	const uint32_t tid = rill_port_tid(), serial = RILL_ON(CONFIG_RILL_EARLY) ? rill_kept_own_serial() : rill_new_serial();
	struct rill_slot *slot;

	/* The busy level that keeps handlers out while the slot is half made. */
	atomic_store_explicit(&self.attaching, true, memory_order_relaxed);
	rill_compiler_barrier();
	RILL_POINT(ATTACHING);
	/* The slot of a vfork()'s child would be given to somebody else while this thread still writes into it. */
	slot = rill_is_at_home() ? rill_slot_claim(rill_owner(serial, tid)) : NULL;
	if (slot) {
		atomic_store_explicit(&slot->exiting, 0, memory_order_relaxed);
		rill_own_name(tid);
		begin_name(slot);
		__atomic_store_n(&slot->tid, tid, __ATOMIC_RELAXED);
		/* A snapshot may look at a slot that is not live: behind what rill_flight_take_over() has done. */
		__atomic_store_n(&slot->serial, serial, RILL_ON(CONFIG_RILL_FLIGHT) ? __ATOMIC_RELEASE : __ATOMIC_RELAXED);
		end_name(slot);
		join_levels(slot->ring);
		if (atomic_load_explicit(&have_exit_key, memory_order_acquire))
			pthread_setspecific(exit_key, slot);
		rill_slot_publish(slot);
		RILL_POINT(LIVE);
		/* Only the consumer gives slots back of threads that have ended, and it may sleep for longer than these last. */
		if (RILL_ON(CONFIG_RILL_WAKE) && slot->index >= rill_ring_geometry.slots / 2)
			rill_wake(RILL_WAKE_HALF);
		self.slot = slot;
		rill_compiler_barrier();	/* a handler that sees the ring must also see the slot */
		set_rings(choose_ring(slot));
		if (RILL_ON(CONFIG_RILL_CRASH))
			rill_port_crash_stack(slot->index);
		RILL_POINT(ATTACHED);
	}
	rill_compiler_barrier();
	if (!atomic_load_explicit(&self.attaching, memory_order_relaxed)) {
		/* A handler forked and this is the child (rill_detach): the slot is of the parent's pool. */
		forget_slot();
		return;
	}
	atomic_store_explicit(&self.attaching, false, memory_order_relaxed);
}

/* A handler that left the attach by siglongjmp() would leave the thread without a ring for ever; and an event is no cancellation point,
 * so what the attach asks of the system must not be one. */
static void attach_undisturbed(void)
{
	sigset_t all, before;
	int cancel_state;

	if (!rill_slot_is_free())	/* without a system call, since it comes with each event of a thread that has no slot */
		return;
	rill_port_deferrable_signals(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	attach();
	pthread_setcancelstate(cancel_state, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* A handler that left the event it had interrupted by siglongjmp() leaves the ring busy for ever. A handler that is still on top of
 * the event stands at least a signal frame below it (stacks grow down; no signal frame of Linux is
 * smaller than FRAME_MIN) or on its alternative stack. Anybody else is past the event: its half-written
 * record is dropped, nothing of it was published. */
enum { FRAME_MIN = KEEP_FRAME_MIN };

static bool abandoned(struct rill_ring *ring, uintptr_t here)
{
	uintptr_t frame = atomic_load_explicit(&ring->busy, memory_order_relaxed);
	stack_t alternative;

	if (here + FRAME_MIN <= frame)
		return false;
	if (sigaltstack(NULL, &alternative) == 0 && (alternative.ss_flags & SS_ONSTACK))
		return false;
	RILL_POINT(ABANDONED);
	rill_ring_recover(ring);
	rill_ring_unbusy(ring);
	return true;
}

static bool is_busy(const struct rill_ring *ring)
{
	return atomic_load_explicit(&ring->busy, memory_order_relaxed) != 0;
}

struct rill_ring *rill_ring_taken(void)
{
	const struct rill_slot *slot = self.slot;
	struct rill_flight *flight = RILL_ON(CONFIG_RILL_FLIGHT) && slot ? rill_flight_of(slot->index) : NULL;

	if (!flight)
		return rill_own_ring;
	return is_busy(&slot->ring[0]) ? (struct rill_ring *)&slot->ring[0] : &flight->ring[0];
}

/* The first ring that is free, or left, of those of one kind. NULL: all levels are in use. */
static struct rill_ring *take_level(struct rill_ring *rings, uintptr_t here)
{
	for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++) {
		if (!is_busy(&rings[level])) {
			rill_ring_busy(&rings[level]);
			return &rings[level];
		}
		if (abandoned(&rings[level], here)) {
			rill_ring_busy(&rings[level]);
			/* The handler that left may itself have interrupted one: a mark left there would hold the stream up. */
			for (unsigned above = level + 1; above < CONFIG_RILL_LEVELS; above++)
				if (is_busy(&rings[above]))
					abandoned(&rings[above], here);
			return &rings[level];
		}
	}
	return NULL;
}

struct rill_ring *rill_ring_acquire(enum rill_cause *cause, uintptr_t frame, bool flight)
{
	struct rill_slot *slot = self.slot;
	uintptr_t here = frame ? frame : (uintptr_t)__builtin_frame_address(0);
	struct rill_flight *second;
	struct rill_ring *ring;

	if (!slot) {
		if (atomic_load_explicit(&self.attaching, memory_order_relaxed)) {
			*cause = RILL_LOST_DEEP;	/* a handler on top of the attach */
			return NULL;
		}
		attach_undisturbed();
		slot = self.slot;	/* NULL also where a handler that had waited for the attach forked and this is the child */
		if (!slot) {
			*cause = RILL_LOST_NO_RING;
			return NULL;
		}
	}
	RILL_POINT(FOUND);
	second = RILL_ON(CONFIG_RILL_FLIGHT) ? rill_flight_of(slot->index) : NULL;
	/* Rings that are younger than the thread; nothing goes into them before it comes by here. */
	for (unsigned level = 0; second && !second->ring[0].owner && level < CONFIG_RILL_LEVELS; level++)
		second->ring[CONFIG_RILL_LEVELS - 1 - level].owner = rill_owner(slot->serial, slot->tid);
	/* Only while no event of the thread is under way: rill_ring_taken() could not tell them apart. */
	if (second && !is_busy(&slot->ring[0]) && !is_busy(&second->ring[0])) {
		ring = choose_ring(slot);
		set_rings(ring->flight == flight ? ring : &rill_nobody);	/* else control is just changing that; handlers go the cold way, too */
		set_pair(ring == &rill_nobody ? slot : NULL);
	}
	ring = take_level(RILL_ON(CONFIG_RILL_FLIGHT) && flight ? second->ring : slot->ring, here);
	if (!ring)
		*cause = RILL_LOST_DEEP;
	return ring;
}

static void free_last(struct rill_ring *rings)
{
	struct rill_ring *const last = &rings[CONFIG_RILL_LEVELS - 1];

	if (!is_busy(last))
		return;
	rill_ring_recover(last);
	rill_ring_unbusy(last);
}

void rill_ring_free_last(void)
{
	struct rill_flight *const flight = RILL_ON(CONFIG_RILL_FLIGHT) && self.slot ? rill_flight_of(self.slot->index) : NULL;

	if (self.slot)
		free_last(self.slot->ring);
	if (flight)
		free_last(flight->ring);
}

void rill_detach(void)
{
	forget_slot();
	atomic_store_explicit(&self.attaching, false, memory_order_relaxed);
	/* Its hook would write into a slot that is no more. */
	if (atomic_load_explicit(&have_exit_key, memory_order_acquire))
		pthread_setspecific(exit_key, NULL);
}

void rill_own_name_set(const char *name)
{
	size_t size = strlen(name);

	if (size >= sizeof self.name) {		/* cut between characters, not inside one */
		size = sizeof self.name - 1;
		while (size && ((uint8_t)name[size] & 0xc0) == 0x80)
			size--;
	}
	memset(self.name, 0, sizeof self.name);
	memcpy(self.name, name, size);
	if (self.slot)
		write_name(self.slot);
}

void rill_own_sort_index_set(int32_t index)
{
	self.sort_index = index;
	self.has_sort_index = true;
	if (self.slot)
		write_name(self.slot);
}
