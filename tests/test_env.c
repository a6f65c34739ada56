/* SPDX-License-Identifier: MIT
 * test_env.c - sessions without code: RILL_ variables and Node's arguments, in programs that are run for it.
 */
#define _GNU_SOURCE
#include "tests/child_help.h"
#include "tests/test.h"

#include <errno.h>
#include <pthread.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <sys/auxv.h>

/* ---- the traced program --------------------------------------------------------------------------- */

static void emit_some(void)
{
	for (int i = 0; i < 3; i++)
		RILL_INSTANT("env.a", "event_a", "i", i);
	RILL_INSTANT("env.b", "event_b");
	RILL_INSTANT("disabled-by-default-env.c", "event_c");
}

static void *exit_from_thread(void *unused)
{
	(void)unused;
	emit_some();
	exit(11);
}

static int with_arguments(int argc, char **argv)
{
	int started = rill_init_argv(&argc, argv);

	printf("%d %d:", started, argc);
	for (int i = 2; i < argc; i++)
		printf(" %s", argv[i]);
	printf("%s%s\n", argv[argc] ? " not-terminated" : "", started < 0 ? rill_error() : "");
	emit_some();
	return 7;
}

static size_t count_entries(const char *folder)
{
	DIR *dir = opendir(folder);
	size_t count = 0;

	while (dir && readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void read_maps(char *text, size_t size)
{
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;

	while (fd >= 0 && (n = read(fd, text + used, size - 1 - used)) > 0)
		used += (size_t)n;
	text[used] = '\0';
	close(fd);
}

/* Says what the process has besides what it came with: nothing, without a session and again behind one. */
static int count_belongings(void)
{
	static char before[1 << 18], after[1 << 18];
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	size_t fds = count_entries("/proc/self/fd");
	struct rill_session *s;

	read_maps(before, sizeof before);
	emit_some();
	read_maps(after, sizeof after);
	printf("threads=%zu maps=%s fds=%zu\n", count_entries("/proc/self/task") - 2, strcmp(before, after) ? "more" : "same",
	       count_entries("/proc/self/fd") - fds);
	o.file = "session.json";
	if (rill_session_start(&o, &s) != 0)
		return 1;
	printf("running: threads>1=%d fds>0=%d\n", count_entries("/proc/self/task") - 2 > 1,
	       count_entries("/proc/self/fd") > fds);
	rill_session_stop(s);
	printf("behind: threads=%zu fds=%zu\n", count_entries("/proc/self/task") - 2, count_entries("/proc/self/fd") - fds);
	return 7;
}

static int traced(int argc, char **argv)
{
	const char *mode = argv[1] + strlen("child:");
	pthread_t thread;

	if (strcmp(mode, "argv") == 0)
		return with_arguments(argc, argv);
	if (strcmp(mode, "belongings") == 0)
		return count_belongings();
	if (strcmp(mode, "secure") == 0)
		printf("secure=%lu\n", getauxval(AT_SECURE));
	if (strcmp(mode, "chdir") == 0 && chdir("/") != 0)
		return 124;
	if (strcmp(mode, "thread") == 0) {
		pthread_create(&thread, NULL, exit_from_thread, NULL);
		pthread_join(thread, NULL);
	}
	emit_some();
	if (strcmp(mode, "exit") == 0)
		exit(9);
	if (strcmp(mode, "abort") == 0) {
		sleep_ms(400);	/* twenty times the flush period */
		abort();
	}
	if (strcmp(mode, "kill") == 0) {
		rill_session_flush(NULL, 60000);
		raise(SIGKILL);
	}
	return 7;
}

/* ---- variables ------------------------------------------------------------------------------------ */

static struct child run_with(const char *mode, const char *const *env)
{
	struct child c = child_new(mode);

	for (; *env; env++)
		child_env(&c, *env);
	child_run(&c);
	return c;
}
#define RUN(mode, ...) run_with("child:" mode, (const char *const[]){ __VA_ARGS__, NULL })

/* The trace is there and holds so many of the three kinds. */
static void expect(struct child *c, int code, size_t a, size_t b, size_t dbd)
{
	struct json_object *root = child_trace(c);

	if (child_code(c) != code || !root || c->err[0])
		fprintf(stderr, "code %d, trace %s, said: %s\n", child_code(c), root ? "read" : "not read", c->err);
	CU_ASSERT_EQUAL(child_code(c), code);
	CU_ASSERT_STRING_EQUAL(c->err, "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	CU_ASSERT_EQUAL(count_named(root, "event_a"), a);
	CU_ASSERT_EQUAL(count_named(root, "event_b"), b);
	CU_ASSERT_EQUAL(count_named(root, "event_c"), dbd);
	json_object_put(root);
	child_end(c);
}

/* No trace, one sentence with this word in it, and the program's own exit code. */
static void expect_refusal(struct child *c, const char *word)
{
	char path[512];

	if (!strstr(c->err, word))
		fprintf(stderr, "'%s' is not in: %s\n", word, c->err);
	CU_ASSERT_EQUAL(child_code(c), 7);
	CU_ASSERT(strncmp(c->err, "rill: ", 6) == 0);
	CU_ASSERT(strstr(c->err, word) != NULL);
	CU_ASSERT_PTR_EQUAL(strchr(c->err, '\n'), c->err + strlen(c->err) - 1);
	CU_ASSERT_EQUAL(child_files(c, ".json", path), 0);
	child_end(c);
}

static void N_2_without_a_variable_there_is_no_file(void)
{
	struct child c = RUN("emit", "RILL_FILE=x.json");
	char path[512];

	CU_ASSERT_EQUAL(child_code(&c), 7);
	CU_ASSERT_STRING_EQUAL(c.err, "");
	CU_ASSERT_EQUAL(child_files(&c, "", path), 2);	/* . and .. */
	child_end(&c);
}

static void N_1_no_filter_means_everything_but_disabled_by_default(void)
{
	struct child c = RUN("emit", "RILL_TRACE=");

	expect(&c, 7, 3, 1, 0);
	c = RUN("emit", "RILL_TRACE=1");
	expect(&c, 7, 3, 1, 0);
	c = RUN("emit", "RILL_TRACE=*");
	expect(&c, 7, 3, 1, 0);
}

static void RILL_TRACE_is_a_filter(void)
{
	struct child c = RUN("emit", "RILL_TRACE=env.b,disabled-by-default-env.c");

	expect(&c, 7, 0, 1, 1);
	c = RUN("emit", "RILL_TRACE=-env.b");
	expect(&c, 7, 3, 0, 0);
}

static void RILL_EVENTS_narrows_by_name(void)
{
	struct child c = RUN("emit", "RILL_TRACE=1", "RILL_EVENTS=*_b");

	expect(&c, 7, 0, 1, 0);
}

static void the_default_file_carries_pid_and_number_and_is_private(void)
{
	struct child c = RUN("emit", "RILL_TRACE=1");
	char path[512], *name;
	struct stat st;
	long pid;

	CU_ASSERT_EQUAL_FATAL(child_files(&c, ".1.json", path), 1);
	name = strrchr(path, '/') + 1;
	CU_ASSERT_EQUAL(sscanf(name, "rill.%ld.1.json", &pid), 1);
	CU_ASSERT(pid > 1);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	child_end(&c);
}

static void RILL_FILE_names_the_file_and_options_its_mode(void)
{
	struct child c = RUN("emit", "RILL_TRACE=1", "RILL_FILE=here.json", "RILL_OPTIONS=file_mode=640");
	char path[512];
	struct stat st;

	CU_ASSERT_EQUAL_FATAL(child_files(&c, "here.json", path), 1);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0640);
	expect(&c, 7, 3, 1, 0);
}

static void every_option_is_accepted(void)
{
	struct child c = RUN("emit", "RILL_TRACE=1", "RILL_BUFFER=256k", "RILL_OPTIONS=block_bytes=8k,flush_ms=50,hold_max_ms=20,"
			     "idle_priority,object,period_ms=5,prefault,queue_bytes=128k,relative_time,thread_time,threads_max=8,"
			     "wake=poll,follow_fork");

	expect(&c, 7, 3, 1, 0);
	c = RUN("emit", "RILL_TRACE=1", "RILL_OPTIONS=slices,wake=block,,rotate_bytes=1M,rotate_events=1000,rotate_ms=60000,"
			     "packet_bytes=64k");
	expect(&c, 7, 3, 1, 0);
}

static void rotation_by_the_environment_makes_further_files(void)
{
	struct child c = RUN("emit", "RILL_TRACE=1", "RILL_OPTIONS=rotate_events=2");
	size_t events = 0;
	char path[512], end[16];

	for (int i = 1; i <= 2; i++) {
		struct json_object *root;

		snprintf(end, sizeof end, ".%d.json", i);
		CU_ASSERT_EQUAL_FATAL(child_files(&c, end, path), 1);
		root = parse_file(path);
		CU_ASSERT_PTR_NOT_NULL_FATAL(root);
		events += count_named(root, "event_a") + count_named(root, "event_b");
		json_object_put(root);
	}
	CU_ASSERT_EQUAL(events, 4);
	CU_ASSERT_EQUAL(child_code(&c), 7);
	child_end(&c);
}

static void what_is_wrong_is_said_once_and_the_program_runs_untraced(void)
{
	static const struct { const char *setting, *word; } wrong[] = {
		{ "RILL_BUFFER=lots", "RILL_BUFFER=lots" },
		{ "RILL_BUFFER=", "RILL_BUFFER" },
		{ "RILL_BUFFER=-1", "RILL_BUFFER=-1" },
		{ "RILL_BUFFER=100", "100" },
		{ "RILL_BUFFER=99999G", "out of range" },
		{ "RILL_OPTIONS=nonsense", "nonsense" },
		{ "RILL_OPTIONS=period_ms", "period_ms needs a value" },
		{ "RILL_OPTIONS=period_ms=5000000000", "period_ms=5000000000" },
		{ "RILL_OPTIONS=period_ms=60001", "60001" },
		{ "RILL_OPTIONS=hold_max_ms=99999", "99999" },
		{ "RILL_OPTIONS=slices=1", "slices takes no value" },
		{ "RILL_OPTIONS=file_mode=888", "file_mode=888" },
		{ "RILL_OPTIONS=file_mode=", "file_mode=" },
		{ "RILL_OPTIONS=wake=never", "wake" },
		{ "RILL_OPTIONS=compress=gzip", "compress" },
		{ "RILL_OPTIONS=compress=zstd", "compress is for packets" },
		{ "RILL_OPTIONS=packet_bytes=100", "512 to 65536" },
		{ "RILL_OPTIONS=threads_max=5000", "5000" },
		{ "RILL_OPTIONS=block_bytes=77", "77" },
		{ "RILL_OPTIONS=queue_bytes=1", "queue_bytes" },
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct child c = RUN("emit", "RILL_TRACE=1", wrong[i].setting);

		expect_refusal(&c, wrong[i].word);
	}
}

static void N_17_a_missing_folder_is_said_and_the_program_runs(void)
{
	struct child c = RUN("emit", "RILL_TRACE=1", "RILL_FILE=missing/folder/x.json");

	expect_refusal(&c, "missing/folder");
}

static void N_19_the_file_is_in_the_folder_of_the_start_whatever_chdir_does(void)
{
	struct child c = RUN("chdir", "RILL_TRACE=1");

	expect(&c, 7, 3, 1, 0);
	c = RUN("chdir", "RILL_TRACE=1", "RILL_FILE=relative.json");
	expect(&c, 7, 3, 1, 0);
}

static void N_13_every_orderly_end_leaves_a_complete_file(void)
{
	struct child c = RUN("exit", "RILL_TRACE=1");

	expect(&c, 9, 3, 1, 0);
	c = RUN("thread", "RILL_TRACE=1");
	expect(&c, 11, 3, 1, 0);
}

static void N_13_an_abort_leaves_what_the_last_flush_brought(void)
{
	struct child c = RUN("abort", "RILL_TRACE=1", "RILL_OPTIONS=flush_ms=20");

	c.err[0] = '\0';	/* a sanitizer speaks of the signal */
	expect(&c, child_code(&c), 3, 1, 0);
	CU_ASSERT_NOT_EQUAL(child_code(&c), 7);
}

static void N_16_kill_9_behind_a_flush_leaves_a_complete_file(void)
{
	struct child c = RUN("kill", "RILL_TRACE=1");

	expect(&c, -SIGKILL, 3, 1, 0);
}

static void RILL_QUIET_keeps_messages_back(void)
{
	struct child c = RUN("emit", "RILL_TRACE=1", "RILL_BUFFER=lots", "RILL_QUIET=1");

	CU_ASSERT_EQUAL(child_code(&c), 7);
	CU_ASSERT_STRING_EQUAL(c.err, "");
	child_end(&c);
}

static void RILL_STATUS_FILE_tells_start_and_stop_or_the_error(void)
{
	for (int wrong = 0; wrong < 2; wrong++) {
		struct child c = child_new("child:emit");
		char path[128], setting[160], *text;
		size_t size = 0;

		snprintf(path, sizeof path, "%s/status", c.folder);
		close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
		snprintf(setting, sizeof setting, "RILL_STATUS_FILE=%s", path);
		child_env(&c, setting);
		child_env(&c, "RILL_TRACE=env.a");
		if (wrong)
			child_env(&c, "RILL_BUFFER=lots");
		child_run(&c);
		text = read_file(path, &size);
		CU_ASSERT_PTR_NOT_NULL_FATAL(text);
		CU_ASSERT_PTR_EQUAL(strstr(text, wrong ? "error pid=" : "start pid="), text);
		CU_ASSERT((strstr(text, "events=3 lost=0 ") != NULL) == !wrong);
		CU_ASSERT((strstr(text, "RILL_BUFFER=lots") != NULL) == wrong);
		free(text);
		child_end(&c);
	}
}

static void without_a_session_there_is_no_thread_no_descriptor_and_no_mapping(void)
{
	struct child c = RUN("belongings", "RILL_FILE=x.json");

	if ((getenv("SAN") && getenv("SAN")[0]) || emulator()) {
		test_skip("sanitizers and emulators have threads and mappings of their own");
	} else {
		CU_ASSERT_STRING_EQUAL(c.out, "threads=1 maps=same fds=0\nrunning: threads>1=1 fds>0=1\nbehind: threads=1 fds=0\n");
		CU_ASSERT_EQUAL(child_code(&c), 7);
	}
	child_end(&c);
}

/* ---- set-uid programs ----------------------------------------------------------------------------- */

static bool copy_program(const char *to, unsigned mode)
{
	char command[600];

	snprintf(command, sizeof command, "cp /proc/%ld/exe '%s' && chmod %o '%s'", (long)getpid(), to, mode, to);
	return system(command) == 0;
}

static void a_set_uid_program_ignores_the_variables(void)
{
	struct child c = child_new("child:secure");
	char path[512];

	if (getuid() != 0) {
		test_skip("only root can make a set-uid program of another user's");
		child_end(&c);
		return;
	}
	snprintf(c.program, sizeof c.program, "%s/program", c.folder);
	CU_ASSERT_FATAL(copy_program(c.program, 04755));
	CU_ASSERT_EQUAL_FATAL(chmod(c.folder, 0777), 0);
	c.uid = 65534;
	child_env(&c, "RILL_TRACE=1");
	child_run(&c);
	if (strcmp(c.out, "secure=1\n") != 0) {
		test_skip("set-uid programs do not work in the folder for temporary files");
	} else {
		CU_ASSERT_EQUAL(child_code(&c), 7);
		CU_ASSERT_STRING_EQUAL(c.err, "");
		CU_ASSERT_EQUAL(child_files(&c, ".json", path), 0);
	}
	child_end(&c);
}

/* ---- Node's arguments ----------------------------------------------------------------------------- */

static struct child run_argv(const char *const *args)
{
	struct child c = child_new("child:argv");

	for (; *args; args++)
		child_arg(&c, *args);
	child_run(&c);
	return c;
}
#define RUN_ARGV(...) run_argv((const char *const[]){ __VA_ARGS__, NULL })

static void expect_out(const struct child *c, const char *out)
{
	if (strcmp(c->out, out) != 0)
		fprintf(stderr, "said: %snot:  %s", c->out, out);
	CU_ASSERT_STRING_EQUAL(c->out, out);
}

static void the_arguments_start_a_session_and_are_taken_out(void)
{
	struct child c = RUN_ARGV("--trace-event-categories", "env.a", "own");

	expect_out(&c, "1 3: own\n");
	expect(&c, 7, 3, 0, 0);
	c = RUN_ARGV("--trace-event-categories=env.b", "--own=1", "--trace-event-file-pattern=y.${rotation}.json", "-x");
	expect_out(&c, "1 4: --own=1 -x\n");
	expect(&c, 7, 0, 1, 0);
	c = RUN_ARGV("own", "--trace-event-file-pattern", "z.json", "--trace-event-categories", "env.a,env.b");
	expect_out(&c, "1 3: own\n");
	expect(&c, 7, 3, 1, 0);
	c = RUN_ARGV("--trace-event-categories=env.a", "--trace-event-categories=env.b");
	expect_out(&c, "1 2:\n");
	expect(&c, 7, 0, 1, 0);
}

static void expect_untraced(struct child *c, const char *out)
{
	char path[512];

	expect_out(c, out);
	CU_ASSERT_EQUAL(child_code(c), 7);
	CU_ASSERT_EQUAL(child_files(c, ".json", path), 0);
	child_end(c);
}

static void without_categories_nothing_starts(void)
{
	struct child c = RUN_ARGV("own", "--trace-event-categoriesX");

	expect_untraced(&c, "0 4: own --trace-event-categoriesX\n");
	c = RUN_ARGV("--trace-event-categories=", "a");
	expect_untraced(&c, "0 3: a\n");
	c = RUN_ARGV("--trace-event-file-pattern=x.json", "a");
	expect_untraced(&c, "0 3: a\n");
}

static void what_stands_behind_two_dashes_is_the_program_s(void)
{
	struct child c = RUN_ARGV("a", "--", "--trace-event-categories", "env.a");

	expect_untraced(&c, "0 6: a -- --trace-event-categories env.a\n");
	c = RUN_ARGV("--trace-event-categories", "env.a", "--", "--trace-event-categories=env.b");
	expect_out(&c, "1 4: -- --trace-event-categories=env.b\n");
	expect(&c, 7, 3, 0, 0);
}

static void a_missing_value_is_an_error_and_the_arguments_stay(void)
{
	struct child c = RUN_ARGV("a", "--trace-event-categories");

	expect_untraced(&c, "-22 4: a --trace-event-categories--trace-event-categories requires an argument\n");
	c = RUN_ARGV("--trace-event-categories", "env.a", "--trace-event-file-pattern", "--own");
	expect_untraced(&c, "-22 6: --trace-event-categories env.a --trace-event-file-pattern --own"
			"--trace-event-file-pattern requires an argument\n");
}

static void an_empty_argument_list_is_no_harm(void)
{
	char *argv[] = { NULL, (char *)"sentinel" };
	int argc = 0;

	CU_ASSERT_EQUAL(rill_init_argv(&argc, argv), 0);
	CU_ASSERT_EQUAL(argc, 0);
	CU_ASSERT_STRING_EQUAL(argv[1], "sentinel");
}

static const struct test_case cases[] = {
	T(N_1_no_filter_means_everything_but_disabled_by_default),
	T(N_2_without_a_variable_there_is_no_file),
	T(RILL_TRACE_is_a_filter),
	T(RILL_EVENTS_narrows_by_name),
	T(the_default_file_carries_pid_and_number_and_is_private),
	T(RILL_FILE_names_the_file_and_options_its_mode),
	T(every_option_is_accepted),
	T(rotation_by_the_environment_makes_further_files),
	T(what_is_wrong_is_said_once_and_the_program_runs_untraced),
	T(N_17_a_missing_folder_is_said_and_the_program_runs),
	T(N_19_the_file_is_in_the_folder_of_the_start_whatever_chdir_does),
	T(N_13_every_orderly_end_leaves_a_complete_file),
	T(N_13_an_abort_leaves_what_the_last_flush_brought),
	T(N_16_kill_9_behind_a_flush_leaves_a_complete_file),
	T(RILL_QUIET_keeps_messages_back),
	T(RILL_STATUS_FILE_tells_start_and_stop_or_the_error),
	T(without_a_session_there_is_no_thread_no_descriptor_and_no_mapping),
	T(a_set_uid_program_ignores_the_variables),
	T(the_arguments_start_a_session_and_are_taken_out),
	T(without_categories_nothing_starts),
	T(what_stands_behind_two_dashes_is_the_program_s),
	T(a_missing_value_is_an_error_and_the_arguments_stay),
	T(an_empty_argument_list_is_no_harm),
};

int main(int argc, char **argv)
{
	if (argc > 1 && strncmp(argv[1], "child:", 6) == 0)
		return traced(argc, argv);
	return TEST_MAIN("env", cases, argc, argv);
}
