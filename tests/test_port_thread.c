/* SPDX-License-Identifier: MIT
 * test_port_thread.c - rill's own threads, and what the port knows about those of others.
 */
#define _GNU_SOURCE
#include "port_help.h"
#include "test.h"

#include "port/port.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* ---- threads --------------------------------------------------------------------------------- */

struct seen {
	uint32_t tid;
	int nice, policy;
	char comm[32], kernel_comm[32];
	sigset_t mask;
	size_t stack_bytes;
	atomic_bool ready, may_end;
};

static void *look_around(void *arg)
{
	struct seen *s = arg;
	pthread_attr_t attr;
	void *stack;

	s->tid = rill_port_tid();
	s->nice = getpriority(PRIO_PROCESS, s->tid);
	s->policy = (int)syscall(SYS_sched_getscheduler, 0);	/* musl's own does nothing */
	prctl(PR_GET_NAME, s->comm);
	rill_port_thread_comm((uint32_t)getpid(), s->tid, s->kernel_comm, sizeof(s->kernel_comm));
	pthread_sigmask(SIG_SETMASK, NULL, &s->mask);
	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getstack(&attr, &stack, &s->stack_bytes);
	pthread_attr_destroy(&attr);
	s->ready = true;
	while (!s->may_end)
		usleep(1000);
	return NULL;
}

static unsigned long start_thread(struct rill_port_thread_options options, void *(*run)(void *),
				  void *arg)
{
	unsigned long handle = 0;

	CU_ASSERT_EQUAL_FATAL(rill_port_thread_start(&options, run, arg, &handle), 0);
	return handle;
}

/* A crash in a callback on such a thread must reach the application's crash handler. */
static bool a_fault_raises(int signal)
{
	return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL || signal == SIGTRAP;
}

static void a_thread_is_named_nice_small_and_without_other_peoples_signals(void)
{
	struct seen s = { .may_end = true };
	sigset_t before, after;

	pthread_sigmask(SIG_SETMASK, NULL, &before);
	rill_port_thread_join(
		start_thread((struct rill_port_thread_options){ "rill-consumer-with-a-long-name",
								65536, 10, false },
			     look_around, &s));
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	CU_ASSERT_STRING_EQUAL(s.comm, "rill-consumer-w");
	CU_ASSERT_STRING_EQUAL(s.kernel_comm, "rill-consumer-w");
	CU_ASSERT_EQUAL(s.nice, 10);
	CU_ASSERT_EQUAL(s.policy, SCHED_OTHER);
	CU_ASSERT_TRUE(s.stack_bytes >= 65536 && s.stack_bytes < 4 * 1048576);
	for (int signal = 1; signal < 32; signal++) {
		if (signal != SIGKILL && signal != SIGSTOP)
			CU_ASSERT_EQUAL(sigismember(&s.mask, signal), !a_fault_raises(signal));
		CU_ASSERT_EQUAL(sigismember(&after, signal), sigismember(&before, signal));
	}
	CU_ASSERT_NOT_EQUAL(s.tid, rill_port_tid());
}

static void a_thread_may_run_when_nobody_else_wants_to(void)
{
	struct seen s = { .may_end = true };

	rill_port_thread_join(start_thread(
		(struct rill_port_thread_options){ "idle", 65536, 0, true }, look_around, &s));
	CU_ASSERT_EQUAL(s.policy, SCHED_IDLE);
}

static int start_from_real_time(void)
{
	struct sched_param high = { .sched_priority = 1 };
	struct rill_port_thread_options options = { "low", 65536, 7, false };
	struct seen s = { .may_end = true };
	unsigned long handle;

	if (syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &high))
		return 77;
	if (rill_port_thread_start(&options, look_around, &s, &handle))
		return 1;
	rill_port_thread_join(handle);
	return s.policy == SCHED_OTHER && s.nice == 7 ? 0 : 2;
}

static void a_thread_started_by_a_real_time_one_is_not_real_time(void)
{
	int result = in_child(start_from_real_time);

	if (result == 77)
		test_skip("no permission for SCHED_FIFO");
	else
		CU_ASSERT_EQUAL(result, 0);
}

static _Thread_local char big_local[300000];

static void *use_stack(void *arg)
{
	volatile char on_stack[12000];

	for (size_t i = 0; i < sizeof(on_stack); i += 100)
		on_stack[i] = 1;
	big_local[sizeof(big_local) - 1] = on_stack[0];
	*(bool *)arg = big_local[sizeof(big_local) - 1] == 1;
	return NULL;
}

static void large_thread_local_variables_do_not_eat_the_stack(void)
{
	bool done = false;

	rill_port_thread_join(start_thread(
		(struct rill_port_thread_options){ "small", 16384, 0, false }, use_stack, &done));
	CU_ASSERT_TRUE(done);
}

static void a_thread_that_cannot_be_had_is_an_error(void)
{
	struct rill_port_thread_options options = { "huge", SIZE_MAX - ((size_t)64 << 20), 0,
						    false };
	unsigned long handle = 7;

	CU_ASSERT_TRUE(rill_port_thread_start(&options, look_around, NULL, &handle) < 0);
	options.stack_bytes = SIZE_MAX;
	CU_ASSERT_EQUAL(rill_port_thread_start(&options, look_around, NULL, &handle), -EINVAL);
	CU_ASSERT_EQUAL(handle, 7);
}

