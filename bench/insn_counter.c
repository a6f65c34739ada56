/* SPDX-License-Identifier: MIT
 * insn_counter.c - the generic timer of 32-bit ARM, where the emulator of user mode has none: linked to a program whose
 * instructions are counted, so that it takes the way of a board that has the counter.
 *
 * Reading it is an undefined instruction there. The handler puts a number into the registers that a board's counter would go into and
 * goes on behind the instruction, which so counts as the one that it is; what the handler executes is left out by its name
 * (insn_cost.sh). The library is as boards run it, but for its probe, which would take the counter away.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

bool __wrap_rill_linux_counter_usable(const char **why);

enum { TICKS_HZ = 62500000, THUMB = 1 << 5 };

static void insn_counter_emulated(int signal, siginfo_t *info, void *context)
{
	static uint64_t ticks;
	mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
	unsigned long *registers = &m->arm_r0;
	uint32_t word;

	(void)signal, (void)info;
	if (m->arm_cpsr & THUMB)
		word = (uint32_t)((const uint16_t *)m->arm_pc)[0] << 16 | ((const uint16_t *)m->arm_pc)[1];
	else
		word = *(const uint32_t *)m->arm_pc;
	if ((word & 0x0ff00fff) == 0x0c500f1e) {		/* mrrc p15, 1, low, high, c14 */
		ticks += 16;
		registers[word >> 12 & 15] = (uint32_t)ticks;
		registers[word >> 16 & 15] = (uint32_t)(ticks >> 32);
	} else if ((word & 0x0fff0fff) == 0x0e1e0f10) {		/* mrc p15, 0, register, c14, c0, 0 */
		registers[word >> 12 & 15] = TICKS_HZ;
	} else {
		abort();
	}
	m->arm_pc += 4;
}

bool __wrap_rill_linux_counter_usable(const char **why)
{
	struct sigaction action = { .sa_sigaction = insn_counter_emulated, .sa_flags = SA_SIGINFO };

	*why = "its reads are emulated, to count the instructions around them";
	return sigaction(SIGILL, &action, NULL) == 0;
}
