/* SPDX-License-Identifier: MIT
 * test_ring_file.c - rings in a file: what a program that was killed at any moment had emitted is there, and nothing else is.
 */
#define _GNU_SOURCE
#include "config.h"
#include "numbers_help.h"
#include "tool_help.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <utime.h>

enum { KILLS = 100, KILLS_TSAN = 20, KILLS_EMULATED = 5 };

static char folder[64];

static void make_private_folder(void)
{
	strcpy(folder, "/tmp/rill-ring-XXXXXX");
	if (!mkdtemp(folder))	/* of mode 0700 */
		abort();
}

/* In the next ring files each block is a page. */
static bool disk;

/* A session whose file says nothing before its second is over, and rings of that size in a file. */
static bool start_in(const char *ring_file, uint64_t ring_bytes, bool keep, struct rill_session **s)
{
	const struct rill_config config = { .size = sizeof config, .buffer_bytes = ring_bytes, .threads_max = THREADS + 2,
					    .ring_file = ring_file, .ring_keep = keep, .ring_disk = disk };
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	char file[128];

	snprintf(file, sizeof file, "%s/trace.rill", folder);
	options.file = file;
	return rill_configure(&config) == 0 && rill_session_start(&options, s) == 0;
}

/* The name of the one ring file in the folder; "": there is none. */
static char *ring_file(void)
{
	static char path[400];
	DIR *dir = opendir(folder);
	struct dirent *e;

	path[0] = '\0';
	while (dir && (e = readdir(dir)) != NULL)
		if (strlen(e->d_name) > 5 && !strcmp(e->d_name + strlen(e->d_name) - 5, ".ring"))
			snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
	closedir(dir);
	return path;
}

/* ---- a program that is killed --------------------------------------------------------------------- */

/* What the killed program records into: rings so large that nothing is overwritten, or flight rings of which those of level 0 keep some
 * thousand events, or both; and both in disk mode. */
enum { STREAM = 1, FLIGHT = 2, DISK = 4, FLIGHT_BYTES = 1 << 18, STREAM_BYTES = 16 << 20 };

static bool start_flight(struct rill_session **s)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;

	options.name = "flight";
	options.flight_bytes = FLIGHT_BYTES;
	return rill_session_start(&options, s) == 0;
}

static void run_until_killed(unsigned kinds)
{
	const struct rill_config config = { .size = sizeof config, .buffer_bytes = 1 << 16, .threads_max = THREADS + 2, .ring_file = folder };
	struct rill_session *s;

	disk = kinds & DISK;
	if (kinds & STREAM ? !start_in(folder, STREAM_BYTES, false, &s) : rill_configure(&config) != 0)
		_exit(3);
	if (kinds & FLIGHT && !start_flight(&s))
		_exit(3);
	run_until_ended(emit_for_ever);
}

/* A number that had returned and is not there was overwritten at level 0: all that is left of its context there is newer. */
static bool check_newest(uint64_t *missing)
{
	for (unsigned t = 0; t < THREADS; t++)
		for (unsigned c = 0; c < CONTEXTS; c++) {
			const uint64_t at_end = side->at_end[t][c], left = found.least[t][c];

			NEED(c || left);	/* each thread has written one of its own at least */
			for (uint64_t n = 0; n < NUMBERS_MAX; n++) {
				NEED(found.seen[t][c][n] <= 1 && (n <= at_end || !found.seen[t][c][n]));	/* one may not have returned */
				NEED(n >= at_end || found.seen[t][c][n] || !left || n + 1 < left);
				*missing += n < at_end && !found.seen[t][c][n];
			}
		}
	return true;
}

