/* SPDX-License-Identifier: MIT
 * keep_cross.c - the entry points that keep registers on arm, arm64 and riscv64 (src/emit/keep_*.S), from outside: behind an event every
 * register is the same but for those that rill/keep.h gives up, on the hot path and on each way out of it; and functions with events in
 * their middle compute what they compute without.
 *
 * Exit code 0: all as it should be. sites_cross.sh builds it.
 */
#define _GNU_SOURCE
#include "record.h"

#if RILL_KEEP

#include "keep.h"

/* ---- registers: all are loaded from before[], the entry is called, all are stored to after[] -------- */

enum { REGISTERS = 32, FLOATS = 32 };
struct machine {
	uintptr_t general[REGISTERS];
	uint64_t floats[2 * FLOATS];
};
struct machine keep_before, keep_after;
uintptr_t keep_entry, keep_stack;
void keep_probe(void);

/* checked: registers by number that must be the same. site: the number of the register that the site is handed over in. */
#if defined(__aarch64__)
enum { SITE = 9, KEPT_FLOATS = 32, FLOAT_WORDS = 2 };
static const uint32_t checked = 0x3fffffff & ~(0x3fu << 12);	/* x12 to x17 given up */
__asm__(".text\n.globl keep_probe\n.type keep_probe, %function\nkeep_probe:\n"
	"stp x29, x30, [sp, #-96]!\n stp x19, x20, [sp, #16]\n stp x21, x22, [sp, #32]\n stp x23, x24, [sp, #48]\n"
	"stp x25, x26, [sp, #64]\n stp x27, x28, [sp, #80]\n sub sp, sp, #64\n"
	"stp d8, d9, [sp]\n stp d10, d11, [sp, #16]\n stp d12, d13, [sp, #32]\n stp d14, d15, [sp, #48]\n"
	"adrp x30, keep_before\n add x30, x30, :lo12:keep_before\n"
	".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
	"ldr q\\n, [x30, #256 + 16 * \\n]\n.endr\n"
	".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29\n"
	"ldr x\\n, [x30, #8 * \\n]\n.endr\n"
	"adrp x17, keep_entry\n ldr x17, [x17, :lo12:keep_entry]\n blr x17\n"
	"adrp x30, keep_after\n add x30, x30, :lo12:keep_after\n"
	".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29\n"
	"str x\\n, [x30, #8 * \\n]\n.endr\n"
	".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
	"str q\\n, [x30, #256 + 16 * \\n]\n.endr\n"
	"ldp d8, d9, [sp]\n ldp d10, d11, [sp, #16]\n ldp d12, d13, [sp, #32]\n ldp d14, d15, [sp, #48]\n add sp, sp, #64\n"
	"ldp x27, x28, [sp, #80]\n ldp x25, x26, [sp, #64]\n ldp x23, x24, [sp, #48]\n ldp x21, x22, [sp, #32]\n"
	"ldp x19, x20, [sp, #16]\n ldp x29, x30, [sp], #96\n ret\n.size keep_probe, . - keep_probe\n");
