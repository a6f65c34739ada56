/* SPDX-License-Identifier: MIT
 * test_tool_perfetto.c - what `rill convert` makes of a trace as Perfetto's protobuf, decoded again by protobuf-c:
 * tracks, names, order, losses, bounds. perfetto_foreign.sh reads it with software that is not ours.
 */
#include "tests/tool_trace_help.h"
#include "tool/to_perfetto.h"

static struct tool_result convert(const void *bytes, size_t size)
{
	return trace_run(&rill_verb_convert, bytes, size, "--to", "perfetto");
}

/* ---- reading -------------------------------------------------------------------------------- */

#define BEGIN RILL__PF__TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN
#define END RILL__PF__TRACK_EVENT__TYPE__TYPE_SLICE_END
#define INSTANT RILL__PF__TRACK_EVENT__TYPE__TYPE_INSTANT
enum { NAMES = 300000 };

static struct Rill__Pf__Trace *trace;
static struct tool_result result;

/* Names by their numbers, of all rounds. */
static const struct ProtobufCBinaryData *event_names[NAMES], *keys[NAMES];

static void collect_names(void)
{
	memset(event_names, 0, sizeof event_names);
	memset(keys, 0, sizeof keys);
	for (size_t i = 0; i < trace->n_packet; i++) {
		const struct Rill__Pf__InternedData *const d = trace->packet[i]->interned_data;

		for (size_t j = 0; d && j < d->n_event_names; j++)
			if (d->event_names[j]->iid < NAMES)
				event_names[d->event_names[j]->iid] = &d->event_names[j]->name;
		for (size_t j = 0; d && j < d->n_debug_annotation_names; j++)
			if (d->debug_annotation_names[j]->iid < NAMES)
				keys[d->debug_annotation_names[j]->iid] =
					&d->debug_annotation_names[j]->name;
	}
}

static void read_bytes(const void *bytes, size_t size)
{
	result = convert(bytes, size);
	CU_ASSERT_EQUAL(result.code, 0);
	trace = rill__pf__trace__unpack(NULL, result.out_size, (const uint8_t *)result.out);
	CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
	collect_names();
}

static void done(void)
{
	rill__pf__trace__free_unpacked(trace, NULL);
	tool_done(&result);
}

static bool is(const struct ProtobufCBinaryData *data, const char *text)
{
	return data && data->len == strlen(text) && !memcmp(data->data, text, data->len);
}

static const struct ProtobufCBinaryData *name_of(const struct Rill__Pf__TrackEvent *e)
{
	if (e->name_field_case == RILL__PF__TRACK_EVENT__NAME_FIELD_NAME)
		return &e->name;
	return event_names[e->name_iid];
}

/* Events by their order in the file; NULL: there are no more. *packet goes on from where it was. */
static const struct Rill__Pf__TrackEvent *next_event(size_t *packet, uint64_t *ns)
{
	while (*packet < trace->n_packet) {
		const struct Rill__Pf__TracePacket *const p = trace->packet[(*packet)++];

		if (p->data_case != RILL__PF__TRACE_PACKET__DATA_TRACK_EVENT)
			continue;
		*ns = p->timestamp;
		return p->track_event;
	}
	return NULL;
}

static const struct Rill__Pf__TrackEvent *event_named(const char *name, uint64_t *ns)
{
	const struct Rill__Pf__TrackEvent *e;
	size_t at = 0;

	while ((e = next_event(&at, ns)))
		if (is(name_of(e), name))
			return e;
	return NULL;
}

static const struct Rill__Pf__DebugAnnotation *note_of(const struct Rill__Pf__TrackEvent *e,
						       const char *key)
{
	for (size_t i = 0; e && i < e->n_debug_annotations; i++) {
		const struct Rill__Pf__DebugAnnotation *const note = e->debug_annotations[i];
		const struct ProtobufCBinaryData *const name =
			note->name_field_case == RILL__PF__DEBUG_ANNOTATION__NAME_FIELD_NAME
				? &note->name
				: keys[note->name_iid];

		if (is(name, key))
			return note;
	}
	return NULL;
}

/* The newest description of a track. */
static const struct Rill__Pf__TrackDescriptor *track_of(uint64_t uuid)
{
	const struct Rill__Pf__TrackDescriptor *found = NULL;

	for (size_t i = 0; i < trace->n_packet; i++)
		if (trace->packet[i]->data_case == RILL__PF__TRACE_PACKET__DATA_TRACK_DESCRIPTOR &&
		    trace->packet[i]->track_descriptor->uuid == uuid)
			found = trace->packet[i]->track_descriptor;
	return found;
}

