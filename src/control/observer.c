/* SPDX-License-Identifier: MIT
 * observer.c - who wants to know when sessions come and go.
 *
 * The observers are a read-mostly list (ck_array): telling them walks a snapshot without a lock, so they may do
 * anything, also add and remove observers. Arrays that were replaced meanwhile are kept until nobody tells.
 */
#include "control/session_private.h"
#include "emit/undisturbed.h"
#include "control/uncancelled.h"
#include "port/ck.h"
#include "port/port.h"

#include <ck_array.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct observer {
	rill_observer *call;
	void *ctx;
	uint32_t calls;		/* under way; guarded by the lock, as all below */
	uint64_t since;		/* the change up to which it has been told; UINT64_MAX: not yet */
	bool removed;
	struct observer *next;	/* in the list of those to be freed */
};

struct old_array {
	struct old_array *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static ck_array_t observers;
static bool ready;
static uint32_t telling;		/* walks under way */
static struct old_array *old_arrays;	/* replaced while somebody walked */
static struct observer *removed_observers;

/* Calls that this thread is inside of, the innermost first. */
struct frame {
	const struct observer *observer;
	const struct frame *outer;
};
static __thread const struct frame *frames;

/* ---- memory that walkers may still look at -------------------------------------------------------- */

static void *array_alloc(size_t size)
{
	return malloc(size < sizeof(struct old_array) ? sizeof(struct old_array) : size);
}

static void array_free(void *p, size_t size, bool defer)
{
	struct old_array *a = p;

	(void)size;
	if (!defer || !telling) {
		free(p);
		return;
	}
	/* The first words of an array are its counts, which walkers have read at their start. */
	a = malloc(sizeof *a + sizeof p);
	if (!a)
		return;		/* out of memory: rather leak it than free it under a walker */
	*(void **)(a + 1) = p;
	a->next = old_arrays;
	old_arrays = a;
}

static void *array_realloc(void *p, size_t old_size, size_t size, bool defer)
{
	void *larger;

	if (!defer)
		return realloc(p, size);
	/* The active array grows in place of a new one: walkers may be in the old one, as with array_free(). */
	larger = malloc(size);
	if (larger) {
		memcpy(larger, p, old_size);
		array_free(p, old_size, true);
	}
	return larger;
}

static struct ck_malloc allocator = { .malloc = array_alloc, .realloc = array_realloc, .free = array_free };

static bool init(void)
{
	if (!ready)
		ready = ck_array_init(&observers, CK_ARRAY_MODE_SPMC, &allocator, 8);
	return ready;
}

/* Nobody walks any more. */
static void free_old(void)
{
	while (old_arrays) {
		struct old_array *a = old_arrays;

		old_arrays = a->next;
		free(*(void **)(a + 1));
		free(a);
	}
	while (removed_observers) {
		struct observer *o = removed_observers;

		removed_observers = o->next;
		free(o);
	}
}

static void start_walk(void)
{
	pthread_mutex_lock(&lock);
	telling++;
	pthread_mutex_unlock(&lock);
}

static void end_walk(void)
{
	pthread_mutex_lock(&lock);
	if (--telling == 0)
		free_old();
	pthread_mutex_unlock(&lock);
}

/* The observers as they are now: this array does not change, whatever is added and removed meanwhile. (CK_ARRAY_FOREACH asks for the
 * active array again at each step: when an observer removes itself, the one that takes its place is passed over.) */
static struct observer *const *present(unsigned *count)
{
	*count = 0;
	return ready ? ck_array_buffer(&observers, count) : NULL;
}

/* ---- telling -------------------------------------------------------------------------------------- */

static uint32_t own_calls(const struct observer *o)
{
	uint32_t count = 0;

	for (const struct frame *f = frames; f; f = f->outer)
		count += f->observer == o;
	return count;
}

static void call(struct observer *o, enum rill_state state, struct rill_session *session, uint64_t change)
{
	const struct frame frame = { o, frames };
	unsigned paused;

	pthread_mutex_lock(&lock);
	if (o->removed || change <= o->since) {
		pthread_mutex_unlock(&lock);
		return;
	}
	o->calls++;
	pthread_mutex_unlock(&lock);
	frames = &frame;
	paused = rill_undisturbed_pause();
	o->call(o->ctx, state, session);
	rill_undisturbed_resume(paused);
	frames = frame.outer;
	pthread_mutex_lock(&lock);
	o->calls--;
	pthread_mutex_unlock(&lock);
}

void rill_observers_tell(enum rill_state state, struct rill_session *session, uint64_t change)
{
	struct observer *const *all;
	unsigned count;

	start_walk();
	all = present(&count);
	for (unsigned i = 0; i < count; i++)
		call(all[i], state, session, change);
	end_walk();
}

/* ---- adding and removing -------------------------------------------------------------------------- */

static struct observer *find(rill_observer *observer, void *ctx)
{
	unsigned count;
	struct observer *const *all = present(&count);

