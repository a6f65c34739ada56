/* SPDX-License-Identifier: MIT
 * message_line.h - writes a line to stderr, for message.c and message_short.c.
 */
#ifndef RILL_CONTROL_MESSAGE_LINE_H
#define RILL_CONTROL_MESSAGE_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* False: nobody takes it now. Never blocks; changes errno. */
bool rill_message_line(const char *line, size_t size);

#endif
