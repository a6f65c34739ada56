/* SPDX-License-Identifier: MIT
 * keep_pair.S - where keep_hot.S goes when the ring that it found is busy or does not do: with sessions of both kinds, one event with up to two words,
 * or either end of a scope, into the thread's stream ring and its flight ring; else on to keep_plain_enter.S.
 *
 * The steps of pair.h, for events that both kinds want. As in keep_hot.S nothing is pushed: rax and rdx wait in the flight ring, r11 in the
 * stream ring.
 */
#if defined(__x86_64__) && defined(__LP64__)
#include "emit/keep_frame.h"

	/* Positions are marked, and so are records' addresses: both are one too large. */
#define AT_WORD -1
#define AT_DELTA 3
#define AT_FIRST 7
#define AT_SECOND 15

	/* Behind M1: rill_ring_needs_block() in ring_producer.h. Changes rdx and r11. */
	.macro	room ring
	mov	KEEP_RING_BLOCK_END(\ring), %r11
	mov	%r11, %rdx
	sub	KEEP_RING_COMMIT(\ring), %rdx
	cmp	$(KEEP_SMALL_BYTES - 1), %rdx		/* of a full block -1 */
	jl	6f
	sub	KEEP_RING_BLOCK_SIZE(\ring), %r11
	add	KEEP_RING_BIAS(\ring), %r11
	mov	KEEP_RING_LOST(\ring), %rdx		/* both causes */
	cmp	KEEP_BLOCK_LOST(%r11), %rdx
	jne	6f
	.endm

	.macro	address ring, to
	mov	KEEP_RING_BIAS(\ring), \to
	add	KEEP_RING_COMMIT(\ring), \to
	.endm

	/* Of the record at r11, with ticks in rdx. Changes rax. */
	.macro	delta ring
	mov	%rdx, %rax
	sub	KEEP_RING_BASE_LO(\ring), %rax		/* both halves */
	mov	%eax, AT_DELTA(%r11)
	shr	$32, %rax
	jnz	7f
	.endm

	/* Flight ring in r8, stream ring in r9. */
	.macro	pair_mark what
	mov	rill_own_pair@GOTTPOFF(%rip), %r8
	mov	%fs:KEEP_PAIR_HOT(%r8), %r9
	test	%r9, %r9
	jz	5f
	mov	%fs:KEEP_PAIR_FLIGHT(%r8), %r8
	cmpq	$0, KEEP_RING_BUSY(%r9)
	jne	5f
	cmpq	$0, KEEP_RING_BUSY(%r8)
	jne	5f
	mov	%rsp, KEEP_RING_BUSY(%r9)
	mov	%r11, KEEP_RING_RAX(%r9)
	incq	KEEP_RING_COMMIT(%r9)			/* M1 */
	mov	%rsp, KEEP_RING_BUSY(%r8)
	mov	%rax, KEEP_RING_RAX(%r8)
	mov	%rdx, KEEP_RING_RDX(%r8)
	incq	KEEP_RING_COMMIT(%r8)			/* M1 */
	.ifeq	\what - KEEP_END
	mov	%r10d, %eax
	and	rill_running_bits(%rip), %ah		/* the second look */
	.else
	mov	(%rdi), %eax				/* the second look */
	.endif
	cmp	$KEEP_MASK_FLIGHT, %ah			/* flight sessions alone, or streams alone */
	jbe	6f
	cmpl	$KEEP_SLOW_BOTH, rill_ring_slow(%rip)
	jne	6f
	room	%r9
	room	%r8
	.endm

	/* M3 of both, in front of the stream's the flight ring's. */
	.macro	pair_close bytes, what
	mov	KEEP_RING_RAX(%r9), %r11
	addq	$(\bytes - 1), KEEP_RING_COMMIT(%r8)
	mov	KEEP_RING_RAX(%r8), %rax
	.ifne	\what - KEEP_BEGIN
	mov	KEEP_RING_RDX(%r8), %rdx
	.endif
	movq	$0, KEEP_RING_BUSY(%r8)
	addq	$(\bytes - 1), KEEP_RING_COMMIT(%r9)
	movq	$0, KEEP_RING_BUSY(%r9)
	ret
	.endm

	/* The words of the record behind the mark: see reopen() in ring_producer.c. Changes r11. */
	.macro	wipe ring, count
	address	\ring, %r11
	.if	\count > 0
	movq	$0, AT_FIRST(%r11)
	.endif
	.if	\count > 1
	movq	$0, AT_SECOND(%r11)
	.endif
	.endm

	.macro	pair_undo
	mov	KEEP_RING_RDX(%r8), %rdx
	give_up	rax
	mov	KEEP_RING_RAX(%r9), %r11
	andq	$-2, KEEP_RING_COMMIT(%r9)
	movq	$0, KEEP_RING_BUSY(%r9)
	.endm

	.hidden	rill_own_pair
	.hidden	rill_ring_slow
	.hidden	rill_running_bits
	.hidden	rill_keep_leave

	.macro	pair name, count, what
	.hidden	\name
	function \name
	pair_mark \what
	.ifne	\what
	mov	%eax, %r10d
	.endif
	address	%r9, %r11
	address	%r8, %rdx
	add	$(1 + \count), %eax
	mov	%eax, AT_WORD(%r11)
	mov	%eax, AT_WORD(%rdx)
	andb	$~KEEP_MASK_FLIGHT, AT_WORD + 1(%r11)
	movb	$KEEP_MASK_FLIGHT, AT_WORD + 1(%rdx)
	.if	\count > 0
	mov	%rsi, AT_FIRST(%r11)
	mov	%rsi, AT_FIRST(%rdx)
	.endif
	.if	\count > 1
	mov	%rcx, AT_SECOND(%r11)
	mov	%rcx, AT_SECOND(%rdx)
	.endif
	rdtsc						/* M2 */
	shl	$32, %rdx
	or	%rax, %rdx
	delta	%r9
	address	%r8, %r11
	delta	%r8
	pair_close (8 + 8 * \count), \what
