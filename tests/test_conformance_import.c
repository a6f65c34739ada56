/* SPDX-License-Identifier: MIT
 * test_conformance_import.c - whole traces against the rules of those who read them: the IM cases
 * of doc/conformance.md.
 *
 * A workload of several threads that uses every macro is recorded in each form that JSON can take
 * (scopes as B and E; scopes as X; the object form with relative times), and every trace is held
 * against each rule.
 */
#include "tests/conformance_help.h"

#include <pthread.h>

enum { WORKERS = 3, ROUNDS = 40 };

/* ---- the workload ---------------------------------------------------------------------------- */

static void nest(unsigned depth, int round)
{
	RILL_SCOPE("im", "nested", "depth", depth, "round", round);
	if (depth < 3)
		nest(depth + 1, round);
	RILL_INSTANT("im", "leaf");
}

static void *work(void *ctx)
{
	const unsigned worker = *(unsigned *)ctx;
	char name[32];

	snprintf(name, sizeof name, "worker \"%u\"", worker);
	rill_thread_name(name);
	rill_thread_sort_index((int32_t)worker - 1);
	for (int i = 0; i < ROUNDS; i++) {
		const unsigned id = 1000 * worker + (unsigned)i;

		TRACE_EVENT1("im", "job", "file", name);
		RILL_FLOW_END("im", "hand over", id);
		nest(0, i);
		RILL_ASYNC_BEGIN("im", "span", id, "i", i);
		RILL_ASYNC_INSTANT("im", "span", id);
		RILL_ASYNC_END("im", "span", id);
		RILL_COUNTER("im", "load", "a", i, "b", 0.5 * i);
		RILL_COUNTER("im", "no number", "text", "none");
	}
	return NULL;
}

static void every_other_macro(void)
{
	int object;

	rill_process_sort_index(-5);
	RILL_INSTANT_PROCESS("im", "process");
	RILL_INSTANT_GLOBAL("im", "global");
	RILL_MARK("im", "mark");
	RILL_SAMPLE("im", "sample", 1);
	RILL_OBJECT_NEW("im", "object", &object);
	RILL_OBJECT_SNAPSHOT("im", "object", &object, "size", 1, "text", "\x80");
	RILL_OBJECT_DELETE("im", "object", &object);
	RILL_CLOCK_SYNC("sync");
	RILL_ASYNC_BEGIN("im", "local", RILL_ID_LOCAL(1));
	RILL_ASYNC_END("im", "local", RILL_ID_LOCAL(1));
	RILL_ASYNC_BEGIN("im", "scoped", RILL_ID_SCOPED("a scope", 1));
	RILL_ASYNC_END("im", "scoped", RILL_ID_SCOPED("a scope", 1));
	TRACE_EVENT_ASYNC_BEGIN0("im", "old span", 5);
	TRACE_EVENT_ASYNC_STEP_INTO0("im", "old span", 5, "step");
	TRACE_EVENT_ASYNC_END0("im", "old span", 5);
	TRACE_EVENT_SCOPED_CONTEXT("im", "context", 6);
	{
		TRACE_EVENT_WITH_FLOW0("im", "from", 77, TRACE_EVENT_FLAG_FLOW_OUT);
	}
	{
		TRACE_EVENT_WITH_FLOW0("im", "to", 77, TRACE_EVENT_FLAG_FLOW_IN);
	}
}

static void run(void)
{
	unsigned numbers[WORKERS];
	pthread_t threads[WORKERS];

	for (unsigned w = 0; w < WORKERS; w++) {
		RILL_SCOPE("im", "hand out");
		for (unsigned i = 0; i < ROUNDS; i++)
			RILL_FLOW_BEGIN("im", "hand over", 1000 * w + i);
		numbers[w] = w;
		pthread_create(&threads[w], NULL, work, &numbers[w]);
	}
	every_other_macro();
	for (unsigned w = 0; w < WORKERS; w++)
		pthread_join(threads[w], NULL);
}

/* ---- going over it --------------------------------------------------------------------------- */

enum { FORMS = 3 };
static bool slices; /* the form at hand */

static void record(int form)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	struct json_object *list;

	options.slices = slices = form == 1;
	options.object_form = options.relative_time = form == 2;
	trace_start_with(options);
	run();
	trace_stop();
	if (form == 2) {
		CU_ASSERT_FATAL(json_object_object_get_ex(trace.events, "traceEvents", &list));
		json_object_get(list);
		json_object_put(trace.events);
		trace.events = list;
	}
	CU_ASSERT_FATAL(count_own() > WORKERS * ROUNDS * 10);
	CU_ASSERT_EQUAL(count_events("events lost"), 0);
}

