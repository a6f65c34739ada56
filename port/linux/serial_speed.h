/* SPDX-License-Identifier: MIT
 * serial_speed.h - the speeds of serial lines, as numbers and as termios has them.
 */
#ifndef RILL_LINUX_SERIAL_SPEED_H
#define RILL_LINUX_SERIAL_SPEED_H

#include <stdint.h>
#include <termios.h>

/* B0: there is no such speed. */
speed_t rill_serial_code(uint32_t baud);
/* 0: an unknown one. */
uint32_t rill_serial_baud(speed_t code);

#endif
