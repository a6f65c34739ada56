/* SPDX-License-Identifier: MIT
 * main.cc - the C++ program of the build matrix: templates, lambdas, methods, exceptions; off, on, and off again.
 *
 *     main SITES    writes one line for each event that was delivered into the file SITES
 */
#include "cases.h"
#include "pressure.h"
#include "record.h"
#include "scopes.h"

int evaluated;

namespace {

enum class color : unsigned char { red, green = 200 };
enum old { RED, GREEN = 4 };
struct bits {
	unsigned b : 3;
	int i : 5;
	unsigned long long wide : 40;
	bool f : 1;
	old e : 3;
};
int function(int x) { return x; }

NOINLINE void sixteen(const char *text)
{
	const unsigned char raw[] = { 0xde, 0xad };
	char array[] = "array";

	RILL_INSTANT("cxx", "sixteen", "i8", (signed char)-1, "u8", (unsigned char)200, "i16", (short)-2, "u16",
		     (unsigned short)65535, "i32", evaluate(), "u32", 4000000000u, "long", -6L, "ulong", 7ul, "i64",
		     INT64_MIN, "u64", UINT64_MAX, "bool", text != nullptr, "f", 1.5f, "d", -2.5, "p", (void *)0x1234, "s",
		     text, "array", array);
	RILL_INSTANT("cxx", "wrapped", "copy", RILL_COPY("abcdef", 3), "blob", RILL_BYTES(raw, sizeof raw), "none",
		     (const char *)nullptr, "nowhere", nullptr, "ch", 'c', "function",
		     (int (*)(int))nullptr, "is",
		     function(1));
}

NOINLINE void odd(const volatile bits *v)
{
	bits s = { v->b, v->i, v->wide, v->f, GREEN };

	RILL_INSTANT("cxx", "bits", "b", s.b, "i", s.i, "wide", s.wide, "f", s.f, "e", s.e, "scoped", color::green);
}

NOINLINE void ids()
{
	RILL_ASYNC_BEGIN("cxx", "async", 0x10, "x", 1);
	RILL_ASYNC_INSTANT("cxx", "async", RILL_ID_LOCAL(0x11));
	RILL_ASYNC_END("cxx", "async", RILL_ID_GLOBAL((void *)0x12));
	RILL_FLOW_BEGIN("cxx", "flow", (void *)0x13);
	RILL_FLOW_END("cxx", "flow", RILL_ID_SCOPED("here", 0x14));
}

NOINLINE int thrower(int x)
{
	RILL_SCOPE("cxx", "thrower", "x", x);
	if (x)
		throw x;
	return 0;
}

NOINLINE void exception()
{
	try {
		RILL_SCOPE("cxx", "tried");
		thrower(0);
		thrower(1);
		RILL_INSTANT("cxx", "not_run_behind");
	} catch (int x) {
		RILL_INSTANT("cxx", "caught", "x", x);
	}
}

void all()
{
	const volatile bits b = { 5, -3, 0xffffffffffu, true, GREEN };
	auto lambda = [](int x) {
		RILL_SCOPE("cxx", "lambda", "x", x);
		return x + 1;
	};

	sixteen("dynamic");
	odd(&b);
	ids();
	lambda(1);
	in_header(1);
	cxx_inline(1);
	cxx_inline_scope(1);
	cxx_template(1);
	cxx_template(1.5);
	cxx_box<int>{ 5 }.take();
	cxx_box<const char *>{ "box" }.take();
	cxx_method().twice(1);
	other(2);
	exception();
}

}

int main(int argc, char **argv)
{
	recorded.sites = fopen(argc > 1 ? argv[1] : "/dev/null", "w");
	if (!recorded.sites)
		return 2;
	all();
	if (evaluated)
		recorded.bad++, printf("an argument was evaluated while off\n");
	RECORD("c,cxx,header", all,
	       "I sixteen(i8=-1 u8=200 i16=-2 u16=65535 i32=1 u32=4000000000 long=-6 ulong=7 i64=-9223372036854775808 "
	       "u64=18446744073709551615 bool=true f=1.5 d=-2.5 p=0x1234 s='dynamic' array='array') "
	       "I wrapped(copy='abc' blob=dead none=(null) nowhere=0x0 ch=99 function=0x0 is=1) "
	       "I bits(b=5 i=-3 wide=1099511627775 f=true e=4 scoped=200) "
	       "b async#10(x=1) n async#11 e async#12 s flow#13 f flow#here/14 "
	       "B lambda(x=1) E lambda I static_inline(x=1) I inline(x=1) B inline_scope(x=1) E inline_scope "
	       "I template(x=1) I template(x=1.5) B template_method(held=5) E template_method "
	       "B template_method(held='box') E template_method B method(x=1) E method "
	       "I other(x=2) I static_inline(x=2) I inline(x=2) B inline_scope(x=2) E inline_scope I template(x=2) "
	       "I template(x=2.5) B template_method(held=2) E template_method B method(x=2) E method "
	       "B tried B thrower(x=0) E thrower B thrower(x=1) E thrower E tried I caught(x=1) ");
	all();
	if (evaluated != 1)
		recorded.bad++, printf("evaluated %d times, not once\n", evaluated);
	check_scopes();
	check_pressure();
	return fclose(recorded.sites) || recorded.bad;
}
