/* SPDX-License-Identifier: MIT
 * cases.h - call sites in functions of a header, which each file that includes it compiles again.
 */
#ifndef RILL_SITES_CASES_H
#define RILL_SITES_CASES_H

#include <rill/trace.h>

/* How often an argument was evaluated; each evaluation gives the next number. */
extern int evaluated;
static inline int evaluate(void)
{
	return ++evaluated;
}

static inline int in_header(int x)
{
	RILL_INSTANT("header", "static_inline", "x", x);
	return x + 1;
}

#ifdef __cplusplus
inline int cxx_inline(int x)
{
	RILL_INSTANT("cxx", "inline", "x", x);
	return x * 2;
}
inline int cxx_inline_scope(int x)
{
	RILL_SCOPE("cxx", "inline_scope", "x", x);
	return x * 3;
}
template <class T> T cxx_template(T x)
{
	RILL_INSTANT("cxx", "template", "x", x);
	return x;
}
template <class T> struct cxx_box {
	T held;
	T take()
	{
		RILL_SCOPE("cxx", "template_method", "held", held);
		return held;
	}
};
struct cxx_method {
	int twice(int x)
	{
		RILL_SCOPE("cxx", "method", "x", x);
		return 2 * x;
	}
};
extern "C" int other(int x);
#else
int other(int x);
#endif

#endif
