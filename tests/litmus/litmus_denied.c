/* SPDX-License-Identifier: MIT
 * litmus_denied.c - where a filter refuses the barrier, the route goes into lag mode, says so, and keeps the order.
 */
#define _GNU_SOURCE
#include "cold_help.h"
#include "tests/refuse_help.h"
#include "tests/tool_help.h"

#include <rill/clock.h>

static const char *head_of_a_trace(char *json, size_t room)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;
	FILE *f = tmpfile();
	size_t size;

	o.filter = "-*";
	o.out = RILL_OUT_FD;
	o.fd = f ? fileno(f) : -1;
	if (!f || rill_session_start(&o, &s) != 0 || rill_session_stop(s) != 0)
		return NULL;
	rewind(f);
	size = fread(json, 1, room - 1, f);
	json[size] = '\0';
	fclose(f);
	return json;
}

static bool doctor_says(const char *text)
{
	static const char *const no_args[] = { NULL };
	struct tool_result r = tool_run(&rill_verb_doctor, no_args, "", 0);
	bool says = strstr(r.out, text) != NULL;

	tool_done(&r);
	return says;
}

static bool order_without(int error, const char *what)
{
	struct cold_run r = { .what = what, .run_ms = litmus_long() ? 30000 : 1500 };
	char json[16384];

	if (!refuse_call(SYS_membarrier, error))
		_exit(NOT_HERE);
	NEED(doctor_says("lag mode"));
	NEED(doctor_says(strerror(error)));
	NEED(cold_run(&r));
	NEED(rill_route_lag_mode());
	NEED_EQUAL(r.books.late, 0);
	NEED(head_of_a_trace(json, sizeof json) != NULL);
	NEED(strstr(json, "\"order\":\"lag\"") != NULL);
	return true;
}

static bool order_with_ENOSYS(void)
{
	return order_without(ENOSYS, "denied-ENOSYS");
}

static bool order_with_EPERM(void)
{
	return order_without(EPERM, "denied-EPERM");
}

static void check(bool (*body)(void))
{
	int status = isolated_status(body);

	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_HERE)
		test_skip("no seccomp filters here");
	else
		CU_ASSERT_EQUAL(status, 0);
}

static void V_24_a_kernel_without_membarrier_means_lag_mode_reported_and_in_order(void)
{
	check(order_with_ENOSYS);
}

static void V_24_a_filter_that_forbids_membarrier_means_lag_mode_reported_and_in_order(void)
{
	check(order_with_EPERM);
}

static const struct test_case cases[] = {
	T(V_24_a_kernel_without_membarrier_means_lag_mode_reported_and_in_order),
	T(V_24_a_filter_that_forbids_membarrier_means_lag_mode_reported_and_in_order),
};

int main(int argc, char **argv)
{
	return LITMUS_MAIN("litmus, membarrier denied", cases, argc, argv);
}
