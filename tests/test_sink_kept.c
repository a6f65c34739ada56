/* SPDX-License-Identifier: MIT
 * test_sink_kept.c - files of a rotation that together may take so much of a disk: the oldest go, what is not ours
 * stays.
 */
#define _GNU_SOURCE
#include "stream_help.h"

#include <dirent.h>
#include <limits.h>

enum { ROTATE = 20000, KEEP = 70000 };

static struct rill_outlet *open_rotating(const char *name, uint64_t rotate, uint64_t keep)
{
	struct rill_session_options options = { .rotate_bytes = rotate, .keep_bytes = keep };

	return open_file(&options, name);
}

/* Of all files in the folder; *least and *most: the numbers of those named PREFIX.N.* */
static uint64_t bytes_in_folder(const char *prefix, unsigned *least, unsigned *most)
{
	DIR *directory = opendir(folder);
	const size_t skip = strlen(prefix);
	uint64_t bytes = 0;

	*least = UINT_MAX;
	*most = 0;
	for (struct dirent *entry; (entry = readdir(directory));) {
		struct stat stat;
		unsigned number;

		if (strncmp(entry->d_name, prefix, skip) != 0)
			continue;
		number = (unsigned)atoi(entry->d_name + skip);
		*least = number < *least ? number : *least;
		*most = number > *most ? number : *most;
		CU_ASSERT_EQUAL(fstatat(dirfd(directory), entry->d_name, &stat, 0), 0);
		bytes += (uint64_t)stat.st_size;
	}
	closedir(directory);
	return bytes;
}

static void never_more_than_asked_for_and_the_newest_stay(void)
{
	static const char *const names[] = { "p.${rotation}.rill", "j.${rotation}.json" }, *const prefixes[] = { "p.", "j." };

	for (unsigned kind = 0; kind < 2; kind++) {
		struct rill_outlet *outlet = open_rotating(names[kind], ROTATE, KEEP);
		struct offered o = { .events = 0 };
		unsigned least, most;
		uint64_t bytes = 0;

		CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
		for (unsigned i = 0; i < 60; i++) {
			offer_many(outlet, &o, kind ? 60 : 1200);
			flush(outlet);
			bytes = bytes_in_folder(prefixes[kind], &least, &most);
			CU_ASSERT(bytes <= KEEP);
			CU_ASSERT_EQUAL(outlet->ops->segments(outlet), most);
		}
		CU_ASSERT(most > 6 && least > 3);
		CU_ASSERT(bytes > KEEP - 3 * ROTATE);
		end_offer(outlet, &o);
		CU_ASSERT_EQUAL(atomic_load(&lost_events) + o.refused, 0);
	}
}

static void without_a_bound_all_stay(void)
{
	struct rill_outlet *outlet = open_rotating("a.${rotation}.rill", ROTATE, 0);
	struct offered o = { .events = 0 };
	unsigned least, most;

	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	for (unsigned i = 0; i < 20; i++) {
		offer_many(outlet, &o, 3000);
		flush(outlet);
	}
	end_offer(outlet, &o);
	CU_ASSERT(bytes_in_folder("a.", &least, &most) > KEEP);
	CU_ASSERT_EQUAL(least, 1);
}

static void a_file_that_somebody_put_in_its_place_stays(void)
{
	struct rill_outlet *outlet = open_rotating("s.${rotation}.rill", ROTATE, KEEP);
	struct offered o = { .events = 0 };
	unsigned least = 0, most = 0;
	char first[256], *text;
	size_t size;
	int fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	for (unsigned i = 0; i < 100 && most < 2; i++) {
		offer_many(outlet, &o, 1000);
		flush(outlet);
		bytes_in_folder("s.", &least, &most);
	}
	CU_ASSERT_EQUAL(least, 1);
	snprintf(first, sizeof first, "%s", in_folder("s.1.rill"));
	CU_ASSERT_EQUAL(rename(first, in_folder("moved")), 0);
	fd = open(in_folder("s.1.rill"), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	CU_ASSERT_EQUAL(write(fd, "mine", 4), 4);
	close(fd);
	/* One that is gone already is no trouble either. */
	unlink(in_folder("s.2.rill"));
	for (unsigned i = 0; i < 100; i++) {
		offer_many(outlet, &o, 1000);
		flush(outlet);
	}
	end_offer(outlet, &o);
	text = read_file(in_folder("s.1.rill"), &size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_STRING_EQUAL(text, "mine");
	free(text);
	CU_ASSERT_EQUAL(access(in_folder("moved"), F_OK), 0);
	bytes_in_folder("s.", &least, &most);
	CU_ASSERT(most > 8);
	CU_ASSERT_EQUAL(access(in_folder("s.3.rill"), F_OK), -1);
}

static void a_bound_that_cannot_be_kept_is_refused(void)
{
	CU_ASSERT_PTR_NULL(open_rotating("x.${rotation}.rill", ROTATE, 2 * ROTATE - 2));
	CU_ASSERT(strstr(rill_error(), "at least twice rotate_bytes") != NULL);
	CU_ASSERT_PTR_NULL(open_rotating("x.${rotation}.rill", 0, KEEP));
	CU_ASSERT(strstr(rill_error(), "there is none") != NULL);
}

static const struct test_case cases[] = {
	T(never_more_than_asked_for_and_the_newest_stay),
	T(without_a_bound_all_stay),
	T(a_file_that_somebody_put_in_its_place_stays),
	T(a_bound_that_cannot_be_kept_is_refused),
};

int main(int argc, char **argv)
{
	int result;

	make_folder(folder);
	result = TEST_MAIN("sink_kept", cases, argc, argv);
	remove_folder(folder);
	return result;
}
