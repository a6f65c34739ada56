/* SPDX-License-Identifier: MIT
 * start.h - sessions without code: environment variables and arguments.
 */
#ifndef RILL_CONTROL_START_H
#define RILL_CONTROL_START_H

/* The first call starts the session that RILL_TRACE asks for; later ones do nothing. Not from a signal handler. */
void rill_start_by_environment(void);

#endif
