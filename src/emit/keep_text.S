/* SPDX-License-Identifier: MIT
 * keep_text.S - rill_keep_text00 to 20 on x86-64: events with one text or one blob and up to two words, two digits say how many of them are
 * in front of it and how many behind.
 *
 * The list is that of rill_keep_list (keep.S), and whatever is not plain goes there as if it had been called at once: no text, one that is
 * too long for a plain record, a ring that is busy, no room, nobody who wants it any more, a time that needs a new base.
 * Given up are rdi, r11 and, as there, vector registers.
 *
 * Sixteen bytes of a text are looked at together, from addresses that are multiples of 16: they never reach into a page that the text
 * does not reach into, and a checker of memory takes such a load for one of the bytes that may be read. What is copied is the text's own.
 *
 * The same steps in the same order as rill_keep_list_c() in args.c and keep_hot.S, which has more on them.
 */
#if defined(__x86_64__) && defined(__LP64__)
#include "emit/keep_frame.h"

/* The longest text of an event with so many words, whose record has 255 words. */
#define SIZE_MAX(words) (8 * (252 - (words)) + 7)
/* The list, behind four registers, the return address and its first word. */
#define LIST(at) (48 + 8 * (at))(%rsp)

	.hidden	rill_keep_text_measure
	.hidden	rill_keep_text_copy

	/* Copies none, one or two words of the list. Two go together, but are read apart, as they were pushed: one load of both would have
	 * to wait until they are in the cache. */
	.macro	words count, at, to
	.if	\count == 1
	mov	LIST(\at), %rdi
	mov	%rdi, \to
	.elseif	\count == 2
	movq	LIST(\at), %xmm0
	movhps	LIST(\at + 1), %xmm0
	movups	%xmm0, \to
	.endif
	.endm

	.macro	text name, before, after
	function \name
	.irp	register, rax, rcx, rdx, r8
	save	\register
	.endr
	mov	LIST(\before), %rdx
	cmpq	$~31, LIST(\before + 1)			/* a bound is inverted */
	jg	3f					/* less than 31 bytes, or the size itself */
	mov	%edx, %ecx
	mov	%rdx, %r11
	and	$15, %ecx
	and	$-16, %r11
	jz	9f					/* NULL */
	pxor	%xmm0, %xmm0
	pcmpeqb	(%r11), %xmm0
	pmovmskb %xmm0, %eax
	shr	%cl, %eax
	bsf	%eax, %eax
	jnz	1f
	pxor	%xmm0, %xmm0
	pcmpeqb	16(%r11), %xmm0
	pmovmskb %xmm0, %eax
	bsf	%eax, %eax
	jz	3f
	sub	%ecx, %eax
	add	$16, %eax
	/* Its size in rax. The ring in r8; whole words of text in r11; position, then address in rcx; the hot word in edi, whose place
	 * the site's address waits in. */
1:	mov	rill_own_ring@GOTTPOFF(%rip), %r8
	mov	%fs:(%r8), %r8
	cmpq	$0, KEEP_RING_BUSY(%r8)
	jne	7f
	mov	%rsp, KEEP_RING_BUSY(%r8)
	mov	%rdi, KEEP_RING_RAX(%r8)
	mov	%eax, %r11d
	shr	$3, %r11d
	mov	KEEP_RING_COMMIT(%r8), %rcx
	incq	KEEP_RING_COMMIT(%r8)			/* M1 */
	mov	(%rdi), %edi				/* the second look */
	test	$0xff00, %edi
	jz	8f
	lea	8 * (\before + \after)(%rcx, %r11, 8), %rdx
	cmp	KEEP_RING_FAST_LAST(%r8), %rdx
	ja	8f
	add	KEEP_RING_BIAS(%r8), %rcx
	lea	\before + \after + 3(%rdi, %r11), %edi
	mov	%edi, (%rcx)
	words	\before, 0, 8(%rcx)
	mov	%rax, 8 + 8 * \before(%rcx)
	movq	$0, 16 + 8 * \before(%rcx, %r11, 8)	/* NUL and padding; the bytes come on top */
	words	\after, \before + 2, "24 + 8 * \before(%rcx, %r11, 8)"
	mov	LIST(\before), %rdx
	lea	-16(%rax), %edi
	cmp	$16, %edi
	ja	4f
	movdqu	(%rdx), %xmm0
	movdqu	-16(%rdx, %rax), %xmm1			/* over some of the first */
	movdqu	%xmm0, 16 + 8 * \before(%rcx)
	movdqu	%xmm1, 8 * \before(%rcx, %rax)
