/* SPDX-License-Identifier: MIT
 * core.c - fuzz target: core files. The input is what is changed in a good one that is made here: the first byte says of which word
 * size and order of bytes, and how it is cut; then four bytes each, where and what: in the image of the rings, whose head is
 * sealed again, or behind that in the headers and notes of the core file.
 */
#define _GNU_SOURCE /* memfd_create */
#include "tests/core_help.h"
#include "tests/fuzz/fuzz.h"
#include "tool/core.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void put_file(const struct made_core *c, char path[40])
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("core", MFD_CLOEXEC);
	MUST(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, c->bytes, c->size, 0) == (ssize_t)c->size);
	snprintf(path, 40, "/proc/self/fd/%d", fd);
}

static void read_core(const struct made_core *c)
{
	static const struct rill_packet_reader_ops nothing = { .event = NULL };
	struct rill_core_image core;
	struct rill_image image;
	const char *why;
	char path[40];

	put_file(c, path);
	if (!rill_core_read(path, &core)) {
		MUST(!core.bytes);
		return;
	}
	MUST(core.missing <= core.size && !core.bytes[core.size]);
	if (core.size <= CORE_BYTES_MAX) {
		if (rill_image_open(&image, core.bytes, core.size, &why))
			rill_image_read(&image, &nothing, NULL);
		rill_image_close(&image);
	}
	free(core.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct made_core c;
	struct made m;

	if (!size)
		return 0;
	made_image(&m, data[0] & 2, data[0] & 1 ? 8 : 4, 30);
	for (size_t at = 1; at + 4 <= size; at += 4) {
		const size_t where = (size_t)(data[at] | data[at + 1] << 8) % (MADE_BYTES + CORE_DATA_AT);

		if (where < MADE_BYTES)
			m.bytes[where] = data[at + 2];
	}
	if (!(data[0] & 4))
		made_put(&m, m.bytes + offsetof(struct rill_image_head, crc), (uint32_t)~rill_crc32c(RILL_CRC32C_BEGIN,
			 m.bytes + offsetof(struct rill_image_head, order), offsetof(struct rill_image_head, crc) -
			 offsetof(struct rill_image_head, order)), 4);
	for (unsigned kind = 0; !(data[0] & 4) && kind < RILL_IMAGE_PARTS; kind++)
		made_sum_part(&m, kind);
	core_begin(&c, data[0] & 1, data[0] & 2);
	core_pid(&c, 4711);
	core_files(&c, "/usr/bin/program", "/dev/shm/program.4711.ring");
	core_memory(&c, 0x20000 + 700, m.bytes + 700, MADE_BYTES - 700);
	core_memory(&c, 0x20000, m.bytes, 700);
	core_memory(&c, 0x40000, m.bytes, MADE_BYTES);
	for (size_t at = 1; at + 4 <= size; at += 4) {
		const size_t where = (size_t)(data[at] | data[at + 1] << 8) % (MADE_BYTES + CORE_DATA_AT);

		if (where >= MADE_BYTES) {
			c.bytes[where - MADE_BYTES] = data[at + 2];
			c.bytes[where - MADE_BYTES + 1] ^= data[at + 3];
		}
	}
	c.size -= (data[0] >> 4) * (c.size / 16);
	read_core(&c);
	return 0;
}
