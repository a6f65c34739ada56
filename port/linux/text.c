/* SPDX-License-Identifier: MIT
 * text.c - reads small files of /proc and /sys.
 */
#include "port/linux/linux.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

ssize_t rill_linux_read_file(const char *path, char *text, size_t size)
{
	int saved = errno, fd;
	ssize_t length;

	text[0] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		length = -errno;
		errno = saved;
		return length;
	}
	do
		length = read(fd, text, size - 1);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		length = -errno;
	else
		text[length] = '\0';
	close(fd);
	errno = saved;
	return length;
}
