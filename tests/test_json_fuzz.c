/* SPDX-License-Identifier: MIT
 * test_json_fuzz.c - random events with hostile texts: always one line, always strict JSON, and
 * the same event when it is read back.
 */
#include "tests/json_help.h"
#include "tests/random_help.h"

#include <math.h>
#include <stdio.h>

static uint64_t below(uint64_t limit)
{
	return next() % limit;
}

enum { TEXT_MAX = 64, ARGS_MAX = 20 };

struct subject {
	struct rill_event event;
	struct rill_thread thread;
	struct rill_value values[ARGS_MAX];
	char category[TEXT_MAX], name[TEXT_MAX], scope[TEXT_MAX], keys[ARGS_MAX][TEXT_MAX],
		texts[ARGS_MAX][TEXT_MAX];
};

/* Clean, nearly clean, UTF-8 with faults, or plain rubbish; without NUL when it is to be a C
 * string. */
static size_t random_text(char *text, bool c_string)
{
	static const char *const pieces[] = {
		"\"",           "\\",       "\n",         "\x1f",     "\x7f",     "é",
		"漢",           "😀",        "\xc3",       "\xe6\xbc", "\xf0\x9f", "\xff",
		"\xed\xa0\x80", "\xc0\x80", "plain text", "a",        "/",        "\x80",
		"\xe2\x80\xa8"
	};
	const uint64_t style = below(3);
	size_t size = 0;
	const size_t wanted = below(TEXT_MAX - 12);

	while (size < wanted) {
		if (style == 0) {
			text[size++] = (char)('a' + below(26));
		} else if (style == 1) {
			const char *piece = pieces[below(sizeof pieces / sizeof pieces[0])];

			memcpy(text + size, piece, strlen(piece));
			size += strlen(piece);
		} else {
			text[size++] = (char)(c_string ? 1 + below(255) : below(256));
		}
	}
	text[size] = 0;
	return size;
}

static double random_double(void)
{
	static const double odd[] = { 0,   -0.0,  NAN,    INFINITY, -INFINITY,
				      0.1, 1e100, 5e-324, 1e15,     21.37 };
	const uint64_t bits = next();
	double value;

	if (below(2))
		return odd[below(sizeof odd / sizeof odd[0])];
	memcpy(&value, &bits, sizeof value);
	return value;
}

static void random_value(struct subject *s, unsigned i)
{
	static const char *const json[] = { "[1, 2]", "{\"a\" : {\"b\":\n null}}",
					    "tru",    "\"\\ud83d\\ude00\"",
					    "1e5",    "",
					    "{",      "\"\xff\"" };
	struct rill_value *v = &s->values[i];

	*v = (struct rill_value){ .name = s->keys[i],
				  .type = (uint8_t)(1 + below(RILL_TYPE_JSON)) };
	random_text(s->keys[i], true);
	if (v->type <= RILL_TYPE_I64) {
		v->i = (int64_t)next() >> below(64);
	} else if (v->type <= RILL_TYPE_U64 || v->type == RILL_TYPE_POINTER) {
		v->u = next() >> below(64);
	} else if (v->type == RILL_TYPE_BOOL) {
		v->u = below(2);
	} else if (v->type <= RILL_TYPE_F64) {
		v->d = random_double();
		if (v->type == RILL_TYPE_F32)
			v->d = (double)(float)v->d;
	} else if (v->type == RILL_TYPE_JSON && below(2)) {
		v->text = json[below(sizeof json / sizeof json[0])];
		v->size = (uint32_t)strlen(v->text);
	} else {
		v->text = s->texts[i];
		v->size = (uint32_t)random_text(s->texts[i], false);
		v->cut = !below(4);
		if (!below(8)) {
			v->null = 1;
			v->size = 0;
			v->text = "";
		}
	}
}

static void random_event(struct subject *s, char phase)
{
	memset(s, 0, sizeof *s);
	s->thread = (struct rill_thread){ .tid = (uint32_t)below(4),
					  .serial = (uint32_t)below(4),
					  .name = "" };
	random_text(s->category, true);
	random_text(s->name, true);
	random_text(s->scope, true);
	s->event = (struct rill_event){ .phase = phase,
					.category = s->category,
					.name = s->name,
					.scope = below(2) ? s->scope : NULL,
					.ts_ns = next() >> below(64),
					.begin_ns = next() >> below(64),
					.own_time_us = (int64_t)next() >> below(64),
					.thread_time_ns = next() >> below(64),
					.id = next() >> below(64),
					.bind_id = next() >> below(64),
					.pid = (uint32_t)next(),
					.tid = below(2) ? s->thread.tid : (uint32_t)next(),
					.flags = (uint32_t)next(),
					/* not of a scope: its end also writes the lost ends of scopes inside */
					.state = (uint16_t)next() & (uint16_t)~RILL_EVENT_SCOPE,
					.level = (uint8_t)below(3),
					.args = s->values,
					.nargs = (uint8_t)below(ARGS_MAX),
					.thread = below(8) ? &s->thread : NULL };
	for (unsigned i = 0; i < s->event.nargs; i++)
		random_value(s, i);
}

