/* SPDX-License-Identifier: MIT
 * board_nested.c - what an event costs in a signal handler that has interrupted an event of its own thread.
 *
 * To be inside an event for certain, the event takes bytes from a page that cannot be read: rill copies them while the record is being
 * written, the processor faults, and the handler of SIGSEGV emits and then lets the page be read. What the fault itself costs
 * is measured by a handler that emits nothing.
 */
#include "bench/board.h"

#include <rill/clock.h>
#include <rill/trace.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Nested rings may be as small as 512 bytes: what one handler emits must fit. */
enum { NESTED_EVENTS = 16 };

static uint8_t *page;
static size_t page_bytes;
static volatile unsigned nested_events;
static volatile sig_atomic_t faults;

static void on_fault(int signal, siginfo_t *info, void *context)
{
	uint8_t *at = info->si_addr;

	(void)context;
	if (at < page || at >= page + page_bytes) {	/* a real fault: its default action, when the instruction runs again */
		struct sigaction plain = { .sa_handler = SIG_DFL };

		sigaction(signal, &plain, NULL);
		return;
	}
	faults++;
	for (unsigned i = 0; i < nested_events; i++) {
		__asm__ volatile("" ::: "memory");
		RILL_INSTANT("bench", "nested");
	}
	mprotect(page, page_bytes, PROT_READ | PROT_WRITE);
}

static double one_fault(unsigned events)
{
	uint64_t start;

	nested_events = events;
	mprotect(page, page_bytes, PROT_NONE);
	start = rill_clock_ns();
	RILL_INSTANT("bench", "interrupted", "bytes", RILL_BYTES(page, 8));
	bench_emitted += 1 + events;
	return (double)(rill_clock_ns() - start);
}

static void measure(struct board *board, struct bench *with, struct bench *without, double seconds)
{
	uint64_t end = rill_clock_ns() + (uint64_t)(seconds * 1e9);

	while (with->rounds < BENCH_ROUNDS_MAX && (with->rounds < 3 || rill_clock_ns() < end)) {
		with->ns[with->rounds++] = one_fault(NESTED_EVENTS);
		rill_session_flush(board->session, 10000);
		without->ns[without->rounds++] = one_fault(0);
		rill_session_flush(board->session, 10000);
	}
	bench_end(with);
	bench_end(without);
}

static double each(double with, double without)
{
	return with > without ? (with - without) / NESTED_EVENTS : 0;
}

void board_nested(struct board *board, double seconds)
{
	static double with_ns[BENCH_ROUNDS_MAX], without_ns[BENCH_ROUNDS_MAX];
	struct bench with = { .ns = with_ns }, without = { .ns = without_ns };
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO }, before;
	double least, median;

	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	page = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED) {
		board_left_out("nested", "there is no memory for a page");
		return;
	}
	memset(page, 'n', page_bytes);
	sigaction(SIGSEGV, &action, &before);
	measure(board, &with, &without, seconds);
	sigaction(SIGSEGV, &before, NULL);
	munmap(page, page_bytes);
	if ((unsigned)faults != with.rounds + without.rounds) {
		board_left_out("nested", "the page's protection did not interrupt the event");
		return;
	}
	least = each(bench_min(&with), bench_min(&without));
	median = each(bench_median(&with), bench_median(&without));
	board_case(board, "nested", "on, no argument, in a handler inside an event", 1, least, median, "");
}
