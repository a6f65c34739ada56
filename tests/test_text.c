/* SPDX-License-Identifier: MIT
 * test_text.c - numbers and strings as text.
 */
#include "format/text.h"
#include "tests/random_help.h"
#include "tests/test.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The text a function made, in memory of exactly the promised size, so that a sanitizer sees
 * one byte too many. */
static char out[4096];

static const char *done(char *from, const char *end, size_t max)
{
	const size_t size = (size_t)(end - from);

	CU_ASSERT(size <= max);
	memcpy(out, from, size);
	out[size] = 0;
	free(from);
	return out;
}

static const char *u64(uint64_t value)
{
	char *to = malloc(RILL_TEXT_U64_MAX);

	return done(to, rill_text_u64(to, value), RILL_TEXT_U64_MAX);
}

static const char *i64(int64_t value)
{
	char *to = malloc(RILL_TEXT_U64_MAX);

	return done(to, rill_text_i64(to, value), RILL_TEXT_U64_MAX);
}

static const char *hex(uint64_t value)
{
	char *to = malloc(RILL_TEXT_HEX_MAX);

	return done(to, rill_text_hex(to, value), RILL_TEXT_HEX_MAX);
}

static const char *dbl(double value)
{
	char *to = malloc(RILL_TEXT_DOUBLE_MAX);

	return done(to, rill_text_double(to, value), RILL_TEXT_DOUBLE_MAX);
}

static const char *flt(float value)
{
	char *to = malloc(RILL_TEXT_DOUBLE_MAX);

	return done(to, rill_text_float(to, value), RILL_TEXT_DOUBLE_MAX);
}

static const char *escaped_bytes(const void *text, size_t size)
{
	char *to = malloc(size * RILL_TEXT_ESCAPE_MAX + 1), *from = malloc(size + 1);
	const char *made;

	memcpy(from, text, size);
	made = done(to, rill_text_escaped(to, from, size), size * RILL_TEXT_ESCAPE_MAX);
	free(from);
	return made;
}
#define ESCAPED(literal) escaped_bytes(literal, sizeof(literal) - 1)

/* ---- numbers ------------------------------------------------------------------------------- */

static void whole_numbers_are_those_of_printf(void)
{
	char want[32];

	seed = 1;
	for (int i = 0; i < 200000; i++) {
		const uint64_t value = next() >> (next() % 64);

		snprintf(want, sizeof want, "%" PRIu64, value);
		CU_ASSERT_STRING_EQUAL_FATAL(u64(value), want);
		snprintf(want, sizeof want, "%" PRId64, (int64_t)value);
		CU_ASSERT_STRING_EQUAL_FATAL(i64((int64_t)value), want);
		snprintf(want, sizeof want, "0x%" PRIx64, value);
		CU_ASSERT_STRING_EQUAL_FATAL(hex(value), want);
	}
}

static void whole_numbers_are_right_beside_every_power_of_ten_and_two(void)
{
	char want[32];

	for (int bit = 0; bit < 84; bit++) {
		const uint64_t near = bit < 64 ? UINT64_C(1) << bit : rill_text_powers[bit - 64];

		for (uint64_t value = near - 1; value != near + 2; value++) {
			snprintf(want, sizeof want, "%" PRIu64, value);
			CU_ASSERT_STRING_EQUAL(u64(value), want);
			snprintf(want, sizeof want, "%" PRId64, -(int64_t)(value >> 1));
			CU_ASSERT_STRING_EQUAL(i64(-(int64_t)(value >> 1)), want);
			snprintf(want, sizeof want, "0x%" PRIx64, value);
			CU_ASSERT_STRING_EQUAL(hex(value), want);
		}
	}
	CU_ASSERT_STRING_EQUAL(u64(0), "0");
	CU_ASSERT_STRING_EQUAL(u64(UINT64_MAX), "18446744073709551615");
	CU_ASSERT_STRING_EQUAL(i64(INT64_MIN), "-9223372036854775808");
	CU_ASSERT_STRING_EQUAL(hex(0), "0x0");
}

