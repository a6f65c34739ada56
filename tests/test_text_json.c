/* SPDX-License-Identifier: MIT
 * test_text_json.c - JSON that an application hands over: checked and copied.
 */
#include "format/text.h"
#include "tests/random_help.h"
#include "tests/test.h"

#include <json-c/json.h>
#include <stdlib.h>

/* What the copy says, or "refused". Both texts lie in memory of exactly their size, so that a
 * sanitizer sees one byte too many. */
static const char *json_bytes(const void *text, size_t size)
{
	static char out[4096];
	char *to = malloc(3 * size + !size), *from = malloc(size + !size), *end;

	memcpy(from, text, size);
	end = rill_text_json(to, from, size);
	strcpy(out, "refused");
	if (end) {
		memcpy(out, to, (size_t)(end - to));
		out[end - to] = 0;
	}
	free(from);
	free(to);
	return out;
}

static const char *json(const char *text)
{
	return json_bytes(text, strlen(text));
}

static void json_is_copied_without_white_space(void)
{
	CU_ASSERT_STRING_EQUAL(json("[42,42]"), "[42,42]");
	CU_ASSERT_STRING_EQUAL(json(" { \"a\" : [ 1 ,\n\t2 ] , \"b c\" : { } } \r\n"),
			       "{\"a\":[1,2],\"b c\":{}}");
	CU_ASSERT_STRING_EQUAL(json("\" a  b \""), "\" a  b \"");
	CU_ASSERT_STRING_EQUAL(json("true"), "true");
	CU_ASSERT_STRING_EQUAL(json("[true,false,null]"), "[true,false,null]");
	CU_ASSERT_STRING_EQUAL(json("-0.5e-10"), "-0.5e-10");
	CU_ASSERT_STRING_EQUAL(json("[0,-1,1E5,1.25e+3]"), "[0,-1,1E5,1.25e+3]");
	CU_ASSERT_STRING_EQUAL(json("\"\\u00e9\\n\\/\\\"\""), "\"\\u00e9\\n\\/\\\"\"");
}

static void what_is_not_json_is_refused(void)
{
	static const char *const bad[] = { "",          " ",           "nul",
					   "nulll",     "True",        "NaN",
					   "Infinity",  "-",           "+1",
					   "01",        "1.",          ".5",
					   "1e",        "1e+",         "0x1",
					   "1 2",       "[",           "]",
					   "[1",        "[1,]",        "[,1]",
					   "[1 2]",     "{",           "}",
					   "{\"a\"}",   "{\"a\":}",    "{\"a\":1,}",
					   "{a:1}",     "{1:2}",       "{\"a\":1 \"b\":2}",
					   "[1}",       "{\"a\":1]",   "\"",
					   "\"a",       "\"\\\"",      "\"\\x\"",
					   "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"",
					   "\"\t\"",    "'a'",         "[1]]",
					   "{}{}",      "1,2",         "// a\n1",
					   "[1]x",      "\"\\",        "\"\\u",
					   "-a",        "[-]",         "\xef\xbb\xbf\x31" };

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		CU_ASSERT_STRING_EQUAL(json(bad[i]), "refused");
	CU_ASSERT_STRING_EQUAL(json_bytes("1\0", 2), "refused");
	CU_ASSERT_STRING_EQUAL(json_bytes("\"a\0b\"", 5), "refused");
	CU_ASSERT_STRING_EQUAL(json_bytes("\"\\\0\"", 4), "refused");
}

static void surrogate_escapes_in_json_become_characters(void)
{
	CU_ASSERT_STRING_EQUAL(json("\"\\ud83d\\ude00\""), "\"😀\"");
	CU_ASSERT_STRING_EQUAL(json("\"\\uD83D\\uDE00!\""), "\"😀!\"");
	CU_ASSERT_STRING_EQUAL(json("\"\\ud83d\""), "\"" RILL_TEXT_REPLACEMENT "\"");
	CU_ASSERT_STRING_EQUAL(json("\"\\ude00\\ud83d\""),
			       "\"" RILL_TEXT_REPLACEMENT RILL_TEXT_REPLACEMENT "\"");
	CU_ASSERT_STRING_EQUAL(json("\"\\ud83dx\""), "\"" RILL_TEXT_REPLACEMENT "x\"");
	CU_ASSERT_STRING_EQUAL(json("\"\\udbff\\udfff\""), "\"\xf4\x8f\xbf\xbf\"");
	CU_ASSERT_STRING_EQUAL(json("{\"\\ud800\":\"\xff\"}"),
			       "{\"" RILL_TEXT_REPLACEMENT "\":\"" RILL_TEXT_REPLACEMENT "\"}");
}

static void json_may_nest_so_deep_and_no_deeper(void)
{
	char text[400];

	for (int depth = 60; depth < 70; depth++) {
		memset(text, '[', (size_t)depth);
		memset(text + depth, ']', (size_t)depth);
		CU_ASSERT_EQUAL(strcmp(json_bytes(text, 2 * (size_t)depth), "refused") != 0,
				depth <= RILL_TEXT_JSON_DEPTH_MAX);
	}
	memset(text, '[', sizeof text);
	CU_ASSERT_STRING_EQUAL(json_bytes(text, sizeof text), "refused");
	for (int depth = 0; depth < 64; depth++)
		memcpy(text + 5 * depth, depth % 2 ? "[    " : "{\"\": ", 5);
	CU_ASSERT_STRING_EQUAL(json_bytes(text, 320), "refused");
}

static bool parses(const char *text, size_t size)
{
	struct json_tokener *tokener = json_tokener_new_ex(100);
	struct json_object *parsed;
	bool good;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	parsed = json_tokener_parse_ex(tokener, text, (int)size);
	good = json_tokener_get_error(tokener) == json_tokener_success;
	json_object_put(parsed);
	json_tokener_free(tokener);
	return good;
}

/* Whatever mutation of JSON is let through is still JSON, on one line, and copying it again
 * changes nothing. */
static void mutated_json_is_refused_or_still_json(void)
{
	static const char good[] =
		"{\"a\":[1,-2.5e3,true,null,\"x\\n\\u00e9\\ud83d\\ude00\"],\"b\":{\"c\":[],"
		"\"d\":{}}}";
	unsigned taken = 0;

	seed = 7;
	for (int i = 0; i < 200000; i++) {
		char text[sizeof good], first[4 * sizeof good];
		size_t size = sizeof good - 1;

		memcpy(text, good, sizeof good);
		for (uint64_t n = next() % 3; n < 3; n++) {
			const size_t at = next() % size;

			if (next() % 3)
				text[at] = next() % 2 ? "{}[]\",:\\u0e-1 \n"[next() % 15]
						      : (char)next();
			else
				size = at + 1;
		}
		strcpy(first, json_bytes(text, size));
		if (!strcmp(first, "refused"))
			continue;
		taken++;
		CU_ASSERT_FATAL(parses(first, strlen(first) + 1));
		CU_ASSERT_PTR_NULL_FATAL(strpbrk(first, "\n\r\t"));
		CU_ASSERT_STRING_EQUAL_FATAL(json(first), first);
	}
	CU_ASSERT(taken > 1000);
}

static const struct test_case cases[] = {
	T(json_is_copied_without_white_space),
	T(what_is_not_json_is_refused),
	T(surrogate_escapes_in_json_become_characters),
	T(json_may_nest_so_deep_and_no_deeper),
	T(mutated_json_is_refused_or_still_json),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("text_json", cases, argc, argv);
}
