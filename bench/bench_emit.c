/* SPDX-License-Identifier: MIT
 * bench_emit.c - what an event costs the thread that emits it, beside its physical floor in the same run (cases.c).
 */
#include "bench/harness.h"

#include <rill/clock.h>
#include <stdio.h>

int main(void)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_config c = { .size = sizeof c, .buffer_bytes = 4 << 20, .wake = RILL_WAKE_POLL, .prefault = true };
	struct rill_clock_info clock;
	struct rill_session *session;
	struct rill_stats stats;
	double loop_ns, floor_ns;
	char line[256];

	o.file = "/dev/null";
	o.filter = "bench";
	if (rill_configure(&c) != 0 || rill_session_start(&o, &session) != 0) {
		fprintf(stderr, "bench_emit: %s\n", rill_error());
		return 1;
	}
	rill_clock_info(&clock);
	bench_measure(bench_cases, bench_cases_count, session, BENCH_TURNS_MAX, BENCH_ROUNDS_MAX, 60);
	rill_session_stats(session, &stats);
	loop_ns = bench_min(&bench_cases[BENCH_LOOP]);
	printf("# clock=%s read_ns=%.1f events_per_stretch=%d stretches=%u lost=%llu; ns are net of the loop\n", clock.name,
	       clock.read_ns, BENCH_TURNS_MAX, bench_cases[BENCH_LOOP].rounds, (unsigned long long)stats.lost_total);
	floor_ns = bench_net(bench_min(&bench_cases[BENCH_FLOOR]), loop_ns);
	for (unsigned i = 0; i < bench_cases_count; i++) {
		const struct bench *b = &bench_cases[i];

		bench_line(line, sizeof line, b->name, 1, bench_net(bench_min(b), loop_ns), bench_net(bench_median(b), loop_ns), floor_ns, "");
		fputs(line, stdout);
	}
	return rill_session_stop(session) != 0;
}
