/* SPDX-License-Identifier: MIT
 * sink_open.h - opening a trace file without harming what is already there.
 */
#ifndef RILL_LINUX_SINK_OPEN_H
#define RILL_LINUX_SINK_OPEN_H

#include <stdbool.h>
#include <stdint.h>

/* Opens path for writing, empty, never blocking. *regular: a file on a disk, else a FIFO or a
 * character device. Returns the descriptor (close-on-exec), or -errno with the sentence in
 * rill_error().
 *
 * Refused, since writing there would hit somebody else: symbolic links, files with further hard
 * links, files and FIFOs of another user, files that another session writes now, block devices,
 * folders; and a FIFO that nobody reads, since opening it would wait. */
int rill_open_trace(const char *path, uint32_t mode, bool *regular);

#endif
