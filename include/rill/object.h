/* SPDX-License-Identifier: MIT
 * object.h - how an executable or shared object makes its call sites known, and asks for a librill that fits it.
 * trace.h includes it. C11 and C++11.
 */
#ifndef RILL_OBJECT_H
#define RILL_OBJECT_H

#include <rill/site.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- a librill that fits --------------------------------------------------------------------------- */

/* From each file, not from a function that files share: the linker keeps one copy of that, and what the others ask for would be lost.
 * In the list of constructors, which --gc-sections keeps. */
#define RILL_ASK_FOR(name)                                                                         \
	static void (*name##_wanted)(void) __attribute__((used, section(".init_array.00101"))) = name
RILL_ASK_FOR(rill_abi_2);
#ifdef RILL_EARLY
RILL_ASK_FOR(rill_abi_2__needs_config_rill_early);
#endif
#ifndef RILL_NO_FILE_LINE
RILL_ASK_FOR(rill_abi_2__needs_config_rill_file_line);
#endif
#ifdef RILL_STRIP_NAMES
RILL_ASK_FOR(rill_abi_2__needs_config_rill_strip_names);
#endif

/* ---- where the call sites are, for librill to find them before any constructor has run (-DRILL_EARLY) -- */

#ifdef RILL_EARLY
/* An ELF note, since the program headers lead to it while only the loader has seen the object: two distances from themselves. In no
 * section group, or --gc-sections would take it for unused. */
__asm__(".weak __start_rill_sites\n.hidden __start_rill_sites\n.weak __stop_rill_sites\n.hidden __stop_rill_sites\n"
	".pushsection .note.rill,\"a\",%note\n.balign 4\n.4byte 5, 8, 2\n.asciz \"rill\"\n.balign 4\n"
	".4byte __start_rill_sites-.\n.4byte __stop_rill_sites-.\n.popsection\n");
#endif

/* ---- registration: one constructor in each executable and shared object --------------------------- */

extern const struct rill_site __start_rill_sites[] __attribute__((weak, visibility("hidden")));
extern const struct rill_site __stop_rill_sites[] __attribute__((weak, visibility("hidden")));

/* Weak and hidden: one copy per object however many files include this; each file's entry in the list of constructors
 * calls that copy, so registration is idempotent. 101: before the application's own constructors. */
void rill_object_enters(void) __attribute__((weak, visibility("hidden"), constructor(101)));
void rill_object_enters(void)
{
	rill_register(__start_rill_sites, __stop_rill_sites);
}
void rill_object_leaves(void) __attribute__((weak, visibility("hidden"), destructor(101)));
void rill_object_leaves(void)
{
	rill_unregister(__start_rill_sites, __stop_rill_sites);
}

#ifdef __cplusplus
}
#endif
#endif
