/* SPDX-License-Identifier: MIT
 * test_tool_list.c - `rill list` on ELF files made here: both classes, both byte orders, whole
 * and damaged.
 */
#include "tests/tool_help.h"
#include "tool/sites.h"

#include <elf.h>
#include <json-c/json.h>
#include <rill/site.h>
#include <stdbool.h>

/* An ELF file of 4096 bytes: header, program header, section headers, names, descriptors from
 * SITES on, texts from TEXTS on. It is loaded at BASE, so an address is BASE plus the offset. */
enum { SIZE = 4096, PHDR = 64, SHDR = 128, NAMES = 512, SITES = 1024, TEXTS = 2048, SECTIONS = 3 };
#define BASE UINT64_C(0x400000)

struct image {
	unsigned char b[SIZE];
	bool wide, big;
	unsigned sites, text_end;
};

static void put(struct image *e, unsigned at, unsigned size, uint64_t value)
{
	for (unsigned i = 0; i < size; i++)
		e->b[at + i] = (unsigned char)(value >> 8 * (e->big ? size - 1 - i : i));
}

static unsigned text(struct image *e, const char *t, size_t size)
{
	const unsigned at = e->text_end;

	memcpy(e->b + at, t, size);
	e->text_end += (unsigned)size;
	return at;
}

static void distance(struct image *e, unsigned field, unsigned target)
{
	put(e, field, 4, (uint32_t)(target - field));
}

static void site(struct image *e, const char *category, const char *name, char phase,
		 uint16_t flags, unsigned line, const char *args, size_t args_size, unsigned count)
{
	const unsigned at = SITES + 32 * e->sites++;

	distance(e, at, text(e, category, strlen(category) + 1));
	distance(e, at + 4, text(e, name, strlen(name) + 1));
	distance(e, at + 8, text(e, "src/a.c", 8));
	distance(e, at + 12, text(e, args, args_size));
	put(e, at + 20, 4, line);
	e->b[at + 24] = (unsigned char)phase;
	e->b[at + 25] = (unsigned char)count;
	put(e, at + 26, 2, flags);
}
#define SITE(e, category, name, phase, flags, line, args, count) \
	site(e, category, name, phase, flags, line, args, sizeof(args), count)

static void section(struct image *e, unsigned i, unsigned name, unsigned type, unsigned offset,
		    unsigned size)
{
	const unsigned at = SHDR + i * (e->wide ? 64 : 40), word = e->wide ? 8 : 4;

	put(e, at, 4, name);
	put(e, at + 4, 4, type);
	put(e, at + 8 + word, word, BASE + offset);
	put(e, at + 8 + 2 * word, word, offset);
	put(e, at + 8 + 3 * word, word, size);
}

static void headers(struct image *e, unsigned type)
{
	const unsigned word = e->wide ? 8 : 4, ehdr = e->wide ? 64 : 52;
	const unsigned filesz = PHDR + (e->wide ? 32 : 16);

	memcpy(e->b, ELFMAG, 4);
	e->b[EI_CLASS] = e->wide ? ELFCLASS64 : ELFCLASS32;
	e->b[EI_DATA] = e->big ? ELFDATA2MSB : ELFDATA2LSB;
	e->b[EI_VERSION] = EV_CURRENT;
	put(e, 16, 2, type);
	put(e, 18, 2, e->big ? EM_PPC : EM_ARM);
	put(e, 20, 4, EV_CURRENT);
	put(e, 24 + word, word, PHDR);
	put(e, 24 + 2 * word, word, SHDR);
	put(e, ehdr - 12, 2, ehdr);
	put(e, ehdr - 10, 2, e->wide ? 56 : 32);
	put(e, ehdr - 8, 2, 1);
	put(e, ehdr - 6, 2, e->wide ? 64 : 40);
	put(e, ehdr - 4, 2, SECTIONS);
	put(e, ehdr - 2, 2, 2);
	put(e, PHDR, 4, PT_LOAD);
	put(e, PHDR + (e->wide ? 16 : 8), word, BASE);
	put(e, filesz, word, SIZE);
	put(e, filesz + word, word, SIZE);
	memcpy(e->b + NAMES, "\0rill_sites\0.shstrtab", 22);
	section(e, 1, 1, SHT_PROGBITS, SITES, 32 * e->sites);
	section(e, 2, 12, SHT_STRTAB, NAMES, 22);
}

static void make(struct image *e, bool wide, bool big, unsigned type)
{
	*e = (struct image){ .wide = wide, .big = big, .text_end = TEXTS };
	SITE(e, "net,net.rx", "fetch", 'B', RILL_SITE_SCOPE, 70000, "\016url\0\003tries", 2);
	SITE(e, "net,net.rx", "fetch", 'B', RILL_SITE_SCOPE, 70000, "\016url\0\003tries",
	     2); /* the twin */
	SITE(e, "net,net.rx", "fetch", 'B', RILL_SITE_SCOPE, 70000, "\016url\0\004tries",
	     2); /* a template's */
	SITE(e, "disk", "span", 'b', 0, 7, "\040\0\010size", 2);
	SITE(e, "disk", "odd", 'Y', 0, 9, "", 0);
	headers(e, type);
}

