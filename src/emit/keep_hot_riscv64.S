/* SPDX-License-Identifier: MIT
 * keep_hot_riscv64.S - rill_keep0, 1 and 2 on riscv64: the hot path of emit.c for code that knows of no call (rill/keep.h).
 *
 * Site in t1, words in a6 and a7, all of which stay as they are; t2 to t6 are given up by the callers, who are gone back to
 * by t0. The same steps in the same order as rill_emit0, 1 and 2 in emit.c. Nothing is pushed, so that the stack stands as in the caller.
 */
#if defined(__riscv) && __riscv_xlen == 64
#include "emit/keep.h"

	.hidden	rill_keep_leave_cold
	.hidden	rill_own_ring

	/* Ring in t2; its position, then the record's end in t3; the hot word in t4. */
	.macro	keep name, count
	.section .text.\name, "ax", %progbits
	.p2align 6
	.globl	\name
	.type	\name, @function
\name:
	.cfi_startproc
	.cfi_return_column t0
	la.tls.ie t2, rill_own_ring
	add	t2, t2, tp
	ld	t2, 0(t2)
	ld	t3, KEEP_RING_BUSY(t2)
	bnez	t3, 1f
	sd	sp, KEEP_RING_BUSY(t2)
	ld	t3, KEEP_RING_COMMIT(t2)
	ori	t4, t3, 1
	fence	rw, w
	sd	t4, KEEP_RING_COMMIT(t2)		/* M1 */
	lw	t4, 0(t1)				/* the second look */
	slli	t5, t4, 48
	srli	t5, t5, 56
	beqz	t5, 2f
	ld	t5, KEEP_RING_FAST_LAST(t2)
	bltu	t5, t3, 2f
	addi	t3, t3, 8 + 8 * \count
	rdtime	t5					/* M2 */
	ld	t6, KEEP_RING_BASE_LO(t2)		/* both halves */
	sub	t5, t5, t6
	srli	t6, t5, 32
	bnez	t6, 2f
	ld	t6, KEEP_RING_BIAS(t2)
	addiw	t4, t4, 1 + \count
	add	t6, t6, t3
	sw	t4, -(8 + 8 * \count)(t6)
	sw	t5, -(4 + 8 * \count)(t6)
	.if	\count > 0
	sd	a6, -(8 * \count)(t6)
	.endif
	.if	\count > 1
	sd	a7, -8(t6)
	.endif
	fence	rw, w
	sd	t3, KEEP_RING_COMMIT(t2)		/* M3 */
	sd	zero, KEEP_RING_BUSY(t2)
	jr	t0
1:	li	t4, \count
	jump	rill_keep_leave_cold, t5
2:	li	t4, \count + KEEP_AGAIN
	jump	rill_keep_leave_cold, t5
	.cfi_endproc
	.size	\name, . - \name
	.endm

	keep	rill_keep0, 0
	keep	rill_keep1, 1
	keep	rill_keep2, 2
#endif
	.section .note.GNU-stack, "", %progbits
