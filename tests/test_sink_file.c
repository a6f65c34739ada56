/* SPDX-License-Identifier: MIT
 * test_sink_file.c - the file sink: names, what it refuses to open, full disks.
 */
#define _GNU_SOURCE
#include "port/linux/sink_pattern.h"
#include "sink_help.h"

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static void expect_events(const char *path, size_t count)
{
	struct json_object *root = parse_file(path), *list = root ? events_of(root) : NULL;

	CU_ASSERT_PTR_NOT_NULL(list);
	if (list)
		CU_ASSERT_EQUAL(json_object_array_length(list), count);
	json_object_put(root);
}

/* Opening is refused with this error, and the sentence has these words. */
static void expect_refused(const char *path, int error, const char *words)
{
	struct rill_sink sink;
	int before = descriptors_open();

	CU_ASSERT_EQUAL(open_sink(path, &sink), -error);
	if (!strstr(rill_error(), words))
		printf("no '%s' in '%s'\n", words, rill_error());
	CU_ASSERT(strstr(rill_error(), words) != NULL);
	CU_ASSERT_EQUAL(descriptors_open(), before);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void expect_name(const char *pattern, const char *name, const char *expected)
{
	char *path = rill_pattern_expand(pattern, name, 42, 3);

	CU_ASSERT_STRING_EQUAL(path, expected);
	free(path);
}

static void a_pattern_is_expanded_wherever_it_stands(void)
{
	expect_name("/a/rill.${pid}.${rotation}.json", "x", "/a/rill.42.3.json");
	expect_name("${pid}${pid}-${rotation}${rotation}-${name}${name}", "x", "4242-33-xx");
	expect_name("${foo}.${pid", "x", "${foo}.${pid");
	expect_name("$${pid}}${}$", "x", "$42}${}$");
	expect_name("${PID}${ pid}", "x", "${PID}${ pid}");
	expect_name("t-${name}", "${pid}", "t-${pid}");
	expect_name("t-${name}", "../../etc/x", "t-.._.._etc_x");
	expect_name("t${name}", NULL, "t");
	expect_name("", "x", "");
}

static void N_19_the_folder_is_the_one_at_the_start(void)
{
	struct rill_file_options options = json_options("here.${rotation}.json");
	struct rill_sink sink;
	char before[256];

	CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(before, sizeof(before)));
	CU_ASSERT_EQUAL_FATAL(chdir(folder), 0);
	CU_ASSERT_EQUAL_FATAL(rill_port_file_sink(&options, &sink), 0);
	CU_ASSERT_EQUAL(chdir("/"), 0);
	CU_ASSERT_EQUAL(sink.ops->open(sink.ctx), 0);
	CU_ASSERT_STRING_EQUAL(sink.ops->where(sink.ctx), in_folder("here.1.json"));
	CU_ASSERT_EQUAL(put(&sink, "[{}\n]\n", RILL_PIECE_FIRST | RILL_PIECE_LAST), 0);
	CU_ASSERT_EQUAL(put(&sink, "[{}\n", RILL_PIECE_FIRST), 0);
	sink.ops->close(sink.ctx);
	expect_events(in_folder("here.1.json"), 1);
	expect_events(in_folder("here.2.json"), 1);
	CU_ASSERT_EQUAL(chdir(before), 0);
}

static void each_first_piece_opens_the_next_file(void)
{
	struct rill_sink sink;

	CU_ASSERT_EQUAL_FATAL(open_sink(in_folder("r.${rotation}"), &sink), 0);
	CU_ASSERT_EQUAL(put(&sink, "[1\n", RILL_PIECE_FIRST), 0);
	CU_ASSERT_EQUAL(put(&sink, ",2\n", 0), 0);
	expect_events(in_folder("r.1"), 2);
	CU_ASSERT_EQUAL(put(&sink, ",3\n]\n", RILL_PIECE_LAST), 0);
	CU_ASSERT_EQUAL(access(in_folder("r.2"), F_OK), -1);
	CU_ASSERT_EQUAL(put(&sink, "[1\n", RILL_PIECE_FIRST), 0);
	CU_ASSERT_STRING_EQUAL(sink.ops->where(sink.ctx), in_folder("r.2"));
	CU_ASSERT_EQUAL(put(&sink, "", RILL_PIECE_LAST), 0);
	CU_ASSERT(put(&sink, ",9\n", 0) < 0);
	sink.ops->close(sink.ctx);
	expect_events(in_folder("r.1"), 3);
	expect_events(in_folder("r.2"), 1);
}

