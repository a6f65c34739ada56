/* SPDX-License-Identifier: MIT
 * test_power_cut.c - a ring file in disk mode as a machine may find it that has lost its power: of each page an older state than of another,
 * nothing, or what an earlier file had there. What the reader tells was emitted, and the rest it has counted.
 *
 * A program emits, thread after thread, in all the ways there are, and at many instants, many of them between two instructions of an event, all
 * pages that have changed are kept. Of these versions disks are put together. So that one thread changes the rings at a time, and the kept
 * pages are each of one instant, all emit one after the other.
 */
#define _GNU_SOURCE
#include "folder_help.h"
#include "image_help.h"
#include "random_help.h"
#include "step_help.h"
#include "tool_help.h"

#include "emit/attach.h"
#include "ring/flight.h"
#include "ring/ring_producer.h"
#include "ring/ring_set.h"

#include <pthread.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum {
	THREADS = 10, EVENTS = 500, EVENTS_MAX = 1 << 16, PAGE = RILL_PAGE, PAGES_MAX = 1024, VERSIONS_MAX = 1 << 17, INSTANTS_MAX = 1 << 16,
	RING_BYTES = 4 * PAGE, FLIGHT_BYTES = 8 * RING_BYTES, STEPS_OF_THREAD = 5000, STEPS_OF_EVENT = 800, IMAGES = 300
};

/* ---- what was emitted ------------------------------------------------------------------------------- */

enum form { NONE, ONE, TWO, FOUR, TEXT, LONG, DYNAMIC, SCOPE, FORMS };

struct emitted {
	unsigned thread;
	enum form form;
	bool nested;
};

static struct emitted emitted[EVENTS_MAX];
static _Atomic uint32_t begun;	/* numbers given out; those from 1 on */
static unsigned round_now;
static uint32_t tid_of[THREADS];
static unsigned nones, scopes;
static char letters[PAGE];
/* What looks like an event that nobody has emitted: the header of one, and this number. Where it stands there must never be an event. */
static uint64_t bait;
#define BAIT (UINT64_C(1) << 60)

static uint64_t number_of(uint32_t n)
{
	return (uint64_t)round_now << 32 | n;
}

