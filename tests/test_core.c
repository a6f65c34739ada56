/* SPDX-License-Identifier: MIT
 * test_core.c - the rings out of real core files, as the kernel, a debugger and an emulator write them.
 */
#define _GNU_SOURCE
#include "config.h"
#include "numbers_help.h"
#include "tool/core.h"
#include "tool_help.h"

#include <sys/resource.h>

enum { EVENTS = 1000, KILLS = 10 };

static char folder[64], ring_file[100], crash_file[100];

/* What the kernel puts into core files: most of a program's memory, and that of files, too. */
static const char usual[] = "0x33", shared[] = "0x3f";

/* ---- programs that die -------------------------------------------------------------------------- */

static void write_text(const char *path, const char *text)
{
	FILE *const f = fopen(path, "w");

	if (f) {
		fputs(text, f);
		fclose(f);
	}
}

/* In the folder, with a core file of any size. */
static void begin_in_folder(const char *in_core, const char *ring, const char *crash)
{
	/* An emulated program emits less, and one of 32 bits has no room for many images of 100 MB. */
	const struct rill_config config = { .size = sizeof config, .buffer_bytes = emulator() ? 4 << 20 : 16 << 20,
					    .threads_max = THREADS + 2, .ring_file = ring, .crash_file = crash };
	const struct rlimit any = { RLIM_INFINITY, RLIM_INFINITY };
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;

	options.file = "trace.rill";
	setrlimit(RLIMIT_CORE, &any);	/* a debugger does not ask for it */
	if (chdir(folder) != 0 || rill_configure(&config) != 0 || rill_session_start(&options, &s) != 0)
		_exit(3);
	write_text("/proc/self/coredump_filter", in_core);
}

static void emit_some(void)
{
	for (uint64_t n = 0; n < EVENTS; n++)
		emit_number(0, 0, n);
}

/* ---- what is left of them ----------------------------------------------------------------------- */

static bool make_private_folder(void)
{
	strcpy(folder, "/tmp/rill-core-XXXXXX");
	side = mmap(NULL, sizeof *side, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!mkdtemp(folder) || side == MAP_FAILED)	/* of mode 0700 */
		return false;
	snprintf(ring_file, sizeof ring_file, "%s/program.ring", folder);
	snprintf(crash_file, sizeof crash_file, "%s/program.crash", folder);
	return true;
}

/* "": there is none. The kernel writes one of the emulator, too. */
static const char *core_file(void)
{
	const char *const begin = emulator() ? "qemu_" : "core";
	static char path[400];
	DIR *const dir = opendir(folder);
	struct dirent *e;

	path[0] = '\0';
	while (dir && (e = readdir(dir)) != NULL)
		if (!strncmp(e->d_name, begin, strlen(begin)))
			snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
	closedir(dir);
	return path;
}

/* Word size, order of bytes, processor: not a core of the emulator. */
static bool is_of_this_processor(const char *core)
{
	const char *const files[2] = { core, emulated_self };
	uint8_t begins[2][20] = { { 0 }, { 0 } };

	for (unsigned i = 0; i < 2; i++) {
		const int fd = open(files[i], O_RDONLY | O_CLOEXEC);
		const bool good = fd >= 0 && read(fd, begins[i], sizeof begins[i]) == sizeof begins[i];

		close(fd);
		NEED(good);
	}
	return !memcmp(begins[0] + 4, begins[1] + 4, 2) && !memcmp(begins[0] + 18, begins[1] + 18, 2);
}

static bool wait_for_core(pid_t pid, int signal)
{
	int status;

	NEED(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == signal);
	NEED(*core_file() && is_of_this_processor(core_file()));
	return true;
}

static bool look_into_core(void)
{
	struct rill_core_image image;

	NEED(rill_core_read(core_file(), &image));
	NEED(look_at(image.bytes, image.size));
	free(image.bytes);
	NEED_EQUAL(image.missing, 0);
	return true;
}

static bool extract(const char *file, struct tool_result *r)
{
	const char *const args[] = { file, "-o", "-", "--to", "text", NULL };

	*r = tool_run(&rill_verb_extract, args, "", 0);
	if (r->code == 0 && strstr(r->err, " events from "))
		return true;
	fprintf(stderr, "\n%s: %s", file, r->err);
	return false;
}

/* The next line, behind its time; NULL: there is none. */
static const char *line_of(char **rest, bool with_times)
{
	char *line = strsep(rest, "\n");

	if (line && !with_times) {
		line += strspn(line, " ");
		line += strcspn(line, " ");
	}
	return line;
}

/* As a user sees it. */
static bool same_events(const char *one, const char *other, bool with_times, uint64_t *lines)
{
	struct tool_result a, b;
	char *a_rest, *b_rest;
	const char *line;

	NEED(extract(one, &a) && extract(other, &b));
	for (a_rest = a.out, b_rest = b.out; (line = line_of(&a_rest, with_times)) != NULL; ++*lines) {
		const char *const as = line_of(&b_rest, with_times);

		NEED(as && !strcmp(line, as));
	}
	NEED(!b_rest);
	tool_done(&a);
	tool_done(&b);
	return true;
}

/* Does one come into the folder of a program that has no part in any of this? */
static bool cores_come(void)
{
	static int answer = -1;
	pid_t pid;

	if (answer >= 0)
		return answer;
	pid = make_private_folder() ? fork() : -1;
	if (pid == 0) {
		const struct rlimit any = { RLIM_INFINITY, RLIM_INFINITY };

		if (chdir(folder) == 0 && setrlimit(RLIMIT_CORE, &any) == 0)
			abort();
		_exit(3);
	}
	answer = pid > 0 && waitpid(pid, NULL, 0) == pid && *core_file();
	remove_folder(folder);
	return answer;
}

