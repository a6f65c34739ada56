/* SPDX-License-Identifier: MIT
 * test_oom.c - no memory at the worst moments: in the middle of a stop or of an unloading nothing that goes away stays in use, and a
 * start that fails leaves things as they were.
 */
#include "alloc_help.h"
#include "session_help.h"
#include "watch_help.h"

#include <dlfcn.h>

/* ---- memory that runs out ------------------------------------------------------------------------- */

/* For this thread: fails from the left-th allocation on, `many` times; 0: never. */
static __thread unsigned left, many;

static bool fails(void)
{
	if (!many || --left > 0)
		return false;
	left = 1;
	many--;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

static void run_out(unsigned at, unsigned count)
{
	left = at;
	many = count;
}

/* ---- stop ----------------------------------------------------------------------------------------- */

static bool works(const char *filter)
{
	struct taken t = { .only = filter };
	struct rill_session *s = start_counting(&t, filter, false);

	RILL_INSTANT("oom", "event");
	NEED(rill_session_stop(s) == 0);
	NEED_EQUAL(t.count, 1);
	return true;
}

static bool stop_without_memory(bool shared)
{
	struct taken going = { .only = NULL }, staying = { .only = NULL }, next = { .only = NULL };
	struct rill_session *a = start_counting(&going, "oom,oom.a", shared), *b = start_counting(&staying, "oom", shared), *c;
	const uint8_t *both = rill_category("oom"), *one = rill_category("oom.a");

	RILL_INSTANT("oom", "event");
	RILL_INSTANT("oom.a", "event");
	NEED(rill_session_flush(NULL, 60000) == 0);
	run_out(1, 100000);
	NEED(rill_session_stop(a) == 0);
	run_out(0, 0);
	NEED_EQUAL(going.count, 2);
	NEED(*one == 0 && *both != 0);
	/* Groups and sites that are asked for now: the filter that went must not be looked at. */
	NEED(*rill_category("oom.new") == 0);
	RILL_INSTANT("oom", "event");
	RILL_INSTANT("oom.a", "event");
	c = start_counting(&next, "oom.a", shared);
	NEED(*one != 0);
	RILL_INSTANT("oom", "event");
	RILL_INSTANT("oom.a", "event");
	NEED(rill_session_stop(b) == 0);
	NEED(rill_session_stop(c) == 0);
	NEED_EQUAL(going.count, 2);
	NEED_EQUAL(staying.count, 3);
	NEED_EQUAL(next.count, 1);
	NEED(*both == 0 && *one == 0);
	return works("oom");
}

static bool stop_direct(void)
{
	return stop_without_memory(false);
}

static bool stop_shared(void)
{
	return stop_without_memory(true);
}

static void a_session_stops_without_memory_and_nothing_of_it_stays_in_use(void)
{
	ISOLATED(stop_direct);
	ISOLATED(stop_shared);
}

/* Whichever allocation of start, change and stop fails: an error with a sentence, or it works without. */
static bool each_allocation(void)
{
	unsigned failed = 0, started = 0;

	for (unsigned at = 1; at < 80; at++) {
		struct taken t = { .only = NULL };
		struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
		struct rill_session *s;
		int error;

		o.filter = "oom,-oom.not";
		o.out = RILL_OUT_SUBSCRIBER;
		o.subscriber = take_batch;
		o.subscriber_ctx = &t;
		o.shared = at % 2;
		run_out(at, 1);
		error = rill_session_start(&o, &s);
		run_out(0, 0);
		NEED(error == 0 || (error < 0 && rill_error()[0] && !s));
		failed += error < 0;
		started += error == 0;
		if (error)
			continue;
		run_out(at, 1);
		error = rill_session_enable(s, "oom.more");
		run_out(0, 0);
		NEED(error == 0 || (error == -ENOMEM && rill_error()[0]));
		RILL_INSTANT("oom", "event");
		run_out(at, 1);
		NEED(rill_session_stop(s) == 0);
		run_out(0, 0);
		NEED_EQUAL(t.count, 1);
		NEED(*rill_category("oom") == 0);
	}
	NEED(failed > 5 && started > 5);
	return works("oom");
}

static void whichever_allocation_fails_there_is_an_error_or_it_works_without(void)
{
	ISOLATED(each_allocation);
}

static bool each_pair(void)
{
	for (unsigned at = 1; at < 6; at++) {
		run_out(at, 1);
		NEED(rill_metadata("oom", "value") == 0 || rill_error()[0]);
		run_out(at, 1);
		NEED(rill_process_name("oom") == 0 || rill_error()[0]);
		run_out(0, 0);
	}
	return works("oom");
}

static void metadata_that_finds_no_memory_is_refused_and_leaks_nothing(void)
{
	ISOLATED(each_pair);
}

/* ---- unloading ------------------------------------------------------------------------------------ */

static unsigned nameless, other, wrong;

static void take_nameless(void *ctx, const struct rill_batch *batch)
{
	(void)ctx;
	for (size_t i = 0; i < batch->count; i++) {
		const struct rill_event *e = &batch->events[i];

		if (strcmp(e->category, "site.plugin") != 0)
			continue;
		if (strcmp(e->name, "(unloaded)") != 0)
			other++;
		else
			nameless++;
		/* B and E of the scope, I of the instant with a number and a text. */
		if (e->phase == 'I')
			wrong += e->nargs != 2 || e->args[0].i != 1 || strcmp(e->args[1].text, "of the plugin") != 0;
		else if (e->phase == 'B')
			wrong += e->nargs != 1 || e->args[0].i != 1;
		else
			wrong += e->phase != 'E';
	}
}

static void look_at_site(void *ctx, const struct rill_site_info *site)
{
	*(size_t *)ctx += strlen(site->name) + strlen(site->category) + strlen(site->file);
}

static bool unload_without_memory(unsigned at, unsigned count, unsigned all_nameless)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;
	int (*work)(int);
	size_t looked = 0;
	void *object;

	o.filter = "site.plugin";
	o.out = RILL_OUT_SUBSCRIBER;
	o.subscriber = take_nameless;
	s = start_with(&o);
	object = dlopen(RILL_BUILD "/tests/site_plugin.so", RTLD_NOW | RTLD_LOCAL);
	NEED(object != NULL);
	*(void **)&work = dlsym(object, "site_plugin_work");
	work(1);
	run_out(at, count);
	NEED(dlclose(object) == 0);
	run_out(0, 0);
	NEED(dlopen(RILL_BUILD "/tests/site_plugin.so", RTLD_NOW | RTLD_NOLOAD) == NULL);
	NEED(rill_call_sites(look_at_site, &looked) > 0 && looked > 0);
	NEED(rill_session_stop(s) == 0);
	NEED_EQUAL(nameless + other, 3);
	NEED(all_nameless == 2 || (all_nameless ? nameless == 3 : nameless > 0));
	NEED_EQUAL(wrong, 0);
	/* Loaded again it has all its names. */
	nameless = other = 0;
	s = start_with(&o);
	object = dlopen(RILL_BUILD "/tests/site_plugin.so", RTLD_NOW | RTLD_LOCAL);
	NEED(object != NULL);
	*(void **)&work = dlsym(object, "site_plugin_work");
	work(1);
	NEED(rill_session_stop(s) == 0);
	NEED(dlclose(object) == 0);
	NEED_EQUAL(nameless, 0);
	NEED_EQUAL(other, 3);
	return true;
}

static bool unload_with_none(void)
{
	return unload_without_memory(1, 100, 1);
}

static bool unload_with_little(void)
{
	return unload_without_memory(2, 100, 0);
}

/* The event may have been given before the object went: then it has its names. */
static void events_of_an_object_unloaded_without_memory_lose_their_names_and_no_more(void)
{
	ISOLATED(unload_with_none);
	ISOLATED(unload_with_little);
}

static const struct test_case cases[] = {
	T(a_session_stops_without_memory_and_nothing_of_it_stays_in_use),
	T(whichever_allocation_fails_there_is_an_error_or_it_works_without),
	T(metadata_that_finds_no_memory_is_refused_and_leaks_nothing),
	T(events_of_an_object_unloaded_without_memory_lose_their_names_and_no_more),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("out of memory", cases, argc, argv);
}
