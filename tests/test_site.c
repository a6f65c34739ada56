/* SPDX-License-Identifier: MIT
 * test_site.c - the registry of call sites: what is one site, objects that come and go, and what happens when ids run out.
 */
#include "emit/site.h"
#include "port/rcu.h"
#include "emit/category.h"
#include "ring/ring.h"
#include "tests/test.h"

#include <dlfcn.h>
#include <malloc.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- descriptors made by hand --------------------------------------------------------------------- */

/* As the assembler lays them out: distances from the fields themselves. */
struct block {
	uint32_t count;
	struct rill_hot *hot;
	struct rill_site *sites;
	char *texts;		/* one name per site, then what all share */
};
enum { NAME_BYTES = 16, SHARED_BYTES = 64 };

static int32_t distance(const int32_t *field, const void *to)
{
	return (int32_t)((const char *)to - (const char *)field);
}

/* Sites "PREFIX0" ... in one category, on one line, without arguments. */
static struct block make_block(uint32_t count, const char *category, const char *prefix)
{
	struct block b = { .count = count };
	/* One piece, so that every distance fits 32 bits. */
	char *memory = calloc(1, count * (sizeof *b.sites + sizeof *b.hot + NAME_BYTES) + SHARED_BYTES), *shared;

	CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
	b.sites = (struct rill_site *)(void *)memory;
	b.hot = (struct rill_hot *)(void *)(b.sites + count);
	b.texts = (char *)(b.hot + count);
	shared = b.texts + (size_t)count * NAME_BYTES;
	snprintf(shared, SHARED_BYTES, "%s", category);
	for (uint32_t i = 0; i < count; i++) {
		struct rill_site *s = &b.sites[i];

		snprintf(b.texts + (size_t)i * NAME_BYTES, NAME_BYTES, "%s%u", prefix, i);
		s->category = distance(&s->category, shared);
		s->name = distance(&s->name, b.texts + (size_t)i * NAME_BYTES);
		s->file = distance(&s->file, shared);
		s->args = distance(&s->args, shared + SHARED_BYTES - 1);
		s->hot = distance(&s->hot, &b.hot[i]);
		s->line = 7;
		s->phase = 'I';
	}
	return b;
}

static void add(const struct block *b)
{
	rill_sites_add(b->sites, b->sites + b->count);
}

static void drop(struct block *b)
{
	rill_sites_remove(b->sites, b->sites + b->count);
	memset(b->sites, 0xee, b->count * sizeof *b->sites);	/* as unmapped memory would: no text may be read again */
	memset(b->texts, 0xee, (size_t)b->count * NAME_BYTES + SHARED_BYTES);
	free(b->sites);
}

/* Runs it in a child, since ids are never given back. */
static int in_child(int (*run)(void))
{
	int status;
	pid_t child = fork();

	if (!child)
		_exit(run());
	CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static struct rill_session *start(const char *filter, rill_subscriber *subscriber)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *session = NULL;

	options.filter = filter;
	options.out = RILL_OUT_SUBSCRIBER;
	options.subscriber = subscriber;
	if (rill_session_start(&options, &session) < 0)
		fprintf(stderr, "%s\n", rill_error());
	CU_ASSERT_PTR_NOT_NULL_FATAL(session);
	return session;
}

static void ignore(void *ctx, const struct rill_batch *batch)
{
	(void)ctx;
	(void)batch;
}

/* ---- identity ------------------------------------------------------------------------------------- */

static void the_same_content_has_the_same_id(void)
{
	struct block one = make_block(3, "site.same", "same"), two = make_block(3, "site.same", "same");
	uint32_t before = rill_site_count();

	add(&one);
	CU_ASSERT_EQUAL(rill_site_count(), before + 3);
	add(&two);
	CU_ASSERT_EQUAL(rill_site_count(), before + 3);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT(one.hot[i].id >= RILL_ID_SITES);
		CU_ASSERT_EQUAL(one.hot[i].id, two.hot[i].id);
	}
	CU_ASSERT_NOT_EQUAL(one.hot[0].id, one.hot[1].id);
	add(&one);	/* idempotent: each file of an object calls it */
	CU_ASSERT_EQUAL(rill_site_count(), before + 3);
	drop(&one);
	drop(&two);
}

