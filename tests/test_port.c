/* SPDX-License-Identifier: MIT
 * test_port.c - the Linux port: the barrier, pages, 64-bit words, the process, the kernel's trace.
 */
#define _GNU_SOURCE
#include "port_help.h"
#include "test.h"

#include "port/arch/arch.h"
#include "port/linux/linux.h"
#include "port/linux/note.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int answer(const char *question)
{
	if (!strcmp(question, "--environment")) {
		const char *value = rill_port_env("RILL_TEST");

		printf("secure %d, RILL_TEST %s\n", rill_port_secure(), value ? value : "not seen");
	} else if (!strcmp(question, "--barrier")) {
		printf("%d\n", rill_port_barrier());	/* without having registered */
	} else {
		return 2;
	}
	return 0;
}

/* ---- the barrier ----------------------------------------------------------------------------- */

static int barrier_after_fork(void)
{
	return rill_port_barrier() ? 1 : 0;
}

static void the_barrier_works_also_in_a_child(void)
{
	int registered = rill_port_barrier_register();

	if (registered) {
		test_skip("this kernel refuses membarrier");
		return;
	}
	CU_ASSERT_EQUAL(rill_port_barrier_register(), 0);
	CU_ASSERT_EQUAL(rill_port_barrier(), 0);
	CU_ASSERT_EQUAL(in_child(barrier_after_fork), 0);
}

static void a_barrier_registers_itself_if_need_be(void)
{
	if (rill_port_barrier_register()) {
		test_skip("this kernel refuses membarrier");
		return;
	}
	CU_ASSERT_STRING_EQUAL(ask(self, 0, "RILL_TEST", "", "--barrier"), "0\n");
}

/* As old container runtimes do. */
static int barrier_under_seccomp(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 77;
	errno = ENOTTY;
	if (rill_port_barrier_register() != -EPERM || rill_port_barrier() != -EPERM)
		return 1;
	return errno == ENOTTY ? 0 : 2;
}

static void a_refused_barrier_is_an_error_not_a_crash(void)
{
	int result = in_child(barrier_under_seccomp);

	if (result == 77)
		test_skip("no seccomp here");
	else
		CU_ASSERT_EQUAL(result, 0);
}

/* ---- memory, words --------------------------------------------------------------------------- */

static void pages_are_zero_and_cost_nothing_until_touched(void)
{
	const bool once = rill_port_pages_max() != SIZE_MAX;	/* a static build's: in .bss, and not larger than asked for there */
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size = once ? rill_port_pages_max() / page * page : (size_t)256 << 20;
	struct rusage before, after;
	unsigned char *pages;

	if (size < 2 * page) {
		test_skip("this build has less than two pages for rings");
		return;
	}
	getrusage(RUSAGE_SELF, &before);
	pages = rill_port_pages(size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pages);
	CU_ASSERT_EQUAL((uintptr_t)pages % (once ? 4096 : page), 0);
	CU_ASSERT_EQUAL(pages[0] | pages[size / 2] | pages[size - 1], 0);
	pages[size - 1] = 1;
	getrusage(RUSAGE_SELF, &after);
	CU_ASSERT_TRUE(after.ru_maxrss - before.ru_maxrss < 32 << 10);
	rill_port_pages_empty(pages + 1, size - 1);	/* the first page is not wholly inside */
	CU_ASSERT_EQUAL(pages[size - 1], 0);
	pages[0] = pages[page] = 1;
	rill_port_pages_empty(pages + 1, size - 1);
	CU_ASSERT_EQUAL(pages[0], 1);
	CU_ASSERT_EQUAL(pages[page], 0);
	CU_ASSERT(!once || !rill_port_pages(page));
	if (!once)
		munmap(pages, size);
}

static void pages_that_cannot_be_had_are_NULL(void)
{
	errno = ENOTTY;
	CU_ASSERT_PTR_NULL(rill_port_pages(0));
	CU_ASSERT_PTR_NULL(rill_port_pages(SIZE_MAX - 65535));
	CU_ASSERT_EQUAL(errno, ENOTTY);
}

