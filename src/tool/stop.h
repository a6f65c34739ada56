/* SPDX-License-Identifier: MIT
 * stop.h - Ctrl-C as the end of what is being read, and not of the program: what has arrived is
 * kept.
 */
#ifndef RILL_TOOL_STOP_H
#define RILL_TOOL_STOP_H

#include <stdbool.h>

/* From here on the first SIGINT, SIGTERM or SIGHUP only asks to stop; the next one ends the
 * program, in case the output is what hangs. */
void rill_stop_catch(void);
bool rill_stop_asked(void);
/* Can be read from then on: for those who wait for much else. -1: nothing is caught. */
int rill_stop_fd(void);
/* Waits until fd (-1: none) has something to read, at most so long. False: it has not, or a stop
 * was asked for. */
bool rill_stop_wait(int fd, int timeout_ms);

#endif
