/* SPDX-License-Identifier: MIT
 * watch.h - how long the consumer's passes and the writes to outlets take, seen from outside: the program stands in front of three
 * functions of the C library that librill.so calls.
 */
#ifndef BENCH_WATCH_H
#define BENCH_WATCH_H

/* Forgets what was seen. */
void watch_begin(void);
/* The longest so far, in milliseconds. A pass lasts from its membarrier(2) to the next one or to the sleep behind it; where the kernel has
 * no membarrier it is not seen, and 0. */
double watch_pass_ms(void);
double watch_write_ms(void);

#endif
