/* SPDX-License-Identifier: MIT
 * serial_speed.c - the speeds of serial lines. For who writes to one and for who reads from one.
 */
#include "port/linux/serial_speed.h"

static const struct {
	uint32_t baud;
	speed_t code;
} speeds[] = {
	{ 1200, B1200 },       { 2400, B2400 },       { 4800, B4800 },       { 9600, B9600 },
	{ 19200, B19200 },     { 38400, B38400 },     { 57600, B57600 },     { 115200, B115200 },
	{ 230400, B230400 },   { 460800, B460800 },   { 500000, B500000 },   { 576000, B576000 },
	{ 921600, B921600 },   { 1000000, B1000000 }, { 1152000, B1152000 }, { 1500000, B1500000 },
	{ 2000000, B2000000 }, { 2500000, B2500000 }, { 3000000, B3000000 }, { 3500000, B3500000 },
	{ 4000000, B4000000 },
};
enum { SPEEDS = sizeof speeds / sizeof *speeds };

speed_t rill_serial_code(uint32_t baud)
{
	for (unsigned i = 0; i < SPEEDS; i++)
		if (speeds[i].baud == baud)
			return speeds[i].code;
	return B0;
}

uint32_t rill_serial_baud(speed_t code)
{
	for (unsigned i = 0; i < SPEEDS; i++)
		if (speeds[i].code == code)
			return speeds[i].baud;
	return 0;
}
