/* SPDX-License-Identifier: MIT
 * truth.c - events that are known beforehand, as rill packets, and beside them what they are, in words that are nobody's format.
 *
 * truth TAPE TRUTH COUNT: TAPE gets the packets, TRUTH a line for each event, its fields between tabs: phase, time,
 * begin (ns), pid, tid, category, name, id, bind id, then three for each argument: name, type, value. Texts and bytes are in
 * hex, numbers in decimal, floats are their bits. COUNT 0: a program instead, that emits 3 x 2000 events through a session of its
 * own (TAPE is its file) and writes for each: thread, number, and the times before and behind the call.
 */
#include "tests/packet_tape.h"
#include "tests/random_help.h"

#include <inttypes.h>
#include <pthread.h>
#include <rill/clock.h>
#include <rill/trace.h>

static FILE *truth;

static void put_hex(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	fputc('\t', truth);
	for (size_t i = 0; i < size; i++)
		fprintf(truth, "%02x", at[i]);
}

/* ---- values --------------------------------------------------------------------------------------- */

enum { TEXT_MAX = 60, ARGS_MAX = 6 };
static char room[ARGS_MAX][TEXT_MAX + 1];

/* All lengths, ends of their ranges among them. */
static uint64_t any_bits(void)
{
	const uint64_t bits = next() >> next() % 64;

	return next() % 8 ? bits : next() % 2 ? UINT64_MAX : next() % 2 ? (uint64_t)1 << 63 : 0;
}

static void make_text(struct rill_value *v, char *text)
{
	static const char *const pieces[] = { "a", "\"", "\\", "\n", "\t", "\1", "\177", "/", "\xc3\xa9", "\xe6\xbc\xa2",
					      "\xf0\x9f\x98\x80", "\xff", "\xe2\x82", "\xc0\x80", "\xed\xa0\x80",
					      "\xe2\x80\xa8", "</script>", "%s%n", "0" };
	const unsigned count = (unsigned)(next() % 8);

	for (unsigned i = 0; i < count; i++) {
		const char *const piece = pieces[next() % (sizeof pieces / sizeof *pieces)];

		if (v->size + strlen(piece) < TEXT_MAX) {
			memcpy(text + v->size, piece, strlen(piece));
			v->size += (uint32_t)strlen(piece);
		}
	}
	text[v->size] = '\0';
	v->text = text;
	v->null = next() % 12 == 0;
	if (v->null)
		v->size = 0;
}

static void make_number(struct rill_value *v)
{
	static const double special[] = { 0.0, -0.0, 1e23, 5e-324, 1.7976931348623157e308, 0.1, 123456789.125, -1.5e-7 };
	const uint64_t bits = any_bits();
	const unsigned width = v->type <= RILL_TYPE_I64 ? v->type - RILL_TYPE_I8 : v->type - RILL_TYPE_U8;
	float narrow;

	v->u = bits;
	if (v->type <= RILL_TYPE_I64)
		v->i = (int64_t)(bits << (64 - (8 << width))) >> (64 - (8 << width));
	else if (v->type <= RILL_TYPE_U64)
		v->u = bits << (64 - (8 << width)) >> (64 - (8 << width));
	else if (v->type == RILL_TYPE_BOOL)
		v->u = bits & 1;
	else if (v->type != RILL_TYPE_POINTER)
		memcpy(&v->d, &bits, sizeof v->d);
	if (v->type == RILL_TYPE_F64 && next() % 3 == 0)
		v->d = special[next() % 8];
	if (v->type == RILL_TYPE_F32) {
		memcpy(&narrow, &bits, sizeof narrow);
		if (next() % 3 == 0)
			narrow = (float)(int32_t)(bits & 0xfffff) / 8;
		v->d = (double)narrow;
	}
}

static void make_json(struct rill_value *v, char *text)
{
	static const char *const texts[] = { "{\"a\":[1,2.5,null,true,{\"b\":\"\\u00e9\"}]}", "[]", "\"text\"", "-12e3", "{}",
					     "18446744073709551615", "{broken", "", "nul" };

	v->text = strcpy(text, texts[next() % 9]);
	v->size = (uint32_t)strlen(text);
}

static void make_value(struct rill_value *v, unsigned i, bool number)
{
	static const char *const names[ARGS_MAX] = { "a", "b", "\xc3\xa9 \"x\"", "a long name of an argument", "", "ph" };
	const uint8_t last = number ? RILL_TYPE_U64 : RILL_TYPE_JSON;

	*v = (struct rill_value){ .name = names[i], .type = (uint8_t)(1 + next() % last) };
	if (v->type == RILL_TYPE_JSON)
		make_json(v, room[i]);
	else if (v->type >= RILL_TYPE_STRING && v->type != RILL_TYPE_BLOB)
		make_text(v, room[i]);
	else if (v->type != RILL_TYPE_BLOB)
		make_number(v);
	else {
		v->size = (uint32_t)(next() % 40);
		for (unsigned n = 0; n < v->size; n++)
			room[i][n] = (char)next();
		v->text = room[i];
	}
}

static void put_value(const struct rill_value *v)
{
	static const char *const types[] = { "", "i", "i", "i", "i", "u", "u", "u", "u", "bool", "f32", "f64", "pointer",
					     "text", "text", "bytes", "json" };
	const float narrow = v->type == RILL_TYPE_F32 ? (float)v->d : 0;

	put_hex(v->name, strlen(v->name));
	fprintf(truth, "\t%s", v->null ? "null" : types[v->type]);
	if (v->type <= RILL_TYPE_I64)
		fprintf(truth, "\t%" PRId64, v->i);
	else if (v->type == RILL_TYPE_F32)
		put_hex(&narrow, sizeof narrow);
	else if (v->type == RILL_TYPE_F64)
		put_hex(&v->d, sizeof v->d);
	else if (v->type < RILL_TYPE_STRING)
		fprintf(truth, "\t%" PRIu64, v->u);
	else
		put_hex(v->text, v->size);
}

