/* SPDX-License-Identifier: MIT
 * perfetto.c - a program with events of every phase, kind of argument, id, flow and time, and with names that are hard
 * to write: perfetto_foreign.sh builds and records it.
 *
 *     perfetto          all of these
 *     perfetto COUNT    so many scopes, as fast as they come
 */
#include <math.h>
#include <pthread.h>
#include <rill/dynamic.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char huge[65537];

static void every_argument(void)
{
	const char *const nothing = NULL;

	RILL_SCOPE("args", "integers", "i8", (int8_t)-8, "i16", (int16_t)-16, "i32", -32, "i64", INT64_MIN, "u8",
		   (uint8_t)255, "u16", (uint16_t)65535, "u32", UINT32_MAX, "u64", UINT64_MAX);
	RILL_INSTANT("args,args.more", "others", "yes", (bool)1, "no", (bool)0, "float", 0.1f, "double", 0.1, "nan", NAN,
		     "inf", (double)INFINITY, "minus", -0.0, "where", (void *)0xbadf00d, "text", "a\tb\\\"c\"\n\x01", "null",
		     nothing, "bytes", RILL_BYTES("\0\xff\x7f", 3));
	RILL_INSTANT("args", "empty", "", 1, "e", "", "b", RILL_BYTES("", 0));
}

/* Every letter that means something, and one that does not, each with an id and without. */
static void every_phase(void)
{
	static const char phases[] = "BEXIRPCbneSTpFstfNODvVc()=Y";
	static const char *const names[] = { "value", "text" };
	const struct rill_arg args[] = { { .word = 7, .type = RILL_TYPE_I64 },
					 { .tail = "seven", .size = 5, .type = RILL_TYPE_COPY } };
	static const unsigned ids[] = { 0, RILL_FLAG_HAS_ID, RILL_FLAG_HAS_LOCAL_ID, RILL_FLAG_HAS_GLOBAL_ID };

	for (const char *phase = phases; *phase; phase++)
		for (unsigned i = 0; i < 4; i++)
			rill_emit(*phase, "every,every.phase", "event", 0x123456789abcdef, ids[i], 2, names, args);
}

static void every_field(void)
{
	struct rill_dynamic e = { .enabled = rill_category("fields"), .name = "field", .phase = 'I' };
	static const char *const json_names[] = { "json", "json", "broken" };
	const struct rill_arg json[] = {
		{ .tail = "{\"k\":[1,null,\"\\u00fc\"]}", .size = 23, .type = RILL_TYPE_JSON },
		{ .tail = "12345678901234567890123", .size = 23, .type = RILL_TYPE_JSON },
		{ .tail = "{\"k\":", .size = 5, .type = RILL_TYPE_JSON },
	};

	e.flags = RILL_FLAG_EXPLICIT_TIMESTAMP | RILL_FLAG_SCOPE_THREAD;
	e.time_us = 1234567;
	rill_add_event(&e);
	e.flags = RILL_FLAG_HAS_PROCESS_ID | RILL_FLAG_SCOPE_THREAD;
	e.pid = 77;
	e.tid = 78;
	rill_add_event(&e);
	e.tid = 0; /* nobody's thread */
	rill_add_event(&e);
	e.flags = RILL_FLAG_SCOPE_PROCESS;
	rill_add_event(&e);
	e.phase = 'b';
	e.scope = "scope \"x\"";
	e.id = UINT64_MAX;
	e.flags = RILL_FLAG_HAS_ID;
	rill_add_event(&e);
	e.flags = RILL_FLAG_HAS_LOCAL_ID | RILL_FLAG_ASYNC_TTS;
	rill_add_event(&e);
	e.phase = 'B';
	e.scope = NULL;
	e.bind_id = 42;
	e.arg_names = json_names;
	e.args = json;
	e.nargs = 3;
	for (unsigned way = 0; way < 4; way++) {
		e.flags = (way & 1 ? RILL_FLAG_FLOW_OUT : 0) | (way & 2 ? RILL_FLAG_FLOW_IN : 0);
		rill_add_event(&e);
	}
}

static void hard_names(void)
{
	static const char *const names[] = { "", "\xff\xfe broken \xc3", "\xed\xa0\x80 half", "ü漢😀", "a\nb\"\\", huge };
	static const char text[] = "with\0nul \xff";
	const struct rill_arg arg = { .tail = text, .size = sizeof text - 1, .type = RILL_TYPE_COPY };

	memset(huge, 'h', sizeof huge - 1);
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		const char *const key = i == 5 ? "key" : names[i];

		rill_emit('I', "hard", names[i], 0, RILL_FLAG_SCOPE_THREAD, 1, &key, &arg);
		rill_emit('b', "hard", names[i], i, RILL_FLAG_HAS_ID, 0, NULL, NULL);
		rill_emit('C', "hard", names[i], 0, 0, 1, &key, &(struct rill_arg){ .word = i, .type = RILL_TYPE_U32 });
	}
}

static void counters(void)
{
	RILL_COUNTER("count", "level", "low", -1, "high", 2.5, "on", (bool)1, "much", UINT64_MAX, "odd", NAN, "say", "x");
	RILL_COUNTER("count", "plain", "value", 1);
	RILL_COUNTER("count", "plain", "value", 2);
}

static void *second(void *arg)
{
	rill_thread_name("before");
	RILL_SCOPE("threads", "second", "from", (const char *)arg);
	RILL_FLOW_STEP("threads", "hand over", 7);
	rill_thread_name("after \"rename\" 漢");
	rill_thread_sort_index(-3);
	RILL_FLOW_END("threads", "hand over", 7);
	return NULL;
}

int main(int argc, char **argv)
{
	const long count = argc > 1 ? atol(argv[1]) : 0;
	pthread_t thread;

	for (long i = 0; i < count; i++) {
		RILL_SCOPE("burst", "round", "i", i);
	}
	if (count)
		return 0;
	rill_process_name("perfetto \"test\"");
	rill_process_sort_index(5);
	rill_thread_name("first");
	RILL_BEGIN("threads", "pair", "side", "begin");
	RILL_FLOW_BEGIN("threads", "hand over", 7);
	if (pthread_create(&thread, NULL, second, "first"))
		return 1;
	pthread_join(thread, NULL);
	every_argument();
	counters();
	every_phase();
	every_field();
	hard_names();
	RILL_END("threads", "pair", "side", "end");
	return 0;
}