7:	wipe	%r9, \count
	wipe	%r8, \count
6:	pair_undo
5:	mov	$(\count + \what), %r9d
	jmp	rill_keep_leave
	function_ends \name
	.endm

	pair	rill_keep_pair0, 0, 0
	pair	rill_keep_pair1, 1, 0
	pair	rill_keep_pair2, 2, 0
	pair	rill_keep_pair_begin0, 0, KEEP_BEGIN
	pair	rill_keep_pair_begin1, 1, KEEP_BEGIN
	pair	rill_keep_pair_begin2, 2, KEEP_BEGIN

	.hidden	rill_keep_pair_end
	function rill_keep_pair_end
	pair_mark KEEP_END
	address	%r9, %r11
	movzbl	%ah, %eax
	and	$~KEEP_MASK_FLIGHT, %eax
	movl	$KEEP_END_WORD, AT_WORD(%r11)
	mov	%al, AT_WORD + 1(%r11)
	rdtsc						/* M2 */
	shl	$32, %rdx
	or	%rax, %rdx
	delta	%r9
	mov	%rdx, %rax
	sub	%rdi, %rax
	mov	%rax, AT_FIRST(%r11)
	cmpl	$0x7fff, AT_FIRST + 4(%r11)
	ja	7f
	mov	%r10d, %eax
	shr	$16, %eax
	mov	%ax, AT_FIRST + 6(%r11)			/* the begin's site */
	mov	AT_FIRST(%r11), %rax
	address	%r8, %r11
	mov	%rax, AT_FIRST(%r11)
	movl	$(KEEP_END_WORD + (KEEP_MASK_FLIGHT << 8)), AT_WORD(%r11)
	delta	%r8
	pair_close 16, KEEP_END
7:	wipe	%r9, 1
	wipe	%r8, 1
6:	pair_undo
5:	mov	$KEEP_END, %r9d
	jmp	rill_keep_leave
	function_ends rill_keep_pair_end
#endif
