/* SPDX-License-Identifier: MIT
 * test_port_clock.c - the clocks of the Linux port, the choice among them, and the probe.
 */
#include "port_help.h"
#include "test.h"

#include "config.h"
#include "port/arch/arch.h"
#include "port/linux/linux.h"

#include <pthread.h>
#include <rill/clock.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

static int answer(const char *question)
{
	struct rill_clock_info info;

	if (strcmp(question, "--clock"))
		return 2;
	rill_clock_info(&info);
	printf("%s: %s\n", info.name, info.why);
	return 0;
}

/* ---- clocks ---------------------------------------------------------------------------------- */

static void the_clock_in_use_is_one_of_the_sources_and_says_why(void)
{
	struct rill_clock_info info;
	bool found = false;

	rill_clock_info(&info);
	CU_ASSERT_STRING_EQUAL(info.name, rill_clock()->name);
	for (size_t i = 0;; i++) {
		found |= rill_clock_sources[i] == rill_clock();
		if (!strcmp(rill_clock_sources[i]->name, "monotonic"))
			break;
	}
	CU_ASSERT_TRUE(found);
	CU_ASSERT_TRUE(strlen(info.why) > 10);
	CU_ASSERT_TRUE(info.read_ns > 0);
	CU_ASSERT_TRUE(info.ordered_read_ns > 0);
}

static void the_frequency_is_what_a_tenth_of_a_second_shows(void)
{
	struct timespec tenth = { 0, 100000000 };
	struct rill_clock_info info;
	uint64_t ticks, ns;
	double hz;

	rill_clock_info(&info);
	ticks = rill_clock()->read_ordered();
	ns = rill_clock_ns();
	nanosleep(&tenth, NULL);
	ticks = rill_clock()->read_ordered() - ticks;
	ns = rill_clock_ns() - ns;
	hz = (double)ticks * 1e9 / (double)ns;
	CU_ASSERT_TRUE(hz > (double)info.frequency_hz * 0.99 &&
		       hz < (double)info.frequency_hz * 1.01);
}

static void ordered_reads_of_one_thread_never_go_back(void)
{
	uint64_t last = 0;
	unsigned backward = 0;

	for (int i = 0; i < 100000; i++) {
		uint64_t ticks = rill_clock()->read_ordered();

		backward += ticks < last;
		last = ticks;
	}
	CU_ASSERT_EQUAL(backward, 0);
	CU_ASSERT_TRUE(rill_clock_ticks() >= last);
}

static void a_clock_read_inline_is_the_same_counter(void)
{
	uint64_t before, inside, behind;

	if (!rill_clock()->inline_read) {
		test_skip("the clock in use here is not read inline");
		return;
	}
	CU_ASSERT_EQUAL(RILL_ARCH_INLINE_TICKS, 1);
	before = rill_clock()->read_ordered();
	inside = rill_arch_ticks_ordered();
	behind = rill_clock()->read_ordered();
	CU_ASSERT_TRUE(before <= inside && inside <= behind);
}

static void the_kernels_clocks_agree_with_each_other(void)
{
	uint64_t monotonic = rill_port_monotonic_ns(), thread = rill_port_thread_time_ns();

	CU_ASSERT_TRUE(monotonic > 0);
	CU_ASSERT_TRUE(rill_port_boottime_ns() >= monotonic);
	CU_ASSERT_TRUE(rill_port_raw_ns() > 0);
	CU_ASSERT_TRUE(rill_port_realtime_ns() > UINT64_C(1600000000000000000));
	while (rill_port_monotonic_ns() - monotonic < 5000000)
		;
	CU_ASSERT_TRUE(rill_port_thread_time_ns() > thread);
}

static void RILL_CLOCK_forces_a_clock(void)
{
	CU_ASSERT_STRING_EQUAL(ask(self, 0, "RILL_CLOCK", "monotonic", "--clock"),
			       "monotonic: RILL_CLOCK asks for it\n");
}

static void RILL_CLOCK_ordered_is_the_best_clock_read_in_order(void)
{
	char expected[100];
	const char *best = ask(self, 0, "RILL_CLOCK", "", "--clock");

	snprintf(expected, sizeof(expected), "%.*s-ordered: RILL_CLOCK asks for", (int)strcspn(best, ":"), best);
	CU_ASSERT_PTR_NOT_NULL(strstr(ask(self, 0, "RILL_CLOCK", "ordered", "--clock"), expected));
}

static void an_unknown_RILL_CLOCK_names_those_that_there_are(void)
{
	char best[4096], expected[100];
	const char *said;

	snprintf(best, sizeof(best), "%s", ask(self, 0, "RILL_CLOCK", "", "--clock"));
	said = ask(self, 0, "RILL_CLOCK", "sundial", "--clock");
	CU_ASSERT_NSTRING_EQUAL(said, "rill: RILL_CLOCK=sundial: ", 26);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "monotonic"));
	snprintf(expected, sizeof(expected), "\n%.60s", best);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, expected));
}

#if defined(CONFIG_RILL_CLOCK_TSC) && (defined(__x86_64__) || defined(__i386__))
static bool tsc_verdict(bool invariant, const char *clocksource, const char *word)
{
	const char *why = "";
	bool verdict = rill_clock_tsc_verdict(invariant, clocksource, &why);

	CU_ASSERT_PTR_NOT_NULL(strstr(why, word));
	return verdict;
}

