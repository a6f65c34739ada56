/* SPDX-License-Identifier: MIT
 * ctf_growth.h - how much of a CTF folder is there, for who reads it while it is being written.
 *
 *     to_ctf*.c    adds whole packets, and text that describes them before that
 *     relay*.c     reads up to there, in another thread
 *
 * What is said here is on the disk, all together: whoever sees a packet sees its text, and whoever sees a promise sees
 * the packets and the files that came before it.
 */
#ifndef RILL_TOOL_CTF_GROWTH_H
#define RILL_TOOL_CTF_GROWTH_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* Readers hold every file open, and may have 1024. */
	RILL_CTF_FILES_MAX = 512
};

struct rill_ctf_grown {
	uint64_t metadata_bytes;
	uint32_t files;		/* stream_0 and on: each of them has a packet */
	uint64_t bytes[RILL_CTF_FILES_MAX];
	uint64_t promise_ns;	/* what comes from now on is later than this, by as many ns as there are files */
	bool over;		/* nothing more will come */
};

struct rill_ctf_growth {
	pthread_mutex_t lock;
	struct rill_ctf_grown now;	/* with the lock */
};

static inline void rill_ctf_grow_file(struct rill_ctf_growth *g, uint32_t number, size_t size)
{
	pthread_mutex_lock(&g->lock);
	g->now.bytes[number] += size;
	pthread_mutex_unlock(&g->lock);
}

static inline void rill_ctf_grow_metadata(struct rill_ctf_growth *g, size_t size)
{
	pthread_mutex_lock(&g->lock);
	g->now.metadata_bytes += size;
	pthread_mutex_unlock(&g->lock);
}

static inline void rill_ctf_promise(struct rill_ctf_growth *g, uint32_t files, uint64_t promise_ns, bool over)
{
	pthread_mutex_lock(&g->lock);
	g->now.files = files;
	g->now.promise_ns = promise_ns;
	g->now.over = over;
	pthread_mutex_unlock(&g->lock);
}

static inline void rill_ctf_look_at_growth(struct rill_ctf_growth *g, struct rill_ctf_grown *now)
{
	pthread_mutex_lock(&g->lock);
	*now = g->now;
	pthread_mutex_unlock(&g->lock);
}

#endif