static void doubles_look_as_people_write_them(void)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = { { 0.0, "0.0" },
		      { -0.0, "-0.0" },
		      { 1, "1.0" },
		      { -1, "-1.0" },
		      { 100, "100.0" },
		      { 0.1, "0.1" },
		      { 0.2, "0.2" },
		      { 0.1 + 0.2, "0.30000000000000004" },
		      { 21.37, "21.37" },
		      { -2.5, "-2.5" },
		      { 0.1234567891, "0.1234567891" },
		      { 3.141592653589793, "3.141592653589793" },
		      { 1e-5, "0.00001" },
		      { 1.25e-5, "0.0000125" },
		      { 1e-6, "1e-06" },
		      { 1.5e-7, "1.5e-07" },
		      { 1e15, "1000000000000000.0" },
		      { 1e16, "10000000000000000.0" },
		      { 1e17, "1e+17" },
		      { 123456789012345678.0, "1.2345678901234568e+17" },
		      { 9007199254740993.0, "9007199254740992.0" },
		      { 1e100, "1e+100" },
		      { -1e100, "-1e+100" },
		      { 1e22, "1e+22" },
		      { 1e23, "1e+23" },
		      { 1.7976931348623157e308, "1.7976931348623157e+308" },
		      { 2.2250738585072014e-308, "2.2250738585072014e-308" },
		      { 5e-324, "5e-324" },
		      { 1e-310, "1e-310" },
		      { 999999999999999.0, "999999999999999.0" },
		      { 99999.9999, "99999.9999" },
		      { NAN, "\"NaN\"" },
		      { -NAN, "\"NaN\"" },
		      { INFINITY, "\"Infinity\"" },
		      { -INFINITY, "\"-Infinity\"" } };

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		CU_ASSERT_STRING_EQUAL(dbl(cases[i].value), cases[i].text);
}

static void floats_are_as_short_as_floats_need(void)
{
	CU_ASSERT_STRING_EQUAL(flt(0.1f), "0.1");
	CU_ASSERT_STRING_EQUAL(flt(-21.37f), "-21.37");
	CU_ASSERT_STRING_EQUAL(flt(3.0f), "3.0");
	CU_ASSERT_STRING_EQUAL(flt(16777216.0f), "16777216.0");
	CU_ASSERT_STRING_EQUAL(flt(3.4028235e38f), "3.4028235e+38");
	CU_ASSERT_STRING_EQUAL(flt(1e-45f), "1e-45");
	CU_ASSERT_STRING_EQUAL(flt(NAN), "\"NaN\"");
	CU_ASSERT_STRING_EQUAL(flt(-INFINITY), "\"-Infinity\"");
}

static unsigned digits_in(const char *text)
{
	unsigned count = 0, zeros = 0;

	for (; *text && *text != 'e'; text++) {
		if (*text < '0' || *text > '9' || (!count && *text == '0'))
			continue;
		count++;
		zeros = *text == '0' ? zeros + 1 : 0;
	}
	return count - zeros;
}

/* Fewer digits would read back as something else. */
static bool is_shortest(double value, unsigned digits)
{
	char shorter[40];

	if (digits <= 1)
		return true;
	snprintf(shorter, sizeof shorter, "%.*e", (int)digits - 2, value);
	return strtod(shorter, NULL) != value;
}

static void any_bits_of_a_double_read_back_the_same(void)
{
	seed = 2;
	for (int i = 0; i < 1000000; i++) {
		const uint64_t bits = next();
		const char *text;
		double value, back;

		memcpy(&value, &bits, sizeof value);
		if (!isfinite(value))
			continue;
		text = dbl(value);
		back = strtod(text, NULL);
		if (memcmp(&back, &value, sizeof value))
			CU_FAIL_FATAL("not the same");
		if (i < 100000)
			CU_ASSERT_FATAL(is_shortest(value, digits_in(text)));
	}
}

/* Decimals as a program measures them, small exponents, the smallest values. */
static void likely_doubles_read_back_the_same(void)
{
	seed = 3;
	for (int i = 0; i < 300000; i++) {
		double value = (double)(int64_t)(next() >> (next() % 64)) /
			       (double)rill_text_powers[next() % 20];
		double back;

		if (i % 3 == 1)
			value = ldexp((double)(next() >> 11), (int)(next() % 100) - 90);
		else if (i % 3 == 2)
			value = ldexp((double)(next() >> 11), -1074 - (int)(next() % 50));
		back = strtod(dbl(value), NULL);
		if (memcmp(&back, &value, sizeof value))
			CU_FAIL_FATAL("not the same");
		CU_ASSERT_FATAL(is_shortest(value, digits_in(out)));
	}
}

static void any_bits_of_a_float_read_back_the_same(void)
{
	seed = 4;
	for (int i = 0; i < 300000; i++) {
		uint32_t bits = (uint32_t)next();
		float value, back, by_double;

		if (i % 2)
			bits = (bits & 0x87ffffff) + 0x3c000000;	/* 0.008 to 500 */
		memcpy(&value, &bits, sizeof value);
		if (!isfinite(value))
			continue;
		if (i % 3 == 2)
			value = roundf(value * 1000) / 1000;
		if (!isfinite(value))
			continue;
		back = strtof(flt(value), NULL);
		by_double = (float)strtod(out, NULL);
		if (memcmp(&back, &value, sizeof value) || memcmp(&by_double, &value, sizeof value))
			CU_FAIL_FATAL("not the same");
		CU_ASSERT_FATAL(digits_in(out) <= 9);
	}
}

