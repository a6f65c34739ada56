/* SPDX-License-Identifier: MIT
 * riscv64.h - 64-bit RISC-V: the time counter, one for all harts.
 */
#ifndef RILL_ARCH_INSIDE
#error "include port/arch/arch.h instead"
#endif

#define RILL_ARCH_NAME "riscv64"
#define RILL_ARCH_READ_COUNTER "rdtime %0"
/* The architecture orders a read of the counter as an input from a device: a fence of memory
 * alone (rw, rw) would let it move. */
#define RILL_ARCH_WAIT "fence iorw, iorw"
/* The hint by its number: assemblers before 2.36 do not know the word, and processors without it
 * take it for a fence that orders nothing. */
#define RILL_ARCH_PAUSE ".4byte 0x0100000f"

#include "port/arch/counter.h"