/* ---- what a text should read back as, by a decoder that shares nothing with the writer ----- */

static size_t utf8_reference(char *to, const char *text, size_t size)
{
	const uint8_t *at = (const uint8_t *)text;
	size_t made = 0;

	while (size) {
		static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
		const unsigned want = *at < 0x80       ? 1
				      : *at >> 5 == 6  ? 2
				      : *at >> 4 == 14 ? 3
				      : *at >> 3 == 30 ? 4
						       : 0;
		uint32_t code = want < 2 ? *at : *at & (0x7fu >> want);
		unsigned taken = want ? 1 : 0;

		/* Takes a byte as long as some character could still come of it. */
		while (taken && taken < want && taken < size && at[taken] >> 6 == 2) {
			const unsigned rest = 6 * (want - taken - 1);
			const uint32_t low = (code << 6 | (at[taken] & 0x3f)) << rest,
				       high = low + (1u << rest) - 1;

			if (high < least[want] || low > 0x10ffff ||
			    (low >= 0xd800 && high <= 0xdfff))
				break;
			code = low >> rest;
			taken++;
		}
		if (want && taken == want && code >= least[want] && code <= 0x10ffff &&
		    !(code >= 0xd800 && code <= 0xdfff)) {
			memcpy(to + made, at, want);
			made += want;
		} else {
			memcpy(to + made, "\xef\xbf\xbd", 3);
			made += 3;
			if (want >= 2 && (want == 2 ? *at < 0xc2 : *at > 0xf4))
				taken = 1;
		}
		at += taken ? taken : 1;
		size -= taken ? taken : 1;
	}
	return made;
}

static void text_is(struct json_object *object, const char *text, size_t size)
{
	char want[4 * TEXT_MAX];
	const size_t length = utf8_reference(want, text, size);

	CU_ASSERT_FATAL(json_object_is_type(object, json_type_string));
	CU_ASSERT_EQUAL_FATAL((size_t)json_object_get_string_len(object), length);
	CU_ASSERT_FATAL(!memcmp(json_object_get_string(object), want, length));
}

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *found = NULL;

	CU_ASSERT_FATAL(json_object_object_get_ex(object, key, &found));
	return found;
}

static void value_is(struct json_object *object, const struct rill_value *value)
{
	char want[40];

	switch (value->type) {
	case RILL_TYPE_I8: case RILL_TYPE_I16: case RILL_TYPE_I32: case RILL_TYPE_I64:
		CU_ASSERT_EQUAL_FATAL(json_object_get_int64(object), value->i);
		break;
	case RILL_TYPE_U8: case RILL_TYPE_U16: case RILL_TYPE_U32: case RILL_TYPE_U64:
		CU_ASSERT_EQUAL_FATAL(json_object_get_uint64(object), value->u);
		break;
	case RILL_TYPE_BOOL:
		CU_ASSERT_FATAL(json_object_is_type(object, json_type_boolean));
		CU_ASSERT_EQUAL_FATAL(json_object_get_boolean(object), (int)value->u);
		break;
	case RILL_TYPE_F32: case RILL_TYPE_F64:
		CU_ASSERT_EQUAL_FATAL(json_object_is_type(object, json_type_double),
				      !!isfinite(value->d));
		if (isfinite(value->d) && value->type == RILL_TYPE_F64)
			CU_ASSERT_FATAL(json_object_get_double(object) == value->d);
		if (isfinite(value->d) && value->type == RILL_TYPE_F32)
			CU_ASSERT_FATAL((float)json_object_get_double(object) == (float)value->d);
		break;
	case RILL_TYPE_POINTER:
		snprintf(want, sizeof want, "0x%llx", (unsigned long long)value->u);
		CU_ASSERT_STRING_EQUAL_FATAL(json_object_get_string(object), want);
		break;
	case RILL_TYPE_STRING: case RILL_TYPE_COPY:
		if (value->null)
			CU_ASSERT_STRING_EQUAL_FATAL(json_object_get_string(object), "NULL")
		else if (!value->cut)
			text_is(object, value->text, value->size);
		break;
	default:
		break;
	}
}

/* Two keys that were different bytes may have become the same text, or be the same: then only
 * validity counts. */
static bool distinct_keys(const struct rill_event *event)
{
	char one[4 * TEXT_MAX], other[4 * TEXT_MAX];

	for (unsigned i = 0; i < event->nargs; i++) {
		const size_t size =
			utf8_reference(one, event->args[i].name, strlen(event->args[i].name));

		for (unsigned k = 0; k < i; k++)
			if (utf8_reference(other, event->args[k].name,
					   strlen(event->args[k].name)) == size &&
			    !memcmp(one, other, size))
				return false;
	}
	return true;
}

