/* SPDX-License-Identifier: MIT
 * test_crash.c - a program that a signal ends leaves its rings in a file, with what happened as the last events, and ends as it would
 * have without; one that lives on goes on tracing.
 */
#define _GNU_SOURCE
#include "numbers_help.h"
#include "port/port.h"
#include "tool_help.h"

#include <setjmp.h>
#include <sys/resource.h>

enum { STATUS_LEFT = 3 };	/* of a child that did not die */

static char folder[64];

static bool make_private_folder(void)
{
	strcpy(folder, "/tmp/rill-crash-XXXXXX");
	side = mmap(NULL, sizeof *side, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return mkdtemp(folder) && side != MAP_FAILED;
}

struct path {
	char text[128];
};

static struct path in_folder(const char *name)
{
	struct path path;

	snprintf(path.text, sizeof path.text, "%s/%s", folder, name);
	return path;
}

/* A session whose file says nothing before its second is over. */
static bool start_with(const char *crash_file, const char *ring_file, uint64_t ring_bytes, struct rill_session **s)
{
	const struct rill_config config = { .size = sizeof config, .buffer_bytes = ring_bytes, .threads_max = THREADS + 2,
					    .ring_file = ring_file, .crash_file = crash_file };
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	const struct path file = in_folder("trace.rill");

	options.file = file.text;
	options.filter = "ring";
	return rill_configure(&config) == 0 && rill_session_start(&options, s) == 0;
}

/* How many files end so; the name of one of them. */
static unsigned files(const char *end, char path[400])
{
	DIR *dir = opendir(folder);
	unsigned count = 0;
	struct dirent *e;

	while (dir && (e = readdir(dir)) != NULL)
		if (strlen(e->d_name) > strlen(end) && !strcmp(e->d_name + strlen(e->d_name) - strlen(end), end)) {
			snprintf(path, 400, "%s/%s", folder, e->d_name);
			count++;
		}
	closedir(dir);
	return count;
}

/* What is in the one crash file, which is gone then. */
static bool look_into_crash(void)
{
	char path[400];
	struct stat st;

	return files(".crash", path) == 1 && stat(path, &st) == 0 && (st.st_mode & 07777) == 0600 && look_into(path) && unlink(path) == 0;
}

/* ---- ways to die ---------------------------------------------------------------------------------- */

static volatile int *volatile nowhere = (volatile int *)8;

static void by_a_fault(void)
{
	*nowhere = 1;
}

static volatile bool deep_enough;

static __attribute__((noinline)) unsigned deeper(unsigned n)
{
	volatile uint8_t room[512];

	room[n % sizeof room] = 1;
	return deep_enough ? room[0] : deeper(n + 1) + room[0];
}

static void by_its_stack(void)
{
	deeper(0);
}

static void behind_a_files_end(void)
{
	const int fd = open(in_folder("empty").text, O_RDWR | O_CREAT, 0600);
	volatile uint8_t *const page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	*page = 1;
}

static void by_sigill(void) { raise(SIGILL); }
static void by_sigfpe(void) { raise(SIGFPE); }
static void by_sigterm(void) { kill(getpid(), SIGTERM); }
static void by_sigint(void) { raise(SIGINT); }

static const struct way {
	int signal;
	const char *name;
	void (*die)(void);
} ways[] = {
	{ SIGSEGV, "SIGSEGV", by_a_fault }, { SIGSEGV, "SIGSEGV", by_its_stack }, { SIGBUS, "SIGBUS", behind_a_files_end },
	{ SIGABRT, "SIGABRT", abort }, { SIGILL, "SIGILL", by_sigill }, { SIGFPE, "SIGFPE", by_sigfpe },
	{ SIGTERM, "SIGTERM", by_sigterm }, { SIGINT, "SIGINT", by_sigint },
};
enum { WAYS = sizeof ways / sizeof *ways };

/* The status of a child that does this. */
static int status_of(void (*body)(const void *what), const void *what)
{
	const pid_t pid = fork();
	int status;

	if (pid == 0) {
		body(what);
		_exit(STATUS_LEFT);
	}
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static bool ended_by(int status, int number)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == number;
}

struct death {
	const struct way *way;
	bool traced, in_thread, core;
};

static void *die(void *death)
{
	const struct death *const d = death;

	for (uint64_t n = 0; d->traced && n < 10; n++)
		emit_number(d->in_thread, 0, n);
	d->way->die();
	return NULL;
}

static void run_and_die(const void *death)
{
	const struct death *const d = death;
	struct rlimit cores = { 0, 0 };
	struct rill_session *s;
	pthread_t thread;

	if (d->core)
		getrlimit(RLIMIT_CORE, &cores), cores.rlim_cur = cores.rlim_max;
	if (setrlimit(RLIMIT_CORE, &cores) != 0 || chdir(folder) != 0 || (d->traced && !start_with(folder, NULL, 1 << 16, &s)))
		return;
	if (!d->in_thread)
		die((void *)death);
	else if (pthread_create(&thread, NULL, die, (void *)death) == 0)
		pthread_join(thread, NULL);
	pause();
}

/* As without rill, and all is there. */
static bool dies(const struct way *way, bool in_thread, bool core)
{
	const struct death without = { way, false, in_thread, core }, with = { way, true, in_thread, core };
	const int status = status_of(run_and_die, &without);

	NEED(ended_by(status, way->signal));
	NEED_EQUAL(status_of(run_and_die, &with), status);
	NEED(look_into_crash());
	NEED_EQUAL(found.events, 10);
	for (uint64_t n = 0; n < 10; n++)
		NEED_EQUAL(found.seen[in_thread][0][n], 1);
	NEED_EQUAL(found.crashes, 1);
	NEED(!strcmp(found.signal, way->name) && found.pc && *found.calls);
	NEED_EQUAL(found.torn + found.disorder + found.result.rejected_bytes + found.result.no_rate + found.result.lost, 0);
	NEED(way->die != by_a_fault || (found.address | 8) == 8);	/* s390x tells the page */
	return true;
}

static bool by_each_signal(void)
{
	NEED(make_private_folder());
	for (unsigned i = 0; i < WAYS; i++)
		NEED(dies(&ways[i], false, false) && dies(&ways[i], true, false));
	return remove_folder(folder);
}

static void by_each_signal_it_ends_as_without_and_leaves_its_events(void)
{
	ISOLATED(by_each_signal);
}

/* The kernel says in the status whether there is a core. */
static bool with_cores(void)
{
	NEED(make_private_folder());
	NEED(dies(&ways[0], false, true) && dies(&ways[1], true, true) && dies(&ways[3], false, true));
	return remove_folder(folder);
}

static void its_core_is_what_it_was(void)
{
	ISOLATED(with_cores);
}

/* ---- under load ----------------------------------------------------------------------------------- */

/* In a thread of the load; the last one comes from outside. */
static const struct way kinds[] = {
	{ SIGSEGV, "SIGSEGV", by_a_fault }, { SIGSEGV, "SIGSEGV", by_its_stack }, { SIGABRT, "SIGABRT", abort }, { SIGTERM, "SIGTERM", NULL },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const struct way *kind;
static unsigned events_before;
static uint64_t load_bytes = 16 << 20;

/* The third thread of the load. */
static void *emit_and_die(void *index)
{
	begin_to_emit((unsigned)(uintptr_t)index);
	while (atomic_load(&side->running) < THREADS)
		emit_next(0);
	for (unsigned i = 0; i < events_before; i++)
		emit_next(0);
	note_end();
	kind->die();
	return NULL;
}

static void run_until_it_dies(const void *unused)
{
	const struct rlimit none = { 0, 0 };
	struct rill_session *s;

	(void)unused;
	setrlimit(RLIMIT_CORE, &none);
	if (start_with(folder, NULL, load_bytes, &s))
		run_until_ended(kind->die ? emit_and_die : emit_for_ever);
}

static void end_from_outside(pid_t pid)
{
	int status;

	while (atomic_load(&side->running) < THREADS && waitpid(pid, &status, WNOHANG) == 0)
		usleep(100);
	usleep(events_before);
	note_end();
	kill(pid, SIGTERM);
}

/* Whatever there is, is right. */
static bool die_under_load(void)
{
	int status;
	pid_t pid;

	memset(side, 0, sizeof *side);
	pid = fork();
	if (pid == 0) {
		run_until_it_dies(NULL);
		_exit(STATUS_LEFT);
	}
	if (!kind->die)
		end_from_outside(pid);
	NEED(waitpid(pid, &status, 0) == pid && ended_by(status, kind->signal));
	NEED(look_into_crash());
	NEED_EQUAL(found.torn + found.disorder + found.result.rejected_bytes + found.result.rings_rejected, 0);
	NEED_EQUAL(found.result.unknown + found.result.no_rate, 0);
	NEED(found.result.in_flight <= THREADS * CONTEXTS);
	return true;
}

/* In tests/died_long.sh 200 of each kind. */
static bool under_load(void)
{
	const char *const asked = getenv("RILL_CRASHES");
	const unsigned each = asked ? (unsigned)atoi(asked) : 10;
	unsigned seed = 20261123;
	uint64_t returned = 0;

	NEED(make_private_folder());
	for (kind = kinds; kind < kinds + KINDS; kind++)
		/* An emulator may end the program where a timer's frame has no room on the stack. */
		for (unsigned i = 0; i < each && !(emulator() && kind->die == by_its_stack); i++) {
			events_before = (unsigned)rand_r(&seed) % 6000;
			NEED(die_under_load() && check_numbers(&returned));
			NEED(found.crashes == 1 && !strcmp(found.signal, kind->name));
		}
	printf("(%u crashes, %llu events) ", KINDS * each, (unsigned long long)returned);
	NEED(returned > 100 * (KINDS - 1) * each);
	return remove_folder(folder);
}

static void under_load_it_leaves_every_event_whose_emit_had_returned(void)
{
	ISOLATED(under_load);
}

/* A slow disk, and rings that are overwritten all the time: others go on while the file is written. */
static bool slow_disk;

bool __real_rill_port_crash_file_write(int fd, uint64_t at, const void *bytes, size_t size);
bool __wrap_rill_port_crash_file_write(int fd, uint64_t at, const void *bytes, size_t size);
bool __wrap_rill_port_crash_file_write(int fd, uint64_t at, const void *bytes, size_t size)
{
	if (slow_disk)
		usleep(5000);
	return __real_rill_port_crash_file_write(fd, at, bytes, size);
}

static bool in_small_rings(void)
{
	uint64_t events = 0;

	NEED(make_private_folder());
	kind = kinds;
	load_bytes = 4096;
	slow_disk = true;
	for (unsigned i = 0; i < 20; i++) {
		events_before = 500 + i;
		NEED(die_under_load());
		events += found.events;
	}
	NEED(events > 20 * 50);
	return remove_folder(folder);
}

static void in_rings_that_are_overwritten_meanwhile_nothing_is_torn(void)
{
	ISOLATED(in_small_rings);
}

/* All at once: the file of one of them, whole. */
static pthread_barrier_t together;

static void *die_together(void *index)
{
	emit_number((uint64_t)(uintptr_t)index, 0, 0);
	pthread_barrier_wait(&together);
	by_a_fault();
	return NULL;
}

static void run_and_die_together(const void *unused)
{
	struct rill_session *s;
	pthread_t thread;

	(void)unused;
	pthread_barrier_init(&together, NULL, THREADS);
	if (!start_with(folder, NULL, 1 << 16, &s))
		return;
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&thread, NULL, die_together, (void *)i);
	pause();
}

static bool several_at_once(void)
{
	NEED(make_private_folder());
	for (unsigned i = 0; i < 10; i++) {
		NEED(ended_by(status_of(run_and_die_together, NULL), SIGSEGV));
		NEED(look_into_crash());
		NEED(found.events == THREADS && found.crashes >= 1 && found.torn + found.result.rejected_bytes == 0);
	}
	return remove_folder(folder);
}

static void threads_that_crash_at_once_leave_one_whole_file(void)
{
	ISOLATED(several_at_once);
}

/* ---- handlers of the program ---------------------------------------------------------------------- */

static sigjmp_buf back;
static volatile sig_atomic_t seen_signal, seen_code, seen_mask;

static void leave(int number)
{
	seen_signal = number;
	siglongjmp(back, 1);
}

static void leave_with_info(int number, siginfo_t *info, void *context)
{
	sigset_t now;

	(void)context;
	pthread_sigmask(SIG_BLOCK, NULL, &now);
	seen_code = info->si_code;
	seen_mask = 4 * sigismember(&now, SIGUSR1) + 2 * sigismember(&now, SIGUSR2) + sigismember(&now, number);
	leave(number);
}

static void fault_once(void)
{
	if (sigsetjmp(back, 1) == 0)
		by_a_fault();
}

static bool lives_on(void (*before)(void))
{
	struct rill_session *s;
	struct rill_stats stats;
	int code, mask;

	NEED(make_private_folder());
	before();
	fault_once();
	code = seen_code, mask = seen_mask;
	NEED(start_with(folder, NULL, 1 << 16, &s));
	seen_signal = seen_code = seen_mask = 0;
	for (uint64_t n = 0; n < 20; n++) {
		emit_number(0, 0, n);
		if (n % 4 == 3)
			fault_once();
	}
	NEED(seen_signal == SIGSEGV && seen_code == code && seen_mask == mask);
	/* Of the last one, which was behind the last event. */
	NEED(look_into_crash() && found.events == 20 && found.crashes == 5);
	NEED(rill_session_flush(s, 60000) == 0 && rill_session_stats(s, &stats) == 0);
	NEED_EQUAL(stats.lost_total, 0);
	NEED_EQUAL(stats.delivered, 20 + 5 * 3);
	NEED(rill_session_stop(s) == 0);
	/* Nothing is recorded any more: the handler only hands on. */
	fault_once();
	NEED(!look_into_crash());
	return remove_folder(folder);
}

static void set_plain(void)
{
	signal(SIGSEGV, leave);
}

static void set_with_info(void)
{
	struct sigaction action = { .sa_sigaction = leave_with_info, .sa_flags = SA_SIGINFO };

	sigaddset(&action.sa_mask, SIGUSR1);
	sigaction(SIGSEGV, &action, NULL);
}

static bool with_a_plain_handler(void)
{
	return lives_on(set_plain);
}

static bool with_a_handler_for_more(void)
{
	return lives_on(set_with_info) && seen_code > 0;
}

static void behind_a_handler_that_leaves_tracing_goes_on(void)
{
	ISOLATED(with_a_plain_handler);
	ISOLATED(with_a_handler_for_more);
}

static volatile sig_atomic_t returned_from;

static void come_back(int number)
{
	returned_from = number;
}

/* A handler for one signal only, and then the default. */
static void run_with_one_shot(const void *unused)
{
	const struct sigaction once = { .sa_handler = come_back, .sa_flags = (int)SA_RESETHAND };
	const struct rlimit none = { 0, 0 };
	struct rill_session *s;

	(void)unused;
	setrlimit(RLIMIT_CORE, &none);
	sigaction(SIGTERM, &once, NULL);
	signal(SIGINT, SIG_IGN);
	if (!start_with(folder, NULL, 1 << 16, &s))
		return;
	raise(SIGINT);
	emit_number(0, 0, returned_from == 0);
	raise(SIGTERM);
	emit_number(0, 0, 2 + (returned_from == SIGTERM));
	raise(SIGTERM);
}

static bool dispositions_stay(void)
{
	NEED(make_private_folder());
	NEED(ended_by(status_of(run_with_one_shot, NULL), SIGTERM));
	NEED(look_into_crash() && found.events == 2 && found.seen[0][0][1] && found.seen[0][0][3] && found.crashes == 2);
	return remove_folder(folder);
}

static void what_the_program_had_chosen_for_a_signal_holds(void)
{
	ISOLATED(dispositions_stay);
}

/* A thread with an alternative stack keeps it; one without has ours. */
static bool stacks(void)
{
	static uint8_t room[65536];
	const stack_t own_stack = { .ss_sp = room, .ss_size = sizeof room };
	struct rill_session *s;
	stack_t now;

	NEED(make_private_folder());
	NEED(sigaltstack(&own_stack, NULL) == 0 && start_with(folder, NULL, 1 << 16, &s));
	emit_number(0, 0, 0);
	NEED(sigaltstack(NULL, &now) == 0 && now.ss_sp == room && now.ss_size == sizeof room);
	NEED(rill_session_stop(s) == 0);
	return remove_folder(folder);
}

static void a_thread_with_an_alternative_stack_keeps_it(void)
{
	ISOLATED(stacks);
}

/* ---- inside the handler --------------------------------------------------------------------------- */

static bool crash_inside;

void __real_rill_port_crash_backtrace(const struct rill_port_crash *crash, char *text, size_t size);
void __wrap_rill_port_crash_backtrace(const struct rill_port_crash *crash, char *text, size_t size);
void __wrap_rill_port_crash_backtrace(const struct rill_port_crash *crash, char *text, size_t size)
{
	if (crash_inside)
		behind_a_files_end();
	__real_rill_port_crash_backtrace(crash, text, size);
}

static void run_and_crash_inside(const void *unused)
{
	const struct rlimit none = { 0, 0 };
	struct rill_session *s;

	(void)unused;
	setrlimit(RLIMIT_CORE, &none);
	crash_inside = true;
	if (start_with(folder, NULL, 1 << 16, &s))
		by_a_fault();
}

static bool inside(void)
{
	char path[400];

	NEED(make_private_folder());
	NEED(ended_by(status_of(run_and_crash_inside, NULL), SIGBUS) && files(".crash", path) == 0);
	return remove_folder(folder);
}

static void a_crash_inside_the_handler_ends_the_program_at_once(void)
{
	ISOLATED(inside);
}

/* ---- children, and where it may lie --------------------------------------------------------------- */

static bool children(void)
{
	const struct rlimit none = { 0, 0 };
	struct rill_session *s;
	char path[400];
	int status;
	pid_t pid;

	NEED(make_private_folder());
	setrlimit(RLIMIT_CORE, &none);
	NEED(start_with(folder, NULL, 1 << 16, &s));
	emit_number(0, 0, 0);
	for (unsigned i = 0; i < 2; i++) {
		pid = i ? bare_fork() : fork();
		if (pid == 0) {
			emit_number(0, 0, 1);
			by_a_fault();
			_exit(STATUS_LEFT);
		}
		NEED(waitpid(pid, &status, 0) == pid && ended_by(status, SIGSEGV) && files(".crash", path) == 0);
	}
	NEED(rill_session_stop(s) == 0);
	return remove_folder(folder);
}

static void a_child_that_crashes_leaves_no_file_of_its_parents(void)
{
	ISOLATED(children);
}

/* The ring file is there already, and has the last events. */
static void run_with_both(const void *unused)
{
	const struct rlimit none = { 0, 0 };
	struct rill_session *s;

	(void)unused;
	setrlimit(RLIMIT_CORE, &none);
	if (!start_with(folder, folder, 1 << 16, &s))
		return;
	emit_number(0, 0, 0);
	by_a_fault();
}

static bool both(void)
{
	char path[400];

	NEED(make_private_folder());
	NEED(ended_by(status_of(run_with_both, NULL), SIGSEGV) && files(".crash", path) == 0 && files(".ring", path) == 1);
	NEED(look_into(path) && found.events == 1 && found.crashes == 1 && !strcmp(found.signal, "SIGSEGV"));
	return remove_folder(folder);
}

static void a_ring_file_has_the_last_events_and_is_the_only_one(void)
{
	ISOLATED(both);
}

/* As a user does it: "1" is the folder of the trace. */
static void run_by_environment(const void *unused)
{
	const struct rlimit none = { 0, 0 };
	struct rill_session *s;

	(void)unused;
	setrlimit(RLIMIT_CORE, &none);
	setenv("RILL_CRASH_FILE", "1", 1);
	if (!start_with(NULL, NULL, 1 << 16, &s))
		return;
	emit_number(0, 0, 0);
	abort();
}

static bool by_environment(void)
{
	char path[400];
	const struct path out = in_folder("out.json");
	const char *const args[] = { path, "-o", out.text, NULL };
	struct tool_result r;

	NEED(ended_by(status_of(run_by_environment, NULL), SIGABRT) && files(".crash", path) == 1);
	r = tool_run(&rill_verb_extract, args, "", 0);
	NEED(r.code == 0 && strstr(r.err, "4 events from "));
	tool_done(&r);
	return remove_folder(folder);
}

static bool in_a_folder(void)
{
	NEED(make_private_folder());
	return by_environment();
}

static void the_environment_asks_for_it_and_the_tool_reads_it(void)
{
	ISOLATED(in_a_folder);
}

static bool refused(const char *path, const char *because)
{
	struct rill_session *s;

	if (!start_with(path, NULL, 1 << 16, &s) && strstr(rill_error(), because))
		return true;
	fprintf(stderr, "\n%s: '%s' lacks '%s'\n", path, rill_error(), because);
	return false;
}

static bool wrong_places(void)
{
	NEED(make_private_folder());
	NEED(refused("/no/such/folder/name.crash", "make the folder"));
	NEED(symlink("/tmp/elsewhere", in_folder("link").text) == 0 && refused(in_folder("link").text, "exists already"));
	return remove_folder(folder);
}

static void wrong_places_are_refused_with_a_sentence(void)
{
	ISOLATED(wrong_places);
}

static const struct test_case cases[] = {
	T(by_each_signal_it_ends_as_without_and_leaves_its_events),
	T(its_core_is_what_it_was),
	T(under_load_it_leaves_every_event_whose_emit_had_returned),
	T(in_rings_that_are_overwritten_meanwhile_nothing_is_torn),
	T(threads_that_crash_at_once_leave_one_whole_file),
	T(behind_a_handler_that_leaves_tracing_goes_on),
	T(what_the_program_had_chosen_for_a_signal_holds),
	T(a_thread_with_an_alternative_stack_keeps_it),
	T(a_crash_inside_the_handler_ends_the_program_at_once),
	T(a_child_that_crashes_leaves_no_file_of_its_parents),
	T(a_ring_file_has_the_last_events_and_is_the_only_one),
	T(the_environment_asks_for_it_and_the_tool_reads_it),
	T(wrong_places_are_refused_with_a_sentence),
};

static void the_sanitizer_takes_faults_for_itself(void)
{
	test_skip("the sanitizer takes faults for itself");
}

int main(int argc, char **argv)
{
	static const struct test_case none[] = { T(the_sanitizer_takes_faults_for_itself) };

	if (WATCH_ASAN || WATCH_TSAN)
		return TEST_MAIN("crash", none, argc, argv);
	return TEST_MAIN("crash", cases, argc, argv);
}