	for (unsigned i = 0; i < count; i++)
		if (all[i]->call == observer && all[i]->ctx == ctx)
			return all[i];
	return NULL;
}

/* Tells a new observer what is the case already. It stands in the list, but a change that is told before this snapshot is
 * part of it, and one behind it is told by its maker: each exactly once. */
static void tell_present(struct observer *o)
{
	struct rill_session *running[RILL_SESSIONS_MAX];
	unsigned count = 0;

	rill_control_lock();
	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++)
		if (rill_control.sessions[i] && !rill_control.sessions[i]->stopping &&
		    !rill_session_is_own(rill_control.sessions[i]))
			running[count++] = rill_control.sessions[i];
	pthread_mutex_lock(&lock);	/* inside control's lock: no change comes between snapshot and number */
	o->since = rill_control.changes;
	pthread_mutex_unlock(&lock);
	rill_control_unlock();
	if (count)
		call(o, RILL_FIRST_ON, running[0], UINT64_MAX);
	for (unsigned i = 0; i < count; i++)
		call(o, RILL_SESSION_ON, running[i], UINT64_MAX);
}

int rill_observer_add(rill_observer *observer, void *ctx)
{
	RILL_UNCANCELLED;
	struct observer *o = calloc(1, sizeof *o);
	int error = 0;

	if (!o)
		return rill_fail(ENOMEM, "no memory for an observer");
	o->call = observer;
	o->ctx = ctx;
	o->since = UINT64_MAX;
	rill_control_find_fork();
	pthread_mutex_lock(&lock);
	if (!init())
		error = ENOMEM;
	else if (find(observer, ctx))
		error = EEXIST;
	else if (!ck_array_put(&observers, o) || !ck_array_commit(&observers))
		error = ENOMEM;
	if (!error)
		telling++;	/* keeps o alive until it has been told */
	pthread_mutex_unlock(&lock);
	if (error) {
		free(o);
		return rill_fail(error, error == EEXIST ? "this observer is there already" : "no memory for an observer");
	}
	tell_present(o);
	end_walk();
	return 0;
}

int rill_observer_remove(rill_observer *observer, void *ctx)
{
	RILL_UNCANCELLED;
	struct timespec pause = { 0, 100000 };
	struct observer *o;

	rill_control_find_fork();
	pthread_mutex_lock(&lock);
	o = ready ? find(observer, ctx) : NULL;
	if (!o || !ck_array_remove(&observers, o) || !ck_array_commit(&observers)) {
		pthread_mutex_unlock(&lock);
		return rill_fail(ENOENT, "this observer is not there");
	}
	o->removed = true;
	while (o->calls > own_calls(o)) {	/* a call on another thread is still under way */
		pthread_mutex_unlock(&lock);
		nanosleep(&pause, NULL);
		pthread_mutex_lock(&lock);
	}
	o->next = removed_observers;
	removed_observers = o;
	if (!telling)
		free_old();
	pthread_mutex_unlock(&lock);
	return 0;
}

/* A thread that does not exist here may have held the lock, or been inside an observer. */
void rill_observers_reset(void)
{
	struct observer *const *all;
	unsigned count;

	pthread_mutex_init(&lock, NULL);
	all = present(&count);
	for (unsigned i = 0; i < count; i++)
		all[i]->calls = own_calls(all[i]);
}