/* The order that packets have in the file once they are sorted by time: "B:a B:b E:b E:a". */
static const char *order_of_slices(char *text)
{
	struct line {
		uint64_t ns;
		const struct Rill__Pf__TrackEvent *e;
	} lines[64];
	size_t count = 0, at = 0;

	*text = 0;
	while (count < 64 && (lines[count].e = next_event(&at, &lines[count].ns)))
		count += lines[count].e->type == BEGIN || lines[count].e->type == END;
	for (size_t i = 1; i < count; i++)
		for (size_t j = i; j && lines[j].ns < lines[j - 1].ns; j--) {
			const struct line line = lines[j];

			lines[j] = lines[j - 1];
			lines[j - 1] = line;
		}
	for (size_t i = 0; i < count; i++) {
		const struct ProtobufCBinaryData *const name = name_of(lines[i].e);

		sprintf(text + strlen(text), "%s%c:%.*s", i ? " " : "",
			lines[i].e->type == BEGIN ? 'B' : 'E', (int)name->len, name->data);
	}
	return text;
}

/* ---- tracks --------------------------------------------------------------------------------- */

static void a_thread_has_its_track_below_its_process(void)
{
	const struct Rill__Pf__TrackDescriptor *thread, *process;
	const struct Rill__Pf__TrackEvent *e;
	uint64_t ns;

	trace_make(3);
	read_bytes(tape.bytes, tape.size);
	e = event_named("tick", &ns);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(ns, TRACE_SECOND);
	CU_ASSERT_EQUAL(e->type, INSTANT);
	CU_ASSERT_EQUAL(note_of(e, "n")->value_case, RILL__PF__DEBUG_ANNOTATION__VALUE_INT_VALUE);
	thread = track_of(e->track_uuid);
	CU_ASSERT_PTR_NOT_NULL_FATAL(thread);
	CU_ASSERT_PTR_NOT_NULL_FATAL(thread->thread);
	CU_ASSERT_EQUAL(thread->thread->tid, 4712);
	CU_ASSERT_TRUE(is(&thread->thread->thread_name, "worker"));
	CU_ASSERT_EQUAL(thread->thread->legacy_sort_index, -5);
	process = track_of(thread->parent_uuid);
	CU_ASSERT_PTR_NOT_NULL_FATAL(process);
	CU_ASSERT_PTR_NOT_NULL_FATAL(process->process);
	CU_ASSERT_EQUAL(process->process->pid, HELP_PID);
	CU_ASSERT_TRUE(is(&process->process->process_name, "a"));
	/* What else is known of the process lies on its track, at the time of the first event. */
	e = event_named("board", &ns);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(ns, TRACE_SECOND);
	CU_ASSERT_EQUAL(e->track_uuid, process->uuid);
	CU_ASSERT_TRUE(is(&note_of(e, "args")->legacy_json_value, "{\"value\":\"b\"}"));
	done();
}

static void a_renamed_thread_keeps_its_track_and_gets_another_description(void)
{
	struct rill_thread thread = { .tid = 99, .serial = 9, .name = "before" };
	const struct rill_event first = EVENT('I', .ts_ns = 1000, .name = "one", .thread = &thread,
					      .tid = 99, .site = 30,
					      .flags = RILL_FLAG_SCOPE_THREAD);
	struct rill_event second = first;
	uint64_t ns, uuid;
	unsigned told = 0;

	help_begin(4096, RILL_PACKET_MAX, 0);
	CU_ASSERT_EQUAL(help_event(&first), 0);
	help_send(0);
	thread.name = "after";
	thread.generation++;
	second.ts_ns = 2000;
	CU_ASSERT_EQUAL(help_event(&second), 0);
	help_send(RILL_PACKET_LAST);
	read_bytes(tape.bytes, tape.size);
	uuid = event_named("one", &ns)->track_uuid;
	CU_ASSERT_TRUE(is(&track_of(uuid)->thread->thread_name, "after"));
	for (size_t i = 0; i < trace->n_packet; i++)
		told += trace->packet[i]->data_case ==
				RILL__PF__TRACE_PACKET__DATA_TRACK_DESCRIPTOR &&
			trace->packet[i]->track_descriptor->uuid == uuid;
	CU_ASSERT_EQUAL(told, 2);
	done();
}

