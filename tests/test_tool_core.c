/* SPDX-License-Identifier: MIT
 * test_tool_core.c - the rings out of core files made by hand: those of other machines, and those that lie. test_core.c has real ones.
 */
#include "core_help.h"
#include "tool/core.h"
#include "tool_help.h"

enum { AT = 0x7f0000, EVENTS = 60 };

static struct rill_core_image image;

/* False: refused. */
static bool read_bytes(const uint8_t *bytes, size_t size)
{
	const int fd = tool_scratch((const char *)bytes, size);
	char path[40];
	bool good;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	good = rill_core_read(path, &image);
	close(fd);
	return good;
}

/* Is this what was read? The caller looks no more. */
static bool is_image(const struct made *m)
{
	const bool same = image.size == MADE_BYTES && !memcmp(image.bytes, m->bytes, MADE_BYTES + 1);

	free(image.bytes);
	return same;
}

/* Extracting it ends with this code, and a sentence with this in it. */
static void says(const struct made_core *c, int code, const char *piece)
{
	const int fd = tool_scratch((const char *)c->bytes, c->size);
	char path[40];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	TOOL_SAYS(&rill_verb_extract, code, piece, path, "-o", "-");
	close(fd);
}

/* Also in pages of which the image is not the first. */
static void check_whole(bool wide, bool big)
{
	static struct made_core c;
	static uint8_t memory[4 * 4096];
	struct made m;

	made_image(&m, big, wide ? 8 : 4, EVENTS);
	memcpy(memory + 2 * 4096, m.bytes, MADE_BYTES);
	core_begin(&c, wide, big);
	core_pid(&c, 4711);
	core_memory(&c, 0x1000, "program", 8);
	core_memory(&c, wide ? UINT64_C(0x7fff00000000) : AT, memory + 4096, 4096 + MADE_BYTES);
	CU_ASSERT(rill_core_begins(c.bytes, c.size));
	CU_ASSERT(read_bytes(c.bytes, c.size));
	CU_ASSERT(is_image(&m));
	CU_ASSERT_EQUAL(image.missing, 0);
}

static void cores_of_all_word_sizes_and_orders_of_bytes_are_read(void)
{
	check_whole(true, false);
	check_whole(false, false);
	check_whole(true, true);
	check_whole(false, true);
}

static void an_image_in_several_segments_is_put_together_in_any_order(void)
{
	static struct made_core c;
	struct made m;

	made_image(&m, false, 8, EVENTS);
	core_begin(&c, true, false);
	core_memory(&c, AT + 1500, m.bytes + 1500, MADE_BYTES - 1500);
	core_memory(&c, AT, m.bytes, 300);	/* cut inside the head */
	core_memory(&c, AT + 300, m.bytes + 300, 1200);
	CU_ASSERT(read_bytes(c.bytes, c.size));
	CU_ASSERT(is_image(&m));
	CU_ASSERT_EQUAL(image.missing, 0);
}

static void memory_that_is_missing_is_zero_and_counted(void)
{
	static struct made_core c;
	struct made m;

	made_image(&m, false, 8, EVENTS);
	core_begin(&c, true, false);
	core_memory(&c, AT, m.bytes, 1500);
	core_memory(&c, AT + 1600, m.bytes + 1600, MADE_BYTES - 1700);
	CU_ASSERT(read_bytes(c.bytes, c.size));
	memset(m.bytes + 1500, 0, 100);
	memset(m.bytes + MADE_BYTES - 100, 0, 100);
	CU_ASSERT(is_image(&m));
	CU_ASSERT_EQUAL(image.missing, 200);
}

static void put_image_of(struct made_core *c, struct made *m, uint64_t address, uint32_t pid, uint64_t realtime_ns)
{
	made_image(m, false, 8, EVENTS);
	m->head.pid = pid;
	m->head.realtime_ns = realtime_ns;
	made_seal(m);
	core_memory(c, address, m->bytes, MADE_BYTES);
}

static void of_several_images_that_of_the_process_is_taken_else_the_newest(void)
{
	static struct made_core c;
	static struct made of_parent, own, old, newer;

	core_begin(&c, true, false);
	core_pid(&c, 12);
	put_image_of(&c, &of_parent, 0x10000, 11, 90);
	put_image_of(&c, &old, 0x30000, 12, 40);
	put_image_of(&c, &own, 0x20000, 12, 50);
	put_image_of(&c, &newer, 0x50000, 13, 99);
	CU_ASSERT(read_bytes(c.bytes, c.size));
	CU_ASSERT(is_image(&own));
	core_begin(&c, true, false);
	core_pid(&c, 13);
	put_image_of(&c, &of_parent, 0x10000, 11, 90);
	says(&c, 0, "is of process 13, and the rings in its memory are those of process 11: of a parent");
	core_begin(&c, true, false);	/* no pid */
	put_image_of(&c, &newer, 0x10000, 11, 90);
	put_image_of(&c, &old, 0x20000, 12, 50);
	CU_ASSERT(read_bytes(c.bytes, c.size));
	CU_ASSERT(is_image(&newer));
}