static void each_event(void (*check)(struct json_object *event, char phase))
{
	for (int form = 0; form < FORMS; form++) {
		record(form);
		for (size_t i = 0; i < json_object_array_length(trace.events); i++) {
			struct json_object *event = json_object_array_get_idx(trace.events, i);

			check(event, text_of(event, "ph")[0]);
		}
	}
}

static bool has(struct json_object *event, const char *key)
{
	return json_object_object_get_ex(event, key, NULL);
}

static bool has_type(struct json_object *event, const char *key, enum json_type type)
{
	struct json_object *member;

	return json_object_object_get_ex(event, key, &member) && json_object_is_type(member, type);
}

/* A time in nanoseconds, from its digits: a double would round. */
static long long ns_of(struct json_object *event, const char *key)
{
	const char *text = member_of(event, key), *point = strchr(text, '.');
	long long ns = strtoll(text, NULL, 10) * 1000;

	CU_ASSERT_FATAL(!point || strlen(point) == 4);
	return point ? ns + strtol(point + 1, NULL, 10) * (text[0] == '-' ? -1 : 1) : ns;
}

/* ---- single events --------------------------------------------------------------------------- */

static void check_members(struct json_object *event, char phase)
{
	const char *last = "";

	CU_ASSERT(has_type(event, "pid", json_type_int) && has_type(event, "tid", json_type_int));
	CU_ASSERT(has_type(event, "ts", json_type_int) || has_type(event, "ts", json_type_double));
	CU_ASSERT(strlen(text_of(event, "ph")) == 1 && strchr("BEXIRCbenstfSTpFNODPMc()", phase));
	CU_ASSERT(has_type(event, "cat", json_type_string) &&
		  has_type(event, "name", json_type_string));
	CU_ASSERT(has_type(event, "args", json_type_object));
	json_object_object_foreach(event, key, value)
	{
		(void)value;
		last = key;
	}
	CU_ASSERT_STRING_EQUAL(last, "args");
}

static void IM_4_every_event_has_process_thread_time_phase_category_name_and_args(void)
{
	each_event(check_members);
}

static void check_dur(struct json_object *event, char phase)
{
	CU_ASSERT_EQUAL(has(event, "dur"), phase == 'X');
	CU_ASSERT(phase != 'X' || ns_of(event, "dur") >= 0);
	CU_ASSERT(phase != (slices ? 'B' : 'X'));
}

static void IM_6_a_complete_slice_has_a_duration_and_nothing_else_has(void)
{
	each_event(check_dur);
}

static void check_instant(struct json_object *event, char phase)
{
	CU_ASSERT_EQUAL(has(event, "s"), phase == 'I');
	if (phase != 'I')
		return;
	if (!strcmp(text_of(event, "name"), "leaf"))
		CU_ASSERT_STRING_EQUAL(text_of(event, "s"), "t");
	if (!strcmp(text_of(event, "name"), "process"))
		CU_ASSERT_STRING_EQUAL(text_of(event, "s"), "p");
	if (!strcmp(text_of(event, "name"), "global"))
		CU_ASSERT_STRING_EQUAL(text_of(event, "s"), "g");
}

static void IM_8_an_instant_tells_how_far_it_reaches(void)
{
	each_event(check_instant);
}

static bool is_id(const char *text)
{
	return !strncmp(text, "0x", 2) && text[2] &&
	       strspn(text + 2, "0123456789abcdef") == strlen(text + 2) && strlen(text) <= 18;
}

static void check_ids(struct json_object *event, char phase)
{
	struct json_object *id2;

	CU_ASSERT_FALSE(has(event, "id") && has(event, "id2"));
	if (strchr("benstfSTpFNODP()", phase))
		CU_ASSERT(has(event, "id") || has(event, "id2"));
	if (has(event, "id"))
		CU_ASSERT(is_id(text_of(event, "id")));
	if (json_object_object_get_ex(event, "id2", &id2)) {
		CU_ASSERT_EQUAL(json_object_object_length(id2), 1);
		CU_ASSERT(is_id(text_of(id2, "local")) || is_id(text_of(id2, "global")));
	}
	CU_ASSERT(!has(event, "scope") || has(event, "id") || has(event, "id2"));
	CU_ASSERT_EQUAL(has(event, "bind_id"), has(event, "flow_in") || has(event, "flow_out"));
	CU_ASSERT(!has(event, "bp") || (phase == 'f' && !strcmp(text_of(event, "bp"), "e")));
}

