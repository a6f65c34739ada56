/* SPDX-License-Identifier: MIT
 * test_tool_ctf_folder.c - a CTF trace's limits, and its folder: what is written over, and what is taken back.
 */
#define _GNU_SOURCE /* memmem */
#include "tests/ctf_help.h"

#include <signal.h>
#include <sys/resource.h>

/* ---- limits --------------------------------------------------------------------------------- */

/* Each event of another thread, or with another name. */
static struct tool_result of_many(unsigned count, bool threads)
{
	char *const text = malloc(count * 80 + 16), *to = text;
	struct tool_result r;

	for (unsigned i = 0; i < count; i++)
		to += sprintf(
			to,
			"%c{\"ph\":\"I\",\"pid\":1,\"tid\":%u,\"ts\":%u,\"name\":\"n%u\",\"cat\":\"uniq\"}",
			i ? ',' : '[', threads ? i : 1, i + 1, threads ? 0 : i);
	*to++ = ']';
	r = convert(text, (size_t)(to - text));
	free(text);
	return r;
}

static void threads_beyond_the_number_of_files_share_some(void)
{
	enum { THREADS = 2000 };
	struct tool_result r;
	struct seen seen;

	begin();
	r = of_many(THREADS, true);
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_TRUE(check(&seen));
	CU_ASSERT_TRUE(seen.streams > FILES_MAX / 2 && seen.streams <= FILES_MAX);
	CU_ASSERT_EQUAL(count_in_streams("uniq", 5), THREADS);
	CU_ASSERT_PTR_NULL(strstr(r.err, "too late"));
	tool_done(&r);
	end();
}

static void kinds_beyond_their_number_are_one_kind_with_everything_in_it(void)
{
	enum { KINDS = 17000, KINDS_MAX = 16384 };
	struct tool_result r;
	struct seen seen;

	begin();
	r = of_many(KINDS, false);
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_TRUE(check(&seen));
	CU_ASSERT_EQUAL(seen.kinds, KINDS_MAX);
	CU_ASSERT_EQUAL(count_in_streams("uniq", 5), KINDS);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "618 events are of kinds beyond the first 16383"));
	CU_ASSERT_TRUE(metadata_has("	name = \"other event\";\n"));
	CU_ASSERT_EQUAL(count_in_streams("n16999\0", 7), 1);
	tool_done(&r);
	end();
}

static void what_cannot_be_written_whole_is_taken_back(void)
{
	struct rlimit old, small;
	struct tool_result r;
	struct seen seen;

	begin();
	help_begin(4096, RILL_PACKET_MAX, 0);
	for (unsigned i = 0; i < 3000; i++)
		trace_instant(1000 + i, "net", i);
	help_send(RILL_PACKET_LAST);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 50001; /* the input on the tape is smaller */
	CU_ASSERT_TRUE(tape.size < 50000);
	setrlimit(RLIMIT_FSIZE, &small);
	r = convert(tape.bytes, tape.size);
	setrlimit(RLIMIT_FSIZE, &old);
	CU_ASSERT_EQUAL(r.code, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "cannot write all of"));
	CU_ASSERT_TRUE(check(&seen));
	CU_ASSERT_EQUAL(seen.packets, 3);
	tool_done(&r);
	end();
}

/* ---- the folder ----------------------------------------------------------------------------- */

static bool is_refused(const char *piece)
{
	static const char text[] = "[{\"ph\":\"I\",\"ts\":1,\"name\":\"n\"}]";
	struct tool_result r = convert(text, sizeof text - 1);
	const bool good = r.code != 0 && strstr(r.err, piece);

	if (!good)
		printf("\n%d: %s", r.code, r.err);
	tool_done(&r);
	return good;
}

static void an_earlier_trace_is_replaced(void)
{
	struct tool_result r;
	struct seen seen;

	begin();
	r = of_many(50, true);
	tool_done(&r);
	CU_ASSERT_TRUE(check(&seen));
	CU_ASSERT_EQUAL(seen.streams, 50 + 1); /* and one of the process */
	r = of_many(3, true);
	CU_ASSERT_EQUAL(r.code, 0);
	tool_done(&r);
	CU_ASSERT_TRUE(check(&seen));
	CU_ASSERT_EQUAL(seen.streams, 3 + 1);
	CU_ASSERT_EQUAL(count_in_streams("uniq", 5), 3);
	end();
}

