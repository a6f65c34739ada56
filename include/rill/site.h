/* SPDX-License-Identifier: MIT
 * site.h - the machinery behind the macros of trace.h. Applications include trace.h.
 *
 * A call site is three things in three places:
 *
 *     hot text       test one byte, branch if it is not zero: all that an application pays while off
 *     rill_hot       4 bytes per site: {0, enabled byte, site id}, laid out as a record's first word
 *     rill_sites     32 constant bytes per site: category, name, file, line, phase, arguments
 *
 * One asm statement writes all three, so that the compiler cannot give them sections of its own: plain
 * static variables with a section attribute clash in C++ inline functions, become unique global symbols
 * that pin a library against dlclose, and are padded apart. The section flag "?" puts site and hot word
 * into the section group of the function around them: a discarded inline copy takes its site with it.
 * Texts are written into the asm (an "i" operand refuses addresses in position-independent code on some
 * processors), which is why they must be literals without % { | } " and backslash.
 *
 * C11 and C++11, gcc and clang.
 */
#ifndef RILL_SITE_H
#define RILL_SITE_H

#include <rill/pair.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what a site is in memory --------------------------------------------------------------------- */

struct rill_hot {
	uint8_t zero;		/* a record's length goes here */
	uint8_t enabled;	/* one bit per direct session; bit 6 shared sessions, bit 7 flight sessions */
	uint16_t id;		/* given at registration */
};

/* Distances are counted from the field itself: no relocation, and any reader of the file can follow them. */
struct rill_site {
	int32_t category, name, file;
	int32_t args;		/* nargs times {type byte, key, NUL}, then a 0 byte */
	int32_t hot;
	uint32_t line;
	uint8_t phase, nargs;
	uint16_t flags;		/* enum rill_flag, and RILL_SITE_SCOPE */
	uint32_t extra;		/* RILL_SITE_STRIPPED */
};
#define RILL_SITE_SCOPE 0x8000	/* phase B whose end is written by the runtime */
#define RILL_SITE_EARLY 0x4000	/* on from registration until the first session, or rill_early_end() (-DRILL_EARLY) */
#ifdef RILL_EARLY
#define RILL_ASM_EARLY "0x4000"
#else
#define RILL_ASM_EARLY "0"
#endif
#define RILL_SITE_STRIPPED 1	/* name, file and keys are empty here, and stand in .debug_rill (-DRILL_STRIP_NAMES) */
RILL_STATIC_ASSERT(sizeof(struct rill_hot) == 4, "the record's first word");
RILL_STATIC_ASSERT(sizeof(struct rill_site) == 32, "laid out in asm below, and read by rill list");

/* ---- the emit entry points ------------------------------------------------------------------------ */

/* An open scope. site NULL: nothing to end. */
struct rill_scope {
	uint64_t begin_ticks;
	const struct rill_hot *site;
	uint32_t sessions;	/* who got the begin; with RILL_KEEP as in a hot word, with the id */
};
struct rill_begun {
	uint64_t ticks;
	uint64_t sessions;	/* 0: the begin was not recorded */
};

/* Any thread, signal handlers included; wait-free. The attribute cold keeps their calls out of the hot text. */
#ifndef RILL_EMIT
#define RILL_EMIT RILL_API __attribute__((cold))
#endif
RILL_EMIT void rill_emit0(const struct rill_hot *site);
RILL_EMIT void rill_emit1(const struct rill_hot *site, uint64_t word);
RILL_EMIT void rill_emit2(const struct rill_hot *site, uint64_t first, uint64_t second);
RILL_EMIT void rill_emit_args(const struct rill_hot *site, unsigned count, const struct rill_arg *args);
RILL_EMIT struct rill_begun rill_begin(const struct rill_hot *site, unsigned count, const struct rill_arg *args);
RILL_EMIT void rill_end(uint64_t begin_ticks, const struct rill_hot *site, uint32_t sessions);