/* ---- events --------------------------------------------------------------------------------------- */

/* Phases with an id carry one; instants and counters, scopes whose ends say when they began. */
static struct rill_event make_event(uint64_t ts_ns, uint64_t *open_ns, const struct rill_value *values)
{
	static const char phases[] = "IIIbnestfCXPNOD";
	static const char *const names[] = { "read", "", "\xe6\xbc\xa2 \"q\"", "with\nline", "tick" };
	const char phase = phases[next() % (sizeof phases - 1)];
	struct rill_event e = EVENT(phase, .ts_ns = ts_ns, .args = values, .name = names[next() % 5],
				    .category = next() % 2 ? "net" : "disk,\"x\"", .flags = RILL_FLAG_SCOPE_THREAD);

	e.thread = next() % 3 ? &help_main : &help_worker;
	e.tid = e.thread->tid;
	e.site = 0;
	if (strchr("bnestfPNOD", phase)) {
		e.flags = RILL_FLAG_HAS_ID;
		e.id = any_bits();
	}
	if (phase == 'X') {
		e.state = RILL_EVENT_HAS_BEGIN;
		e.begin_ns = ts_ns - next() % 1000000;
	}
	if (next() % 5 == 0) { /* a scope of its own thread */
		e.phase = *open_ns ? 'E' : 'B';
		e.state = RILL_EVENT_SCOPE | (*open_ns ? RILL_EVENT_HAS_BEGIN : 0);
		e.flags = 0;
		e.id = 0;
		e.name = "scope";
		e.category = "net";
		e.thread = &help_worker;
		e.tid = help_worker.tid;
		e.begin_ns = *open_ns;
		*open_ns = *open_ns ? 0 : ts_ns;
	}
	if (e.phase == 'B' && next() % 2) {
		e.flags |= RILL_FLAG_FLOW_OUT;
		e.bind_id = any_bits();
	}
	return e;
}

static void put_event(const struct rill_event *e)
{
	fprintf(truth, "%c\t%" PRIu64 "\t%" PRIu64 "\t%u\t%u", e->phase, e->ts_ns, e->begin_ns, e->pid, e->tid);
	put_hex(e->category, strlen(e->category));
	put_hex(e->name, strlen(e->name));
	fprintf(truth, "\t%" PRIu64 "\t%" PRIu64, e->flags & RILL_FLAG_HAS_ID ? e->id : 0, e->bind_id);
	for (unsigned i = 0; i < e->nargs; i++)
		put_value(&e->args[i]);
	fputc('\n', truth);
}

static bool write_tape(const char *path, unsigned count)
{
	uint64_t ts_ns = UINT64_C(4000000000000000), open_ns = 0;
	struct rill_value values[ARGS_MAX];
	struct rill_event e;
	FILE *file;
	bool good = true;

	help_begin(4096, RILL_PACKET_MAX, 0);
	for (unsigned n = 0; n < count; n++) {
		ts_ns += next() % 4 ? next() % 2000 : next() % 3 ? 0 : next() >> 24;
		e = make_event(ts_ns, &open_ns, values);
		e.nargs = (uint8_t)(e.phase == 'E' ? 0 : next() % (ARGS_MAX + 1));
		if (e.phase == 'C' && !e.nargs)
			e.nargs = 1;
		for (unsigned i = 0; i < e.nargs; i++)
			make_value(&values[i], i, e.phase == 'C');
		good &= help_event(&e) == 0;
		put_event(&e);
	}
	help_send(RILL_PACKET_LAST);
	file = fopen(path, "wb");
	return file && fwrite(tape.bytes, 1, tape.size, file) == tape.size && fclose(file) == 0 && good;
}

/* ---- a program ------------------------------------------------------------------------------------- */

enum { THREADS = 3, EACH = 2000 };
static uint64_t moments[THREADS][EACH][2];

static void *emit(void *arg)
{
	uint64_t(*const mine)[2] = arg;
	const int64_t thread = (int64_t)(mine - moments[0]) / EACH;

	for (int64_t n = 0; n < EACH; n++) {
		mine[n][0] = rill_clock_ns();
		RILL_INSTANT("truth", "step", "thread", thread, "n", n, "half", (double)n / 2);
		mine[n][1] = rill_clock_ns();
	}
	return NULL;
}

static bool run_program(const char *path)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *session;
	pthread_t threads[THREADS];

	options.file = path;
	options.filter = "truth";
	if (rill_session_start(&options, &session) < 0)
		return false;
	for (unsigned i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, emit, moments[i]))
			return false;
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < THREADS; i++)
		for (unsigned n = 0; n < EACH; n++)
			fprintf(truth, "%u\t%u\t%" PRIu64 "\t%" PRIu64 "\n", i, n, moments[i][n][0], moments[i][n][1]);
	return rill_session_stop(session) == 0;
}

int main(int argc, char **argv)
{
	const unsigned count = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
	bool good;

	truth = argc == 4 ? fopen(argv[2], "w") : NULL;
	if (!truth)
		return 2;
	seed = 20;
	good = count ? write_tape(argv[1], count) : run_program(argv[1]);
	return fclose(truth) != 0 || !good;
}
