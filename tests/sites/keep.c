/* SPDX-License-Identifier: MIT
 * keep.c - the entry points that keep registers (src/emit/keep*.S), from outside: every register and the red zone are the same
 * behind an event, and at each instruction of an event a signal handler may emit and ask for a backtrace.
 *
 * Built in several ways by sites_keep.sh. Exit code 0: all as it should be.
 */
#define _GNU_SOURCE
#include <alloca.h>
#include <execinfo.h>
#include <signal.h>
#include <ucontext.h>

#include "keep.h"

/* ---- registers ------------------------------------------------------------------------------------ */

#if defined(__AVX512F__)
#define VECTOR "zmm"
#define VECTOR_MOVE "vmovups"
#define VECTOR_NUMBERS "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"
#elif defined(__AVX__)
#define VECTOR "ymm"
#define VECTOR_MOVE "vmovups"
#define VECTOR_NUMBERS "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15"
#else
#define VECTOR "xmm"
#define VECTOR_MOVE "movups"
#define VECTOR_NUMBERS "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15"
#endif

enum { RAX, RBX, RCX, RDX, RSI, RDI, RBP, R8, R9, R10, R11, R12, R13, R14, R15, REGISTERS };
enum { VECTORS = 100, RED_ZONE = 200 };	/* in place of a register's number, where it is told what changed */
enum { RED_WORDS = 16 };

struct machine {
	uint64_t general[16];
	uint8_t vector[32][64];
	uint64_t red[RED_WORDS];
};
struct machine keep_before, keep_after;
void (*keep_entry)(void);
void keep_probe(void);

/* What a call site pushes for an event with a text (RILL_SEND_TEXT in rill/keep_x86.h). */
enum { LIST_WORDS = 5 };
uint64_t keep_list[LIST_WORDS];

/* As a call site does it, with every register set from keep_before and stored to keep_after. r12 holds the red zone's word. The list is
 * there for each entry, but only those for texts look at it. */
#define FOR_GENERAL(step)                                                                          \
	step(0, rax) step(1, rbx) step(2, rcx) step(3, rdx) step(4, rsi) step(5, rdi) step(6, rbp) step(7, r8) \
	step(8, r9) step(9, r10) step(10, r11) step(12, r13) step(13, r14) step(14, r15)
#define LOAD(i, name) "mov keep_before+8*" #i "(%rip), %" #name "\n"
#define STORE(i, name) "mov %" #name ", keep_after+8*" #i "(%rip)\n"
__asm__(".text\n.globl keep_probe\n.type keep_probe, @function\nkeep_probe: .cfi_startproc\n"
	"push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
	".cfi_adjust_cfa_offset 48\n"
	".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"mov keep_before+128+2048+8*\\n(%rip), %rax\n mov %rax, -8-8*\\n(%rsp)\n .endr\n"
	".irp n, " VECTOR_NUMBERS "\n" VECTOR_MOVE " keep_before+128+64*\\n(%rip), %" VECTOR "\\n\n.endr\n"
	FOR_GENERAL(LOAD)
	"mov -8(%rsp), %r12\n cmpq $0, keep_list(%rip)\n jne 1f\n"
	"call *keep_entry(%rip)\n mov %r12, -8(%rsp)\n jmp 2f\n"
	"1: lea -128(%rsp), %rsp\n .cfi_adjust_cfa_offset 128\n"
	".irp n, 4,3,2,1,0\npush keep_list + 8 * \\n(%rip)\n .cfi_adjust_cfa_offset 8\n .endr\n"
	"call *keep_entry(%rip)\n lea 128 + 8 * 5(%rsp), %rsp\n .cfi_adjust_cfa_offset -(128 + 8 * 5)\n"
	"2:\n"
	FOR_GENERAL(STORE)
	"mov %r12, keep_after+8*11(%rip)\n"
	".irp n, " VECTOR_NUMBERS "\n" VECTOR_MOVE " %" VECTOR "\\n, keep_after+128+64*\\n(%rip)\n.endr\n"
	".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"mov -8-8*\\n(%rsp), %rax\n mov %rax, keep_after+128+2048+8*\\n(%rip)\n .endr\n"
	"pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n .cfi_adjust_cfa_offset -48\n"
	"ret\n.cfi_endproc\n.size keep_probe, . - keep_probe\n");

/* By the caller. In three of them the begin of a scope says what its state is. */
#define PLAIN (1u << RDI | 1u << R8 | 1u << R9)
#define SCOPE (PLAIN | 1u << RDX | 1u << R10)
#define TEXT (1u << RDI | 1u << R11)
static struct rill_scope begun;
static unsigned ended;

/* At every instruction. */
static int handler_emits;

