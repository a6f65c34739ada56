/* SPDX-License-Identifier: MIT
 * clock_own.c - a clock that the application brings: checked, and dressed as a clock source of the port.
 */
#include "port/linux/clock_own.h"

#include "port/arch/arch.h"

#include <string.h>

enum { NAME_MAX_BYTES = 24 };
#define HZ_MAX UINT64_C(10000000000)

/* Defined by the application or by nobody. Of default visibility, so that librill.so finds the program's. */
extern const struct rill_clock_own rill_clock_of_program __attribute__((weak, visibility("default")));

/* Written once, under the right to choose, and the source below. */
static char name[NAME_MAX_BYTES];
static uint64_t hz;
static uint64_t (*read_it)(void);

/* What is read may be anything, a device too: the fences hold what the processor's own instruction does not. */
static uint64_t read_ordered(void)
{
	uint64_t ticks;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	rill_arch_order();
	ticks = read_it();
	rill_arch_order();
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return ticks;
}

static bool usable(const char **why)
{
	*why = "the application registered it";
	return true;
}

static uint64_t frequency_hz(void)
{
	return hz;
}

static struct rill_clock_source source = {
	.name = name,
	.read_ordered = read_ordered,
	.usable = usable,
	.frequency_hz = frequency_hz,
	.inline_read = false,
};

/* It becomes part of JSON and of RILL_CLOCK=. */
static bool fit_name(const char *text)
{
	size_t length = text ? strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") : 0;

	return length > 0 && length < NAME_MAX_BYTES && text[length] == '\0' && strcmp(text, "monotonic") &&
	       strcmp(text, "ordered");
}

const char *rill_linux_clock_own_fault(const struct rill_clock_own *own)
{
	if (!own)
		return "there is none";
	if (!fit_name(own->name))
		return "its name is to be 1 to 23 of a to z, 0 to 9, - and _, and not that of another clock";
	if (!own->read)
		return "it has no function that reads it";
	if (own->frequency_hz > HZ_MAX)
		return "its frequency is above 10 GHz";
	return NULL;
}

const struct rill_clock_source *rill_linux_clock_own(const struct rill_clock_own *own)
{
	memcpy(name, own->name, strlen(own->name) + 1);
	hz = own->frequency_hz;
	source.read = read_it = own->read;
	/* 1 us, as for the counters, and one tick of a slow clock. */
	source.skew_ticks = hz ? hz / 1000000 + 1 : 1000;
	return &source;
}

const struct rill_clock_own *rill_linux_clock_of_program(void)
{
	return &rill_clock_of_program;
}