static void a_difference_in_anything_makes_another_site(void)
{
	static char other_args[] = "\x03" "key\0\0";
	struct block b = make_block(6, "site.differ", "d");
	struct rill_site *s = b.sites;
	char *texts = b.texts;

	/* All six have the first one's name; each but the first differs in one thing. */
	for (int i = 1; i < 6; i++)
		s[i].name = distance(&s[i].name, texts);
	s[1].line++;
	s[2].phase = 'C';
	s[3].flags = RILL_FLAG_SCOPE_PROCESS;
	s[4].category = distance(&s[4].category, texts + NAME_BYTES);
	memcpy(texts + 2 * NAME_BYTES, other_args, sizeof other_args);
	s[5].args = distance(&s[5].args, texts + 2 * NAME_BYTES);
	s[5].nargs = 1;
	add(&b);
	for (int i = 0; i < 6; i++)
		for (int j = 0; j < i; j++)
			CU_ASSERT_NOT_EQUAL(b.hot[i].id, b.hot[j].id);
	drop(&b);
}

static void the_twin_of_a_cold_path_has_the_sites_id_and_byte(void)
{
	struct block twins = make_block(2, "site.twin", "t");
	struct rill_session *session;

	twins.sites[1].name = distance(&twins.sites[1].name, twins.texts);
	add(&twins);
	CU_ASSERT_EQUAL(twins.hot[0].id, twins.hot[1].id);
	session = start("site.twin", ignore);
	CU_ASSERT_NOT_EQUAL(twins.hot[0].enabled, 0);
	CU_ASSERT_EQUAL(twins.hot[0].enabled, twins.hot[1].enabled);
	rill_session_stop(session);
	CU_ASSERT_EQUAL(twins.hot[0].enabled | twins.hot[1].enabled, 0);
	drop(&twins);
}

static void texts_of_an_unloaded_object_stay_readable(void)
{
	struct block b = make_block(40, "site.unloaded", "gone");
	uint16_t id[40];

	add(&b);
	for (int i = 0; i < 40; i++)
		id[i] = b.hot[i].id;
	drop(&b);
	rcu_read_lock();
	for (int i = 0; i < 40; i++) {
		const struct rill_site_entry *e = rill_site_entry(id[i]);
		char name[NAME_BYTES];

		snprintf(name, sizeof name, "gone%d", i);
		CU_ASSERT_PTR_NOT_NULL_FATAL(e);
		CU_ASSERT_STRING_EQUAL(e->name, name);
		CU_ASSERT_STRING_EQUAL(e->category, "site.unloaded");
		CU_ASSERT_PTR_NULL(e->owner);
	}
	rcu_read_unlock();
}

static void ids_that_were_never_given_have_no_entry(void)
{
	CU_ASSERT_PTR_NULL(rill_site_entry(0));
	CU_ASSERT_PTR_NULL(rill_site_entry(RILL_ID_SITES - 1));
	CU_ASSERT_PTR_NULL(rill_site_entry((uint16_t)(RILL_ID_SITES + rill_site_count())));
	CU_ASSERT_EQUAL(rill_site_byte((uint16_t)(RILL_ID_SITES + rill_site_count())), 0);
}

static void an_empty_object_is_nothing(void)
{
	uint32_t before = rill_site_count();
	struct block b = make_block(1, "site.empty", "e");

	rill_sites_add(NULL, NULL);
	rill_sites_add(b.sites, b.sites);
	rill_sites_remove(NULL, NULL);
	rill_sites_remove(b.sites, b.sites + 1);	/* was never added */
	CU_ASSERT_EQUAL(rill_site_count(), before);
	free(b.sites);
}

/* ---- many ----------------------------------------------------------------------------------------- */

