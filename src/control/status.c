/* SPDX-License-Identifier: MIT
 * status.c - lines for `rill record`: what the traced process did, appended to the file that RILL_STATUS_FILE names.
 */
#include "control/session_private.h"
#include "emit/category.h"
#include "emit/site.h"
#include "port/port.h"
#include "ring/ring_set.h"
#include "route/route.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 8192 };

/* One write per line: several processes may append. */
static void append(const char *line, size_t size)
{
	const char *path = rill_port_env("RILL_STATUS_FILE");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW) : -1;

	if (fd < 0)
		return;
	if (write(fd, line, size) != (ssize_t)size)
		rill_warn("the status file %s cannot be written", path);
	close(fd);
}

static void line(const char *text)
{
	append(text, strlen(text));
}

void rill_status_start(struct rill_session *s)
{
	char text[LINE_MAX_BYTES];

	snprintf(text, sizeof text, "start pid=%ld sites=%u categories=%u file=%s\n", (long)getpid(), rill_site_count(),
		 rill_category_count(), s->route.outlet->ops->where(s->route.outlet));
	line(text);
}

static void category(void *unused, const char *group, uint8_t sessions)
{
	char text[LINE_MAX_BYTES];

	(void)unused;
	(void)sessions;
	snprintf(text, sizeof text, "category %s\n", group);
	line(text);
}

void rill_status_stop(const char *where, const struct rill_stats *stats)
{
	char text[LINE_MAX_BYTES];
	const uint64_t *lost = stats->lost;
	uint64_t need;

	if (!rill_port_env("RILL_STATUS_FILE"))
		return;
	rill_route_lock();
	need = rill_route_ring_need();
	rill_route_unlock();
	if (stats->delivered == 0)
		rill_categories(category, NULL);
	snprintf(text, sizeof text,
		 "stop pid=%ld events=%llu lost=%llu full=%llu big=%llu deep=%llu no_ring=%llu stopped=%llu sink=%llu "
		 "subscriber=%llu threads=%u bytes=%llu segments=%u buffer=%zu need=%llu file=%s\n",
		 (long)getpid(), (unsigned long long)stats->delivered, (unsigned long long)stats->lost_total,
		 (unsigned long long)lost[RILL_LOST_FULL], (unsigned long long)lost[RILL_LOST_BIG],
		 (unsigned long long)lost[RILL_LOST_DEEP], (unsigned long long)lost[RILL_LOST_NO_RING],
		 (unsigned long long)lost[RILL_LOST_STOPPED], (unsigned long long)lost[RILL_LOST_SINK],
		 (unsigned long long)lost[RILL_LOST_SUBSCRIBER], stats->threads, (unsigned long long)stats->bytes, stats->segments,
		 rill_ring_geometry.ring_bytes, (unsigned long long)need, where);
	line(text);
}

/* A thread was held up inside an event for longer than stop waits. No session can count it any more; so it is said here. */
void rill_status_stopped(void)
{
	static uint64_t told;
	struct rill_route_books books;
	char text[LINE_MAX_BYTES];
	uint64_t count;

	rill_route_books(&books);
	if (books.stopped < told)
		told = 0;	/* the child of a fork has books of its own */
	count = books.stopped - told;
	if (!count)
		return;
	told = books.stopped;
	rill_warn("%llu events were still being written when their session had waited hold_max_ms for them and stopped: they are in no trace",
		  (unsigned long long)count);
	snprintf(text, sizeof text, "stopped pid=%ld events=%llu\n", (long)getpid(), (unsigned long long)count);
	line(text);
}

void rill_status_error(const char *what)
{
	char text[LINE_MAX_BYTES];

	snprintf(text, sizeof text, "error pid=%ld text=%s\n", (long)getpid(), what);
	line(text);
}
