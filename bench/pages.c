/* SPDX-License-Identifier: MIT
 * pages.c - memory for a file's pages: pages.h.
 */
#include "bench/pages.h"

#include <fcntl.h>
#include <rill/clock.h>
#include <stdbool.h>
#include <unistd.h>

enum { PIECE = 64 << 10, TIMED_BYTES_MAX = 1000000000 };

static const char piece[PIECE];

static bool write_all(int fd, uint64_t bytes)
{
	for (uint64_t done = 0; done < bytes; done += PIECE)
		if (write(fd, piece, PIECE) != PIECE)
			return false;
	return true;
}

double pages_warm(const char *path, uint64_t bytes)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const uint64_t timed_bytes = bytes < TIMED_BYTES_MAX ? bytes : TIMED_BYTES_MAX;
	uint64_t start_ns;
	double ns = 0;

	if (fd < 0)
		return 0;
	if (write_all(fd, bytes) && ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0) {
		start_ns = rill_clock_ns();
		if (write_all(fd, timed_bytes))
			ns = (double)(rill_clock_ns() - start_ns);
	}
	close(fd);
	unlink(path);
	return timed_bytes ? ns / (double)timed_bytes : 0;
}
