/* SPDX-License-Identifier: MIT
 * serial.h - a serial line as a stream of bytes.
 */
#ifndef RILL_TOOL_SERIAL_H
#define RILL_TOOL_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

/* One of the speeds that termios has a name for? */
bool rill_serial_knows(uint32_t baud);
/* Eight bits, no parity, no flow control, nothing translated. 0 or a negative errno. */
int rill_serial_setup(int fd, uint32_t baud);

#endif