static void V_20_the_tsc_is_trusted_only_if_invariant_and_used_by_the_kernel(void)
{
	CU_ASSERT_TRUE(tsc_verdict(true, "tsc", ""));
	CU_ASSERT_FALSE(tsc_verdict(false, "tsc", "invariant"));
	CU_ASSERT_FALSE(tsc_verdict(true, "kvm-clock", "clocksource"));
	CU_ASSERT_FALSE(tsc_verdict(true, "hpet", "clocksource"));
	CU_ASSERT_FALSE(tsc_verdict(true, "tsc-early", "clocksource"));
	CU_ASSERT_FALSE(tsc_verdict(true, "hyperv_clocksource_tsc_page", "clocksource"));
	CU_ASSERT_FALSE(tsc_verdict(true, "", "/sys"));
}
#else
static void V_20_the_tsc_is_trusted_only_if_invariant_and_used_by_the_kernel(void)
{
	test_skip("no tsc in this build");
}
#endif

/* ---- the probe ------------------------------------------------------------------------------- */

static void undefined_instruction(void)
{
	raise(SIGILL);
}

static volatile char *forbidden;	/* a page that nobody may read */

static void forbidden_access(void)
{
	(void)*forbidden;
}

static void nothing(void)
{
}

static atomic_int application_faults;
static _Thread_local sigjmp_buf application_jump;

static void application_handler(int signal)
{
	(void)signal;
	application_faults++;
	siglongjmp(application_jump, 1);
}

static void V_20_a_probe_finds_out_and_puts_the_handlers_back(void)
{
	struct sigaction ours = { .sa_handler = application_handler }, ill, segv, now;

	forbidden = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaction(SIGILL, &ours, &ill);
	sigaction(SIGSEGV, &ours, &segv);
	CU_ASSERT_TRUE(rill_linux_probe(nothing));
	CU_ASSERT_FALSE(rill_linux_probe(undefined_instruction));
	CU_ASSERT_FALSE(rill_linux_probe(forbidden_access));
	CU_ASSERT_FALSE(rill_linux_probe(undefined_instruction));
	CU_ASSERT_TRUE(rill_linux_probe(nothing));
	sigaction(SIGILL, &ill, &now);
	CU_ASSERT_TRUE(now.sa_handler == application_handler);
	sigaction(SIGSEGV, &segv, &now);
	CU_ASSERT_TRUE(now.sa_handler == application_handler);
	CU_ASSERT_EQUAL(application_faults, 0);
}

static atomic_bool fault_now, fault_handled;

static void *fault_when_told(void *arg)
{
	while (!fault_now)
		sched_yield();
	if (!sigsetjmp(application_jump, 1))
		forbidden_access();
	fault_handled = true;
	return arg;
}

static void let_other_thread_fault(void)
{
	fault_now = true;
	while (!fault_handled)
		sched_yield();
}

static int fault_elsewhere_while_probing(void)
{
	struct sigaction ours = { .sa_handler = application_handler }, now;
	pthread_t other;

	forbidden = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaction(SIGSEGV, &ours, NULL);
	pthread_create(&other, NULL, fault_when_told, NULL);
	if (!rill_linux_probe(let_other_thread_fault))
		return 1;
	pthread_join(other, NULL);
	sigaction(SIGSEGV, NULL, &now);
	return application_faults == 1 && now.sa_handler == application_handler ? 0 : 2;
}

static void a_fault_of_another_thread_goes_to_the_application(void)
{
	CU_ASSERT_EQUAL(in_child(fault_elsewhere_while_probing), 0);
}

static void read_ticks(void)
{
	(void)rill_arch_ticks();
}

static int probe_without_tsc(void)
{
	if (prctl(PR_SET_TSC, PR_TSC_SIGSEGV))
		return 77;
	return rill_linux_probe(read_ticks);
}

static void V_20_a_counter_that_the_kernel_shut_off_is_found_out(void)
{
	int result = in_child(probe_without_tsc);

	if (result == 77)
		test_skip("this kernel cannot shut off the counter");
	else
		CU_ASSERT_EQUAL(result, 0);
}

static const struct test_case cases[] = {
	T(the_clock_in_use_is_one_of_the_sources_and_says_why),
	T(the_frequency_is_what_a_tenth_of_a_second_shows),
	T(ordered_reads_of_one_thread_never_go_back),
	T(a_clock_read_inline_is_the_same_counter),
	T(the_kernels_clocks_agree_with_each_other),
	T(RILL_CLOCK_forces_a_clock),
	T(RILL_CLOCK_ordered_is_the_best_clock_read_in_order),
	T(an_unknown_RILL_CLOCK_names_those_that_there_are),
	T(V_20_the_tsc_is_trusted_only_if_invariant_and_used_by_the_kernel),
	T(V_20_a_probe_finds_out_and_puts_the_handlers_back),
	T(a_fault_of_another_thread_goes_to_the_application),
	T(V_20_a_counter_that_the_kernel_shut_off_is_found_out),
};

int main(int argc, char **argv)
{
	if (argc == 2 && !strncmp(argv[1], "--", 2))
		return answer(argv[1]);
	if (!find_self())
		return 2;
	return TEST_MAIN("port_clock", cases, argc, argv);
}
