/* SPDX-License-Identifier: MIT
 * forward_source.c - where the streams of `rill forward` come from: sockets that listen, their
 * clients, pipes and files.
 *
 * What they send is read by forward_take.c.
 */
#define _GNU_SOURCE /* accept4 */
#include "forward.h"
#include "port/linux/sink_socket_open.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <rill/session.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the list ------------------------------------------------------------------------------- */

static struct rill_forward_source *add(struct rill_forward *f, enum rill_forward_kind kind,
				       const char *name, int fd)
{
	struct rill_forward_source *const s = rill_alloc(1, sizeof *s);
	struct rill_forward_source **at = &f->sources;

	s->kind = kind;
	s->name = rill_text("%s", name);
	s->fd = fd;
	s->last = &s->first;
	f->only_files &= kind == RILL_FORWARD_FILE;
	pthread_mutex_lock(&f->lock);
	while (*at)
		at = &(*at)->next;
	*at = s;
	pthread_mutex_unlock(&f->lock);
	return s;
}

static unsigned count(const struct rill_forward *f)
{
	unsigned n = 0;

	for (const struct rill_forward_source *s = f->sources; s; s = s->next)
		n++;
	return n;
}

static void stop_listening(struct rill_forward_source *s)
{
	struct stat st;

	/* Somebody may have put another socket there since. */
	if (s->path && lstat(s->path, &st) == 0 && st.st_dev == s->device &&
	    st.st_ino == s->inode)
		unlink(s->path);
	free(s->path);
	s->path = NULL;
}

void rill_forward_end(struct rill_forward_source *s)
{
	if (s->kind == RILL_FORWARD_LISTENER)
		stop_listening(s);
	if (s->fd > STDIN_FILENO)
		close(s->fd);
	s->fd = -1;
	free(s->buffer);
	s->buffer = NULL;
	s->begin = s->end = s->room = 0;
}

static void free_source(struct rill_forward_source *s)
{
	rill_forward_end(s);
	while (s->first)
		free(rill_forward_unqueue(s));
	free(s->name);
	free(s);
}

/* ---- opening -------------------------------------------------------------------------------- */

/* Members of the group may connect. The file was made for the owner alone. */
static int give_to_group(const char *path, const char *name)
{
	const struct group *group = getgrnam(name);

	if (!group) {
		rill_say("--group %s: there is no such group (getent group lists them)", name);
		return RILL_EXIT_USAGE;
	}
	if (chown(path, (uid_t)-1, group->gr_gid) < 0 || chmod(path, 0660) < 0) {
		rill_say("cannot give %s to the group %s: %s (be a member of it)", path, name,
			 strerror(errno));
		return RILL_EXIT_FAILED;
	}
	return 0;
}

static int listen_at(struct rill_forward *f, const char *name, struct rill_socket_options *options)
{
	struct rill_socket_place place;
	struct rill_forward_source *s;
	char *exposed = NULL;
	struct stat st;
	int fd, code = 0;

	if (options->tcp && (exposed = strstr(options->place, "?exposed")) && !exposed[8]) {
		options->exposed = true;
		options->place = exposed = rill_text("%.*s", (int)(exposed - options->place),
						     options->place);
	} else {
		exposed = NULL;
	}
	fd = rill_socket_parse(options, &place);
	if (!fd)
		fd = rill_socket_listen(options, &place);
	free(exposed);
	if (fd < 0) {
		rill_say("%s", rill_error());
		return RILL_EXIT_FAILED;
	}
	s = add(f, RILL_FORWARD_LISTENER, name, fd);
	s->tcp = options->tcp;
	if (!s->tcp && lstat(place.un.sun_path, &st) == 0) {
		s->path = rill_text("%s", place.un.sun_path);
		s->device = st.st_dev;
		s->inode = st.st_ino;
		if (f->group)
			code = give_to_group(s->path, f->group);
	}
	return code;
}

static int open_file(struct rill_forward *f, const char *name)
{
	struct stat st;
	int fd;

	if (!strcmp(name, "-")) {
		add(f, RILL_FORWARD_FILE, "standard input", STDIN_FILENO);
		return 0;
	}
	if (stat(name, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))) {
		rill_say("cannot take packets from %s: %s", name,
			 errno == ENOENT ? "there is no such file or pipe (for a socket write unix: in front)"
			 : S_ISDIR(st.st_mode) ? "it is a directory: name a trace file in it"
					       : "it is no file and no pipe");
		return RILL_EXIT_FAILED;
	}
	/* Opened for writing, too, a pipe does not end when its last writer goes. */
	fd = open(name, (S_ISFIFO(st.st_mode) ? O_RDWR | O_NONBLOCK : O_RDONLY) | O_CLOEXEC |
				O_NOCTTY);
	if (fd < 0) {
		rill_say("cannot open %s: %s", name, strerror(errno));
		return RILL_EXIT_FAILED;
	}
	add(f, S_ISFIFO(st.st_mode) ? RILL_FORWARD_FIFO : RILL_FORWARD_FILE, name, fd);
	return 0;
}

