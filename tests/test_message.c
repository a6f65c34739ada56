/* SPDX-License-Identifier: MIT
 * test_message.c - what reaches stderr and rill_error(), how often, and at what cost to the
 * program.
 */
#include "emulated.h"
#include "test.h"

#include "port/port.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <rill/session.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The linker hands the messages' look at the clock to this one (see build.mk), so that time can
 * be let pass. */
static _Atomic uint64_t extra_ns;
uint64_t __real_rill_port_monotonic_ns(void);
uint64_t __wrap_rill_port_monotonic_ns(void);
uint64_t __wrap_rill_port_monotonic_ns(void)
{
	return __real_rill_port_monotonic_ns() + extra_ns;
}

/* ---- stderr, caught -------------------------------------------------------------------------- */

static int caught_fd, stderr_fd;
static char caught[65536];

static void catch_stderr(void)
{
	int ends[2];

	fflush(stderr);
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	stderr_fd = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	caught_fd = ends[0];
}

static const char *caught_stderr(void)
{
	size_t size = 0;
	ssize_t n;

	dup2(stderr_fd, STDERR_FILENO);
	close(stderr_fd);
	while ((n = read(caught_fd, caught + size, sizeof(caught) - 1 - size)) > 0)
		size += (size_t)n;
	close(caught_fd);
	caught[size] = '\0';
	return caught;
}