/* The same, called from asm: registers stay as they are but for what RILL_KEEP_ says below and in keep.h. */
#if RILL_KEEP_ENTRY
RILL_API void rill_keep0(void);
RILL_API void rill_keep1(void);
RILL_API void rill_keep2(void);
RILL_API void rill_keep_args(void);
RILL_API void rill_keep_begin(void);
RILL_API void rill_keep_end(void);
#ifdef __x86_64__
RILL_API void rill_keep_begin0(void);
RILL_API void rill_keep_begin1(void);
RILL_API void rill_keep_begin2(void);
RILL_API void rill_keep_list(void);
RILL_API void rill_keep_text00(void);
RILL_API void rill_keep_text01(void);
RILL_API void rill_keep_text02(void);
RILL_API void rill_keep_text10(void);
RILL_API void rill_keep_text11(void);
RILL_API void rill_keep_text20(void);
#endif
#endif

/* What a file was compiled to expect of librill is the name of a function that does nothing (object.h asks for it). A librill without
 * it does not link, and the linker's message is the name: other call sites than it knows, or an option of its configuration that
 * is off. At run time a librill.so that does not fit ends in the loader's message, with the same name. Nothing else in these
 * headers depends on librill's configuration. */
RILL_API void rill_abi_2(void);				/* the layout of structs rill_site and rill_hot; registers that entries keep */
RILL_API void rill_abi_2__needs_config_rill_early(void);	/* -DRILL_EARLY */
RILL_API void rill_abi_2__needs_config_rill_file_line(void);	/* unless -DRILL_NO_FILE_LINE */
RILL_API void rill_abi_2__needs_config_rill_strip_names(void);	/* -DRILL_STRIP_NAMES */
RILL_API void rill_abi_2__needs_config_rill_arg_texts(void);	/* arg.h: an argument is a text, or an id's scope */
RILL_API void rill_abi_2__needs_config_rill_arg_blobs(void);	/* arg.h: an argument is bytes */

/* An object's sites come and go (trace.h calls these). Idempotent; not from a signal handler. */
RILL_API void rill_register(const struct rill_site *from, const struct rill_site *to);
RILL_API void rill_unregister(const struct rill_site *from, const struct rill_site *to);

#ifdef __cplusplus
}
#endif

/* ---- the test, per processor ---------------------------------------------------------------------- */

/* RILL_ASM_ADDRESS: the address of label 771 into the output h. */
#if defined(__x86_64__)
#define RILL_ASM_ADDRESS "lea 771b(%%rip), %[h]\n"
#elif defined(__i386__) && defined(__PIC__)
#define RILL_ASM_ADDRESS "call 778f\n778: pop %[h]\n add $771b-778b, %[h]\n"
#elif defined(__i386__)
#define RILL_ASM_ADDRESS "mov $771b, %[h]\n"
#elif defined(__aarch64__)
#define RILL_ASM_ADDRESS "adrp %[h], 771b\n add %[h], %[h], :lo12:771b\n"
#elif defined(__riscv)
#define RILL_ASM_ADDRESS "lla %[h], 771b\n"
#elif defined(__s390x__)
#define RILL_ASM_ADDRESS "larl %[h], 771b\n"
#elif defined(__arm__) && defined(__thumb2__)
#define RILL_ASM_ADDRESS                                                                           \
	"movw %[h], #:lower16:(771b-(778f+4))\n movt %[h], #:upper16:(771b-(778f+4))\n778: add %[h], pc\n"
#elif defined(__arm__) && __ARM_ARCH >= 7
#define RILL_ASM_ADDRESS                                                                           \
	"movw %[h], #:lower16:(771b-(778f+8))\n movt %[h], #:upper16:(771b-(778f+8))\n778: add %[h], pc, %[h]\n"
#elif defined(__arm__)	/* v6: no movw; the distance lies behind a branch */
#define RILL_ASM_ADDRESS "ldr %[h], 776f\n778: add %[h], pc, %[h]\n b 779f\n776: .4byte 771b-(778b+8)\n779:\n"
#else
#error "rill knows no call sites for this processor: add its way to load a label's address here"
#endif

/* A constant operand as a bare number. gcc for RISC-V takes %c for addresses only, of which 2048 is none, and for s390x for a byte
 * with a sign; both write bare numbers anyway. */