int rill_forward_source_open(struct rill_forward *f, const char *name)
{
	static const struct {
		const char *prefix;
		bool tcp;
	} listening[] = { { "unix:", false }, { "unix-listen:", false }, { "tcp-listen:", true } };

	if (count(f) >= RILL_FORWARD_SOURCES / 2) {
		rill_say("more than %d sources: too many", RILL_FORWARD_SOURCES / 2);
		return RILL_EXIT_USAGE;
	}
	for (unsigned i = 0; i < sizeof listening / sizeof *listening; i++) {
		const size_t size = strlen(listening[i].prefix);
		struct rill_socket_options options = { .place = name + size,
						       .tcp = listening[i].tcp,
						       .listen = true };

		if (!strncmp(name, listening[i].prefix, size))
			return listen_at(f, name, &options);
	}
	if (!strncmp(name, "tcp:", 4)) {
		rill_say("%s: programs come to forward, so it is tcp-listen:PORT here", name);
		return RILL_EXIT_USAGE;
	}
	return open_file(f, name);
}

/* ---- clients -------------------------------------------------------------------------------- */

void rill_forward_welcome(struct rill_forward *f, const struct rill_forward_source *listener)
{
	const int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (count(f) >= RILL_FORWARD_SOURCES) {
		rill_say("%s: a client is turned away, for %u others are here", listener->name,
			 RILL_FORWARD_SOURCES - 1);
		close(fd);
		return;
	}
	rill_socket_set(fd, listener->tcp);
	add(f, RILL_FORWARD_CLIENT, listener->name, fd);
}

/* ---- the end -------------------------------------------------------------------------------- */

void rill_forward_stop_listening(struct rill_forward *f)
{
	for (struct rill_forward_source *s = f->sources; s; s = s->next)
		if (s->kind == RILL_FORWARD_LISTENER)
			rill_forward_end(s);
}

void rill_forward_cut_all(struct rill_forward *f)
{
	pthread_mutex_lock(&f->lock);
	for (struct rill_forward_source *s = f->sources; s; s = s->next) {
		for (unsigned i = 0; s->fd >= 0 && i < RILL_FORWARD_STREAMS; i++)
			f->streams.list[i].goes_on |= f->streams.list[i].attached &&
						      f->streams.list[i].source == s;
		rill_forward_end(s);
	}
	pthread_mutex_unlock(&f->lock);
}

bool rill_forward_expects(const struct rill_forward *f)
{
	for (const struct rill_forward_source *s = f->sources; s; s = s->next)
		if (s->fd >= 0)
			return true;
	return false;
}

static void say_end(const struct rill_forward *f, const struct rill_forward_source *source,
		    const struct rill_forward_stream *s)
{
	if (f->broken || (f->quiet && !s->dropped_events))
		return;
	rill_say("%s: process %lu %s: %llu events passed on, %llu dropped%s", source->name,
		 (unsigned long)s->pid,
		 s->closed || s->owes_last ? "has ended its trace" : "is gone without ending its trace",
		 (unsigned long long)s->events, (unsigned long long)s->dropped_events,
		 s->dropped_events ? ", for the output is too slow" : "");
}

/* Under the lock. */
static void forget(struct rill_forward *f, struct rill_forward_source **at)
{
	struct rill_forward_source *const s = *at;

	for (unsigned i = 0; i < RILL_FORWARD_STREAMS; i++) {
		struct rill_forward_stream *const stream = &f->streams.list[i];

		if (stream->source != s)
			continue;
		say_end(f, s, stream);
		stream->attached = false;
		stream->source = NULL;
	}
	if (f->turn == s)
		f->turn = NULL;
	*at = s->next;
	free_source(s);
}

/* Has it ended, and is everything of it out? */
static bool is_over(const struct rill_forward *f, const struct rill_forward_source *s)
{
	if (s->fd >= 0 || s->first)
		return false;
	for (unsigned i = 0; i < RILL_FORWARD_STREAMS; i++)
		if (f->streams.list[i].source == s && rill_forward_owes(&f->streams.list[i]))
			return false;
	return f->out.stream == NULL || f->out.stream->source != s;
}

void rill_forward_clean(struct rill_forward *f)
{
	struct rill_forward_source **at = &f->sources;

	pthread_mutex_lock(&f->lock);
	while (*at)
		if (is_over(f, *at))
			forget(f, at);
		else
			at = &(*at)->next;
	pthread_mutex_unlock(&f->lock);
}

void rill_forward_sources_free(struct rill_forward *f)
{
	while (f->sources)
		forget(f, &f->sources);
}