static void a_later_file_that_cannot_be_opened_is_tried_again(void)
{
	struct rill_sink sink;

	CU_ASSERT_EQUAL_FATAL(open_sink(in_folder("again.${rotation}"), &sink), 0);
	CU_ASSERT_EQUAL(mkdir(in_folder("again.2"), 0700), 0);
	CU_ASSERT_EQUAL(put(&sink, "[1\n]\n", RILL_PIECE_FIRST | RILL_PIECE_LAST), 0);
	CU_ASSERT_EQUAL(put(&sink, "[1\n", RILL_PIECE_FIRST), -EISDIR);
	CU_ASSERT(put(&sink, ",2\n", 0) < 0);
	CU_ASSERT_STRING_EQUAL(sink.ops->where(sink.ctx), in_folder("again.2"));
	CU_ASSERT_EQUAL(rmdir(in_folder("again.2")), 0);
	CU_ASSERT_EQUAL(put(&sink, "[1\n", RILL_PIECE_FIRST), 0);
	sink.ops->close(sink.ctx);
	expect_events(in_folder("again.2"), 1);
}

/* ---- opening --------------------------------------------------------------------------------- */

static void a_file_is_private_and_closed_on_exec(void)
{
	struct rill_sink sink;
	struct stat stat_now;
	int before = descriptors_open(), flags = -1;
	mode_t mask = umask(0);

	CU_ASSERT_EQUAL_FATAL(open_sink(in_folder("private"), &sink), 0);
	umask(mask);
	CU_ASSERT_EQUAL(stat(in_folder("private"), &stat_now), 0);
	CU_ASSERT_EQUAL(stat_now.st_mode & 07777, 0600);
	for (int fd = 3; fd < 1024; fd++) {
		struct stat other;

		if (fstat(fd, &other) == 0 && other.st_ino == stat_now.st_ino)
			flags = fcntl(fd, F_GETFD);
	}
	CU_ASSERT_EQUAL(flags, FD_CLOEXEC);
	CU_ASSERT_EQUAL(descriptors_open(), before + 1);
	sink.ops->close(sink.ctx);
	CU_ASSERT_EQUAL(descriptors_open(), before);
}

static void an_older_file_of_that_name_is_emptied(void)
{
	struct rill_sink sink;

	CU_ASSERT_EQUAL_FATAL(open_sink(in_folder("older"), &sink), 0);
	CU_ASSERT_EQUAL(put(&sink, "[1,2,3,4,5,6,7,8,9\n", RILL_PIECE_FIRST), 0);
	sink.ops->close(sink.ctx);
	CU_ASSERT_EQUAL_FATAL(open_sink(in_folder("older"), &sink), 0);
	CU_ASSERT_EQUAL(put(&sink, "[1\n", RILL_PIECE_FIRST), 0);
	sink.ops->close(sink.ctx);
	expect_events(in_folder("older"), 1);
}

static void N_17_a_missing_folder_is_named_with_the_remedy(void)
{
	expect_refused(in_folder("missing/deep/t.json"), ENOENT, in_folder("missing/deep for"));
	expect_refused(in_folder("missing/deep/t.json"), ENOENT, "mkdir -p");
}

