/* SPDX-License-Identifier: MIT
 * test_fault.c - faults that come from outside, as a whole program meets them: programs that a traced one becomes, callbacks that crash,
 * readers that go away. The traced program keeps its descriptors, its signals and its way to end.
 */
#define _GNU_SOURCE
#include "folder_help.h"
#include "tests/watch_help.h"

#include <dirent.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static char folder[] = "/tmp/rill-fault-XXXXXX";
static char path_buffer[128];

static const char *in_folder(const char *name)
{
	snprintf(path_buffer, sizeof path_buffer, "%s/%s", folder, name);
	return path_buffer;
}

static bool start_file(struct rill_session **s, const char *name, uint64_t rotate_events)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;

	o.filter = "fault";
	o.file = in_folder(name);
	o.rotate_events = rotate_events;
	NEED(rill_session_start(&o, s) == 0);
	return true;
}

/* ---- V 11: programs that a traced one becomes ------------------------------------------------------ */

enum { FDS = 1024, CHILDREN = 40 };

/* Which descriptors the calling process has; -1: the one they are read by. */
static void list_descriptors(bool open[FDS])
{
	DIR *d = opendir("/proc/self/fd");

	memset(open, 0, FDS * sizeof *open);
	for (struct dirent *e; d && (e = readdir(d));) {
		int fd = atoi(e->d_name);

		if (e->d_name[0] != '.' && fd != dirfd(d) && fd < FDS)
			open[fd] = true;
	}
	if (d)
		closedir(d);
}

/* As the exit code of a program that does nothing else. */
static int count_descriptors(void)
{
	bool open[FDS];
	int count = 0;

	list_descriptors(open);
	for (int fd = 3; fd < FDS; fd++)
		count += open[fd];
	return count;
}

