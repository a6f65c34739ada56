/* SPDX-License-Identifier: MIT
 * serial.c - a serial line as a stream of bytes.
 */
#include "serial.h"

#include <errno.h>
#include <termios.h>

static const struct {
	uint32_t baud;
	speed_t speed;
} speeds[] = {
	{ 1200, B1200 },       { 2400, B2400 },       { 4800, B4800 },       { 9600, B9600 },
	{ 19200, B19200 },     { 38400, B38400 },     { 57600, B57600 },     { 115200, B115200 },
	{ 230400, B230400 },   { 460800, B460800 },   { 500000, B500000 },   { 576000, B576000 },
	{ 921600, B921600 },   { 1000000, B1000000 }, { 1152000, B1152000 }, { 1500000, B1500000 },
	{ 2000000, B2000000 }, { 2500000, B2500000 }, { 3000000, B3000000 }, { 3500000, B3500000 },
	{ 4000000, B4000000 },
};

static speed_t speed_of(uint32_t baud)
{
	for (unsigned i = 0; i < sizeof speeds / sizeof *speeds; i++)
		if (speeds[i].baud == baud)
			return speeds[i].speed;
	return B0;
}

bool rill_serial_knows(uint32_t baud)
{
	return speed_of(baud) != B0;
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
	if (cfsetspeed(&t, speed_of(baud)) < 0 || tcsetattr(fd, TCSANOW, &t) < 0)
		return -errno;
	return 0;
}
