/* SPDX-License-Identifier: MIT
 * json_time.c - times as JSON: microseconds with three decimals, by whole numbers only.
 *
 * A double would lose the nanoseconds of a clock that has run for three months, and a locale
 * could turn the point into a comma.
 */
#include "format/json_line.h"

enum { MILLISECOND_NS = 1000000 };

static struct rill_json_time of_ns(uint64_t ns)
{
	return (struct rill_json_time){ .us = (int64_t)(ns / 1000), .ns = (uint16_t)(ns % 1000) };
}

/* a - b, as far as 64 bits go. */
static struct rill_json_time minus(struct rill_json_time a, struct rill_json_time b)
{
	struct rill_json_time d = { .whole = a.whole && b.whole };
	const bool borrow = a.ns < b.ns;

	d.ns = (uint16_t)(a.ns + 1000 * borrow - b.ns);
	if (__builtin_sub_overflow(a.us, b.us, &d.us) ||
	    __builtin_sub_overflow(d.us, borrow, &d.us)) {
		d.us = a.us < b.us ? INT64_MIN : INT64_MAX;
		d.ns = 0;
	}
	return d;
}

struct rill_json_time rill_json_time_of_ns(const struct rill_json *json, uint64_t ns)
{
	const struct rill_json_time time = of_ns(ns);

	return json->options.relative_time ? minus(time, of_ns(json->options.start_ns)) : time;
}

struct rill_json_time rill_json_time_of_event(const struct rill_json *json,
					      const struct rill_event *event)
{
	const struct rill_json_time own = { .us = event->own_time_us, .whole = true };

	if (!(event->state & RILL_EVENT_HAS_OWN_TIME))
		return rill_json_time_of_ns(json, event->ts_ns);
	/* The caller's clock is taken to be CLOCK_MONOTONIC too, so it moves along. */
	return json->options.relative_time ? minus(own, of_ns(json->options.start_ns)) : own;
}

struct rill_json_time rill_json_time_between(struct rill_json_time begin, struct rill_json_time end)
{
	const struct rill_json_time d = minus(end, begin);

	return d.us < 0 ? (struct rill_json_time){ .whole = d.whole } : d;
}

static char *put_decimals(char *to, unsigned ns)
{
	to[0] = '.';
	to[1] = (char)('0' + ns / 100);
	return rill_text_pair(to + 2, ns % 100);
}

char *rill_json_put_time(char *to, struct rill_json_time time)
{
	uint64_t us = (uint64_t)time.us;

	if (time.us < 0) {
		*to++ = '-';
		us = -us;
		if (time.ns) {	/* -3 + 0.4 is -2.6 */
			us--;
			time.ns = (uint16_t)(1000 - time.ns);
		}
	}
	to = rill_text_u64(to, us);
	return time.whole ? to : put_decimals(to, time.ns);
}

char *rill_json_put_ns(char *to, uint64_t ns)
{
	return put_decimals(rill_text_u64(to, ns / 1000), (unsigned)(ns % 1000));
}

char *rill_json_put_event_time(struct rill_json *json, const struct rill_event *event, char *to)
{
	const uint64_t start = json->options.relative_time ? json->options.start_ns : 0;
	const uint64_t ns = event->ts_ns - start;
	uint32_t below;

	if (event->state & RILL_EVENT_HAS_OWN_TIME || event->ts_ns < start)
		return rill_json_put_time(to, rill_json_time_of_event(json, event));
	if (ns < MILLISECOND_NS)
		return rill_json_put_ns(to, ns);
	if (!json->upper_ns || ns - json->upper_ns >= MILLISECOND_NS) {
		json->upper_ns = ns - ns % MILLISECOND_NS;
		json->upper_size = (uint32_t)(rill_text_u64(json->upper, ns / MILLISECOND_NS) - json->upper);
	}
	to = rill_text_steps(to, json->upper, json->upper_size);
	below = (uint32_t)(ns - json->upper_ns);
	*to = (char)('0' + below / 100000);
	rill_text_pair(to + 1, below / 1000 % 100);
	return put_decimals(to + 3, below % 1000);
}
