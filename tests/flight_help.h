/* SPDX-License-Identifier: MIT
 * flight_help.h - for tests of flight sessions: what is in a file, and when a snapshot is there.
 */
#ifndef RILL_FLIGHT_HELP_H
#define RILL_FLIGHT_HELP_H

#include "watch_help.h"

static inline bool has(const char *path, const char *text)
{
	char *bytes = calloc(1, 1 << 20);
	FILE *f = fopen(path, "r");
	size_t size = f ? fread(bytes, 1, (1 << 20) - 1, f) : 0;
	const bool found = size && strstr(bytes, text);

	if (f)
		fclose(f);
	free(bytes);
	return found;
}

/* Waits until so many are written. */
static inline bool come_to(struct rill_session *s, uint32_t snapshots)
{
	struct rill_stats stats = { .segments = 0 };

	for (uint64_t until = now_ms() + 20000 * patience(); stats.segments < snapshots && now_ms() < until; sleep_ms(2))
		NEED(rill_session_stats(s, &stats) == 0);
	NEED(stats.segments >= snapshots);
	return true;
}

/* An isolated case that forks, and whose child starts sessions of its own. */
static inline void flight_in_a_child(bool (*body)(void))
{
	if (WATCH_TSAN)
		test_skip("ThreadSanitizer does not follow a thread in a forked child");
	else if (!forked_child_can_make_threads())
		test_skip("the emulator ends a forked child that makes a thread");
	else
		ISOLATED(body);
}

#endif
