/* SPDX-License-Identifier: MIT
 * rcu.c - read sections and grace periods without liburcu, and in the child of a bare fork: readers are counted, and who frees waits
 * until none is left.
 *
 * There are two counts, and a word says which one a reader takes. Who waits turns the word to the other and waits for the first to be
 * zero, then the same the other way round: so those who come meanwhile hold nobody up, and a reader that has read the word and
 * not yet counted himself, for however long, is in one of the two. tests/model/grace.pml has the proof and its mutants.
 *
 *     reader                          who frees
 *     count up        COUNT           store the new pointer     SET
 *     fence           FENCE           fence                     FENCE
 *     load pointer    READ            both counts seen at 0     TURN, GRACE, twice
 *     count down      LEAVE           free                      FREE
 *
 * Either fence comes first in the one order of fences. If the reader's, his count is seen and waited for; if the other's, he
 * loads the new pointer.
 */
#include "port/rcu.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* The child of a fork begins anew: of the threads that were inside a section, only the one that forked is there, and it ends
 * the section it may have interrupted in the counts where it began. */
enum { GENERATIONS = 8, COUNTS = 2 * GENERATIONS };

static _Atomic uint32_t readers[COUNTS];
static _Atomic uint32_t current;	/* where a reader counts himself: twice the generation, and 0 or 1 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

uint32_t rill_counted_enter(void)
{
	/* Relaxed: an old one does as well, since both are waited for. */
	const uint32_t section = atomic_load_explicit(&current, memory_order_relaxed);

	atomic_fetch_add_explicit(&readers[section], 1, memory_order_relaxed);	/* COUNT */
	/* FENCE, pairs with that of rill_counted_synchronize(). Without it a pointer is read before anybody can see that somebody reads. */
	atomic_thread_fence(memory_order_seq_cst);
	return section;
}

void rill_counted_leave(uint32_t section)
{
	/* LEAVE. Release: pairs with the acquire in wait_for(). What was read may be freed behind it. */
	atomic_fetch_sub_explicit(&readers[section], 1, memory_order_release);
}

static void wait_for(uint32_t count)
{
	const struct timespec pause = { 0, 100000 };

	/* GRACE. Acquire: pairs with rill_counted_leave(). */
	while (atomic_load_explicit(&readers[count], memory_order_acquire))
		nanosleep(&pause, NULL);
}

void rill_counted_synchronize(void)
{
	pthread_mutex_lock(&lock);
	/* FENCE: what the caller has published is seen by whoever counts himself from now on. */
	atomic_thread_fence(memory_order_seq_cst);
	for (unsigned turn = 0; turn < 2; turn++) {
		const uint32_t old = atomic_load_explicit(&current, memory_order_relaxed);

		/* TURN. Relaxed: it only keeps newcomers away from the count that is waited for. */
		atomic_store_explicit(&current, old ^ 1, memory_order_relaxed);
		wait_for(old);
	}
	pthread_mutex_unlock(&lock);
}

/* ---- fork ----------------------------------------------------------------------------------- */

void rill_counted_before_fork(void)
{
	pthread_mutex_lock(&lock);
}

void rill_counted_after_fork_parent(void)
{
	pthread_mutex_unlock(&lock);
}

void rill_counted_after_fork_child(void)
{
	const uint32_t next = (atomic_load_explicit(&current, memory_order_relaxed) / 2 + 1) % GENERATIONS * 2;

	/* Relaxed: this is the only thread. */
	atomic_store_explicit(&readers[next], 0, memory_order_relaxed);
	atomic_store_explicit(&readers[next + 1], 0, memory_order_relaxed);
	atomic_store_explicit(&current, next, memory_order_relaxed);
	pthread_mutex_init(&lock, NULL);
}
