/* SPDX-License-Identifier: MIT
 * no_tail.c - payloads of words alone, in place of tail.c where neither texts nor bytes are arguments (CONFIG_RILL_ARG_TEXTS,
 * CONFIG_RILL_ARG_BLOBS). Events that are named at run time need texts, so nobody asks for parts here.
 */
#include "emit/record.h"

size_t rill_args_size(unsigned count, const struct rill_arg *args, size_t fixed, uint32_t *share)
{
	(void)args;
	*share = UINT32_MAX;
	return fixed + 8 * (size_t)count;
}

uint64_t *rill_put_arg(uint64_t *to, const struct rill_arg *arg, uint32_t share)
{
	(void)share;
	*to = arg->word;
	return to + 1;
}