#elif defined(__riscv)
enum { SITE = 6, KEPT_FLOATS = 32, FLOAT_WORDS = 1 };
/* t0, t2, t3 to t6 given up; sp, gp, tp are not for tests to change, and ra holds the address of what is compared. */
static const uint32_t checked = 0x0fffff00 | 1u << 6;
#define ALL_GENERAL "5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"
#define ALL_FLOATS "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"
__asm__(".text\n.globl keep_probe\n.type keep_probe, @function\nkeep_probe:\n"
	"addi sp, sp, -208\n sd ra, 0(sp)\n"
	".set at, 8\n.irp n, 8,9,18,19,20,21,22,23,24,25,26,27\nsd x\\n, at(sp)\n.set at, at + 8\n.endr\n"
	".irp n, 8,9,18,19,20,21,22,23,24,25,26,27\nfsd f\\n, at(sp)\n.set at, at + 8\n.endr\n"
	"la ra, keep_before\n"
	".irp n, " ALL_FLOATS "\nfld f\\n, 256 + 8 * \\n(ra)\n.endr\n"
	".irp n, " ALL_GENERAL "\nld x\\n, 8 * \\n(ra)\n.endr\n"
	"ld t0, keep_entry\n jalr t0, t0\n"
	"la ra, keep_after\n"
	".irp n, " ALL_GENERAL "\nsd x\\n, 8 * \\n(ra)\n.endr\n"
	".irp n, " ALL_FLOATS "\nfsd f\\n, 256 + 8 * \\n(ra)\n.endr\n"
	".set at, 8\n.irp n, 8,9,18,19,20,21,22,23,24,25,26,27\nld x\\n, at(sp)\n.set at, at + 8\n.endr\n"
	".irp n, 8,9,18,19,20,21,22,23,24,25,26,27\nfld f\\n, at(sp)\n.set at, at + 8\n.endr\n"
	"ld ra, 0(sp)\n addi sp, sp, 208\n ret\n.size keep_probe, . - keep_probe\n");
#else
enum { SITE = 1, KEPT_FLOATS = 0, FLOAT_WORDS = 0 };
static const uint32_t checked = 0x0fff;	/* ip and lr given up */
/* The second word of rill_keep2 lies at the stack pointer, which is not a multiple of 8: a function may have it so. */
__asm__(".syntax unified\n.text\n.globl keep_probe\n.type keep_probe, %function\n"
#ifdef __thumb__
	".thumb\n.thumb_func\n"
#else
	".arm\n"
#endif
	"keep_probe: push {r4, r5, r6, r7, r8, r9, r10, r11, lr}\n sub sp, sp, #8\n"
	"ldr ip, =keep_stack\n mov r0, sp\n str r0, [ip]\n"
	"ldr ip, =keep_before\n"
	"ldm ip, {r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11}\n"
	"ldr ip, =keep_entry\n ldr ip, [ip]\n blx ip\n"
	"ldr ip, =keep_after\n"
	"stm ip, {r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11}\n"
	"ldr ip, =keep_stack\n ldr lr, [ip]\n mov r0, sp\n sub lr, lr, r0\n str lr, [ip]\n"
	"add sp, sp, #8\n pop {r4, r5, r6, r7, r8, r9, r10, r11, pc}\n.ltorg\n.size keep_probe, . - keep_probe\n");
#endif

static void probe(void (*entry)(void), const char *what)
{
	fill_at_random(&keep_before, sizeof keep_before);
	keep_before.general[SITE] = (uintptr_t)one_site;
	keep_after = keep_before;
	keep_entry = (uintptr_t)entry;
	keep_stack = 0;
	keep_probe();
	for (int i = 0; i < REGISTERS; i++)
		if (checked >> i & 1)
			expect(keep_before.general[i] == keep_after.general[i], what, i);
	for (int i = 0; i < KEPT_FLOATS * FLOAT_WORDS; i++)
		expect(keep_before.floats[i] == keep_after.floats[i], what, 100 + i);
	expect(keep_stack == 0, what, -1);
}

static void probe_one(const char *what)
{
	probe(rill_keep1, what);
	emitted++;
}

static void probe_each(const char *what)
{
	probe(rill_keep0, what);
	probe_one(what);
	probe(rill_keep2, what);
	emitted += 2;
}

/* ---- functions of every kind of frame, each with events in the middle ------------------------------ */

