/* SPDX-License-Identifier: MIT
 * keep_hot_arm64.S - rill_keep0, 1 and 2 on arm64: the hot path of emit.c for code that knows of no call (rill/keep.h).
 *
 * Site in x9, words in x10 and x11, all of which stay as they are; x12 to x17 and x30 are given up by the callers. The same steps
 * in the same order as rill_emit0, 1 and 2 in emit.c. Nothing is pushed, so that the stack stands as in the caller.
 */
#if defined(__aarch64__) && defined(__LP64__) && !defined(__AARCH64EB__)
#include "emit/keep.h"

	.hidden	rill_keep_leave_cold
	.hidden	rill_own_ring

	/* Ring in x12, where its position lies in x14; the position, then the record's end in x15; the hot word in w16. */
	.macro	keep name, count
	.section .text.\name, "ax", %progbits
	.p2align 6
	.globl	\name
	.type	\name, %function
\name:
	.cfi_startproc
	hint	#34		/* bti c: the caller comes by blr */
	adrp	x12, :gottprel:rill_own_ring
	ldr	x12, [x12, :gottprel_lo12:rill_own_ring]
	mrs	x13, tpidr_el0
	ldr	x12, [x13, x12]
	ldr	x13, [x12, #KEEP_RING_BUSY]
	cbnz	x13, 1f
	mov	x13, sp
	str	x13, [x12, #KEEP_RING_BUSY]
	add	x14, x12, #KEEP_RING_COMMIT
	ldr	x15, [x14]
	orr	x16, x15, #1
	stlr	x16, [x14]				/* M1 */
	ldr	w16, [x9]				/* the second look */
	tst	w16, #0xff00
	b.eq	2f
	ldr	x13, [x12, #KEEP_RING_FAST_LAST]
	cmp	x15, x13
	b.hi	2f
	add	x15, x15, #(8 + 8 * \count)
	mrs	x17, cntvct_el0				/* M2 */
	ldr	x13, [x12, #KEEP_RING_BASE_LO]		/* both halves */
	sub	x17, x17, x13
	cmp	xzr, x17, lsr #32
	b.ne	2f
	ldr	x13, [x12, #KEEP_RING_BIAS]
	add	w16, w16, #(1 + \count)
	add	x13, x13, x15
	stp	w16, w17, [x13, #-(8 + 8 * \count)]
	.if	\count == 1
	str	x10, [x13, #-8]
	.elseif	\count == 2
	stp	x10, x11, [x13, #-16]
	.endif
	stlr	x15, [x14]				/* M3 */
	str	xzr, [x12, #KEEP_RING_BUSY]
	ret
1:	mov	w12, #\count
	b	rill_keep_leave_cold
2:	mov	w12, #(\count + KEEP_AGAIN)
	b	rill_keep_leave_cold
	.cfi_endproc
	.size	\name, . - \name
	.endm

	keep	rill_keep0, 0
	keep	rill_keep1, 1
	keep	rill_keep2, 2
#endif
	.section .note.GNU-stack, "", %progbits
