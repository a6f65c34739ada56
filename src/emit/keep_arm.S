/* SPDX-License-Identifier: MIT
 * keep_arm.S - from code that knows of no call (rill/keep.h) into C and back, on arm, with its registers kept.
 *
 *   rill_keep_leave_cold        where keep_hot_arm.S goes when the hot path does not do, in its frame: the first word in r2 and r3,
 *                               what to do in ip
 *   rill_keep_args, _begin, _end    site in r1, count in r2, array in r3, state in r0
 *
 * ip, lr and the floating-point registers that a call may change are given up by the callers.
 */
#if defined(__arm__) && defined(__ARMEL__) && (defined(__thumb2__) || !defined(__thumb__))
#include "emit/keep_frame_arm.h"

	/* r2 and r3 below the frame; what C finds on the stack starts at the next multiple of 8 below that. */
	.macro	keep_words_and_align bytes
	push	{r2, r3}
	.cfi_adjust_cfa_offset 8
	mov	r4, sp
	.cfi_def_cfa_register r4
	sub	r5, sp, #\bytes
	bic	r5, r5, #7
	mov	sp, r5
	.endm

	.macro	restore_words
	mov	sp, r4
	.cfi_def_cfa_register sp
	pop	{r2, r3}
	.cfi_adjust_cfa_offset -8
	leave_entry
	.endm

	/* The frame is there: what `entry` says of it is said here. */
	.hidden	rill_keep_leave_cold
	.hidden	rill_keep_cold
	.section .text.rill_keep_leave_cold, "ax", %progbits
#ifdef __thumb2__
	.thumb
	.thumb_func
#else
	.arm
#endif
	.p2align 4
	.globl	rill_keep_leave_cold
	.type	rill_keep_leave_cold, %function
rill_keep_leave_cold:
	.fnstart
	.cantunwind
	.cfi_startproc
	.cfi_adjust_cfa_offset KEEP_FRAME_BYTES
	.cfi_rel_offset r4, 8
	.cfi_rel_offset r5, 12
	.cfi_rel_offset r6, 16
	.cfi_rel_offset r7, 20
	.cfi_rel_offset lr, 24
	keep_words_and_align 16
	ldr	r0, [r4, #12]				/* site */
	mov	r1, ip
	ldrd	r6, r7, [r4, #(8 + KEEP_FRAME_BYTES)]	/* nobody's where there is no second word */
	strd	r6, r7, [sp]
	add	r6, r4, #(8 + KEEP_FRAME_BYTES)		/* where the stack stood in the hot path */
	str	r6, [sp, #8]
	bl	rill_keep_cold
	restore_words
	entry_ends rill_keep_leave_cold

	.macro	pass name, c_name
	.hidden	\c_name
	entry	\name
	keep_words_and_align 8
	str	r0, [sp]
	mov	r0, r1
	mov	r1, r2
	mov	r2, r3
	add	r3, r4, #(8 + KEEP_FRAME_BYTES)
	bl	\c_name
	restore_words
	entry_ends \name
	.endm

	pass	rill_keep_args, rill_keep_args_c
	pass	rill_keep_begin, rill_keep_begin_c
	pass	rill_keep_end, rill_keep_end_c
#endif
	.section .note.GNU-stack, "", %progbits
