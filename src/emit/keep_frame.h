/* SPDX-License-Identifier: MIT
 * keep_frame.h - what the assembler of keep*.S on x86-64 writes often: functions, and registers pushed and popped.
 *
 * Each step has its unwind information, so that a profiler's or a crash handler's backtrace is right at any instruction.
 */
#include "emit/keep.h"

#ifdef __CET__
#include <cet.h>
#else
#define _CET_ENDBR
#endif

	.macro	save register
	push	%\register
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset \register, 0
	.endm

	/* From here on the value is the caller's again. */
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

	.section .note.GNU-stack, "", @progbits
