/* SPDX-License-Identifier: MIT
 * serial.c - a serial line as a stream of bytes.
 */
#include "serial.h"
#include "port/linux/serial_speed.h"

#include <errno.h>
#include <termios.h>

bool rill_serial_knows(uint32_t baud)
{
	return rill_serial_code(baud) != B0;
}

int rill_serial_setup(int fd, uint32_t baud)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return -errno;
	cfmakeraw(&t);
	/* Without HUPCL the end of this program does not reset boards that take DTR for their reset
	 * line. */
	t.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS | HUPCL);
	t.c_cflag |= CLOCAL | CREAD;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	if (cfsetspeed(&t, rill_serial_code(baud)) < 0 || tcsetattr(fd, TCSANOW, &t) < 0)
		return -errno;
	return 0;
}