/* A locale with a decimal comma, made for this test where the machine has none. */
static bool set_comma_locale(void)
{
	char folder[] = "/tmp/rill-locale-XXXXXX", command[200];
	bool set = setlocale(LC_ALL, "de_DE.UTF-8");

	if (!set && mkdtemp(folder)) {
		snprintf(command, sizeof command,
			 "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >%s/log 2>&1", folder, folder);
		if (!system(command) && !setenv("LOCPATH", folder, 1))
			set = setlocale(LC_ALL, "de_DE.UTF-8");
		unsetenv("LOCPATH");
		snprintf(command, sizeof command, "rm -r %s", folder);
		CU_ASSERT_EQUAL(system(command), 0);
	}
	return set && !strcmp(localeconv()->decimal_point, ",");
}

static void doubles_ignore_a_locale_with_a_decimal_comma(void)
{
	if (!set_comma_locale()) {
		test_skip(
			"no locale with a decimal comma, and no sources to make one (package "
			"locales has them)");
		return;
	}
	CU_ASSERT_STRING_EQUAL(dbl(0.1 + 0.2), "0.30000000000000004");
	CU_ASSERT_STRING_EQUAL(dbl(1.7976931348623157e308), "1.7976931348623157e+308");
	CU_ASSERT_STRING_EQUAL(dbl(2.5), "2.5");
	CU_ASSERT_STRING_EQUAL(dbl(1e-310), "1e-310");
	CU_ASSERT_STRING_EQUAL(flt(3.4028235e38f), "3.4028235e+38");
	setlocale(LC_ALL, "C");
}

static void numbers_leave_errno_alone(void)
{
	errno = EAGAIN;
	dbl(5e-324);
	CU_ASSERT_EQUAL(errno, EAGAIN);
}

/* ---- strings ------------------------------------------------------------------------------- */

static void W_13_known_control_characters_have_short_escapes(void)
{
	CU_ASSERT_STRING_EQUAL(ESCAPED("\x08\x0c\x0a\x0d\x09\x22\x5c"), "\\b\\f\\n\\r\\t\\\"\\\\");
}

static void W_14_other_control_characters_are_escaped_by_number(void)
{
	CU_ASSERT_STRING_EQUAL(ESCAPED("\x01"), "\\u0001");
	CU_ASSERT_STRING_EQUAL(ESCAPED("\0a\x0b\x1b\x1f"), "\\u0000a\\u000b\\u001b\\u001f");
}

static void W_16_slash_del_and_valid_utf8_stay(void)
{
	CU_ASSERT_STRING_EQUAL(ESCAPED("/\x7f" "é漢😀"), "/\x7f" "é漢😀");
	CU_ASSERT_STRING_EQUAL(ESCAPED("\xf4\x8f\xbf\xbf\xee\x80\x80\xed\x9f\xbf"),
			       "\xf4\x8f\xbf\xbf\xee\x80\x80\xed\x9f\xbf");
}

#define R RILL_TEXT_REPLACEMENT
static void each_invalid_stretch_becomes_one_replacement(void)
{
	CU_ASSERT_STRING_EQUAL(ESCAPED("\xff"), R);
	CU_ASSERT_STRING_EQUAL(ESCAPED("a\x80z"), "a" R "z");
	CU_ASSERT_STRING_EQUAL(ESCAPED("\xc0\x80"), R R);			/* overlong */
	CU_ASSERT_STRING_EQUAL(ESCAPED("\xe0\x80\x80"), R R R);
	CU_ASSERT_STRING_EQUAL(ESCAPED("\xf0\x80\x80\x80"), R R R R);
	CU_ASSERT_STRING_EQUAL(ESCAPED("\xed\xa0\x80"), R R R);			/* a surrogate */
	CU_ASSERT_STRING_EQUAL(ESCAPED("\xf4\x90\x80\x80"), R R R R);		/* above U+10FFFF */
	CU_ASSERT_STRING_EQUAL(ESCAPED("\xf5\xf8\xfe"), R R R);
	CU_ASSERT_STRING_EQUAL(ESCAPED("\xe6\xbc"), R); /* cut: one stretch */
	CU_ASSERT_STRING_EQUAL(ESCAPED("\xf0\x9f\x98"), R);
	CU_ASSERT_STRING_EQUAL(ESCAPED("\xf0\x9f\x98!"), R "!");
	CU_ASSERT_STRING_EQUAL(ESCAPED("\xe6\xbc\xe6\xbc\xa2"), R "漢");
	/* The example of the Unicode standard, table 3-8. */
	CU_ASSERT_STRING_EQUAL(ESCAPED("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"), R R R R "A");
}
#undef R