static void reads_back(struct subject *s, struct json_object *object)
{
	const struct rill_event *e = &s->event;
	struct json_object *args = member(object, "args"), *last = NULL;

	text_is(member(object, "cat"), s->category, strlen(s->category));
	text_is(member(object, "name"), s->name, strlen(s->name));
	member(object, "pid");
	member(object, "tid");
	member(object, "ts");
	member(object, "ph");
	json_object_object_foreach(object, shown, value) {
		(void)shown;
		last = value;
	}
	CU_ASSERT_PTR_EQUAL_FATAL(last, args);
	if (e->phase == 'C' || !distinct_keys(e))
		return;
	if (e->phase == 'O')	/* no random key is "snapshot" */
		args = member(args, "snapshot");
	CU_ASSERT_EQUAL_FATAL(json_object_object_length(args), e->nargs);
	for (unsigned i = 0; i < e->nargs; i++) {
		char key[4 * TEXT_MAX];

		key[utf8_reference(key, e->args[i].name, strlen(e->args[i].name))] = 0;
		value_is(member(args, key), &e->args[i]);
	}
}

static void any_event_is_one_line_of_strict_json_and_reads_back_the_same(void)
{
	static const char phases[] = "BEIRCPSTFpbnestfNODMvVc()=XYi";
	static struct subject s;

	INIT();
	seed = 11;
	for (int i = 0; i < 25000; i++) {
		struct json_object *object;

		random_event(&s, below(8) ? phases[below(sizeof phases - 1)] : (char)next());
		object = help_line(help_event(&s.event));
		reads_back(&s, object);
		json_object_put(object);
	}
}

static void kept_texts_are_the_same_as_fresh_ones(void)
{
	static struct subject s;
	static char fresh[1 << 16];

	INIT(.sites_max = 16);
	seed = 12;
	for (int i = 0; i < 10000; i++) {
		random_event(&s, "BEIC"[below(4)]);
		strcpy(fresh, help_event(&s.event));
		s.event.state &= (uint16_t)~RILL_EVENT_DYNAMIC;
		s.event.site = 1 + (uint32_t)i;	/* an id stands for one site only */
		for (int again = 0; again < 2; again++)
			if (!(s.event.state & RILL_EVENT_DYNAMIC))
				CU_ASSERT_STRING_EQUAL_FATAL(help_event(&s.event), fresh);
	}
}

/* Scopes that nest, end, or lose their begin or end at random: in any state each line is whole,
 * no slice is written twice and none is forgotten. */
static void slices_of_random_programs_close_their_books(void)
{
	static const struct rill_thread threads[3] = { { .tid = 1, .serial = 1 },
						       { .tid = 2, .serial = 2 },
						       { .tid = 3, .serial = 67 } };
	uint64_t stack[3][64], now = 1000, begins = 0, xs = 0, bs = 0, es = 0;
	unsigned depth[3] = { 0 };
	char *end;

	INIT(.slices = true, .open_max = 16);
	seed = 13;
	for (int i = 0; i < 50000; i++) {
		const unsigned t = (unsigned)below(3);
		struct rill_event *e = EVENT('B', .thread = &threads[t], .tid = threads[t].tid,
					     .ts_ns = now += 1 + below(9000),
					     .state = RILL_EVENT_SCOPE, .site = 1);

		if (depth[t] < 20 && below(2)) {
			stack[t][depth[t]++] = now;
			if (!below(10))
				continue;	/* begin lost */
			begins++;
		} else if (depth[t]) {
			e->phase = 'E';
			e->state |= RILL_EVENT_HAS_BEGIN;
			e->begin_ns = stack[t][--depth[t]];
			if (!below(10))
				continue;	/* end lost */
		} else {
			continue;
		}
		for (const char *line = help_event(e); *line; line = strchr(line, '\n') + 1) {
			char one[400];

			snprintf(one, sizeof one, "%.*s", (int)(strchr(line, '\n') + 1 - line),
				 line);
			json_object_put(help_line(one));
			xs += !!strstr(one, "\"ph\":\"X\"");
			bs += !!strstr(one, "\"ph\":\"B\"");
			es += !!strstr(one, "\"ph\":\"E\"");
		}
	}
	while ((end = rill_json_open_slice(&help_json, help_text)) != help_text) {
		*end = 0;
		json_object_put(help_line(help_text));
		bs++;
	}
	CU_ASSERT_EQUAL(xs + bs, begins);
	CU_ASSERT(xs > 1000 && es > 0);
}

static const struct test_case cases[] = {
	T(any_event_is_one_line_of_strict_json_and_reads_back_the_same),
	T(kept_texts_are_the_same_as_fresh_ones),
	T(slices_of_random_programs_close_their_books),
};

int main(int argc, char **argv)
{
	const int result = TEST_MAIN("json_fuzz", cases, argc, argv);

	rill_json_exit(&help_json);
	return result;
}