static void a_timed_join_waits_for_the_end(void)
{
	struct seen s = { .may_end = true };

	CU_ASSERT_EQUAL(
		rill_port_thread_join_timed(
			start_thread((struct rill_port_thread_options){ "quick", 65536, 0, false },
				     look_around, &s),
			10000),
		0);
	CU_ASSERT_TRUE(s.ready);
}

/* A thread that was joined may be on its last steps in the kernel. */
static bool is_gone(uint32_t tid)
{
	for (int i = 0; i < 5000 && rill_port_thread_alive((uint32_t)getpid(), tid); i++)
		usleep(1000);
	return !rill_port_thread_alive((uint32_t)getpid(), tid);
}

static void a_timed_join_gives_up_and_the_thread_ends_alone(void)
{
	static struct seen s;
	uint64_t begin = rill_port_monotonic_ns(), took;
	unsigned long handle = start_thread(
		(struct rill_port_thread_options){ "stuck", 65536, 0, false }, look_around, &s);

	CU_ASSERT_EQUAL(rill_port_thread_join_timed(handle, 50), -ETIMEDOUT);
	took = rill_port_monotonic_ns() - begin;
	CU_ASSERT_TRUE(took >= 50000000 && took < UINT64_C(5000000000));
	while (!s.ready)
		usleep(1000);
	CU_ASSERT_TRUE(rill_port_thread_alive((uint32_t)getpid(), s.tid));
	s.may_end = true;
	CU_ASSERT_TRUE(is_gone(s.tid));
}

static void a_dead_thread_is_told_from_a_living_one(void)
{
	uint32_t pid = (uint32_t)getpid();
	struct seen s = { .may_end = true };

	CU_ASSERT_EQUAL(rill_port_tid(), pid);
	CU_ASSERT_TRUE(rill_port_thread_alive(pid, pid));
	rill_port_thread_join(start_thread(
		(struct rill_port_thread_options){ "dead", 65536, 0, false }, look_around, &s));
	errno = ENOTTY;
	CU_ASSERT_TRUE(is_gone(s.tid));
	CU_ASSERT_EQUAL(errno, ENOTTY);
	CU_ASSERT_EQUAL(rill_port_thread_start_time(pid, s.tid), 0);
}

static void a_name_with_parentheses_does_not_confuse_the_start_time(void)
{
	uint32_t pid = (uint32_t)getpid();
	uint64_t plain, odd;
	char before[32], name[32];

	prctl(PR_GET_NAME, before);
	prctl(PR_SET_NAME, "plain");
	plain = rill_port_thread_start_time(pid, pid);
	prctl(PR_SET_NAME, ") R 1 2 3) (4 5");
	odd = rill_port_thread_start_time(pid, pid);
	rill_port_thread_comm(pid, pid, name, sizeof(name));
	prctl(PR_SET_NAME, before);
	CU_ASSERT_TRUE(plain > 0);
	CU_ASSERT_EQUAL(odd, plain);
	CU_ASSERT_STRING_EQUAL(name, ") R 1 2 3) (4 5");
}

/* Within a tick of the kernel's (10 ms), and the resolution of the test. */
static void the_start_time_is_in_ticks_since_boot(void)
{
	struct seen s = { .may_end = false };
	uint64_t per_second = (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t before = rill_port_boottime_ns() * per_second / 1000000000, start, after;
	unsigned long handle = start_thread(
		(struct rill_port_thread_options){ "young", 65536, 0, false }, look_around, &s);

	after = rill_port_boottime_ns() * per_second / 1000000000;
	while (!s.ready)
		usleep(1000);
	start = rill_port_thread_start_time((uint32_t)getpid(), s.tid);
	CU_ASSERT_TRUE(start + 1 >= before && start <= after + 1);
	s.may_end = true;
	rill_port_thread_join(handle);
}

static void the_name_of_an_unknown_thread_is_empty(void)
{
	char name[16] = "x", tiny[3];

	rill_port_thread_comm((uint32_t)getpid(), 0x7ffffffe, name, sizeof(name));
	CU_ASSERT_STRING_EQUAL(name, "");
	rill_port_thread_comm((uint32_t)getpid(), (uint32_t)getpid(), tiny, sizeof(tiny));
	CU_ASSERT_EQUAL(strlen(tiny), 2);
}

static const struct test_case cases[] = {
	T(a_thread_is_named_nice_small_and_without_other_peoples_signals),
	T(a_thread_may_run_when_nobody_else_wants_to),
	T(a_thread_started_by_a_real_time_one_is_not_real_time),
	T(large_thread_local_variables_do_not_eat_the_stack),
	T(a_thread_that_cannot_be_had_is_an_error),
	T(a_timed_join_waits_for_the_end),
	T(a_timed_join_gives_up_and_the_thread_ends_alone),
	T(a_dead_thread_is_told_from_a_living_one),
	T(a_name_with_parentheses_does_not_confuse_the_start_time),
	T(the_start_time_is_in_ticks_since_boot),
	T(the_name_of_an_unknown_thread_is_empty),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("port_thread", cases, argc, argv);
}
