/* SPDX-License-Identifier: MIT
 * sink_pages.c - JSON lines in page-bounded pieces; the header says why.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "port/linux/sink_pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	AHEAD_BYTES = RILL_PAGES_AHEAD_BYTES,
	IDLE_TRIES_MAX = 1000		/* writes in a row that moved nothing */
};

/* One write: `blanks` blanks, `take` bytes of lines, then the tail or, for the final one, the
 * closing line. */
struct step {
	uint64_t at;
	size_t blanks, take;
	bool final;
};

struct job {
	const char *lines;
	size_t left;
	/* What stands behind the last of these lines: the tail, or the file's last line. */
	const char *closing;
	size_t closing_bytes;
};

ssize_t rill_pwrite(int fd, const void *data, size_t size, int64_t at)
{
	return pwrite(fd, data, size, (off_t)at);
}

int rill_pwrite_all(ssize_t (*write)(int, const void *, size_t, int64_t), int fd, const void *data,
		    size_t size, uint64_t at)
{
	const struct timespec pause = { 0, 1000000 };
	const char *from = data;
	unsigned idle = 0;

	while (size) {
		ssize_t done = write(fd, from, size, (int64_t)at);

		if (done > 0) {
			from += done;
			at += (uint64_t)done;
			size -= (size_t)done;
			idle = 0;
			continue;
		}
		if (done == 0)
			return -EIO;
		if ((errno != EINTR && errno != EAGAIN) || ++idle == IDLE_TRIES_MAX)
			return -errno;
		if (errno == EAGAIN)
			nanosleep(&pause, NULL);
	}
	return 0;
}

int rill_pages_init(struct rill_pages *p, int fd, const char *tail)
{
	long page_bytes = sysconf(_SC_PAGESIZE);

	memset(p, 0, sizeof(*p));
	p->fd = fd;
	p->pwrite = rill_pwrite;
	p->tail = tail;
	p->tail_bytes = strlen(tail);
	p->page_bytes = page_bytes > 0 ? (size_t)page_bytes : 4096;
	p->room_bytes = 2 * p->page_bytes > AHEAD_BYTES ? 2 * p->page_bytes : AHEAD_BYTES;
	p->room = malloc(p->room_bytes);
	return p->room ? 0 : -ENOMEM;
}

void rill_pages_restart(struct rill_pages *p, int fd, uint64_t base)
{
	p->fd = fd;
	p->base = p->pos = p->end = p->extent = base;
	p->joint = '\0';
	p->torn = false;
}

int rill_pages_trim(struct rill_pages *p)
{
	if (ftruncate(p->fd, (off_t)p->end) < 0)
		return -errno;
	p->extent = p->end;
	return 0;
}

void rill_pages_free(struct rill_pages *p)
{
	free(p->room);
	p->room = NULL;
}

static bool have_room(struct rill_pages *p, size_t size)
{
	char *room;

	if (size <= p->room_bytes)
		return true;
	room = realloc(p->room, size);
	if (!room)
		return false;
	p->room = room;
	p->room_bytes = size;
	return true;
}

/* How much of the lines fits into `room` bytes of a page together with what must stand behind
 * it. */
static size_t fitting(const struct rill_pages *p, const struct job *job, size_t room, bool *final)
{
	const char *end;

	*final = job->left + job->closing_bytes <= room;
	if (*final)
		return job->left;
	if (room <= p->tail_bytes)
		return 0;
	room -= p->tail_bytes;
	end = memrchr(job->lines, '\n', room < job->left ? room : job->left);
	return end ? (size_t)(end + 1 - job->lines) : 0;
}

static struct step next_step(const struct rill_pages *p, uint64_t pos, char joint,
			     const struct job *job)
{
	size_t room = p->page_bytes - (size_t)(pos % p->page_bytes);
	struct step step = { .at = pos };
	const char *end;

	step.take = fitting(p, job, room, &step.final);
	if (step.take || step.final)
		return step;
	if (room < p->page_bytes) {
		step.take = fitting(p, job, p->page_bytes, &step.final);
		if (step.take || step.final) {
			/* The line end in front of the tail moves behind the blanks: no line of
			 * blanks. */
			step.at = pos - (joint == '\n');
			step.blanks = room + (joint == '\n');
			return step;
		}
	}
	end = memchr(job->lines, '\n', job->left);
	step.take = end ? (size_t)(end + 1 - job->lines) : job->left;
	step.final = step.take == job->left;
	return step;
}

/* Moves *pos and the job behind the step; *end: how far the file then reaches. */
static void advance(const struct rill_pages *p, const struct step *step, uint64_t *pos, char *joint,
		    struct job *job, uint64_t *end)
{
	size_t behind = step->final ? job->closing_bytes : p->tail_bytes;

	*pos = step->at + step->blanks + step->take;
	if (step->take)
		*joint = job->lines[step->take - 1];
	else if (step->blanks)
		*joint = '\n';
	if (*pos + behind > *end)
		*end = *pos + behind;
	job->lines += step->take;
	job->left -= step->take;
}

