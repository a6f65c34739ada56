/* SPDX-License-Identifier: MIT
 * child_help.h - runs this test program again as a traced one: in a folder of its own, with an environment of its own.
 */
#ifndef RILL_TESTS_CHILD_HELP_H
#define RILL_TESTS_CHILD_HELP_H

#include "tests/emulated.h"
#include "tests/outlet_help.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

struct child {
	char folder[64];
	char program[256];	/* "": this one */
	char *env[16], *argv[16];
	int envs, args;
	int uid;		/* 0: as we are */
	int status;		/* of wait() */
	char out[4096], err[4096];
};

static inline struct child child_new(const char *mode)
{
	struct child c = { .envs = 0 };

	make_folder(c.folder);
	c.argv[c.args++] = strdup("traced");
	c.argv[c.args++] = strdup(mode);
	return c;
}

static inline void child_env(struct child *c, const char *setting)
{
	c->env[c->envs++] = strdup(setting);
}

static inline void child_arg(struct child *c, const char *arg)
{
	c->argv[c->args++] = strdup(arg);
}

static inline void child_become(const struct child *c, int out, int err)
{
	/* The sanitizers' settings and the loader's must reach it, ours must not. */
	static const char *const kept[] = { "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH", "PATH", "TMPDIR" };
	char *env[32];
	int n = 0;

	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (getenv(kept[i]) && asprintf(&env[n], "%s=%s", kept[i], getenv(kept[i])) > 0)
			n++;
	for (int i = 0; i < c->envs; i++)
		env[n++] = c->env[i];
	env[n] = NULL;
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	if (chdir(c->folder) != 0 || (c->uid && setresuid((uid_t)c->uid, (uid_t)c->uid, (uid_t)c->uid) != 0))
		_exit(125);
	become(c->program[0] ? c->program : "/proc/self/exe", c->argv, env);
	_exit(126);
}

static inline void child_read(FILE *file, char text[4096])
{
	ssize_t size = pread(fileno(file), text, 4095, 0);

	text[size > 0 ? size : 0] = '\0';
	fclose(file);
}

static inline void child_run(struct child *c)
{
	FILE *out = tmpfile(), *err = tmpfile();
	pid_t pid;

	if (!out || !err)
		abort();
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		child_become(c, fileno(out), fileno(err));
	if (pid < 0 || waitpid(pid, &c->status, 0) != pid)
		abort();
	child_read(out, c->out);
	child_read(err, c->err);
}

static inline int child_code(const struct child *c)
{
	return WIFEXITED(c->status) ? WEXITSTATUS(c->status) : -WTERMSIG(c->status);
}

/* How many files its folder holds whose name ends so; path: one of them. */
static inline int child_files(const struct child *c, const char *end, char path[512])
{
	DIR *dir = opendir(c->folder);
	struct dirent *e;
	int count = 0;

	while (dir && (e = readdir(dir))) {
		size_t length = strlen(e->d_name);

		if (length < strlen(end) || strcmp(e->d_name + length - strlen(end), end) != 0)
			continue;
		snprintf(path, 512, "%s/%.200s", c->folder, e->d_name);
		count++;
	}
	closedir(dir);
	return count;
}

/* Its one trace, parsed; NULL when there is none, or several, or no complete JSON. */
static inline struct json_object *child_trace(const struct child *c)
{
	char path[512];

	return child_files(c, ".json", path) == 1 ? parse_file(path) : NULL;
}

static inline void child_end(struct child *c)
{
	remove_folder(c->folder);
	for (int i = 0; i < c->envs; i++)
		free(c->env[i]);
	for (int i = 0; i < c->args; i++)
		free(c->argv[i]);
}

#endif
