/* SPDX-License-Identifier: MIT
 * nested.c - a loop around an event in a signal handler that interrupted another event of its thread, for callgrind.
 *
 *     nested KIND ROUNDS     KIND 0 is the empty loop
 *
 * The event under it copies bytes of a page that may not be read, so that the handler comes while its ring is busy.
 */
#include "record.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

static int rounds;
static unsigned kind;
static void *page;
static size_t page_bytes;

static NOINLINE void empty(void)
{
	for (int64_t i = 0; i < rounds; i++)
		__asm__ volatile("" : "+r"(i) : : "memory");
}

static NOINLINE void nested(void)
{
	for (int64_t i = 0; i < rounds; i++) {
		__asm__ volatile("" : "+r"(i) : : "memory");
		RILL_INSTANT("cost", "nested");
	}
}

static void on_fault(int sig)
{
	(void)sig;
	(kind ? nested : empty)();
	mprotect(page, page_bytes, PROT_READ);
}

int main(int argc, char **argv)
{
	struct rill_config config = { .size = sizeof config, .wake = RILL_WAKE_POLL, .period_ms = 60000,
				      .buffer_bytes = 1 << 20, .block_bytes = 1 << 16 };
	struct sigaction action = { .sa_handler = on_fault };
	struct rill_session *session;

	if (argc != 3 || rill_configure(&config) < 0)
		return 2;
	kind = (unsigned)atoi(argv[1]);
	rounds = atoi(argv[2]);
	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	page = mmap(NULL, page_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED || sigaction(SIGSEGV, &action, NULL) < 0)
		return 2;
	session = record_start("cost", record_sites_only);
	RILL_INSTANT("cost", "attaches the thread");
	RILL_INSTANT("cost", "interrupted", "bytes", RILL_BYTES(page, 8));
	_exit(session ? 0 : 2);
}