/* Every byte at every place around the words of 8 that are looked at together. */
static void a_byte_is_treated_alike_wherever_it_stands(void)
{
	for (unsigned c = 0; c < 256; c++) {
		const uint8_t byte = (uint8_t)c;
		char alone[8];

		strcpy(alone, escaped_bytes(&byte, 1));
		for (size_t size = 1; size <= 20; size++) {
			for (size_t at = 0; at < size; at++) {
				char text[20], want[40];

				memset(text, 'x', sizeof text);
				text[at] = (char)byte;
				snprintf(want, sizeof want, "%.*s%s%.*s", (int)at,
					 "xxxxxxxxxxxxxxxxxxxx", alone, (int)(size - at - 1),
					 "xxxxxxxxxxxxxxxxxxxx");
				CU_ASSERT_STRING_EQUAL_FATAL(escaped_bytes(text, size), want);
			}
		}
	}
}

static void whole_words_are_judged_exactly(void)
{
	seed = 5;
	for (int i = 0; i < 200000; i++) {
		uint8_t bytes[8];
		uint64_t word;
		bool plain = true;

		for (int b = 0; b < 8; b++) {
			bytes[b] = (uint8_t)(next() % 4 ? 0x20 + next() % 0x60 : next());
			plain = plain && bytes[b] >= 0x20 && bytes[b] < 0x80 && bytes[b] != '"' &&
				bytes[b] != '\\';
		}
		memcpy(&word, bytes, 8);
		CU_ASSERT_EQUAL_FATAL(rill_text_plain_word(word), plain);
	}
}

static void random_bytes_become_a_string_that_parsers_take(void)
{
	seed = 6;
	for (int i = 0; i < 20000; i++) {
		uint8_t bytes[40];
		const size_t size = next() % sizeof bytes;
		char text[512];
		struct json_tokener *tokener = json_tokener_new();
		struct json_object *parsed;

		for (size_t b = 0; b < size; b++)
			bytes[b] = (uint8_t)(next() % 3 ? next() % 0x80 : next());
		snprintf(text, sizeof text, "\"%s\"", escaped_bytes(bytes, size));
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
		parsed = json_tokener_parse_ex(tokener, text, (int)strlen(text) + 1);
		CU_ASSERT_PTR_NOT_NULL_FATAL(parsed);
		CU_ASSERT_FATAL(json_object_is_type(parsed, json_type_string));
		json_object_put(parsed);
		json_tokener_free(tokener);
	}
}

static void a_cut_character_is_told_from_a_whole_one(void)
{
	CU_ASSERT_EQUAL(rill_text_whole("abc", 3), 3);
	CU_ASSERT_EQUAL(rill_text_whole("", 0), 0);
	CU_ASSERT_EQUAL(rill_text_whole("ab\xc3", 3), 2);
	CU_ASSERT_EQUAL(rill_text_whole("ab\xc3\xa9", 4), 4);
	CU_ASSERT_EQUAL(rill_text_whole("\xe6\xbc", 2), 0);
	CU_ASSERT_EQUAL(rill_text_whole("a\xf0\x9f\x98", 4), 1);
	CU_ASSERT_EQUAL(rill_text_whole("a\xf0\x9f\x98\x80", 5), 5);
	CU_ASSERT_EQUAL(rill_text_whole("a\xed\xa0", 3), 3);	/* not the beginning of anything */
	CU_ASSERT_EQUAL(rill_text_whole("\x80\x80\x80\x80", 4), 4);
}

static const struct test_case cases[] = {
	T(whole_numbers_are_those_of_printf),
	T(whole_numbers_are_right_beside_every_power_of_ten_and_two),
	T(doubles_look_as_people_write_them),
	T(floats_are_as_short_as_floats_need),
	T(any_bits_of_a_double_read_back_the_same),
	T(likely_doubles_read_back_the_same),
	T(any_bits_of_a_float_read_back_the_same),
	T(doubles_ignore_a_locale_with_a_decimal_comma),
	T(numbers_leave_errno_alone),
	T(W_13_known_control_characters_have_short_escapes),
	T(W_14_other_control_characters_are_escaped_by_number),
	T(W_16_slash_del_and_valid_utf8_stay),
	T(each_invalid_stretch_becomes_one_replacement),
	T(a_byte_is_treated_alike_wherever_it_stands),
	T(whole_words_are_judged_exactly),
	T(random_bytes_become_a_string_that_parsers_take),
	T(a_cut_character_is_told_from_a_whole_one),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("text", cases, argc, argv);
}