static void a_core_without_rings_says_where_they_may_be(void)
{
	static struct made_core c;
	struct made m;

	core_begin(&c, true, false);
	core_memory(&c, AT, "nothing", 8);
	says(&c, 1, "no rings in its memory: its program had no session of rill, or that memory was left out");
	core_files(&c, "/usr/lib/librill.so.0", "/dev/shm/server.4711.ring");
	says(&c, 1, "its program had them in a file, /dev/shm/server.4711.ring: rill extract that");
	made_image(&m, false, 8, EVENTS);
	m.bytes[100] ^= 1;
	core_memory(&c, AT + 0x10000, m.bytes, MADE_BYTES);
	says(&c, 1, "what looks like rings in its memory is a ring file with a damaged head");
}

static void a_core_that_was_cut_says_so(void)
{
	static struct made_core c;
	struct made m;
	char cut[80];

	made_image(&m, false, 8, EVENTS);
	core_begin(&c, true, false);
	core_memory(&c, 0x1000, m.bytes + 8, 1000);
	core_memory(&c, AT, m.bytes, MADE_BYTES);
	c.size -= MADE_BYTES;
	snprintf(cut, sizeof cut, "of which %d bytes were cut off: let core files be larger", MADE_BYTES);
	says(&c, 1, cut);
	c.size += 1000;
	CU_ASSERT(read_bytes(c.bytes, c.size));
	CU_ASSERT_EQUAL(image.missing, MADE_BYTES - 1000);
	free(image.bytes);
	c.size = 100;
	says(&c, 1, "begins as a core file, but its headers are cut or damaged");
}

/* What comes of it is no matter, but it must end, and a sanitizer has nothing to say. Returns how many were read. */
static unsigned try_lies(bool wide, bool big)
{
	static const uint64_t lies[] = { 0, 1, 3, 12, 255, 4095, 65535, INT32_MAX, UINT32_MAX, UINT32_MAX - 7, INT64_MAX, UINT64_MAX, UINT64_MAX - 4095 };
	static struct made_core c;
	unsigned read = 0;
	struct made m;

	made_image(&m, big, wide ? 8 : 4, EVENTS);
	for (size_t at = 4; at < CORE_DATA_AT; at += at == 400 ? CORE_NOTES_AT - 400 : 4) {
		if (at >= CORE_NOTES_AT + 200 + 160)
			break;
		for (size_t i = 0; i < 2 * (sizeof lies / sizeof *lies); i++) {
			core_begin(&c, wide, big);
			core_pid(&c, 4711);
			core_files(&c, "/usr/bin/program", "/dev/shm/program.4711.ring");
			core_memory(&c, AT, m.bytes, MADE_BYTES);
			core_memory(&c, 2 * AT, m.bytes, MADE_BYTES);
			core_put(&c, c.bytes + at, lies[i / 2], i & 1 && wide && at % 8 == 0 ? 8 : 4);
			if (read_bytes(c.bytes, c.size)) {
				read++;
				free(image.bytes);
			}
		}
	}
	return read;
}

static void headers_that_lie_do_no_harm(void)
{
	const int shown = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	unsigned read = 0;

	fflush(stderr);
	dup2(nowhere, STDERR_FILENO);
	for (unsigned kind = 0; kind < 4; kind++)
		read += try_lies(kind & 1, kind & 2);
	dup2(shown, STDERR_FILENO);
	close(nowhere);
	close(shown);
	CU_ASSERT(read > 1000);	/* one lie costs a part */
}

/* A head that says it has more than there can be: no memory is asked for. */
static void the_size_of_the_image_is_not_believed(void)
{
	static struct made_core c;
	struct made m;

	for (uint64_t size = UINT64_C(1) << 28; size; size <<= 1) {
		made_image(&m, false, 8, EVENTS);
		m.head.part[0].bytes = size;
		made_seal(&m);
		core_begin(&c, true, false);
		core_memory(&c, AT, m.bytes, MADE_BYTES);
		says(&c, 1, "which cannot be in so small a file");
	}
}

/* Both parts at one place, and neither is there but for the head. */
static void no_more_is_missing_than_there_is(void)
{
	static struct made_core c;
	struct made m;

	made_image(&m, false, 8, EVENTS);
	m.head.part[RILL_IMAGE_FLIGHT] = m.head.part[RILL_IMAGE_STREAM];
	m.head.part[RILL_IMAGE_FLIGHT].address = 4096;
	made_seal(&m);
	core_begin(&c, true, false);
	core_memory(&c, AT, m.bytes, sizeof m.head);
	CU_ASSERT(read_bytes(c.bytes, c.size));
	CU_ASSERT_EQUAL(image.missing, image.size);
}

static const struct test_case cases[] = {
	T(cores_of_all_word_sizes_and_orders_of_bytes_are_read),
	T(an_image_in_several_segments_is_put_together_in_any_order),
	T(memory_that_is_missing_is_zero_and_counted),
	T(of_several_images_that_of_the_process_is_taken_else_the_newest),
	T(a_core_without_rings_says_where_they_may_be),
	T(a_core_that_was_cut_says_so),
	T(headers_that_lie_do_no_harm),
	T(the_size_of_the_image_is_not_believed),
	T(no_more_is_missing_than_there_is),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("core files by hand", cases, argc, argv);
}
