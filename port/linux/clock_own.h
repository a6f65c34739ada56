/* SPDX-License-Identifier: MIT
 * clock_own.h - a clock that the application brings.
 */
#ifndef RILL_LINUX_CLOCK_OWN_H
#define RILL_LINUX_CLOCK_OWN_H

#include "port/linux/linux.h"

#include <rill/clock.h>

/* What is wrong with it, as the end of a sentence; NULL: nothing. */
const char *rill_linux_clock_own_fault(const struct rill_clock_own *own);
/* The source that reads it. Once in a process, by who chooses the clock. */
const struct rill_clock_source *rill_linux_clock_own(const struct rill_clock_own *own);
/* rill_clock_of_program, or NULL: the program defines none. */
const struct rill_clock_own *rill_linux_clock_of_program(void);

#endif
