/* SPDX-License-Identifier: MIT
 * keep_hot.S - rill_keep0, 1 and 2 on x86-64: the hot path of emit.c that leaves every register but rdi, r8 and r9 as it was.
 *
 * Called from the middle of functions that know of no call (RILL_KEEP in rill/site.h): site in rdi, words in rsi and rcx.
 * The same steps in the same order as rill_emit0, 1 and 2 in emit.c. Processor stores are not reordered among each
 * other, so that a plain inc is the release store of M1, and a plain add that of M3.
 *
 * Nothing is pushed, since that would take steps over the caller's red zone. The counter overwrites rax and rdx: they wait in the ring,
 * which is this thread's and, from `busy` to `busy`, this event's alone. The header's first word is written in front of the
 * clock, to have its register free; nobody reads it before M3.
 */
#if defined(__x86_64__) && defined(__LP64__)
#include "emit/keep_frame.h"

	/* Ring in r8; its position, then the record's address in r9; the hot word in eax. */
	.macro	keep name, count
	function \name
	mov	rill_own_ring@GOTTPOFF(%rip), %r8
	mov	%fs:(%r8), %r8
	cmpq	$0, KEEP_RING_BUSY(%r8)
	jne	1f
	mov	%rsp, KEEP_RING_BUSY(%r8)
	mov	%rax, KEEP_RING_RAX(%r8)
	mov	%rdx, KEEP_RING_RDX(%r8)
	mov	KEEP_RING_COMMIT(%r8), %r9
	incq	KEEP_RING_COMMIT(%r8)			/* M1 */
	mov	(%rdi), %eax				/* the second look */
	test	%ah, %ah
	jz	2f
	cmp	KEEP_RING_FAST_LAST(%r8), %r9
	ja	2f
	add	KEEP_RING_BIAS(%r8), %r9
	add	$(1 + \count), %eax
	mov	%eax, (%r9)
	rdtsc						/* M2 */
	sub	KEEP_RING_BASE_LO(%r8), %eax
	sbb	KEEP_RING_BASE_HI(%r8), %edx
	jnz	2f
	mov	%eax, 4(%r9)
	.if	\count > 0
	mov	%rsi, 8(%r9)
	.endif
	.if	\count > 1
	mov	%rcx, 16(%r9)
	.endif
	addq	$(8 + 8 * \count - 1), KEEP_RING_COMMIT(%r8)	/* M3 */
	mov	KEEP_RING_RAX(%r8), %rax
	mov	KEEP_RING_RDX(%r8), %rdx
	movq	$0, KEEP_RING_BUSY(%r8)
	ret
1:	mov	$\count, %r9d
	jmp	rill_keep_leave_cold
2:	mov	KEEP_RING_RAX(%r8), %rax
	mov	KEEP_RING_RDX(%r8), %rdx
	mov	$(\count + KEEP_AGAIN), %r9d
	jmp	rill_keep_leave_cold
	function_ends \name
	.endm

	keep	rill_keep0, 0
	keep	rill_keep1, 1
	keep	rill_keep2, 2
#endif
