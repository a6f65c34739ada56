/* SPDX-License-Identifier: MIT
 * program.c - call sites with numbers, and with what the macro says beside them: left_out.sh links it with libraries that leave that out.
 */
#include <rill/trace.h>

/* What nobody calls asks for nothing. */
static inline __attribute__((unused)) void nobody_calls_it(const char *text)
{
	RILL_INSTANT("kinds", "never", "text", text, "bytes", RILL_BYTES(text, 1));
}

static void more(const char *text)
{
	(void)text;
#if defined(TEXT)
	RILL_INSTANT("kinds", "more", "text", text);
#elif defined(LITERAL)
	RILL_INSTANT("kinds", "more", "text", "a literal");
#elif defined(COPY)
	RILL_SCOPE("kinds", "more", "text", RILL_COPY(text, 4), "i", 1);
#elif defined(ID_SCOPE)
	RILL_FLOW_BEGIN("kinds", "more", RILL_ID_SCOPED("of mine", 5));
#elif defined(BYTES)
	RILL_BEGIN("kinds", "more", "bytes", RILL_BYTES(text, 1));
#endif
}

#ifdef NAMED_AT_RUN_TIME
/* What the linker does not see: an argument that says by itself that it is bytes. */
static void by_hand(void)
{
	static const char *const key = "by hand";
	struct rill_arg arg = { 0, "never read", 10, RILL_TYPE_BLOB };

	rill_emit('I', "kinds", "named at run time", 0, 0, 1, &key, &arg);
}
#endif

int main(int argc, char **argv)
{
	for (int i = 0; i < 10; i++) {
		RILL_SCOPE("kinds", "scope", "i", i);
		RILL_INSTANT("kinds", "instant", "double", i + 0.5, "unsigned", 7u, "pointer", (void *)argv, "bool", argc == 1, "last", -i);
		RILL_COUNTER("kinds", "counter", "value", i);
		more(argv[0]);
	}
#ifdef NAMED_AT_RUN_TIME
	by_hand();
#endif
	return 0;
}
