/* SPDX-License-Identifier: MIT
 * emulated.h - what a test has to know where an emulator of user mode runs it (`make check ARCH=...`): run.sh then says in
 * RILL_RUN by which command.
 *
 * Each question is put to the emulator itself where it can be, so that a better one skips less.
 */
#ifndef RILL_TESTS_EMULATED_H
#define RILL_TESTS_EMULATED_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static inline const char *emulator(void)
{
	const char *run = getenv("RILL_RUN");

	return run && *run ? run : NULL;
}

/* Found at once: qemu answers wrongly behind a chdir(). */
static char emulated_self[4096];
static __attribute__((constructor)) void emulated_find_self(void)
{
	ssize_t length = readlink("/proc/self/exe", emulated_self, sizeof emulated_self - 1);

	emulated_self[length > 0 ? length : 0] = '\0';
}

/* What starts programs that are not linked for tests, such as the tool: without an emulator it may take the sysroot's loader (i386). */
static inline const char *starter(void)
{
	const char *loader = getenv("RILL_LOADER");

	return emulator() ? emulator() : loader && *loader ? loader : NULL;
}

/* execve() of `program` by these words. argv[0] is the name that the program sees. */
static inline void become_by(const char *words_before, const char *program, char *const argv[], char *const env[])
{
	char *words[32], *rest = NULL;
	int n = 0;

	if (!words_before) {
		execve(program, argv, env);
		return;
	}
	for (char *word = strtok_r(strdup(words_before), " ", &rest); word && n < 16; word = strtok_r(NULL, " ", &rest))
		words[n++] = word;
	words[n++] = strcmp(program, "/proc/self/exe") ? (char *)(uintptr_t)program : emulated_self;
	for (int i = 1; argv[0] && argv[i] && n < 31; i++)
		words[n++] = argv[i];
	words[n] = NULL;
	environ = (char **)(uintptr_t)env;
	execvp(words[0], words);
}

/* Of test programs: the kernel knows an emulated one only through its emulator. "/proc/self/exe" is this program. */
static inline void become(const char *program, char *const argv[], char *const env[])
{
	become_by(emulator(), program, argv, env);
}

static inline void *emulated_idle(void *running)
{
	atomic_store((_Atomic bool *)running, true);
	pause();
	return NULL;
}

/* qemu up to 7.2 at least dies when the child of a process with threads makes a thread; or it waits for ever, for a lock that the other thread
 * had at the fork(). */
static inline bool forked_child_can_make_threads(void)
{
	static _Atomic bool running, unused;
	static int answer = -1;
	pthread_t thread;
	pid_t pid;

	if (answer < 0 && !emulator())
		answer = 1;
	if (answer >= 0)
		return answer;
	answer = 0;
	if (pthread_create(&thread, NULL, emulated_idle, &running))
		return false;
	/* Until then the emulator itself holds that lock for the new thread. */
	while (!atomic_load(&running))
		usleep(1000);
	pid = fork();
	if (pid == 0) {
		close(STDOUT_FILENO);	/* the emulator's last words go to both */
		close(STDERR_FILENO);
		_exit(pthread_create(&thread, NULL, emulated_idle, &unused) ? 1 : 7);
	}
	if (pid > 0) {
		int status = -1;

		for (unsigned naps = 0; waitpid(pid, &status, WNOHANG) == 0; naps++) {
			if (naps > 20000)
				kill(pid, SIGKILL);
			usleep(1000);
		}
		answer = WIFEXITED(status) && WEXITSTATUS(status) == 7;
	}
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	return answer;
}

/* qemu up to 7.2 at least takes MADV_DONTFORK for advice that need not be followed. */
static inline bool child_may_lack_pages(void)
{
	const size_t size = (size_t)sysconf(_SC_PAGESIZE);
	char *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned char there;
	int status = -1;
	pid_t pid;

	if (page == MAP_FAILED || madvise(page, size, MADV_DONTFORK) != 0)
		return false;
	pid = fork();
	if (pid == 0)
		_exit(mincore(page, size, &there) == 0);
	if (pid > 0)
		waitpid(pid, &status, 0);
	munmap(page, size);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Emulators make a fork() of vfork(): the child has memory of its own. */
static inline bool vfork_shares_memory(void)
{
	static volatile int shared;
	pid_t pid;

	shared = 0;
	pid = vfork();
	if (pid == 0) {
		shared = 1;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return shared;
}

/* Limits of time in tests count for processors; emulators take some ten times as long. */
static inline unsigned patience(void)
{
	return emulator() ? 4 : 1;
}

#endif
