/* SPDX-License-Identifier: MIT
 * keep_frame_arm.h - the frame of the entries that keep registers on arm, for the assembler: how it is entered and left.
 *
 *     28  what the caller put at its stack pointer: the second word of rill_keep2
 *     24  the way back
 *      0  r0, r1, r4 to r7 from here upwards
 *
 * Debuggers find the way out by .debug_frame, which holds at every instruction. ARM's own tables hold at calls alone: unwound from a
 * signal handler that interrupted the first instruction here, a stack pointer is taken from what is not the frame yet, and the program
 * dies in pthread_exit(). What is called from here does not throw, so the tables say, as they do of the C functions around, that the
 * stack ends here.
 */
#include "emit/keep.h"

#define KEEP_FRAME_BYTES 28

	.syntax unified
	.cfi_sections .debug_frame
	.macro	entry name
	.section .text.\name, "ax", %progbits
#ifdef __thumb2__
	.thumb
	.thumb_func
#else
	.arm
#endif
	.p2align 4
	.globl	\name
	.type	\name, %function
\name:
	.fnstart
	.cantunwind
	.cfi_startproc
	push	{r0, r1, r4, r5, r6, r7, lr}
	.cfi_adjust_cfa_offset KEEP_FRAME_BYTES
	.cfi_rel_offset r4, 8
	.cfi_rel_offset r5, 12
	.cfi_rel_offset r6, 16
	.cfi_rel_offset r7, 20
	.cfi_rel_offset lr, 24
	.endm

	.macro	leave_entry
	pop	{r0, r1, r4, r5, r6, r7, pc}
	.endm

	.macro	entry_ends name
	.cfi_endproc
	.fnend
	.size	\name, . - \name
	.endm
