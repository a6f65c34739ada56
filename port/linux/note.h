/* SPDX-License-Identifier: MIT
 * note.h - finding one ELF note in a loaded object.
 */
#ifndef RILL_LINUX_NOTE_H
#define RILL_LINUX_NOTE_H

#include <link.h>
#include <stddef.h>
#include <stdint.h>

/* The descriptor of the object's first note of this owner ("GNU") and type; *size: its bytes. NULL: it has none,
 * or its notes are damaged in front of it. */
const uint8_t *rill_linux_note(const struct dl_phdr_info *object, const char *owner, uint32_t type, size_t *size);

#endif
