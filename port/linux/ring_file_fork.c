/* SPDX-License-Identifier: MIT
 * ring_file_fork.c - the children of a process with a ring file never write into it.
 *
 * The kernel gives a child no mapping of the file (MADV_DONTFORK). Where the fork handlers run, pages of the child's own are in its
 * place before anything else does, with the rings as they were at the fork: a handler that interrupted an event may have forked,
 * and the event goes on. A child that the bare system call made finds a hole: its first event raises SIGSEGV, whose handler
 * (fault.c) asks here for pages, and passes all other faults on to who was there before. The rings are then as the parent has them by now, which will
 * do: nobody reads them.
 */
#define _GNU_SOURCE
#include "port/linux/linux.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

static struct rill_port_ring_file *guarded;

/* Other threads go on writing in their slots: in the child they are not there, and whatever is copied of theirs will do. */
__attribute__((no_sanitize_thread)) static void copy_words(void *to, const void *from, size_t size)
{
	volatile uintptr_t *t = to;
	const volatile uintptr_t *f = from;

	for (size_t i = 0; i < size / sizeof *t; i++)
		t[i] = f[i];
}

static bool map_own(const struct rill_port_ring_part *p)
{
	return mmap(p->pages, p->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) !=
	       MAP_FAILED;
}

/* ---- a child that nobody announced ---------------------------------------------------------------- */

static bool fill_hole(const struct rill_port_ring_file *f, const struct rill_port_ring_part *p)
{
	return map_own(p) &&
	       pread(f->fd, p->pages + p->kept_at, p->kept_bytes, (off_t)(p->at + p->kept_at)) == (ssize_t)p->kept_bytes;
}

bool rill_linux_ring_file_fill(const void *address)
{
	const uint8_t *const at = address;
	const struct rill_port_ring_part *p;

	for (unsigned i = 0; guarded && i < guarded->parts; i++) {
		p = &guarded->part[i];
		if (at >= p->pages && at < p->pages + p->size)
			return fill_hole(guarded, p);
	}
	return false;
}

int rill_linux_ring_file_guard(struct rill_port_ring_file *f, const struct rill_port_ring_part *p)
{
	guarded = f;
	if (madvise(p->pages, p->size, MADV_DONTFORK) < 0)
		return -1;
	return rill_linux_fault_catch(SIGSEGV);
}

/* ---- around fork ---------------------------------------------------------------------------------- */

void rill_port_ring_file_before_fork(struct rill_port_ring_file *f)
{
	sigset_t all;

	rill_port_deferrable_signals(&all);
	pthread_sigmask(SIG_BLOCK, &all, &f->blocked);
	for (const struct rill_port_ring_part *p = f->part; p < f->part + f->parts; p++)
		copy_words(p->copy, p->pages + p->kept_at, p->kept_bytes);
}

void rill_port_ring_file_after_fork(struct rill_port_ring_file *f)
{
	pthread_sigmask(SIG_SETMASK, &f->blocked, NULL);
}

void rill_port_ring_file_forked(struct rill_port_ring_file *f)
{
	for (const struct rill_port_ring_part *p = f->part; p < f->part + f->parts; p++)
		if (map_own(p))
			copy_words(p->pages + p->kept_at, p->copy, p->kept_bytes);
	/* The lock is the parent's; this descriptor would hold it beyond the parent's end. */
	if (rill_linux_ring_file_is_ours(f))
		close(f->fd);
	f->fd = -1;
	rill_port_ring_file_after_fork(f);
}
