/* SPDX-License-Identifier: MIT
 * emit.c - contexts, and the events they write.
 */
#define _GNU_SOURCE
#include "stress.h"

#include <rill/dynamic.h>
#include <rill/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct stress_context *stress_contexts;
static _Atomic uint32_t context_count;
static _Atomic uint64_t left_behind;	/* events that their context left and went on */

const char *const stress_kind_names[STRESS_KINDS] = {
	"one", "two", "none", "text", "mixed", "ten", "long", "dynamic", "cut", "too big", "other"
};

#define LINE "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_0123456789abcdefghijklmnopqrstuvwxyz"
#define LINES LINE LINE LINE LINE LINE LINE LINE LINE LINE LINE
const char stress_text[] = LINES LINES LINES LINES LINES LINES;
_Static_assert(sizeof stress_text > STRESS_TEXT_MAX, "texts are the beginning of it");

/* ---- contexts ------------------------------------------------------------------------------------- */

void stress_contexts_init(void)
{
	stress_contexts = calloc(STRESS_CONTEXTS_MAX, sizeof *stress_contexts);
	if (!stress_contexts)
		abort();
}

uint32_t stress_context_count(void)
{
	return atomic_load(&context_count);
}

uint32_t stress_context_new(enum stress_mode mode)
{
	uint32_t id = atomic_fetch_add(&context_count, 1) + 1;

	if (id >= STRESS_CONTEXTS_MAX)
		abort();
	stress_contexts[id].tid = (uint32_t)syscall(SYS_gettid);
	stress_contexts[id].mode = (uint8_t)mode;
	return id;
}

uint64_t stress_emitted(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 1; i <= stress_context_count(); i++)
		sum += atomic_load_explicit(&stress_contexts[i].begun, memory_order_relaxed);
	return sum;
}

uint64_t stress_doubtful(void)
{
	uint64_t sum = atomic_load(&left_behind);

	for (uint32_t i = 1; i <= stress_context_count(); i++)
		sum += atomic_load_explicit(&stress_contexts[i].begun, memory_order_relaxed) !=
		       atomic_load_explicit(&stress_contexts[i].done, memory_order_relaxed);
	return sum;
}

uint64_t stress_impossible(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 1; i <= stress_context_count(); i++)
		for (uint32_t n = 1; n <= atomic_load(&stress_contexts[i].begun); n++)
			sum += stress_kind_of((enum stress_mode)stress_contexts[i].mode, n) == STRESS_TOO_BIG;
	return sum;
}

/* ---- what an event holds -------------------------------------------------------------------------- */

enum stress_kind stress_kind_of(enum stress_mode mode, uint32_t number)
{
	static const uint8_t kinds[16] = {
		STRESS_ONE_WORD, STRESS_TWO_WORDS, STRESS_ONE_WORD, STRESS_TEXT, STRESS_ONE_WORD, STRESS_TWO_WORDS, STRESS_MIXED,
		STRESS_ONE_WORD, STRESS_NO_WORD, STRESS_TEXT, STRESS_ONE_WORD, STRESS_DYNAMIC, STRESS_TWO_WORDS, STRESS_TEN,
		STRESS_ONE_WORD, STRESS_ONE_WORD,
	};

	if (mode == STRESS_FLIP)
		return STRESS_OTHER;
	if (mode == STRESS_BIG)
		return number % 4 == 1 ? STRESS_CUT : number % 4 == 3 ? STRESS_TOO_BIG : STRESS_ONE_WORD;
	if (number % 1024 == 1000)
		return STRESS_LONG;
	if (mode == STRESS_NAMED && kinds[number % 16] == STRESS_NO_WORD)
		return STRESS_TWO_WORDS;
	return (enum stress_kind)kinds[number % 16];
}

uint64_t stress_check(uint32_t context, uint32_t number)
{
	uint64_t x = (uint64_t)context * 0x9e3779b97f4a7c15u ^ (uint64_t)number * 0xc2b2ae3d27d4eb4fu;

	return x ^ x >> 29;
}

uint64_t stress_word(uint32_t context, uint32_t number)
{
	return (uint64_t)(context & 0xfffff) << 44 | (uint64_t)(number & 0xfffffff) << 16 | (stress_check(context, number) & 0xffff);
}

