/* SPDX-License-Identifier: MIT
 * watch.h - how long the consumer's passes and the writes to outlets take, and when it sleeps and is woken, seen from outside: the
 * program stands in front of three functions of the C library that librill.so calls.
 */
#ifndef BENCH_WATCH_H
#define BENCH_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* Forgets what was seen. */
void watch_begin(void);
/* The longest so far, in milliseconds. A pass lasts from its membarrier(2) to the next one or to the sleep behind it; where the kernel has
 * no membarrier it is not seen, and 0. */
double watch_pass_ms(void);
double watch_write_ms(void);

/* How many wake-ups the calling thread has sent. */
unsigned watch_wake_ups(void);
/* Whether the consumer sleeps, or is about to; and when it began its last pass. */
bool watch_asleep(void);
uint64_t watch_pass_began_ns(void);

/* The bare system calls, for what a wake-up cannot be cheaper than. */
void watch_futex_wait(_Atomic uint32_t *word, uint32_t seen);
void watch_futex_wake(_Atomic uint32_t *word);

#endif