#if defined(__riscv) || defined(__s390x__)
#define RILL_ASM_NUMBER(name) "%[" #name "]"
#else
#define RILL_ASM_NUMBER(name) "%c[" #name "]"
#endif

/* -DRILL_NO_FILE_LINE: an empty text and 0 in their places, so that the layout is the same. */
#ifdef RILL_NO_FILE_LINE
#define RILL_SITE_FILE ""
#define RILL_SITE_LINE 0
#else
#define RILL_SITE_FILE __FILE__
#define RILL_SITE_LINE __LINE__
#endif

/* The texts of a site. -DRILL_STRIP_NAMES: only what is needed at run time is loaded, the category and the arguments' types; the rest
 * stands in a section that is not loaded, and that goes where debug information goes. An entry there begins with the descriptor's
 * address; its table of arguments is as it would be in the image. */
#ifdef RILL_STRIP_NAMES
#define RILL_ASM_STRIPPED "1"
#define RILL_ASM_TEXTS(category, name, args, bare_args)                                            \
	".pushsection .rodata.rill.str1.1,\"aMS?\",%%progbits,1\n"                                 \
	"773: .asciz \"" category "\"\n774:\n775: .asciz \"\"\n.popsection\n"                      \
	".pushsection .rodata.rill_args,\"a?\",%%progbits\n770: " bare_args " .byte 0\n.popsection\n" \
	".pushsection .debug_rill,\"?\",%%progbits\n" RILL_ASM_POINTER " 772f\n"                    \
	".asciz \"" name "\"\n.asciz \"" RILL_SITE_FILE "\"\n.byte " RILL_ASM_NUMBER(nargs) "\n" args ".popsection\n"
#else
#define RILL_ASM_STRIPPED "0"
#define RILL_ASM_TEXTS(category, name, args, bare_args)                                            \
	".pushsection .rodata.rill.str1.1,\"aMS?\",%%progbits,1\n"                                 \
	"773: .asciz \"" category "\"\n774: .asciz \"" name "\"\n775: .asciz \"" RILL_SITE_FILE "\"\n"   \
	".popsection\n"                                                                            \
	".pushsection .rodata.rill_args,\"a?\",%%progbits\n770: " args " .byte 0\n.popsection\n"
#endif

/* gcc's own name of a relocation that does nothing but keep its target alive under --gc-sections. */
#define RILL_ASM_SITE(category, name, args, bare_args)                                             \
	RILL_ASM_TEXTS(category, name, args, bare_args)                                            \
	".pushsection rill_hot,\"aw?\",%%progbits\n.balign 4\n771: .byte 0, 0, 0, 0\n" \
	".reloc 771b, BFD_RELOC_NONE, 772f\n.popsection\n"                                         \
	".pushsection rill_sites,\"a?\",%%progbits\n.balign 4\n"                                   \
	"772: .4byte 773b-.\n.4byte 774b-.\n.4byte 775b-.\n.4byte 770b-.\n.4byte 771b-.\n"        \
	".4byte " RILL_ASM_NUMBER(line) "\n.byte " RILL_ASM_NUMBER(phase) ", " RILL_ASM_NUMBER(nargs) "\n"        \
	".2byte " RILL_ASM_NUMBER(flags) " + " RILL_ASM_EARLY "\n.4byte " RILL_ASM_STRIPPED "\n"              \
	".org 772b + 32, 0\n.popsection\n"	/* refuses a longer entry */

#define RILL_ASM_INPUTS(site_phase, site_flags, count)                                             \
	[line] "i"(RILL_SITE_LINE), [phase] "i"(site_phase), [flags] "i"(site_flags), [nargs] "i"(count)

/* Two ways to test. gcc mostly (and clang from 17 on x86-64): load the byte by its own address and branch, on x86-64 as one
 * comparison without a register; the cold path then has a twin descriptor and hot word of its own, which merge into the same id
 * (control sets both bytes; the second look reads the cold one). Elsewhere: load the address, load the byte, branch. Never asm goto
 * with an output: gcc 12 -O1 lets it overwrite a variable on the way not taken. clang 14 refuses asm goto beside a cleanup.
 * RILL_ASM_BYTE: the byte into the output on. */