static bool kill_one(unsigned kinds, unsigned delay_us, uint64_t *returned_all, uint64_t *missing)
{
	pid_t pid;
	int status;

	memset(side, 0, sizeof *side);
	pid = fork();
	if (pid == 0)
		run_until_killed(kinds);
	while (atomic_load(&side->running) < THREADS && waitpid(pid, &status, WNOHANG) == 0)
		usleep(100);
	usleep(delay_us);
	kill(pid, SIGKILL);
	NEED(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	note_end();
	NEED(look_into(ring_file()));
	NEED(kinds & STREAM ? check_numbers(returned_all) : check_newest(missing));
	NEED_EQUAL(found.torn + found.disorder + found.result.rejected_bytes + found.result.rings_rejected, 0);
	NEED_EQUAL(found.result.unknown + found.result.lost + found.result.no_rate, 0);
	NEED(found.result.in_flight <= 2 * THREADS * CONTEXTS);
	return true;
}

/* As a user does it. */
static bool extract_with_the_tool(void)
{
	char out[128];
	const char *const args[] = { folder, "-o", out, NULL };
	struct tool_result r;
	bool good;

	snprintf(out, sizeof out, "%s/out.rill", folder);
	r = tool_run(&rill_verb_extract, args, "", 0);
	good = r.code == 0 && strstr(r.err, " events from ");
	tool_done(&r);
	return good;
}

static unsigned killed_round, killed_kinds;

static bool killed_programs(void)
{
	const unsigned most = WATCH_TSAN ? KILLS_TSAN : KILLS;
	const unsigned kills = emulator() ? KILLS_EMULATED : killed_kinds == STREAM ? most : most / 4;
	unsigned seed = 20261123 + killed_round, in_flight = 0;
	uint64_t returned = 0, missing = 0;

	side = mmap(NULL, sizeof *side, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	NEED(side != MAP_FAILED);
	make_private_folder();
	for (unsigned i = 0; i < kills; i++) {
		NEED(kill_one(killed_kinds, (unsigned)rand_r(&seed) % 8000, &returned, &missing));
		NEED(i % 25 || extract_with_the_tool());
		NEED(unlink(ring_file()) == 0);
		in_flight += found.result.in_flight;
	}
	printf("(%u kills, %llu events, %llu overwritten, %u in flight) ", kills, (unsigned long long)returned, (unsigned long long)missing,
	       in_flight);
	NEED(emulator() || (killed_kinds & STREAM ? returned > 100 * kills : missing > 0));
	NEED(kills < most || in_flight > 0);	/* one in ten; with ThreadSanitizer more than one each */
	return remove_folder(folder);
}

static void kill_rounds(unsigned kinds)
{
	const char *const asked = getenv("RILL_KILL_ROUNDS");
	const unsigned rounds = asked ? (unsigned)atoi(asked) : 1;

	killed_kinds = kinds;
	for (killed_round = 0; killed_round < rounds; killed_round++)
		ISOLATED(killed_programs);
}

static void a_killed_program_leaves_every_event_whose_emit_had_returned(void)
{
	kill_rounds(STREAM);
}

static void a_killed_flight_recorder_leaves_the_newest_events_of_each_ring(void)
{
	if (RILL_ON(CONFIG_RILL_FLIGHT))
		kill_rounds(FLIGHT);
}

static void an_event_of_both_kinds_of_rings_is_there_once(void)
{
	if (RILL_ON(CONFIG_RILL_FLIGHT))
		kill_rounds(STREAM | FLIGHT);
}

static void a_killed_program_in_disk_mode_leaves_them_all_as_well(void)
{
	if (RILL_ON(CONFIG_RILL_FLIGHT))
		kill_rounds(STREAM | FLIGHT | DISK);
}

/* ---- children ------------------------------------------------------------------------------------- */

static bool children_write_elsewhere(bool bare)
{
	struct rill_session *s, *flight;
	int status;
	pid_t pid;

	make_private_folder();
	NEED(start_in(folder, 1 << 16, true, &s));
	NEED(!RILL_ON(CONFIG_RILL_FLIGHT) || start_flight(&flight));
	for (uint64_t n = 0; n < 10; n++)
		emit_number(0, 0, n);
	for (unsigned i = 0; i < 20; i++) {
		pid = bare ? bare_fork() : fork();
		if (pid == 0) {
			for (uint64_t n = 0; n < 5000; n++)
				emit_number(1, 0, n);
			_exit(7);
		}
		NEED(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7);
	}
	for (uint64_t n = 10; n < 20; n++)
		emit_number(0, 0, n);
	NEED(look_into(ring_file()));
	NEED_EQUAL(found.events, 20);
	for (uint64_t n = 0; n < 20; n++)
		NEED_EQUAL(found.seen[0][0][n], 1);
	NEED_EQUAL(found.torn + found.result.rejected_bytes, 0);
	NEED(rill_session_stop(s) == 0);
	return remove_folder(folder);
}

static bool children_by_fork(void)
{
	return children_write_elsewhere(false);
}

static bool children_by_bare_fork(void)
{
	return children_write_elsewhere(true);
}

static void a_child_never_writes_into_the_parents_file(void)
{
	ISOLATED(children_by_fork);
}

static void a_child_that_nobody_announced_writes_elsewhere_too(void)
{
	if (!child_may_lack_pages()) {
		test_skip("the emulator gives a child all pages of its parent");
		return;
	}
	ISOLATED(children_by_bare_fork);
}

/* With what a real fault finds: the handler of the rings has passed it on. */
static volatile int *volatile nowhere = (volatile int *)8;

static bool fault_after(bool with_handler)
{
	struct rill_session *s;
	int status;
	pid_t pid;

	make_private_folder();
	pid = fork();
	if (pid == 0) {
		signal(SIGSEGV, with_handler ? _exit : SIG_DFL);
		if (!start_in(folder, 1 << 16, false, &s))
			_exit(3);
		emit_number(0, 0, 0);
		*nowhere = 1;
		_exit(4);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	NEED(with_handler ? WIFEXITED(status) && WEXITSTATUS(status) == SIGSEGV :
	     WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	NEED(with_handler || look_into(ring_file()));
	NEED(with_handler || found.events == 1);
	return remove_folder(folder);
}

static bool fault_by_default(void)
{
	return fault_after(false);
}

static bool fault_with_a_handler(void)
{
	return fault_after(true);
}

static void a_fault_of_the_program_ends_it_as_without_a_ring_file(void)
{
	if (WATCH_ASAN || WATCH_TSAN)
		test_skip("the sanitizer takes faults for itself");
	else {
		ISOLATED(fault_by_default);
		ISOLATED(fault_with_a_handler);
	}
}

/* ---- where it may lie ----------------------------------------------------------------------------- */

static bool refused(const char *path, const char *because)
{
	struct rill_session *s;

	if (!start_in(path, 1 << 16, false, &s) && strstr(rill_error(), because))
		return true;
	fprintf(stderr, "\n%s: '%s' lacks '%s'\n", path, rill_error(), because);
	return false;
}

static bool wrong_places(void)
{
	const struct rlimit small = { 65536, 65536 };
	char path[200];

	make_private_folder();
	snprintf(path, sizeof path, "%s/link.ring", folder);
	NEED(symlink("/tmp/elsewhere", path) == 0 && refused(path, "symbolic link"));
	snprintf(path, sizeof path, "%s/there.ring", folder);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	NEED(refused(path, "exists already"));
	snprintf(path, sizeof path, "%s/no/such.ring", folder);
	NEED(refused(path, "cannot be opened"));
	NEED(chmod(folder, 0750) == 0 && refused(folder, "chmod 700"));
	NEED(chmod(folder, 0700) == 0);
	if (geteuid() == 0) {
		NEED(chown(folder, 65534, 65534) == 0 && refused(folder, "belongs to another user"));
		NEED(chown(folder, 0, 0) == 0);
	}
	/* No room: nothing is left behind, and nobody is killed later. */
	signal(SIGXFSZ, SIG_IGN);
	NEED(unlink(path) != 0 && setrlimit(RLIMIT_FSIZE, &small) == 0);
	snprintf(path, sizeof path, "%s/large.ring", folder);
	NEED(refused(path, "no room") && access(path, F_OK) != 0);
	return remove_folder(folder);
}

static void wrong_places_are_refused_with_a_sentence(void)
{
	ISOLATED(wrong_places);
}

/* The ring file is there already, and cannot grow any more. */
static bool full_for_flight_rings(void)
{
	struct rill_session *s, *flight;
	struct stat before, after;
	struct rlimit full;

	make_private_folder();
	signal(SIGXFSZ, SIG_IGN);
	NEED(start_in(folder, 1 << 16, true, &s) && stat(ring_file(), &before) == 0);
	full.rlim_cur = full.rlim_max = (rlim_t)before.st_size + 65536;
	NEED(setrlimit(RLIMIT_FSIZE, &full) == 0);
	NEED(!start_flight(&flight) && strstr(rill_error(), "no room") && strstr(rill_error(), "smaller rings"));
	NEED(stat(ring_file(), &after) == 0 && after.st_size == before.st_size);
	for (uint64_t n = 0; n < 100; n++)
		emit_number(0, 0, n);
	NEED(look_into(ring_file()));
	NEED_EQUAL(found.events, 100);
	NEED(rill_session_stop(s) == 0);
	return remove_folder(folder);
}

/* A file system of its own at the folder, which this process alone sees; who is not root is it in there. */
static bool mount_own(const char *options)
{
	const uid_t user = geteuid();
	char map[32];
	int fd;

	if (unshare(CLONE_NEWNS | (user ? CLONE_NEWUSER : 0)) < 0)
		return false;
	if (user) {
		fd = open("/proc/self/uid_map", O_WRONLY);
		snprintf(map, sizeof map, "0 %u 1", (unsigned)user);
		if (fd < 0 || write(fd, map, strlen(map)) < 0)
			return false;
		close(fd);
	}
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mount("none", folder, "tmpfs", 0, options) == 0;
}

static bool mounts(void)
{
	const bool good = (make_private_folder(), mount_own("size=1m,mode=700"));

	umount2(folder, MNT_DETACH);
	rmdir(folder);
	return good;
}

static bool fill_up(void)
{
	static char zeros[4096];
	char path[80];
	int fd;

	snprintf(path, sizeof path, "%s/rest", folder);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	while (write(fd, zeros, sizeof zeros) > 0)
		;
	NEED(errno == ENOSPC);
	return close(fd) == 0;
}

static bool on_a_full_tmpfs(void)
{
	struct rill_session *s, *flight;

	make_private_folder();
	NEED(mount_own("size=4m,mode=700"));
	NEED(!start_in(folder, 1 << 20, true, &s) && strstr(rill_error(), "of the ring file") && !*ring_file());
	NEED(start_in(folder, 1 << 16, true, &s));
	NEED(fill_up());
	for (uint64_t n = 0; n < 20000; n++)	/* all pages of the thread's ring, some times over: SIGBUS, had they no place */
		emit_number(0, 0, n);
	NEED(!RILL_ON(CONFIG_RILL_FLIGHT) || (!start_flight(&flight) && strstr(rill_error(), "no room")));
	NEED(look_into(ring_file()) && found.events > 0);
	NEED_EQUAL(found.torn + found.disorder + found.result.rejected_bytes, 0);
	rill_session_stop(s);	/* its trace has found no room */
	return umount2(folder, MNT_DETACH) == 0 && rmdir(folder) == 0;
}

static void a_full_file_system_is_said_at_the_start_and_does_no_harm_later(void)
{
	if (isolated_status(mounts) != 0) {
		test_skip("a tmpfs cannot be mounted here");
		return;
	}
	ISOLATED(on_a_full_tmpfs);
}

static void a_file_without_room_for_flight_rings_stays_as_it_was(void)
{
	if (RILL_ON(CONFIG_RILL_FLIGHT))
		ISOLATED(full_for_flight_rings);
}

/* ---- whose it is ---------------------------------------------------------------------------------- */

static bool ends(bool keep)
{
	struct rill_session *s;
	struct stat st;
	int status;
	pid_t pid;

	make_private_folder();
	pid = fork();
	if (pid == 0) {
		if (!start_in(folder, 1 << 16, keep, &s))
			_exit(3);
		emit_number(0, 0, 0);
		exit(stat(ring_file(), &st) == 0 && (st.st_mode & 0777) == 0600 ? 7 : 1);
	}
	NEED(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7);
	NEED_EQUAL(*ring_file() != '\0', keep);
	NEED(!keep || (look_into(ring_file()) && found.events == 1));
	return remove_folder(folder);
}

static bool ends_in_order(void)
{
	return ends(false) && ends(true);
}

static void an_end_in_order_removes_the_file_unless_it_is_kept(void)
{
	ISOLATED(ends_in_order);
}

static bool lists_older(const char *wanted, bool remove, const char *age)
{
	const char *const args[] = { "--dead", folder, remove ? "--remove" : NULL, age ? "--older" : NULL, age, NULL };
	struct tool_result r = tool_run(&rill_verb_list, args, "", 0);
	const bool good = r.code == 0 && strstr(r.out, wanted);

	if (!good)
		fprintf(stderr, "\n%s%s", r.out, r.err);
	tool_done(&r);
	return good;
}

static bool lists(const char *wanted, bool remove)
{
	return lists_older(wanted, remove, NULL);
}

static bool the_old_and_the_new(void)
{
	const struct utimbuf yesterday = { time(NULL) - 86400, time(NULL) - 86400 };
	char path[80];

	make_private_folder();
	snprintf(path, sizeof path, "%s/left.ring", folder);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	NEED(truncate(path, 65536) == 0 && lists_older("", true, "1h") && *ring_file());
	NEED(utime(path, &yesterday) == 0 && lists_older("", true, "2d") && *ring_file());
	NEED(lists_older("removed", true, "23h") && !*ring_file());
	return remove_folder(folder);
}

static void leftovers_are_removed_by_age(void)
{
	ISOLATED(the_old_and_the_new);
}

static bool the_living_and_the_dead(void)
{
	struct rill_session *s;
	char path[200], mark;
	int status, ready[2];
	pid_t pid;

	make_private_folder();
	NEED(pipe(ready) == 0);
	pid = fork();
	if (pid == 0) {
		if (start_in(folder, 1 << 16, false, &s) && write(ready[1], "1", 1) == 1)
			pause();
		_exit(3);
	}
	NEED(read(ready[0], &mark, 1) == 1);
	NEED(lists("living", false) && lists("", true) && *ring_file());
	kill(pid, SIGKILL);
	NEED(waitpid(pid, &status, 0) == pid);
	NEED(lists("dead", false) && lists("removed", true) && !*ring_file());
	/* Killed while it made the file: all of it is zero. */
	snprintf(path, sizeof path, "%s/begun.ring", folder);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	NEED(truncate(path, 65536) == 0 && lists("unmade", false) && lists("removed", true) && !*ring_file());
	return remove_folder(folder);
}

static void ring_files_of_the_dead_are_found_and_those_of_the_living_stay(void)
{
	ISOLATED(the_living_and_the_dead);
}

static const struct test_case cases[] = {
	T(a_killed_program_leaves_every_event_whose_emit_had_returned),
	T(a_killed_flight_recorder_leaves_the_newest_events_of_each_ring),
	T(an_event_of_both_kinds_of_rings_is_there_once),
	T(a_killed_program_in_disk_mode_leaves_them_all_as_well),
	T(a_child_never_writes_into_the_parents_file),
	T(a_child_that_nobody_announced_writes_elsewhere_too),
	T(a_fault_of_the_program_ends_it_as_without_a_ring_file),
	T(wrong_places_are_refused_with_a_sentence),
	T(a_file_without_room_for_flight_rings_stays_as_it_was),
	T(a_full_file_system_is_said_at_the_start_and_does_no_harm_later),
	T(an_end_in_order_removes_the_file_unless_it_is_kept),
	T(ring_files_of_the_dead_are_found_and_those_of_the_living_stay),
	T(leftovers_are_removed_by_age),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("ring files", cases, argc, argv);
}
