/* SPDX-License-Identifier: MIT
 * keep_hot.S - rill_keep0, 1 and 2 on x86-64: the hot path of emit.c that leaves every register but rdi as it was.
 *
 * Called from the middle of functions that know of no call (RILL_KEEP in rill/site.h): site in rdi, words in rsi and rcx.
 * The same steps in the same order as rill_emit0, 1 and 2 in emit.c. Processor stores are not reordered among each
 * other, so that a plain mov is the release store of M1 and M3.
 */
#if defined(__x86_64__) && defined(__LP64__)
#include "emit/keep_frame.h"

	/* Ring in r8; its position, then the record's end in r9; the hot word in edi. */
	.macro	keep name, count
	function \name
	keep_enter
	mov	rill_own_ring@GOTTPOFF(%rip), %r8
	mov	%fs:(%r8), %r8
	cmpq	$0, KEEP_RING_BUSY(%r8)
	jne	1f
	mov	%rsp, KEEP_RING_BUSY(%r8)
	mov	KEEP_RING_COMMIT(%r8), %r9
	lea	1(%r9), %rdx
	mov	%rdx, KEEP_RING_COMMIT(%r8)		/* M1 */
	mov	(%rdi), %edi				/* the second look */
	test	$0xff00, %edi
	jz	2f
	add	$(8 + 8 * \count), %r9
	cmp	KEEP_RING_FAST_END(%r8), %r9
	ja	2f
	rdtsc						/* M2 */
	sub	KEEP_RING_BASE_LO(%r8), %eax
	sbb	KEEP_RING_BASE_HI(%r8), %edx
	jnz	2f
	mov	KEEP_RING_BIAS(%r8), %rdx
	add	$(1 + \count), %edi
	mov	%edi, -(8 + 8 * \count)(%r9, %rdx)
	mov	%eax, -(4 + 8 * \count)(%r9, %rdx)
	.if	\count > 0
	mov	%rsi, -(8 * \count)(%r9, %rdx)
	.endif
	.if	\count > 1
	mov	%rcx, -8(%r9, %rdx)
	.endif
	mov	%r9, KEEP_RING_COMMIT(%r8)		/* M3 */
	movq	$0, KEEP_RING_BUSY(%r8)
	.cfi_remember_state
	keep_leave
	.cfi_restore_state
1:	mov	$\count, %r8d
	jmp	rill_keep_leave_cold
2:	mov	$(\count + KEEP_AGAIN), %r8d
	jmp	rill_keep_leave_cold
	function_ends \name
	.endm

	keep	rill_keep0, 0
	keep	rill_keep1, 1
	keep	rill_keep2, 2
#endif