static int many(void)
{
	struct block b = make_block(60000, "site.many", "m");
	struct rill_session *session;
	char wanted[NAME_BYTES];
	int bad = 0;

	if (CONFIG_RILL_SITES_MAX < 60100)
		return 77;
	add(&b);
	session = start("site.many", ignore);
	for (uint32_t i = 0; i < b.count; i++) {
		const struct rill_site_entry *e = rill_site_entry(b.hot[i].id);

		snprintf(wanted, sizeof wanted, "m%u", i);
		bad |= !e || strcmp(e->name, wanted) || !b.hot[i].enabled;
	}
	rill_session_stop(session);
	for (uint32_t i = 0; i < b.count; i++)
		bad |= b.hot[i].enabled;
	drop(&b);
	return bad || rill_site_refused();
}

static void sixty_thousand_sites_work(void)
{
	int code = in_child(many);

	if (code == 77)
		test_skip("CONFIG_RILL_SITES_MAX is smaller");
	else
		CU_ASSERT_EQUAL(code, 0);
}

static int report[2];
static int too_many(void)
{
	uint32_t room = CONFIG_RILL_SITES_MAX - rill_site_count();
	struct block b = make_block(room + 5, "site.full", "f");
	struct rill_session *session;
	int bad;

	dup2(report[1], STDERR_FILENO);
	add(&b);
	session = start("site.full", ignore);
	/* The first ones have ids and are on; those behind stay off, whatever a session wants. */
	bad = rill_site_refused() != 5 || rill_site_count() != CONFIG_RILL_SITES_MAX;
	for (uint32_t i = 0; i < room + 5; i++)
		bad |= i < room ? !b.hot[i].id || !b.hot[i].enabled : b.hot[i].id || b.hot[i].enabled;
	RILL_INSTANT("site.full", "had_its_id_before");
	rill_session_stop(session);
	drop(&b);
	return bad;
}

static void more_sites_than_ids_are_reported_and_stay_off(void)
{
	char message[1024];
	ssize_t size;

	CU_ASSERT_EQUAL_FATAL(pipe(report), 0);
	CU_ASSERT_EQUAL(in_child(too_many), 0);
	close(report[1]);
	size = read(report[0], message, sizeof message - 1);
	close(report[0]);
	CU_ASSERT_FATAL(size > 0);
	message[size] = '\0';
	CU_ASSERT_PTR_NOT_NULL(strstr(message, "no id for 5 of"));
	CU_ASSERT_PTR_NOT_NULL(strstr(message, "CONFIG_RILL_SITES_MAX"));
}

/* ---- objects that come and go --------------------------------------------------------------------- */

static const char plugin_path[] = RILL_BUILD "/tests/site_plugin.so";

static struct {
	char text[4096];
	int count;
} got;

static void take(void *ctx, const struct rill_batch *batch)
{
	(void)ctx;
	for (size_t i = 0; i < batch->count; i++) {
		const struct rill_event *e = &batch->events[i];
		size_t used = strlen(got.text);

		if (strncmp(e->category, "site.", 5))
			continue;
		got.count++;
		if (got.count <= 16)
			snprintf(got.text + used, sizeof got.text - used, "%c %s ", e->phase, e->name);
	}
}

static void *load(int (**work)(int))
{
	void *object = dlopen(plugin_path, RTLD_NOW | RTLD_LOCAL);

	if (!object)
		fprintf(stderr, "%s\n", dlerror());
	CU_ASSERT_PTR_NOT_NULL_FATAL(object);
	*(void **)work = dlsym(object, "site_plugin_work");
	CU_ASSERT_PTR_NOT_NULL_FATAL(*work);
	return object;
}

static void fresh(void)
{
	memset(&got, 0, sizeof got);
}

/* The object, loaded and used once while a session runs. */
static void *load_traced(struct rill_session **session, int (**work)(int))
{
	void *object;

	*session = start("site.plugin", take);
	fresh();
	object = load(work);
	(*work)(1);
	return object;
}

static void stop_with_all(struct rill_session *session)
{
	rill_session_stop(session);
	CU_ASSERT_STRING_EQUAL(got.text, "B plugin_scope I plugin_instant E plugin_scope ");
}

