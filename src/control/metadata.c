/* SPDX-License-Identifier: MIT
 * metadata.c - what stands at the head of every file: the process, the machine, the clock, and the application's pairs.
 */
#include "control/session_private.h"
#include "control/uncancelled.h"
#include "format/text.h"
#include "port/port.h"
#include "route/route.h"

#include <errno.h>
#include <pthread.h>
#include <rill/clock.h>
#include <rill/dynamic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGS_MAX = 8192 };

struct pair {
	struct pair *next;
	char *name, *args;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct pair *pairs;	/* in the order of their first setting */

/* ---- the application's pairs ---------------------------------------------------------------------- */

static int set_pair(const char *name, char *args)
{
	struct pair **p = &pairs, *new_pair = calloc(1, sizeof *new_pair);

	if (new_pair)
		new_pair->name = strdup(name);
	if (!args || !new_pair || !new_pair->name) {
		if (new_pair)
			free(new_pair->name);
		free(new_pair);
		free(args);
		return rill_fail(ENOMEM, "no memory for metadata");
	}
	rill_control_find_fork();
	pthread_mutex_lock(&lock);
	while (*p && strcmp((*p)->name, name) != 0)
		p = &(*p)->next;
	if (*p) {
		free((*p)->args);
		(*p)->args = args;
	} else {
		*p = new_pair;
		new_pair->args = args;
		new_pair = NULL;
	}
	pthread_mutex_unlock(&lock);
	if (new_pair)
		free(new_pair->name);
	free(new_pair);
	return 0;
}

/* {"key":"value"}, escaped; NULL: no memory. */
static char *args_of(const char *key, const char *value)
{
	size_t size = strlen(value);
	char *args = malloc(strlen(key) + RILL_TEXT_ESCAPE_MAX * size + 16), *to;

	if (!args)
		return NULL;
	to = args + sprintf(args, "{\"%s\":\"", key);
	to = rill_text_escaped(to, value, size);
	memcpy(to, "\"}", 3);
	return args;
}

int rill_metadata(const char *name, const char *value)
{
	RILL_UNCANCELLED;

	if (!name || !name[0] || !value)
		return rill_fail(EINVAL, "metadata needs a name and a value");
	return set_pair(name, args_of("value", value));
}

int rill_metadata_json(const char *name, const char *args_json)
{
	RILL_UNCANCELLED;
	char *clean, *end;

	if (!name || !name[0])
		return rill_fail(EINVAL, "metadata needs a name");
	clean = args_json && args_json[0] == '{' ? malloc(3 * strlen(args_json) + 1) : NULL;
	end = clean ? rill_text_json(clean, args_json, strlen(args_json)) : NULL;
	if (!end) {
		free(clean);
		return rill_fail(EINVAL, "the arguments of metadata '%s' are not a JSON object", name);
	}
	*end = '\0';
	return set_pair(name, clean);
}

/* The heads of running sessions are written: they get what changed as an event. */
static void tell_running(const char *name, const char *key, const struct rill_arg *value)
{
	struct rill_dynamic e = { .enabled = rill_category(RILL_METADATA_GROUP), .name = name, .phase = 'M', .nargs = 1,
				  .arg_names = &key, .args = value };

	rill_add_event(&e);
}

int rill_process_name(const char *name)
{
	RILL_UNCANCELLED;
	struct rill_arg value = { .type = RILL_TYPE_STRING, .tail = name, .size = name ? (uint32_t)strlen(name) : 0 };
	int error;

	if (!name)
		return rill_fail(EINVAL, "a process name is missing");
	error = set_pair("process_name", args_of("name", name));
	if (!error)
		tell_running("process_name", "name", &value);
	return error;
}

int rill_process_sort_index(int32_t index)
{
	RILL_UNCANCELLED;
	struct rill_arg value = { .type = RILL_TYPE_I64, .word = (uint64_t)(int64_t)index };
	char args[40];
	int error;

	snprintf(args, sizeof args, "{\"sort_index\":%ld}", (long)index);
	error = set_pair("process_sort_index", strdup(args));
	if (!error)
		tell_running("process_sort_index", "sort_index", &value);
	return error;
}

/* ---- clock domains ------------------------------------------------------------------------------ */

static int clock_sync(struct rill_dynamic *e, const char *sync_id)
{
	if (!sync_id)
		return rill_fail(EINVAL, "a sync id is missing");
	e->enabled = rill_category(RILL_METADATA_GROUP);
	e->name = "clock_sync";
	e->phase = 'c';
	rill_add_event(e);
	return 0;
}

int rill_clock_sync_receiver(const char *sync_id)
{
	const char *names[] = { "sync_id" };
	struct rill_arg arg = { .type = RILL_TYPE_STRING, .tail = sync_id, .size = sync_id ? (uint32_t)strlen(sync_id) : 0 };
	struct rill_dynamic e = { .nargs = 1, .arg_names = names, .args = &arg };

	return clock_sync(&e, sync_id);
}

int rill_clock_sync_issuer(const char *sync_id, int64_t issue_us, int64_t issue_end_us)
{
	const char *names[] = { "sync_id", "issue_ts" };
	struct rill_arg args[] = {
		{ .type = RILL_TYPE_STRING, .tail = sync_id, .size = sync_id ? (uint32_t)strlen(sync_id) : 0 },
		{ .type = RILL_TYPE_I64, .word = (uint64_t)issue_us },
	};
	struct rill_dynamic e = { .nargs = 2, .arg_names = names, .args = args, .time_us = issue_end_us,
				  .flags = RILL_FLAG_EXPLICIT_TIMESTAMP };

	return clock_sync(&e, sync_id);
}

/* ---- the head of a file --------------------------------------------------------------------------- */

struct takers {
	void (*take)(void *ctx, const char *name, const char *args_json);
	void *ctx;
};

static void give_text(const struct takers *t, const char *name, const char *key, const char *value)
{
	char *args = args_of(key, value);

	if (args)
		t->take(t->ctx, name, args);
	free(args);
}

static void give_machine(const struct takers *t)
{
	struct rill_port_machine m;
	char args[ARGS_MAX];

	rill_port_machine(&m);
	give_text(t, "platform", "name", m.platform);
	give_text(t, "arch", "name", m.arch);
	give_text(t, "release", "name", m.release);
	if (m.build_id[0])
		give_text(t, "build_id", "name", m.build_id);
	if (m.boot_id[0])
		give_text(t, "boot_id", "name", m.boot_id);
	give_text(t, "rill_version", "name", RILL_VERSION);
	snprintf(args, sizeof args, "{\"number\":%u}", m.processors);
	t->take(t->ctx, "num_cpus", args);
}

static void give_clock(const struct takers *t)
{
	char args[ARGS_MAX], rate[40] = "";
	uint64_t monotonic = rill_port_monotonic_ns(), hz = rill_clock()->frequency_hz();

	/* What nobody tells for certain is left out: no counter of x86 does. */
	if (hz)
		snprintf(rate, sizeof rate, "\"frequency_hz\":%llu,", (unsigned long long)hz);

	/* One moment in every domain, microseconds with three decimals as text of integers. */
#define US(ns) (unsigned long long)((ns) / 1000), (unsigned)((ns) % 1000)
	snprintf(args, sizeof args,
		 "{\"source\":\"%s\",\"why\":\"%s\",%s\"order\":\"%s\",\"ts_domain\":\"LINUX_CLOCK_MONOTONIC\","
		 "\"monotonic\":%llu.%03u,\"realtime\":%llu.%03u,\"boottime\":%llu.%03u}",
		 rill_clock()->name, rill_clock_why(), rate, rill_route_lag_mode() ? "lag" : "membarrier", US(monotonic), US(rill_port_realtime_ns()),
		 US(rill_port_boottime_ns()));
#undef US
	t->take(t->ctx, "clock", args);
}

static bool has_pair(const char *name)
{
	for (const struct pair *p = pairs; p; p = p->next)
		if (strcmp(p->name, name) == 0)
			return true;
	return false;
}

void rill_metadata_each(void (*take)(void *ctx, const char *name, const char *args_json), void *ctx)
{
	struct takers t = { take, ctx };

	pthread_mutex_lock(&lock);
	if (!has_pair("process_name"))
		give_text(&t, "process_name", "name", rill_port_program_name());
	give_machine(&t);
	give_clock(&t);
	for (const struct pair *p = pairs; p; p = p->next)
		take(ctx, p->name, p->args);
	pthread_mutex_unlock(&lock);
}

/* A thread that does not exist here may have held the lock. */
void rill_metadata_reset(void)
{
	pthread_mutex_init(&lock, NULL);
}