#if defined(RILL_SITE_BY_ADDRESS) || (defined(__clang__) && !(defined(__x86_64__) && __clang_major__ >= 17))
#define RILL_SITE_TWIN 0
#elif defined(__x86_64__)
#define RILL_SITE_TWIN 1
#elif defined(__aarch64__)
#define RILL_SITE_TWIN 1
#define RILL_ASM_BYTE "adrp %[on], 771b\n ldrb %w[on], [%[on], #:lo12:771b + 1]\n"
#elif defined(__riscv)
#define RILL_SITE_TWIN 1
#define RILL_ASM_BYTE "769: auipc %[on], %%pcrel_hi(771b + 1)\n lbu %[on], %%pcrel_lo(769b)(%[on])\n"
#elif defined(__arm__) && defined(__thumb2__)
#define RILL_SITE_TWIN 1
#define RILL_ASM_BYTE                                                                              \
	"movw %[on], #:lower16:(771b+1-(778f+4))\n movt %[on], #:upper16:(771b+1-(778f+4))\n"      \
	"778: add %[on], pc\n ldrb %[on], [%[on]]\n"
#elif defined(__arm__) && __ARM_ARCH >= 7
#define RILL_SITE_TWIN 1
#define RILL_ASM_BYTE                                                                              \
	"movw %[on], #:lower16:(771b+1-(778f+8))\n movt %[on], #:upper16:(771b+1-(778f+8))\n"      \
	"778: ldrb %[on], [pc, %[on]]\n"
#elif defined(__arm__) && !defined(__thumb__)
#define RILL_SITE_TWIN 1
#define RILL_ASM_BYTE                                                                              \
	"ldr %[on], 776f\n 778: ldrb %[on], [pc, %[on]]\n b 779f\n 776: .4byte 771b+1-(778b+8)\n779:\n"
#else
#define RILL_SITE_TWIN 0
#endif

#if !RILL_SITE_TWIN
#define RILL_ASM_TEST(var, label, site, phase, flags, count, types)                                  \
	__asm__ volatile(site RILL_ASM_ADDRESS : [h] "=r"(var) : RILL_ASM_INPUTS(phase, flags, count) types : "cc"); \
	if (__builtin_expect(*(const volatile uint8_t *)&(var)->enabled, 0))                         \
		goto label
#define RILL_ASM_WHERE(var, site, phase, flags, count, types)
#else
#define RILL_ASM_WHERE(var, site, phase, flags, count, types)                                        \
	__asm__ volatile(site RILL_ASM_ADDRESS : [h] "=r"(var) : RILL_ASM_INPUTS(phase, flags, count) types : "cc");
#if defined(__x86_64__)
#define RILL_ASM_TEST(var, label, site, phase, flags, count, types)                                  \
	__asm__ goto(site "cmpb $0, 771b+1(%%rip)\n jne %l[" #label "]"                            \
		     : : RILL_ASM_INPUTS(phase, flags, count) types : "cc" : label)
