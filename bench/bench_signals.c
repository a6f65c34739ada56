/* SPDX-License-Identifier: MIT
 * bench_signals.c - what an event costs in a signal handler that has interrupted an event of its own thread, and in a handler inside
 * that one: each level has a ring of its own.
 *
 * To be inside an event for certain, the event takes bytes from a page that cannot be read: rill copies them while the record is being written,
 * the processor faults, and the handler emits and then lets the page be read. Level 0 is measured in a handler as well, one
 * that interrupted no event. The clock is read within the handler, so what signal and fault cost is not in it.
 */
#include "bench/lab.h"

#include <rill/trace.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LEVELS = 3, ROUNDS = 1000, TURNS = 400 /* a nested ring is small */ };

static uint8_t *pages[LEVELS];	/* pages[1]: its fault leads into level 1 */
static size_t page_bytes;
static volatile sig_atomic_t level, wanted, faults;
static volatile double stretch_ns;
static unsigned stretch_turns;

BENCH_CASE(loop, (void)0)
BENCH_CASE(emit, RILL_INSTANT("bench", "nested"))
static void (*volatile run)(unsigned turns);

static void stretch(void)
{
	const uint64_t start = rill_clock_ns();

	run(stretch_turns);
	stretch_ns = (double)(rill_clock_ns() - start) / stretch_turns;
}

/* An event that is interrupted on its way, if there is a level left to go down to. */
static void go_down(void)
{
	if (level == wanted) {
		stretch();
		return;
	}
	mprotect(pages[level + 1], page_bytes, PROT_NONE);
	RILL_INSTANT("bench", "interrupted", "bytes", RILL_BYTES(pages[level + 1], 8));
	bench_emitted++;
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	uint8_t *const at = info->si_addr;

	(void)context;
	if (level >= wanted || at < pages[level + 1] || at >= pages[level + 1] + page_bytes) {
		/* A real fault: its default action, when the instruction runs again. */
		struct sigaction plain = { .sa_handler = SIG_DFL };

		sigaction(signal, &plain, NULL);
		return;
	}
	faults++;
	level++;
	go_down();
	mprotect(pages[level], page_bytes, PROT_READ | PROT_WRITE);
	level--;
}

static void on_signal(int signal)
{
	(void)signal;
	go_down();
}

static void prepare(void)
{
	struct sigaction fault = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER }, plain = { .sa_handler = on_signal };

	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	for (unsigned i = 1; i < LEVELS; i++) {
		pages[i] = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (pages[i] == MAP_FAILED) {
			fprintf(stderr, "bench_signals: there is no memory for a page\n");
			exit(1);
		}
		memset(pages[i], 'n', page_bytes);
	}
	sigaction(SIGSEGV, &fault, NULL);
	sigaction(SIGBUS, &fault, NULL);	/* some processors and systems say it so */
	sigaction(SIGUSR1, &plain, NULL);
}

static double measure(const struct lab *lab, int at_level, bool emits)
{
	wanted = at_level;
	run = emits ? emit : loop;
	raise(SIGUSR1);
	if (emits)
		bench_emitted += stretch_turns;
	rill_session_flush(lab->session, 10000);
	return stretch_ns;
}

static int run_all(const struct lab *lab)
{
	static double ns[LEVELS][ROUNDS], loop_ns[ROUNDS];
	struct bench b[LEVELS], around = { .ns = loop_ns };
	const uint64_t end = rill_clock_ns() + (uint64_t)(lab->seconds * 1e9);
	unsigned round = 0;
	long inside = 0;

	for (unsigned warm = 0; round < ROUNDS && (round < 3 || (!lab->quick && rill_clock_ns() < end)); warm++) {
		loop_ns[round] = measure(lab, 0, false);
		for (int i = 0; i < LEVELS; i++) {
			ns[i][round] = measure(lab, i, true);
			inside += i;
		}
		round += warm > 0;
	}
	around.rounds = round;
	bench_end(&around);
	printf("# stretches=%u of %u turns, in turns; the floor is level 0\n", round, stretch_turns);
	for (unsigned i = 0; i < LEVELS; i++) {
		static const char *const names[] = { "signal_level_0", "signal_level_1", "signal_level_2" };

		b[i] = (struct bench){ .ns = ns[i], .rounds = round };
		bench_end(&b[i]);
		lab_say(&(struct lab_line){ .name = names[i], .threads = 1, .ns_min = bench_net(bench_min(&b[i]), bench_min(&around)),
			.ns_med = bench_net(bench_median(&b[i]), bench_min(&around)),
			.floor_ns = bench_net(bench_min(&b[0]), bench_min(&around)), .bytes = 8 });
	}
	printf("faults=%ld expected=%ld\n", (long)faults, inside);
	return faults != inside;
}

int main(int argc, char **argv)
{
	struct lab lab;
	int wrong;

	lab_options(&lab, argc, argv, 5);
	stretch_turns = lab.quick ? 40 : TURNS;
	lab_start(&lab);
	lab_machine(&lab);
	prepare();
	wrong = run_all(&lab);
	return lab_books(&lab, lab.session, bench_emitted) || wrong;
}
