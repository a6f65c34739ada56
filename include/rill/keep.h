/* SPDX-License-Identifier: MIT
 * keep.h - how a call site hands an event over on arm, arm64 and riscv64, compiled by gcc: by asm that gcc does not take for a call, to
 * entry points that keep the registers (src/emit/keep_*.S). site.h says why; keep_x86.h has the same for x86-64.
 *
 * Site and numbers travel in registers that gcc takes last, so that nothing on the hot path has to make room for them; these and what
 * a linker's own code between caller and entry may use are all that change. On arm64 and riscv64 the way goes through the
 * GOT, round the dynamic linker's lazy binding, which would change more; on riscv64 the entry returns by t0, so that a
 * function that calls nothing else needs no frame. Vector and floating-point registers: the entries of up to two numbers keep
 * them, but on arm; the others say that they change. No red zone here: what lies below the stack pointer is nobody's.
 */
#ifndef RILL_SITE_H
#include <rill/site.h>	/* includes this file in its middle */
#elif RILL_KEEP && !RILL_LISTS && !defined(RILL_KEEP_H)
#define RILL_KEEP_H

#if defined(__aarch64__)
#define RILL_KEEP_SITE "x9"
#define RILL_KEEP_FIRST "x10"
#define RILL_KEEP_SECOND "x11"
#define RILL_KEEP_COUNT "x10"
#define RILL_KEEP_ARGS "x11"
#define RILL_KEEP_STATE "x12"
#define RILL_KEEP_CALL(name) "adrp x17, :got:" name "\n ldr x17, [x17, :got_lo12:" name "]\n blr x17"
#define RILL_KEEP_CHANGED "x13", "x14", "x15", "x16", "x17", "x30", "cc", "memory"
#define RILL_KEEP_CHANGED_0 RILL_KEEP_CHANGED, "x10", "x11", "x12"
#define RILL_KEEP_CHANGED_1 RILL_KEEP_CHANGED, "x11", "x12"
#define RILL_KEEP_CHANGED_2 RILL_KEEP_CHANGED, "x12"
#define RILL_KEEP_VECTORS                                                                          \
	"v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23",      \
	"v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31"
#elif defined(__riscv)
#define RILL_KEEP_SITE "t1"
#define RILL_KEEP_FIRST "a6"
#define RILL_KEEP_SECOND "a7"
#define RILL_KEEP_COUNT "t2"
#define RILL_KEEP_ARGS "t3"
#define RILL_KEEP_STATE "t4"
#define RILL_KEEP_CALL(name) "769: auipc t0, %%got_pcrel_hi(" name ")\n ld t0, %%pcrel_lo(769b)(t0)\n jalr t0, t0"
#define RILL_KEEP_CHANGED "t0", "t5", "t6", "memory"
#define RILL_KEEP_CHANGED_0 RILL_KEEP_CHANGED, "t2", "t3", "t4"
#define RILL_KEEP_CHANGED_1 RILL_KEEP_CHANGED_0
#define RILL_KEEP_CHANGED_2 RILL_KEEP_CHANGED_0
#define RILL_KEEP_VECTORS                                                                          \
	"ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "ft8", "ft9", "ft10", "ft11", "fa0", "fa1", "fa2",    \
	"fa3", "fa4", "fa5", "fa6", "fa7"
#else
#define RILL_KEEP_SITE "r1"
#define RILL_KEEP_FIRST "r2"	/* and r3 */
#define RILL_KEEP_COUNT "r2"
#define RILL_KEEP_ARGS "r3"
#define RILL_KEEP_STATE "r0"
#define RILL_KEEP_CALL(name) "bl " name "(PLT)"
#define RILL_KEEP_CHANGED "ip", "cc", "memory" RILL_KEEP_FLOATS
#define RILL_KEEP_CHANGED_0 RILL_KEEP_CHANGED, "lr"
#define RILL_KEEP_CHANGED_1 RILL_KEEP_CHANGED, "lr"
#define RILL_KEEP_CHANGED_2 RILL_KEEP_CHANGED, "lr"
#define RILL_KEEP_VECTORS "lr"	/* floating-point registers are above: with lazy binding any call may change them */
#if defined(__ARM_NEON)
#define RILL_KEEP_FLOATS                                                                           \
	, "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d16", "d17", "d18", "d19", "d20", "d21", "d22", "d23",     \
	"d24", "d25", "d26", "d27", "d28", "d29", "d30", "d31"