static uint64_t check_of(uint64_t number)
{
	return (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

/* So many call sites, with so long a name, that not all of them are defined in the page of the head. */
#define ONE_NAME "one event of those whose names are many, and so long that the head's page has no room for all of them: "
#define ONES(X)                                                                                    \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) \
	X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
#define EMIT_ONE(i) case i: RILL_INSTANT("cut", ONE_NAME #i, "n", number); break;

STEPPED static __attribute__((noinline)) void emit_one_of_many(uint64_t number)
{
	switch (number % 32) {
	ONES(EMIT_ONE)
	default: break;
	}
}

static bool is_one(const char *name, uint64_t number)
{
	char expected[sizeof ONE_NAME + 8];

	snprintf(expected, sizeof expected, ONE_NAME "%u", (unsigned)(number % 32));
	return !strcmp(name, expected);
}

/* Some are longer than 255 words can say. */
static size_t length_of(uint64_t number, enum form form)
{
	return form == LONG ? 500 + check_of(number) % 3000 : check_of(number) % 60;
}

static const char *text_of(uint64_t number, enum form form)
{
	return letters + (sizeof letters - 1 - length_of(number, form));
}

STEPPED static __attribute__((noinline)) void emit(enum form form, uint64_t number)
{
	const uint64_t check = check_of(number);
	const char *const volatile text = form == TEXT || form == LONG ? text_of(number, form) : NULL;

	switch (form) {
	case NONE: RILL_INSTANT("cut", "none"); break;
	case ONE: emit_one_of_many(number); break;
	case TWO: RILL_INSTANT("cut", "two", "n", number, "check", check); break;
	case FOUR: RILL_INSTANT("cut", "four", "n", number, "check", check, "number", BAIT, "header", bait); break;
	case TEXT: RILL_INSTANT("cut", "text", "n", number, "text", text); break;
	case LONG: RILL_INSTANT("cut", "text", "n", number, "text", text); break;
	case DYNAMIC: {
		static const char *const keys[] = { "n", "check" };
		const struct rill_arg args[] = { { .type = RILL_TYPE_U64, .word = number }, { .type = RILL_TYPE_U64, .word = check } };
		struct rill_dynamic e = { .enabled = rill_category("cut"), .name = "two", .phase = 'I', .args = args, .nargs = 2, .arg_names = keys };

		rill_add_event(&e);
		break;
	}
	default: {
		RILL_SCOPE("cut", "scope", "n", number);
		break;
	}
	}
}

/* ---- the pages at each instant -------------------------------------------------------------------- */

struct version {
	unsigned page, instant;
	const uint8_t *bytes;
};

static const uint8_t *file;	/* what it is now */
static unsigned pages;
static uint8_t *kept;		/* room for as many versions */
static struct version versions[VERSIONS_MAX];
static unsigned version_count, instants;
static unsigned telling[INSTANTS_MAX], telling_count;	/* instants at which an event stands half written behind one that was left */
static const uint8_t *newest[PAGES_MAX];

STEPPED static void keep(unsigned page)
{
	uint8_t *const bytes = kept + (size_t)version_count * PAGE;

	memcpy(bytes, file + (size_t)page * PAGE, PAGE);
	versions[version_count++] = (struct version){ page, instants, bytes };
	newest[page] = bytes;
}

STEPPED static void take_instant(void)
{
	const unsigned before = version_count;

	if (version_count > VERSIONS_MAX - PAGES_MAX)
		return;
	for (unsigned page = 0; page < pages; page++)
		if (!newest[page] || memcmp(newest[page], file + (size_t)page * PAGE, PAGE) != 0)
			keep(page);
	instants += version_count > before;
}

/* ---- a program that emits ------------------------------------------------------------------------------ */

static __thread unsigned own;
static __thread unsigned depth;	/* handlers that are emitting */
static unsigned steps_of_thread, steps_of_event, left_events, behind_left;	/* the next so many come behind what had to be undone */
static volatile bool stepping, only_instants;	/* not stepping: a trap is the last one */
static bool can_step;
static sigjmp_buf leave;

/* An event of a number of its own. */
STEPPED static __attribute__((noinline)) void emit_next(enum form form, bool stepped)
{
	const uint32_t n = atomic_load(&begun) + 1;

	if (n >= EVENTS_MAX)
		return;
	emitted[n] = (struct emitted){ own, form, depth };
	nones += form == NONE;
	scopes += form == SCOPE;
	atomic_store(&begun, n);
	stepping = stepped;
	if (stepped)
		step_from_here();
	emit(form, number_of(n));
	stepping = false;
	step_to_here();
}

static struct rill_ring *own_ring(bool flight)
{
	struct rill_slot *const slot = rill_own_slot();

	return RILL_ON(CONFIG_RILL_FLIGHT) && flight ? &rill_flight_of(slot->index)->ring[0] : &slot->ring[0];
}

/* The event has closed a block, and the one that it opens is not published. */
STEPPED static bool is_between_blocks(void)
{
	bool is = false;

	for (unsigned flight = 0; flight < 1 + RILL_ON(CONFIG_RILL_FLIGHT); flight++) {
		const struct rill_ring *const ring = own_ring(flight);
		const uintptr_t pos = (atomic_load(&ring->commit_pos) - 1) & ~(uintptr_t)(PAGE - 1);

		is |= ((const struct rill_block *)(const void *)(ring->data + (pos & (ring->size - 1))))->layout & RILL_LAYOUT_CLOSED &&
		      atomic_load(&ring->commit_pos) & 1;
	}
	return is;
}

/* An event's header stands in the ring, and the event is not published. */
STEPPED static bool is_begun(void)
{
	bool is = false;

	for (unsigned flight = 0; flight < 1 + RILL_ON(CONFIG_RILL_FLIGHT); flight++) {
		const struct rill_ring *const ring = own_ring(flight);
		const uintptr_t pos = atomic_load(&ring->commit_pos);

		is |= pos & 1 && pos % PAGE != 1 && *(const uint64_t *)(const void *)(ring->data + ((pos & ~(uintptr_t)1) & (ring->size - 1)));
	}
	return is;
}

/* In the block that is open; the lesser one of both rings. */
static size_t room_left(void)
{
	size_t room = PAGE;

	for (unsigned flight = 0; flight < 1 + RILL_ON(CONFIG_RILL_FLIGHT); flight++) {
		const size_t here = -atomic_load(&own_ring(flight)->commit_pos) % PAGE;

		room = here < room ? here : room;
	}
	return room;
}

/* As after a long pause: the time of the next event is too far from the base, which a short way finds when it has begun to write. */
static void let_time_pass(void)
{
	for (unsigned flight = 0; flight < 1 + RILL_ON(CONFIG_RILL_FLIGHT); flight++) {
		struct rill_ring *const ring = own_ring(flight);

		rill_ring_set_base(ring, rill_ring_base(ring) ^ UINT64_C(1) << 63);
	}
}

STEPPED static void leave_event(void)
{
	left_events++;
	behind_left = 4;
	siglongjmp(leave, 1);
}

STEPPED static void emit_in_handler(uint64_t choice)
{
	depth++;
	emit_next((enum form)(choice % FORMS), choice / FORMS % 2);
	depth--;
	stepping = true;
}

/* Behind an instruction of an event: an instant is kept, or the event's handler emits, or it leaves the event for good. */
STEPPED static void on_step(int sig, siginfo_t *info, void *context)
{
	const uint64_t choice = next();

	(void)sig;
	(void)info;
	if (!stepping || ++steps_of_event > STEPS_OF_EVENT || ++steps_of_thread > STEPS_OF_THREAD) {
		step_no_more(context);
		return;
	}
	if (behind_left && !depth && !only_instants && is_begun()) {
		take_instant();
		telling[telling_count] = instants - 1;
		telling_count += telling_count < INSTANTS_MAX - 1;
	} else if (choice % 12 == 0) {
		take_instant();
	}
	if (only_instants)
		return;
	if (choice % (behind_left ? 23 : 97) == 0 && depth < 2)
		emit_in_handler(choice / 97);
	if (!depth && (choice % 211 == 0 || (choice % 2 && is_between_blocks())))
		leave_event();
}

/* Of the event that was emitted just now, which has one argument: its rings have nothing else. */
static uint64_t header_of_last(void)
{
	const struct rill_ring *ring = own_ring(false);
	uint64_t header;

	if (own_ring(true) != ring && atomic_load(&ring->commit_pos) % PAGE == rill_block_begin_bytes(ring))
		ring = own_ring(true);
	memcpy(&header, ring->data + ((atomic_load(&ring->commit_pos) - 16) & (ring->size - 1)), sizeof header);
	return header;
}

static void emit_one(enum form form, bool stepped)
{
	steps_of_event = depth = 0;
	if (!sigsetjmp(leave, 1))
		emit_next(form, stepped);
}

static void emit_some(void)
{
	static const enum form short_forms[] = { NONE, ONE, TWO, FOUR, TEXT, DYNAMIC, SCOPE };

	for (volatile unsigned i = 0; i < EVENTS; i++) {
		const uint64_t choice = next();

		if (i && !rill_own_slot())
			return;	/* all were in use */
		if (i == 1)
			bait = header_of_last();
		behind_left -= behind_left > 0;
		/* A short way that finds the time too far, and no room for more in the block, has written there what nobody writes over. */
		if (i > 1 && (choice / 4096 % 32 == 0 || (choice / 4096 % 2 && room_left() < 48)))
			let_time_pass();
		/* The first one gives the thread its rings, undisturbed. */
		emit_one(!i ? ONE : choice / 8 % 8 || behind_left ? short_forms[choice / 128 % (sizeof short_forms / sizeof *short_forms)] : LONG,
			 can_step && (choice % 8 == 0 || behind_left) && i);
		if (choice / 1024 % 8 == 0)
			take_instant();
	}
}

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static _Atomic unsigned ended;

/* Each time with other letters, of another number. */
static void put_name(char *name, unsigned thread, unsigned generation)
{
	sprintf(name, "%s %u of %u", generation ? "called" : "a thread of the name", thread, round_now);
}

static void name_thread(unsigned generation)
{
	char name[64];

	put_name(name, own, generation);
	steps_of_event = STEPS_OF_EVENT / 2;
	stepping = only_instants = can_step;
	if (can_step)
		step_from_here();
	rill_thread_name(name);
	stepping = false;
	step_to_here();
	only_instants = false;
}

/* Stays until two others have emitted: slots are taken over from one before the last. */
static void *run_thread(void *index)
{
	own = (unsigned)(uintptr_t)index;
	pthread_mutex_lock(&turn);
	tid_of[own] = (uint32_t)syscall(SYS_gettid);
	for (unsigned generation = 0; generation < 2; generation++) {
		steps_of_thread = 0;
		name_thread(generation);
		emit_some();
	}
	atomic_fetch_add(&ended, 1);
	pthread_mutex_unlock(&turn);
	while (atomic_load(&ended) < own + 2 && atomic_load(&ended) < THREADS)
		usleep(100);
	return NULL;
}

static char folder[64];

/* A folder for the ring file, and what texts are made of. */
static bool prepare(void)
{
	strcpy(folder, "/tmp/rill-cut-XXXXXX");
	memset(letters, 'x', sizeof letters - 1);
	for (size_t i = 0; i < sizeof letters - 1; i += 7)
		letters[i] = (char)('a' + i % 26);
	return mkdtemp(folder) != NULL;
}

static bool start_stream(struct rill_session **s)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	char path[128];

	snprintf(path, sizeof path, "%s/trace-%u.rill", folder, atomic_load(&ended));
	options.name = "stream";
	options.filter = "cut";
	options.file = path;
	return rill_session_start(&options, s) == 0;
}

static bool start_flight(struct rill_session **s)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;

	options.name = "flight";
	options.filter = "cut";
	options.flight_bytes = FLIGHT_BYTES;
	return !RILL_ON(CONFIG_RILL_FLIGHT) || rill_session_start(&options, s) == 0;
}

