/* SPDX-License-Identifier: MIT
 * keep_frame.h - the frame of rill_keep0, 1 and 2, for the assembler: how it is entered and left.
 *
 *     160  return address, where the caller's red zone begins (the caller puts its word back)
 *      40  the rest of the red zone
 *      32  site
 *       0  r9, r8, rdx, rax from here upwards
 *
 * Each step has its unwind information, so that a profiler's or a crash handler's backtrace is right at any instruction.
 */
#include "emit/keep.h"

#ifdef __CET__
#include <cet.h>
#else
#define _CET_ENDBR
#endif

#define KEEP_FRAME_BYTES 168	/* from the stack pointer to the frame's canonical address */

	.macro	save register
	push	%\register
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset \register, 0
	.endm

	/* Not .cfi_restore, which means what held when the function was entered: the cold exit is entered with registers saved. */
	.macro	restore register
	pop	%\register
	.cfi_adjust_cfa_offset -8
	.cfi_same_value \register
	.endm

	.macro	function name
	.text
	.p2align 5
	.globl	\name
	.type	\name, @function
\name:
	.cfi_startproc
	_CET_ENDBR
	.endm

	.macro	function_ends name
	.cfi_endproc
	.size	\name, . - \name
	.endm

	.macro	keep_enter
	lea	-128(%rsp), %rsp
	.cfi_adjust_cfa_offset 128
	mov	%rdi, (%rsp)
	.cfi_rel_offset rdi, 0
	save	rax
	save	rdx
	save	r8
	save	r9
	.endm

	/* rdi stays what it is: the caller has given it up. */
	.macro	keep_leave
	restore	r9
	restore	r8
	restore	rdx
	restore	rax
	lea	128(%rsp), %rsp
	.cfi_adjust_cfa_offset -128
	.cfi_undefined rdi
	ret
	.endm

	.section .note.GNU-stack, "", @progbits
