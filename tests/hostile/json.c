/* SPDX-License-Identifier: MIT
 * json.c - traces in Chrome JSON.
 */
#include "tests/hostile/maker.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- what is usual ------------------------------------------------------------------------------ */

static void usual(uint64_t count)
{
	fputs("[{\"ph\":\"M\",\"pid\":1,\"tid\":2,\"name\":\"thread_name\",\"cat\":\"__metadata\",\"ts\":0,"
	      "\"args\":{\"name\":\"worker\"}}", stdout);
	for (uint64_t i = 0; i < count; i++) {
		const uint64_t us = 1000000 + i;

		switch (i % 4) {
		case 0:
			printf(",\n{\"ph\":\"B\",\"pid\":1,\"tid\":2,\"ts\":%" PRIu64 ".250,\"cat\":\"net\",\"name\":\"rx\","
			       "\"args\":{\"bytes\":%" PRIu64 "}}", us, i % 1500);
			break;
		case 1:
			printf(",\n{\"ph\":\"E\",\"pid\":1,\"tid\":2,\"ts\":%" PRIu64 ".750,\"cat\":\"net\",\"name\":\"rx\"}", us);
			break;
		case 2:
			printf(",\n{\"ph\":\"I\",\"pid\":1,\"tid\":2,\"ts\":%" PRIu64 ".125,\"cat\":\"net\",\"name\":\"drop\","
			       "\"s\":\"t\"}", us);
			break;
		default:
			printf(",\n{\"ph\":\"C\",\"pid\":1,\"tid\":2,\"ts\":%" PRIu64 ".500,\"cat\":\"net\",\"name\":\"queue\","
			       "\"args\":{\"value\":%" PRIu64 "}}", us, i % 77);
		}
	}
	puts("\n]");
}

/* ---- what differs in each event ----------------------------------------------------------------- */

static void names(uint64_t count)
{
	putchar('[');
	for (uint64_t i = 0; i < count; i++)
		printf("{\"ph\":\"I\",\"pid\":1,\"tid\":1,\"ts\":%" PRIu64 ",\"cat\":\"c%" PRIu64 "\",\"name\":\"name %" PRIu64
		       "\",\"args\":{\"key%" PRIu64 "\":1}},\n", i, i, i, i);
}

static void long_names(uint64_t count)
{
	putchar('[');
	for (uint64_t i = 0; i < count; i++)
		printf("{\"ph\":\"%c\",\"pid\":1,\"tid\":%" PRIu64 ",\"ts\":%" PRIu64 ",\"cat\":\"c\",\"name\":\"%0100000" PRIu64 "\"},\n",
		       "BIbC"[i % 4], i, i, i);
}

static void threads(uint64_t count)
{
	putchar('[');
	for (uint64_t i = 0; i < count; i++)
		printf("{\"ph\":\"B\",\"pid\":1,\"tid\":%" PRIu64 ",\"ts\":%" PRIu64 ",\"cat\":\"c\",\"name\":\"n\"},\n", i, i);
}

static void thread_names(uint64_t count)
{
	putchar('[');
	for (uint64_t i = 0; i < count; i++)
		printf("{\"ph\":\"M\",\"pid\":1,\"tid\":%" PRIu64 ",\"name\":\"thread_name\",\"args\":{\"name\":\"%010000" PRIu64
		       "\"}},\n{\"ph\":\"I\",\"pid\":1,\"tid\":%" PRIu64 ",\"ts\":1,\"name\":\"n\"},\n", i, i, i);
}

static void processes(uint64_t count)
{
	putchar('[');
	for (uint64_t i = 0; i < count; i++)
		printf("{\"ph\":\"X\",\"pid\":%" PRIu64 ",\"tid\":1,\"ts\":%" PRIu64 ",\"dur\":5,\"cat\":\"c\",\"name\":\"n\"},\n", i, i);
}

static void ids(uint64_t count)
{
	putchar('[');
	for (uint64_t i = 0; i < count; i++)
		printf("{\"ph\":\"b\",\"pid\":1,\"tid\":1,\"id\":\"0x%" PRIx64 "\",\"ts\":%" PRIu64 ",\"cat\":\"c\",\"name\":\"n\"},\n",
		       i, i);
}

static void begins(uint64_t count)
{
	putchar('[');
	for (uint64_t i = 0; i < count; i++)
		printf("{\"ph\":\"B\",\"pid\":1,\"tid\":1,\"ts\":%" PRIu64 ",\"cat\":\"c\",\"name\":\"n%" PRIu64 "\"},\n", i, i);
}

static void slices(uint64_t count)
{
	putchar('[');
	for (uint64_t i = 0; i < count; i++)
		printf("{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":%" PRIu64 ",\"dur\":%" PRIu64 ",\"cat\":\"c\",\"name\":\"n%" PRIu64
		       "\"},\n", i, 2 * (count - i), i);
}

static void metadata(uint64_t count)
{
	putchar('[');
	for (uint64_t i = 0; i < count; i++)
		printf("{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"name\":\"m%" PRIu64 "\",\"args\":{\"v\":\"%0100000" PRIu64 "\"}},\n", i, i);
}

