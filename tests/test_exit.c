/* SPDX-License-Identifier: MIT
 * test_exit.c - a program whose sink says that it returns soon, and does not: it ends all the same, with its own exit code and one line
 * on stderr. One that returns late is waited for.
 *
 * Each case is a child of its own, that would be killed by an alarm.
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include <pthread.h>
#include <stdatomic.h>

enum { CODE = 7, LIMIT_S = 60, LATE_MS = 700, LATE_CALLS = 4 };

static _Atomic bool armed, stuck;
static _Atomic unsigned late_calls, closed;
static _Atomic size_t bytes;
static char last[4];

static void stand(void)
{
	stuck = true;
	for (;;)
		pause();
}

/* The head of the stream is written by who starts the session. */
static int sticks(void *ctx, const void *data, size_t size, unsigned pieces)
{
	(void)ctx;
	(void)data;
	(void)size;
	(void)pieces;
	if (armed)
		stand();
	return 0;
}

static int takes(void *ctx, const void *data, size_t size, unsigned pieces)
{
	(void)ctx;
	(void)data;
	(void)size;
	(void)pieces;
	return 0;
}

static int ends_its_thread(void *ctx, const void *data, size_t size, unsigned pieces)
{
	(void)ctx;
	(void)data;
	(void)size;
	(void)pieces;
	if (!armed)
		return 0;
	stuck = true;
	pthread_exit(NULL);
}

static int ends_the_program(void *ctx, const void *data, size_t size, unsigned pieces)
{
	(void)ctx;
	(void)data;
	(void)size;
	(void)pieces;
	if (armed)
		exit(CODE);
	return 0;
}

static int comes_late(void *ctx, const void *data, size_t size, unsigned pieces)
{
	(void)ctx;
	(void)pieces;
	if (size)
		memcpy(last, (const char *)data + (size < 4 ? 0 : size - 4), size < 4 ? size : 4);
	bytes += size;
	if (armed && size && late_calls < LATE_CALLS) {
		late_calls++;
		sleep_ms(LATE_MS);
	}
	return 0;
}

static void count_close(void *ctx)
{
	(void)ctx;
	closed++;
}

static void stand_in_close(void *ctx)
{
	(void)ctx;
	stand();
}

/* ---- the child ------------------------------------------------------------------------------------- */

static bool start(const struct rill_sink_ops *ops, uint32_t period_ms, struct rill_session **session)
{
	struct rill_config c = { .size = sizeof c, .buffer_bytes = 65536, .threads_max = 4, .period_ms = period_ms, .wake = RILL_WAKE_POLL };
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;

	NEED(rill_configure(&c) == 0);
	o.filter = "exit";
	o.out = RILL_OUT_SINK;
	o.sink.ops = ops;
	o.flush_period_ms = 1;
	o.queue_bytes = 4096;
	NEED(rill_session_start(&o, session) == 0);
	NEED(rill_session_flush(*session, 60000) == 0);		/* the consumer has made its first pass */
	armed = true;
	return true;
}

/* The consumer calls it: when a pass is over, or, with more events at once than the queue holds, in the middle of one. */
static bool stuck_in_the_consumer(int (*write)(void *, const void *, size_t, unsigned), unsigned events)
{
	const struct rill_sink_ops ops = { .name = "sticks", .write_time_max_ms = 1, .write = write };
	struct rill_session *session;

	NEED(start(&ops, 1, &session));
	while (!stuck) {
		for (unsigned i = 0; i < events; i++)
			RILL_INSTANT("exit", "event");
		sleep_ms(1);
	}
	exit(CODE);
}

static bool consumer_sticks(void)
{
	return stuck_in_the_consumer(sticks, 1);
}

static bool consumer_sticks_in_a_pass(void)
{
	return stuck_in_the_consumer(sticks, 300);
}

static bool consumer_has_ended(void)
{
	return stuck_in_the_consumer(ends_its_thread, 1);
}

static bool consumer_ends_the_program(void)
{
	return stuck_in_the_consumer(ends_the_program, 1);
}

/* The consumer sleeps: the end itself calls it. */
static bool stuck_at_the_end(int (*write)(void *, const void *, size_t, unsigned), void (*close)(void *))
{
	const struct rill_sink_ops ops = { .name = "sticks", .write_time_max_ms = 1, .write = write, .close = close };
	struct rill_session *session;

	NEED(start(&ops, 60000, &session));
	RILL_INSTANT("exit", "event");
	exit(CODE);
}

