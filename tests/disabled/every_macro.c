/* SPDX-License-Identifier: MIT
 * every_macro.c - a program of rill with all of it compiled out (-DRILL_DISABLED), as C and as C++: every macro of trace.h and of
 * trace_event.h (FAMILY, which disabled.sh makes of the list in trace_event_family.h), and every function. Exits with 0 when
 * no argument was evaluated and each function says what a program may rely on. -DUNDECLARED, -DNO_TYPE: must not compile.
 */
#include <rill/clock.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <rill/trace_event.h>

#include <errno.h>
#include <string.h>

#include "family.h"

enum colour { RED, GREEN };
struct unknown { int x; };

static int evaluated;
static int evaluate(void)
{
	return ++evaluated;
}

static void native(int x, const char *text)
{
	const int only_traced = x + 1;
	const enum colour colour = GREEN;
	char bytes[4] = "abc";
	struct { unsigned bits : 3; } field = { 5 };

	RILL_SCOPE("c", "scope", "x", evaluate(), "text", text);
	RILL_BEGIN("c", "slice", "n", evaluate(), "colour", colour, "field", field.bits);
	RILL_END("c", "slice");
	RILL_INSTANT("c", "instant", "only", only_traced, "real", 1.5, "null", (const char *)NULL);
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
#ifdef NO_TYPE
	struct unknown unknown = { 1 };

	RILL_INSTANT("c", "instant", "unknown", unknown);
#endif
}

struct place { const char *file_name, *function_name; };
struct task { struct place posted_from; };
#ifdef __cplusplus
struct cxx_place {
	const char *file_name() const { return "f"; }
	const char *function_name() const { return "g"; }
};
struct cxx_task { cxx_place posted_from; };
#endif

/* What the list of the family leaves out. */
static int questions(int x)
{
	const char *text = "text";
	bool on = true, fresh = true;
	int scoped = x;

	TRACE_EVENT_CATEGORY_GROUP_ENABLED("c", &on);
	TRACE_EVENT_IS_NEW_TRACE(&fresh);
	TRACE_EVENT_WARMUP_CATEGORY("c");
	TRACE_EVENT_SCOPED_CONTEXT("c", "context", evaluate());
	TRACE_LINK_IDS("c", "link", evaluate(), TRACE_ID_LOCAL(2));
	TRACE_LINK_IDS("c", "link", TRACE_ID_WITH_SCOPE("s", 1), TRACE_ID_GLOBAL(&on));
	TRACE_LOG_MESSAGE("f", "m", evaluate());
	TRACE_EVENT_CLOCK_SYNC_RECEIVER("id");
	TRACE_EVENT_CLOCK_SYNC_ISSUER("id", 1, TRACE_TIME_TICKS_NOW());
	TRACE_EVENT_INSTANT1("c", "copy", TRACE_EVENT_SCOPE_THREAD, "text", TRACE_STR_COPY(text));
#ifdef __cplusplus
	cxx_task task;
	TRACE_TASK_EXECUTION("run", task);
	TRACE_EVENT1("c", "string", "s", std::string("long enough for the heap, were it ever made"));
	(void)sizeof(place), (void)sizeof(struct task);
#else
	struct task task = { { "f", "g" } };

	TRACE_TASK_EXECUTION("run", task);
#endif
	TRACE_EVENT2("c", "scoped", "x", scoped, "pointer", &scoped);
	if (x)
		TRACE_EVENT_INSTANT0("c", "branch", TRACE_EVENT_SCOPE_THREAD);
	else
		TRACE_EVENT_INSTANT0("c", "other branch", TRACE_EVENT_SCOPE_THREAD);
#ifdef UNDECLARED
	TRACE_EVENT1("c", "event", "no", such_name);
#endif
#ifdef NO_TYPE
	struct unknown unknown = { 1 };

	TRACE_EVENT1("c", "event", "unknown", unknown);
#endif
	return on || fresh || *TRACE_EVENT_API_GET_CATEGORY_GROUP_ENABLED("c") || rill_trace_event_api();
}

static void see_category(void *ctx, const char *group, uint8_t sessions)
{
	(void)ctx, (void)group, (void)sessions;
	evaluated++;
}

static int functions(int argc, char **argv)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s = (struct rill_session *)&o;
	struct rill_clock_info info;
	char text[8] = "before";

	if (rill_session_start(&o, &s) != -ENOSYS || s || !strstr(rill_error(), "RILL_DISABLED"))
		return 1;
	if (rill_session_stop(s) != -ENOSYS || rill_session_flush(NULL, 100) || *rill_session_where(s))
		return 2;
	if (rill_enabled_categories(NULL, text, sizeof text) || *text || rill_categories(see_category, NULL))
		return 3;
	if (rill_observer_add(NULL, NULL) || rill_observer_remove(NULL, NULL) || rill_thread_name("t"))
		return 4;
	if (*rill_category("c") || rill_emit('I', "c", "n", 0, 0, 0, NULL, NULL) || rill_traces_recorded() != -1)
		return 5;
	rill_clock_info(&info);
	if (!strstr(info.why, "RILL_DISABLED") || rill_clock_ns() || rill_init_argv(&argc, argv))
		return 6;
	return 0;
}

int main(int argc, char **argv)
{
	int result = functions(argc, argv);

	native(1, "text");
	family();
	if (result)
		return result;
	return questions(1) ? 7 : evaluated ? 8 : 0;
}
