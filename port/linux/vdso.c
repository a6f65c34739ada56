/* SPDX-License-Identifier: MIT
 * vdso.c - the function by which the kernel lets a program read its clocks without a system call, found without the C library between.
 *
 * Linux is compiled without vector registers, and this function with it: who calls it needs to save none of them. Of the C library's
 * clock_gettime() nobody says so, nor of what else may claim to be Linux, so the code is looked through for instructions that use one.
 */
#include "port/port.h"

#if defined(__x86_64__) && defined(__LP64__)
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

/* The image, which lies in memory as one file. */
struct image {
	uintptr_t base, bias;
	size_t size;
	const ElfW(Dyn) *dynamic;
	const ElfW(Sym) *symbols;
	const char *strings;
	const ElfW(Word) *hash;
};

static void look_at_headers(struct image *v)
{
	const ElfW(Ehdr) *file = (const ElfW(Ehdr) *)v->base;
	const ElfW(Phdr) *p = (const ElfW(Phdr) *)(v->base + file->e_phoff);

	for (unsigned i = 0; i < file->e_phnum; i++, p++) {
		if (p->p_type == PT_LOAD && !v->size) {
			v->bias = v->base + p->p_offset - p->p_vaddr;
			v->size = p->p_offset + p->p_filesz;
		} else if (p->p_type == PT_DYNAMIC) {
			v->dynamic = (const ElfW(Dyn) *)(v->base + p->p_offset);
		}
	}
}

static void look_at_dynamic(struct image *v)
{
	for (const ElfW(Dyn) *d = v->dynamic; d && d->d_tag != DT_NULL; d++) {
		const uintptr_t at = v->bias + d->d_un.d_ptr;

		if (d->d_tag == DT_SYMTAB)
			v->symbols = (const ElfW(Sym) *)at;
		else if (d->d_tag == DT_STRTAB)
			v->strings = (const char *)at;
		else if (d->d_tag == DT_HASH)
			v->hash = (const ElfW(Word) *)at;
	}
}

/* 0: it has none of that name. */
static uintptr_t find(const struct image *v, const char *name)
{
	for (ElfW(Word) i = 0; i < v->hash[1]; i++)	/* so many symbols */
		if (v->symbols[i].st_shndx != SHN_UNDEF && !strcmp(v->strings + v->symbols[i].st_name, name))
			return v->bias + v->symbols[i].st_value;
	return 0;
}

/* What may be such an instruction of SSE: two bytes that stand anywhere, so that some that are none are taken for one, never the reverse.
 * Nothing newer is in code for any x86-64. Random numbers, behind the clocks, do use vectors. */
static bool may_use_vectors(const struct image *v)
{
	const uintptr_t random = find(v, "__vdso_getrandom"), end = random ? random : v->base + v->size;

	for (const uint8_t *at = (const uint8_t *)v->base; (uintptr_t)at + 1 < end; at++) {
		const uint8_t second = at[1];

		if (*at == 0x0f && ((second & 0xf8) == 0x10 || (second & 0xf8) == 0x28 || (second >= 0x50 && second < 0x80) ||
				    second == 0xc2 || (second >= 0xc4 && second <= 0xc6) || (second >= 0xd0 && second < 0xff)))
			return true;
	}
	return false;
}

rill_port_clock_function *rill_port_clock_of_kernel(void)
{
	struct image v = { .base = getauxval(AT_SYSINFO_EHDR) };
	uintptr_t clock, random;

	if (!v.base)
		return NULL;
	look_at_headers(&v);
	look_at_dynamic(&v);
	if (!v.symbols || !v.strings || !v.hash)
		return NULL;
	clock = find(&v, "__vdso_clock_gettime");
	random = find(&v, "__vdso_getrandom");
	return (random && random < clock) || may_use_vectors(&v) ? NULL : (rill_port_clock_function *)clock;
}
#endif
