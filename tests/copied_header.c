/* SPDX-License-Identifier: MIT
 * copied_header.c - a library as others write it: it has its own copy of trace_event*.h and is
 * built and loaded without rill; its host may connect it. Loaded by test_copied_header.c and
 * copied_header.sh.
 */
#define RILL_TRACE_EVENT_STANDALONE
#include <rill/trace_event.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int copied_connect(const struct rill_trace_event_api *api);
EXPORT int copied_work(void (*inside)(void));
EXPORT bool copied_is_on(void);
EXPORT bool copied_is_new(void);

int copied_connect(const struct rill_trace_event_api *api)
{
	return rill_trace_event_connect(api);
}

static int evaluated, destroyed;

static int evaluate(void)
{
	return ++evaluated;
}

static void append(struct rill_convertable *self, struct rill_text *text)
{
	(void)self;
	text->append(text, "{\"a\":1}", 7);
}

static void destroy(struct rill_convertable *self)
{
	(void)self;
	destroyed++;
}

static struct rill_convertable *make(void)
{
	static struct rill_convertable json = { append, destroy };

	evaluated++;
	return &json;
}

/* Four events; `inside` (may be NULL) runs in the middle. Returns how many arguments were
 * evaluated, plus 100 for each convertable that was not destroyed. */
int copied_work(void (*inside)(void))
{
	evaluated = destroyed = 0;
	{
		TRACE_EVENT1("copied", "scope", "n", evaluate());
		TRACE_EVENT_SCOPED_CONTEXT("copied", "context", evaluate());
		if (inside)
			inside();
	}
	TRACE_EVENT_INSTANT1("copied", "json", TRACE_EVENT_SCOPE_THREAD, "v", make());
	TRACE_EVENT_ASYNC_BEGIN_WITH_TIMESTAMP0("copied", "async", evaluate(),
						TRACE_TIME_TICKS_NOW());
	return evaluated + (evaluated >= 3 && !destroyed ? 100 : 0);
}

bool copied_is_on(void)
{
	bool on;

	TRACE_EVENT_CATEGORY_GROUP_ENABLED("copied", &on);
	return on;
}

bool copied_is_new(void)
{
	bool is_new;

	TRACE_EVENT_IS_NEW_TRACE(&is_new);
	return is_new;
}
