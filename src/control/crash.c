/* SPDX-License-Identifier: MIT
 * crash.c - what a program leaves that a signal ends (CONFIG_RILL_CRASH).
 *
 *     signal -> port/linux/fault.c -> crashed() -> three events of category "rill" in the rings of the thread that it has hit
 *                                               -> no block of any ring is opened any more; the rings into the crash file
 *            -> what would have come without it
 *
 * crashed() runs in a signal handler, on whatever the thread was at: it takes no lock, asks for no memory, and uses what was made
 * ready when the first session started (tests/crash_calls.sh).
 */
#include "control/session_private.h"
#include "emit/attach.h"
#include "emit/category.h"
#include "emit/record.h"
#include "port/port.h"
#include "ring/ring_file.h"
#include "ring/ring_set.h"
#include "sink/address.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OTHERS_WAIT_MS = 10000, BACKTRACE_BYTES = 640 };

static char configured[PATH_MAX];	/* "": by the environment */
static char path[PATH_MAX];		/* "": none is to be made */
static const uint8_t *category;
static uint32_t home;			/* the process that all this was made ready in */
static bool made;			/* the crash file, once */
static _Atomic uint32_t at_work;	/* the thread that is in crashed() */

/* ---- what happened -------------------------------------------------------------------------------- */

static void record(const char *name, unsigned count, const char *const *names, const struct rill_arg *args)
{
	const struct rill_dynamic e = { .enabled = category, .name = name, .arg_names = names, .args = args, .nargs = (uint8_t)count,
					.phase = 'I', .flags = RILL_FLAG_SCOPE_THREAD };

	rill_add_event_to_all(&e);
}

static struct rill_arg text(const char *t)
{
	return (struct rill_arg){ .type = RILL_TYPE_COPY, .tail = t, .size = (uint32_t)strlen(t) };
}

static struct rill_arg number(enum rill_type type, uint64_t word)
{
	return (struct rill_arg){ .type = (uint8_t)type, .word = word };
}

/* Three events, since the smallest rings would hold no large one. */
static void record_crash(const struct rill_port_crash *c)
{
	static const char *const what[] = { "signal", "code", "address", "sender" }, *const registers[] = { "pc", "sp", "fp", "lr" },
				 *const calls[] = { "calls" };
	const struct rill_arg happened[] = { text(rill_port_signal_name(c->signal)), number(RILL_TYPE_I32, (uint64_t)(int64_t)c->code),
					     number(RILL_TYPE_POINTER, c->address), number(RILL_TYPE_U32, c->sender) };
	const struct rill_arg there[] = { number(RILL_TYPE_POINTER, c->pc), number(RILL_TYPE_POINTER, c->sp),
					  number(RILL_TYPE_POINTER, c->fp), number(RILL_TYPE_POINTER, c->lr) };
	char backtrace[BACKTRACE_BYTES];
	struct rill_arg from;

	record("crash", c->sender ? 4 : 3, what, happened);
	record("crash registers", c->lr ? 4 : 3, registers, there);
	rill_port_crash_backtrace(c, backtrace, sizeof backtrace);
	from = text(backtrace);
	record("crash backtrace", 1, calls, &from);
}

/* ---- the file ------------------------------------------------------------------------------------- */

struct writing {
	int fd;
	uint64_t end;
	bool full;
};

static void write_piece(void *ctx, uint64_t at, const void *bytes, size_t size)
{
	struct writing *const w = ctx;

	w->full = w->full || !rill_port_crash_file_write(w->fd, at, bytes, size);
	if (at + size > w->end)
		w->end = at + size;
}

static void pause_ms(void)
{
	const struct timespec pause = { 0, 1000000 };

	nanosleep(&pause, NULL);
}

static void write_file(void)
{
	struct writing w = { .fd = rill_port_crash_file_open(path, made) };

	if (w.fd < 0)
		return;
	made = true;
	atomic_store(&rill_ring_set_held, true);
	/* Behind this, a thread that has not seen it has marked its ring, and that is seen. */
	if (rill_port_barrier() != 0)
		pause_ms();
	rill_ring_file_pieces(write_piece, &w);
	rill_port_crash_file_close(w.fd, w.full ? 0 : w.end);
}

