/* SPDX-License-Identifier: MIT
 * pages.h - memory for a file's pages, before a trial writes it.
 */
#ifndef BENCH_PAGES_H
#define BENCH_PAGES_H

#include <stdint.h>

/* Writes a file of so many bytes and removes it: the memory that its pages took is free again, but touched, as on a machine that has run for
 * a while. A virtual machine gets memory that it never used, or has given back, at some microseconds a page, which would be all that a trial
 * at hundreds of megabytes a second measures.
 *
 * Returns nanoseconds for a byte of write(2) alone, in pieces of 64 KiB, into such memory (at most 1 GB of it); 0 where the file cannot be
 * written, which the trial will say itself.
 */
double pages_warm(const char *path, uint64_t bytes);

#endif