static void a_64_bit_word_is_stored_whole(void)
{
	uint64_t words[3] = { 1, 2, 3 };

	rill_arch_store_u64(&words[1], UINT64_C(0x0123456789abcdef));
	CU_ASSERT_EQUAL(words[0], 1);
	CU_ASSERT_EQUAL(words[1], UINT64_C(0x0123456789abcdef));
	CU_ASSERT_EQUAL(words[2], 3);
	CU_ASSERT_EQUAL(rill_arch_load_u64(&words[1]), UINT64_C(0x0123456789abcdef));
	rill_arch_pause();
}

/* ---- the process ----------------------------------------------------------------------------- */

static void the_environment_is_seen_by_a_normal_program(void)
{
	CU_ASSERT_STRING_EQUAL(ask(self, 0, "RILL_TEST", "on", "--environment"),
			       "secure 0, RILL_TEST on\n");
	unsetenv("RILL_TEST");
	CU_ASSERT_PTR_NULL(rill_port_env("RILL_TEST"));
}

static bool copy_set_uid(const char *path)
{
	char command[8300];

	snprintf(command, sizeof(command), "cp '%s' '%s'", self, path);
	return !system(command) && !chmod(path, 04755);
}

static void the_environment_is_not_seen_by_a_set_uid_program(void)
{
	char folder[] = "/tmp/rill-test-XXXXXX", path[64];
	const char *said;

	if (getuid()) {
		test_skip("only root can make a set-uid program of another user");
		return;
	}
	if (emulator()) {
		test_skip("the emulator is the program that is started, and it is not set-uid");
		return;
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	chmod(folder, 0755);
	snprintf(path, sizeof(path), "%s/set-uid", folder);
	CU_ASSERT_TRUE(copy_set_uid(path));
	said = ask(path, 65534, "RILL_TEST", "on", "--environment");
	if (!strcmp(said, "secure 0, RILL_TEST on\n"))
		test_skip("/tmp is mounted nosuid");
	else
		CU_ASSERT_STRING_EQUAL(said, "secure 1, RILL_TEST not seen\n");
	unlink(path);
	rmdir(folder);
}

static void the_program_has_a_name_without_folders(void)
{
	const char *slash = strrchr(self, '/');

	CU_ASSERT_STRING_EQUAL(rill_port_program_name(), slash ? slash + 1 : self);
}

static void a_small_file_is_read_or_the_error_returned(void)
{
	char text[8];

	errno = ENOTTY;
	CU_ASSERT_EQUAL(rill_linux_read_file("/proc/self/no-such-file", text, sizeof(text)),
			-ENOENT);
	CU_ASSERT_STRING_EQUAL(text, "");
	CU_ASSERT_EQUAL(rill_linux_read_file("/proc/self", text, sizeof(text)), -EISDIR);
	CU_ASSERT_EQUAL(rill_linux_read_file("/proc/self/stat", text, sizeof(text)), 7);
	CU_ASSERT_EQUAL(strlen(text), 7);
	CU_ASSERT_EQUAL(errno, ENOTTY);
}

/* ---- the kernel's trace ---------------------------------------------------------------------- */

static bool trace_holds(const char *line)
{
	static const char *const paths[] = { "/sys/kernel/tracing/trace",
					     "/sys/kernel/debug/tracing/trace" };
	char text[512];
	FILE *file = NULL;
	bool found = false;

	for (size_t i = 0; i < 2 && !file; i++)
		file = fopen(paths[i], "r");
	while (file && !found && fgets(text, sizeof(text), file))
		found = strstr(text, line) != NULL;
	if (file)
		fclose(file);
	return found;
}

static void a_line_reaches_the_trace_of_the_kernel(void)
{
	char line[64];
	int result;

	snprintf(line, sizeof(line), "rill test %d %llu\n", (int)getpid(),
		 (unsigned long long)rill_port_monotonic_ns());
	errno = ENOTTY;
	result = rill_port_trace_marker(line);
	CU_ASSERT_EQUAL(errno, ENOTTY);
	CU_ASSERT_TRUE(result <= 0);
	line[strlen(line) - 1] = '\0';
	if (result)
		test_skip("the kernel's trace_marker cannot be written here");
	else
		CU_ASSERT_TRUE(trace_holds(line));
}

/* ---- notes ----------------------------------------------------------------------------------- */

static uint8_t notes[256];
static size_t notes_size;

static void add_note(const char *owner, uint32_t owner_size, uint32_t type, const void *descriptor, uint32_t size, size_t alignment)
{
	const uint32_t head[3] = { owner_size, size, type };
	size_t at = notes_size + sizeof head;

	memcpy(notes + notes_size, head, sizeof head);
	memcpy(notes + at, owner, owner_size);
	at = (at + owner_size + alignment - 1) / alignment * alignment;
	memcpy(notes + at, descriptor, size);
	notes_size = (at + size + alignment - 1) / alignment * alignment;
}

static const uint8_t *note_of(const char *owner, uint32_t type, size_t size_of_segment, size_t alignment, size_t *size)
{
	const ElfW(Phdr) segments[2] = {
		{ .p_type = PT_LOAD, .p_memsz = sizeof notes },
		{ .p_type = PT_NOTE, .p_vaddr = (uintptr_t)notes, .p_memsz = size_of_segment, .p_align = alignment },
	};
	const struct dl_phdr_info object = { .dlpi_phdr = segments, .dlpi_phnum = 2 };

	return rill_linux_note(&object, owner, type, size);
}

static void a_note_is_found_by_owner_and_type_in_either_alignment(void)
{
	for (size_t alignment = 4; alignment <= 8; alignment += 4) {
		size_t size = 0;
		const uint8_t *found;

		memset(notes, 0, sizeof notes);
		notes_size = 0;
		add_note("other", 6, 1, "12345", 5, alignment);
		add_note("rill", 5, 2, "no", 2, alignment);
		add_note("rill", 5, 1, "it is", 5, alignment);
		found = note_of("rill", 1, notes_size, alignment, &size);
		CU_ASSERT_FATAL(found != NULL);
		CU_ASSERT_EQUAL(size, 5);
		CU_ASSERT(!memcmp(found, "it is", 5));
		/* Nothing behind the last byte is looked at, and padding need not be there. */
		CU_ASSERT(note_of("rill", 1, (size_t)(found + 5 - notes), alignment, &size) == found);
		CU_ASSERT(note_of("rill", 1, (size_t)(found + 4 - notes), alignment, &size) == NULL);
		CU_ASSERT(note_of("ril", 1, notes_size, alignment, &size) == NULL);
		CU_ASSERT(note_of("rill", 3, notes_size, alignment, &size) == NULL);
		CU_ASSERT(note_of("rill", 1, 0, alignment, &size) == NULL);
	}
}

static void a_note_with_a_size_near_2_to_the_32_ends_the_search(void)
{
	for (uint32_t short_of = 1; short_of <= 16; short_of++) {
		const uint32_t huge = -short_of;
		size_t size;

		/* A sum that wrapped would go on at the second note. */
		notes_size = 16;
		add_note("rill", 5, 1, "not me", 6, 4);
		memcpy(notes, (const uint32_t[4]){ huge, 4, 1, 0 }, 16);
		CU_ASSERT(note_of("rill", 1, sizeof notes, 4, &size) == NULL);
		memcpy(notes, (const uint32_t[4]){ 4, huge, 1, 0 }, 16);
		CU_ASSERT(note_of("rill", 1, sizeof notes, 4, &size) == NULL);
	}
}

static const struct test_case cases[] = {
	T(a_note_is_found_by_owner_and_type_in_either_alignment),
	T(a_note_with_a_size_near_2_to_the_32_ends_the_search),
	T(the_barrier_works_also_in_a_child),
	T(a_barrier_registers_itself_if_need_be),
	T(a_refused_barrier_is_an_error_not_a_crash),
	T(pages_are_zero_and_cost_nothing_until_touched),
	T(pages_that_cannot_be_had_are_NULL),
	T(a_64_bit_word_is_stored_whole),
	T(the_environment_is_seen_by_a_normal_program),
	T(the_environment_is_not_seen_by_a_set_uid_program),
	T(the_program_has_a_name_without_folders),
	T(a_small_file_is_read_or_the_error_returned),
	T(a_line_reaches_the_trace_of_the_kernel),
};

int main(int argc, char **argv)
{
	if (argc == 2 && !strncmp(argv[1], "--", 2))
		return answer(argv[1]);
	if (!find_self())
		return 2;
	return TEST_MAIN("port", cases, argc, argv);
}
