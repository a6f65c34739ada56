/* SPDX-License-Identifier: MIT
 * arm64.h - AArch64: the virtual counter of the architected timer, one for all processors.
 */
#ifndef RILL_ARCH_INSIDE
#error "include port/arch/arch.h instead"
#endif

#define RILL_ARCH_NAME "arm64"
#define RILL_ARCH_READ_COUNTER "mrs %0, cntvct_el0"
/* A data barrier would not hold the counter back. */
#define RILL_ARCH_WAIT "isb"
#define RILL_ARCH_PAUSE "yield"

#include "port/arch/counter.h"
