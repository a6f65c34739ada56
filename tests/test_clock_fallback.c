/* SPDX-License-Identifier: MIT
 * test_clock_fallback.c - where the processor's counter cannot be trusted or not be read, the whole runs on the kernel's clock, says
 * so, and does what it does elsewhere.
 *
 * The linker puts our functions in front of what the port asks the system (tests/build.mk).
 */
#define _GNU_SOURCE
#include "tool_help.h"
#include "watch_help.h"

#include "config.h"
#include "port/linux/linux.h"

#include <pthread.h>
#include <rill/clock.h>
#include <stdatomic.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { THREADS = 4, EVENTS = 5000, NOT_HERE = 77 };

ssize_t __real_rill_linux_read_file(const char *path, char *text, size_t room);
ssize_t __wrap_rill_linux_read_file(const char *path, char *text, size_t room);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
uint64_t __real_rill_port_monotonic_ns(void);
uint64_t __wrap_rill_port_monotonic_ns(void);
unsigned long __real_getauxval(unsigned long type);
unsigned long __wrap_getauxval(unsigned long type);

static const char *clocksource;	/* NULL: the system's own */

ssize_t __wrap_rill_linux_read_file(const char *path, char *text, size_t room)
{
	if (!clocksource || !strstr(path, "current_clocksource"))
		return __real_rill_linux_read_file(path, text, room);
	return snprintf(text, room, "%s\n", clocksource);
}

/* The C library reads the counter for it, which one of the cases forbids. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	return (int)syscall(SYS_clock_gettime, clock, time);
}

/* While a hundred reads of the counter are timed: this long they take. */
static _Atomic uint64_t slow_ns, slower_by_ns;

uint64_t __wrap_rill_port_monotonic_ns(void)
{
	uint64_t by_ns = slow_ns, sum_ns = atomic_fetch_add(&slower_by_ns, by_ns) + by_ns;

	return __real_rill_port_monotonic_ns() + sum_ns;
}

static bool no_vdso;

unsigned long __wrap_getauxval(unsigned long type)
{
	return no_vdso && type == AT_SYSINFO_EHDR ? 0 : __real_getauxval(type);
}

/* ---- the same results ----------------------------------------------------------------------------- */

static uint64_t last_number[THREADS], numbers_wrong;

static void look(struct watch *w, const struct rill_event *e)
{
	(void)w;
	if (e->nargs != 2 || e->args[0].u >= THREADS || e->args[1].u != ++last_number[e->args[0].u])
		numbers_wrong++;
}

static void *producer(void *number)
{
	for (uint64_t n = 1; n <= EVENTS; n++)
		RILL_INSTANT("fallback", "event", "who", (uint64_t)(uintptr_t)number, "n", n);
	return NULL;
}

static bool doctor_says(const char *text)
{
	static const char *const no_args[] = { NULL };
	struct tool_result r = tool_run(&rill_verb_doctor, no_args, "", 0);
	bool says = strstr(r.out, text) != NULL;

	if (!says)
		fprintf(stderr, "\n%s", r.out);
	tool_done(&r);
	return says;
}

static bool works_without_counter(const char *why)
{
	struct watch w = { .each = look };
	struct rill_clock_info info;
	struct rill_stats stats;
	pthread_t t[THREADS];
	uint64_t before_ns, begin_ns = now_ms() * 1000000;

	NEED(configure(1 << 20, 0, 8, 0));
	NEED(watch_start(&w, "fallback"));
	for (uintptr_t i = 0; i < THREADS; i++)
		NEED(pthread_create(&t[i], NULL, producer, (void *)i) == 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	before_ns = rill_clock_ns();
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered, THREADS * EVENTS);
	NEED_EQUAL(numbers_wrong, 0);
	NEED_EQUAL(w.late, 0);
	NEED(w.last_ns >= begin_ns && w.last_ns <= before_ns);
	rill_clock_info(&info);
	NEED(strcmp(info.name, "monotonic") == 0);
	NEED(strstr(info.why, why) != NULL);
	return true;
}

static bool doctor_says_so(const char *why)
{
	NEED(doctor_says("monotonic, 1000.000 MHz"));
	NEED(doctor_says(why));
	return true;
}

#if defined(CONFIG_RILL_CLOCK_TSC) && (defined(__x86_64__) || defined(__i386__))
static bool with_hpet(void)
{
	clocksource = "hpet";
	return works_without_counter("clocksource is not the tsc") && doctor_says_so("clocksource is not the tsc");
}

static bool with_no_clocksource(void)
{
	clocksource = "";
	return works_without_counter("does not tell its clocksource") && doctor_says_so("does not tell its clocksource");
}