/* As a shell completes it. */
static void a_slash_behind_the_name_changes_nothing(void)
{
	struct tool_result r;
	struct seen seen;

	begin();
	r = tool_run(&rill_verb_convert, (const char *const[]){ "-", "-o", path_of(""), NULL },
		     "[]", 2);
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_TRUE(check(&seen));
	tool_done(&r);
	end();
}

static void an_empty_folder_is_filled_and_other_things_are_left_alone(void)
{
	struct tool_result r;
	struct seen seen;

	begin();
	CU_ASSERT_EQUAL(mkdir(folder, 0700), 0);
	r = of_many(3, true);
	CU_ASSERT_EQUAL(r.code, 0);
	tool_done(&r);
	CU_ASSERT_TRUE(write_file(path_of("notes"), "mine"));
	CU_ASSERT_TRUE(is_refused("no CTF trace of rill's"));
	CU_ASSERT_TRUE(check(&seen));
	CU_ASSERT_EQUAL(seen.streams, 3 + 1);
	CU_ASSERT_EQUAL(count_in("notes", "mine", 4), 1);
	end();

	begin();
	CU_ASSERT_EQUAL(mkdir(folder, 0700), 0);
	CU_ASSERT_TRUE(write_file(path_of("metadata"), "/* CTF 1.8 */ of another tracer"));
	CU_ASSERT_TRUE(is_refused("no CTF trace of rill's"));
	CU_ASSERT_TRUE(metadata_has("of another tracer"));
	end();

	begin();
	CU_ASSERT_EQUAL(mkdir(folder, 0700), 0);
	CU_ASSERT_TRUE(write_file(path_of("stream_0"), "no trace"));
	CU_ASSERT_TRUE(is_refused("no CTF trace of rill's"));
	CU_ASSERT_EQUAL(count_in("stream_0", "no trace", 8), 1);
	end();

	begin();
	CU_ASSERT_TRUE(write_file(folder, "a file"));
	CU_ASSERT_TRUE(is_refused("is a folder of files"));
	CU_ASSERT_EQUAL(unlink(folder), 0);
}

static void links_and_the_input_itself_are_not_written_over(void)
{
	struct tool_result r;

	begin();
	r = of_many(3, true);
	tool_done(&r);
	CU_ASSERT_EQUAL(symlink("/dev/null", path_of("stream_77")), 0);
	CU_ASSERT_TRUE(is_refused("no CTF trace of rill's"));
	CU_ASSERT_EQUAL(unlink(path_of("stream_77")), 0);
	CU_ASSERT_TRUE(write_file(path_of("stream_77"), "[{\"ph\":\"I\",\"ts\":1}]"));
	r = tool_run(&rill_verb_convert,
		     (const char *const[]){ path_of("stream_77"), "-o", folder, NULL }, "", 0);
	CU_ASSERT_EQUAL(r.code, 2);
	CU_ASSERT_EQUAL(count_in("stream_77", "\"I\"", 3), 1);
	tool_done(&r);
	end();
}

static void wrong_places_are_said_with_the_remedy(void)
{
	struct tool_result r;

	TOOL_SAYS(&rill_verb_convert, 2, "cannot go to standard output: give -o a name", "-", "-o",
		  "-", "--to", "ctf");
	TOOL_SAYS(&rill_verb_convert, 1, "is its folder there?", "-", "-o", "/nonexistent/x.ctf");
	begin();
	r = convert("hello", 5);
	CU_ASSERT_EQUAL(r.code, 1);
	CU_ASSERT_EQUAL(access(folder, F_OK), -1);
	tool_done(&r);
}

static const struct test_case cases[] = {
	T(threads_beyond_the_number_of_files_share_some),
	T(kinds_beyond_their_number_are_one_kind_with_everything_in_it),
	T(what_cannot_be_written_whole_is_taken_back),
	T(an_earlier_trace_is_replaced),
	T(a_slash_behind_the_name_changes_nothing),
	T(an_empty_folder_is_filled_and_other_things_are_left_alone),
	T(links_and_the_input_itself_are_not_written_over),
	T(wrong_places_are_said_with_the_remedy),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("tool ctf folder", cases, argc, argv);
}