/* While a site is given: what waits for readers of the table, the list and the texts, and unloads the object that the site is of. */
static void *given_object;
static struct rill_session *given_session;
static char given_name[32];

static void unload_it(void *ctx, const struct rill_site_info *site)
{
	int *bad = ctx;

	*bad |= rill_session_enable(given_session, "site.more") != 0 || rill_session_disable(given_session, "site.more") != 0;
	if (strcmp(site->category, "site.plugin") || !given_object)
		return;
	*bad |= dlclose(given_object) != 0 || dlopen(plugin_path, RTLD_NOW | RTLD_NOLOAD) != NULL;
	given_object = NULL;
	snprintf(given_name, sizeof given_name, "%s", site->name);
}

static int call_back(void)
{
	int (*work)(int), bad = 0;

	alarm(60);	/* a wait for itself would have no end */
	given_object = load_traced(&given_session, &work);
	bad |= rill_call_sites(unload_it, &bad) != (int)rill_site_count();
	rill_session_stop(given_session);
	return bad || strncmp(given_name, "plugin_", 7);
}

/* In a child where the object was never unloaded before: its texts lie in its own memory. */
static void who_is_told_the_sites_may_change_sessions_and_unload_objects(void)
{
	CU_ASSERT_EQUAL(in_child(call_back), 0);
}

static void an_object_loaded_while_a_session_runs_is_traced_from_its_first_event(void)
{
	struct rill_session *session;
	int (*work)(int);
	void *object = load_traced(&session, &work);

	stop_with_all(session);
	fresh();
	work(2);
	CU_ASSERT_EQUAL(got.count, 0);
	dlclose(object);
}

static void events_of_an_unloaded_object_keep_their_names(void)
{
	struct rill_session *session;
	int (*work)(int);

	dlclose(load_traced(&session, &work));	/* before the consumer has looked, or after: both must do */
	CU_ASSERT_PTR_NULL(dlopen(plugin_path, RTLD_NOW | RTLD_NOLOAD));
	stop_with_all(session);
}

static int listed;
static void count_plugin(void *ctx, const struct rill_site_info *site)
{
	(void)ctx;
	listed += !strcmp(site->category, "site.plugin");
}

static void fifty_loads_give_the_same_ids_and_leave_nothing(void)
{
	struct rill_session *session;
	uint32_t sites = 0;
	size_t used = 0;
	int (*work)(int);

	session = start("site.plugin", take);
	fresh();
	for (int i = 0; i < 50; i++) {
		void *object = load(&work);

		work(i);
		dlclose(object);
		CU_ASSERT_PTR_NULL(dlopen(plugin_path, RTLD_NOW | RTLD_NOLOAD));
		if (i == 9) {
			sites = rill_site_count();
			rill_session_flush(session, 60000);
			used = mallinfo2().uordblks;
		}
	}
	rill_session_flush(session, 60000);
	CU_ASSERT_EQUAL(rill_site_count(), sites);
	CU_ASSERT(mallinfo2().uordblks < used + 4096);
	CU_ASSERT_EQUAL(got.count, 150);
	rill_session_stop(session);
	listed = 0;
	rill_call_sites(count_plugin, NULL);
	CU_ASSERT_EQUAL(listed, 2);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		T(the_same_content_has_the_same_id),
		T(a_difference_in_anything_makes_another_site),
		T(the_twin_of_a_cold_path_has_the_sites_id_and_byte),
		T(texts_of_an_unloaded_object_stay_readable),
		T(ids_that_were_never_given_have_no_entry),
		T(an_empty_object_is_nothing),
		T(sixty_thousand_sites_work),
		T(more_sites_than_ids_are_reported_and_stay_off),
		T(who_is_told_the_sites_may_change_sessions_and_unload_objects),
		T(an_object_loaded_while_a_session_runs_is_traced_from_its_first_event),
		T(events_of_an_unloaded_object_keep_their_names),
		T(fifty_loads_give_the_same_ids_and_leave_nothing),
	};
	return TEST_MAIN("site", cases, argc, argv);
}
