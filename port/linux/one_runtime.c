/* SPDX-License-Identifier: MIT
 * one_runtime.c - finding other copies of librill in this process.
 *
 * Each copy (linked statically into a program or a shared object, or the shared library) carries an ELF note that
 * leads to a marker. Whoever comes first marks himself; the others find him by walking the notes of all
 * loaded objects. Nothing is exported for it, so it also works between hidden copies.
 */
#define _GNU_SOURCE
#include "port/linux/note.h"
#include "port/port.h"

#include <stdatomic.h>
#include <string.h>

struct marker {
	_Atomic uint32_t active;
};
static struct marker mine __attribute__((used));

/* name "rill", type 1, descriptor: distance from the descriptor to the marker. */
__asm__(".pushsection .note.rill,\"a\",%note\n"
	".balign 4\n"
	".4byte 5, 4, 1\n"
	".asciz \"rill\"\n"
	".balign 4\n"
	"1: .4byte rill_runtime_marker - 1b\n"
	".popsection\n");
extern struct marker rill_runtime_marker __attribute__((alias("mine"), visibility("hidden")));

struct search {
	const char *where;	/* the object with another copy that is active */
};

static const struct marker *marker_of(const struct dl_phdr_info *object)
{
	size_t size;
	const uint8_t *descriptor = rill_linux_note(object, "rill", 1, &size);
	int32_t distance;

	if (!descriptor || size != sizeof distance)
		return NULL;
	memcpy(&distance, descriptor, sizeof distance);
	return (const struct marker *)(const void *)(descriptor + distance);
}

static int look(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct search *s = ctx;
	const struct marker *m = marker_of(info);

	(void)size;
	if (!m || m == &mine || !atomic_load(&m->active))
		return 0;
	s->where = info->dlpi_name[0] ? info->dlpi_name : "the program";
	return 1;
}

bool rill_port_claim_process(const char **other)
{
	struct search s = { NULL };

	if (atomic_load(&mine.active))
		return true;
	if (RILL_ON(CONFIG_RILL_COPIES))
		dl_iterate_phdr(look, &s);
	*other = s.where;
	if (!s.where)
		atomic_store(&mine.active, 1);
	return !s.where;
}
