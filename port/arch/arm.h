/* SPDX-License-Identifier: MIT
 * arm.h - ARMv7-A and newer in 32-bit state: the virtual counter of the generic timer, through
 * cp15.
 *
 * Processors before the Cortex-A7 and A15 have no such counter, and some kernels shut it off: the
 * instruction is undefined there. It is used only after port/linux/probe.c has tried it.
 */
#ifndef RILL_ARCH_INSIDE
#error "include port/arch/arch.h instead"
#endif

#define RILL_ARCH_NAME "arm"
#define RILL_ARCH_READ_COUNTER "mrrc p15, 1, %Q0, %R0, c14"
/* A data barrier would not hold the counter back. */
#define RILL_ARCH_WAIT "isb"
#define RILL_ARCH_PAUSE "yield"

#include "port/arch/counter.h"