uint32_t stress_text_size(enum stress_kind kind, uint32_t number)
{
	switch (kind) {
	case STRESS_LONG:
		return 2000 + number % 3000;
	case STRESS_CUT:
		return 300 + number % 5000;
	default:
		return number % 61;
	}
}

/* ---- writing one ---------------------------------------------------------------------------------- */

static void emit_dynamic(uint64_t word, uint64_t check)
{
	static const char *const names[] = { "word", "check" };
	const struct rill_arg args[] = {
		{ .word = word, .type = RILL_TYPE_U64 }, { .word = check, .type = RILL_TYPE_U64 },
	};
	static const uint8_t *_Atomic enabled;
	struct rill_dynamic event = { .name = "dynamic", .arg_names = names, .args = args, .nargs = 2, .phase = 'I' };

	if (!atomic_load_explicit(&enabled, memory_order_relaxed))
		atomic_store_explicit(&enabled, rill_category("stress"), memory_order_relaxed);
	event.enabled = atomic_load_explicit(&enabled, memory_order_relaxed);
	rill_add_event(&event);
}

static void emit_ten(uint64_t word, uint64_t check, uint32_t n)
{
	RILL_INSTANT("stress", "ten", "word", word, "check", check, "c", (uint8_t)n, "d", (int16_t)n, "e", n, "f", -(int64_t)n, "g",
		     (float)(n & 0xffff), "h", (n & 1) != 0, "i", (int8_t)n, "j", (uint16_t)n);
}

static void emit_too_big(void)
{
	const char *t = stress_text;

	RILL_INSTANT("stress", "too big", "a", t, "b", t, "c", t, "d", t, "e", t, "f", t, "g", t, "h", t, "i", t, "j", t, "k", t, "l", t,
		     "m", t, "n", t, "o", t, "p", t);
}

static void emit_kind(enum stress_kind kind, uint32_t context, uint32_t n)
{
	uint64_t word = stress_word(context, n), check = stress_check(context, n);
	uint32_t size = stress_text_size(kind, n);

	switch (kind) {
	case STRESS_ONE_WORD:
		RILL_INSTANT("stress", "one", "word", word);
		break;
	case STRESS_TWO_WORDS:
		RILL_INSTANT("stress", "two", "word", word, "check", check);
		break;
	case STRESS_NO_WORD:
		RILL_INSTANT("stress", "none");
		break;
	case STRESS_TEXT:
		RILL_INSTANT("stress", "text", "word", word, "check", check, "text", RILL_COPY(stress_text, size));
		break;
	case STRESS_MIXED:
		RILL_INSTANT("stress", "mixed", "word", word, "half", n * 0.5, "bytes", RILL_BYTES(stress_text, size));
		break;
	case STRESS_TEN:
		emit_ten(word, check, n);
		break;
	case STRESS_LONG:
		RILL_INSTANT("stress", "long", "word", word, "text", RILL_COPY(stress_text, size));
		break;
	case STRESS_CUT:
		RILL_INSTANT("stress", "cut", "word", word, "text", RILL_COPY(stress_text, size));
		break;
	case STRESS_DYNAMIC:
		emit_dynamic(word, check);
		break;
	case STRESS_TOO_BIG:
		emit_too_big();
		break;
	default:
		RILL_INSTANT("stress.flip", "other", "word", word);
		break;
	}
}

uint32_t stress_emit_begin(uint32_t context)
{
	struct stress_context *c = &stress_contexts[context];
	uint32_t number = atomic_load_explicit(&c->begun, memory_order_relaxed) + 1;

	if (number - 1 != atomic_load_explicit(&c->done, memory_order_relaxed))
		atomic_fetch_add(&left_behind, 1);
	atomic_store_explicit(&c->begun, number, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	return number;
}

void stress_emit_end(uint32_t context, uint32_t number)
{
	atomic_signal_fence(memory_order_seq_cst);
	atomic_store_explicit(&stress_contexts[context].done, number, memory_order_relaxed);
}

void stress_emit(uint32_t context)
{
	uint32_t number = stress_emit_begin(context);

	emit_kind(stress_kind_of((enum stress_mode)stress_contexts[context].mode, number), context, number);
	stress_emit_end(context, number);
}