static bool end_sticks(void)
{
	return stuck_at_the_end(sticks, NULL);
}

static bool close_sticks(void)
{
	return stuck_at_the_end(takes, stand_in_close);
}

static struct rill_session *slow;

/* Registered in front of rill's own, so that it runs behind it. */
static void look_at_the_end(void)
{
	_exit(late_calls == LATE_CALLS && closed == 1 && bytes > 10000 && memcmp(last, "}\n]\n", 4) == 0 ? CODE : 1);
}

static bool late_but_returns(void)
{
	static const struct rill_sink_ops ops = { .name = "late", .write_time_max_ms = 1, .write = comes_late, .close = count_close };

	NEED(atexit(look_at_the_end) == 0);
	NEED(start(&ops, 60000, &slow));
	for (unsigned i = 0; i < 300; i++)
		RILL_INSTANT("exit", "event", "i", i);
	exit(CODE);
}

/* ---- what comes of it ------------------------------------------------------------------------------- */

static const char said[] = "the sink 'sticks' has not returned";

static struct child {
	bool (*body)(void);
	const char *line;	/* what it says; NULL: nothing */
	pid_t pid;
	FILE *err;
} children[] = {
	{ consumer_sticks, said, 0, NULL },
	{ consumer_sticks_in_a_pass, said, 0, NULL },
	{ consumer_has_ended, said, 0, NULL },
	{ consumer_ends_the_program, said, 0, NULL },
	{ end_sticks, said, 0, NULL },
	{ close_sticks, said, 0, NULL },
	{ late_but_returns, NULL, 0, NULL },
};

/* All at once, since each takes its two seconds. */
static void begin_all(void)
{
	fflush(NULL);
	for (size_t i = 0; i < sizeof children / sizeof *children; i++) {
		struct child *c = &children[i];

		c->err = tmpfile();
		c->pid = c->err ? fork() : -1;
		if (c->pid < 0)
			abort();
		if (c->pid == 0) {
			alarm(LIMIT_S * patience());
			dup2(fileno(c->err), STDERR_FILENO);
			c->body();
			_exit(1);
		}
	}
}

static void ends_with_its_code_and_one_line(bool (*body)(void))
{
	struct child *c = children;
	char err[4096] = "";
	const char *first;
	int status = -1;

	while (c->body != body)
		c++;
	CU_ASSERT_EQUAL_FATAL(waitpid(c->pid, &status, 0), c->pid);
	CU_ASSERT(pread(fileno(c->err), err, sizeof err - 1, 0) >= 0);
	fclose(c->err);
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == CODE);
	first = c->line ? strstr(err, c->line) : NULL;
	CU_ASSERT(first || (!c->line && !err[0]));
	CU_ASSERT(!first || !strstr(first + 1, c->line));
}

static void a_sink_that_never_returns_to_the_consumer_does_not_keep_the_program_from_its_end(void)
{
	ends_with_its_code_and_one_line(consumer_sticks);
}

static void nor_in_the_middle_of_a_pass(void)
{
	ends_with_its_code_and_one_line(consumer_sticks_in_a_pass);
}

static void nor_does_one_that_has_ended_the_consumer(void)
{
	if (WATCH_TSAN) {
		test_skip("ThreadSanitizer changes the exit code, since nobody can join the thread that the sink has ended");
		return;
	}
	ends_with_its_code_and_one_line(consumer_has_ended);
}

static void nor_one_that_ends_the_program_itself(void)
{
	ends_with_its_code_and_one_line(consumer_ends_the_program);
}

static void nor_one_that_never_returns_from_the_last_write(void)
{
	ends_with_its_code_and_one_line(end_sticks);
}

static void nor_one_that_never_returns_from_its_close(void)
{
	ends_with_its_code_and_one_line(close_sticks);
}

static void a_sink_that_returns_late_gets_everything_before_the_end(void)
{
	ends_with_its_code_and_one_line(late_but_returns);
}

static const struct test_case cases[] = {
	T(a_sink_that_never_returns_to_the_consumer_does_not_keep_the_program_from_its_end),
	T(nor_in_the_middle_of_a_pass),
	T(nor_does_one_that_has_ended_the_consumer),
	T(nor_one_that_ends_the_program_itself),
	T(nor_one_that_never_returns_from_the_last_write),
	T(nor_one_that_never_returns_from_its_close),
	T(a_sink_that_returns_late_gets_everything_before_the_end),
};

int main(int argc, char **argv)
{
	begin_all();
	return TEST_MAIN("the end of a program", cases, argc, argv);
}