/* Where both are 0, as in JSON without pid and tid: readers take 0 for the kernel's idle task. */
static void pid_and_tid_zero_are_tracks_without_a_process(void)
{
	static const char text[] = "[{\"ph\":\"I\",\"ts\":1,\"name\":\"a\",\"s\":\"t\"},"
				   "{\"ph\":\"I\",\"ts\":2,\"pid\":3,\"tid\":-1,\"name\":\"b\",\"s\":\"t\"}]";
	const struct Rill__Pf__TrackDescriptor *track;
	uint64_t ns;

	read_bytes(text, sizeof text - 1);
	track = track_of(event_named("a", &ns)->track_uuid);
	CU_ASSERT_PTR_NULL(track->thread);
	CU_ASSERT_TRUE(is(&track->name, "thread 0"));
	CU_ASSERT_PTR_NULL(track_of(track->parent_uuid)->process);
	track = track_of(event_named("b", &ns)->track_uuid);
	CU_ASSERT_TRUE(is(&track->name, "thread -1"));
	CU_ASSERT_EQUAL(track_of(track->parent_uuid)->process->pid, 3);
	done();
}

static uint64_t track_of_event(const char *name)
{
	uint64_t ns;
	const struct Rill__Pf__TrackEvent *const e = event_named(name, &ns);

	return e ? e->track_uuid : 0;
}

static void asynchronous_spans_share_a_track_as_readers_of_json_match_them(void)
{
	static const char text[] =
		"[{\"ph\":\"b\",\"ts\":1,\"pid\":1,\"tid\":1,\"cat\":\"c\",\"id\":\"0x1\",\"name\":\"begin\"},"
		"{\"ph\":\"n\",\"ts\":2,\"pid\":1,\"tid\":2,\"cat\":\"c\",\"id\":\"0x1\",\"name\":\"other thread\"},"
		"{\"ph\":\"e\",\"ts\":3,\"pid\":2,\"tid\":2,\"cat\":\"c\",\"id\":\"0x1\",\"name\":\"other process\"},"
		"{\"ph\":\"e\",\"ts\":3,\"pid\":1,\"tid\":2,\"cat\":\"c\",\"id\":\"0x2\",\"name\":\"other id\"},"
		"{\"ph\":\"e\",\"ts\":3,\"pid\":1,\"tid\":2,\"cat\":\"d\",\"id\":\"0x1\",\"name\":\"other category\"},"
		"{\"ph\":\"e\",\"ts\":3,\"pid\":1,\"tid\":2,\"cat\":\"c\",\"scope\":\"s\",\"id\":\"0x1\",\"name\":\"other scope\"},"
		"{\"ph\":\"b\",\"ts\":4,\"pid\":1,\"tid\":2,\"cat\":\"c\",\"id2\":{\"local\":\"0x1\"},\"name\":\"local\"},"
		"{\"ph\":\"b\",\"ts\":4,\"pid\":2,\"tid\":2,\"cat\":\"c\",\"id2\":{\"local\":\"0x1\"},\"name\":\"local of another\"},"
		"{\"ph\":\"S\",\"ts\":5,\"pid\":1,\"tid\":2,\"cat\":\"c\",\"id\":\"0x1\",\"name\":\"old\"},"
		"{\"ph\":\"S\",\"ts\":5,\"pid\":1,\"tid\":2,\"cat\":\"c\",\"id\":\"0x1\",\"name\":\"old too\"}]";
	static const char *const others[] = { "other id", "other category",   "other scope", "local",
					      "old",      "local of another", "old too" };
	uint64_t uuid, ns;

	read_bytes(text, sizeof text - 1);
	uuid = track_of_event("begin");
	CU_ASSERT_NOT_EQUAL(uuid, 0);
	CU_ASSERT_EQUAL(track_of_event("other thread"), uuid);
	CU_ASSERT_EQUAL(track_of_event("other process"), uuid);
	for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
		CU_ASSERT_NOT_EQUAL(track_of_event(others[i]), 0);
		CU_ASSERT_NOT_EQUAL(track_of_event(others[i]), uuid);
		for (unsigned j = 0; j < i; j++)
			CU_ASSERT_NOT_EQUAL(track_of_event(others[i]), track_of_event(others[j]));
	}
	CU_ASSERT_TRUE(is(&track_of(uuid)->name, "begin"));
	CU_ASSERT_EQUAL(track_of(track_of(uuid)->parent_uuid)->process->pid, 1);
	CU_ASSERT_EQUAL(event_named("begin", &ns)->type, BEGIN);
	CU_ASSERT_EQUAL(event_named("other process", &ns)->type, END);
	CU_ASSERT_EQUAL(event_named("old", &ns)->type, BEGIN);
	CU_ASSERT_EQUAL(note_of(event_named("begin", &ns), "rill.id")->pointer_value, 1);
	CU_ASSERT_TRUE(is(&note_of(event_named("old", &ns), "rill.phase")->string_value, "S"));
	done();
}