KEPT uint64_t leaf(uint64_t x, double y)
{
	volatile uint64_t a[12];
	double z = y * 3;

	for (unsigned i = 0; i < 12; i++)
		a[i] = x + i;
	RILL_INSTANT("keep", "leaf0");
	RILL_INSTANT("keep", "leaf1", "x", x);
	RILL_COUNTER("keep", "leaf2", "x", x, "z", z);
	for (unsigned i = 1; i < 12; i++)
		x = x * 31 + a[i] * a[i - 1];
	return x + (uint64_t)(z + y);
}
KEPT int bare_leaf(int a, int b, int c, int d)
{
	RILL_INSTANT("keep", "bare");
	RILL_COUNTER("keep", "bare2", "a", a, "d", d);
	return a * 7 + b * 5 + c * 3 + d;
}
KEPT uint64_t texts(uint64_t x, double y)
{
	char text[40];
	uint64_t a = x * 3, b = x ^ 5, c = x + 7, d = x >> 1;

	snprintf(text, sizeof text, "text %llu", (unsigned long long)x);
	RILL_INSTANT("keep", "texts", "a", RILL_COPY(text, (uint32_t)(x & 31)), "b", RILL_BYTES(text, a & 7), "y", y);
	RILL_INSTANT("keep", "many", "a", a, "b", b, "c", c, "d", d, "x", x, "y", y, "text", (const char *)text, "null",
		     (const char *)NULL);
	for (unsigned i = 0; i < sizeof text && text[i]; i++)
		a = a * 31 + (uint64_t)text[i];
	return a + b + c + d + (uint64_t)y;
}
KEPT uint64_t moving_stack(uint64_t x, double y)
{
	volatile uint64_t fixed[4] = { x, 1, 2, 3 };
	volatile uint64_t *a = __builtin_alloca((size_t)(x & 63) * 8 + 8);

	a[0] = x;
	RILL_INSTANT("keep", "stack0");
	RILL_COUNTER("keep", "stack2", "x", x, "y", y);
	RILL_INSTANT("keep", "stack3", "x", x, "y", y, "f", fixed[0]);
	return a[0] + fixed[0] * 3 + (uint64_t)(y * 1000);
}
KEPT uint64_t scopes(uint64_t x, double y)
{
	RILL_SCOPE("keep", "outer");
	x = leaf(x, y);
	{
		RILL_SCOPE("keep", "inner", "x", x);
		x += moving_stack(x, y);
	}
	return x;
}
/* More values in vector and floating-point registers than a call keeps. */
KEPT uint64_t vectors(uint64_t x, double y)
{
	float v[16], w[16];
	double a = y * 2, b = y * 3, c = y * 5, d = y * 7, e = y * 11, f = y * 13, g = y * 17, h = y * 19, i = y * 23, j = y * 29;

	for (unsigned k = 0; k < 16; k++)
		v[k] = (float)(x % (k + 3)), w[k] = v[k] * (float)y;
	RILL_INSTANT("keep", "vectors");
	for (unsigned k = 0; k < 16; k++)
		v[k] = v[k] * w[15 - k] + w[k];
	RILL_COUNTER("keep", "vectors2", "x", x, "v", v[3]);
	for (unsigned k = 0; k < 16; k++)
		x += (uint64_t)(int64_t)(v[k] + w[k]);
	RILL_INSTANT("keep", "vectors3", "x", x, "v", v[3], "text", "text");
	return x + (uint64_t)(a + b * c + d * e + f * g + h * i + j);
}
enum { EVENTS = 3 + 2 + 2 + 3 + (4 + 3 + 3) + 3 };

static uint64_t all(uint64_t x)
{
	double y = (double)x + 0.5;

	return leaf(x, y) * 3 + (uint64_t)bare_leaf((int)x, 2, 3, (int)x + 4) * 5 + texts(x, y) * 7 + moving_stack(x, y) * 11 +
	       scopes(x, y) * 13 + vectors(x, y) * 17;
}

int main(void)
{
	enum { ROUNDS = 200, PROBES = 2000 };
	static uint64_t off[ROUNDS];
	struct rill_session *session;

	for (uint64_t i = 0; i < ROUNDS; i++)
		off[i] = all(i * 77);
	session = record_start("keep", record_sites_only);
	choose_site();
	for (uint64_t i = 0; i < ROUNDS; i++) {
		emitted += EVENTS;
		expect(all(i * 77) == off[i], "an event changes a result", (int)i);
	}
	probe_and_stop(session, PROBES);
	printf(bad ? "FAILED\n" : "ok\n");
	return bad != 0;
}

#else

int main(void)
{
	printf("call sites of this build use no such entries\n");
	return 0;
}

#endif
