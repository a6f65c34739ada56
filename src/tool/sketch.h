/* SPDX-License-Identifier: MIT
 * sketch.h - percentiles of many numbers in little memory, at most 1 % off.
 *
 * A histogram whose buckets are equal within each power of two: 64 of them, so a bucket is at
 * most 1/64 of its lower bound wide, and its middle is at most 1/128 (0.8 %) away from any number
 * in it. Numbers below 128 have a bucket each and are exact. Memory: 512 bytes for each power of
 * two that occurs.
 */
#ifndef RILL_TOOL_SKETCH_H
#define RILL_TOOL_SKETCH_H

#include <stdint.h>

enum {
	RILL_SKETCH_STEPS = 64,
	RILL_SKETCH_OCTAVES = 59
}; /* octave 0 holds 0 .. 63, octave k 2^(k+5) .. 2^(k+6) - 1 */

struct rill_sketch {
	uint64_t count, min, max;
	uint64_t sum; /* stays at its largest value rather than wrap */
	uint64_t *octave[RILL_SKETCH_OCTAVES];
};

/* A sketch of all zero bytes is empty. */
void rill_sketch_add(struct rill_sketch *sketch, uint64_t number);

/* The number that per_mille of 1000 numbers do not exceed: 500 is the median. 0 when empty. */
uint64_t rill_sketch_at(const struct rill_sketch *sketch, unsigned per_mille);

uint64_t rill_sketch_mean(const struct rill_sketch *sketch);
void rill_sketch_free(struct rill_sketch *sketch);

#endif
