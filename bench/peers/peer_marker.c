/* SPDX-License-Identifier: MIT
 * peer_marker.c - the kernel's trace_marker in the comparison: what a program pays that formats its event as text and writes that
 * into the kernel's ring buffer. OUTLET is the file trace_marker of a tracefs.
 */
#include "bench/peers/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int marker = -1;
static bool wanted = true;	/* the program's own switch: trace_marker itself has none that costs less than a system call */

static __attribute__((format(printf, 1, 2))) void mark(const char *format, ...);

static void mark(const char *format, ...)
{
	char line[128];
	va_list values;
	int length;

	va_start(values, format);
	length = vsnprintf(line, sizeof line, format, values);
	va_end(values);
	/* A ring that is switched off takes nothing; that is no event either way, and peer_begin() has seen one arrive. */
	if (write(marker, line, (size_t)length) < 0)
		return;
}

PEER_LOOP(peer_run_none, mark("none"))
PEER_LOOP(peer_run_int64, mark("int64 i=%" PRId64, (int64_t)i))
PEER_LOOP(peer_run_text, mark("text i=%d j=%d text=%s", (int)i, -(int)i, text))
PEER_LOOP(peer_run_off, if (!*(volatile bool *)&wanted) mark("off i=%" PRId64, (int64_t)i))

bool peer_begin(const char *outlet)
{
	if (!outlet) {
		fputs("peer_marker: an OUTLET is wanted, such as /sys/kernel/tracing/trace_marker\n", stderr);
		return false;
	}
	marker = open(outlet, O_WRONLY | O_CLOEXEC);
	if (marker >= 0 && write(marker, "begin", 5) == 5)
		return true;
	fprintf(stderr, "peer_marker: %s: %s\n", outlet, strerror(errno));
	return false;
}

/* The kernel's ring keeps the last of them: the rest is overwritten as wanted, and nothing says how much. */
bool peer_end(struct peer_books *books)
{
	books->known = false;
	return close(marker) == 0;
}