static bool stop(struct rill_session *s, bool flight)
{
	return (flight && !RILL_ON(CONFIG_RILL_FLIGHT)) || rill_session_stop(s) == 0;
}

static bool map_file(void)
{
	char path[400] = "";
	DIR *const dir = opendir(folder);
	struct stat st;
	int fd;

	for (struct dirent *e; dir && (e = readdir(dir)) != NULL;)
		if (strstr(e->d_name, ".ring"))
			snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
	closedir(dir);
	fd = open(path, O_RDONLY);
	NEED(fd >= 0 && fstat(fd, &st) == 0);
	pages = (unsigned)(st.st_size / PAGE);
	NEED(pages <= PAGES_MAX);
	file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	kept = mmap(NULL, (size_t)VERSIONS_MAX * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	NEED(file != MAP_FAILED && kept != MAP_FAILED);
	return close(fd) == 0;
}

/* What is in the file when it is found again begins with this. */
static bool begin_to_run(struct rill_session **stream, struct rill_session **flight)
{
	const struct rill_config config = { .size = sizeof config, .buffer_bytes = RING_BYTES, .threads_max = 3, .ring_file = folder,
					    .ring_disk = true };

	NEED(prepare() && rill_configure(&config) == 0);
	NEED(start_stream(stream) && start_flight(flight));
	NEED(map_file());
	take_instant();
	return true;
}

/* Sessions of both kinds, or of one. */
static bool run_program(void)
{
	struct rill_session *stream, *flight;
	pthread_t threads[THREADS];

	can_step = step_into(on_step);
	NEED(begin_to_run(&stream, &flight));
	for (uintptr_t i = 0; i < THREADS; i++) {
		for (unsigned wait = 0; !rill_slot_is_free() && wait < 20000; wait++)
			usleep(100);
		NEED(i % 4 != 1 || stop(stream, false));
		NEED(i % 4 != 2 || stop(flight, true));
		pthread_create(&threads[i], NULL, run_thread, (void *)i);
		while (atomic_load(&ended) <= i)
			usleep(100);
		NEED(i % 4 != 1 || start_stream(&stream));
		NEED(i % 4 != 2 || start_flight(&flight));
		take_instant();
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return stop(stream, false) && stop(flight, true);
}

/* ---- what is told --------------------------------------------------------------------------------------- */

struct told {
	uint64_t events, wrong, disorder, last_ns, nones, scopes;
	uint32_t last[THREADS];
	uint8_t seen[EVENTS_MAX];
	struct rill_image_result result;
};
static struct told told, coherent;

static bool has_text(const struct rill_value *v, uint64_t number, enum form form)
{
	const char *const text = text_of(number, form);

	return v->size == strlen(text) && !memcmp(v->text, text, v->size);
}

static bool is_right(const struct rill_event *e, const struct emitted *m, uint64_t number)
{
	const struct rill_value *const a = e->args;

	switch (m->form) {
	case ONE: return is_one(e->name, number) && e->nargs == 1;
	case TWO:
	case DYNAMIC: return !strcmp(e->name, "two") && e->nargs == 2 && a[1].u == check_of(number);
	case FOUR: return !strcmp(e->name, "four") && e->nargs == 4 && a[1].u == check_of(number) && a[2].u == BAIT;
	case TEXT:
	case LONG: return !strcmp(e->name, "text") && e->nargs == 2 && has_text(&a[1], number, m->form);
	default: return !strcmp(e->name, "scope") && e->phase == 'B' && e->nargs == 1;
	}
}

static bool is_whose(const struct rill_event *e, unsigned thread)
{
	char name[64];

	if (e->tid != tid_of[thread] || e->thread->tid != tid_of[thread])
		return false;
	for (unsigned generation = 0; generation < 2; generation++) {
		put_name(name, thread, generation);
		if (!strcmp(e->thread->name, name))
			return true;
	}
	return !*e->thread->name || !strcmp(e->thread->name, "(ended before)");
}

static void on_numbered(struct told *t, const struct rill_event *e)
{
	const uint64_t number = e->args[0].u;
	const uint32_t n = (uint32_t)number;
	const struct emitted *const m = &emitted[n % EVENTS_MAX];

	if (number >> 32 != round_now || !n || n > begun || !is_right(e, m, number) || !is_whose(e, m->thread) || t->seen[n]++) {
		t->wrong++;
		return;
	}
	if (m->nested)
		return;
	t->disorder += n < t->last[m->thread];
	t->last[m->thread] = n;
}

static void on_event(void *ctx, struct rill_packet_stream *stream, const struct rill_event *e)
{
	struct told *const t = ctx;

	(void)stream;
	t->disorder += e->ts_ns < t->last_ns;
	t->last_ns = e->ts_ns;
	if (!strcmp(e->category, "rill"))
		return;
	t->events++;
	t->wrong += strcmp(e->category, "cut") != 0;
	if (e->nargs)
		on_numbered(t, e);
	else if (!strcmp(e->name, "none"))
		t->nones++;
	else if (!strcmp(e->name, "scope") && e->phase == 'E')
		t->scopes++;
	else
		t->wrong++;
}

/* A NUL follows the bytes. */
static bool read_disk(const uint8_t *bytes, bool by_pages, struct told *t)
{
	static const struct rill_packet_reader_ops ops = { .event = on_event };
	struct rill_image image;
	const char *why;

	memset(t, 0, sizeof *t);
	NEED(rill_image_open(&image, bytes, (size_t)pages * PAGE, &why));
	if (by_pages)
		rill_image_after_power_cut(&image);
	rill_image_read(&image, &ops, t);
	t->result = image.result;
	rill_image_close(&image);
	return true;
}

static bool check_told(const struct told *t)
{
	const struct rill_image_result *const r = &t->result;

	NEED_EQUAL(t->wrong, 0);
	NEED_EQUAL(t->disorder, 0);
	NEED(t->nones <= nones && t->scopes <= scopes);
	NEED_EQUAL(r->rejected_bytes + r->rings_rejected + r->bad_definitions, 0);
	if (r->by_pages)
		NEED_EQUAL(r->pages * PAGE, r->frames + r->told + r->untold + r->left_out + r->free);
	return true;
}

/* ---- disks --------------------------------------------------------------------------------------------- */

static uint8_t *earlier;	/* the last file at this place, of which the process before has left the pages; shared */
static size_t earlier_bytes;
static unsigned of_page[PAGES_MAX + 1], by_page[VERSIONS_MAX];	/* the versions of each page, in order */
static uint64_t foreign_pages, empty_pages, old_pages;

static void sort_versions(void)
{
	unsigned at = 0;

	for (unsigned page = 0; page < pages; page++) {
		of_page[page] = at;
		for (unsigned v = 0; v < version_count; v++)
			if (versions[v].page == page)
				by_page[at++] = v;
	}
	of_page[pages] = at;
}

/* Some state of the page until this instant, the newest one mostly. The head is on the disk before anything else is. */
static const uint8_t *some_version(unsigned page, unsigned instant, uint64_t choice)
{
	unsigned count = of_page[page + 1] - of_page[page];

	while (versions[by_page[of_page[page] + count - 1]].instant > instant)
		count--;
	if (page && choice % 64 == 0 && earlier_bytes > (size_t)page * PAGE) {
		foreign_pages++;
		return earlier + (size_t)page * PAGE;
	}
	if (page && choice % 64 < 4) {
		empty_pages++;
		return NULL;
	}
	if (choice % 64 >= 32)
		return versions[by_page[of_page[page] + count - 1]].bytes;
	old_pages++;
	return versions[by_page[of_page[page] + choice / 64 % count]].bytes;
}

static void make_disk(uint8_t *disk, unsigned instant, bool whole)
{
	for (unsigned page = 0; page < pages; page++) {
		const uint8_t *const bytes = some_version(page, instant, whole ? 32 : next());

		if (bytes)
			memcpy(disk + (size_t)page * PAGE, bytes, PAGE);
		else
			memset(disk + (size_t)page * PAGE, 0, PAGE);
	}
}

/* Of one instant, all is told but the last record of each block that is open. */
static bool check_against_whole(void)
{
	const unsigned rings = 2 * 3 * CONFIG_RILL_LEVELS;
	unsigned missing = 0;

	for (uint32_t n = 0; n <= begun; n++)
		missing += coherent.seen[n] > told.seen[n];
	NEED(missing <= rings && coherent.nones <= told.nones + rings && coherent.scopes <= told.scopes + rings);
	NEED_EQUAL(told.result.pages_missing + told.result.untold, 0);
	return true;
}

static bool cut_power(unsigned images)
{
	uint8_t *const disk = malloc((size_t)pages * PAGE + 1);
	uint64_t events = 0, left_out = 0, missing = 0, untold = 0, believed = 0, wholes = 0;

	disk[(size_t)pages * PAGE] = '\0';
	sort_versions();
	for (unsigned i = 0; i < images; i++) {
		const bool whole = i % 10 < 4;

		make_disk(disk, i % 10 < 3 && telling_count ? telling[next() % telling_count] : (unsigned)(next() % instants), whole);
		NEED(read_disk(disk, true, &told) && check_told(&told));
		NEED(!whole || (read_disk(disk, false, &coherent) && check_told(&coherent) && check_against_whole()));
		events += told.events;
		left_out += told.result.left_out;
		missing += told.result.pages_missing;
		untold += told.result.untold;
		believed += told.result.pages;
		wholes += whole ? coherent.events : 0;
	}
	printf("(%u of %u instants, of which %u tell most, %llu events in %llu pages, %llu bytes left out, %llu unknown, %llu pages missing, %u events left) ",
	       images, instants, telling_count,
	       (unsigned long long)events, (unsigned long long)believed, (unsigned long long)left_out, (unsigned long long)untold,
	       (unsigned long long)missing, left_events);
	NEED(events > 100 * images && left_out && missing && untold && empty_pages && old_pages && wholes);
	NEED(!earlier_bytes || foreign_pages);
	free(disk);
	return true;
}

/* ---- from the short ways to the long one ------------------------------------------------------------ */

static struct rill_ring *position_of(bool flight, uintptr_t *at)
{
	struct rill_ring *const ring = own_ring(flight);

	*at = atomic_load(&ring->commit_pos);
	return ring;
}

/* What is behind that position in its page is free. */
static bool is_free(const struct rill_ring *ring, uintptr_t at)
{
	for (; at % PAGE; at++)
		NEED_EQUAL(ring->data[at & (ring->size - 1)], 0);
	return true;
}

/* The record has room, but not the time in front of it, which a short way learns when the record is written. */
static bool go_over(enum form form, size_t room, bool flight)
{
	uintptr_t before[2], after;

	for (unsigned i = 0; -atomic_load(&own_ring(flight)->commit_pos) % PAGE != room && i < 2 * PAGE; i++)
		emit(NONE, 0);
	NEED_EQUAL(-atomic_load(&own_ring(flight)->commit_pos) % PAGE, room);
	position_of(false, &before[0]);
	position_of(RILL_ON(CONFIG_RILL_FLIGHT), &before[1]);
	let_time_pass();
	emit(form, number_of(1));
	for (unsigned i = 0; i < 1 + RILL_ON(CONFIG_RILL_FLIGHT); i++) {
		const struct rill_ring *const ring = position_of(i, &after);

		NEED((after - 1) / PAGE == before[i] / PAGE || is_free(ring, before[i]));
	}
	return true;
}

static bool go_over_with(unsigned sessions)
{
	static const enum form forms[] = { NONE, ONE, TWO, FOUR, TEXT };
	const struct rill_config config = { .size = sizeof config, .buffer_bytes = RING_BYTES, .threads_max = 1, .ring_file = folder,
					    .ring_disk = true };
	struct rill_session *stream, *flight;

	NEED(prepare() && rill_configure(&config) == 0);
	NEED(start_flight(&flight) && start_stream(&stream));
	NEED(sessions & 1 || stop(stream, false));
	NEED(sessions & 2 || stop(flight, true));
	emit(ONE, 1);
	for (unsigned f = 0; f < sizeof forms / sizeof *forms; f++)
		for (size_t room = 24; room <= 64; room += 8) {
			NEED(!(sessions & 1) || rill_session_flush(stream, 60000) == 0);
			NEED((!(sessions & 1) || go_over(forms[f], room, false)) && (!(sessions & 2) || go_over(forms[f], room, true)));
		}
	NEED(!(sessions & 1) || stop(stream, false));
	NEED(!(sessions & 2) || stop(flight, true));
	return remove_folder(folder);
}

static bool go_over_in_the_stream(void)
{
	return go_over_with(1);
}

static bool go_over_in_flight_rings(void)
{
	return go_over_with(2);
}

static bool go_over_in_both(void)
{
	return go_over_with(3);
}

static void what_a_short_way_leaves_to_the_long_one_leaves_no_bytes_in_a_page(void)
{
	ISOLATED(go_over_in_the_stream);
	if (RILL_ON(CONFIG_RILL_FLIGHT)) {
		ISOLATED(go_over_in_flight_rings);
		ISOLATED(go_over_in_both);
	}
}

/* ---- by the tool ------------------------------------------------------------------------------------------ */

/* False, and what it said, unless it ends with this code and what it says has, or has not, this in it. */
static bool extract(const char *path, const char *after, int code, const char *said, bool wanted)
{
	const char *const args[] = { path, "-o", "/dev/null", "--to", "text", after ? "--after" : NULL, after, NULL };
	struct tool_result r = tool_run(&rill_verb_extract, args, "", 0);
	const bool good = r.code == code && !!strstr(r.err, said) == wanted;

	if (!good)
		printf("%d: %s", r.code, r.err);
	tool_done(&r);
	return good;
}

/* As a user does it, to whom it is said in bytes what is not told. This machine has not been switched off since the program began, so that
 * it has to be told of a power cut. */
static bool extract_with_the_tool(void)
{
	uint8_t *const disk = malloc((size_t)pages * PAGE + 1);
	char path[128], said[400];
	FILE *f;

	snprintf(path, sizeof path, "%s/disk", folder);
	disk[(size_t)pages * PAGE] = '\0';
	make_disk(disk, instants - 1, false);
	f = fopen(path, "w");
	NEED(f && fwrite(disk, PAGE, pages, f) == pages && fclose(f) == 0);
	NEED(read_disk(disk, true, &told) && check_told(&told));
	free(disk);
	snprintf(said, sizeof said, "%llu pages are there and %llu between them (%llu bytes) are not; %llu bytes of events are told, %llu left out",
		 (unsigned long long)told.result.pages, (unsigned long long)told.result.pages_missing,
		 (unsigned long long)told.result.pages_missing * PAGE, (unsigned long long)told.result.told,
		 (unsigned long long)told.result.left_out);
	NEED(extract(path, "power-cut", 0, said, true));
	NEED(extract(path, "kill", 0, "as after a power cut", false));
	NEED(extract(path, NULL, 0, "as after a power cut", false));
	NEED(extract(path, "dinner", 2, "--after dinner: kill or power-cut is wanted", true));
	return true;
}

/* ---- the cases -------------------------------------------------------------------------------------------- */

static unsigned images_of_round(void)
{
	const char *const asked = getenv("RILL_CUT_IMAGES");

	return asked ? (unsigned)atoi(asked) : IMAGES / 2;
}

static bool one_round(void)
{
	seed = 20261123 + round_now;
	NEED(run_program());
	NEED(cut_power(images_of_round()));
	NEED(extract_with_the_tool());
	NEED(!can_step || left_events);
	/* For the next one. */
	memcpy(earlier, file, (size_t)pages * PAGE);
	return remove_folder(folder);
}

static void what_is_told_after_a_power_cut_was_emitted(void)
{
	const char *const asked = getenv("RILL_CUT_ROUNDS");
	const unsigned rounds = asked ? (unsigned)atoi(asked) : 2;

	earlier = mmap(NULL, (size_t)PAGES_MAX * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (round_now = 0; round_now < rounds; round_now++) {
		ISOLATED(one_round);
		earlier_bytes = (size_t)PAGES_MAX * PAGE;
	}
}

static const struct test_case cases[] = {
	T(what_a_short_way_leaves_to_the_long_one_leaves_no_bytes_in_a_page),
	T(what_is_told_after_a_power_cut_was_emitted),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("power cuts", cases, argc, argv);
}
