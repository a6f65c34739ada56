/* SPDX-License-Identifier: MIT
 * register.c - what the constructor of every instrumented object calls.
 *
 * It stands here, not beside the registry, because the first object to come also starts the session that the
 * environment asks for: a program then needs no code of its own, also when librill is linked statically.
 */
#include "config.h"
#include "control/early.h"
#include "control/session_private.h"
#include "control/start.h"
#include "emit/site.h"
#include "port/port.h"

#include <unistd.h>

/* Two copies of a static librill in one process would write two traces, each with half of the truth. */
static bool only_copy(void)
{
	const char *other;

	if (rill_port_claim_process(&other))
		return true;
	rill_warn("a second copy of librill is in this process and stays off, the first is in %s: link librill.so instead of "
		  "librill.a into shared objects",
		  other);
	return false;
}

void rill_register(const struct rill_site *from, const struct rill_site *to)
{
	if (!only_copy())
		return;
	rill_control_find_fork();
	if (RILL_ON(CONFIG_RILL_EARLY))
		rill_early_start(from, to);
	rill_sites_add(from, to);
	if (RILL_ON(CONFIG_RILL_ENV))
		rill_start_by_environment();
}

void rill_unregister(const struct rill_site *from, const struct rill_site *to)
{
	/* A child made by the bare system call, most often at its end: a lock may be held, and a grace period waited for, by threads that
	 * only its parent has. What it would free goes with it. */
	if (rill_control.ready && rill_control.pid != (uint32_t)getpid())
		return;
	/* The consumer may stand in the middle of a pass: the grace period would not end. */
	if (rill_control.given_up)
		return;
	rill_sites_remove(from, to);
}
