/* SPDX-License-Identifier: MIT
 * keep.S - from code that knows of no call (RILL_KEEP in rill/site.h) into C and back, on x86-64, with its registers kept.
 *
 *   rill_keep_leave_cold        where keep_hot.S goes, by keep_plain_enter.S, when the hot path does not do: vector registers are kept too
 *   rill_keep_list, _args       events with texts or more than two words, pushed by the call site or in an array of it
 *   rill_keep_begin             the same at the begin of a scope, in an array
 *
 * The callers of those three say that vector registers change, since C would make every event of these kinds pay for keeping them.
 */
#if defined(__x86_64__) && defined(__LP64__)
#include "emit/keep_frame.h"

	/* ---- the cold exits ---- */

	/* What xsave saves of the processor's state: SSE, AVX and the three parts of AVX-512, at the offsets of its standard
	 * format, which end at 2688 bytes on any processor. x87 is not C's to touch without long double. */
#define STATE 0xe6
#define STATE_BYTES 2752
#define STATE_SCOPE 2688	/* behind it: what C says of a scope */
#define STATE_HEADER 512
#define STATE_FXSAVE 1	/* the system does not know xsave: there are 16 bytes of each register only */

	.bss
	.p2align 2
	.type	state, @object
	.size	state, 4
state:	.zero	4	/* 0: not yet asked for; STATE_FXSAVE, or the parts of STATE that this machine has */

	/* Site in rdi, words in rsi and rcx, or the ticks of a scope in rdi and its hot word in r10; r9d says what to do. rdi, r8 and r9
	 * are the caller's to give up. */
	.hidden	rill_keep_leave_cold
	.hidden	rill_keep_cold
	.hidden	rill_keep_scope_cold
	function rill_keep_leave_cold
	save_all
	mov	%rsp, %rbp
	.cfi_def_cfa_register rbp
	sub	$STATE_BYTES, %rsp
	and	$-64, %rsp
	mov	state(%rip), %eax
	test	%eax, %eax
	jz	3f
1:	xor	%edx, %edx
	test	$STATE_FXSAVE, %al
	jnz	4f
	.irp	at, 0, 8, 16, 24, 32, 40, 48, 56
	movq	$0, STATE_HEADER + \at(%rsp)	/* xrstor refuses what else lay there */
	.endr
	xsave64	(%rsp)
2:	mov	%r9d, %esi
	mov	24(%rbp), %rdx			/* first word */
	mov	32(%rbp), %rcx			/* second word */
	lea	(7 * 8 + 128)(%rbp), %r8	/* where the stack stood in the hot path */
	test	$(KEEP_BEGIN | KEEP_END), %sil
	jnz	8f
	call	rill_keep_cold
9:	mov	state(%rip), %eax
	xor	%edx, %edx
	test	$STATE_FXSAVE, %al
	jnz	5f
	xrstor64 (%rsp)
	jmp	6f
3:	mov	%rbx, %r10
	.cfi_register rbx, r10
	mov	$1, %eax
	cpuid
	mov	%r10, %rbx
	.cfi_restore rbx
	mov	$STATE_FXSAVE, %eax
	bt	$27, %ecx			/* OSXSAVE */
	jnc	7f
	xor	%ecx, %ecx
	xgetbv
	and	$STATE, %eax
7:	mov	%eax, state(%rip)
	jmp	1b
8:	lea	STATE_SCOPE(%rsp), %r9
	mov	16(%rbp), %eax
	mov	%eax, KEEP_SCOPE_SESSIONS(%r9)
	call	rill_keep_scope_cold
	mov	STATE_SCOPE + KEEP_SCOPE_SITE(%rsp), %rdi
	mov	STATE_SCOPE + KEEP_SCOPE_TICKS(%rsp), %rax
	mov	%rax, 40(%rbp)			/* for rdx */
	mov	STATE_SCOPE + KEEP_SCOPE_SESSIONS(%rsp), %eax
	mov	%rax, 16(%rbp)			/* for r10 */
	jmp	9b
4:	fxsave64 (%rsp)
	jmp	2b
5:	fxrstor64 (%rsp)
6:	mov	%rbp, %rsp
	.cfi_def_cfa_register rsp
	restore_all
	ret
	function_ends rill_keep_leave_cold

	/* ---- texts, and more than two words ---- */

	/* Passes rdi, rsi and rdx on, as the fourth argument where the stack stood, and rax as the fifth. Arguments may lie in the
	 * caller's red zone, so its first word, in rcx, goes back to its place while C runs, and the return address to a place of
	 * its own. */
	.macro	pass name, c_name
	.hidden	\c_name
	function \name
	lea	-120(%rsp), %rsp
	.cfi_adjust_cfa_offset 120
	pushq	120(%rsp)
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rip, 0
	mov	%rcx, 128(%rsp)
	save	rax
	save	rdx
	save	rcx
	save	rsi
	save	rdi
	save	r8
	save	r9
	save	r10
	save	r11
	save	rbp
	mov	%rsp, %rbp
	.cfi_def_cfa_register rbp
	mov	%rsp, %rcx
	mov	%rax, %r8
	and	$-16, %rsp
	call	\c_name
	mov	%rbp, %rsp
	.cfi_def_cfa_register rsp
	restore	rbp
	restore	r11
	restore	r10
	restore	r9
	restore	r8
	restore	rdi
	restore	rsi
	restore	rcx
	restore	rdx
	restore	rax
	mov	128(%rsp), %rcx		/* a scope's state may lie there */
	popq	120(%rsp)
	.cfi_adjust_cfa_offset -8
	.cfi_offset rip, -8	/* not .cfi_restore, which libgcc takes for "was never saved" */
	lea	120(%rsp), %rsp
	.cfi_adjust_cfa_offset -120
	ret
	function_ends \name
	.endm

	/* The list lies right above the return address; the red zone is its pusher's care. */
	.hidden	rill_keep_list_c
	function rill_keep_list
	.irp	register, rax, rdx, rcx, rsi, rdi, r8, r9, r10, r11, rbp
	save	\register
	.endr
	mov	%rsp, %rbp
	.cfi_def_cfa_register rbp
	lea	88(%rsp), %rsi
	mov	%rsp, %rdx
	and	$-16, %rsp
	call	rill_keep_list_c
	mov	%rbp, %rsp
	.cfi_def_cfa_register rsp
	.irp	register, rbp, r11, r10, r9, r8, rdi, rsi, rcx, rdx, rax
	restore	\register
	.endr
	ret
	function_ends rill_keep_list

	pass	rill_keep_args, rill_keep_args_c
	pass	rill_keep_begin, rill_keep_begin_c
#endif