static void probe(void (*entry)(void), unsigned given_up, const char *what)
{
	fill_at_random(&keep_before, sizeof keep_before);
	keep_before.general[RDI] = entry == rill_keep_end ? begun.begin_ticks : (uintptr_t)one_site;
	if (entry == rill_keep_end)
		keep_before.general[R10] = begun.sessions;
	keep_before.general[R12] = keep_before.red[0];
	keep_after = keep_before;
	keep_entry = entry;
	if (handler_emits)
		raise(SIGUSR1);
	keep_probe();
	if (handler_emits)
		raise(SIGUSR1);
	begun.site = (const struct rill_hot *)keep_after.general[RDI];
	begun.begin_ticks = keep_after.general[RDX];
	begun.sessions = (uint32_t)keep_after.general[R10];
	for (int i = 0; i < REGISTERS; i++)
		expect(given_up >> i & 1 || keep_before.general[i] == keep_after.general[i], what, i);
	expect(keep_list[0] || !memcmp(keep_before.vector, keep_after.vector, sizeof keep_before.vector), what, VECTORS);
	expect(!memcmp(keep_before.red, keep_after.red, sizeof keep_before.red), what, RED_ZONE);
}

static void probe_one(const char *what)
{
	probe(rill_keep1, PLAIN, what);
	emitted++;
}

/* A begin that was lost has no end. */
static void probe_scope(void (*begin)(void), const char *what)
{
	probe(begin, SCOPE, what);
	emitted++;
	if (!begun.site)
		return;
	probe(rill_keep_end, SCOPE, what);
	emitted++;
	ended++;
}

/* Each shape, with a text that is measured in one step, in two, in a loop, not at all, and none; which keep no vector register. */
static void probe_text(const char *what)
{
	static void (*const entries[])(void) = { rill_keep_text00, rill_keep_text10, rill_keep_text01, rill_keep_text20,
						 rill_keep_text11, rill_keep_text02 };
	static const uint8_t count[] = { 1, 2, 2, 3, 3, 3 }, tails[] = { 1, 1, 2, 1, 2, 4 };
	static const char long_text[] = "a text that is longer than thirty-two bytes, and so copied in several steps";
	static const char *const texts[] = { "", "ab", "abcdefg", "twenty bytes of text", long_text, NULL };
	static unsigned round;
	const unsigned shape = round % 6, size = round / 6 % 64;
	uint64_t *to = keep_list;

	*to++ = count[shape] + ((uint64_t)tails[shape] << 8);
	for (unsigned i = 0; i < count[shape]; i++) {
		if (!(tails[shape] >> (count[shape] - 1 - i) & 1)) {
			*to++ = round;
			continue;
		}
		*to++ = (uintptr_t)(round % 2 ? long_text : texts[round / 12 % 6]);
		*to++ = round % 4 == 1 ? size : round % 4 == 3 ? ~(uint64_t)size : ~(uint64_t)INT32_MAX;
	}
	round++;
	probe(entries[shape], TEXT, what);
	keep_list[0] = 0;
	emitted++;
}

static void probe_each(const char *what)
{
	probe_text(what);
	probe(rill_keep0, PLAIN, what);
	probe_one(what);
	probe(rill_keep2, PLAIN, what);
	emitted += 2;
	probe_scope(rill_keep_begin0, what);
	probe_scope(rill_keep_begin1, what);
	probe_scope(rill_keep_begin2, what);
}

/* ---- every instruction ---------------------------------------------------------------------------- */

struct step_result { unsigned steps; };
static struct step_result stepped;
static volatile uintptr_t last_pc;	/* for who looks at a crash */
static int in_root = 1;
extern const char __start_keep_root[], __stop_keep_root[];

static void on_step(int number, siginfo_t *info, void *context)
{
	void *frames[64];
	int i, n;

	(void)number, (void)info;
	last_pc = (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
	n = in_root ? backtrace(frames, 64) : 0;	/* the probe's registers lead nowhere */
	stepped.steps++;
	if (handler_emits) {
		emitted += 2;
		RILL_INSTANT("keep", "handler");
		RILL_INSTANT("keep", "handler_args", "a", n, "b", 2, "text", "t");
	}
	for (i = 0; i < n; i++)
		if ((const char *)frames[i] >= __start_keep_root && (const char *)frames[i] < __stop_keep_root)
			return;
	expect(!in_root, "a backtrace does not reach the function that was called", -1);
}

/* The processor's own single step, on or off from the end of this handler. */
static void toggle_steps(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] ^= 0x100;
}

/* ---- functions of every kind of frame, each with events in the middle ------------------------------ */

