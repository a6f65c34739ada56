/* SPDX-License-Identifier: MIT
 * crc32c.h - the checksum of packets: CRC-32C (Castagnoli), as in iSCSI, ext4 and SCTP.
 *
 * A sum is built piece by piece:
 *
 *     crc = rill_crc32c(RILL_CRC32C_BEGIN, head, head_bytes);
 *     crc = ~rill_crc32c(crc, body, body_bytes);
 */
#ifndef RILL_FORMAT_CRC32C_H
#define RILL_FORMAT_CRC32C_H

#include "port/arch/crc32c.h"

#define RILL_CRC32C_BEGIN UINT32_MAX

/* The state after so many more bytes: crc32c.c with tables, crc32c_small.c with hardly any. */
uint32_t rill_crc32c_soft(uint32_t state, const uint8_t *bytes, size_t size);

static inline uint32_t rill_crc32c(uint32_t state, const uint8_t *bytes, size_t size)
{
	return rill_arch_has_crc32c() ? rill_arch_crc32c(state, bytes, size) : rill_crc32c_soft(state, bytes, size);
}

/* The state after so many zero bytes, in time that depends on the number of bits of size only.
 * The sum is linear: from the states (begun with 0) at two places of a text follows the sum of what lies
 * between them. size: at most 2^18 - 1. */
uint32_t rill_crc32c_zeros(uint32_t state, size_t size);

#endif
