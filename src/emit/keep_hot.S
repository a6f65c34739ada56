/* SPDX-License-Identifier: MIT
 * keep_hot.S - rill_keep0, 1 and 2 on x86-64: the hot path of emit.c that leaves every register but rdi, r8 and r9 as it was; and both
 * ends of a scope, which give up rdx, too, so that only rax has to wait.
 *
 * Called from the middle of functions that know of no call (RILL_KEEP in rill/site.h): site in rdi, words in rsi and rcx.
 * A begin says in rdi, rdx and r10 what the scope's state is to be: site, ticks and hot word; an end finds ticks and hot word in
 * rdi and r10.
 * The same steps in the same order as rill_emit0, 1 and 2 in emit.c and write_args() and write_end() in args.c. Processor stores are not reordered among each
 * other, so that a plain inc is the release store of M1, and a plain add that of M3.
 *
 * Nothing is pushed, since that would take steps over the caller's red zone. The counter overwrites rax and rdx: they wait in the ring,
 * which is this thread's and, from `busy` to `busy`, this event's alone. The header's first word is written in front of the
 * clock, to have its register free; nobody reads it before M3.
 *
 * A handler that interrupted an event takes the next level's ring in the same way, as rill_ring_acquire() in attach.c does. What the hot path
 * does not do behind M1, it undoes itself, since only here is known in which ring.
 */
#if defined(__x86_64__) && defined(__LP64__)
#include "emit/keep_frame.h"

	/* The ring is busy. If this is a handler on top of that event, it takes the next level's. Else the cold way (abandoned() in attach.c): for an
	 * event that was left by siglongjmp(), and for the ring that is behind the last one, which says that it was entered at address 1. */
	.macro	next_level
1:	lea	KEEP_FRAME_MIN(%rsp), %r9
	cmp	KEEP_RING_BUSY(%r8), %r9
	ja	3f
	mov	KEEP_RING_ABOVE(%r8), %r8
	cmpq	$0, KEEP_RING_BUSY(%r8)
	je	0b
	jmp	1b
	.endm

	/* Ring in r8; its position, then the record's address in r9; the hot word in eax. what: KEEP_BEGIN, or 0. */
	.macro	keep name, count, what, pair
	function \name
	mov	rill_own_ring@GOTTPOFF(%rip), %r8
	mov	%fs:(%r8), %r8
	cmpq	$0, KEEP_RING_BUSY(%r8)
	jne	1f
0:	mov	%rsp, KEEP_RING_BUSY(%r8)
	mov	%rax, KEEP_RING_RAX(%r8)
	.ifeq	\what
	mov	%rdx, KEEP_RING_RDX(%r8)
	.endif
	mov	KEEP_RING_COMMIT(%r8), %r9
	incq	KEEP_RING_COMMIT(%r8)			/* M1 */
	mov	(%rdi), %eax				/* the second look */
	test	%ah, %ah
	jz	2f
	cmp	KEEP_RING_FAST_LAST(%r8), %r9
	ja	2f
	add	KEEP_RING_BIAS(%r8), %r9
	.ifne	\what
	mov	%eax, %r10d
	.endif
	add	$(1 + \count), %eax
	mov	%eax, (%r9)
	rdtsc						/* M2 */
	sub	KEEP_RING_BASE_LO(%r8), %eax
	sbb	KEEP_RING_BASE_HI(%r8), %edx
	jnz	2f
	mov	%eax, 4(%r9)
	.ifne	\what
	mov	KEEP_RING_BASE_LO(%r8), %rdx		/* both halves */
	add	%rax, %rdx
	.endif
	.if	\count > 0
	mov	%rsi, 8(%r9)
	.endif
	.if	\count > 1
	mov	%rcx, 16(%r9)
	.endif
	addq	$(8 + 8 * \count - 1), KEEP_RING_COMMIT(%r8)	/* M3 */
	mov	KEEP_RING_RAX(%r8), %rax
	.ifeq	\what
	mov	KEEP_RING_RDX(%r8), %rdx
	.endif
	movq	$0, KEEP_RING_BUSY(%r8)
	ret
	next_level
2:
	.ifeq	\what
	mov	KEEP_RING_RDX(%r8), %rdx
	.endif
	give_up	rax
3:	jmp	\pair
	function_ends \name
	.endm

	/* Who links librill.a gets the entries of texts with these, although no call site of its own may have one: an object that it loads may. */
	.reloc	., R_X86_64_NONE, rill_keep_text00

	keep	rill_keep0, 0, 0, rill_keep_pair0
	keep	rill_keep1, 1, 0, rill_keep_pair1
	keep	rill_keep2, 2, 0, rill_keep_pair2
	keep	rill_keep_begin0, 0, KEEP_BEGIN, rill_keep_pair_begin0
	keep	rill_keep_begin1, 1, KEEP_BEGIN, rill_keep_pair_begin1
	keep	rill_keep_begin2, 2, KEEP_BEGIN, rill_keep_pair_begin2

	/* To those sessions that got the begin and still run. A slice as long as half of what its record can hold goes the cold way. */
	.hidden	rill_running_bits
	function rill_keep_end
	mov	rill_own_ring@GOTTPOFF(%rip), %r8
	mov	%fs:(%r8), %r8
	cmpq	$0, KEEP_RING_BUSY(%r8)
	jne	1f
0:	mov	%rsp, KEEP_RING_BUSY(%r8)
	mov	%rax, KEEP_RING_RAX(%r8)
	mov	KEEP_RING_COMMIT(%r8), %r9
	incq	KEEP_RING_COMMIT(%r8)			/* M1 */
	mov	%r10d, %eax
	and	rill_running_bits(%rip), %ah		/* the second look */
	jz	2f
	cmp	KEEP_RING_FAST_LAST(%r8), %r9
	ja	2f
	add	KEEP_RING_BIAS(%r8), %r9
	movzbl	%ah, %eax
	movl	$KEEP_END_WORD, (%r9)
	mov	%al, 1(%r9)
	rdtsc						/* M2 */
	sub	KEEP_RING_BASE_LO(%r8), %eax
	sbb	KEEP_RING_BASE_HI(%r8), %edx
	jnz	2f
	mov	%eax, 4(%r9)
	add	KEEP_RING_BASE_LO(%r8), %rax		/* both halves */
	sub	%rdi, %rax
	mov	%rax, 8(%r9)
	cmpl	$0x7fff, 12(%r9)
	ja	4f
	shr	$16, %r10d
	mov	%r10w, 14(%r9)				/* the begin's site */
	addq	$15, KEEP_RING_COMMIT(%r8)		/* M3 */
	mov	KEEP_RING_RAX(%r8), %rax
	movq	$0, KEEP_RING_BUSY(%r8)
	ret
	next_level
4:	movq	$0, 8(%r9)				/* see reopen() in ring_producer.c */
2:	give_up	rax
3:	jmp	rill_keep_pair_end
	function_ends rill_keep_end
#endif