static int count_behind_exec(bool bare)
{
	int status = -1;
	pid_t pid = bare ? bare_fork() : fork();

	if (pid == 0) {
		become("/proc/self/exe", (char *[]){ "test_fault", "--descriptors", NULL }, environ);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static _Atomic bool over;
static _Atomic unsigned restarts;

/* A descriptor that is marked a moment behind its opening is open to a child that is made in this moment. */
static void *restart_sessions(void *unused)
{
	struct rill_session *s;
	char name[64];

	(void)unused;
	while (!atomic_load(&over)) {
		/* Always another file: the lock of the one before lasts until a child that was made meanwhile has become a program. */
		snprintf(name, sizeof name, "churn.%u.${rotation}.json", atomic_load(&restarts));
		if (!start_file(&s, name, 2))
			abort();
		for (unsigned i = 0; i < 20; i++)
			RILL_INSTANT("fault", "event", "i", i);
		if (rill_session_stop(s) != 0)
			abort();
		atomic_fetch_add(&restarts, 1);
	}
	return NULL;
}

static bool all_are_marked(const bool before[FDS])
{
	bool open[FDS];
	unsigned ours = 0;

	list_descriptors(open);
	for (int fd = 0; fd < FDS; fd++) {
		if (!open[fd] || before[fd])
			continue;
		ours++;
		NEED(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	}
	NEED(ours >= 2);
	return true;
}

static bool no_descriptor_behind_exec(void)
{
	struct rill_session *json, *packets;
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	bool before[FDS];
	pthread_t thread;
	int inherited = count_behind_exec(false);	/* what the test itself was started with */

	NEED(inherited >= 0 && inherited < 100);
	NEED(mkdtemp(folder) != NULL);
	list_descriptors(before);
	NEED(start_file(&json, "one.json", 0) && start_file(&packets, "two.rill", 0) && watch_start(&w, "fault"));
	RILL_INSTANT("fault", "event");
	NEED(rill_session_flush(NULL, 60000) == 0);
	NEED(all_are_marked(before));
	NEED(pthread_create(&thread, NULL, restart_sessions, NULL) == 0);
	for (unsigned i = 0; i < CHILDREN; i++)
		NEED_EQUAL(count_behind_exec(i % 2), inherited);
	atomic_store(&over, true);
	NEED(pthread_join(thread, NULL) == 0);
	NEED(atomic_load(&restarts) > 1);
	NEED(rill_session_stop(json) == 0 && rill_session_stop(packets) == 0 && watch_stop(&w, &stats));
	return remove_folder(folder);
}

static void V_11_no_program_that_a_traced_one_becomes_has_a_descriptor_of_rills(void)
{
	if (WATCH_TSAN || WATCH_ASAN)
		test_skip("this sanitizer does not follow forks of a process with threads");
	else
		ISOLATED(no_descriptor_behind_exec);
}

/* ---- V 33: a callback that crashes ------------------------------------------------------------------ */

enum { FLUSHED = 10 };

static volatile char *forbidden;	/* a page that may not be touched */

static void crash(struct watch *w, const struct rill_event *e)
{
	(void)w;
	if (strcmp(e->name, "crash") == 0)
		*forbidden = 1;
}

static bool crash_in_a_callback(void)
{
	static const struct rlimit no_core = { 0, 0 };
	struct watch w = { .each = crash };
	struct rill_session *file;

	setrlimit(RLIMIT_CORE, &no_core);
	forbidden = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	NEED(forbidden != MAP_FAILED);
	NEED(start_file(&file, "crash.json", 0) && watch_start(&w, "fault"));
	for (unsigned i = 0; i < FLUSHED; i++)
		RILL_INSTANT("fault", "before");
	NEED(rill_session_flush(file, 60000) == 0);
	RILL_INSTANT("fault", "crash");
	rill_session_flush(w.session, 60000);
	return false;	/* still alive */
}

static unsigned events_named(const char *path, const char *name)
{
	struct json_object *list = json_object_from_file(path), *value;
	unsigned count = 0;

	for (size_t i = 0; list && i < json_object_array_length(list); i++)
		count += json_object_object_get_ex(json_object_array_get_idx(list, i), "name", &value) &&
			 strcmp(json_object_get_string(value), name) == 0;
	json_object_put(list);
	return count;
}

/* The application's own handler, on the thread of rill's that the callback runs on. */
static void on_crash(int signal)
{
	_exit(signal == SIGSEGV ? 42 : 1);
}

static bool crash_with_a_handler(void)
{
	struct sigaction action = { .sa_handler = on_crash };

	NEED(sigaction(SIGSEGV, &action, NULL) == 0);
	return crash_in_a_callback();
}

static void V_33_a_callback_that_crashes_ends_the_process_and_leaves_the_files_whole(void)
{
	int status;

	if (WATCH_TSAN || WATCH_ASAN) {
		test_skip("this sanitizer reports the crash in its own way");
		return;
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	status = isolated_status(crash_in_a_callback);
	CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	CU_ASSERT_EQUAL(events_named(in_folder("crash.json"), "before"), FLUSHED);
	status = isolated_status(crash_with_a_handler);
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	CU_ASSERT(remove_folder(folder));
	strcpy(folder, "/tmp/rill-fault-XXXXXX");
}

/* ---- V 34: a reader that goes away ------------------------------------------------------------------ */

enum { IN_TIME = 100, TOO_LATE = 2000 };

static bool make_pipe(int ends[2])
{
	return pipe2(ends, O_CLOEXEC) == 0;
}

static bool make_socket(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0;
}

static bool make_fifo(int ends[2])
{
	NEED(mkfifo(in_folder("fifo"), 0600) == 0);
	ends[0] = open(in_folder("fifo"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ends[1] = open(in_folder("fifo"), O_WRONLY | O_CLOEXEC);
	return ends[0] >= 0 && ends[1] >= 0;
}

static bool (*make_stream)(int ends[2]);

static void emit(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		RILL_INSTANT("fault", "event", "i", i);
}

/* Nobody has asked for SIGPIPE to be ignored: one would end the process. */
static bool reader_goes_away(void)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct watch w = { .session = NULL };
	struct rill_session *s;
	struct rill_stats stats;
	sigset_t pending;
	int ends[2];
	uint64_t start_ms;

	setenv("RILL_QUIET", "1", 1);
	NEED(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
	NEED(make_stream(ends));
	NEED(configure(1 << 20, 0, 8, 0));
	o.filter = "fault";
	o.out = RILL_OUT_FD;
	o.fd = ends[1];
	NEED(rill_session_start(&o, &s) == 0 && watch_start(&w, "fault"));
	emit(IN_TIME);
	NEED(rill_session_flush(s, 60000) == 0);
	NEED(close(ends[0]) == 0);
	for (unsigned i = 0; i < TOO_LATE; i += IN_TIME) {
		emit(IN_TIME);
		NEED(rill_session_flush(NULL, 60000) == 0);
	}
	NEED(rill_session_stats(s, &stats) == 0);
	NEED_EQUAL(stats.delivered, IN_TIME);
	NEED_EQUAL(stats.lost[RILL_LOST_SINK], TOO_LATE);
	NEED_EQUAL(stats.lost_total, TOO_LATE);
	start_ms = now_ms();
	NEED(rill_session_stop(s) == 0);
	NEED(now_ms() - start_ms < BUSY_MS);
	NEED(sigpending(&pending) == 0 && !sigismember(&pending, SIGPIPE));
	NEED(fcntl(ends[1], F_GETFD) >= 0);	/* still the application's */
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered, IN_TIME + TOO_LATE);
	/* Nobody has read from the beginning: what the starting thread itself writes must do no harm either. */
	if (rill_session_start(&o, &s) == 0) {
		emit(IN_TIME);
		NEED(rill_session_stop(s) == 0);
	}
	NEED(sigpending(&pending) == 0 && !sigismember(&pending, SIGPIPE));
	return true;
}

static void V_34_a_reader_that_goes_away_costs_its_own_session_only_and_raises_no_signal(void)
{
	static bool (*const kinds[])(int ends[2]) = { make_pipe, make_socket, make_fifo };

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		make_stream = kinds[i];
		ISOLATED(reader_goes_away);
	}
	CU_ASSERT(remove_folder(folder));
	strcpy(folder, "/tmp/rill-fault-XXXXXX");
}

static const struct test_case cases[] = {
	T(V_11_no_program_that_a_traced_one_becomes_has_a_descriptor_of_rills),
	T(V_33_a_callback_that_crashes_ends_the_process_and_leaves_the_files_whole),
	T(V_34_a_reader_that_goes_away_costs_its_own_session_only_and_raises_no_signal),
};

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--descriptors") == 0)
		return count_descriptors();
	return TEST_MAIN("faults from outside", cases, argc, argv);
}
