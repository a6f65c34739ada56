/* SPDX-License-Identifier: MIT
 * sink_serial_line.c - the settings of a serial line.
 *
 * Packets need a line that passes all bytes as they are. On a line of our own everything is set so. On
 * one with a console only output is: who reads the console's input (echo, line editing, ^C) goes on as
 * before. The console's own text then ends in bare line feeds, which terminal programs show as steps
 * unless they are told to add carriage returns.
 */
#define _GNU_SOURCE
#include "port/linux/sink_serial_line.h"

#include "port/linux/serial_speed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool rill_port_serial_speed(uint32_t baud)
{
	return baud >= RILL_SERIAL_BAUD_MIN && rill_serial_code(baud) != B0;
}

uint32_t rill_port_serial_baud(const char *device)
{
	const int fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios t;
	uint32_t baud = 0;

	if (fd < 0)
		return 0;
	if (tcgetattr(fd, &t) == 0)
		baud = rill_serial_baud(cfgetospeed(&t));
	close(fd);
	return baud;
}

static void choose(const struct rill_serial_options *options, struct termios *t)
{
	if (!options->console)
		cfmakeraw(t);
	t->c_oflag &= ~(tcflag_t)OPOST;
	/* No modem decides whether the line is there, and none hangs up when we go. */
	t->c_cflag |= CLOCAL | CREAD | CS8;
	t->c_cflag &= ~(tcflag_t)(HUPCL | PARENB | CSTOPB);
	if (options->flow)
		t->c_cflag |= CRTSCTS;
	else if (!options->console)
		t->c_cflag &= ~(tcflag_t)CRTSCTS;
	if (options->baud)
		cfsetspeed(t, rill_serial_code(options->baud));
}

static int set(const struct rill_serial_options *options, struct rill_line *line)
{
	struct termios wanted, now;

	if (tcgetattr(line->fd, &line->before) < 0)
		return rill_fail(errno, "%s is not a serial line (%s): name one, such as /dev/ttyS0", options->device,
				 strerror(errno));
	wanted = line->before;
	choose(options, &wanted);
	if (tcsetattr(line->fd, TCSANOW, &wanted) < 0 || tcgetattr(line->fd, &now) < 0)
		return rill_fail(errno, "the line %s cannot be set: %s", options->device, strerror(errno));
	line->baud = rill_serial_baud(cfgetospeed(&now));
	if (options->baud && line->baud != options->baud)
		return rill_fail(EINVAL, "the line %s does not take %u baud: give another baud=", options->device,
				 options->baud);
	if (line->baud < RILL_SERIAL_BAUD_MIN)
		return rill_fail(EINVAL, "the line %s is set to a speed that is below 9600 baud or unknown: give baud=",
				 options->device);
	if (now.c_oflag & OPOST || (now.c_cflag & CSIZE) != CS8)
		return rill_fail(EINVAL, "the line %s does not pass all bytes as they are", options->device);
	return 0;
}

static int explain(const char *device, int error)
{
	switch (error) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return rill_fail(error, "there is no serial line %s (%s): ls /dev/tty* shows what there is", device,
				 strerror(error));
	case EACCES:
	case EPERM:
		return rill_fail(error, "no permission to write to the line %s: its group is often dialout", device);
	default:
		return rill_fail(error, "the line %s cannot be opened: %s", device, strerror(error));
	}
}

int rill_line_open(const struct rill_serial_options *options, struct rill_line *line)
{
	int error = 0;

	line->fd = open(options->device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (line->fd < 0)
		return explain(options->device, errno);
	if (flock(line->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		error = rill_fail(EBUSY, "another session or process writes its trace to the line %s: name another one",
				  options->device);
	if (!error)
		error = set(options, line);
	if (error) {
		close(line->fd);
		line->fd = -1;
	}
	return error;
}

uint32_t rill_line_waiting(const struct rill_line *line)
{
	int bytes = 0;

	return ioctl(line->fd, TIOCOUTQ, &bytes) == 0 && bytes > 0 ? (uint32_t)bytes : 0;
}

void rill_line_close(struct rill_line *line)
{
	const int fd = line->fd;

	if (fd < 0)
		return;
	/* close() would wait up to half a minute for a line whose flow control has shut it. */
	if (rill_line_waiting(line))
		tcflush(fd, TCOFLUSH);
	tcsetattr(fd, TCSANOW, &line->before);
	line->fd = -1;
	flock(fd, LOCK_UN); /* a child between fork and exec has the descriptor, too */
	close(fd);
}
