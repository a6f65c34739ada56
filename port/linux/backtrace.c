/* SPDX-License-Identifier: MIT
 * backtrace.c - from where a thread that crashes was called, as far as its stack tells.
 *
 * First by the chain of frame pointers; where that leads nowhere, by whatever on the stack looks like an address to return to: in
 * code, and on processors where that can be seen, behind a call. What is not compiled with frame pointers may so show addresses that
 * an earlier call has left there. All memory is read by a system call, which fails where a load would fault.
 */
#define _GNU_SOURCE
#include "port/linux/linux.h"

#include <elf.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OBJECTS_MAX = 64, NAME_MAX_BYTES = 32, FRAMES_MAX = 24, SCAN_WORDS = 1024, CHAIN_MIN = 2 };

/* ---- the code that is there ----------------------------------------------------------------------- */

struct object {
	uintptr_t base, begin, end;	/* where its file is mapped as if from 0; its code */
	char name[NAME_MAX_BYTES];
};

/* The handler reads one table while the other is being written. */
static struct table {
	unsigned count;
	struct object object[OBJECTS_MAX];
} tables[2];
static _Atomic(struct table *) present;

static void add(struct table *t, const struct dl_phdr_info *info, const ElfW(Phdr) *part)
{
	const char *const path = info->dlpi_name && *info->dlpi_name ? info->dlpi_name : rill_port_program_name();
	const char *const slash = strrchr(path, '/');
	struct object *o;

	if (t->count == OBJECTS_MAX)
		return;
	o = &t->object[t->count++];
	o->base = info->dlpi_addr;
	o->begin = info->dlpi_addr + part->p_vaddr;
	o->end = o->begin + part->p_memsz;
	strncpy(o->name, slash ? slash + 1 : path, sizeof o->name - 1);
}

static int add_object(struct dl_phdr_info *info, size_t size, void *table)
{
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD && (info->dlpi_phdr[i].p_flags & PF_X))
			add(table, info, &info->dlpi_phdr[i]);
	return 0;
}

void rill_port_crash_objects(void)
{
	struct table *const next = atomic_load(&present) == &tables[0] ? &tables[1] : &tables[0];

	memset(next, 0, sizeof *next);
	dl_iterate_phdr(add_object, next);
	atomic_store(&present, next);
}

static const struct object *object_of(uintptr_t address)
{
	const struct table *const t = atomic_load(&present);

	for (unsigned i = 0; t && i < t->count; i++)
		if (address >= t->object[i].begin && address < t->object[i].end)
			return &t->object[i];
	return NULL;
}

/* ---- the stack ------------------------------------------------------------------------------------ */

/* How many bytes could be read. */
static size_t peek(uintptr_t from, void *to, size_t size)
{
	const struct iovec local = { to, size }, remote = { (void *)from, size };
	const ssize_t got = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	return got > 0 ? (size_t)got : 0;
}

/* Is what stands before this address a call? Where that is not easily seen: it may be. */
static bool is_behind_call(uintptr_t address)
{
#if defined(__x86_64__) || defined(__i386__)
	uint8_t code[7];

	if (peek(address - sizeof code, code, sizeof code) != sizeof code)
		return false;
	if (code[2] == 0xe8)
		return true;
	for (unsigned i = 0; i < 6; i++)	/* through a register or memory: ff /2 */
		if (code[i] == 0xff && (code[i + 1] & 0x38) == 0x10)
			return true;
	return false;
#elif defined(__aarch64__)
	uint32_t code;

	return (address & 3) == 0 && peek(address - sizeof code, &code, sizeof code) == sizeof code &&
	       ((code & 0xfc000000) == 0x94000000 || (code & 0xfffffc1f) == 0xd63f0000);
#else
	return address > 0;
#endif
}

static bool is_return(uintptr_t address)
{
	return object_of(address) && is_behind_call(address);
}

struct frames {
	unsigned count;
	uintptr_t at[FRAMES_MAX];
};

static void add_frame(struct frames *f, uintptr_t address)
{
	if (f->count < FRAMES_MAX && address && (!f->count || f->at[f->count - 1] != address))
		f->at[f->count++] = address;
}

/* A frame record is {the caller's frame pointer, where to return to}, and the caller's lies above. RISC-V's pointer stands behind its
 * record. On ARM and s390x there is no such chain to rely on. */
static void follow_chain(struct frames *f, uintptr_t fp)
{
#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) || defined(__riscv)
	uintptr_t record[2], last = 0;
#ifdef __riscv
	const uintptr_t back = sizeof record;
#else
	const uintptr_t back = 0;
#endif

	while (f->count < FRAMES_MAX && fp > last && fp % sizeof fp == 0 &&
	       peek(fp - back, record, sizeof record) == sizeof record && is_return(record[1])) {
		add_frame(f, record[1]);
		last = fp;
		fp = record[0];
	}
#else
	(void)f, (void)fp;
#endif
}

static void scan(struct frames *f, uintptr_t sp)
{
	uintptr_t words[SCAN_WORDS / 8];

	sp &= ~(uintptr_t)(sizeof sp - 1);
	for (unsigned part = 0; part < 8 && f->count < FRAMES_MAX; part++, sp += sizeof words) {
		const size_t got = peek(sp, words, sizeof words) / sizeof *words;

		for (size_t i = 0; i < got; i++)
			if (is_return(words[i]))
				add_frame(f, words[i]);
		if (got < sizeof words / sizeof *words)
			return;
	}
}

/* ---- as text -------------------------------------------------------------------------------------- */

static char *put_text(char *to, const char *end, const char *text)
{
	while (*text && to < end)
		*to++ = *text++;
	return to;
}

static char *put_hex(char *to, const char *end, uintptr_t number)
{
	char digits[2 * sizeof number + 1];
	unsigned at = sizeof digits - 1;

	digits[at] = '\0';
	do {
		digits[--at] = "0123456789abcdef"[number & 15];
		number >>= 4;
	} while (number);
	return put_text(put_text(to, end, "0x"), end, digits + at);
}

static char *put_frame(char *to, const char *end, uintptr_t address)
{
	const struct object *const o = object_of(address);

	if (!o)
		return put_hex(to, end, address);
	return put_hex(put_text(put_text(to, end, o->name), end, "+"), end, address - o->base);
}

void rill_port_crash_backtrace(const struct rill_port_crash *c, char *text, size_t size)
{
	const char *const end = text + size - 1;
	struct frames f = { .count = 0 };
	unsigned known;

	add_frame(&f, c->pc);
	/* Who has jumped to nowhere, or was called and has called nobody yet, left the caller there. */
	if (is_return(c->lr))
		add_frame(&f, c->lr);
	known = f.count;
	follow_chain(&f, c->fp);
	if (f.count < known + CHAIN_MIN) {
		f.count = known;
		scan(&f, c->sp);
	}
	for (unsigned i = 0; i < f.count; i++) {
		char *const next = put_frame(i ? put_text(text, end, " ") : text, end, f.at[i]);

		if (next == end)
			break;	/* a name cut in two would be another's */
		text = next;
	}
	*text = '\0';
}
