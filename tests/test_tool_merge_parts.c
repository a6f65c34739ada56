/* SPDX-License-Identifier: MIT
 * test_tool_merge_parts.c - what `rill merge` rests on: lines from clock to clock, sorting by way of
 * files, and that the parts of a trace are the trace again.
 */
#define _GNU_SOURCE /* memmem */
#include "tests/random_help.h"
#include "tests/tool_merge_help.h"
#include "tool/merge_line.h"
#include "tool/merge_sort.h"

#define S UINT64_C(1000000000)

/* ---- lines ---------------------------------------------------------------------------------- */

static void no_line_takes_time_back(void)
{
	seed = 1;
	for (unsigned round = 0; round < 300; round++) {
		struct rill_line line = { .drifts = next() % 2 };
		const uint64_t span = 1000 + next() % (round % 2 ? 1000 : S);
		uint64_t last = 0;

		for (unsigned i = 0; i < 1 + round % 12; i++)
			rill_line_add(&line, S + next() % span,
				      (int64_t)(next() % span) - (int64_t)(span / 2));
		rill_line_settle(&line);
		CU_ASSERT(line.count >= 1);
		line.shift_ns = (int64_t)(next() % 3 * S);
		for (uint64_t ns = S - span / 2; ns < S + 2 * span; ns += 1 + span / 400 + next() % 3) {
			const uint64_t mapped = rill_line_map(&line, ns);

			CU_ASSERT(mapped >= last);
			last = mapped;
		}
		rill_line_free(&line);
	}
}

static void a_line_goes_through_its_points_and_back(void)
{
	struct rill_line line = { .points = NULL };

	rill_line_add(&line, 3000, 700);
	rill_line_add(&line, 1000, 500);
	rill_line_add(&line, 2000, 800);
	rill_line_settle(&line);
	CU_ASSERT_EQUAL(rill_line_map(&line, 1000), 1500);
	CU_ASSERT_EQUAL(rill_line_map(&line, 1500), 2150);
	CU_ASSERT_EQUAL(rill_line_map(&line, 3000), 3700);
	CU_ASSERT_EQUAL(rill_line_map(&line, 400), 900);
	CU_ASSERT_EQUAL(rill_line_map(&line, 9000), 9700);
	for (uint64_t ns = 1; ns < 5000; ns += 7) {
		const uint64_t mapped = rill_line_map(&line, ns);

		CU_ASSERT_EQUAL(rill_line_map(&line, rill_line_unmap(&line, mapped)), mapped);
	}
	line.drifts = true;
	CU_ASSERT_EQUAL(rill_line_map(&line, 500), 850);
	CU_ASSERT_EQUAL(rill_line_map(&line, 4000), 4600);
	/* 0 stands for no time, and hostile times stay in bounds. */
	CU_ASSERT_EQUAL(rill_line_map(&line, 0), 0);
	CU_ASSERT(rill_line_map(&line, UINT64_MAX) <= UINT64_C(1) << 62);
	rill_line_free(&line);
}

/* ---- sorting -------------------------------------------------------------------------------- */

static void sort_rounds(unsigned count, size_t run_bytes, bool to_file, unsigned least_runs)
{
	struct rill_merge_sort *const sort = rill_merge_sort_new(run_bytes);
	uint64_t last_key = 0, last_number = 0;
	const struct rill_merge_record *r;
	unsigned came = 0, wrong = 0;
	char text[24];

	for (unsigned i = 0; i < count; i++) {
		struct rill_merge_record one = { .kind = RILL_MERGE_METADATA,
						 .key = next() % (count / 2 + 1),
						 .stream = i };

		snprintf(text, sizeof text, "%u", i);
		one.pair.name = text;
		rill_merge_sort_put(sort, &one);
	}
	rill_merge_sort_end(sort, to_file);
	while ((r = rill_merge_sort_next(sort))) {
		/* Of equal keys the one that came first. */
		wrong += r->key < last_key || (r->key == last_key && came && r->stream <= last_number);
		wrong += (uint32_t)atoi(r->pair.name) != r->stream;
		last_key = r->key;
		last_number = r->stream;
		came++;
	}
	CU_ASSERT_EQUAL(rill_merge_sort_failed(sort), 0);
	CU_ASSERT_EQUAL(came, count);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(rill_merge_sort_runs(sort) >= least_runs);
	rill_merge_sort_free(sort);
}

static void records_are_sorted_however_many_there_are(void)
{
	seed = 2;
	sort_rounds(0, 1 << 20, false, 0);
	sort_rounds(0, 1 << 20, true, 0);
	sort_rounds(1000, 1 << 20, false, 0);
	sort_rounds(1000, 1 << 20, true, 1);
	sort_rounds(20000, 1 << 20, false, 2);
	/* Runs of some hundred records, merged twice on the way. */
	sort_rounds(100000, 64 << 10, false, 150);	/* of 32 bits: a record is smaller */
}

