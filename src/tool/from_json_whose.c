/* SPDX-License-Identifier: MIT
 * from_json_whose.c - processes, threads and call sites of a trace in JSON: what its events share.
 *
 * Each kind of event, told by everything but time, thread and values, gets a number as call sites
 * have, so that packets need not repeat its texts.
 */
#include "from_json.h"
#include "tool.h"

#include <string.h>

/* ---- processes ------------------------------------------------------------------------------ */

struct rill_from_process *rill_from_json_process(struct rill_from_json *from, int64_t pid)
{
	void **place = rill_table_find(&from->process_table, &pid, sizeof pid);
	struct rill_from_process *p;

	if (place)
		return *place;
	if (from->process_count == RILL_FROM_PROCESSES_MAX)
		return from->processes[RILL_FROM_PROCESSES_MAX - 1];
	p = rill_alloc(1, sizeof *p);
	p->known.number = (uint8_t)(from->process_count + 1);
	p->known.has_origin = true;
	p->known.origin = (struct rill_packet_origin){
		/* Only streams of one file must differ, and another run shall give the same bytes.
		 * */
		.identity =
			UINT64_C(0x9e3779b97f4a7c15) * ((uint64_t)pid + 1) ^ from->process_count,
		.start_ns = from->event.ts_ns,
		.pid = (uint32_t)pid,
		.session = "",
		.version = "",
	};
	from->processes[from->process_count++] = p;
	*rill_table_put(&from->process_table, &pid, sizeof pid) = p;
	if (from->ops.stream)
		from->ops.stream(from->ctx, &p->known);
	return p;
}

/* ---- threads -------------------------------------------------------------------------------- */

struct rill_from_thread *rill_from_json_thread(struct rill_from_json *from, int64_t pid,
					       int64_t tid)
{
	const int64_t key[2] = { pid, tid };
	void **place = rill_table_find(&from->thread_table, key, sizeof key);
	struct rill_from_thread *t;

	if (place)
		return *place;
	if (from->thread_count == RILL_FROM_THREADS_MAX)
		return NULL;
	t = rill_alloc(1, sizeof *t);
	t->thread.tid = (uint32_t)tid;
	t->thread.serial = ++from->thread_count;
	t->thread.name = "";
	*rill_table_put(&from->thread_table, key, sizeof key) = t;
	return t;
}

/* ---- call sites ----------------------------------------------------------------------------- */

enum { KEY_MAX = 4096 };

static char *put_text(char *to, const char *end, const char *text)
{
	const size_t size = strlen(text) + 1;

	if (!to || size > (size_t)(end - to))
		return NULL;
	memcpy(to, text, size);
	return to + size;
}

/* All that tells one kind of event from another; NULL: too long to be worth it. */
static const char *put_key(const struct rill_event *e, char key[KEY_MAX])
{
	const char *const end = key + KEY_MAX;
	char *to = key;

	memcpy(to, &e->flags, sizeof e->flags);
	to += sizeof e->flags;
	memcpy(to, &e->state, sizeof e->state);
	to += sizeof e->state;
	*to++ = e->phase;
	*to++ = (char)e->nargs;
	to = put_text(put_text(to, end, e->category), end, e->name);
	for (unsigned i = 0; i < e->nargs; i++) {
		to = put_text(to, end, e->args[i].name);
		if (!to || to == end)
			return NULL;
		*to++ = (char)e->args[i].type;
	}
	return to;
}

static const char *keep(char **to, const char *text)
{
	const size_t size = strlen(text) + 1;
	char *const copy = *to;

	memcpy(copy, text, size);
	*to += size;
	return copy;
}

static struct rill_from_site *add_site(struct rill_from_json *from, const char *key,
				       size_t key_size)
{
	const struct rill_event *const e = &from->event;
	struct rill_from_site *site;
	/* Its texts are all in the key. */
	const size_t size = sizeof *site + e->nargs * sizeof *site->args + key_size;
	char *texts;

	if (from->site_bytes + size + key_size > RILL_FROM_SITES_BYTES_MAX)
		return NULL;
	site = rill_alloc(1, size);
	texts = (char *)&site->args[e->nargs];
	site->number = ++from->site_count;
	site->category = keep(&texts, e->category);
	site->name = keep(&texts, e->name);
	for (unsigned i = 0; i < e->nargs; i++)
		site->args[i] = keep(&texts, e->args[i].name);
	from->site_bytes += size + key_size;
	*rill_table_put(&from->site_table, key, key_size) = site;
	return site;
}

void rill_from_json_site(struct rill_from_json *from)
{
	char key[KEY_MAX];
	const char *const end = put_key(&from->event, key);
	struct rill_from_site *site;
	void **place;

	if (!end)
		return;
	place = rill_table_find(&from->site_table, key, (size_t)(end - key));
	site = place ? *place : add_site(from, key, (size_t)(end - key));
	if (!site)
		return;
	from->event.site = site->number;
	from->event.category = site->category;
	from->event.name = site->name;
	for (unsigned i = 0; i < from->event.nargs; i++)
		from->values[i].name = site->args[i];
}
