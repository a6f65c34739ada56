/* SPDX-License-Identifier: MIT
 * sink_pages.h - JSON lines into a seekable file that is complete JSON after every write.
 *
 * The file ends in a tail, "]\n" say; new lines are written over it and carry it along. What
 * must not happen is that kill -9 or a full disk leaves the file without its tail. Facts this
 * rests on: Linux copies a write into the page cache page by page, and looks for a deadly signal
 * only between two pages; so a write inside one page is there whole or not at all. Hence:
 *
 *   1. No line crosses a page boundary; in front of one stand blanks (legal between events), and
 *      each write appends to one page: lines and tail, beginning where the tail was.
 *   2. Bytes that the file does not have yet are written as blanks first, behind the tail, where
 *      any number of blanks is legal. A full disk, a quota or a size limit shows here, and
 *      nothing has to be undone.
 *   3. The step to the next page is one write: blanks over the old tail up to the page's end,
 *      then the new page's lines and tail. Between the two pages the file has no tail, for the
 *      time that the kernel needs to go from one to the next. There is no way around it by
 *      writes alone: a file that is complete before and after has its closing bracket in another
 *      page, so two pages must change at once. (A shared mapping could do it with one store; but
 *      then truncating the file from outside would raise SIGBUS in the traced program.) To keep
 *      that time short the old page was written just before, so the kernel need not wait for a
 *      write to the medium; and the new page's memory is there already, by 2. What remains is
 *      below a microsecond per page, and a file torn there lacks only its "]", which most
 *      viewers forgive and `rill convert` mends. Newer kernels hold and copy a file in larger
 *      units than pages, made at the first write; so the blanks are written in large aligned
 *      stretches, and most steps fall inside one unit.
 *   4. A line that does not fit in a page goes out in one write, which a kill may tear.
 *
 * After an error the old tail is put back, so the file holds what it held before that write.
 */
#ifndef RILL_LINUX_SINK_PAGES_H
#define RILL_LINUX_SINK_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { RILL_PAGES_AHEAD_BYTES = 64 << 10 };	/* of blanks, at most */

struct rill_pages {
	int fd;
	ssize_t (*pwrite)(int fd, const void *data, size_t size, int64_t at);
	const char *tail;
	size_t tail_bytes, page_bytes;
	uint64_t base;		/* where the JSON begins; in front of it nothing is ours */
	uint64_t pos;		/* where the tail is, and the next line goes */
	uint64_t end;		/* where the tail or closing line ends; behind it only blanks */
	uint64_t extent;	/* size of the file */
	char joint;		/* the byte in front of the tail */
	bool torn;		/* putting the tail back has failed, too */
	bool exact;		/* the file ends with the tail: no blanks for what is to come */
	char *room;		/* one write is put together here */
	size_t room_bytes;
};

/* An empty file. tail stays the caller's. 0 or -ENOMEM. */
int rill_pages_init(struct rill_pages *pages, int fd, const char *tail);
/* Another file, which ends at base, the memory kept. */
void rill_pages_restart(struct rill_pages *pages, int fd, uint64_t base);
/* Takes what lies behind the tail or closing line off the file. 0 or -errno: it is blanks. */
int rill_pages_trim(struct rill_pages *pages);
void rill_pages_free(struct rill_pages *pages);

/* Whole lines. last: the last line is the closing one, written in the tail's place. 0: all is in
 * the file; else -errno, and the file is as before. */
int rill_pages_write(struct rill_pages *pages, const char *lines, size_t size, bool last);

/* pwrite until everything is written, through short writes and interruptions. 0 or -errno. */
int rill_pwrite_all(ssize_t (*write)(int, const void *, size_t, int64_t), int fd, const void *data,
		    size_t size, uint64_t at);
/* The system's pwrite, with a 64-bit offset on every machine. */
ssize_t rill_pwrite(int fd, const void *data, size_t size, int64_t at);

#endif
