/* SPDX-License-Identifier: MIT
 * keep_x86.h - how a call site hands an event over on x86-64, compiled by gcc: by asm that gcc does not take for a call, to entry points
 * that keep the registers (src/emit/keep*.S). site.h says why; keep.h has the same for other processors.
 *
 * The call overwrites the top word of the red zone, which [red] holds meanwhile; the rest is the entry's to step over. So the stack
 * pointer is the function's own at each instruction here, as its unwind information says. Through the GOT: the dynamic linker's lazy
 * binding would change r10 and r11.
 */
#ifndef RILL_SITE_H
#include <rill/site.h>	/* includes this file in its middle */
#elif RILL_KEEP && RILL_LISTS && !defined(RILL_KEEP_X86_H)
#define RILL_KEEP_X86_H

#define RILL_KEEP_CALL(name) "mov -8(%%rsp), %[red]\n call *" #name "@GOTPCREL(%%rip)\n mov %[red], -8(%%rsp)\n"
#ifdef __AVX512F__
#define RILL_KEEP_VECTORS                                                                          \
	"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", \
	"xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24",  \
	"xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#else
#define RILL_KEEP_VECTORS                                                                          \
	"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
#endif
RILL_INLINE void rill_send0(const struct rill_hot *h)
{
	uint64_t red;

	__asm__ volatile(RILL_KEEP_CALL(rill_keep0) : "+D"(h), [red] "=&r"(red) : : "r8", "r9", "cc", "memory");
}
RILL_INLINE void rill_send1(const struct rill_hot *h, uint64_t word)
{
	uint64_t red;

	__asm__ volatile(RILL_KEEP_CALL(rill_keep1) : "+D"(h), [red] "=&r"(red) : "S"(word) : "r8", "r9", "cc", "memory");
}
RILL_INLINE void rill_send2(const struct rill_hot *h, uint64_t first, uint64_t second)
{
	uint64_t red;

	__asm__ volatile(RILL_KEEP_CALL(rill_keep2)
			 : "+D"(h), [red] "=&r"(red) : "S"(first), "c"(second) : "r8", "r9", "cc", "memory");
}

/* A few words and texts. They are pushed by a small function of the call site's own, beside the cold code: an array would be a part
 * of the frame, which every call of the function sets up. There, a and b of each argument from the first one upwards, b only
 * where `tails` says so (its highest of `count` bits is the first argument's), below them count and tails.
 *
 * Texts may lie in the red zone. So the small function is jumped to, with the address to come back to in a register, and writes nothing
 * before it has stepped over the red zone. */