static void IM_10_ids_are_hexadecimal_text_and_there_is_one(void)
{
	each_event(check_ids);
}

static void check_args(struct json_object *event, char phase)
{
	struct json_object *args;

	CU_ASSERT_FATAL(json_object_object_get_ex(event, "args", &args));
	if (phase == 'C') {
		CU_ASSERT(json_object_object_length(args) > 0);
		json_object_object_foreach(args, key, value)
		{
			(void)key;
			CU_ASSERT(json_object_is_type(value, json_type_int) ||
				  json_object_is_type(value, json_type_double));
		}
	}
	CU_ASSERT(phase != 'O' || has_type(args, "snapshot", json_type_object));
	CU_ASSERT(phase != 'T' || has_type(args, "step", json_type_string));
	CU_ASSERT(phase != 'c' || has_type(args, "sync_id", json_type_string));
}

static void IM_9_the_arguments_are_of_the_kind_that_the_phase_asks_for(void)
{
	each_event(check_args);
}

static void check_metadata(struct json_object *event, char phase)
{
	const char *name = text_of(event, "name");
	struct json_object *args;

	CU_ASSERT_FATAL(json_object_object_get_ex(event, "args", &args));
	if (phase != 'M')
		return;
	CU_ASSERT_STRING_EQUAL(text_of(event, "cat"), "__metadata");
	if (!strcmp(name, "process_name") || !strcmp(name, "thread_name"))
		CU_ASSERT(has_type(args, "name", json_type_string));
	if (!strcmp(name, "process_sort_index"))
		CU_ASSERT_STRING_EQUAL(member_of(args, "sort_index"), "-5");
	if (!strcmp(name, "thread_sort_index"))
		CU_ASSERT(has_type(args, "sort_index", json_type_int));
	if (!strcmp(name, "num_cpus"))
		CU_ASSERT(has_type(args, "number", json_type_int));
}

static void IM_14_names_and_sort_orders_are_as_viewers_read_them(void)
{
	each_event(check_metadata);
	CU_ASSERT(count_events("thread_name") >= WORKERS);
	CU_ASSERT_EQUAL(count_events("thread_sort_index"), WORKERS);
	CU_ASSERT(count_events("process_sort_index") >= 1);
}

static void IM_12_no_event_is_empty_and_no_key_comes_twice(void)
{
	for (int form = 0; form < FORMS; form++) {
		record(form);
		CU_ASSERT_PTR_NULL(strstr(trace.text, ",{}\n"));
		for (char *line = strtok(trace.text, "\n"); line; line = strtok(NULL, "\n")) {
			const char *pid = strstr(line, "\"pid\":");

			CU_ASSERT(!pid || !strstr(pid + 1, "\"pid\":"));
		}
	}
}

/* ---- slices and arrows ----------------------------------------------------------------------- */

struct lane {
	const char *tid;
	long long last_ns, end_ns[64];
	const char *open[64];
	unsigned depth;
};
static struct lane lanes[WORKERS + 2];

static struct lane *lane_of(struct json_object *event)
{
	const char *tid = text_of(event, "tid");

	for (struct lane *lane = lanes; lane < lanes + WORKERS + 2; lane++) {
		if (!lane->tid)
			lane->tid = tid;
		if (!strcmp(lane->tid, tid))
			return lane;
	}
	CU_FAIL_FATAL("more threads than there were");
	return NULL;
}

static void IM_15_events_of_a_thread_are_sorted_and_begins_meet_their_ends(void)
{
	record(0);
	memset(lanes, 0, sizeof lanes);
	for (size_t i = 0; i < json_object_array_length(trace.events); i++) {
		struct json_object *event = json_object_array_get_idx(trace.events, i);
		struct lane *lane = lane_of(event);
		const char phase = text_of(event, "ph")[0];

		if (phase == 'M')
			continue;
		CU_ASSERT(ns_of(event, "ts") >= lane->last_ns);
		lane->last_ns = ns_of(event, "ts");
		if (phase == 'B')
			lane->open[lane->depth++] = text_of(event, "name");
		if (phase != 'E')
			continue;
		CU_ASSERT_FATAL(lane->depth > 0);
		CU_ASSERT_STRING_EQUAL(lane->open[--lane->depth], text_of(event, "name"));
	}
	for (struct lane *lane = lanes; lane < lanes + WORKERS + 2; lane++)
		CU_ASSERT_EQUAL(lane->depth, 0);
}

