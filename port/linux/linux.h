/* SPDX-License-Identifier: MIT
 * linux.h - what the files of this folder share.
 */
#ifndef RILL_PORT_LINUX_H
#define RILL_PORT_LINUX_H

#include "port/port.h"

#include <sys/types.h>

/* ---- text.c ---------------------------------------------------------------------------------- */

/* Reads a small file of /proc or /sys in one go. Length, at most size - 1, or -errno; text always
 * ends with NUL. Signal-safe, leaves errno alone. */
ssize_t rill_linux_read_file(const char *path, char *text, size_t size);

/* ---- thread.c -------------------------------------------------------------------------------- */

int rill_linux_threads_running(void);	/* started by rill_port_thread_start() */

/* ---- probe.c --------------------------------------------------------------------------------- */

/* Tries instructions that the processor or the kernel may refuse; false: they raised SIGILL or
 * SIGSEGV. One probe at a time in the process. Signal-safe. */
bool rill_linux_probe(void (*attempt)(void));

/* True if rill_arch_ticks() works and takes at most RILL_LINUX_COUNTER_NS_MAX; *why is a sentence
 * either way. */
enum { RILL_LINUX_COUNTER_NS_MAX = 200 };
bool rill_linux_counter_usable(const char **why);

/* rill_arch_ticks() and its ordered form, for the clock sources that read the processor's counter. */
uint64_t rill_linux_counter(void);
uint64_t rill_linux_counter_ordered(void);

/* ---- fault.c --------------------------------------------------------------------------------- */

/* Catches one of the signals that end a program, once for all who ask; idempotent. 0, or -1 with errno. */
int rill_linux_fault_catch(int signal);
/* Who is told of those that were caught and are no hole of a child's; ends: the program has no handler. False: it came from inside
 * this function. */
typedef bool rill_linux_crashed(int signal, siginfo_t *info, void *context, bool ends);
void rill_linux_fault_tell(rill_linux_crashed *function);

/* ---- ring_file.c ----------------------------------------------------------------------------- */

bool rill_linux_ring_file_is_ours(const struct rill_port_ring_file *file);	/* ... is still behind its descriptor */

/* ---- ring_file_fork.c ------------------------------------------------------------------------ */

/* From here on no child has these pages; who writes there in one gets others. 0, or -1 with errno. */
int rill_linux_ring_file_guard(struct rill_port_ring_file *file, const struct rill_port_ring_part *part);
/* There was a hole in place of the pages, and is none any more. */
bool rill_linux_ring_file_fill(const void *at);

/* ---- the clock sources, one file each -------------------------------------------------------- */

extern const struct rill_clock_source rill_clock_tsc;		/* clock_tsc.c, x86 */
extern const struct rill_clock_source rill_clock_cntvct;	/* clock_cntvct.c, arm64 */
extern const struct rill_clock_source rill_clock_cp15;		/* clock_cp15.c, ARMv7 */
extern const struct rill_clock_source rill_clock_rdtime;	/* clock_rdtime.c, riscv64 */
extern const struct rill_clock_source rill_clock_monotonic;	/* clock_posix.c, everywhere */

/* Is the time stamp counter to be trusted? clocksource: what the kernel says it uses, "" if it
 * does not say. */
bool rill_clock_tsc_verdict(bool invariant, const char *clocksource, const char **why);

#endif