#define RILL_PUSH(what) "push " what "\n .cfi_adjust_cfa_offset 8\n"
#define RILL_PUSH_ARG(i)                                                                           \
	".if %c[n] > " #i "\n.if (%c[t] >> (%c[n] - 1 - " #i ")) & 1\n" RILL_PUSH("%[b" #i "]") ".endif\n" \
	RILL_PUSH("%[a" #i "]") ".endif\n"
#define RILL_LIST_TAIL(count, tails, i) ((i) < (count) && ((tails) >> ((i) < (count) ? (count) - 1 - (i) : 0) & 1))
#define RILL_LIST_INPUT(args, count, tails, i)                                                     \
	[a##i] "re"(RILL_LIST_TAIL(count, tails, i) ? (uintptr_t)(args)[i].tail : (i) < (count) ? (args)[i].word : 0), \
	[b##i] "re"(RILL_LIST_TAIL(count, tails, i) ? rill_list_bound(&(args)[i]) : 0)
/* The size; of a text to be measured, its bound inverted. */
RILL_INLINE uint64_t rill_list_bound(const struct rill_arg *a)
{
	if (a->type & RILL_ARG_UNMEASURED)
		return ~(uint64_t)(a->size < INT32_MAX ? a->size : INT32_MAX);
	return a->size;
}
#define RILL_LIST_BYTES(count, tails) (8 + 8 * ((count) + __builtin_popcount(tails)))
#if defined(__CET__) && __CET__ & 1
#define RILL_ASM_LANDING "endbr64\n"
#else
#define RILL_ASM_LANDING ""
#endif
#define RILL_LIST_ASM(back, args, entry)                                                           \
	"lea 781f(%%rip), " back "\n jmp 780f\n781: " RILL_ASM_LANDING ".subsection 1\n"              \
	"780: .cfi_startproc\n .cfi_def_cfa rsp, 0\n .cfi_register rip, " back "\n"                  \
	"lea -128(%%rsp), %%rsp\n .cfi_adjust_cfa_offset 128\n"                                     \
	RILL_PUSH(back) ".cfi_rel_offset rip, 0\n"                                           \
	args RILL_PUSH("$%c[n] + (%c[t] << 8)") entry                                              \
	"mov %c[bytes](%%rsp), " back "\n .cfi_register rip, " back "\n"                           \
	"lea 136 + %c[bytes](%%rsp), %%rsp\n .cfi_adjust_cfa_offset -136 - %c[bytes]\n"           \
	"jmp *" back "\n .cfi_endproc\n.previous\n"
/* Macros, so that count and tails are constants without optimisation, too. */
#define RILL_SEND_LIST(h, count, tails, args)                                                      \
	do {                                                                                       \
		uint64_t rill_back;                                                                \
		__asm__ volatile(                                                                  \
			RILL_LIST_ASM("%[back]", RILL_PUSH_ARG(5) RILL_PUSH_ARG(4) RILL_PUSH_ARG(3) RILL_PUSH_ARG(2) RILL_PUSH_ARG(1) \
				      RILL_PUSH_ARG(0), "call *rill_keep_list@GOTPCREL(%%rip)\n") \
			: [back] "=&r"(rill_back)                                                          \
			: "D"(h), [n] "i"(count), [t] "i"(tails), [bytes] "i"(RILL_LIST_BYTES(count, tails)), \
			  RILL_LIST_INPUT(args, count, tails, 0), RILL_LIST_INPUT(args, count, tails, 1),  \
			  RILL_LIST_INPUT(args, count, tails, 2), RILL_LIST_INPUT(args, count, tails, 3),  \
			  RILL_LIST_INPUT(args, count, tails, 4), RILL_LIST_INPUT(args, count, tails, 5)   \
			: "cc", "memory", RILL_KEEP_VECTORS);                                              \
	} while (0)
/* One text and up to two words: by which entry, say their count and the place of the text. */
#define RILL_TEXT_ENTRY(count, tails, shape)                                                       \
	".if %c[n] == " #count " && %c[t] == " #tails "\n call *rill_keep_text" #shape "@GOTPCREL(%%rip)\n.endif\n"
#define RILL_SEND_TEXT(h, count, tails, args)                                                      \
	do {                                                                                       \
		__asm__ volatile(                                                                  \
			RILL_LIST_ASM("%%r11", RILL_PUSH_ARG(2) RILL_PUSH_ARG(1) RILL_PUSH_ARG(0),          \
				      RILL_TEXT_ENTRY(1, 1, 00) RILL_TEXT_ENTRY(2, 1, 10) RILL_TEXT_ENTRY(2, 2, 01) \
				      RILL_TEXT_ENTRY(3, 1, 20) RILL_TEXT_ENTRY(3, 2, 11) RILL_TEXT_ENTRY(3, 4, 02)) \
			: "+D"(h)                                                                          \
			: [n] "i"(count), [t] "i"(tails), [bytes] "i"(RILL_LIST_BYTES(count, tails)),      \
			  RILL_LIST_INPUT(args, count, tails, 0), RILL_LIST_INPUT(args, count, tails, 1),  \
			  RILL_LIST_INPUT(args, count, tails, 2)                                           \
			: "r11", "cc", "memory", RILL_KEEP_VECTORS);                                              \
	} while (0)

/* What these read may lie in the red zone: they find its top word in rcx, and put it back for the time they take. */
RILL_INLINE void rill_send_args(const struct rill_hot *h, unsigned count, struct rill_arg *args)
{
	uint64_t red;

	__asm__ volatile(RILL_KEEP_CALL(rill_keep_args)
			 : [red] "=&c"(red) : "D"(h), "S"(count), "d"(args) : "cc", "memory", RILL_KEEP_VECTORS);
}
/* The state stays where the function put it, and no register of it has to live as long as the scope. It may lie in the red zone: it is
 * written behind the call, and read in front of it. */
#define RILL_KEEP_BEGIN(name, ...)                                                                 \
	__asm__ volatile(RILL_KEEP_CALL(name)                                                       \
			 "mov %%rdx, %[state]\n mov %%rdi, %H[state]\n mov %%r10d, %[sessions]\n"       \
			 : "+D"(h), [red] "=&a"(red), [state] "=o"(*s), [sessions] "=m"(s->sessions) \
			 : __VA_ARGS__ : "rdx", "r8", "r9", "r10", "cc", "memory")
RILL_INLINE void rill_scope_enter(struct rill_scope *s, const struct rill_hot *h, unsigned count, int scalars, struct rill_arg *args)
{
	uint64_t red;

	if (scalars && count == 0)
		RILL_KEEP_BEGIN(rill_keep_begin0, );
	else if (scalars && count == 1)
		RILL_KEEP_BEGIN(rill_keep_begin1, "S"(args[0].word));
	else if (scalars && count == 2)
		RILL_KEEP_BEGIN(rill_keep_begin2, "S"(args[0].word), "c"(args[1].word));
	else
		__asm__ volatile("lea %[state], %%rax\n" RILL_KEEP_CALL(rill_keep_begin)
				 : [red] "=&c"(red), [state] "=m"(*s)
				 : "D"(h), "S"(count), "d"(args) : "rax", "cc", "memory", RILL_KEEP_VECTORS);
}
RILL_INLINE void rill_scope_end(const struct rill_scope *s)
{
	uint64_t red;

	__asm__ volatile("mov %[ticks], %%rdi\n mov %[sessions], %%r10d\n" RILL_KEEP_CALL(rill_keep_end)
			 : [red] "=&c"(red) : [ticks] "m"(s->begin_ticks), [sessions] "m"(s->sessions)
			 : "rdi", "rdx", "r8", "r9", "r10", "cc", "memory");
}
#endif
