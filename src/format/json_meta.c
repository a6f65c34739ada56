/* SPDX-License-Identifier: MIT
 * json_meta.c - lines that are no events of the application: names, metadata, lost events, totals.
 *
 * All of them have a category, since some readers split it without looking whether it is there.
 */
#include "format/causes.h"
#include "format/json_line.h"

/* Front, keys and numbers of any of these lines; texts are added to it. */
enum { META_MAX = 256 };

static char *put_number(char *to, const char *key, uint64_t value)
{
	to = rill_text_bytes(to, key, strlen(key));
	return rill_text_u64(to, value);
}

/* Catapult warns of metadata by any other name, unless it is told that there is nothing to read in it. */
static bool is_known(const char *name)
{
	static const char *const known[] = {
		"process_name", "process_labels", "process_sort_index", "process_uptime_seconds",
		"thread_name", "thread_sort_index", "num_cpus", "TraceConfig"
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(known[i], name))
			return true;
	return false;
}

/* Metadata holds from the start, so 0 is as good as any time: readers leave it out of the
 * trace's bounds. */
static char *put_meta_front(struct rill_json *json, uint32_t tid, uint64_t ts_ns, const char *name,
			    char *to)
{
	to = rill_json_put_front(json, json->options.pid, tid, to);
	if (ts_ns)
		to = rill_json_put_time(to, rill_json_time_of_ns(json, ts_ns));
	else
		*to++ = '0';
	to = RILL_TEXT_LITERAL(to, ",\"ph\":\"M\",\"cat\":\"__metadata\"");
	if (!is_known(name))
		to = RILL_TEXT_LITERAL(to, ",\"argsStripped\":true");
	to = RILL_TEXT_LITERAL(to, ",\"name\":");
	to = rill_text_quoted(to, name);
	return RILL_TEXT_LITERAL(to, ",\"args\":");
}

size_t rill_json_thread_max(const struct rill_thread *thread)
{
	return 2 * META_MAX + strlen(thread->name) * RILL_TEXT_ESCAPE_MAX;
}

char *rill_json_thread(struct rill_json *json, const struct rill_thread *thread, uint64_t ts_ns,
		       char *to)
{
	to = put_meta_front(json, thread->tid, ts_ns, "thread_name", to);
	to = RILL_TEXT_LITERAL(to, "{\"name\":");
	to = rill_text_quoted(to, thread->name);
	to = RILL_TEXT_LITERAL(to, "}}\n");
	if (!thread->has_sort_index)
		return to;
	to = put_meta_front(json, thread->tid, ts_ns, "thread_sort_index", to);
	to = RILL_TEXT_LITERAL(to, "{\"sort_index\":");
	to = rill_text_i64(to, thread->sort_index);
	return RILL_TEXT_LITERAL(to, "}}\n");
}

size_t rill_json_metadata_max(const char *name, const char *args_json)
{
	return META_MAX + (strlen(name) + strlen(args_json)) * RILL_TEXT_ESCAPE_MAX;
}

static char *put_metadata_args(char *to, const char *args_json)
{
	char *end = rill_text_json(to, args_json, strlen(args_json));

	if (end && *to == '{')
		return end;
	to = RILL_TEXT_LITERAL(to, "{\"value\":");
	end = rill_text_json(to, args_json, strlen(args_json));
	to = end ? end : rill_text_quoted(to, args_json);
	*to++ = '}';
	return to;
}

char *rill_json_metadata(struct rill_json *json, const char *name, const char *args_json, char *to)
{
	to = put_meta_front(json, json->options.pid, 0, name, to);
	to = put_metadata_args(to, args_json);
	return RILL_TEXT_LITERAL(to, "}\n");
}

char *rill_json_gap(struct rill_json *json, const struct rill_gap *gap, uint64_t now_ns, char *to)
{
	const uint64_t ts_ns = gap->after_ns ? gap->after_ns : now_ns;
	const uint32_t pid = json->options.pid;

	to = rill_json_put_front(json, pid, gap->thread ? gap->thread->tid : pid, to);
	to = rill_json_put_time(to, rill_json_time_of_ns(json, ts_ns));
	to = RILL_TEXT_LITERAL(to, ",\"ph\":\"I\",\"cat\":\"rill\",\"name\":\"events lost\"");
	to = RILL_TEXT_LITERAL(to, ",\"s\":\"");
	*to++ = gap->thread ? 't' : 'p';
	to = put_number(to, "\",\"args\":{\"count\":", gap->count);
	to = RILL_TEXT_LITERAL(to, ",\"cause\":");
	to = rill_text_quoted(to, rill_causes[gap->cause < RILL_CAUSES ? gap->cause : RILL_CAUSES].text);
	to = put_number(to, ",\"level\":", gap->level);
	if (gap->before_ns) {
		to = RILL_TEXT_LITERAL(to, ",\"from\":");
		to = rill_json_put_time(to, rill_json_time_of_ns(json, gap->before_ns));
	}
	if (gap->after_ns) {
		to = RILL_TEXT_LITERAL(to, ",\"to\":");
		to = rill_json_put_time(to, rill_json_time_of_ns(json, gap->after_ns));
	}
	return RILL_TEXT_LITERAL(to, "}}\n");
}

char *rill_json_summary(struct rill_json *json, const struct rill_stats *stats, char *to)
{
	to = put_meta_front(json, json->options.pid, 0, "rill_summary", to);
	to = put_number(to, "{\"events\":", stats->delivered);
	to = put_number(to, ",\"lost\":", stats->lost_total);
	for (unsigned i = 0; i < RILL_CAUSES; i++) {
		*to++ = ',';
		to = rill_text_quoted(to, rill_causes[i].key);
		to = put_number(to, ":", stats->lost[i]);
	}
	to = put_number(to, ",\"threads\":", stats->threads);
	return RILL_TEXT_LITERAL(to, "}}\n");
}