/* False: this thread is in here already. Another one is waited for, since the end of one is everybody's. */
static bool enter(uint32_t tid, bool *first)
{
	uint32_t who = 0;

	*first = atomic_compare_exchange_strong(&at_work, &who, tid);
	if (!*first && who == tid)
		return false;
	for (unsigned ms = 0; !*first && ms < OTHERS_WAIT_MS && atomic_load(&at_work); ms++)
		pause_ms();
	return true;
}

static bool crashed(const struct rill_port_crash *c, bool ends)
{
	bool first;

	/* Without a session nothing was recorded that is not delivered; a child has nothing of its own. */
	if (!__atomic_load_n(&rill_running_bits, __ATOMIC_RELAXED) || home != (uint32_t)getpid())
		return true;
	if (!enter(rill_port_tid(), &first))
		return false;
	if (!first)
		return true;
	if (ends)
		rill_ring_free_last();
	record_crash(c);
	if (!rill_ring_file_survives())
		write_file();
	if (ends)
		return true;	/* nobody opens a block, and no other thread comes in here, between the file and the end */
	atomic_store(&rill_ring_set_held, false);
	atomic_store(&at_work, 0);
	return true;
}

/* ---- at the start --------------------------------------------------------------------------------- */

int rill_control_set_crash_file(const struct rill_config *c)
{
	if (!c->crash_file)
		return 0;
	if (strlen(c->crash_file) >= sizeof configured)
		return rill_fail(ENAMETOOLONG, "the name of the crash file is too long: %zu bytes", strlen(c->crash_file));
	strcpy(configured, c->crash_file);
	return 0;
}

/* The folder of the session's file, as a pattern; "": the present one, also for a stream that goes elsewhere. To be freed. */
static char *folder_of(const struct rill_session_options *o)
{
	struct rill_address address = { .place = NULL };
	const bool is_file = o->out == RILL_OUT_FILE && o->file && rill_address_parse(o->file, &address) == 0 &&
			     address.kind == RILL_ADDRESS_FILE;
	const char *const slash = is_file ? strrchr(o->file, '/') : NULL;

	if (address.place)
		rill_address_free(&address);
	return slash ? strndup(o->file, (size_t)(slash - o->file) + 1) : strdup("");
}

static int find_path(const char *asked, const struct rill_session_options *o)
{
	static const char name[] = "${name}.${pid}.crash";
	char *folder, *pattern;
	int error;

	if (strcmp(asked, "1") != 0)
		return rill_port_ring_file_name(asked, "crash", path, sizeof path);
	folder = folder_of(o);
	pattern = folder ? realloc(folder, strlen(folder) + sizeof name) : NULL;
	if (!pattern) {
		free(folder);
		return rill_fail(ENOMEM, "no memory for the name of the crash file");
	}
	error = rill_port_ring_file_name(strcat(pattern, name), "crash", path, sizeof path);
	free(pattern);
	return error;
}

/* What would be seen too late, when it is to be made. */
static int check_place(void)
{
	char *const slash = strrchr(path, '/');
	struct stat st;
	int error;

	if (lstat(path, &st) == 0)
		return rill_fail(EEXIST, "the crash file %s exists already: read what is in it (rill extract) and remove it, or name another "
				 "one, with ${pid} for example", path);
	*slash = '\0';
	error = access(*path ? path : "/", W_OK | X_OK) == 0 ? 0 :
		rill_fail(errno, "no crash file can be made in the folder %s: %s: make the folder, or name another one", path, strerror(errno));
	*slash = '/';
	return error;
}

int rill_crash_prepare(const struct rill_session_options *o)
{
	const char *const asked = *configured ? configured : rill_port_env("RILL_CRASH_FILE");
	int error;

	if (!asked || !*asked || home == (uint32_t)getpid())
		return 0;
	error = find_path(asked, o);
	if (!error)
		error = check_place();
	if (error)
		*path = '\0';
	return error;
}

int rill_crash_catch(void)
{
	int error;

	if (!*path)
		return 0;
	rill_port_crash_objects();
	if (home == (uint32_t)getpid())
		return 0;
	category = rill_category("rill");
	made = false;
	if (!rill_port_crash_stacks(rill_ring_geometry.slots))
		rill_warn("no address space for the stacks of the crash handler: it will not see stack overflows");
	home = (uint32_t)getpid();
	error = rill_port_crash_catch(crashed);
	return error ? rill_fail(-error, "the signals of crashes cannot be caught: %s", strerror(-error)) : 0;
}

void rill_crash_forked(void)
{
	atomic_store(&at_work, 0);
	atomic_store(&rill_ring_set_held, false);
}