/* 50 MB of records, which memory is not given for. */
static void a_folder_that_is_not_there_is_named(void)
{
	enum { LINES = 250000 };
	char *const text = malloc(LINES * 64);
	char *to = text;
	struct tool_result r;

	*to++ = '[';
	for (unsigned i = 0; i < LINES; i++)
		to += sprintf(to, "{\"pid\":1,\"tid\":1,\"ts\":%u,\"ph\":\"I\",\"name\":\"x\"},", 900000 - i);
	strcpy(to - 1, "]");
	merge_text("a.json", text);
	free(text);
	merge_text("b.json", "[{\"pid\":1,\"tid\":1,\"ts\":2,\"ph\":\"I\"}]");
	setenv("TMPDIR", "/none/such", 1);
	r = MERGE("a.json", "b.json", "--to", "text", "--clock", "monotonic");
	CU_ASSERT_EQUAL(r.code, 1);
	HAS(r.err, "cannot make a temporary file: No such file or directory (TMPDIR=FOLDER");
	tool_done(&r);
	setenv("TMPDIR", ".", 1);
	r = MERGE("a.json", "b.json", "--to", "text", "--clock", "monotonic");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_EQUAL(trace_count(r.out, "\n"), LINES + 1);
	tool_done(&r);
	unsetenv("TMPDIR");
}

/* ---- parts ---------------------------------------------------------------------------------- */

enum { EVENTS = 60000, THREADS = 4, DEPTH = 6, CUTS = 3 };

static const char *const categories[] = { "alpha", "beta", "gamma", "delta" };
static struct rill_thread threads[THREADS] = {
	{ .tid = 10, .serial = 1, .name = "one" },
	{ .tid = 11, .serial = 2, .name = "two", .generation = 1 },
	{ .tid = 12, .serial = 3, .name = "" },
	{ .tid = 13, .serial = 4, .name = "four", .has_sort_index = 1, .sort_index = -3 },
};

struct open {
	uint64_t ns;
	unsigned kind;
};

static void put_scope(struct open *stack, unsigned *depth, unsigned thread, uint64_t ns)
{
	static const char *const names[] = { "w", "x", "y", "z" };
	const bool ends = *depth == DEPTH || (*depth && next() % 2);
	struct open *const top = ends ? &stack[--*depth] : &stack[(*depth)++];
	struct rill_event e;

	if (!ends)
		*top = (struct open){ ns, (unsigned)(next() % 4) };
	e = EVENT(ends ? 'E' : 'B', .ts_ns = ns, .category = categories[top->kind],
		  .name = names[top->kind], .site = 1 + top->kind, .thread = &threads[thread],
		  .tid = threads[thread].tid, .state = RILL_EVENT_SCOPE);
	e.begin_ns = ends ? top->ns : 0;
	e.state |= ends ? RILL_EVENT_HAS_BEGIN : 0;
	CU_ASSERT_EQUAL(help_event(&e), 0);
}

static void put_other(unsigned thread, uint64_t ns)
{
	static const char phases[] = "IbeCsX";
	const unsigned kind = (unsigned)(next() % 4), phase = (unsigned)(next() % 6);
	struct rill_event e = EVENT(phases[phase], .ts_ns = ns, .category = categories[kind],
				    .name = "other", .site = 10 + kind * 8 + phase,
				    .thread = &threads[thread], .tid = threads[thread].tid,
				    ARGS(INT("n", (int64_t)next()), TEXT("t", COPY, "text")));

	if (phases[phase] == 'X') {
		e.begin_ns = ns - next() % 1000;
		e.state = RILL_EVENT_HAS_BEGIN;
	} else if (strchr("bes", e.phase)) {
		e.id = next() % 100;
		e.flags = RILL_FLAG_HAS_ID;
	}
	CU_ASSERT_EQUAL(help_event(&e), 0);
}

/* Returns its length. */
static uint64_t make_trace(void)
{
	static struct open stacks[THREADS][DEPTH];
	unsigned depths[THREADS] = { 0 };
	uint64_t ns = S;

	merge_board(77, S, MERGE_BOOT);
	merge_pair("process_name", "{\"name\":\"whole\"}");
	merge_snapshot(S, 9 * S, 5);
	for (unsigned i = 0; i < EVENTS; i++) {
		const unsigned thread = (unsigned)(next() % THREADS);

		ns += 1 + next() % (next() % 50 ? 2000 : 1000000);
		if (next() % 3)
			put_scope(stacks[thread], &depths[thread], thread, ns);
		else
			put_other(thread, ns);
	}
	merge_keep("whole.rill");
	return ns - S;
}

