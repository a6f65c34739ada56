/* SPDX-License-Identifier: MIT
 * sink_serial_line.h - opening a serial line, setting it, and putting it back.
 */
#ifndef RILL_LINUX_SINK_SERIAL_LINE_H
#define RILL_LINUX_SINK_SERIAL_LINE_H

#include "port/port.h"

#include <termios.h>

struct rill_line {
	int fd;			/* -1: not open */
	uint32_t baud;		/* what it runs at */
	struct termios before;
};

/* 0, or -errno with the sentence in rill_error(). The descriptor does not block and is close-on-exec; the line is
 * locked against other sessions (flock), not against a console. */
int rill_line_open(const struct rill_serial_options *options, struct rill_line *line);
/* Puts the settings back. Does not wait for what the kernel still holds: where the line is shut, that is thrown away. */
void rill_line_close(struct rill_line *line);
/* How many bytes the kernel has not sent yet, as far as its driver tells. */
uint32_t rill_line_waiting(const struct rill_line *line);

#endif
