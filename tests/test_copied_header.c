/* SPDX-License-Identifier: MIT
 * test_copied_header.c - shared objects with their own copy of the header, in a process that has
 * rill.
 */
#include "tests/trace_event_live.h"

#include <dlfcn.h>
#include <errno.h>

static struct {
	void *handle;
	int (*connect)(const struct rill_trace_event_api *api);
	int (*work)(void (*inside)(void));
	bool (*is_on)(void);
	bool (*is_new)(void);
} copied;

static void *function(const char *name)
{
	return dlsym(copied.handle, name);
}

static void load(const char *name)
{
	char path[512];

	snprintf(path, sizeof path, "%s/tests/%s.so", RILL_BUILD, name);
	copied.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!copied.handle)
		fprintf(stderr, "%s\n", dlerror());
	CU_ASSERT_PTR_NOT_NULL_FATAL(copied.handle);
	*(void **)&copied.connect = function("copied_connect");
	*(void **)&copied.work = function("copied_work");
	*(void **)&copied.is_on = function("copied_is_on");
	*(void **)&copied.is_new = function("copied_is_new");
}

/* Unloads it and says whether it is really gone. */
static bool unload(const char *name)
{
	char path[512];

	snprintf(path, sizeof path, "%s/tests/%s.so", RILL_BUILD, name);
	dlclose(copied.handle);
	return !dlopen(path, RTLD_NOW | RTLD_NOLOAD);
}

static void note_group(void *ctx, const char *group, uint8_t sessions)
{
	(void)sessions;
	*(bool *)ctx |= !strcmp(group, "copied");
}

static void a_copy_that_nobody_connected_is_off_and_asks_nobody(void)
{
	bool known = false;

	load("copied_header");
	record_start("copied");
	CU_ASSERT_EQUAL(copied.work(NULL), 0);
	CU_ASSERT_FALSE(copied.is_on());
	CU_ASSERT_FALSE(copied.is_new());
	record_stop();
	CU_ASSERT_EQUAL(got.count, 0);
	rill_categories(note_group, &known);
	CU_ASSERT_FALSE(known);
	CU_ASSERT_TRUE(unload("copied_header"));
}

static void one_call_connects_a_copy_even_after_its_sites_were_passed(void)
{
	load("copied_header");
	CU_ASSERT_EQUAL(copied.work(NULL), 0);
	CU_ASSERT_EQUAL(copied.connect(rill_trace_event_api()), 0);
	CU_ASSERT_EQUAL(copied.work(NULL), 0);
	record_start("copied");
	CU_ASSERT_TRUE(copied.is_on());
	CU_ASSERT_TRUE(copied.is_new());
	CU_ASSERT_FALSE(copied.is_new());
	CU_ASSERT_EQUAL(copied.work(NULL), 4);
	record_stop();
	CU_ASSERT_EQUAL(got.count, 6);
	CU_ASSERT_TRUE(json_line_with("\"scope\"", "\"ph\":\"B\"", "{\"n\":1}", NULL));
	CU_ASSERT_TRUE(json_line_with("\"json\"", "{\"v\":{\"a\":1}}", NULL));
	CU_ASSERT_EQUAL(copied.work(NULL), 0);
	CU_ASSERT_TRUE(unload("copied_header"));
}

static void disconnect(void)
{
	CU_ASSERT_EQUAL(copied.connect(NULL), 0);
}

static void a_copy_can_be_disconnected_inside_a_scope_and_connected_again(void)
{
	load("copied_header");
	copied.connect(rill_trace_event_api());
	record_start("copied");
	CU_ASSERT_EQUAL(copied.work(disconnect), 2);
	CU_ASSERT_FALSE(copied.is_on());
	CU_ASSERT_EQUAL(copied.work(NULL), 0);
	CU_ASSERT_EQUAL(copied.connect(rill_trace_event_api()), 0);
	CU_ASSERT_EQUAL(copied.work(NULL), 4);
	record_stop();
	/* Scope and context begin, and have no end; then the six of a whole pass. */
	CU_ASSERT_EQUAL(got.count, 8);
	CU_ASSERT_TRUE(unload("copied_header"));
}

static void a_copy_refuses_tables_it_does_not_understand(void)
{
	struct rill_trace_event_api table = *rill_trace_event_api();

	load("copied_header");
	table.version++;
	CU_ASSERT_EQUAL(copied.connect(&table), -EINVAL);
	table.version--;
	table.size--;
	CU_ASSERT_EQUAL(copied.connect(&table), -EINVAL);
	table.size += 100;	/* a newer librill */
	CU_ASSERT_EQUAL(copied.connect(&table), 0);
	CU_ASSERT_EQUAL(copied.connect(rill_trace_event_api()), -EBUSY);
	CU_ASSERT_EQUAL(copied.connect(NULL), 0);
	CU_ASSERT_EQUAL(copied.connect(&table), 0);
	CU_ASSERT_TRUE(unload("copied_header"));
}

static void copies_come_and_go_while_a_session_runs(void)
{
	static const char *const names[] = { "copied_header", "copied_header_cxx" };

	record_start("copied");
	for (int i = 0; i < 6; i++) {
		load(names[i % 2]);
		copied.connect(rill_trace_event_api());
		copied.work(NULL);
		CU_ASSERT_TRUE(unload(names[i % 2]));
	}
	record_stop();
	CU_ASSERT_EQUAL(got.count, 3 * 6 + 3 * 5);
	CU_ASSERT_TRUE(json_line_with("\"inline\"", "{\"text\":\"s1\"}", NULL));
	CU_ASSERT_TRUE(json_line_with("\"lambda\"", "{\"v\":2}", NULL));
	CU_ASSERT_TRUE(json_line_with("\"lambda\"", "{\"v\":2.5}", NULL));
	CU_ASSERT_TRUE(json_line_with("\"object\"", "{\"v\":[1,2]}", NULL));
}

static const struct test_case cases[] = {
	T(a_copy_that_nobody_connected_is_off_and_asks_nobody),
	T(one_call_connects_a_copy_even_after_its_sites_were_passed),
	T(a_copy_can_be_disconnected_inside_a_scope_and_connected_again),
	T(a_copy_refuses_tables_it_does_not_understand),
	T(copies_come_and_go_while_a_session_runs),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("copied header", cases, argc, argv);
}