static void each_series_of_a_counter_is_a_track(void)
{
	const struct rill_event counter =
		EVENT('C', .name = "level", .site = 40,
		      ARGS(INT("low", -5), VALUE("high", F64, d, 2.5),
			   VALUE("much", U64, u, UINT64_MAX), TEXT("text", STRING, "x")));
	const struct Rill__Pf__TrackEvent *e, *values[3], *text = NULL;
	size_t at = 0, count = 0;
	uint64_t ns;

	help_begin(4096, RILL_PACKET_MAX, 0);
	CU_ASSERT_EQUAL(help_event(&counter), 0);
	help_send(RILL_PACKET_LAST);
	read_bytes(tape.bytes, tape.size);
	while ((e = next_event(&at, &ns))) {
		if (e->type == RILL__PF__TRACK_EVENT__TYPE__TYPE_COUNTER && count < 3)
			values[count++] = e;
		else
			text = e;
	}
	CU_ASSERT_EQUAL_FATAL(count, 3);
	CU_ASSERT_EQUAL(values[0]->counter_value, -5);
	CU_ASSERT_EQUAL(values[1]->double_counter_value, 2.5);
	CU_ASSERT_EQUAL(values[2]->double_counter_value, 18446744073709551615.0);
	CU_ASSERT_EQUAL(note_of(values[2], "much")->uint_value, UINT64_MAX);
	CU_ASSERT_TRUE(is(&track_of(values[0]->track_uuid)->name, "level.low"));
	CU_ASSERT_TRUE(is(&track_of(values[0]->track_uuid)->counter->categories[0], "net"));
	CU_ASSERT_TRUE(is(&track_of(values[1]->track_uuid)->name, "level.high"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_EQUAL(text->type, INSTANT);
	CU_ASSERT_TRUE(is(&note_of(text, "text")->string_value, "x"));
	done();
}

/* ---- slices --------------------------------------------------------------------------------- */

/* Slices that begin or end in the same ns nest as they are long, whatever order they come in. */
static void complete_slices_nest_in_every_order(void)
{
	static const char outer_first[] =
		"[{\"ph\":\"X\",\"ts\":0,\"dur\":100,\"name\":\"a\"},{\"ph\":\"X\",\"ts\":0,\"dur\":50,\"name\":\"b\"},"
		"{\"ph\":\"X\",\"ts\":0,\"dur\":20,\"name\":\"c\"},{\"ph\":\"X\",\"ts\":20,\"dur\":0,\"name\":\"d\"},"
		"{\"ph\":\"X\",\"ts\":50,\"dur\":50,\"name\":\"e\"},{\"ph\":\"X\",\"ts\":100,\"dur\":1,\"name\":\"f\"}]";
	static const char inner_first[] =
		"[{\"ph\":\"X\",\"ts\":0,\"dur\":20,\"name\":\"c\"},{\"ph\":\"X\",\"ts\":20,\"dur\":0,\"name\":\"d\"},"
		"{\"ph\":\"X\",\"ts\":0,\"dur\":50,\"name\":\"b\"},{\"ph\":\"X\",\"ts\":50,\"dur\":50,\"name\":\"e\"},"
		"{\"ph\":\"X\",\"ts\":0,\"dur\":100,\"name\":\"a\"},{\"ph\":\"X\",\"ts\":100,\"dur\":1,\"name\":\"f\"}]";
	static const char *const both[] = { outer_first, inner_first };
	char text[1024];

	for (unsigned i = 0; i < 2; i++) {
		read_bytes(both[i], strlen(both[i]));
		CU_ASSERT_STRING_EQUAL(
			order_of_slices(text),
			"B:a B:b B:c E:c B:d E:d E:b B:e E:e E:a B:f E:f");
		done();
	}
}

/* One after the other, far more than wait at once, and one around all of them. */
static void many_complete_slices_all_come_out(void)
{
	enum { COUNT = 5000 };
	char *text = malloc(COUNT * 80 + 200), *to = text + sprintf(text, "[");
	const struct Rill__Pf__TrackEvent *e;
	uint64_t ns, sum = 0;
	size_t at = 0, begins = 0, ends = 0;

	for (int i = 0; i < COUNT; i++)
		to += sprintf(to, "{\"ph\":\"X\",\"ts\":%d,\"dur\":%d,\"tid\":%d,\"name\":\"f\"},\n",
			      10 * i + 1, i % 9, i % 7 + 1);
	sprintf(to, "{\"ph\":\"X\",\"ts\":0,\"dur\":%d,\"tid\":1,\"name\":\"all\"}]", 10 * COUNT);
	read_bytes(text, strlen(text));
	while ((e = next_event(&at, &ns))) {
		begins += e->type == BEGIN;
		ends += e->type == END;
		sum += e->type == END ? ns : -ns;
	}
	CU_ASSERT_EQUAL(begins, COUNT + 1);
	CU_ASSERT_EQUAL(ends, COUNT + 1);
	for (int i = 0; i < COUNT; i++)
		sum -= 1000 * (uint64_t)(i % 9);
	CU_ASSERT_EQUAL(sum, 10000 * (uint64_t)COUNT);
	done();
	free(text);
}

static void an_end_whose_begin_is_lost_is_a_whole_slice(void)
{
	struct rill_event end = trace_scope('E', 5000, 2000, "lost begin");
	char text[1024];
	uint64_t ns;

	end.state |= RILL_EVENT_BEGIN_LOST;
	help_begin(4096, RILL_PACKET_MAX, 0);
	trace_begin(1000, "around");
	CU_ASSERT_EQUAL(help_event(&end), 0);
	trace_end(5000, 1000, "around");
	help_send(RILL_PACKET_LAST);
	read_bytes(tape.bytes, tape.size);
	CU_ASSERT_STRING_EQUAL(order_of_slices(text),
			       "B:around B:lost begin E:lost begin E:around");
	event_named("lost begin", &ns);
	CU_ASSERT_EQUAL(ns, 2000);
	done();
}

static void the_callers_own_time_is_the_time_and_one_before_zero_a_note(void)
{
	const struct rill_event own = EVENT('I', .name = "own", .own_time_us = 7, .site = 50,
					    .state = RILL_EVENT_HAS_OWN_TIME);
	const struct rill_event before = EVENT('I', .name = "before", .own_time_us = -7, .site = 51,
					       .state = RILL_EVENT_HAS_OWN_TIME);
	const struct Rill__Pf__TrackEvent *e;
	uint64_t ns;

	help_begin(4096, RILL_PACKET_MAX, 0);
	CU_ASSERT_EQUAL(help_event(&own), 0);
	CU_ASSERT_EQUAL(help_event(&before), 0);
	help_send(RILL_PACKET_LAST);
	read_bytes(tape.bytes, tape.size);
	event_named("own", &ns);
	CU_ASSERT_EQUAL(ns, 7000);
	e = event_named("before", &ns);
	CU_ASSERT_EQUAL(ns, 2000000000);
	CU_ASSERT_EQUAL(note_of(e, "rill.own_time_us")->int_value, -7);
	done();
}

static void cpu_time_is_a_counter_of_the_thread(void)
{
	struct rill_event begin = trace_scope('B', 1000, 0, "timed");
	const struct Rill__Pf__TrackDescriptor *track;
	const struct Rill__Pf__TrackEvent *e;
	uint64_t ns;

	begin.thread_time_ns = 123456789;
	begin.state |= RILL_EVENT_HAS_THREAD_TIME;
	help_begin(4096, RILL_PACKET_MAX, 0);
	CU_ASSERT_EQUAL(help_event(&begin), 0);
	help_send(RILL_PACKET_LAST);
	read_bytes(tape.bytes, tape.size);
	e = event_named("timed", &ns);
	CU_ASSERT_EQUAL_FATAL(e->n_extra_counter_values, 1);
	CU_ASSERT_EQUAL(e->extra_counter_values[0], 123456789);
	track = track_of(e->extra_counter_track_uuids[0]);
	CU_ASSERT_EQUAL(track->parent_uuid, e->track_uuid);
	CU_ASSERT_EQUAL(track->counter->type, 1);
	done();
}

/* ---- losses --------------------------------------------------------------------------------- */

static void a_loss_is_a_slice_on_the_thread_that_lost(void)
{
	const struct rill_gap gap = { .thread = &help_worker,
				      .count = 7,
				      .before_ns = 1000,
				      .after_ns = 3000,
				      .cause = RILL_LOST_FULL };
	const struct Rill__Pf__TrackEvent *e;
	char text[1024];
	uint64_t ns;

	help_begin(4096, RILL_PACKET_MAX, 0);
	trace_instant(1000, "net", 1);
	CU_ASSERT_EQUAL(rill_packet_gap(&writer, &gap), 0);
	trace_instant(3000, "net", 2);
	help_send(RILL_PACKET_LAST);
	read_bytes(tape.bytes, tape.size);
	CU_ASSERT_STRING_EQUAL(order_of_slices(text), "B:events lost E:events lost");
	e = event_named("events lost", &ns);
	CU_ASSERT_EQUAL(ns, 1000);
	CU_ASSERT_EQUAL(note_of(e, "count")->uint_value, 7);
	CU_ASSERT_TRUE(is(&note_of(e, "cause")->string_value, "ring full"));
	CU_ASSERT_EQUAL(track_of(e->track_uuid)->thread->tid, 4712);
	done();
}

/* Everything is told anew behind it, since a reader forgets everything there. */
static void packets_that_never_came_are_said_by_the_next_one(void)
{
	const struct Rill__Pf__TracePacket *dropped = NULL;
	const struct Rill__Pf__TrackEvent *e;
	uint64_t ns;

	trace_make(1000);
	memmove(tape.bytes + tape.at[2], tape.bytes + tape.at[3], tape.size - tape.at[3]);
	tape.size -= tape.at[3] - tape.at[2];
	read_bytes(tape.bytes, tape.size);
	for (size_t i = 0; i < trace->n_packet; i++)
		if (trace->packet[i]->previous_packet_dropped) {
			CU_ASSERT_PTR_NULL(dropped);
			dropped = trace->packet[i];
		}
	CU_ASSERT_PTR_NOT_NULL_FATAL(dropped);
	CU_ASSERT_EQUAL(dropped->sequence_flags, 1);
	e = event_named("events lost", &ns);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(note_of(e, "packets")->uint_value, 1);
	CU_ASSERT_TRUE(note_of(e, "count")->uint_value > 0);
	CU_ASSERT_EQUAL(track_of(e->track_uuid)->process->pid, HELP_PID);
	done();
}

/* ---- bounds --------------------------------------------------------------------------------- */

/* Adds "k1":1 ... with names that nothing else has. */
static char *put_args(char *to, int event)
{
	for (int i = 0; i < 10; i++)
		to += sprintf(to, "%s\"k%d.%d\":1", i ? "," : "", event, i);
	return to;
}

/* More names and more tracks than are known at once. Each packet refers to what was told since the
 * last new beginning only; and a number never means two names. */
static void what_is_told_is_bounded_and_told_anew(void)
{
	enum { COUNT = 30000, MORE = 256 };
	static uint8_t told[NAMES];
	char *text = malloc((size_t)COUNT * 250), *to = text + sprintf(text, "[");
	unsigned rounds = 0, values = 0, unknown = 0, twice = 0, names = 0, tracks = 0;

	for (int i = 0; i < COUNT; i++) {
		to += sprintf(to, "%s{\"ph\":\"%c\",\"ts\":%d,\"pid\":1,\"tid\":1,\"id\":%d,\"name\":\"n%d\",\"args\":{",
			      i ? ",\n" : "", i % 2 ? 'C' : 'b', i, i, i);
		to = put_args(to, i);
		to += sprintf(to, "}}");
	}
	strcpy(to, "]");
	read_bytes(text, strlen(text));
	memset(told, 0, sizeof told);
	for (size_t i = 0; i < trace->n_packet; i++) {
		const struct Rill__Pf__TracePacket *const p = trace->packet[i];
		const struct Rill__Pf__InternedData *const d = p->interned_data;

		if (p->sequence_flags & 1) {
			rounds++;
			names = tracks = 0;
			for (size_t j = 0; j < NAMES; j++)
				told[j] &= 2;
		}
		for (size_t j = 0; d && j < d->n_debug_annotation_names; j++) {
			twice += told[d->debug_annotation_names[j]->iid % NAMES] != 0;
			told[d->debug_annotation_names[j]->iid % NAMES] = 3;
			names++;
		}
		tracks += p->data_case == RILL__PF__TRACE_PACKET__DATA_TRACK_DESCRIPTOR;
		CU_ASSERT_TRUE(names < RILL_PF_NAMES_MAX + MORE);
		CU_ASSERT_TRUE(tracks < RILL_PF_TRACKS_MAX + MORE);
		if (p->data_case != RILL__PF__TRACE_PACKET__DATA_TRACK_EVENT)
			continue;
		values += p->track_event->type == RILL__PF__TRACK_EVENT__TYPE__TYPE_COUNTER;
		for (size_t j = 0; j < p->track_event->n_debug_annotations; j++)
			unknown += !(told[p->track_event->debug_annotations[j]->name_iid % NAMES] & 1);
	}
	CU_ASSERT_EQUAL(values, 10 * COUNT / 2);
	CU_ASSERT_EQUAL(unknown, 0);
	CU_ASSERT_EQUAL(twice, 0);
	/* More than the number of events alone would make. */
	CU_ASSERT_TRUE(rounds > COUNT / RILL_PF_ROUND_EVENTS + 1);
	done();
	free(text);
}

/* Names that have no number stand in the event. */
static void a_very_long_name_is_written_out(void)
{
	enum { SIZE = 40000 };
	char *text = malloc(3 * SIZE + 200), *name = malloc(SIZE + 1);
	const struct Rill__Pf__TrackEvent *e;
	uint64_t ns;

	memset(name, 'x', SIZE);
	name[SIZE] = 0;
	sprintf(text, "[{\"ph\":\"I\",\"s\":\"t\",\"ts\":1,\"cat\":\"short,%s\",\"name\":\"%s\",\"args\":{\"%s\":1}}]", name,
		name, name);
	read_bytes(text, strlen(text));
	e = event_named(name, &ns);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(e->name.len, SIZE);
	CU_ASSERT_EQUAL_FATAL(e->n_categories, 2);
	CU_ASSERT_EQUAL(e->n_category_iids, 0);
	CU_ASSERT_TRUE(is(&e->categories[0], "short"));
	CU_ASSERT_EQUAL(e->categories[1].len, SIZE);
	CU_ASSERT_PTR_NOT_NULL(note_of(e, name));
	done();
	free(name);
	free(text);
}

static void an_empty_trace_is_one_packet(void)
{
	read_bytes("[]", 2);
	CU_ASSERT_EQUAL_FATAL(trace->n_packet, 1);
	CU_ASSERT_EQUAL(trace->packet[0]->sequence_flags, 1);
	CU_ASSERT_EQUAL(trace->packet[0]->trace_packet_defaults->timestamp_clock_id, 3);
	done();
}

static void the_format_is_chosen_by_name_and_by_extension(void)
{
	CU_ASSERT_PTR_EQUAL(rill_format_by_name("perfetto"), &rill_format_perfetto);
	CU_ASSERT_PTR_EQUAL(rill_format_by_path("a/b.pftrace"), &rill_format_perfetto);
	CU_ASSERT_PTR_EQUAL(rill_format_by_path("b.perfetto-trace"), &rill_format_perfetto);
	CU_ASSERT_PTR_NULL(rill_format_by_path("b.perfetto"));
}

static const struct test_case cases[] = {
	T(a_thread_has_its_track_below_its_process),
	T(a_renamed_thread_keeps_its_track_and_gets_another_description),
	T(pid_and_tid_zero_are_tracks_without_a_process),
	T(asynchronous_spans_share_a_track_as_readers_of_json_match_them),
	T(each_series_of_a_counter_is_a_track),
	T(complete_slices_nest_in_every_order),
	T(many_complete_slices_all_come_out),
	T(an_end_whose_begin_is_lost_is_a_whole_slice),
	T(the_callers_own_time_is_the_time_and_one_before_zero_a_note),
	T(cpu_time_is_a_counter_of_the_thread),
	T(a_loss_is_a_slice_on_the_thread_that_lost),
	T(packets_that_never_came_are_said_by_the_next_one),
	T(what_is_told_is_bounded_and_told_anew),
	T(a_very_long_name_is_written_out),
	T(an_empty_trace_is_one_packet),
	T(the_format_is_chosen_by_name_and_by_extension),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("tool perfetto", cases, argc, argv);
}
