/* SPDX-License-Identifier: MIT
 * out.cc - every macro of trace.h compiled out (-DRILL_COMPILED_OUT): nothing is evaluated, nothing is left.
 */
#include <rill/trace.h>

static int evaluated;
static int evaluate()
{
	return ++evaluated;
}

static int work(int x, const char *text)
{
	const int only_traced = x + 1;
	char bytes[4] = "abc";

	RILL_SCOPE("c", "scope", "x", evaluate(), "text", text);
	RILL_BEGIN("c", "slice", "n", evaluate());
	RILL_END("c", "slice");
	RILL_INSTANT("c", "instant", "only", only_traced);
	RILL_INSTANT_PROCESS("c", "instant");
	RILL_INSTANT_GLOBAL("c", "instant");
	RILL_MARK("c", "mark");
	RILL_COUNTER("c", "counter", "n", evaluate());
	RILL_ASYNC_BEGIN("c", "async", evaluate(), "copy", RILL_COPY(text, 3));
	RILL_ASYNC_INSTANT("c", "async", RILL_ID_LOCAL(1));
	RILL_ASYNC_END("c", "async", RILL_ID_GLOBAL(1));
	RILL_FLOW_BEGIN("c", "flow", RILL_ID_SCOPED("s", 1));
	RILL_FLOW_STEP("c", "flow", &evaluated);
	RILL_FLOW_END("c", "flow", 1);
	RILL_OBJECT_NEW("c", "object", 1);
	RILL_OBJECT_SNAPSHOT("c", "object", 1, "bytes", RILL_BYTES(bytes, sizeof bytes));
	RILL_OBJECT_DELETE("c", "object", 1);
	RILL_SAMPLE("c", "sample", 1);
	RILL_CLOCK_SYNC("id");
	if (x)
		RILL_INSTANT("c", "branch");
	else
		RILL_INSTANT("c", "other_branch");
#ifdef UNDECLARED
	RILL_INSTANT("c", "instant", "no", such_name);
#endif
	return evaluated;
}

int main()
{
	return work(1, "text");
}