static unsigned lines_of(const char *text)
{
	unsigned lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

/* ---- the sentence ---------------------------------------------------------------------------- */

static void there_is_no_sentence_before_the_first_failure(void)
{
	CU_ASSERT_STRING_EQUAL(rill_error(), "");
}

static void a_failure_is_a_code_and_a_sentence(void)
{
	errno = ENOTTY;
	CU_ASSERT_EQUAL(rill_fail(EINVAL, "buffer %d: at least %s", 5, "512"), -EINVAL);
	CU_ASSERT_STRING_EQUAL(rill_error(), "buffer 5: at least 512");
	CU_ASSERT_EQUAL(errno, ENOTTY);
}

static void a_sentence_may_hold_the_one_before(void)
{
	rill_fail(EINVAL, "the filter is bad");
	rill_fail(EINVAL, "session 'a': %s", rill_error());
	CU_ASSERT_STRING_EQUAL(rill_error(), "session 'a': the filter is bad");
}

static void *look_at_error(void *before)
{
	*(bool *)before = !*rill_error();
	rill_fail(EIO, "of another thread");
	return NULL;
}

static void each_thread_has_its_own_sentence(void)
{
	pthread_t other;
	bool empty = false;

	rill_fail(EINVAL, "mine");
	pthread_create(&other, NULL, look_at_error, &empty);
	pthread_join(other, NULL);
	CU_ASSERT_TRUE(empty);
	CU_ASSERT_STRING_EQUAL(rill_error(), "mine");
}

static void check_shown(const char *raw, const char *shown)
{
	rill_fail(EINVAL, "<%s>", raw);
	CU_ASSERT_STRING_EQUAL(rill_error(), shown);
}

static void control_characters_are_shown_not_sent(void)
{
	check_shown("a\nb\r\tc", "<a\\x0ab\\x0d\\x09c>");
	check_shown("\033[2J", "<\\x1b[2J>");
	check_shown("\177", "<\\x7f>");
	check_shown("\302\233" "31m", "<\\xc2\\x9b31m>");
	check_shown("\233" "31m", "<\\x9b31m>");
}

static void text_in_utf8_stays_and_broken_utf8_is_shown(void)
{
	check_shown("gr\303\274n \342\202\254 \360\237\230\200",
		    "<gr\303\274n \342\202\254 \360\237\230\200>");
	check_shown("\303", "<\\xc3>");
	check_shown("\300\200", "<\\xc0\\x80>");
	check_shown("\340\200\257", "<\\xe0\\x80\\xaf>");
	check_shown("\355\240\200", "<\\xed\\xa0\\x80>");
	check_shown("\360\200\200\200", "<\\xf0\\x80\\x80\\x80>");
	check_shown("\364\220\200\200", "<\\xf4\\x90\\x80\\x80>");
	check_shown("\376\377", "<\\xfe\\xff>");
}

static void a_long_sentence_is_cut_between_characters(void)
{
	char text[5001];

	memset(text, 'x', 5000);
	text[5000] = '\0';
	rill_fail(EINVAL, "%s", text);
	CU_ASSERT_TRUE(strlen(rill_error()) <= 511 && strlen(rill_error()) >= 500);
	CU_ASSERT_STRING_EQUAL(rill_error() + strlen(rill_error()) - 4, "x...");
	for (size_t i = 0; i + 3 <= 5000; i += 3)
		memcpy(text + i, "\342\202\254", 3);
	for (int shift = 0; shift < 4; shift++) {
		const char *end;

		rill_fail(EINVAL, "%.*s%s", shift, "abc", text);
		end = rill_error() + strlen(rill_error());
		CU_ASSERT_TRUE(strlen(rill_error()) <= 511);
		CU_ASSERT_NSTRING_EQUAL(end - 6, "\342\202\254...", 6);
	}
	memset(text, '\n', 5000);
	rill_fail(EINVAL, "%s", text);
	CU_ASSERT_TRUE(strlen(rill_error()) <= 511);
	CU_ASSERT_STRING_EQUAL(rill_error() + strlen(rill_error()) - 7, "\\x0a...");
}

/* ---- the line -------------------------------------------------------------------------------- */

static void a_warning_is_one_line_with_our_name(void)
{
	catch_stderr();
	errno = ENOTTY;
	rill_warn("file '%s': %s", "a\nb", "disk full");
	CU_ASSERT_EQUAL(errno, ENOTTY);
	CU_ASSERT_STRING_EQUAL(caught_stderr(), "rill: file 'a\\x0ab': disk full\n");
}

static void a_long_warning_is_still_one_line(void)
{
	char text[3000];
	size_t length;

	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	catch_stderr();
	rill_warn("long %s", text);
	length = strlen(caught_stderr());
	CU_ASSERT_TRUE(length > 500 && length <= 512);
	CU_ASSERT_EQUAL(lines_of(caught), 1);
	CU_ASSERT_STRING_EQUAL(caught + length - 5, "y...\n");
}

static void warn_repeated(void)
{
	rill_warn("repeated");
}

static void a_repeated_warning_is_held_back_and_counted(void)
{
	catch_stderr();
	for (int i = 0; i < 42; i++)
		warn_repeated();
	CU_ASSERT_EQUAL(lines_of(caught_stderr()), 5);

	catch_stderr();
	extra_ns += UINT64_C(11000000000);
	warn_repeated();
	warn_repeated();
	CU_ASSERT_STRING_EQUAL(caught_stderr(),
			       "rill: repeated (37 more like this were held back)\n");

	catch_stderr();
	extra_ns += UINT64_C(11000000000);
	warn_repeated();
	CU_ASSERT_STRING_EQUAL(caught_stderr(),
			       "rill: repeated (1 more like this were held back)\n");

	catch_stderr();
	extra_ns += UINT64_C(11000000000);
	warn_repeated();
	CU_ASSERT_STRING_EQUAL(caught_stderr(), "rill: repeated\n");
}

static void another_warning_is_not_held_back_with_it(void)
{
	catch_stderr();
	for (int i = 0; i < 20; i++)
		rill_warn("first kind %d", i);
	rill_warn("second kind");
	CU_ASSERT_EQUAL(lines_of(caught_stderr()), 6);
	CU_ASSERT_PTR_NOT_NULL(strstr(caught, "second kind"));
}

static void *warn_100_times(void *arg)
{
	for (int i = 0; i < 100; i++)
		rill_warn("many threads say this, thread %s", (const char *)arg);
	return NULL;
}

static void threads_share_the_limit_and_never_mix_their_lines(void)
{
	pthread_t threads[4];
	const char *line;

	catch_stderr();
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, warn_100_times, "nnnn");
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	line = caught_stderr();
	CU_ASSERT_EQUAL(lines_of(line), 5);
	for (; *line; line = strchr(line, '\n') + 1)
		CU_ASSERT_NSTRING_EQUAL(line, "rill: many threads say this, thread nnnn\n", 40);
}

/* Fills all places of the counters, so it runs as the last one of this kind. */
static void more_kinds_than_places_share_the_last_place(void)
{
	static char formats[100][20];

	catch_stderr();
	for (int i = 0; i < 100; i++) {
		snprintf(formats[i], sizeof(formats[i]), "kind %d of %%d", i);
		rill_warn(formats[i], 100);
	}
	caught_stderr();
	CU_ASSERT_PTR_NOT_NULL(strstr(caught, "rill: kind 40 of 100\n"));
	CU_ASSERT_TRUE(lines_of(caught) >= 50 && lines_of(caught) < 75);
}

/* ---- what a warning does not do to the program ----------------------------------------------- */

/* Runs in a child, which dies if it blocks. True if it went through to its end and returned true.
 */
