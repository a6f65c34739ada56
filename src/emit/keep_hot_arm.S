/* SPDX-License-Identifier: MIT
 * keep_hot_arm.S - rill_keep0, 1 and 2 on arm: the hot path of emit.c for code that knows of no call (rill/keep.h).
 *
 * Site in r1, the first word in r2 and r3, the second one at the stack pointer; ip is given up by the callers. The same steps in the
 * same order as rill_emit0, 1 and 2 in emit.c. Where the processor has no counter to read inline, nothing is ever hot.
 */
#if defined(__arm__) && defined(__ARMEL__) && (defined(__thumb2__) || !defined(__thumb__))
#include "emit/keep_frame_arm.h"

	.hidden	rill_keep_leave_cold
#ifdef __thumb2__
#define PC_AHEAD 4
#else
#define PC_AHEAD 8
#endif

#if __ARM_ARCH >= 7 && __ARM_ARCH_PROFILE == 'A'
	.hidden	rill_own_ring
	/* Ring in r4; its position, then the record's end in r5; the hot word in r6. */
	.macro	keep name, count
	entry	\name
	ldr	r4, 5f
	mrc	p15, 0, r5, c13, c0, 3			/* the thread's storage */
4:	add	r4, pc, r4
	ldr	r4, [r4]
	ldr	r4, [r5, r4]
	ldr	r5, [r4, #KEEP_RING_BUSY]
	cmp	r5, #0
	bne	1f
	str	sp, [r4, #KEEP_RING_BUSY]
	ldr	r5, [r4, #KEEP_RING_COMMIT]
	orr	r6, r5, #1
	dmb	ish
	str	r6, [r4, #KEEP_RING_COMMIT]		/* M1 */
	ldr	r6, [r1]				/* the second look */
	tst	r6, #0xff00
	beq	2f
	ldr	r7, [r4, #KEEP_RING_FAST_LAST]
	subs	r7, r7, r5
	bmi	2f
	add	r5, r5, #(8 + 8 * \count)
	mrrc	p15, 1, ip, lr, c14			/* M2 */
	ldrd	r0, r1, [r4, #KEEP_RING_BASE_LO]
	subs	r7, ip, r0
	sbcs	r1, lr, r1
	bne	2f
	ldr	ip, [r4, #KEEP_RING_BIAS]
	add	r6, r6, #(1 + \count)
	add	ip, ip, r5
	strd	r6, r7, [ip, #-(8 + 8 * \count)]
	.if	\count > 0
	strd	r2, r3, [ip, #-(8 * \count)]
	.endif
	.if	\count > 1
	ldrd	r6, r7, [sp, #KEEP_FRAME_BYTES]
	strd	r6, r7, [ip, #-8]
	.endif
	dmb	ish
	str	r5, [r4, #KEEP_RING_COMMIT]		/* M3 */
	str	r1, [r4, #KEEP_RING_BUSY]		/* 0 by now */
	leave_entry
1:	mov	ip, #\count
	b	rill_keep_leave_cold
2:	mov	ip, #(\count + KEEP_AGAIN)
	b	rill_keep_leave_cold
	.p2align 2
5:	.word	rill_own_ring(gottpoff) + (. - 4b - PC_AHEAD)
	entry_ends \name
	.endm
#else
	.macro	keep name, count
	entry	\name
	mov	ip, #\count
	b	rill_keep_leave_cold
	entry_ends \name
	.endm
#endif

	keep	rill_keep0, 0
	keep	rill_keep1, 1
	keep	rill_keep2, 2
#endif
	.section .note.GNU-stack, "", %progbits