static void V_20_where_the_kernel_has_given_up_the_tsc_its_own_clock_serves(void)
{
	ISOLATED(with_hpet);
	ISOLATED(with_no_clocksource);
}

/* The instruction traps, as a counter does that a processor does not have. Doctor's scratch files are made by the C library, which reads
 * the clock in its own way and would not survive it. */
static bool with_trap(void)
{
	const char *why;

	clocksource = "tsc";
	if (!rill_clock_tsc.usable(&why) || prctl(PR_SET_TSC, PR_TSC_SIGSEGV) != 0)
		_exit(NOT_HERE);
	return works_without_counter("cannot be read");
}

static void V_20_where_the_counter_traps_the_kernels_clock_serves(void)
{
	int status;

	if (WATCH_ASAN || WATCH_TSAN) {
		test_skip("a sanitizer reads the clock too");
		return;
	}
	status = isolated_status(with_trap);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_HERE)
		test_skip("this kernel cannot shut off the counter");
	else
		CU_ASSERT_EQUAL(status, 0);
}
#else
static void V_20_where_the_kernel_has_given_up_the_tsc_its_own_clock_serves(void)
{
	test_skip("no tsc in this build");
}

static void V_20_where_the_counter_traps_the_kernels_clock_serves(void)
{
	test_skip("this kernel cannot shut off the counter");
}
#endif

/* As kernels do it that emulate a counter with errata: half a microsecond each. */
static bool with_emulated_counter(void)
{
	clocksource = "tsc";
	slow_ns = 50000;
	rill_clock();
	slow_ns = slower_by_ns = 0;
	return works_without_counter("is emulated here") && doctor_says_so("slower than the clock");
}

static void V_20_where_reading_the_counter_is_slow_the_kernels_clock_serves(void)
{
	const struct rill_clock_source *best = rill_clock_sources[0];
	const char *why;

	if (!strcmp(best->name, "monotonic") || !best->usable(&why))
		test_skip("there is no counter to be slow here");
	else
		ISOLATED(with_emulated_counter);
}

static bool without_vdso(void)
{
	no_vdso = true;
	setenv("RILL_CLOCK", "monotonic", 1);
	return works_without_counter("RILL_CLOCK asks") && doctor_says_so("each read of its clocks is a system call");
}

static bool with_vdso(void)
{
	return __real_getauxval(AT_SYSINFO_EHDR) == 0 || !doctor_says("is a system call");
}

static void V_20_doctor_tells_where_the_kernel_gives_no_vdso(void)
{
	ISOLATED(without_vdso);
	ISOLATED(with_vdso);
}

/* The times of 1000 calls lie each between two of the C library's; and what it does for events is in sites_keep.sh. */
#ifdef __x86_64__
static void the_kernels_own_function_tells_the_time(void)
{
	rill_port_clock_function *const clock = rill_port_clock_of_kernel();
	struct timespec now;

	no_vdso = true;
	CU_ASSERT_PTR_NULL(rill_port_clock_of_kernel());
	no_vdso = false;
	CU_ASSERT(clock != NULL || __real_getauxval(AT_SYSINFO_EHDR) == 0);
	for (unsigned i = 0; clock && i < 1000; i++) {
		const uint64_t before = __real_rill_port_monotonic_ns();

		CU_ASSERT_EQUAL(clock(CLOCK_MONOTONIC, &now), 0);
		CU_ASSERT(before <= (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
		CU_ASSERT((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec <= __real_rill_port_monotonic_ns());
	}
}
#else
static void the_kernels_own_function_tells_the_time(void)
{
	test_skip("it is asked for on x86-64 only");
}
#endif

/* The environment's word counts like a fault. */
static bool by_choice(void)
{
	setenv("RILL_CLOCK", "monotonic", 1);
	return works_without_counter("RILL_CLOCK asks") && doctor_says_so("RILL_CLOCK asks");
}

static void the_kernels_clock_serves_where_it_is_asked_for(void)
{
	ISOLATED(by_choice);
}

static const struct test_case cases[] = {
	T(V_20_where_the_kernel_has_given_up_the_tsc_its_own_clock_serves),
	T(V_20_where_the_counter_traps_the_kernels_clock_serves),
	T(V_20_where_reading_the_counter_is_slow_the_kernels_clock_serves),
	T(V_20_doctor_tells_where_the_kernel_gives_no_vdso),
	T(the_kernels_clock_serves_where_it_is_asked_for),
	T(the_kernels_own_function_tells_the_time),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("clock_fallback", cases, argc, argv);
}
