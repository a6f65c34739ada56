/* SPDX-License-Identifier: MIT
 * keep_riscv64.S - from code that knows of no call (rill/keep.h) into C and back, on riscv64, with its registers kept.
 *
 *   rill_keep_leave_cold        where keep_hot_riscv64.S goes when the hot path does not do: site in t1, words in a6 and a7, what to do
 *                               in t4. Floating-point registers are kept too
 *   rill_keep_args, _begin, _end    site in t1, count in t2, array in t3, state in t4. Of the floating-point registers the callers
 *                               say that those change which a call may change
 *
 * t5 and t6 are given up by the callers, who are gone back to by t0.
 */
#if defined(__riscv) && __riscv_xlen == 64
#include "emit/keep.h"

#define FRAME_BYTES 128

	.macro	entry name
	.section .text.\name, "ax", %progbits
	.p2align 4
	.globl	\name
	.type	\name, @function
\name:
	.cfi_startproc
	.cfi_return_column t0
	.endm

	.macro	entry_ends name
	.cfi_endproc
	.size	\name, . - \name
	.endm

	.macro	general move
	\move	ra, 0(sp)
	\move	t0, 8(sp)
	\move	t1, 16(sp)
	\move	t2, 24(sp)
	\move	t3, 32(sp)
	\move	t4, 40(sp)
	\move	a0, 48(sp)
	\move	a1, 56(sp)
	\move	a2, 64(sp)
	\move	a3, 72(sp)
	\move	a4, 80(sp)
	\move	a5, 88(sp)
	\move	a6, 96(sp)
	\move	a7, 104(sp)
	\move	s0, 112(sp)
	.endm

	.macro	keep_general
	addi	sp, sp, -FRAME_BYTES
	.cfi_adjust_cfa_offset FRAME_BYTES
	general	sd
	.cfi_rel_offset ra, 0
	.cfi_rel_offset t0, 8
	.cfi_rel_offset s0, 112
	mv	s0, sp
	.cfi_def_cfa_register s0
	.endm

	.macro	restore_general
	mv	sp, s0
	.cfi_def_cfa_register sp
	general	ld
	.cfi_restore s0
	.cfi_restore t0
	.cfi_restore ra
	addi	sp, sp, FRAME_BYTES
	.cfi_adjust_cfa_offset -FRAME_BYTES
	jr	t0
	.endm

	/* What a call may change of them. */
	.macro	floats move
#ifdef __riscv_flen
	.set	at, 0
	.irp	register, ft0, ft1, ft2, ft3, ft4, ft5, ft6, ft7, ft8, ft9, ft10, ft11, fa0, fa1, fa2, fa3, fa4, fa5, fa6, fa7
	\move	\register, at(sp)
	.set	at, at + 8
	.endr
#endif
	.endm

	.hidden	rill_keep_leave_cold
	.hidden	rill_keep_cold
	entry	rill_keep_leave_cold
	keep_general
	addi	sp, sp, -160
	floats	fsd
	mv	a0, t1
	mv	a1, t4
	mv	a2, a6
	mv	a3, a7
	addi	a4, s0, FRAME_BYTES
	call	rill_keep_cold
	floats	fld
	restore_general
	entry_ends rill_keep_leave_cold

	.macro	pass name, c_name
	.hidden	\c_name
	entry	\name
	keep_general
	mv	a0, t1
	mv	a1, t2
	mv	a2, t3
	addi	a3, s0, FRAME_BYTES
	mv	a4, t4
	call	\c_name
	restore_general
	entry_ends \name
	.endm

	pass	rill_keep_args, rill_keep_args_c
	pass	rill_keep_begin, rill_keep_begin_c
	pass	rill_keep_end, rill_keep_end_c
#endif
	.section .note.GNU-stack, "", %progbits
