/* SPDX-License-Identifier: MIT
 * bench_rate.c - the highest rate that can be offered for 10 s (a tenth of --seconds) to a session that writes a file and lose
 * nothing: one and two producers, binary and JSON.
 *
 * Found by search: doubled while nothing is lost, then halved in, in short trials; then three long ones, each a little higher or lower than
 * the last, and on down until one loses nothing. Each ends with its first loss. Beside each long one stands what the machine did to
 * it: preemptions of the producers, steal, how late they woke, the longest pass of the consumer and the longest write(2). The floor is
 * write(2) of as many bytes alone, to the same folder. At last twice as much is offered, and the books must close.
 */
#include "bench/lab.h"
#include "bench/pace.h"

#include <stdio.h>

enum { ATTEMPTS = 3, ATTEMPTS_MAX = 12 };

static struct trial offer(const struct lab *lab, enum rill_format format, unsigned threads, double rate, double seconds)
{
	struct trial trial = { .warm = true, .pace = { .threads = threads, .rate = rate, .seconds = seconds, .until_loss = true } };

	trial_run(lab, &trial, format);
	return trial;
}

/* The highest rate of short trials, within 6 %. */
static double search(const struct lab *lab, enum rill_format format, unsigned threads, double seconds)
{
	double low = 100000, high = 1e6;
	struct trial t;

	for (t = offer(lab, format, threads, high, seconds); trial_lossless(&t) && high < 1e9;
	     t = offer(lab, format, threads, high, seconds)) {
		low = high;
		high *= 2;
	}
	while (high / low > 1.06) {
		const double middle = (low + high) / 2;

		t = offer(lab, format, threads, middle, seconds);
		if (trial_lossless(&t))
			low = middle;
		else
			high = middle;
	}
	return low;
}

static void say_attempt(const char *name, unsigned attempt, const struct trial *t)
{
	printf("attempt case=%s number=%u rate=%.0f lost=%llu took_s=%.2f preemptions=%ld late_ms=%.1f steal_ms=%.0f pass_ms=%.1f write_ms=%.1f"
	       " lossless=%d\n", name, attempt, t->pace.rate, (unsigned long long)t->stats.lost_total, t->pace.took_s, t->pace.preemptions,
	       t->pace.late_ms, t->steal_s * 1000, t->pass_ms, t->write_ms, trial_lossless(t));
	fflush(stdout);
}

static void say(const char *name, const struct trial *t)
{
	char rest[256];

	snprintf(rest, sizeof rest, " rate=%.0f emitted=%llu delivered=%llu seconds=%.2f consumer_percent=%.1f preemptions=%ld late_ms=%.1f"
		 " steal_ms=%.0f pass_ms=%.1f write_ms=%.1f", t->pace.rate, (unsigned long long)t->pace.emitted,
		 (unsigned long long)t->stats.delivered, t->pace.took_s, t->pace.took_s > 0 ? 100 * t->consumer_s / t->pace.took_s : 0, t->pace.preemptions,
		 t->pace.late_ms, t->steal_s * 1000, t->pass_ms, t->write_ms);
	lab_say(&(struct lab_line){ .name = name, .args = 1, .threads = t->pace.threads, .ns_min = t->pace.rate > 0 ? 1e9 / t->pace.rate : 0,
				    .ns_med = t->pace.rate > 0 ? 1e9 / t->pace.rate : 0, .floor_ns = t->floor_ns,
				    .lost = t->stats.lost_total, .bytes = t->bytes, .rest = rest });
}

/* 0, or 1 if the books of a trial do not close. */
static int highest(const struct lab *lab, enum rill_format format, unsigned threads, const char *name)
{
	const double seconds = lab->quick ? 0.02 : lab->seconds / 10;
	double rate = lab->quick ? 100000 : search(lab, format, threads, seconds / 10);
	struct trial best = { .pace = { .threads = threads } }, more = { 0 };
	char more_name[64];
	bool closed = true;

	for (unsigned i = 1; i <= (lab->quick ? 1 : ATTEMPTS) || (!lab->quick && i <= ATTEMPTS_MAX && best.pace.rate == 0); i++) {
		struct trial t = offer(lab, format, threads, rate, seconds);

		closed = closed && t.closed;
		say_attempt(name, i, &t);
		if (trial_lossless(&t) && t.pace.rate > best.pace.rate)
			best = t;
		rate *= trial_lossless(&t) ? 1.06 : i < ATTEMPTS ? 0.87 : 0.75;
	}
	say(name, &best);
	more.pace = (struct pace){ .threads = threads, .rate = 2 * (best.pace.rate > 0 ? best.pace.rate : rate), .seconds = seconds / 5 };
	trial_run(lab, &more, format);
	snprintf(more_name, sizeof more_name, "%s_twice", name);
	say(more_name, &more);
	return !(closed && more.closed);
}

int main(int argc, char **argv)
{
	struct lab lab;
	int wrong = 0;

	lab_options(&lab, argc, argv, 100);
	lab_configure(&lab, LAB_USUAL);
	lab_machine(&lab);
	for (unsigned threads = 1; threads <= 2; threads++) {
		wrong |= highest(&lab, RILL_FORMAT_BINARY, threads, "rate_binary");
		wrong |= highest(&lab, RILL_FORMAT_JSON, threads, "rate_json");
	}
	printf("books closed=%d\n", !wrong);
	return wrong;
}