static uint64_t extent_after(const struct rill_pages *p, struct job job)
{
	uint64_t pos = p->pos, end = p->extent;
	char joint = p->joint;
	bool final = false;

	while (!final) {
		struct step step = next_step(p, pos, joint, &job);

		advance(p, &step, &pos, &joint, &job, &end);
		final = step.final;
	}
	return end;
}

/* How far the blanks go when this much is needed: as far again, at most to a multiple of
 * AHEAD_BYTES. */
static uint64_t ahead(const struct rill_pages *p, uint64_t needed)
{
	uint64_t step = p->page_bytes;

	if (p->exact)
		return needed;
	while (step < AHEAD_BYTES && step < needed)
		step *= 2;
	return (needed + step - 1) / step * step;
}

static int write_blanks(struct rill_pages *p, uint64_t from, uint64_t to)
{
	int error = 0;

	if (from < to)
		memset(p->room, ' ',
		       to - from < p->room_bytes ? (size_t)(to - from) : p->room_bytes);
	while (from < to && error == 0) {
		size_t size = to - from < p->room_bytes ? (size_t)(to - from) : p->room_bytes;

		error = rill_pwrite_all(p->pwrite, p->fd, p->room, size, from);
		if (error == 0)
			from += size;
		/* After an error part of the piece may be there; blanks, so nothing depends on
		 * knowing. */
		if (from > p->extent)
			p->extent = from;
	}
	return error;
}

/* Makes the file this long. */
static int extend(struct rill_pages *p, uint64_t needed)
{
	if (needed <= p->extent || write_blanks(p, p->extent, ahead(p, needed)) == 0)
		return 0;
	/* A nearly full disk may still hold what is really needed. */
	return write_blanks(p, p->extent, needed);
}

/* Puts back the tail that stood at p->pos, and blanks behind it. */
static int undo(struct rill_pages *p)
{
	uint64_t behind = p->pos + p->tail_bytes;
	int error;

	p->room[0] = p->joint;
	memcpy(p->room + 1, p->tail, p->tail_bytes);
	error = rill_pwrite_all(p->pwrite, p->fd, p->room, p->tail_bytes + 1, p->pos - 1);
	if (error == 0)
		error = write_blanks(p, behind, p->extent);
	p->torn = error < 0;
	return error;
}

static int write_step(struct rill_pages *p, const struct step *step, const struct job *job)
{
	const char *behind = step->final ? job->closing : p->tail;
	size_t behind_bytes = step->final ? job->closing_bytes : p->tail_bytes;
	size_t size = step->blanks + step->take + behind_bytes;
	char *to;

	if (!have_room(p, size))
		return -ENOMEM;
	to = p->room;
	if (step->blanks) {
		memset(to, ' ', step->blanks);
		to[step->blanks - 1] = '\n';
		to += step->blanks;
	}
	memcpy(to, job->lines, step->take);
	memcpy(to + step->take, behind, behind_bytes);
	return rill_pwrite_all(p->pwrite, p->fd, p->room, size, step->at);
}

/* Takes the closing line off the lines. */
static void split_closing(struct job *job)
{
	const char *end = job->left > 1 ? memrchr(job->lines, '\n', job->left - 1) : NULL;
	size_t lines = end ? (size_t)(end + 1 - job->lines) : 0;

	job->closing = job->lines + lines;
	job->closing_bytes = job->left - lines;
	job->left = lines;
}

static int write_job(struct rill_pages *p, struct job job, bool *touched)
{
	uint64_t pos = p->pos, needed = extent_after(p, job), end = 0;
	char joint = p->joint;
	bool final = false;
	int error = 0;

	/* At the very start the head goes first: a file of blanks is no JSON. */
	if (p->extent > p->base)
		error = extend(p, needed);
	while (!final && error == 0) {
		struct step step = next_step(p, pos, joint, &job);

		/* A step to the next page wants the old page freshly written (see 3). */
		if (step.blanks && !*touched && pos > p->base)
			error = rill_pwrite_all(p->pwrite, p->fd, p->tail, p->tail_bytes, pos);
		*touched = true;
		if (error == 0)
			error = write_step(p, &step, &job);
		advance(p, &step, &pos, &joint, &job, &end);
		/* Also after an error: so far may bytes of it reach. */
		if (end > p->extent)
			p->extent = end;
		final = step.final;
		if (error == 0 && !final)
			error = extend(p, needed);
	}
	if (error < 0)
		return error;
	p->pos = pos;
	p->joint = joint;
	p->end = pos + job.closing_bytes;
	return 0;
}

int rill_pages_write(struct rill_pages *p, const char *lines, size_t size, bool last)
{
	struct job job = {
		.lines = lines, .left = size, .closing = p->tail, .closing_bytes = p->tail_bytes,
	};
	bool touched = false;
	int error;

	if (size == 0)
		return 0;
	if (p->torn) {
		error = undo(p);
		if (error < 0)
			return error;
	}
	if (last)
		split_closing(&job);
	error = write_job(p, job, &touched);
	if (error < 0 && touched && p->pos > p->base)
		undo(p);
	return error;
}
