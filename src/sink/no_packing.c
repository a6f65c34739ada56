/* SPDX-License-Identifier: MIT
 * no_packing.c - stands in where the configuration leaves compression out.
 */
#include "sink/packing.h"

#include "port/port.h"

#include <errno.h>

int rill_packing_open(enum rill_compress how, struct rill_packing **packing)
{
	*packing = NULL;
	if (how == RILL_COMPRESS_NONE)
		return 0;
	return rill_fail(ENOTSUP, "this librill compresses nothing: it was built without CONFIG_RILL_LZ4 and CONFIG_RILL_ZSTD");
}

size_t rill_packing_pack(struct rill_packing *packing, const uint8_t *packet, size_t size,
			 uint8_t *to, size_t room)
{
	(void)packing;
	(void)packet;
	(void)size;
	(void)to;
	(void)room;
	return 0;
}

void rill_packing_close(struct rill_packing *packing)
{
	(void)packing;
}
