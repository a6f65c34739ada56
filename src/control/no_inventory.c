/* SPDX-License-Identifier: MIT
 * no_inventory.c - stands in where the configuration leaves lists of categories, call sites and threads out.
 */
#include "port/port.h"

#include <errno.h>
#include <rill/session.h>

static int refuse(void)
{
	return rill_fail(ENOTSUP, "this librill makes no lists: it was built without CONFIG_RILL_INVENTORY");
}

int rill_session_thread_stats(struct rill_session *session, struct rill_thread_stats *out, size_t max)
{
	(void)session;
	(void)out;
	(void)max;
	return refuse();
}

int rill_categories(void (*take)(void *ctx, const char *group, uint8_t sessions), void *ctx)
{
	(void)take;
	(void)ctx;
	return refuse();
}

int rill_enabled_categories(struct rill_session *session, char *text, size_t size)
{
	(void)session;
	(void)text;
	(void)size;
	return refuse();
}

int rill_call_sites(void (*take)(void *ctx, const struct rill_site_info *site), void *ctx)
{
	(void)take;
	(void)ctx;
	return refuse();
}