static struct tool_result list_with(const struct image *e, const char *option, const char *value)
{
	char path[] = "/tmp/rill-test-XXXXXX";
	int fd = mkstemp(path);
	struct tool_result r;
	const char *const args[] = { path, option, value, NULL };

	CU_ASSERT_EQUAL(write(fd, e->b, SIZE), SIZE);
	r = tool_run(&rill_verb_list, args, "", 0);
	close(fd);
	unlink(path);
	return r;
}

static void every_class_and_byte_order_lists_the_same(void)
{
	static const char wanted[] =
		"disk        odd    Y            -                       src/a.c:9\n"
		"disk        span   async-begin  size:uint64             src/a.c:7\n"
		"net,net.rx  fetch  scope        url:string tries:int32  src/a.c:70000\n"
		"net,net.rx  fetch  scope        url:string tries:int64  src/a.c:70000\n";
	struct image e;

	for (int kind = 0; kind < 8; kind++) {
		struct tool_result r;

		make(&e, kind & 1, kind & 2, kind & 4 ? ET_EXEC : ET_DYN);
		r = list_with(&e, NULL, NULL);
		CU_ASSERT_EQUAL(r.code, 0);
		CU_ASSERT_STRING_EQUAL(r.out, wanted);
		CU_ASSERT_STRING_EQUAL(r.err, "");
		tool_done(&r);
	}
}

static void json_says_the_same(void)
{
	struct tool_result r;
	struct json_object *list, *scope, *args;
	struct image e;

	make(&e, false, true, ET_DYN);
	r = list_with(&e, "--json", NULL);
	list = json_tokener_parse(r.out);
	CU_ASSERT_EQUAL_FATAL(json_object_array_length(list), 4);
	scope = json_object_array_get_idx(list, 2);
	args = json_object_object_get(scope, "args");
	CU_ASSERT_STRING_EQUAL(json_object_get_string(json_object_object_get(scope, "kind")),
			       "scope");
	CU_ASSERT_STRING_EQUAL(json_object_get_string(json_object_object_get(scope, "phase")), "B");
	CU_ASSERT_EQUAL(json_object_get_int(json_object_object_get(scope, "line")), 70000);
	CU_ASSERT_EQUAL(json_object_get_int(json_object_object_get(scope, "copies")), 2);
	CU_ASSERT_STRING_EQUAL(
		json_object_get_string(args),
		"[ { \"name\": \"url\", \"type\": \"string\" }, { \"name\": \"tries\", \"type\": \"int32\" } ]");
	json_object_put(list);
	tool_done(&r);
}

static void a_filter_restricts_the_list_and_helps_when_it_matches_nothing(void)
{
	struct image e;
	struct tool_result r;

	make(&e, true, false, ET_DYN);
	r = list_with(&e, "-e", "disk");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "span"));
	CU_ASSERT_PTR_NULL(strstr(r.out, "fetch"));
	tool_done(&r);
	r = list_with(&e, "-e", "dsik");
	CU_ASSERT_EQUAL(r.code, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "did you mean disk?"));
	tool_done(&r);
}

static void what_is_missing_is_named(void)
{
	struct image e;
	struct tool_result r;

	make(&e, true, false, ET_DYN);
	e.b[NAMES + 1] = 'X';
	r = list_with(&e, NULL, NULL);
	CU_ASSERT_EQUAL(r.code, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "has no rill events"));
	tool_done(&r);
	make(&e, true, false, ET_REL);
	r = list_with(&e, NULL, NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "once it is linked"));
	tool_done(&r);
	make(&e, true, false, ET_DYN);
	section(&e, 1, 1, SHT_NOBITS, SITES, 32 * e.sites);
	r = list_with(&e, NULL, NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "debug information only"));
	tool_done(&r);
	make(&e, true, false, ET_DYN);
	distance(&e, SITES, SIZE + 5);
	r = list_with(&e, NULL, NULL);
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "1 descriptors of events are damaged"));
	tool_done(&r);
	TOOL_SAYS(&rill_verb_list, 1, "no ELF file", "/etc/passwd");
	TOOL_SAYS(&rill_verb_list, 1, "cannot read /nonexistent: No such file", "/nonexistent");
	TOOL_SAYS(&rill_verb_list, 1, "cannot read /tmp: Is a directory", "/tmp");
	TOOL_SAYS(&rill_verb_list, 2, "one PROGRAM or LIBRARY is wanted", "a", "b");
	TOOL_SAYS(&rill_verb_list, 2, "unknown option '--jsn': did you mean '--json'", "--jsn",
		  "a");
}