static void cut_one(const char *name, uint64_t from, uint64_t to, const char *filter)
{
	char first[32], last[32];
	struct tool_result r;

	/* Both bounds belong to the part. */
	snprintf(first, sizeof first, "@%" PRIu64 ".%09" PRIu64, (S + from) / S, (S + from) % S);
	snprintf(last, sizeof last, "@%" PRIu64 ".%09" PRIu64, (S + to - 1) / S, (S + to - 1) % S);
	r = tool_run(&rill_verb_cut, (const char *const[]){ "whole.rill", "-o", name, "--from", first,
							    "--to", last, "-e", filter, "-q", NULL }, "", 0);
	CU_ASSERT_EQUAL(r.code, 0);
	tool_done(&r);
}

/* Everything but metadata, whose order says nothing. */
static char *events_of(char *json)
{
	char *to = json, *line, *next_line = json;

	for (line = json; line && *line; line = next_line) {
		size_t size;

		next_line = strchr(line, '\n');
		next_line = next_line ? next_line + 1 : NULL;
		size = next_line ? (size_t)(next_line - line) : strlen(line);
		if (size < 3 || memmem(line, size, "\"ph\":\"M\"", 8))
			continue;
		line[0] = ','; /* "[" before the first */
		memmove(to, line, size);
		to += size;
	}
	*to = '\0';
	return json;
}

static void say_first_difference(const char *a, const char *b)
{
	size_t i = 0;

	while (a[i] && a[i] == b[i])
		i++;
	if (!a[i] && !b[i])
		return;
	i -= i > 100 ? 100 : i;
	printf("\nwhole: %.200s\nparts: %.200s\n", a + i, b + i);
}

static void compare(const char *wanted, const char *const *args)
{
	struct tool_result r = tool_run(&rill_verb_merge, args, "", 0);
	struct tool_result back;

	CU_ASSERT_EQUAL(r.code, 0);
	merge_save("merged.rill", r.out, r.out_size);
	tool_done(&r);
	back = tool_run(&rill_verb_convert, (const char *const[]){ "merged.rill", "-o", "-", NULL }, "", 0);
	CU_ASSERT_EQUAL(back.code, 0);
	events_of(back.out);
	CU_ASSERT_STRING_EQUAL(back.out, wanted);
	say_first_difference(wanted, back.out);
	tool_done(&back);
}

static void parts_of_a_trace_are_the_trace_again(void)
{
	struct tool_result whole;
	const char *names[2 * (CUTS + 1)];
	char texts[2 * (CUTS + 1)][16];
	const char *args[2 * (CUTS + 1) + 8] = { "-o", "-", "--to", "rill", "-q" };

	for (unsigned round = 0; round < 2; round++) {
		uint64_t length, at = 0;
		unsigned n = 0;

		seed = 20 + round;
		length = make_trace();
		for (unsigned i = 0; i <= CUTS; i++) {
			const uint64_t until = i == CUTS ? length + 1 : at + 1 + next() % (length / (CUTS + 1));

			for (unsigned half = 0; half < 2; half++) {
				snprintf(texts[n], sizeof texts[n], "%u.rill", n);
				names[n] = texts[n];
				cut_one(texts[n++], at, until, half ? "alpha,delta" : "-alpha,-delta");
			}
			at = until;
		}
		for (unsigned i = 0; i < n; i++) {
			const unsigned other = (unsigned)(next() % n);
			const char *const name = names[i];

			names[i] = names[other];
			names[other] = name;
		}
		for (unsigned i = 0; i < n; i++)
			args[5 + i] = names[i];
		whole = tool_run(&rill_verb_convert, (const char *const[]){ "whole.rill", "-o", "-", NULL }, "", 0);
		CU_ASSERT_EQUAL(trace_count(events_of(whole.out), "\n"), EVENTS);
		compare(whole.out, args);
		tool_done(&whole);
	}
}

/* Written as the streams of several processes, whose packets do not lie in the order of their times. */
static void what_was_merged_can_be_merged_again(void)
{
	struct tool_result both, again;

	for (unsigned i = 0; i < 3; i++) {
		const char *const names[] = { "a.rill", "b.rill", "c.rill" };

		merge_board(i + 1, (i + 1) * S, MERGE_BOOT);
		for (unsigned j = 0; j < 3000; j++)
			trace_instant(S + j * UINT64_C(3000) + i * 1000, categories[i], (int64_t)j);
		merge_keep(names[i]);
	}
	both = MERGE("a.rill", "b.rill", "--to", "rill");
	merge_save("ab.rill", both.out, both.out_size);
	tool_done(&both);
	both = MERGE("ab.rill", "c.rill", "--to", "text");
	again = MERGE("a.rill", "b.rill", "c.rill", "--to", "text");
	CU_ASSERT_EQUAL(both.code, 0);
	CU_ASSERT_EQUAL(trace_count(both.out, "\n"), 9000);
	CU_ASSERT_STRING_EQUAL(both.out, again.out);
	tool_done(&both);
	tool_done(&again);
}

