/* SPDX-License-Identifier: MIT
 * main.c - the C program of the build matrix: every kind of event and argument, off, on, and off again.
 *
 *     main SITES    writes one line for each event that was delivered into the file SITES
 */
#include "cases.h"
#include "pressure.h"
#include "record.h"
#include "scopes.h"

int evaluated;

enum color { RED, GREEN = 4 };
struct bits {
	unsigned b : 3;
	int i : 5;
	unsigned long long wide : 40;
	_Bool f : 1;
};
static int at;

static NOINLINE int sixteen(const char *text)
{
	const unsigned char raw[] = { 0xde, 0xad };
	char array[] = "array";

	RILL_INSTANT("c", "sixteen", "i8", (signed char)-1, "u8", (unsigned char)200, "i16", (short)-2, "u16",
		     (unsigned short)65535, "i32", evaluate(), "u32", 4000000000u, "long", -6L, "ulong", 7ul, "i64",
		     INT64_MIN, "u64", UINT64_MAX, "bool", (_Bool)1, "f", 1.5f, "d", -2.5, "p", (void *)0x1234, "s",
		     text, "array", array);
	RILL_INSTANT("c", "wrapped", "copy", RILL_COPY("abcdef", 3), "short", RILL_COPY("ab", 3), "blob",
		     RILL_BYTES(raw, sizeof raw), "none", (const char *)NULL, "nowhere", NULL, "ch", (char)'c');
	return 1;
}

static NOINLINE int odd(const volatile struct bits *v, enum color color)
{
	const struct bits s = { v->b, v->i, v->wide, v->f };

	RILL_INSTANT("c", "bits", "b", s.b, "i", s.i, "wide", s.wide, "f", s.f, "e", color, "constant", GREEN);
	return s.i;
}

static NOINLINE int ids(void)
{
	const struct bits s = { .b = 6 };

	RILL_ASYNC_BEGIN("c", "async", 0x10, "x", 1);
	RILL_ASYNC_INSTANT("c", "async", RILL_ID_LOCAL(0x11));
	RILL_ASYNC_END("c", "async", RILL_ID_GLOBAL(0x12));
	RILL_FLOW_BEGIN("c", "flow", (void *)0x13);
	RILL_FLOW_STEP("c", "flow", s.b);
	RILL_FLOW_END("c", "flow", RILL_ID_SCOPED("here", 0x14));
	RILL_OBJECT_NEW("c", "object", &at);
	RILL_OBJECT_SNAPSHOT("c", "object", 0x15, "size", 3);
	RILL_OBJECT_DELETE("c", "object", 0x16ul);
	RILL_SAMPLE("c", "sample", 0x17);
	return 0;
}

static NOINLINE int phases(int x)
{
	RILL_BEGIN("c", "slice", "x", x);
	RILL_MARK("c", "mark");
	RILL_COUNTER("c", "counter", "a", x, "b", 2 * x);
	RILL_INSTANT_PROCESS("c", "process");
	RILL_INSTANT_GLOBAL("c", "global");
	RILL_END("c", "slice");
	if (x)
		RILL_INSTANT("c", "branch");
	else
		RILL_INSTANT("c", "never_taken_here_but_below");
	return x;
}

static void all(void)
{
	const volatile struct bits bits = { 5, -3, 0xffffffffffu, 1 };

	sixteen("dynamic");
	odd(&bits, GREEN);
	ids();
	phases(3);
	phases(0);
	in_header(1);
	other(2);
}

int main(int argc, char **argv)
{
	char expected[4096];

	recorded.sites = fopen(argc > 1 ? argv[1] : "/dev/null", "w");
	if (!recorded.sites)
		return 2;
	all();
	if (evaluated)
		recorded.bad++, printf("an argument was evaluated while off\n");
	snprintf(expected, sizeof expected,
		 "I sixteen(i8=-1 u8=200 i16=-2 u16=65535 i32=1 u32=4000000000 long=-6 ulong=7 i64=-9223372036854775808 "
		 "u64=18446744073709551615 bool=true f=1.5 d=-2.5 p=0x1234 s='dynamic' array='array') "
		 "I wrapped(copy='abc' short='ab' blob=dead none=(null) nowhere=0x0 ch=99) "
		 "I bits(b=5 i=-3 wide=1099511627775 f=true e=4 constant=4) "
		 "b async#10(x=1) n async#11 e async#12 s flow#13 t flow#6 f flow#here/14 N object#%jx O object#15(size=3) "
		 "D object#16 P sample#17 "
		 "B slice(x=3) R mark C counter(a=3 b=6) I process I global E slice I branch "
		 "B slice(x=0) R mark C counter(a=0 b=0) I process I global E slice I never_taken_here_but_below "
		 "I static_inline(x=1) I other(x=2) I static_inline(x=2) ", (uintmax_t)(uintptr_t)&at);
	RECORD("c,header", all, expected);
	all();
	if (evaluated != 1)
		recorded.bad++, printf("evaluated %d times, not once\n", evaluated);
	check_scopes();
	check_pressure();
	return fclose(recorded.sites) || recorded.bad;
}
