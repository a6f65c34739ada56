/* SPDX-License-Identifier: MIT
 * keep_whole.S - rill_keep0, 1 and 2 in builds with labelled points or ThreadSanitizer, in place of keep_hot.S: the C functions
 * do it all, so that points and sanitizer see each step.
 */
#if defined(__x86_64__) && defined(__LP64__)
#include "emit/keep_frame.h"

	.macro	keep name, count
	function \name
	keep_enter
	mov	$(\count + KEEP_WHOLE), %r8d
	jmp	rill_keep_leave_cold
	function_ends \name
	.endm

	keep	rill_keep0, 0
	keep	rill_keep1, 1
	keep	rill_keep2, 2
#endif
