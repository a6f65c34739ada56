/* SPDX-License-Identifier: MIT
 * bench_load.c - what arrives of what is offered, and what the consumer takes of a processor for it: one producer, from 1000 events in a
 * second to far more than can be written.
 *
 * ns are the consumer's processor time for one event, the writer thread's included.
 */
#include "bench/lab.h"
#include "bench/pace.h"

#include <stdio.h>

static const double rates[] = { 1e3, 1e4, 1e5, 3e5, 1e6, 2e6, 4e6, 8e6, 16e6, 32e6, 64e6 };

static int load(const struct lab *lab, enum rill_format format, const char *name, double rate, double seconds)
{
	struct trial t = { .pace = { .threads = 1, .rate = rate, .seconds = seconds } };
	char rest[200];

	trial_run(lab, &t, format);
	snprintf(rest, sizeof rest, " rate=%.0f offered_per_s=%.0f delivered_per_s=%.0f lost_percent=%.3f consumer_percent=%.2f"
		 " late_ms=%.1f pass_ms=%.1f write_ms=%.1f", rate, (double)t.pace.emitted / t.pace.took_s,
		 (double)t.stats.delivered / t.pace.took_s, 100.0 * (double)t.stats.lost_total / (double)t.pace.emitted,
		 100 * t.consumer_s / t.pace.took_s, t.pace.late_ms, t.pass_ms, t.write_ms);
	lab_say(&(struct lab_line){ .name = name, .args = 1, .threads = 1, .ns_min = t.consumer_s * 1e9 / (double)t.pace.emitted,
				    .ns_med = t.consumer_s * 1e9 / (double)t.pace.emitted, .lost = t.stats.lost_total,
				    .bytes = t.bytes, .rest = rest });
	return !t.closed;
}

int main(int argc, char **argv)
{
	const unsigned count = sizeof rates / sizeof *rates;
	struct lab lab;
	int wrong = 0;
	double seconds;

	lab_options(&lab, argc, argv, 44);
	seconds = lab.quick ? 0.02 : lab.seconds / (2 * count);
	lab_configure(&lab, LAB_USUAL);
	lab_machine(&lab);
	for (unsigned i = 0; i < (lab.quick ? 3 : count); i++) {
		wrong |= load(&lab, RILL_FORMAT_BINARY, "load_binary", rates[i], seconds);
		wrong |= load(&lab, RILL_FORMAT_JSON, "load_json", rates[i], seconds);
	}
	printf("books closed=%d\n", !wrong);
	return wrong;
}
