/* SPDX-License-Identifier: MIT
 * to_perfetto_track.c - the tracks that events lie on, and their numbers.
 *
 *     process             of a stream, or of another process that a stream tells of
 *       thread            by its serial number: one with the same tid later is another one
 *         CPU time        a counter
 *       counter           for each series, by category, name, id and key
 *       asynchronous      as readers of Chrome JSON match them: by category, scope and id, the older
 *                         S, T and F by their name as well; ids that are no local ones across
 *                         processes
 *     global              for what concerns everybody
 *
 * Some readers take 0 for the kernel's idle task, and -1 is no thread: these get tracks that are named
 * but say nothing of processes and threads.
 */
#include "format/text.h"
#include "to_perfetto.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

/* ---- numbers -------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	while (size--)
		hash = (hash ^ *at++) * UINT64_C(0x100000001b3); /* FNV-1a */
	return hash;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
	return mix(hash, text ? text : "", strlen(text ? text : "") + 1);
}

/* By value, so that the number is the same on every processor. */
static uint64_t mix_number(uint64_t hash, uint64_t number)
{
	hash = (hash ^ number) * UINT64_C(0xff51afd7ed558ccd);
	return hash ^ hash >> 32;
}

/* 56 bits: as many as a varint of 8 bytes holds. 0 is Perfetto's own. */
static uint64_t end_mix(uint64_t hash)
{
	hash = (hash ^ hash >> 29) * UINT64_C(0xc4ceb9fe1a85ec53);
	hash = (hash ^ hash >> 32) >> 8;
	return hash ? hash : 1;
}

static uint64_t begin_mix(char kind)
{
	return mix_number(UINT64_C(0xcbf29ce484222325), (uint8_t)kind);
}

/* ---- telling -------------------------------------------------------------------------------- */

/* Told in this round, as this version of it. Marks it as told. */
static bool was_told(struct rill_pf *p, uint64_t uuid, uint32_t version)
{
	const uint64_t key[2] = { uuid, version };
	void **place = rill_table_put(&p->tracks, key, sizeof key);
	const bool told = *place != NULL;

	*place = p;
	return told;
}

static void tell(struct rill_pf *p, struct Rill__Pf__TrackDescriptor *track, uint64_t uuid,
		 uint64_t parent)
{
	struct Rill__Pf__TracePacket packet = RILL__PF__TRACE_PACKET__INIT;

	track->has_uuid = true;
	track->uuid = uuid;
	track->has_parent_uuid = parent != 0;
	track->parent_uuid = parent;
	packet.data_case = RILL__PF__TRACE_PACKET__DATA_TRACK_DESCRIPTOR;
	packet.track_descriptor = track;
	rill_pf_send(p, &packet);
}

static void set_name(struct rill_pf *p, struct Rill__Pf__TrackDescriptor *track, const char *name)
{
	track->has_name = true;
	track->name = rill_pf_text(p, name, strlen(name));
}

static void tell_named(struct rill_pf *p, const char *name, uint64_t uuid, uint64_t parent)
{
	struct Rill__Pf__TrackDescriptor track = RILL__PF__TRACK_DESCRIPTOR__INIT;

	set_name(p, &track, name);
	tell(p, &track, uuid, parent);
}

/* ---- processes and threads ------------------------------------------------------------------ */

static bool is_usual(uint32_t id)
{
	return id != 0 && id <= INT32_MAX;
}

static char *text_of_id(struct rill_pf *p, const char *what, const char *name, uint32_t id)
{
	char *const text = rill_pf_alloc(p, strlen(what) + strlen(name) + 16);
	char *to = rill_text_bytes(text, what, strlen(what));

	to = id == UINT32_MAX ? RILL_TEXT_LITERAL(to, "-1") : rill_text_u64(to, id);
	*to++ = *name ? ' ' : 0;
	memcpy(to, name, strlen(name) + 1);
	return text;
}

