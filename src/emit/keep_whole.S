/* SPDX-License-Identifier: MIT
 * keep_whole.S - rill_keep0, 1 and 2 in builds with labelled points or ThreadSanitizer, in place of keep_hot*.S and keep_text.S: the
 * C functions do it all, so that points and sanitizer see each step.
 */
#if defined(__x86_64__) && defined(__LP64__)
#include "emit/keep_frame.h"

	.macro	keep name, what
	function \name
	mov	$(\what + KEEP_WHOLE), %r9d
	jmp	rill_keep_leave_cold
	function_ends \name
	.endm
	keep	rill_keep_begin0, KEEP_BEGIN
	keep	rill_keep_begin1, KEEP_BEGIN + 1
	keep	rill_keep_begin2, KEEP_BEGIN + 2
	keep	rill_keep_end, KEEP_END

	.irp	shape, 00, 01, 02, 10, 11, 20
	function rill_keep_text\shape
	jmp	rill_keep_list
	function_ends rill_keep_text\shape
	.endr
#define KEEP 1
#elif defined(__aarch64__) && defined(__LP64__) && !defined(__AARCH64EB__)
#include "emit/keep.h"

	.macro	keep name, count
	.section .text.\name, "ax", %progbits
	.globl	\name
	.hidden	rill_keep_leave_cold
	.type	\name, %function
\name:
	.cfi_startproc
	hint	#34		/* bti c */
	mov	w12, #(\count + KEEP_WHOLE)
	b	rill_keep_leave_cold
	.cfi_endproc
	.size	\name, . - \name
	.endm
#define KEEP 1
#elif defined(__riscv) && __riscv_xlen == 64
#include "emit/keep.h"

	.macro	keep name, count
	.section .text.\name, "ax", %progbits
	.globl	\name
	.hidden	rill_keep_leave_cold
	.type	\name, @function
\name:
	.cfi_startproc
	.cfi_return_column t0
	li	t4, \count + KEEP_WHOLE
	jump	rill_keep_leave_cold, t5
	.cfi_endproc
	.size	\name, . - \name
	.endm
#define KEEP 1
#elif defined(__arm__) && defined(__ARMEL__) && (defined(__thumb2__) || !defined(__thumb__))
#include "emit/keep_frame_arm.h"

	.hidden	rill_keep_leave_cold
	.macro	keep name, count
	entry	\name
	mov	ip, #(\count + KEEP_WHOLE)
	b	rill_keep_leave_cold
	entry_ends \name
	.endm
#define KEEP 1
#endif

#ifdef KEEP
	keep	rill_keep0, 0
	keep	rill_keep1, 1
	keep	rill_keep2, 2
#endif
	.section .note.GNU-stack, "", %progbits
