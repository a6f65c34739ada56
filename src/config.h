/* SPDX-License-Identifier: MIT
 * config.h - the configuration as C sees it: Kconfig's symbols, and what must hold between them.
 *
 * Numbers are used as they are, CONFIG_RILL_PERIOD_MS. An option that chooses files does so in a
 * build.mk. An option that is asked for in the middle of a function stands in a plain `if` with RILL_ON(), so
 * that both ways are always compiled: `#ifdef CONFIG_` stands in port/ only.
 *
 * generated/autoconf.h is made from .config by src/config.awk, which has checked each number against
 * its range.
 */
#ifndef RILL_CONFIG_H
#define RILL_CONFIG_H

#include <generated/autoconf.h>
#include <stdbool.h>

#define RILL_VERSION "0.1.0"

/* RILL_ON(CONFIG_X): true when the option is y, else false. A symbol that is 1 joins to RILL_ON_COMMA_1, whose
 * comma moves `true` to the second place; one that is not defined joins to a name that means nothing. */
#define RILL_ON(symbol) RILL_ON_EXPANDED(symbol)
#define RILL_ON_EXPANDED(value) RILL_ON_JOINED(RILL_ON_COMMA_##value true, false)
#define RILL_ON_JOINED(...) RILL_ON_SECOND(__VA_ARGS__, 0)
#define RILL_ON_SECOND(first, second, ...) second
#define RILL_ON_COMMA_1 0,

/* Whether an argument may have bytes behind its word. */
#define RILL_TAILS (RILL_ON(CONFIG_RILL_ARG_TEXTS) || RILL_ON(CONFIG_RILL_ARG_BLOBS))

#define RILL_IS_POWER_OF_TWO(number) (((number) & ((number) - 1)) == 0)

_Static_assert(RILL_IS_POWER_OF_TWO(CONFIG_RILL_BUFFER_BYTES),
	       "CONFIG_RILL_BUFFER_BYTES: a power of two is wanted, since positions wrap by a mask");
_Static_assert(RILL_IS_POWER_OF_TWO(CONFIG_RILL_BLOCK_BYTES),
	       "CONFIG_RILL_BLOCK_BYTES: a power of two is wanted, since a block is found by a mask");
_Static_assert(RILL_IS_POWER_OF_TWO(CONFIG_RILL_NESTED_BYTES),
	       "CONFIG_RILL_NESTED_BYTES: a power of two is wanted, since positions wrap by a mask");
_Static_assert(CONFIG_RILL_THREADS_MAX <= CONFIG_RILL_THREADS_LIMIT,
	       "CONFIG_RILL_THREADS_MAX: more than CONFIG_RILL_THREADS_LIMIT");
_Static_assert(RILL_ON(CONFIG_RILL_SINK_PLAIN) || CONFIG_RILL_QUEUE_BYTES >= 4096,
	       "CONFIG_RILL_QUEUE_BYTES: at least 4096, but with CONFIG_RILL_SINK_PLAIN: no session could start");
_Static_assert(CONFIG_RILL_CATEGORY_TEXT_BYTES / CONFIG_RILL_CATEGORIES_MAX >= 2,
	       "CONFIG_RILL_CATEGORY_TEXT_BYTES: too small for even one letter in each category group");

#endif
