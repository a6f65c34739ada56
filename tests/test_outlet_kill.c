/* SPDX-License-Identifier: MIT
 * test_outlet_kill.c - kill -9 at random instants of writing: the file is whole, and holds what
 * a flush had completed.
 */
#define _GNU_SOURCE
#include "outlet_env.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

struct progress {
	atomic_ullong flushed;	/* events that a completed flush had in the file */
	atomic_bool running;
};

/* Writes in bursts with pauses between, and tells what each completed flush has covered. */
static void write_for_ever(struct progress *progress, useconds_t pause_us)
{
	struct rill_session_options options = { .queue_bytes = 1 << 20 };
	struct rill_outlet *outlet = open_file(&options, "kill");
	static const char text[] = "GET /index.html";
	struct rill_value values[2] = {
		{ .name = "n", .type = RILL_TYPE_U64 },
		{ .name = "path", .type = RILL_TYPE_COPY, .size = sizeof(text) - 1, .text = text },
	};
	uint64_t n = 0;

	for (uint64_t token = 1;; token++) {
		for (unsigned i = 0; i < 500;) {
			struct rill_event event =
				make_event("BEI"[n % 3], "request", &threads[n % 2]);

			values[0].u = n;
			event.args = values;
			event.nargs = 2;
			if (outlet->ops->event(outlet, &event) == 0)
				n++, i++;
		}
		outlet->ops->flush(outlet, token);
		/* Not after each: the writer shall be busy as well. */
		if (token % 4 == 0 && outlet->ops->done(outlet, token, 1000))
			atomic_store(&progress->flushed, n);
		atomic_store(&progress->running, true);
		if (pause_us)
			usleep(pause_us);
	}
}

/* A writer is started, and killed at a random instant of its writing. */
static void write_and_kill(struct progress *progress, useconds_t pause_us, unsigned *seed)
{
	int status;
	pid_t child;

	atomic_store(&progress->flushed, 0);
	atomic_store(&progress->running, false);
	child = fork();
	if (child == 0)
		write_for_ever(progress, pause_us);
	while (!atomic_load(&progress->running))
		usleep(200);
	usleep((useconds_t)(rand_r(seed) % 15000));
	kill(child, SIGKILL);
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static struct progress *share_progress(void)
{
	void *shared = mmap(NULL, sizeof(struct progress), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CU_ASSERT_FATAL(shared != MAP_FAILED);
	return shared;
}

static void N_16_kill_9_leaves_a_whole_file_with_all_that_was_flushed(void)
{
	struct progress *progress = share_progress();
	unsigned whole = 0, kept = 0, seed = 20261122;

	for (unsigned i = 0; i < 100; i++) {
		struct json_object *root;

		write_and_kill(progress, 1000, &seed);	/* about 300 k events/s */
		root = parse_file(in_folder("kill"));
		whole += root != NULL;
		kept += root && count_named(root, "request") >= progress->flushed;
		json_object_put(root);
	}
	printf("(%u of 100 whole) ", whole);
	CU_ASSERT(whole >= 99);
	CU_ASSERT_EQUAL(kept, whole);
	munmap(progress, sizeof(*progress));
}

/* At millions of events per second a kill meets the step between two pages now and then
 * (port/linux/sink_pages.h). */
static void N_16_a_file_torn_at_full_speed_lacks_only_its_tail(void)
{
	struct progress *progress = share_progress();
	unsigned whole = 0, seed = 7;

	for (unsigned i = 0; i < 25; i++) {
		struct json_object *root;
		size_t size = 0;
		char *text;

		write_and_kill(progress, 0, &seed);
		text = read_file(in_folder("kill"), &size);
		CU_ASSERT_PTR_NOT_NULL_FATAL(text);
		root = parse_strict(text, size);
		whole += root != NULL;
		if (!root) {
			text[size] = ']';
			root = parse_strict(text, size + 1);
		}
		CU_ASSERT_PTR_NOT_NULL(root);
		CU_ASSERT(root && count_named(root, "request") >= progress->flushed);
		json_object_put(root);
		free(text);
	}
	printf("(%u of 25 whole) ", whole);
	CU_ASSERT(whole >= 20);
	munmap(progress, sizeof(*progress));
}

static const struct test_case cases[] = {
	T(N_16_kill_9_leaves_a_whole_file_with_all_that_was_flushed),
	T(N_16_a_file_torn_at_full_speed_lacks_only_its_tail),
};

int main(int argc, char **argv)
{
	int result;

	make_folder(folder);
	result = TEST_MAIN("outlet_kill", cases, argc, argv);
	remove_folder(folder);
	return result;
}