static void names_from_a_file_cannot_drive_the_terminal(void)
{
	struct image e;
	struct tool_result r;

	make(&e, true, false, ET_DYN);
	SITE(&e, "\033[2J", "a\xff", 'I', 0, 1, "", 0);
	section(&e, 1, 1, SHT_PROGBITS, SITES, 32 * e.sites);
	r = list_with(&e, NULL, NULL);
	CU_ASSERT_PTR_NULL(strchr(r.out, '\033'));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\\x1b[2J"));
	tool_done(&r);
	r = list_with(&e, "--json", NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\"a\xef\xbf\xbd\""));
	tool_done(&r);
}

/* Whatever a file holds, reading it ends, in bounds (the sanitizers look on), with a code of its
 * own. */
static void damaged_files_are_read_without_harm(void)
{
	unsigned random = 12345, ended = 0;

	for (int round = 0; round < 2000; round++) {
		struct image e;
		struct rill_elf elf;
		struct rill_site_list list;
		char path[] = "/tmp/rill-test-XXXXXX";
		int fd = mkstemp(path), size;

		make(&e, round & 1, round & 2, ET_DYN);
		for (int k = 0; k < 1 + round % 7; k++) {
			unsigned at;

			random = random * 1103515245 + 12345;
			at = random >> 8;
			at = k & 1 ? at % SIZE : k & 2 ? SITES + at % 160 : at % (SHDR + 192);
			random = random * 1103515245 + 12345;
			e.b[at] = random & 0x10000 ? 0xff : (unsigned char)(random >> 20);
		}
		size = round % 5 ? SIZE : (int)(random >> 8) % SIZE;
		CU_ASSERT_EQUAL(write(fd, e.b, (size_t)size), size);
		if (rill_elf_open(&elf, path) == RILL_ELF_OK) {
			rill_sites_read(&elf, &list);
			rill_sites_sort(&list);
			rill_sites_free(&list);
			rill_elf_needs(&elf, "librill.so");
		}
		rill_elf_close(&elf);
		close(fd);
		unlink(path);
		ended++;
	}
	CU_ASSERT_EQUAL(ended, 2000);
}

/* A small file whose descriptors all point to long texts. */
static void texts_that_overlap_cannot_ask_for_any_memory(void)
{
	enum { DESCRIPTORS = 60000, TEXT = 8192, ALL = SIZE + TEXT + 32 * DESCRIPTORS };
	char path[] = "/tmp/rill-test-XXXXXX";
	int fd = mkstemp(path);
	struct image e;
	struct rill_elf elf;
	struct rill_site_list list;
	unsigned char *bytes = calloc(1, ALL);

	make(&e, true, false, ET_DYN);
	memset(bytes + SIZE, 'x', TEXT);
	put(&e, PHDR + 32, 8, ALL);
	section(&e, 1, 1, SHT_PROGBITS, SIZE + TEXT, 32 * DESCRIPTORS);
	memcpy(bytes, e.b, SIZE);
	for (unsigned i = 0; i < DESCRIPTORS; i++) {
		const unsigned at = SIZE + TEXT + 32 * i;

		for (unsigned field = 0; field < 16; field += 4) {
			const int32_t d =
				(int32_t)SIZE - (int32_t)(at + field) + (int32_t)(i % 100);

			for (unsigned k = 0; k < 4; k++)
				bytes[at + field + k] = (unsigned char)((uint32_t)d >> 8 * k);
		}
		for (unsigned k = 0; k < 4; k++)
			bytes[at + 20 + k] = (unsigned char)(i >> 8 * k);
	}
	CU_ASSERT_TRUE(write(fd, bytes, ALL) == ALL);
	CU_ASSERT_EQUAL(rill_elf_open(&elf, path), RILL_ELF_OK);
	CU_ASSERT_EQUAL(rill_sites_read(&elf, &list), RILL_SITES_OK);
	CU_ASSERT_TRUE(list.bytes <= RILL_SITE_LIST_MAX_BYTES);
	CU_ASSERT_TRUE(list.broken > 0);
	rill_sites_free(&list);
	rill_elf_close(&elf);
	close(fd);
	unlink(path);
	free(bytes);
}

static const struct test_case cases[] = {
	T(every_class_and_byte_order_lists_the_same),
	T(json_says_the_same),
	T(a_filter_restricts_the_list_and_helps_when_it_matches_nothing),
	T(what_is_missing_is_named),
	T(names_from_a_file_cannot_drive_the_terminal),
	T(damaged_files_are_read_without_harm),
	T(texts_that_overlap_cannot_ask_for_any_memory),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("tool list", cases, argc, argv);
}
