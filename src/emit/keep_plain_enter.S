/* SPDX-License-Identifier: MIT
 * keep_plain_enter.S - where keep_hot.S goes when the hot path does not do: with the kernel's clock, or with sessions of both kinds, by way of
 * keep_plain.c; and to keep.S with what that leaves, and in all other cases.
 */
#if defined(__x86_64__) && defined(__LP64__)
#include "emit/keep_frame.h"

#define SCOPE_BYTES 24

	/* As rill_keep_leave_cold in keep.S. */
	.hidden	rill_keep_leave
	.hidden	rill_keep_leave_cold
	.hidden	rill_keep_pair
	.hidden	rill_keep_plain
	.hidden	rill_plain_clock
	.hidden	rill_own_pair
	function rill_keep_leave
	mov	rill_own_pair@GOTTPOFF(%rip), %r8
	cmpq	$0, %fs:(%r8)
	lea	rill_keep_pair(%rip), %r8
	jne	0f
	cmpq	$0, rill_plain_clock(%rip)
	lea	rill_keep_plain(%rip), %r8
	jne	0f
	jmp	rill_keep_leave_cold
0:	save_all
	mov	%rsp, %rbp
	.cfi_def_cfa_register rbp
	push	%rdi
	push	%r9
	sub	$SCOPE_BYTES, %rsp
	mov	%r10d, KEEP_SCOPE_SESSIONS(%rsp)
	mov	%r8, %rax
	mov	%rsp, %r8
	and	$-16, %rsp
	mov	%rsi, %rdx			/* first word; the second is in rcx */
	mov	%r9d, %esi
	call	*%rax
	mov	-16(%rbp), %r9
	mov	-8(%rbp), %rdi
	test	%al, %al
	jz	1f
	test	$KEEP_BEGIN, %r9b
	jz	1f
	mov	-16 - SCOPE_BYTES + KEEP_SCOPE_SITE(%rbp), %rdi
	mov	-16 - SCOPE_BYTES + KEEP_SCOPE_TICKS(%rbp), %rcx
	mov	%rcx, 40(%rbp)			/* for rdx */
	mov	-16 - SCOPE_BYTES + KEEP_SCOPE_SESSIONS(%rbp), %ecx
	mov	%rcx, 16(%rbp)			/* for r10 */
1:	mov	%rbp, %rsp
	.cfi_def_cfa_register rsp
	test	%al, %al
	restore_all
	jz	2f
	ret
2:	jmp	rill_keep_leave_cold
	function_ends rill_keep_leave
#endif