static void members(uint64_t count)
{
	fputs("{\"traceEvents\":[{\"ph\":\"I\",\"pid\":1,\"tid\":1,\"ts\":1,\"name\":\"n\"}]", stdout);
	for (uint64_t i = 0; i < count; i++)
		printf(",\n\"member%" PRIu64 "\":{\"a\":[1,{},%" PRIu64 "]}", i, i);
	puts("}");
}

/* ---- one event of any size ---------------------------------------------------------------------- */

static void one(const char *before, const char *piece, uint64_t count, const char *behind)
{
	fputs("[{\"ph\":\"I\",\"pid\":1,\"tid\":1,\"ts\":1,\"name\":\"n\",\"args\":{\"a\":", stdout);
	fputs(before, stdout);
	for (uint64_t i = 0; i < count; i++)
		fputs(piece, stdout);
	fputs(behind, stdout);
	puts("}},\n{\"ph\":\"I\",\"pid\":1,\"tid\":1,\"ts\":2,\"name\":\"last\"}]");
}

static void deep(uint64_t count)
{
	one("", "[", count, "1");
}

static void wide(uint64_t count)
{
	one("[", "[],", count, "1]");
}

static void objects(uint64_t count)
{
	one("[", "{},", count, "1]");
}

static void numbers(uint64_t count)
{
	one("[", "1,", count, "1]");
}

static void text(uint64_t count)
{
	one("\"", "0123456789abcdef", count, "\"");
}

static void broken_text(uint64_t count)
{
	one("\"", "\xff\xfe\x80", count, "\"");
}

static void escapes(uint64_t count)
{
	one("\"", "\\ud800\\u0001", count, "\"");
}

static void keys(uint64_t count)
{
	fputs("[{\"ph\":\"I\",\"pid\":1,\"tid\":1,\"ts\":1,\"name\":\"n\",\"args\":{", stdout);
	for (uint64_t i = 0; i < count; i++)
		printf("\"k%" PRIu64 "\":%" PRIu64 ",", i, i);
	puts("\"z\":1}},\n{\"ph\":\"I\",\"pid\":1,\"tid\":1,\"ts\":2,\"name\":\"last\"}]");
}

/* One member of the object form, of that many small values. */
static void member(uint64_t count)
{
	fputs("{\"traceEvents\":[{\"ph\":\"I\",\"pid\":1,\"tid\":1,\"ts\":1,\"name\":\"n\"}],\"m\":[", stdout);
	for (uint64_t i = 0; i < count; i++)
		fputs("{},", stdout);
	puts("1]}");
}

/* ---- what is no event --------------------------------------------------------------------------- */

/* Each looks like the beginning of an event that runs to the end of the input. */
static void half_events(uint64_t count)
{
	putchar('[');
	for (uint64_t i = 0; i < count; i++)
		fputs("\n{\"ph\":\"I\",\"args\":{\"a\":[", stdout);
}

/* Strings that never end, each behind a comma. */
static void open_texts(uint64_t count)
{
	fputs("[{\"ph\":\"I\",\"ts\":1,", stdout);
	for (uint64_t i = 0; i < count; i++)
		fputs(",{\"ph\":\"I\",\"n\":{", stdout);
}

static void blanks(uint64_t count)
{
	putchar('[');
	for (uint64_t i = 0; i < count; i++)
		fputs("  \t ,\r\n ", stdout);
	puts("]");
}

const struct maker json_makers[] = {
	{ "json", "scopes, instants and counters, as usual", usual },
	{ "json-names", "another name, category and key in each event", names },
	{ "json-long-names", "names of 100 kB, each in a thread of its own", long_names },
	{ "json-threads", "another thread in each event", threads },
	{ "json-thread-names", "threads with names of 10 kB", thread_names },
	{ "json-processes", "another process in each event", processes },
	{ "json-ids", "spans that never end", ids },
	{ "json-begins", "scopes that never end, nested in each other", begins },
	{ "json-slices", "complete slices, each inside the one before", slices },
	{ "json-metadata", "metadata of 100 kB with another name each", metadata },
	{ "json-members", "members of the object form beside the events", members },
	{ "json-deep", "arrays in arrays", deep },
	{ "json-wide", "an array of empty arrays", wide },
	{ "json-objects", "an array of empty objects", objects },
	{ "json-numbers", "an array of numbers", numbers },
	{ "json-text", "a text of 16 bytes for each, on one line", text },
	{ "json-broken-text", "a text of bytes that are no UTF-8", broken_text },
	{ "json-escapes", "a text of escapes that stand for nothing", escapes },
	{ "json-keys", "an event with so many arguments", keys },
	{ "json-member", "a member of the object form with so many values", member },
	{ "json-half-events", "beginnings of events", half_events },
	{ "json-open-texts", "beginnings of events in a damaged one", open_texts },
	{ "json-blanks", "blanks and commas", blanks },
	{ 0 },
};