/* As V8 writes it: a complete slice at its end, one thread behind the other, names last. */
static void json_that_is_not_in_order_is_put_in_order(void)
{
	struct tool_result r;

	merge_text("v8.json",
		   "[{\"pid\":3,\"tid\":3,\"ts\":40,\"ph\":\"I\",\"name\":\"d\"},"
		   "{\"pid\":3,\"tid\":3,\"ts\":10,\"dur\":20,\"ph\":\"X\",\"name\":\"c\"},"
		   "{\"pid\":3,\"tid\":4,\"ts\":5,\"ph\":\"B\",\"name\":\"a\"},"
		   "{\"pid\":3,\"tid\":4,\"ts\":20,\"ph\":\"E\"},"
		   "{\"pid\":3,\"tid\":4,\"ts\":20,\"ph\":\"B\",\"name\":\"b\"},"
		   "{\"pid\":3,\"tid\":4,\"ts\":0,\"ph\":\"M\",\"name\":\"thread_name\",\"args\":{\"name\":\"four\"}}]");
	merge_text("o.json", "[{\"pid\":3,\"tid\":5,\"ts\":25,\"ph\":\"I\",\"name\":\"other\"}]");
	r = MERGE("v8.json", "o.json", "--to", "text", "--clock", "monotonic");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_EQUAL(trace_count(r.out, "\n"), 6);
	CU_ASSERT_EQUAL(trace_count(r.out, " four/4 "), 3);
	CU_ASSERT(strstr(r.out, ":a B") < strstr(r.out, " E"));
	CU_ASSERT(strstr(r.out, " E") < strstr(r.out, ":b B"));
	CU_ASSERT(strstr(r.out, ":b B") < strstr(r.out, ":other"));
	CU_ASSERT(strstr(r.out, ":other") < strstr(r.out, ":c X"));
	CU_ASSERT(strstr(r.out, ":c X") < strstr(r.out, ":d I"));
	tool_done(&r);
	r = MERGE("v8.json", "o.json", "--to", "json", "--clock", "monotonic");
	CU_ASSERT(strstr(r.out, "\"thread_name\",\"args\":{\"name\":\"four\"}") < strstr(r.out, "\"name\":\"a\""));
	tool_done(&r);
}

/* A ring that was held too long: its event stands where it was delivered, and says so. */
static void a_late_event_keeps_its_place_and_its_mark(void)
{
	struct rill_event late = EVENT('I', .ts_ns = S + 1000, .name = "late", .site = 5, .state = RILL_EVENT_LATE);
	struct tool_result r;

	merge_board(1, S, MERGE_BOOT);
	trace_instant(S + 5000, "a", 1);
	CU_ASSERT_EQUAL(help_event(&late), 0);
	trace_instant(S + 9000, "a", 2);
	merge_keep("a.rill");
	merge_board(2, 2 * S, MERGE_BOOT);
	trace_instant(S + 2000, "b", 3);
	trace_instant(S + 6000, "b", 4);
	merge_keep("b.rill");
	r = MERGE("a.rill", "b.rill", "--to", "json");
	HAS(r.out, "\"ts\":1000001.000,\"ph\":\"I\",\"cat\":\"net\",\"name\":\"late\"");
	HAS(r.out, "\"late\":true");
	CU_ASSERT(strstr(r.out, "\"n\":3") < strstr(r.out, "\"n\":1"));
	CU_ASSERT(strstr(r.out, "\"n\":1") < strstr(r.out, "\"late\":true"));
	CU_ASSERT(strstr(r.out, "\"late\":true") < strstr(r.out, "\"n\":4"));
	CU_ASSERT(strstr(r.out, "\"n\":4") < strstr(r.out, "\"n\":2"));
	tool_done(&r);
}

static const struct test_case cases[] = {
	T(no_line_takes_time_back),
	T(a_line_goes_through_its_points_and_back),
	T(records_are_sorted_however_many_there_are),
	T(a_folder_that_is_not_there_is_named),
	T(parts_of_a_trace_are_the_trace_again),
	T(what_was_merged_can_be_merged_again),
	T(json_that_is_not_in_order_is_put_in_order),
	T(a_late_event_keeps_its_place_and_its_mark),
};

int main(int argc, char **argv)
{
	int code;

	merge_begin_folder();
	code = TEST_MAIN("tool_merge_parts", cases, argc, argv);
	if (merge_end_folder())
		return code;
	printf("%s is still there\n", merge_folder);
	return 1;
}
