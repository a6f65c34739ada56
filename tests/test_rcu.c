/* SPDX-License-Identifier: MIT
 * test_rcu.c - what is published is freed behind those who may still read it, and nobody is left with what was true before.
 *
 * The readers here stand still inside their read sections, so that each case has one outcome only.
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include "emit/category.h"
#include "emit/site.h"
#include "port/rcu.h"
#include "route/route.h"

#include <pthread.h>
#include <stdatomic.h>

enum { PATIENCE_MS = 30 };

/* ---- a reader that stands still ------------------------------------------------------------------- */

static _Atomic bool reading, may_leave;

static void *read_on(void *unused)
{
	(void)unused;
	rcu_read_lock();
	atomic_store(&reading, true);
	while (!atomic_load(&may_leave))
		sleep_ms(1);
	rcu_read_unlock();
	return NULL;
}

static _Atomic bool done;

static void *run(void *what)
{
	(*(void (**)(void))what)();
	atomic_store(&done, true);
	return NULL;
}

/* Calls what() while somebody reads: it may not come back before the reader has left. */
static bool waits_for_readers(void (*what)(void))
{
	pthread_t reader, caller;
	bool came_back;

	atomic_store(&reading, false);
	atomic_store(&may_leave, false);
	atomic_store(&done, false);
	NEED(pthread_create(&reader, NULL, read_on, NULL) == 0);
	while (!atomic_load(&reading))
		sleep_ms(1);
	NEED(pthread_create(&caller, NULL, run, &what) == 0);
	sleep_ms(PATIENCE_MS);
	came_back = atomic_load(&done);
	atomic_store(&may_leave, true);
	pthread_join(reader, NULL);
	pthread_join(caller, NULL);
	NEED(!came_back);
	NEED(atomic_load(&done));
	return true;
}

/* ---- the table of who wants what ------------------------------------------------------------------ */

static _Atomic unsigned released;

static uint8_t nothing(const struct rill_table *table, const char *group, const char *name)
{
	(void)table;
	(void)group;
	(void)name;
	return 0;
}

static void count_release(struct rill_table *table)
{
	(void)table;
	atomic_fetch_add(&released, 1);
}

static struct rill_table first = { nothing, count_release }, second = { nothing, count_release };

static void publish_second(void)
{
	rill_table_publish(&second);
}

static bool table(void)
{
	rill_table_publish(&first);
	NEED_EQUAL(atomic_load(&released), 0);
	NEED(waits_for_readers(publish_second));
	NEED_EQUAL(atomic_load(&released), 1);
	return true;
}

static void a_table_is_freed_when_its_readers_have_left(void)
{
	ISOLATED(table);
}

/* ---- a category that comes while the table changes ------------------------------------------------- */

static _Atomic bool rewritten;

static uint8_t yes(const struct rill_table *table, const char *group, const char *name)
{
	(void)table;
	(void)name;
	if (strcmp(group, "known") == 0)
		atomic_store(&rewritten, true);
	return 1;
}

static struct rill_table newer = { yes, count_release };

static void *publish_newer(void *unused)
{
	(void)unused;
	rill_table_publish(&newer);
	return NULL;
}

static pthread_t publisher;

/* The answer of the old table is on its way to the byte when the new one is published and all known bytes are rewritten. */
static uint8_t no_but_slowly(const struct rill_table *table, const char *group, const char *name)
{
	(void)table;
	(void)name;
	if (strcmp(group, "new") != 0)
		return 0;
	if (pthread_create(&publisher, NULL, publish_newer, NULL) != 0)
		abort();
	while (!atomic_load(&rewritten))
		sleep_ms(1);
	sleep_ms(PATIENCE_MS);	/* "new" is rewritten too by then */
	return 0;
}

static struct rill_table older = { no_but_slowly, count_release };

static bool newcomer(void)
{
	const uint8_t *known = rill_category("known"), *new;

	rill_table_publish(&older);
	NEED_EQUAL(*known, 0);
	new = rill_category("new");
	pthread_join(publisher, NULL);
	NEED_EQUAL(*known, 1);
	NEED_EQUAL(*new, 1);
	return true;
}

static void a_category_that_comes_while_the_table_changes_has_the_byte_of_the_new_table(void)
{
	ISOLATED(newcomer);
}

/* ---- filters, lists of sessions, texts of objects -------------------------------------------------- */

static struct watch w;

static void change_filter(void)
{
	rill_session_enable(w.session, "other");
}

static bool filter(void)
{
	struct rill_stats stats;

	NEED(watch_start(&w, "one"));
	NEED(waits_for_readers(change_filter));
	return watch_stop(&w, &stats);
}

static void a_filter_is_freed_when_its_readers_have_left(void)
{
	ISOLATED(filter);
}

static void publish_list(void)
{
	rill_route_publish(calloc(1, sizeof(struct rill_route_list)));
}

static bool list(void)
{
	rill_route_publish(calloc(1, sizeof(struct rill_route_list)));
	return waits_for_readers(publish_list);
}

static void a_list_of_sessions_is_freed_when_its_readers_have_left(void)
{
	ISOLATED(list);
}

extern const struct rill_site __start_rill_sites[] __attribute__((weak, visibility("hidden")));
extern const struct rill_site __stop_rill_sites[] __attribute__((weak, visibility("hidden")));

static void remove_sites(void)
{
	rill_sites_remove(__start_rill_sites, __stop_rill_sites);
}

static bool sites(void)
{
	RILL_INSTANT("rcu", "there is a site");
	NEED(rill_site_count() > 0);
	return waits_for_readers(remove_sites);
}

static void an_object_goes_when_the_readers_of_its_texts_have_left(void)
{
	ISOLATED(sites);
}

static const struct test_case cases[] = {
	T(a_table_is_freed_when_its_readers_have_left),
	T(a_category_that_comes_while_the_table_changes_has_the_byte_of_the_new_table),
	T(a_filter_is_freed_when_its_readers_have_left),
	T(a_list_of_sessions_is_freed_when_its_readers_have_left),
	T(an_object_goes_when_the_readers_of_its_texts_have_left),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("rcu", cases, argc, argv);
}