#elif defined(__ARM_FP)
#define RILL_KEEP_FLOATS , "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7"
#else
#define RILL_KEEP_FLOATS
#endif
#endif

RILL_INLINE void rill_send0(const struct rill_hot *h)
{
	register const struct rill_hot *site __asm__(RILL_KEEP_SITE) = h;

	__asm__ volatile(RILL_KEEP_CALL("rill_keep0") : : "r"(site) : RILL_KEEP_CHANGED_0);
}
RILL_INLINE void rill_send1(const struct rill_hot *h, uint64_t word)
{
	register const struct rill_hot *site __asm__(RILL_KEEP_SITE) = h;
	register uint64_t first __asm__(RILL_KEEP_FIRST) = word;

	__asm__ volatile(RILL_KEEP_CALL("rill_keep1") : : "r"(site), "r"(first) : RILL_KEEP_CHANGED_1);
}
RILL_INLINE void rill_send2(const struct rill_hot *h, uint64_t word, uint64_t next)
{
	register const struct rill_hot *site __asm__(RILL_KEEP_SITE) = h;
	register uint64_t first __asm__(RILL_KEEP_FIRST) = word;
#ifdef RILL_KEEP_SECOND
	register uint64_t second __asm__(RILL_KEEP_SECOND) = next;

	__asm__ volatile(RILL_KEEP_CALL("rill_keep2") : : "r"(site), "r"(first), "r"(second) : RILL_KEEP_CHANGED_2);
#else
	/* There are not enough registers: the second one lies at the stack pointer. */
	__asm__ volatile("push {%Q[second], %R[second]}\n" RILL_KEEP_CALL("rill_keep2") "\n add sp, #8"
			 : : "r"(site), "r"(first), [second] "r"(next) : RILL_KEEP_CHANGED_2);
#endif
}
RILL_INLINE void rill_send_args(const struct rill_hot *h, unsigned count, struct rill_arg *args)
{
	register const struct rill_hot *site __asm__(RILL_KEEP_SITE) = h;
	register unsigned long number __asm__(RILL_KEEP_COUNT) = count;
	register struct rill_arg *array __asm__(RILL_KEEP_ARGS) = args;

	__asm__ volatile(RILL_KEEP_CALL("rill_keep_args")
			 : : "r"(site), "r"(number), "r"(array) : RILL_KEEP_CHANGED, RILL_KEEP_VECTORS);
}
/* The state stays where the function put it, and no register of it has to live as long as the scope. */
RILL_INLINE void rill_scope_enter(struct rill_scope *s, const struct rill_hot *h, unsigned count, struct rill_arg *args)
{
	register const struct rill_hot *site __asm__(RILL_KEEP_SITE) = h;
	register unsigned long number __asm__(RILL_KEEP_COUNT) = count;
	register struct rill_arg *array __asm__(RILL_KEEP_ARGS) = args;
	register struct rill_scope *state __asm__(RILL_KEEP_STATE) = s;

	__asm__ volatile(RILL_KEEP_CALL("rill_keep_begin")
			 : : "r"(site), "r"(number), "r"(array), "r"(state) : RILL_KEEP_CHANGED, RILL_KEEP_VECTORS);
}
RILL_INLINE void rill_scope_end(const struct rill_scope *s)
{
	register const struct rill_scope *state __asm__(RILL_KEEP_STATE) = s;

	__asm__ volatile(RILL_KEEP_CALL("rill_keep_end") : : "r"(state) : RILL_KEEP_CHANGED, RILL_KEEP_VECTORS);
}

#undef RILL_KEEP_SITE
#undef RILL_KEEP_FIRST
#undef RILL_KEEP_SECOND
#undef RILL_KEEP_COUNT
#undef RILL_KEEP_ARGS
#undef RILL_KEEP_STATE
#undef RILL_KEEP_CALL
#undef RILL_KEEP_CHANGED
#undef RILL_KEEP_CHANGED_0
#undef RILL_KEEP_CHANGED_1
#undef RILL_KEEP_CHANGED_2
#undef RILL_KEEP_VECTORS
#undef RILL_KEEP_FLOATS
#endif