uint64_t rill_pf_process(struct rill_pf *p, struct rill_pf_stream *s, uint32_t pid)
{
	const uint64_t uuid = end_mix(mix_number(mix_number(begin_mix('p'), s->identity), pid));
	const bool own = pid == s->pid;
	const char *const name = own && s->name ? s->name : "";
	struct Rill__Pf__TrackDescriptor track = RILL__PF__TRACK_DESCRIPTOR__INIT;
	struct Rill__Pf__ProcessDescriptor process = RILL__PF__PROCESS_DESCRIPTOR__INIT;

	if (was_told(p, uuid, own ? s->generation : 0))
		return uuid;
	if (!is_usual(pid)) {
		tell_named(p, text_of_id(p, "process ", name, pid), uuid, 0);
		return uuid;
	}
	process.has_pid = true;
	process.pid = (int32_t)pid;
	process.has_process_name = *name != 0;
	process.process_name = rill_pf_text(p, name, strlen(name));
	process.has_legacy_sort_index = own && s->has_sort_index;
	process.legacy_sort_index = s->sort_index;
	track.process = &process;
	tell(p, &track, uuid, 0);
	return uuid;
}

static void tell_thread(struct rill_pf *p, uint64_t uuid, uint64_t parent, uint32_t pid,
			uint32_t tid, const struct rill_thread *known)
{
	struct Rill__Pf__TrackDescriptor track = RILL__PF__TRACK_DESCRIPTOR__INIT;
	struct Rill__Pf__ThreadDescriptor thread = RILL__PF__THREAD_DESCRIPTOR__INIT;
	const char *const name = known ? known->name : "";

	if (!is_usual(pid) || !is_usual(tid)) {
		tell_named(p, text_of_id(p, "thread ", name, tid), uuid, parent);
		return;
	}
	thread.has_pid = thread.has_tid = true;
	thread.pid = (int32_t)pid;
	thread.tid = (int32_t)tid;
	thread.has_thread_name = *name != 0;
	thread.thread_name = rill_pf_text(p, name, strlen(name));
	if (known && known->has_sort_index) {
		thread.has_legacy_sort_index = true;
		thread.legacy_sort_index = known->sort_index;
	}
	track.thread = &thread;
	tell(p, &track, uuid, parent);
}

uint64_t rill_pf_thread(struct rill_pf *p, struct rill_pf_stream *s,
			const struct rill_thread *thread)
{
	uint64_t parent, uuid;

	if (s->last.round == p->round && s->last.serial == thread->serial &&
	    s->last.generation == thread->generation)
		return s->last.uuid;
	uuid = end_mix(mix_number(mix_number(begin_mix('t'), s->identity), thread->serial));
	parent = rill_pf_process(p, s, s->pid);
	if (!was_told(p, uuid, thread->generation))
		tell_thread(p, uuid, parent, s->pid, thread->tid, thread);
	s->last.round = p->round;
	s->last.uuid = uuid;
	s->last.serial = thread->serial;
	s->last.generation = thread->generation;
	return uuid;
}

uint64_t rill_pf_thread_of(struct rill_pf *p, struct rill_pf_stream *s, const struct rill_event *e)
{
	uint64_t uuid, parent;

	if (e->thread && e->tid == e->thread->tid && e->pid == s->pid)
		return rill_pf_thread(p, s, e->thread);
	uuid = mix_number(mix_number(begin_mix('f'), s->identity), e->pid);
	uuid = end_mix(mix_number(uuid, e->tid));
	parent = rill_pf_process(p, s, e->pid);
	if (!was_told(p, uuid, 0))
		tell_thread(p, uuid, parent, e->pid, e->tid, NULL);
	return uuid;
}

uint64_t rill_pf_global(struct rill_pf *p)
{
	const uint64_t uuid = end_mix(begin_mix('g'));

	if (!was_told(p, uuid, 0))
		tell_named(p, "global events", uuid, 0);
	return uuid;
}

/* ---- what belongs to a process -------------------------------------------------------------- */

uint64_t rill_pf_async(struct rill_pf *p, struct rill_pf_stream *s, const struct rill_event *e)
{
	const bool by_name = !strchr("ben", e->phase), object = strchr("NOD", e->phase) != NULL;
	const bool local = e->flags & RILL_FLAG_HAS_LOCAL_ID ||
			   (object && !(e->flags & RILL_FLAG_HAS_GLOBAL_ID));
	uint64_t uuid = begin_mix(object ? 'o' : by_name ? 'S' : 'b'), parent = 0;

	if (local)
		uuid = mix_number(mix_number(uuid, s->identity), e->pid);
	uuid = mix_text(mix_text(mix_number(uuid, e->id), e->category), e->scope);
	uuid = end_mix(by_name ? mix_text(uuid, e->name) : uuid);
	if (!(e->flags & RILL_FLAG_HAS_GLOBAL_ID))
		parent = rill_pf_process(p, s, e->pid);
	if (!was_told(p, uuid, 0))
		tell_named(p, e->name, uuid, parent);
	return uuid;
}

