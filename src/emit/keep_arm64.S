/* SPDX-License-Identifier: MIT
 * keep_arm64.S - from code that knows of no call (rill/keep.h) into C and back, on arm64, with its registers kept.
 *
 *   rill_keep_leave_cold        where keep_hot_arm64.S goes when the hot path does not do: site in x9, words in x10 and x11, what to
 *                               do in w12. Vector registers are kept too
 *   rill_keep_args, _begin, _end    site in x9, count in x10, array in x11, state in x12. Of the vector registers the callers say that
 *                               those change which a call may change; C keeps the lower halves of the others only, so that all of
 *                               them are kept here
 *
 * x13 to x17 and x30 are given up by the callers.
 */
#if defined(__aarch64__) && defined(__LP64__) && !defined(__AARCH64EB__)
#include "emit/keep.h"

	.macro	entry name
	.section .text.\name, "ax", %progbits
	.p2align 4
	.globl	\name
	.type	\name, %function
\name:
	.cfi_startproc
	hint	#34		/* bti c: the caller comes by blr */
	.endm

	.macro	entry_ends name
	.cfi_endproc
	.size	\name, . - \name
	.endm

	/* 128 bytes: frame record, x0 to x12, and x18, which is nobody's own on Linux. */
	.macro	keep_general
	stp	x29, x30, [sp, #-128]!
	.cfi_adjust_cfa_offset 128
	.cfi_rel_offset x29, 0
	.cfi_rel_offset x30, 8
	mov	x29, sp
	.cfi_def_cfa_register x29
	stp	x0, x1, [sp, #16]
	stp	x2, x3, [sp, #32]
	stp	x4, x5, [sp, #48]
	stp	x6, x7, [sp, #64]
	stp	x8, x9, [sp, #80]
	stp	x10, x11, [sp, #96]
	stp	x12, x18, [sp, #112]
	.endm

	.macro	restore_general
	ldp	x0, x1, [sp, #16]
	ldp	x2, x3, [sp, #32]
	ldp	x4, x5, [sp, #48]
	ldp	x6, x7, [sp, #64]
	ldp	x8, x9, [sp, #80]
	ldp	x10, x11, [sp, #96]
	ldp	x12, x18, [sp, #112]
	.cfi_def_cfa_register sp
	ldp	x29, x30, [sp], #128
	.cfi_adjust_cfa_offset -128
	.cfi_restore x29
	.cfi_restore x30
	ret
	.endm

	.macro	vectors move
	\move	q0, q1, [sp, #0]
	\move	q2, q3, [sp, #32]
	\move	q4, q5, [sp, #64]
	\move	q6, q7, [sp, #96]
	\move	q8, q9, [sp, #128]
	\move	q10, q11, [sp, #160]
	\move	q12, q13, [sp, #192]
	\move	q14, q15, [sp, #224]
	\move	q16, q17, [sp, #256]
	\move	q18, q19, [sp, #288]
	\move	q20, q21, [sp, #320]
	\move	q22, q23, [sp, #352]
	\move	q24, q25, [sp, #384]
	\move	q26, q27, [sp, #416]
	\move	q28, q29, [sp, #448]
	\move	q30, q31, [sp, #480]
	.endm

	.hidden	rill_keep_leave_cold
	.hidden	rill_keep_cold
	entry	rill_keep_leave_cold
	keep_general
	sub	sp, sp, #512
	vectors	stp
	mov	x0, x9
	mov	w1, w12
	mov	x2, x10
	mov	x3, x11
	add	x4, x29, #128
	bl	rill_keep_cold
	vectors	ldp
	mov	sp, x29
	restore_general
	entry_ends rill_keep_leave_cold

	.macro	pass name, c_name
	.hidden	\c_name
	entry	\name
	keep_general
	sub	sp, sp, #128
	stp	q8, q9, [sp]
	stp	q10, q11, [sp, #32]
	stp	q12, q13, [sp, #64]
	stp	q14, q15, [sp, #96]
	mov	x0, x9
	mov	x1, x10
	mov	x2, x11
	add	x3, x29, #128
	mov	x4, x12
	bl	\c_name
	ldp	q8, q9, [sp]
	ldp	q10, q11, [sp, #32]
	ldp	q12, q13, [sp, #64]
	ldp	q14, q15, [sp, #96]
	mov	sp, x29
	restore_general
	entry_ends \name
	.endm

	pass	rill_keep_args, rill_keep_args_c
	pass	rill_keep_begin, rill_keep_begin_c
	pass	rill_keep_end, rill_keep_end_c
#endif
	.section .note.GNU-stack, "", %progbits
