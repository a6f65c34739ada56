/* SPDX-License-Identifier: MIT
 * sketch.c - percentiles of many numbers in little memory, at most 1 % off.
 */
#include "sketch.h"
#include "tool.h"

#include <stdlib.h>

enum { STEP_BITS = 6 };

void rill_sketch_add(struct rill_sketch *s, uint64_t number)
{
	unsigned octave = 0, step = (unsigned)number;

	if (number >= RILL_SKETCH_STEPS) {
		octave = 63u - (unsigned)__builtin_clzll(number) - STEP_BITS + 1;
		step = (unsigned)(number >> (octave - 1)) - RILL_SKETCH_STEPS;
	}
	if (!s->octave[octave])
		s->octave[octave] = rill_alloc(RILL_SKETCH_STEPS, sizeof(uint64_t));
	s->octave[octave][step]++;
	if (!s->count++ || number < s->min)
		s->min = number;
	if (number > s->max)
		s->max = number;
	if (__builtin_add_overflow(s->sum, number, &s->sum))
		s->sum = UINT64_MAX;
}

static uint64_t middle(unsigned octave, unsigned step)
{
	uint64_t low, width;

	if (octave == 0)
		return step;
	low = (uint64_t)(step + RILL_SKETCH_STEPS) << (octave - 1);
	width = UINT64_C(1) << (octave - 1);
	return low + (width - 1) / 2;
}

uint64_t rill_sketch_at(const struct rill_sketch *s, unsigned per_mille)
{
	/* The rank, counted from 1: the smallest number of which at least per_mille are not
	 * larger. */
	uint64_t rank = s->count / 1000 * per_mille + (s->count % 1000 * per_mille + 999) / 1000,
		 seen = 0;

	if (!s->count)
		return 0;
	if (rank < 1)
		rank = 1;
	for (unsigned o = 0; o < RILL_SKETCH_OCTAVES; o++) {
		for (unsigned i = 0; s->octave[o] && i < RILL_SKETCH_STEPS; i++) {
			seen += s->octave[o][i];
			if (seen >= rank) {
				const uint64_t m = middle(o, i);

				return m < s->min ? s->min : m > s->max ? s->max : m;
			}
		}
	}
	return s->max;
}

uint64_t rill_sketch_mean(const struct rill_sketch *s)
{
	return s->count ? s->sum / s->count : 0;
}

void rill_sketch_free(struct rill_sketch *s)
{
	for (unsigned o = 0; o < RILL_SKETCH_OCTAVES; o++)
		free(s->octave[o]);
	*s = (struct rill_sketch){ 0 };
}
