/* SPDX-License-Identifier: MIT
 * test_grace.c - read sections that are counted, as without liburcu: what a reader may use is not freed, nobody waits for those who
 * came later, and a fork leaves nothing behind.
 *
 * The source is included, in every configuration, so that a reader can be stopped between the word that he has read and his count.
 */
#include "test.h"

#include "config.h"
#undef CONFIG_RILL_URCU

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

static _Thread_local bool slow_reader;
static atomic_bool stalled, may_count;

static uint32_t count_up(_Atomic uint32_t *count, uint32_t by)
{
	if (slow_reader) {
		atomic_store(&stalled, true);
		while (!atomic_load(&may_count))
			usleep(100);
	}
	return atomic_fetch_add(count, by);
}
#undef atomic_fetch_add_explicit
#define atomic_fetch_add_explicit(count, by, order) count_up(count, by)
#include "port/linux/rcu.c"

enum { PATIENCE_US = 30000 };

static atomic_bool inside, may_leave, returned;

static void *read_on(void *slow)
{
	slow_reader = slow != NULL;
	rcu_read_lock();
	atomic_store(&inside, true);
	while (!atomic_load(&may_leave))
		usleep(100);
	rcu_read_unlock();
	return NULL;
}

static void *free_something(void *unused)
{
	synchronize_rcu();
	atomic_store(&returned, true);
	return unused;
}

static uint32_t readers_inside(void)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < COUNTS; i++)
		sum += atomic_load(&readers[i]);
	return sum;
}

static void begin(void)
{
	atomic_store(&stalled, false);
	atomic_store(&may_count, false);
	atomic_store(&inside, false);
	atomic_store(&may_leave, false);
	atomic_store(&returned, false);
}

static void wait_until(atomic_bool *flag)
{
	while (!atomic_load(flag))
		usleep(100);
}

/* There is a reader inside, who leaves only now: a grace period that has begun ends behind that. */
static void check_that_it_waits(pthread_t reader)
{
	pthread_t freeing;

	CU_ASSERT_EQUAL_FATAL(pthread_create(&freeing, NULL, free_something, NULL), 0);
	usleep(PATIENCE_US);
	CU_ASSERT(!atomic_load(&returned));
	atomic_store(&may_leave, true);
	pthread_join(reader, NULL);
	pthread_join(freeing, NULL);
	CU_ASSERT(atomic_load(&returned));
}

static void a_grace_period_waits_for_the_readers_that_are_there(void)
{
	pthread_t reader;

	for (int i = 0; i < 3; i++) {
		begin();
		CU_ASSERT_EQUAL_FATAL(pthread_create(&reader, NULL, read_on, NULL), 0);
		wait_until(&inside);
		check_that_it_waits(reader);
	}
}

static void a_reader_who_read_the_word_long_ago_is_waited_for_all_the_same(void)
{
	pthread_t reader;

	for (int before = 1; before <= 3; before++) {
		begin();
		CU_ASSERT_EQUAL_FATAL(pthread_create(&reader, NULL, read_on, &stalled), 0);
		wait_until(&stalled);
		for (int i = 0; i < before; i++)
			synchronize_rcu();	/* nobody is counted */
		atomic_store(&may_count, true);
		wait_until(&inside);
		check_that_it_waits(reader);
	}
}

static atomic_bool enough;

static void *come_and_go(void *unused)
{
	while (!atomic_load(&enough)) {
		rcu_read_lock();
		usleep(200);
		rcu_read_unlock();
	}
	return unused;
}

/* There is always somebody inside, and still each period ends. */
static void readers_who_come_later_hold_nobody_up(void)
{
	pthread_t threads[4];

	atomic_store(&enough, false);
	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, come_and_go, NULL), 0);
	for (int i = 0; i < 50; i++)
		synchronize_rcu();
	atomic_store(&enough, true);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	CU_ASSERT_EQUAL(readers_inside(), 0);
}

static void a_section_inside_a_section_counts_twice(void)
{
	uint32_t outer = rill_rcu_enter(), inner = rill_rcu_enter();

	CU_ASSERT_EQUAL(readers_inside(), 2);
	rill_rcu_leave(inner);
	CU_ASSERT_EQUAL(readers_inside(), 1);
	rill_rcu_leave(outer);
	CU_ASSERT_EQUAL(readers_inside(), 0);
}

/* ---- many times ------------------------------------------------------------------------------------ */

struct thing { atomic_int alive; };

static struct thing things[2];
static struct thing *published = &things[0];
static atomic_ulong dead_ones, looks;

static void *look(void *unused)
{
	while (!atomic_load(&enough)) {
		rcu_read_lock();
		for (int i = 0; i < 3; i++)
			if (!atomic_load(&rcu_dereference(published)->alive))
				atomic_fetch_add(&dead_ones, 1);
		rcu_read_unlock();
		atomic_fetch_add(&looks, 1);
	}
	return unused;
}

static void what_is_read_was_not_freed(void)
{
	pthread_t threads[2];

	atomic_store(&enough, false);
	atomic_store(&things[0].alive, 1);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, look, NULL), 0);
	while (atomic_load(&looks) < 100)
		usleep(100);
	for (int i = 1; i < 300; i++) {
		struct thing *old = published;

		atomic_store(&things[i & 1].alive, 1);
		rcu_assign_pointer(published, &things[i & 1]);
		synchronize_rcu();
		atomic_store(&old->alive, 0);
	}
	atomic_store(&enough, true);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	CU_ASSERT_EQUAL(atomic_load(&dead_ones), 0);
}

/* ---- fork ------------------------------------------------------------------------------------------ */

static int in_child(uint32_t interrupted)
{
	rill_rcu_after_fork_child();
	alarm(60);
	synchronize_rcu();
	rill_rcu_leave(interrupted);	/* as the section that the fork interrupted ends */
	synchronize_rcu();
	return rill_rcu_enter() == interrupted;
}

/* Another thread is inside, and the one that forks, too: in the child nobody is. */
static void the_child_of_a_fork_waits_for_nobody_that_is_not_there(void)
{
	pthread_t reader;
	uint32_t mine;
	int status = -1;
	pid_t pid;

	begin();
	CU_ASSERT_EQUAL_FATAL(pthread_create(&reader, NULL, read_on, NULL), 0);
	wait_until(&inside);
	mine = rill_rcu_enter();
	rill_rcu_before_fork();
	pid = fork();
	if (pid == 0)
		_exit(in_child(mine));
	rill_rcu_after_fork_parent();
	CU_ASSERT(pid > 0 && waitpid(pid, &status, 0) == pid);
	CU_ASSERT_EQUAL(status, 0);
	rill_rcu_leave(mine);
	check_that_it_waits(reader);
}

static const struct test_case cases[] = {
	T(a_grace_period_waits_for_the_readers_that_are_there),
	T(a_reader_who_read_the_word_long_ago_is_waited_for_all_the_same),
	T(readers_who_come_later_hold_nobody_up),
	T(a_section_inside_a_section_counts_twice),
	T(what_is_read_was_not_freed),
	T(the_child_of_a_fork_waits_for_nobody_that_is_not_there),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("grace", cases, argc, argv);
}