KEPT uint64_t leaf_in_the_red_zone(uint64_t x, double y)
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
KEPT uint64_t text_in_the_red_zone(uint64_t x, double y)
{
	volatile char text[24];

	for (unsigned i = 0; i < 23; i++)
		text[i] = (char)('a' + (x + i) % 26);
	text[23] = 0;
	RILL_INSTANT("keep", "text", "x", x, "text", RILL_COPY((const char *)text, 20), "y", y);
	for (unsigned i = 0; i < 24; i++)
		x = x * 31 + (uint64_t)text[i];
	return x + (uint64_t)y;
}
/* As many registers as a list can ask for, with texts on the stack, and one argument more than a list holds. */
KEPT uint64_t lists(uint64_t x, double y)
{
	char text[40], name[24];
	uint64_t a = x * 3, b = x ^ 5, c = x + 7, d = x >> 1;

	snprintf(text, sizeof text, "text %llu", (unsigned long long)x);
	snprintf(name, sizeof name, "name %llu", (unsigned long long)x % 10);
	RILL_INSTANT("keep", "list4", "a", RILL_COPY(text, (uint32_t)(x & 31)), "b", RILL_COPY(name, (uint32_t)(a & 15)),
		     "c", RILL_BYTES(text, a & 7), "d", RILL_BYTES(name, b & 7));
	a += b * c, b ^= d;
	RILL_INSTANT("keep", "list6", "a", a, "b", b, "text", (const char *)text, "c", c, "d", d, "y", y);
	RILL_INSTANT("keep", "null", "x", x, "none", (const char *)NULL, "empty", "");
	RILL_INSTANT("keep", "array7", "a", a, "b", b, "c", c, "d", d, "x", x, "y", y, "text", (const char *)text);
	for (unsigned i = 0; i < sizeof text && text[i]; i++)
		a = a * 31 + (uint64_t)text[i];
	return a + b + c + d + (uint64_t)y;
}
KEPT uint64_t moving_stack(uint64_t x, double y)
{
	volatile uint64_t fixed[4] = { x, 1, 2, 3 };
	volatile uint64_t *a = alloca((x & 63) * 8 + 8);
	long double z = (long double)y / 3;

	a[0] = x;
	RILL_INSTANT("keep", "stack0");
	RILL_COUNTER("keep", "stack2", "x", x, "z", (double)z);
	RILL_INSTANT("keep", "stack3", "x", x, "y", y, "z", (double)z);
	return a[0] + fixed[0] * 3 + (uint64_t)(z * 1000);
}
KEPT uint64_t scopes(uint64_t x, double y)
{
	RILL_SCOPE("keep", "outer");
	x = leaf_in_the_red_zone(x, y);
	{
		RILL_SCOPE("keep", "inner", "x", x);
		x += moving_stack(x, y);
	}
	return x;
}
/* No call but of these: the state lies in the red zone. */
KEPT uint64_t scope_in_the_red_zone(uint64_t x)
{
	RILL_SCOPE("keep", "red", "x", x);
	return x * 3;
}
KEPT uint64_t vectors(uint64_t x, double y)
{
	float v[16], w[16];

	for (unsigned i = 0; i < 16; i++)
		v[i] = (float)(x % (i + 3)), w[i] = v[i] * (float)y;
	RILL_INSTANT("keep", "vectors");
	for (unsigned i = 0; i < 16; i++)
		v[i] = v[i] * w[15 - i] + w[i];
	RILL_COUNTER("keep", "vectors2", "x", x, "v", v[3]);
	for (unsigned i = 0; i < 16; i++)
		x += (uint64_t)(int64_t)(v[i] + w[i]);
	return x;
}
enum { EVENTS_OF_ALL = 3 + 1 + 4 + 3 + (4 + 3 + 3) + 2 + 2 };

__attribute__((section("keep_root"), noipa)) uint64_t root(uint64_t x, int stepping)
{
	double y = (double)x + 0.5;
	uint64_t sum = 0;

	if (stepping)
		raise(SIGUSR1);
	sum += leaf_in_the_red_zone(x, y) * 3;
	sum += text_in_the_red_zone(x, y) * 5;
	sum += lists(x, y) * 17;
	sum += moving_stack(x, y) * 7;
	sum += scopes(x, y) * 11;
	sum += vectors(x, y) * 13;
	sum += scope_in_the_red_zone(x) * 19;
	if (stepping)
		raise(SIGUSR1);
	return sum;
}

int main(void)
{
	enum { ROUNDS = 40, PROBES = 5000 };
	struct sigaction action = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO };
	struct sigaction toggle = { .sa_sigaction = toggle_steps, .sa_flags = SA_SIGINFO };
	uint64_t off[ROUNDS];
	struct rill_session *session;
	void *frame;

	backtrace(&frame, 1);	/* loads what it needs */
	sigaction(SIGTRAP, &action, NULL);
	sigaction(SIGUSR1, &toggle, NULL);
	for (uint64_t i = 0; i < ROUNDS; i++)
		off[i] = root(i * 77, 0);
	session = record_start("keep", record_sites_only);
	choose_site();
	for (uint64_t i = 0; i < ROUNDS; i++) {
		handler_emits = i >= ROUNDS - 2;
		emitted += EVENTS_OF_ALL;
		expect(root(i * 77, i >= ROUNDS - 4) == off[i], "an event changes a result", (int)i);
	}
	in_root = 0;
	for (int i = 0; i < 12; i++)
		probe_each("an event changes a register where a handler emits at each instruction");
	handler_emits = 0;
	printf("%u steps, ", stepped.steps);
	expect(stepped.steps > 1000, "nothing was stepped through", -1);
	probe_and_stop(session, PROBES);
	expect(ended > 1000, "hardly any scope was closed", -1);
	begun.sessions = 0xff00;	/* as a scope of that session would be closed now */
	probe(rill_keep_end, SCOPE, "the end of a scope that nobody wants any more changes what it has to keep");
	printf(bad ? "FAILED\n" : "ok\n");
	return bad != 0;
}