static void what_would_hit_somebody_else_is_refused(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = open(in_folder("real"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	char text[4] = "";

	CU_ASSERT_EQUAL(write(fd, "old", 3), 3);
	close(fd);
	CU_ASSERT_EQUAL(symlink(in_folder("real"), in_folder("link")), 0);
	expect_refused(in_folder("link"), ELOOP, "symbolic link");
	CU_ASSERT_EQUAL(symlink(in_folder("nowhere"), in_folder("dangling")), 0);
	expect_refused(in_folder("dangling"), ELOOP, "symbolic link");
	CU_ASSERT_EQUAL(access(in_folder("nowhere"), F_OK), -1);
	CU_ASSERT_EQUAL(link(in_folder("real"), in_folder("second")), 0);
	expect_refused(in_folder("second"), EMLINK, "hard links");
	expect_refused(folder, EISDIR, "is a folder");
	expect_refused(in_folder("real/t.json"), ENOTDIR, "is not a folder");
	CU_ASSERT_EQUAL(mkfifo(in_folder("fifo"), 0600), 0);
	expect_refused(in_folder("fifo"), ENXIO, "reader first");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", in_folder("socket"));
	CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	expect_refused(in_folder("socket"), ENXIO, "socket");
	close(fd);
	expect_refused("", EINVAL, "empty");
	fd = open(in_folder("real"), O_RDONLY | O_CLOEXEC);
	CU_ASSERT_EQUAL(read(fd, text, 3), 3);
	CU_ASSERT_STRING_EQUAL(text, "old");
	close(fd);
}

static void names_that_are_too_long_are_refused(void)
{
	char path[9000];

	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	expect_refused(path, ENAMETOOLONG, "too long");
	path[300] = '\0';
	expect_refused(path, ENAMETOOLONG, "too long");
}

static void a_file_of_another_user_is_refused(void)
{
	int fd;

	if (geteuid() != 0) {
		test_skip("needs root to make a file of another user");
		return;
	}
	fd = open(in_folder("theirs"), O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
	CU_ASSERT_EQUAL(fchown(fd, 12345, 12345), 0);
	close(fd);
	expect_refused(in_folder("theirs"), EPERM, "another user");
}

static void N_20_two_writers_of_one_file_are_kept_apart(void)
{
	struct rill_sink sink;

	CU_ASSERT_EQUAL_FATAL(open_sink(in_folder("shared"), &sink), 0);
	CU_ASSERT_EQUAL(put(&sink, "[1\n", RILL_PIECE_FIRST), 0);
	expect_refused(in_folder("shared"), EBUSY, "${pid}");
	expect_events(in_folder("shared"), 1);
	sink.ops->close(sink.ctx);
	CU_ASSERT_EQUAL_FATAL(open_sink(in_folder("shared"), &sink), 0);
	sink.ops->close(sink.ctx);
}

static void after_a_fork_the_child_closes_its_copy_and_the_parents_file_goes_on(void)
{
	struct rill_sink sink;
	int status;
	pid_t child;

	CU_ASSERT_EQUAL_FATAL(open_sink(in_folder("fork"), &sink), 0);
	CU_ASSERT_EQUAL(put(&sink, "[1\n", RILL_PIECE_FIRST), 0);
	child = fork();
	if (child == 0) {
		int before = descriptors_open();

		rill_port_sink_forked(&sink);
		_exit(descriptors_open() == before - 1 ? 0 : 1);
	}
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_EQUAL(status, 0);
	CU_ASSERT_EQUAL(put(&sink, ",2\n", 0), 0);
	sink.ops->close(sink.ctx);
	expect_events(in_folder("fork"), 2);
}

/* Between fork and exec a child has all descriptors of its parent, however they will be closed. */
static void a_child_that_is_about_to_run_a_program_keeps_no_file_locked(void)
{
	struct rill_sink sink;
	int status, hold[2];
	pid_t child;
	char byte;

	CU_ASSERT_EQUAL_FATAL(pipe(hold), 0);
	CU_ASSERT_EQUAL_FATAL(open_sink(in_folder("held"), &sink), 0);
	child = fork();
	if (child == 0) {
		close(hold[1]);
		_exit(read(hold[0], &byte, 1) == 0 ? 0 : 1);
	}
	sink.ops->close(sink.ctx);
	CU_ASSERT_EQUAL(open_sink(in_folder("held"), &sink), 0);
	sink.ops->close(sink.ctx);
	close(hold[1]);
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_EQUAL(status, 0);
	close(hold[0]);
}

/* ---- where writing fails --------------------------------------------------------------------- */

static void a_full_device_gives_an_error_and_the_null_device_takes_all(void)
{
	struct rill_sink sink;
	struct stat device;

	if (stat("/dev/full", &device) < 0 || !S_ISCHR(device.st_mode)) {
		test_skip("this machine has no /dev/full");
		return;
	}
	CU_ASSERT_EQUAL_FATAL(open_sink("/dev/full", &sink), 0);
	CU_ASSERT_EQUAL(put(&sink, "[1\n", RILL_PIECE_FIRST), -ENOSPC);
	CU_ASSERT_EQUAL(put(&sink, "[1\n", RILL_PIECE_FIRST), -ENOSPC);
	sink.ops->close(sink.ctx);
	CU_ASSERT_EQUAL_FATAL(open_sink("/dev/null", &sink), 0);
	CU_ASSERT_EQUAL(put(&sink, "[1\n", RILL_PIECE_FIRST), 0);
	CU_ASSERT_EQUAL(put(&sink, ",1\n]\n", RILL_PIECE_LAST), 0);
	sink.ops->close(sink.ctx);
}

/* Fills up what holds `path`, frees room by `free_room`, and expects that only refused pieces
 * are missing. */
static void fill_and_recover(const char *path, void (*free_room)(void))
{
	static char text[65536];
	unsigned count = 100, refused = 0;
	struct rill_sink sink;

	CU_ASSERT_EQUAL_FATAL(open_sink(path, &sink), 0);
	make_lines(text, 0, 100);
	CU_ASSERT_EQUAL(put(&sink, text, RILL_PIECE_FIRST), 0);
	for (unsigned piece = 0; piece < 80; piece++) {
		int error;

		if (piece == 60) {
			CU_ASSERT(refused > 0);
			expect_events(path, count);
			free_room();
			refused = 0;
		}
		make_lines(text, count, 100);
		error = put(&sink, text, 0);
		CU_ASSERT(error == 0 || error == -ENOSPC || error == -EFBIG);
		count += error ? 0 : 100;
		refused += error < 0;
	}
	CU_ASSERT_EQUAL(refused, 0);
	sink.ops->close(sink.ctx);
	expect_events(path, count);
}

static void remove_ballast(void)
{
	CU_ASSERT_EQUAL(unlink(in_folder("disk/ballast")), 0);
}

static void a_full_disk_keeps_the_file_valid_until_there_is_room_again(void)
{
	static char ballast[256 << 10];
	int fd;

	CU_ASSERT_EQUAL(mkdir(in_folder("disk"), 0700), 0);
	if (mount("tmpfs", in_folder("disk"), "tmpfs", 0, "size=384k") < 0) {
		test_skip("a file system to fill cannot be mounted here");
		return;
	}
	fd = open(in_folder("disk/ballast"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	CU_ASSERT(write(fd, ballast, 230 << 10) == 230 << 10);
	close(fd);
	/* The rest of 384 KiB takes about 25 pieces; without the ballast all 80 of them fit. */
	fill_and_recover(in_folder("disk/t.json"), remove_ballast);
	CU_ASSERT_EQUAL(umount2(in_folder("disk"), MNT_DETACH), 0);
}

static struct rlimit limit_before;

static void lift_limit(void)
{
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &limit_before), 0);
}

static void a_size_limit_raises_no_signal(void)
{
	struct rlimit limit;

	CU_ASSERT_EQUAL(getrlimit(RLIMIT_FSIZE, &limit_before), 0);
	limit = limit_before;
	limit.rlim_cur = 100000;
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
	fill_and_recover(in_folder("limited.json"), lift_limit);
}

static const struct test_case cases[] = {
	T(a_pattern_is_expanded_wherever_it_stands),
	T(N_19_the_folder_is_the_one_at_the_start),
	T(each_first_piece_opens_the_next_file),
	T(a_later_file_that_cannot_be_opened_is_tried_again),
	T(a_file_is_private_and_closed_on_exec),
	T(an_older_file_of_that_name_is_emptied),
	T(N_17_a_missing_folder_is_named_with_the_remedy),
	T(what_would_hit_somebody_else_is_refused),
	T(names_that_are_too_long_are_refused),
	T(a_file_of_another_user_is_refused),
	T(N_20_two_writers_of_one_file_are_kept_apart),
	T(after_a_fork_the_child_closes_its_copy_and_the_parents_file_goes_on),
	T(a_child_that_is_about_to_run_a_program_keeps_no_file_locked),
	T(a_full_device_gives_an_error_and_the_null_device_takes_all),
	T(a_full_disk_keeps_the_file_valid_until_there_is_room_again),
	T(a_size_limit_raises_no_signal),
};

int main(int argc, char **argv)
{
	int result;

	make_folder(folder);
	result = TEST_MAIN("sink_file", cases, argc, argv);
	remove_folder(folder);
	return result;
}