static int parents_first(const void *a, const void *b)
{
	struct json_object *one = *(struct json_object *const *)a,
			   *other = *(struct json_object *const *)b;
	const long long ts = ns_of(one, "ts") - ns_of(other, "ts"),
			dur = ns_of(other, "dur") - ns_of(one, "dur");

	return ts ? (ts > 0) - (ts < 0) : (dur > 0) - (dur < 0);
}

static void IM_16_complete_slices_of_a_thread_nest(void)
{
	struct json_object **list;
	size_t count = 0;

	record(1);
	memset(lanes, 0, sizeof lanes);
	list = calloc(json_object_array_length(trace.events), sizeof *list);
	CU_ASSERT_PTR_NOT_NULL_FATAL(list);
	for (size_t i = 0; i < json_object_array_length(trace.events); i++) {
		struct json_object *event = json_object_array_get_idx(trace.events, i);

		if (text_of(event, "ph")[0] == 'X')
			list[count++] = event;
	}
	CU_ASSERT_EQUAL(count, WORKERS * (ROUNDS * 5 + 1) + 2);
	qsort(list, count, sizeof *list, parents_first);
	for (size_t i = 0; i < count; i++) {
		struct lane *lane = lane_of(list[i]);
		const long long ts = ns_of(list[i], "ts"), end = ts + ns_of(list[i], "dur");

		while (lane->depth && lane->end_ns[lane->depth - 1] <= ts)
			lane->depth--;
		CU_ASSERT(!lane->depth || end <= lane->end_ns[lane->depth - 1]);
		lane->end_ns[lane->depth++] = end;
	}
	free(list);
}

static void IM_17_arrows_end_in_the_slice_around_them_and_come_from_one(void)
{
	struct json_object *start, *end;

	record(0);
	for (int i = 0; (end = find_event("hand over", 'f', i)); i++) {
		int begins = 0;

		CU_ASSERT_STRING_EQUAL(text_of(end, "bp"), "e");
		for (int k = 0; (start = find_event("hand over", 's', k)); k++)
			if (!strcmp(text_of(start, "id"), text_of(end, "id"))) {
				CU_ASSERT(ns_of(start, "ts") < ns_of(end, "ts"));
				begins++;
			}
		CU_ASSERT_EQUAL(begins, 1);
		CU_ASSERT(i < WORKERS * ROUNDS);
	}
	CU_ASSERT_STRING_EQUAL(text_of(find_event("from", 'B', 0), "flow_out"), "true");
	CU_ASSERT_STRING_EQUAL(text_of(find_event("to", 'B', 0), "bind_id"),
			       text_of(find_event("from", 'B', 0), "bind_id"));
}

static void IM_3_both_containers_are_whole_and_sniffed_by_their_first_bytes(void)
{
	for (int form = 0; form < FORMS; form++) {
		record(form);
		CU_ASSERT_EQUAL(strncmp(trace.text, form == 2 ? "{\"traceEvents\":[{\"" : "[{\"",
					form == 2 ? 18 : 3),
				0);
		CU_ASSERT_STRING_EQUAL(trace.text + trace.size - strlen(form == 2 ? "]}\n" : "]\n"),
				       form == 2 ? "]}\n" : "]\n");
	}
}

static const struct test_case cases[] = {
	T(IM_3_both_containers_are_whole_and_sniffed_by_their_first_bytes),
	T(IM_4_every_event_has_process_thread_time_phase_category_name_and_args),
	T(IM_6_a_complete_slice_has_a_duration_and_nothing_else_has),
	T(IM_8_an_instant_tells_how_far_it_reaches),
	T(IM_9_the_arguments_are_of_the_kind_that_the_phase_asks_for),
	T(IM_10_ids_are_hexadecimal_text_and_there_is_one),
	T(IM_12_no_event_is_empty_and_no_key_comes_twice),
	T(IM_14_names_and_sort_orders_are_as_viewers_read_them),
	T(IM_15_events_of_a_thread_are_sorted_and_begins_meet_their_ends),
	T(IM_16_complete_slices_of_a_thread_nest),
	T(IM_17_arrows_end_in_the_slice_around_them_and_come_from_one),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("conformance of whole traces", cases, argc, argv);
}
