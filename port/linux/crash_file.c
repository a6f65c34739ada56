/* SPDX-License-Identifier: MIT
 * crash_file.c - memory of the process as a file, written by a signal handler: system calls alone.
 *
 * Pages that hold nothing but zeros, which are most of the rings, are left out: the file has holes there.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "port/linux/linux.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096 };

int rill_port_crash_file_open(const char *path, bool again)
{
	if (again)
		unlink(path);
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* Other threads may be writing still; what they write is behind what counts. */
__attribute__((no_sanitize_thread, no_sanitize_address)) static bool is_zero(const uint8_t *bytes, size_t size)
{
	const uintptr_t *const words = (const uintptr_t *)bytes;

	for (size_t i = 0; i < size / sizeof *words; i++)
		if (words[i])
			return false;
	return true;
}

static bool put(int fd, uint64_t at, const uint8_t *bytes, size_t size)
{
	while (size) {
		const ssize_t done = pwrite(fd, bytes, size, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		at += (uint64_t)done;
		bytes += done;
		size -= (size_t)done;
	}
	return true;
}

bool rill_port_crash_file_write(int fd, uint64_t at, const void *from, size_t size)
{
	const uint8_t *const bytes = from;
	size_t begin = 0;	/* what is not written yet */

	for (size_t i = 0; i < size; i += PAGE) {
		const size_t page = size - i < PAGE ? size - i : PAGE;

		if (page == PAGE && !is_zero(bytes + i, page))
			continue;
		if (page < PAGE)
			break;
		if (!put(fd, at + begin, bytes + begin, i - begin))
			return false;
		begin = i + page;
	}
	return put(fd, at + begin, bytes + begin, size - begin);
}

void rill_port_crash_file_close(int fd, uint64_t size)
{
	struct stat st;

	/* The last pages may be a hole, too. */
	if (fstat(fd, &st) == 0 && (uint64_t)st.st_size < size && ftruncate(fd, (off_t)size) < 0) {
		/* Then it is shorter, which its reader sees. */
	}
	close(fd);
}
