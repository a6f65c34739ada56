/* SPDX-License-Identifier: MIT
 * wake.c - the consumer's event count.
 */
#include "ring/wake.h"

#include "config.h"
#include "port/ck.h"
#include "port/port.h"

#include <ck_ec.h>
#include <stdatomic.h>

static struct ck_ec32 count;
static _Atomic bool poll_only;
static _Atomic uint32_t on_its_way;	/* no bool: an exchange of a byte is a call of libatomic on RISC-V */
static uint64_t wait_until_ns;	/* the consumer's */

static int now(const struct ck_ec_ops *ops, struct timespec *out)
{
	uint64_t ns = rill_port_monotonic_ns();

	(void)ops;
	out->tv_sec = (time_t)(ns / 1000000000);
	out->tv_nsec = (long)(ns % 1000000000);
	return 0;
}

static void wait32(const struct ck_ec_wait_state *state, const uint32_t *address, uint32_t expected,
		   const struct timespec *deadline)
{
	/* The deadline given here is a step of ck_ec's own ladder, 2, 16, 128 ms and so on, and looks at no other: with it a period of
	 * 20 ms lasts 146. */
	(void)state;
	(void)deadline;
	rill_port_futex_wait(address, expected, wait_until_ns);
}

static void wake32(const struct ck_ec_ops *ops, const uint32_t *address)
{
	(void)ops;
	rill_port_futex_wake(address);
}

static const struct ck_ec_ops ops = { .gettime = now, .wait32 = wait32, .wake32 = wake32 };
static const struct ck_ec_mode mode = { .ops = &ops, .single_producer = false };

void rill_wake_set_poll(bool poll)
{
	atomic_store_explicit(&poll_only, poll, memory_order_relaxed);
}

bool rill_wake_by_producers(void)
{
	return RILL_ON(CONFIG_RILL_WAKE) && !atomic_load_explicit(&poll_only, memory_order_relaxed);
}

void rill_wake(enum rill_wake_reason reason)
{
	if (reason != RILL_WAKE_COMMAND && !rill_wake_by_producers())
		return;
	/* Whoever finds the flag clear wakes; the consumer clears it before it looks at the rings. Steps FLAG and INC of
	 * tests/model/wake.pml. */
	if (reason != RILL_WAKE_COMMAND && atomic_exchange_explicit(&on_its_way, 1, memory_order_acq_rel))
		return;
	ck_ec32_inc(&count, &mode);
}

uint32_t rill_wake_value(void)
{
	uint32_t value = ck_ec32_value(&count);

	/* Pairs with the exchange in rill_wake(): what was written before it is seen by the pass that follows. The value comes first, so
	 * that a wake-up for what the pass does not see ends the sleep. Steps VALUE and CLEAR of tests/model/wake.pml. */
	atomic_exchange_explicit(&on_its_way, 0, memory_order_acq_rel);
	return value;
}

void rill_wake_wait(uint32_t seen, uint64_t timeout_ns)
{
	const uint64_t now_ns = rill_port_monotonic_ns();
	const uint64_t until = timeout_ns < UINT64_MAX - now_ns ? now_ns + timeout_ns : UINT64_MAX;
	struct timespec deadline = { (time_t)(until / 1000000000), (long)(until % 1000000000) };

	wait_until_ns = until;
	ck_ec32_wait(&count, &mode, seen, &deadline);
}
