/* SPDX-License-Identifier: MIT
 * keep_frame.h - what the assembler of keep*.S on x86-64 writes often: functions, registers pushed and popped, and an event given up.
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

	/* The registers that C may change and a call site does not give up, below the red zone of the caller, and its word under the return
	 * address. They go back as they came, without a change of flags. */
	.macro	save_all
	lea	-128(%rsp), %rsp
	.cfi_adjust_cfa_offset 128
	.irp	register, rax, rdx, rcx, rsi, r10, r11, rbp
	save	\register
	.endr
	.endm

	.macro	restore_all
	.irp	register, rbp, r11, r10, rsi, rcx, rdx, rax
	restore	\register
	.endr
	lea	128(%rsp), %rsp
	.cfi_adjust_cfa_offset -128
	.endm

	/* Behind M1: take_back() in hot.h, of the ring in r8. The register is the one that waits in KEEP_RING_RAX. */
	.macro	give_up register
	mov	KEEP_RING_RAX(%r8), %\register
	andq	$-2, KEEP_RING_COMMIT(%r8)
	movq	$0, KEEP_RING_BUSY(%r8)
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