#elif defined(__thumb2__)
/* gcc would compare and branch, the cold path being too far for cbnz: one instruction more. */
#define RILL_ASM_TEST(var, label, site, phase, flags, count, types)                                  \
	unsigned long rill_on;                                                                     \
	__asm__ volatile(site RILL_ASM_BYTE : [on] "=l"(rill_on) : RILL_ASM_INPUTS(phase, flags, count) types); \
	__asm__ goto("cbz %0, 777f\n b %l[" #label "]\n777:" : : "l"(rill_on) : : label)
#else
#define RILL_ASM_TEST(var, label, site, phase, flags, count, types)                                  \
	unsigned long rill_on;                                                                     \
	__asm__ volatile(site RILL_ASM_BYTE : [on] "=r"(rill_on) : RILL_ASM_INPUTS(phase, flags, count) types); \
	if (__builtin_expect(rill_on != 0, 0))                                                     \
		goto label
#endif
#endif

/* ---- one pair of the list (pair.h): M(i, key, value) ----------------------------------------------- */

#define RILL_PAIR_TEXT(i, key, value) ".byte " RILL_ASM_NUMBER(a##i) "\n.asciz \"" key "\"\n"
/* Without its name an argument is called by its number, as counted from the last, so that no two have the same. */
#define RILL_PAIR_BARE(i, key, value) ".byte " RILL_ASM_NUMBER(a##i) "\n.asciz \"" #i "\"\n"
#define RILL_PAIR_TYPE(i, key, value) , [a##i] "i"(RILL_TYPE_OF(value))
#define RILL_PAIR_TAIL(i, key, value) + (RILL_TYPE_HAS_TAIL(RILL_TYPE_OF(value)) ? 1 << (i - 1) : 0)
#define RILL_PAIR_SCOPED(i, key, value) || RILL_TYPE_OF(value) >= RILL_TYPE_ID_SCOPED

#ifdef __clang__
#define RILL_COLD_LABEL __attribute__((unused))
#else
#define RILL_COLD_LABEL __attribute__((cold, unused))
#endif

/* ---- an event: test; behind the label, out of the way, take each value once and hand it over ------- */

/* Values that live across a C call must lie in registers that the function has to save, on every way through it. With gcc the
 * hand-over is therefore no call that gcc knows of, and keeps all registers but those that it takes last: keep_x86.h, keep.h. */
#define RILL_LIST_MAX 6
#ifdef __OPTIMIZE__
#define RILL_LIST_WORDS_MAX 7	/* each may need a register, of those that a call may change */
#else
#define RILL_LIST_WORDS_MAX 0	/* such functions have a frame anyway, and keep nothing in registers */
#endif
#if RILL_KEEP && defined(__x86_64__)
#define RILL_LISTS 1
#define RILL_SCOPE_COUNT(tails, count) count, !(tails)
#include <rill/keep_x86.h>
#else
#define RILL_LISTS 0
#define RILL_SCOPE_COUNT(tails, count) count
#define RILL_SEND_LIST(h, count, tails, args) ((void)0)
#define RILL_SEND_TEXT(h, count, tails, args) ((void)0)
#if RILL_KEEP
#include <rill/keep.h>
#else
#define rill_send0 rill_emit0
#define rill_send1 rill_emit1
#define rill_send2 rill_emit2
#define rill_send_args rill_emit_args
RILL_INLINE void rill_scope_enter(struct rill_scope *s, const struct rill_hot *h, unsigned count, const struct rill_arg *args)
{
	const struct rill_begun b = rill_begin(h, count, args);

	if (b.sessions) {
		s->begin_ticks = b.ticks;
		s->sessions = (uint32_t)b.sessions;
		s->site = h;
	}
}
RILL_INLINE void rill_scope_end(const struct rill_scope *s)
{
	rill_end(s->begin_ticks, s->site, s->sessions);
}
#endif
#endif

/* Up to two scalars travel in registers; a few words and texts as a list where there is one, which with one text among up to three has
 * entries of its own; everything else as an array.
 * tails, scoped, count are constants. */
RILL_INLINE void rill_send(const struct rill_hot *h, int scalars, unsigned count, struct rill_arg *args)
{
	if (scalars && count == 0)
		rill_send0(h);
	else if (scalars && count == 1)
		rill_send1(h, args[0].word);
	else if (scalars && count == 2)
		rill_send2(h, args[0].word, args[1].word);
	else
		rill_send_args(h, count, args);
}
#define RILL_LISTED(tails, scoped, count)                                                          \
	(RILL_LISTS && ((tails) || count > 2) && !(scoped) && count <= RILL_LIST_MAX &&             \
	 count + __builtin_popcount(tails) <= RILL_LIST_WORDS_MAX)
#define RILL_SEND(state, h, tails, scoped, count, args)                                            \
	if (RILL_LISTED(tails, scoped, count) && count <= 3 && __builtin_popcount(tails) == 1)     \
		RILL_SEND_TEXT(h, count, tails, args);                                             \
	else if (RILL_LISTED(tails, scoped, count))                                                \
		RILL_SEND_LIST(h, count, tails, args);                                             \
	else                                                                                       \
		rill_send(h, !(tails), count, args);
#define RILL_SEND_BEGIN(state, h, tails, scoped, count, args) rill_scope_enter(&(state), h, RILL_SCOPE_COUNT(tails, count), args);

/* phase letter, flags, what to do behind the label (RILL_SEND, or RILL_SEND_BEGIN with the scope's state), category;
 * then the name and the pairs. */
#define RILL_EVENT(phase, flags, hand_over, state, category, ...)                                  \
	RILL_EVENT_1(RILL_JOIN(rill_on_, __COUNTER__), phase, flags, hand_over, state, category,   \
		     RILL_PAIRS(__VA_ARGS__), __VA_ARGS__)
#define RILL_EVENT_WITH_ID(phase, flags, category, ...)                                            \
	RILL_EVENT_1(RILL_JOIN(rill_on_, __COUNTER__), phase, flags, RILL_SEND, 0, category,       \
		     RILL_PAIRS_AND_ID(__VA_ARGS__), __VA_ARGS__)
#define RILL_EVENT_1(label, phase, flags, hand_over, state, category, count, ...)                  \
	RILL_EVENT_2(label, phase, flags, hand_over, state, category, count,                       \
		     RILL_JOIN(RILL_EACH_, count), __VA_ARGS__)
#define RILL_EVENT_2(label, phase, flags, hand_over, state, category, count, EACH, ...)            \
	do {                                                                                       \
		const struct rill_hot *rill_h;                                                     \
		RILL_ASM_TEST(rill_h, label,                                                       \
			      RILL_ASM_SITE(category, RILL_FIRST_(__VA_ARGS__, 0), EACH(RILL_PAIR_TEXT, __VA_ARGS__), \
					    EACH(RILL_PAIR_BARE, __VA_ARGS__)), \
			      phase, flags, count, EACH(RILL_PAIR_TYPE, __VA_ARGS__));             \
		if (0) {                                                                           \
		label: RILL_COLD_LABEL;                                                            \
			RILL_ASM_WHERE(rill_h,                                                     \
				RILL_ASM_SITE(category, RILL_FIRST_(__VA_ARGS__, 0), EACH(RILL_PAIR_TEXT, __VA_ARGS__), \
					    EACH(RILL_PAIR_BARE, __VA_ARGS__)), \
				phase, flags, count, EACH(RILL_PAIR_TYPE, __VA_ARGS__))            \
			RILL_PLAIN(category) RILL_PLAIN(RILL_FIRST_(__VA_ARGS__, 0))               \
			EACH(RILL_PAIR_CHECK, __VA_ARGS__)                                         \
			struct rill_arg rill_args[count + 1] = {                             \
				EACH(RILL_PAIR_ARG, __VA_ARGS__) { 0, NULL, 0, 0 } };              \
			hand_over(state, rill_h, (0 EACH(RILL_PAIR_TAIL, __VA_ARGS__)), (0 EACH(RILL_PAIR_SCOPED, __VA_ARGS__)), \
				  count, rill_args)                                                \
		}                                                                                  \
	} while (0)

/* ---- a scope: the end is written when the begin was, and carries the begin's ticks ----------------- */

/* gcc does not see that site says whether the rest is set, and clearing all of it would cost who has tracing off. */
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#ifdef __cplusplus
struct rill_scope_guard : rill_scope {
	rill_scope_guard() { site = nullptr; }
	~rill_scope_guard()
	{
		if (__builtin_expect(site != nullptr, 0))
			rill_scope_end(this);
	}
	rill_scope_guard(const rill_scope_guard &) = delete;
	rill_scope_guard &operator=(const rill_scope_guard &) = delete;
};
#define RILL_SCOPE_STATE(var) rill_scope_guard var;
#else
RILL_INLINE void rill_scope_leave(struct rill_scope *s)
{
	if (__builtin_expect(s->site != NULL, 0))
		rill_scope_end(s);
}
#define RILL_SCOPE_STATE(var)                                                                      \
	struct rill_scope var __attribute__((cleanup(rill_scope_leave)));                          \
	var.site = NULL;
#endif
#ifndef __clang__
#pragma GCC diagnostic pop
#endif

#endif