/* NULL: nothing is in the way. */
static const char *without_cores(void)
{
	if (WATCH_ASAN || WATCH_TSAN)
		return "the sanitizer forbids core files";
	if (cores_come())
		return NULL;
	return emulator() ? "the emulator writes no core files of its programs" :
			    "no core file comes into the folder of a program here (ulimit -Hc, /proc/sys/kernel/core_pattern)";
}

static void with_cores(bool (*body)(void))
{
	if (without_cores())
		test_skip(without_cores());
	else
		ISOLATED(body);
}

/* ---- the cases ---------------------------------------------------------------------------------- */

/* At a moment of its own while all threads and their handlers write. */
static bool end_under_load(const char *in_core, const char *ring, unsigned delay_us)
{
	pid_t pid;

	memset(side, 0, sizeof *side);
	pid = fork();
	if (pid == 0) {
		begin_in_folder(in_core, ring, NULL);
		run_until_ended(emit_for_ever);
	}
	while (atomic_load(&side->running) < THREADS && waitpid(pid, NULL, WNOHANG) == 0)
		usleep(100);
	usleep(delay_us);
	kill(pid, SIGQUIT);
	return wait_for_core(pid, SIGQUIT);
}

static bool dead_under_load(void)
{
	const unsigned kills = getenv("STRESS_SCALE") ? 10 * KILLS : KILLS / patience();
	uint64_t returned = 0;
	unsigned seed = 20261123;

	for (unsigned i = 0; i < kills; i++) {
		NEED(make_private_folder() && end_under_load(usual, NULL, (unsigned)rand_r(&seed) % 8000));
		note_end();
		NEED(look_into_core() && check_numbers(&returned));
		NEED_EQUAL(found.torn + found.disorder + found.result.rejected_bytes + found.result.rings_rejected, 0);
		NEED_EQUAL(found.result.unknown + found.result.lost + found.result.no_rate, 0);
		NEED(remove_folder(folder));
	}
	printf("(%u cores, %llu events) ", kills, (unsigned long long)returned);
	return returned > 100 * kills;
}

static void the_core_of_a_dead_program_has_every_event_whose_emit_had_returned(void)
{
	with_cores(dead_under_load);
}

static bool dead_with_a_ring_file(void)
{
	uint64_t lines = 0;

	for (unsigned i = 0; i < 3; i++) {
		NEED(make_private_folder() && end_under_load(shared, ring_file, 3000));
		NEED(same_events(core_file(), ring_file, true, &lines));
		NEED(remove_folder(folder));
	}
	return lines > 100;
}

static void and_the_events_of_its_ring_file(void)
{
	with_cores(dead_with_a_ring_file);
}

static bool dead_with_a_crash_file(void)
{
	uint64_t lines = 0;
	pid_t pid;

	NEED(make_private_folder());
	pid = fork();
	if (pid == 0) {
		begin_in_folder(usual, NULL, crash_file);
		emit_some();
		abort();
	}
	NEED(wait_for_core(pid, SIGABRT));
	/* The crash file has one more clock pair: times are some nanoseconds others. */
	NEED(same_events(core_file(), crash_file, false, &lines) && look_into_core());
	NEED_EQUAL(found.events, EVENTS);
	NEED_EQUAL(found.crashes, 1);
	NEED(lines > EVENTS);
	return remove_folder(folder);
}

static void and_the_events_of_its_crash_file(void)
{
	if (RILL_ON(CONFIG_RILL_CRASH))
		with_cores(dead_with_a_crash_file);
	else
		test_skip("this configuration writes no crash files (CONFIG_RILL_CRASH)");
}

static bool dead_without_shared_memory(void)
{
	NEED(make_private_folder() && end_under_load(usual, ring_file, 1000));
	TOOL_SAYS(&rill_verb_extract, 1, ring_file, core_file(), "-o", "-");
	TOOL_SAYS(&rill_verb_convert, 1, "is a core file: if its program was traced, 'rill extract'", core_file(), "-o", "-");
	return remove_folder(folder) && CU_get_number_of_failures() == 0;
}

static void a_core_without_the_ring_file_names_it(void)
{
	if (emulator())
		test_skip("the emulator writes all memory into core files");
	else
		with_cores(dead_without_shared_memory);
}

/* A debugger makes a core file of a program that lives on. */
static bool living(void)
{
	char command[200], mark;
	int ready[2];
	pid_t pid;

	NEED(make_private_folder() && pipe(ready) == 0);
	pid = fork();
	if (pid == 0) {
		begin_in_folder(usual, NULL, NULL);
		emit_some();
		if (write(ready[1], "1", 1) == 1)
			pause();
		_exit(3);
	}
	close(ready[1]);
	NEED(read(ready[0], &mark, 1) == 1);
	snprintf(command, sizeof command, "gcore -o %s/core %d >/dev/null 2>&1 </dev/null", folder, (int)pid);
	NEED(system(command) == 0);
	NEED(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
	NEED(look_into_core());
	NEED_EQUAL(found.events, EVENTS);
	return remove_folder(folder);
}

static void a_core_that_a_debugger_makes_serves_as_well(void)
{
	if (WATCH_ASAN || WATCH_TSAN || emulator())
		test_skip("a debugger does not see the program as it is here");
	else if (system("command -v gcore >/dev/null") != 0)
		test_skip("gcore is not installed (Debian: gdb)");
	else
		ISOLATED(living);
}

static const struct test_case cases[] = {
	T(the_core_of_a_dead_program_has_every_event_whose_emit_had_returned),
	T(and_the_events_of_its_ring_file),
	T(and_the_events_of_its_crash_file),
	T(a_core_without_the_ring_file_names_it),
	T(a_core_that_a_debugger_makes_serves_as_well),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("core files", cases, argc, argv);
}