static bool in_child(bool (*run)(void))
{
	int status = -1;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (!child) {
		alarm(60);
		_exit(run() ? 0 : 1);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static bool warn_into_full_pipe(void)
{
	int ends[2], flags;
	char page[4096] = "";

	if (pipe(ends))
		return false;
	flags = fcntl(ends[1], F_GETFL);
	fcntl(ends[1], F_SETFL, flags | O_NONBLOCK);
	while (write(ends[1], page, sizeof(page)) > 0)
		;
	fcntl(ends[1], F_SETFL, flags);
	dup2(ends[1], STDERR_FILENO);
	rill_warn("nobody reads this");
	return true;
}

static void nobody_reading_stderr_does_not_block(void)
{
	CU_ASSERT_TRUE(in_child(warn_into_full_pipe));
}

static bool warn_into_broken_pipe(void)
{
	int ends[2];
	sigset_t pending;

	if (pipe(ends))
		return false;
	close(ends[0]);
	dup2(ends[1], STDERR_FILENO);
	signal(SIGPIPE, SIG_DFL);
	errno = ENOTTY;
	rill_warn("the reader is gone");
	sigpending(&pending);
	return errno == ENOTTY && !sigismember(&pending, SIGPIPE);
}

static void a_broken_pipe_does_not_kill(void)
{
	CU_ASSERT_TRUE(in_child(warn_into_broken_pipe));
}

static bool warn_with_sigpipe_pending(void)
{
	int ends[2];
	sigset_t set;

	if (pipe(ends))
		return false;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGPIPE);
	close(ends[0]);
	dup2(ends[1], STDERR_FILENO);
	rill_warn("the reader is gone");
	sigpending(&set);
	return sigismember(&set, SIGPIPE);
}

static void a_sigpipe_of_the_application_stays_pending(void)
{
	CU_ASSERT_TRUE(in_child(warn_with_sigpipe_pending));
}

static bool warn_without_stderr(void)
{
	close(STDERR_FILENO);
	rill_warn("there is no stderr");
	return true;
}

static void a_closed_stderr_is_no_matter(void)
{
	CU_ASSERT_TRUE(in_child(warn_without_stderr));
}

/* ---- RILL_QUIET ------------------------------------------------------------------------------ */

static char self[4096];

/* Starts this program anew, since the answer is kept; it then says one thing (see main). */
static const char *said_under(const char *quiet)
{
	int status;
	pid_t child;

	catch_stderr();
	child = fork();
	if (!child) {
		if (quiet)
			setenv("RILL_QUIET", quiet, 1);
		else
			unsetenv("RILL_QUIET");
		become(self, (char *[]){ self, "--say-something", NULL }, environ);
		_exit(127);
	}
	waitpid(child, &status, 0);
	CU_ASSERT_EQUAL(status, 0);
	return caught_stderr();
}

static void RILL_QUIET_silences_warnings(void)
{
	CU_ASSERT_STRING_EQUAL(said_under("1"), "");
	CU_ASSERT_STRING_EQUAL(said_under("yes"), "");
	CU_ASSERT_STRING_EQUAL(said_under("0"), "rill: something\n");
	CU_ASSERT_STRING_EQUAL(said_under(""), "rill: something\n");
	CU_ASSERT_STRING_EQUAL(said_under(NULL), "rill: something\n");
}

static const struct test_case cases[] = {
	T(there_is_no_sentence_before_the_first_failure),
	T(a_failure_is_a_code_and_a_sentence),
	T(a_sentence_may_hold_the_one_before),
	T(each_thread_has_its_own_sentence),
	T(control_characters_are_shown_not_sent),
	T(text_in_utf8_stays_and_broken_utf8_is_shown),
	T(a_long_sentence_is_cut_between_characters),
	T(a_warning_is_one_line_with_our_name),
	T(a_long_warning_is_still_one_line),
	T(a_repeated_warning_is_held_back_and_counted),
	T(another_warning_is_not_held_back_with_it),
	T(threads_share_the_limit_and_never_mix_their_lines),
	T(more_kinds_than_places_share_the_last_place),
	T(nobody_reading_stderr_does_not_block),
	T(a_broken_pipe_does_not_kill),
	T(a_sigpipe_of_the_application_stays_pending),
	T(a_closed_stderr_is_no_matter),
	T(RILL_QUIET_silences_warnings),
};

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--say-something")) {
		rill_warn("something");
		return 0;
	}
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 2;
	unsetenv("RILL_QUIET");
	return TEST_MAIN("message", cases, argc, argv);
}