2:	rdtsc						/* M2 */
	sub	KEEP_RING_BASE_LO(%r8), %eax
	sbb	KEEP_RING_BASE_HI(%r8), %edx
	jnz	5f
	mov	%eax, 4(%rcx)
	lea	8 * (\before + \after + 3) - 1(, %r11, 8), %r11
	add	%r11, KEEP_RING_COMMIT(%r8)		/* M3 */
	movq	$0, KEEP_RING_BUSY(%r8)
	.cfi_remember_state
	.irp	register, r8, rdx, rcx, rax
	restore	\register
	.endr
	ret
	.cfi_restore_state
3:	mov	LIST(\before + 1), %rax
	mov	$(SIZE_MAX(\before + \after) + 1), %r8d
	call	rill_keep_text_measure
	cmp	$SIZE_MAX(\before + \after), %rax
	jbe	1b
	jmp	9f
7:	mov	%rax, LIST(\before + 1)			/* it need not be found out again */
	jmp	9f
4:	lea	16 + 8 * \before(%rcx), %rdi
	call	rill_keep_text_copy
	jmp	2b
5:	movzbl	(%rcx), %eax				/* all of it: see reopen() in ring_producer.c */
6:	movq	$0, -8(%rcx, %rax, 8)
	dec	%eax
	jnz	6b
8:	give_up	rdi
9:	.irp	register, r8, rdx, rcx, rax
	restore	\register
	.endr
	jmp	rill_keep_list
	function_ends \name
	.endm

	text	rill_keep_text00, 0, 0
	text	rill_keep_text01, 0, 1
	text	rill_keep_text02, 0, 2
	text	rill_keep_text10, 1, 0
	text	rill_keep_text11, 1, 1
	text	rill_keep_text20, 2, 0

	/* The text in rdx; in rax its size, or its bound inverted; r8 is one more than the longest. Gives the size in rax, and r8 if
	 * the text is longer, or NULL. Changes rcx, r8 and r11. */
	function rill_keep_text_measure
	test	%rdx, %rdx
	jz	4f
	test	%rax, %rax
	jns	3f
	not	%rax
	cmp	%r8, %rax
	cmovb	%rax, %r8
	xor	%eax, %eax
	test	%r8, %r8
	jz	3f					/* none of its bytes is to be touched */
	mov	%edx, %ecx
	mov	%rdx, %r11
	and	$15, %ecx
	and	$-16, %r11
	pxor	%xmm0, %xmm0
	pcmpeqb	(%r11), %xmm0
	pmovmskb %xmm0, %eax
	shr	%cl, %eax
	bsf	%eax, %eax
	jnz	2f
	sub	%rdx, %r11				/* from here on a distance from the text's begin */
1:	add	$16, %r11
	cmp	%r8, %r11
	jae	4f
	pxor	%xmm0, %xmm0
	pcmpeqb	(%rdx, %r11), %xmm0
	pmovmskb %xmm0, %eax
	bsf	%eax, %eax
	jz	1b
	add	%r11, %rax
2:	cmp	%r8, %rax
	cmova	%r8, %rax
3:	ret
4:	mov	%r8, %rax
	ret
	function_ends rill_keep_text_measure

	/* rax bytes from rdx to rdi: by two moves of which the one may go over a part of the other, or by more of them. For less than 16 bytes,
	 * and for more than 32. Changes rax, rdx and rdi. */
	function rill_keep_text_copy
	cmp	$16, %eax
	ja	4f
	test	$8, %al
	jnz	3f
	test	$4, %al
	jnz	2f
	test	%eax, %eax
	jz	1f
	movq	%r11, %xmm0
	movzbl	-1(%rdx, %rax), %r11d
	mov	%r11b, -1(%rdi, %rax)
	shr	%eax					/* the middle one of three, or of two the second */
	movzbl	(%rdx, %rax), %r11d
	mov	%r11b, (%rdi, %rax)
	movzbl	(%rdx), %r11d
	mov	%r11b, (%rdi)
	movq	%xmm0, %r11
1:	ret
2:	movd	(%rdx), %xmm0
	movd	-4(%rdx, %rax), %xmm1
	movd	%xmm0, (%rdi)
	movd	%xmm1, -4(%rdi, %rax)
	ret
3:	movq	(%rdx), %xmm0
	movq	-8(%rdx, %rax), %xmm1
	movq	%xmm0, (%rdi)
	movq	%xmm1, -8(%rdi, %rax)
	ret
4:	movdqu	-16(%rdx, %rax), %xmm0
	movdqu	%xmm0, -16(%rdi, %rax)
	sub	$17, %eax
	and	$-16, %eax
5:	movdqu	(%rdx, %rax), %xmm0
	movdqu	%xmm0, (%rdi, %rax)
	sub	$16, %eax
	jns	5b
	ret
	function_ends rill_keep_text_copy
#endif