/* "name[0x2a].key"; a series "value" goes by the counter's name alone. */
static char *series_name(struct rill_pf *p, const struct rill_event *e, const char *key)
{
	enum { ID = RILL_FLAG_HAS_ID | RILL_FLAG_HAS_LOCAL_ID | RILL_FLAG_HAS_GLOBAL_ID };
	char *const text = rill_pf_alloc(p, strlen(e->name) + strlen(key) + RILL_TEXT_HEX_MAX + 8);
	char *to = rill_text_bytes(text, e->name, strlen(e->name));

	if (e->flags & ID) {
		*to++ = '[';
		to = rill_text_hex(to, e->id);
		*to++ = ']';
	}
	if (*key && strcmp(key, "value")) {
		*to++ = '.';
		to = rill_text_bytes(to, key, strlen(key));
	}
	*to = 0;
	return text;
}

char *rill_pf_categories(struct rill_pf *p, const char *group, size_t *count)
{
	const size_t size = strlen(group) + 1;
	char *const texts = rill_pf_alloc(p, size);

	*count = *group != 0;
	memcpy(texts, group, size);
	for (char *at = texts; *at; at++)
		if (*at == ',') {
			*at = 0;
			++*count;
			if (!at[1])
				break;
		}
	return texts;
}

uint64_t rill_pf_counter(struct rill_pf *p, struct rill_pf_stream *s, const struct rill_event *e,
			 const char *key)
{
	struct Rill__Pf__TrackDescriptor track = RILL__PF__TRACK_DESCRIPTOR__INIT;
	struct Rill__Pf__CounterDescriptor counter = RILL__PF__COUNTER_DESCRIPTOR__INIT;
	uint64_t uuid = mix_number(mix_number(begin_mix('c'), s->identity), e->pid), parent;
	const char *category;

	uuid = mix_text(mix_text(mix_number(uuid, e->id), e->category), e->name);
	uuid = end_mix(mix_text(uuid, key));
	parent = rill_pf_process(p, s, e->pid);
	if (was_told(p, uuid, 0))
		return uuid;
	category = rill_pf_categories(p, e->category, &counter.n_categories);
	counter.categories = rill_pf_alloc(p, (counter.n_categories + 1) *
						      sizeof *counter.categories);
	for (size_t i = 0; i < counter.n_categories; i++) {
		counter.categories[i] = rill_pf_text(p, category, strlen(category));
		category += strlen(category) + 1;
	}
	track.counter = &counter;
	set_name(p, &track, series_name(p, e, key));
	tell(p, &track, uuid, parent);
	return uuid;
}

uint64_t rill_pf_cpu_time(struct rill_pf *p, uint64_t thread)
{
	struct Rill__Pf__TrackDescriptor track = RILL__PF__TRACK_DESCRIPTOR__INIT;
	struct Rill__Pf__CounterDescriptor counter = RILL__PF__COUNTER_DESCRIPTOR__INIT;
	const uint64_t uuid = end_mix(mix_number(begin_mix('u'), thread));

	if (was_told(p, uuid, 0))
		return uuid;
	counter.has_type = true;
	counter.type = RILL__PF__COUNTER_DESCRIPTOR__BUILTIN_COUNTER_TYPE__COUNTER_THREAD_TIME_NS;
	track.counter = &counter;
	tell(p, &track, uuid, thread);
	return uuid;
}

/* ---- flows ---------------------------------------------------------------------------------- */

/* Slices that name what they are bound to are joined by that alone; the events s, t and f by category,
 * name and id. */
uint64_t rill_pf_flow(const struct rill_pf_stream *s, const struct rill_event *e)
{
	uint64_t hash = begin_mix('s');

	if (!strchr("stf", e->phase))
		return e->bind_id;
	if (e->flags & RILL_FLAG_HAS_LOCAL_ID)
		hash = mix_number(mix_number(hash, s->identity), e->pid);
	hash = mix_text(mix_text(mix_number(hash, e->id), e->category), e->scope);
	return end_mix(mix_text(hash, e->name));
}
