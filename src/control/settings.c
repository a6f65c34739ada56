/* SPDX-License-Identifier: MIT
 * settings.c - the options of sessions and of the process by their names in text: RILL_OPTIONS, and what the control socket is told.
 */
#include "control/settings.h"

#include "control/size.h"
#include "port/port.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind { FLAG, U32, U64, MODE };

#define SESSION(field) offsetof(struct rill_settings, session.field)
#define CONFIG(field) offsetof(struct rill_settings, config.field)
static const struct {
	const char *name;
	enum kind kind;
	size_t offset;
} known[] = {
	{ "block_bytes", U64, CONFIG(block_bytes) },
	{ "file_mode", MODE, SESSION(file_mode) },
	{ "flight_bytes", U64, SESSION(flight_bytes) },
	{ "flush_ms", U32, SESSION(flush_period_ms) },
	{ "follow_fork", FLAG, offsetof(struct rill_settings, follow_fork) },
	{ "hold_max_ms", U32, CONFIG(hold_max_ms) },
	{ "idle_priority", FLAG, CONFIG(idle_priority) },
	{ "keep_bytes", U64, SESSION(keep_bytes) },
	{ "object", FLAG, SESSION(object_form) },
	{ "packet_bytes", U32, SESSION(packet_bytes) },
	{ "period_ms", U32, CONFIG(period_ms) },
	{ "prefault", FLAG, CONFIG(prefault) },
	{ "queue_bytes", U32, SESSION(queue_bytes) },
	{ "relative_time", FLAG, SESSION(relative_time) },
	{ "ring_disk", FLAG, CONFIG(ring_disk) },
	{ "ring_keep", FLAG, CONFIG(ring_keep) },
	{ "rotate_bytes", U64, SESSION(rotate_bytes) },
	{ "rotate_events", U64, SESSION(rotate_events) },
	{ "rotate_ms", U32, SESSION(rotate_age_ms) },
	{ "slices", FLAG, SESSION(slices) },
	{ "snapshot_after_ms", U32, SESSION(snapshot_after_ms) },
	{ "snapshot_before_ms", U32, SESSION(snapshot_before_ms) },
	{ "snapshot_distance_ms", U32, SESSION(snapshot_distance_ms) },
	{ "snapshot_signal", U32, SESSION(snapshot_signal) },
	{ "snapshots_max", U32, SESSION(snapshots_max) },
	{ "thread_time", FLAG, SESSION(thread_time) },
	{ "threads_max", U32, CONFIG(threads_max) },
};

static int set_number(struct rill_settings *s, size_t i, const char *value, const char *whose)
{
	void *field = (char *)s + known[i].offset;
	uint64_t number;

	if (known[i].kind == MODE) {
		char *end;
		unsigned long mode = strtoul(value, &end, 8);

		if (*end || end == value || mode > 0777)
			return rill_fail(EINVAL, "%s: file_mode=%s is not an octal mode like 640", whose, value);
		*(uint32_t *)field = (uint32_t)mode;
		return 0;
	}
	if (!rill_size_parse(value, &number) || (known[i].kind == U32 && number > UINT32_MAX))
		return rill_fail(EINVAL, "%s: %s=%s is not a number in range", whose, known[i].name, value);
	if (known[i].kind == U32)
		*(uint32_t *)field = (uint32_t)number;
	else
		*(uint64_t *)field = number;
	return 0;
}

int rill_settings_set(struct rill_settings *s, char *option, const char *whose)
{
	char *value = strchr(option, '=');

	if (value)
		*value++ = '\0';
	if (strcmp(option, "wake") == 0 && value && (!strcmp(value, "poll") || !strcmp(value, "block"))) {
		s->config.wake = strcmp(value, "poll") ? RILL_WAKE_BLOCK : RILL_WAKE_POLL;
		return 0;
	}
	if (strcmp(option, "format") == 0 && value && (!strcmp(value, "json") || !strcmp(value, "binary"))) {
		s->session.format = strcmp(value, "json") ? RILL_FORMAT_BINARY : RILL_FORMAT_JSON;
		return 0;
	}
	if (strcmp(option, "compress") == 0 && value && (!strcmp(value, "lz4") || !strcmp(value, "zstd"))) {
		s->session.compress = strcmp(value, "lz4") ? RILL_COMPRESS_ZSTD : RILL_COMPRESS_LZ4;
		return 0;
	}
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strcmp(option, known[i].name) != 0)
			continue;
		if (known[i].kind != FLAG)
			return value ? set_number(s, i, value, whose) :
			       rill_fail(EINVAL, "%s: %s needs a value, %s=...", whose, option, option);
		if (value)
			return rill_fail(EINVAL, "%s: %s takes no value", whose, option);
		*(bool *)((char *)s + known[i].offset) = true;
		return 0;
	}
	return rill_fail(EINVAL, "%s: there is no option '%s' (see rill(7))", whose, option);
}
