/* SPDX-License-Identifier: MIT
 * tail.c - payloads whose arguments may have texts and bytes behind their words. no_tail.c is for builds without.
 */
#include "emit/record.h"

#include <string.h>

enum { ROUNDS = 4 };

static bool has_tail(const struct rill_arg *a)
{
	return rill_has_tail(a->type);
}

static bool has_word(const struct rill_arg *a)
{
	return !has_tail(a) || a->type >= RILL_TYPE_ID;
}

/* What the parts take when tails longer than share are cut to it; *cut: how many are. */
static size_t size_cut(unsigned count, const struct rill_part *parts, uint32_t share, size_t *cut)
{
	size_t size = 0;

	*cut = 0;
	for (unsigned p = 0; p < count; p++)
		for (unsigned i = 0; i < parts[p].count; i++) {
			const struct rill_arg *a = &parts[p].args[i];

			size += has_word(a) ? 8 : 0;
			if (!has_tail(a))
				continue;
			size += 8 + RILL_TAIL_BYTES(a->size < share ? a->size : share);
			*cut += a->size > share;
		}
	return size;
}

size_t rill_parts_size(unsigned count, const struct rill_part *parts, size_t fixed, uint32_t *share)
{
	size_t room = rill_payload_max(), cut, size, more;

	*share = UINT32_MAX;
	size = fixed + size_cut(count, parts, *share, &cut);
	if (size <= room)
		return size;
	/* Those that are cut get equal shares of the room; what a shorter one leaves goes to the others, in a second round. */
	*share = 0;
	for (int round = 0; round < ROUNDS; round++) {
		size = fixed + size_cut(count, parts, *share, &cut);
		more = cut && size < room ? ((room - size) / cut) & ~(size_t)7 : 0;
		if (!more)
			break;
		*share += (uint32_t)more;
	}
	return fixed + size_cut(count, parts, *share, &cut);
}

size_t rill_args_size(unsigned count, const struct rill_arg *args, size_t fixed, uint32_t *share)
{
	return rill_parts_size(1, &(struct rill_part){ count, args }, fixed, share);
}

uint64_t *rill_put_tail(uint64_t *to, const void *tail, uint32_t size, uint32_t share)
{
	uint64_t word;
	uint8_t *bytes = (uint8_t *)(to + 1);

	if (!tail) {
		*to = RILL_TAIL_NULL;
		to[1] = 0;
		return to + 2;
	}
	word = size <= share ? size : share | RILL_TAIL_CUT;
	size = RILL_TAIL_SIZE(word);
	*to = word;
	to += RILL_TAIL_BYTES(size) / 8;
	*to = 0;	/* NUL and padding; the bytes come on top */
	memcpy(bytes, tail, size);
	return to + 1;
}

uint64_t *rill_put_arg(uint64_t *to, const struct rill_arg *arg, uint32_t share)
{
	if (has_word(arg))
		*to++ = arg->word;
	return has_tail(arg) ? rill_put_tail(to, arg->tail, arg->size, share) : to;
}
