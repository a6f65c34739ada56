/* SPDX-License-Identifier: MIT
 * test_serial_line.c - a traced program, a slow and faulty line, `rill pull` at its far end, and `rill check`: whatever the line
 * does, nothing wrong is taken for an event, what was not touched is there, and what is missing is counted exactly.
 *
 * RILL_LINE_MS: how long each line runs, 1000 unless told; from 10 seconds on there are more of them. RILL_LINE_SEED: the first
 * seed; each is printed.
 */
#define _GNU_SOURCE
#include "emulated.h"
#include "folder_help.h"
#include "packet_help.h"
#include "wire_help.h"

#include <errno.h>
#include <inttypes.h>
#include <rill/trace.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum {
	BAUD = 115200, IDLE_MS = 350, LONG_MS = 10000,
	/* The first definitions are told again some time later only: what is lost with them need not come before. */
	SPARED_BYTES = 2000
};

static char folder[64];

/* ---- the traced program: this one, started again --------------------------------------------------- */

static void numbered_text(char text[32], uint64_t n)
{
	snprintf(text, 32, "text %llu", (unsigned long long)(n * 7919 % 61));
}

/* Evenly spaced. The program counts by itself what it has emitted: all of it. */
static int emit(unsigned count, unsigned per_second, bool plain)
{
	struct timespec next_time;
	char text[32];

	clock_gettime(CLOCK_MONOTONIC, &next_time);
	for (unsigned n = 0; n < count; n++) {
		numbered_text(text, n);
		if (plain)
			RILL_INSTANT("line", "plain");
		else if (n % 2)
			RILL_INSTANT("line", "odd", "n", (uint64_t)n, "text", (const char *)text);
		else
			RILL_INSTANT("line", "even", "n", (uint64_t)n, "text", (const char *)text);
		next_time.tv_nsec += (long)(1000000000 / per_second);
		next_time.tv_sec += next_time.tv_nsec / 1000000000;
		next_time.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next_time, NULL);
	}
	return 0;
}

static pid_t start_emitting(const struct wire *w, const char *options, unsigned count, unsigned per_second, bool plain)
{
	char place[256], counted[16], rate[16], kind[16];
	char *const argv[] = { "traced", "--emit", counted, rate, kind, NULL };
	pid_t child;

	snprintf(place, sizeof place, "serial:%s?baud=%u%s", w->board.link, w->baud, options);
	snprintf(counted, sizeof counted, "%u", count);
	snprintf(rate, sizeof rate, "%u", per_second);
	snprintf(kind, sizeof kind, "%s", plain ? "plain" : "numbered");
	child = fork();
	if (child == 0) {
		setenv("RILL_TRACE", "line", 1);
		setenv("RILL_FILE", place, 1);
		become("/proc/self/exe", argv, environ);
		_exit(127);
	}
	CU_ASSERT_FATAL(child > 0);
	return child;
}

static void wait_for_end(pid_t child)
{
	int status = -1;

	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_EQUAL(status, 0);
}

/* ---- the far end ------------------------------------------------------------------------------------ */

static void path_of(char path[160], const char *name)
{
	snprintf(path, 160, "%s/%s", folder, name);
}

static pid_t start_pulling(const struct wire *w, const char *out)
{
	char path[160], baud[16], line[sizeof w->host.link];
	char *const argv[] = { "rill", "pull", line, "-b", baud, "-w", "-q", "-o", path, NULL };
	pid_t child;

	path_of(path, out);
	snprintf(line, sizeof line, "%s", w->host.link);
	snprintf(baud, sizeof baud, "%u", w->baud);
	child = fork();
	if (child == 0) {
		become_by(starter(), RILL_BUILD "/rill", argv, environ);
		_exit(127);
	}
	CU_ASSERT_FATAL(child > 0);
	for (unsigned i = 0; i < 500 && !wire_is_open(&w->host); i++)
		usleep(10000);
	return child;
}

/* Waits for more: one that has something to read and does not get to it is ready to run. */
static bool is_asleep(pid_t child)
{
	char path[64], state = 'S';
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)child);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 'S';	/* it has ended */
	if (file)
		fclose(file);
	return state == 'S' || state == 'Z';
}

static void stop_pulling(struct wire *w, pid_t child)
{
	wire_wait_idle(w, IDLE_MS);
	for (unsigned asleep = 0; asleep < 5; asleep = is_asleep(child) ? asleep + 1 : 0)
		usleep(10000);
	kill(child, SIGINT);
	wait_for_end(child);
}

static uint8_t *read_whole(const char *name, size_t *size)
{
	char path[160];
	FILE *file;
	uint8_t *bytes;
	long end;

	path_of(path, name);
	file = fopen(path, "rb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fseek(file, 0, SEEK_END);
	end = ftell(file);
	rewind(file);
	bytes = malloc((size_t)end + 1);
	*size = fread(bytes, 1, (size_t)end, file);
	fclose(file);
	return bytes;
}

/* What `rill check` says is not there, by its own words. */
struct verdict {
	uint64_t lost, missing, before;
	int code;
	char text[8192];
};

static uint64_t number_before(const char *text, const char *words)
{
	const char *at = strstr(text, words);

	while (at && at > text && at[-1] >= '0' && at[-1] <= '9')
		at--;
	return at ? strtoull(at, NULL, 10) : 0;
}

static struct verdict check_file(const char *name)
{
	struct verdict v = { .code = -1 };
	char command[640];
	size_t size;
	FILE *out;

	snprintf(command, sizeof command, "%s %s/rill check %s/%s", starter() ? starter() : "", RILL_BUILD, folder, name);
	out = popen(command, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	size = fread(v.text, 1, sizeof v.text - 1, out);
	v.text[size] = '\0';
	v.code = WEXITSTATUS(pclose(out));
	v.lost = number_before(v.text, " events never reached it");
	if (strstr(v.text, "missing: "))
		v.missing = number_before(strstr(v.text, "missing: "), " events; the line");
	v.before = number_before(v.text, " events before are not here");
	return v;
}

/* ---- what came ---------------------------------------------------------------------------------------- */

static uint64_t next_number, last_ns;
static uint32_t last_pid;

static bool is_right(uint64_t index, const struct rill_event *e)
{
	char text[32];
	bool right;

	(void)index;
	if (e->nargs != 2 || e->args[0].type != RILL_TYPE_U64 || strcmp(e->args[0].name, "n") || strcmp(e->args[1].name, "text"))
		return false;
	numbered_text(text, e->args[0].u);
	if (e->pid != last_pid)	/* the program was started again */
		next_number = last_ns = 0;
	last_pid = e->pid;
	right = e->args[0].u >= next_number && e->ts_ns >= last_ns && !strcmp(e->category, "line") && e->phase == 'I' &&
		!strcmp(e->name, e->args[0].u % 2 ? "odd" : "even") && !strcmp(e->args[1].text, text) && e->thread;
	next_number = e->args[0].u + 1;
	last_ns = e->ts_ns;
	return right;
}

static bool is_plain(uint64_t index, const struct rill_event *e)
{
	const bool right = e->nargs == 0 && e->ts_ns >= last_ns && !strcmp(e->name, "plain") && e->thread;

	(void)index;
	last_ns = e->ts_ns;
	return right;
}

static struct help_read read_pulled(const char *name, bool plain)
{
	struct help_read h = { .check = plain ? is_plain : is_right };
	size_t size;
	uint8_t *bytes = read_whole(name, &size);

	next_number = last_ns = 0;
	help_read_with(&h, (struct rill_packet_reader_options){ .framed = false }, bytes, size, 0);
	free(bytes);
	CU_ASSERT_EQUAL(h.wrong, 0);
	CU_ASSERT_EQUAL(h.damaged + h.result.malformed + h.result.refused + h.result.torn_bytes, 0);
	return h;
}

/* Events in the frames that nothing has touched; those sent again count once. */
static uint64_t untouched_events(const struct wire *w)
{
	struct help_read h = { .events = 0 };
	uint8_t *clean = malloc(w->size + 1);
	size_t size = 0;

	for (size_t at = 0; at < w->size;) {
		const size_t from = at;
		bool touched = w->hit[at];

		for (at++; at < w->size && w->bytes[at]; at++)
			touched |= w->hit[at];
		if (at < w->size)
			touched |= w->hit[at++];
		if (touched)
			continue;
		memcpy(clean + size, w->bytes + from, at - from);
		size += at - from;
	}
	help_read_with(&h, (struct rill_packet_reader_options){ .framed = true }, clean, size, 0);
	free(clean);
	return h.events + h.result.undefined;
}

/* ---- lines ---------------------------------------------------------------------------------------------- */

static unsigned usual_ms(void)
{
	const char *text = getenv("RILL_LINE_MS");

	return text ? (unsigned)atoi(text) : 1000;
}

static uint64_t seed_of(unsigned row)
{
	const char *text = getenv("RILL_LINE_SEED");

	return (text ? strtoull(text, NULL, 0) : 1) + row;
}

struct row {
	const char *name;
	struct wire_faults faults;
	unsigned per_second;
	unsigned baud;			/* 0: BAUD */
	unsigned ms;			/* 0: as usual */
	const char *options;		/* behind the speed */
	const char *steps;		/* of the times, as `rill check` says; NULL: 512 */
	bool plain;
	bool twice;			/* the program comes back when it has ended */
	bool late;			/* the reader comes half way */
	void (*during)(struct wire *w);	/* half way */
};

struct result {
	struct help_read read;
	struct verdict verdict;
	uint64_t emitted, untouched;
	size_t bytes, touched;
};

/* One program from its start to its end. */
static struct result run_line(const struct row *row)
{
	static struct result r;
	static unsigned rows;
	struct wire w = { .faults = row->faults };

	const unsigned ms = row->ms ? row->ms : usual_ms(), count = (unsigned)((uint64_t)row->per_second * ms / 1000);
	pid_t pull = 0, traced;
	char steps[64];

	r = (struct result){ .emitted = (row->twice ? 2 : 1) * count };
	wire_start(&w, folder, row->baud ? row->baud : BAUD, seed_of(rows++));
	if (row->late)
		wire_unplug(&w.host);
	else
		pull = start_pulling(&w, "pulled.rill");
	for (unsigned i = 0; i <= row->twice; i++) {
		atomic_store(&w.spared, SPARED_BYTES);
		traced = start_emitting(&w, row->options ? row->options : "", count, row->per_second, row->plain);
		if (row->during || row->late)
			usleep(ms * 500);
		if (row->during)
			row->during(&w);
		if (row->late) {
			wire_plug(&w.host);
			pull = start_pulling(&w, "pulled.rill");
		}
		wait_for_end(traced);
	}
	stop_pulling(&w, pull);
	wire_stop(&w);
	r.untouched = untouched_events(&w);
	r.bytes = w.size;
	r.touched = w.touched;
	r.read = read_pulled("pulled.rill", row->plain);
	r.verdict = check_file("pulled.rill");
	snprintf(steps, sizeof steps, "note: times are in steps of %s ns\n", row->steps ? row->steps : "512");
	CU_ASSERT((strstr(r.verdict.text, steps) != NULL) == (!row->steps || *row->steps));
	printf("\n    %-34s seed %" PRIu64 ": %zu bytes, %zu touched; %" PRIu64 " emitted, %" PRIu64 " came, %" PRIu64
	       " lost, %" PRIu64 " missing, %" PRIu64 " before ", row->name, w.seed, r.bytes, r.touched, r.emitted,
	       r.read.events, r.verdict.lost, r.verdict.missing, r.verdict.before);
	fflush(stdout);
	wire_free(&w);
	return r;
}

/* What the reader says is missing is what is missing, and what no fault has touched is there. */
static void books_are_closed(const struct result *r)
{
	CU_ASSERT_EQUAL(r->read.events + r->verdict.lost + r->verdict.missing + r->verdict.before, r->emitted);
	/* A zero of two that part frames may be spoilt, and the frames whole. */
	CU_ASSERT(r->read.events >= r->untouched);
	CU_ASSERT_EQUAL(r->read.result.undefined, 0);
	CU_ASSERT(r->read.events > 0);
	CU_ASSERT_EQUAL(r->verdict.code, r->verdict.lost || r->verdict.missing);
}

/* All of the damage is in the wire: nothing was refused before. */
static void rows_hold(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct result r = run_line(&rows[i]);

		books_are_closed(&r);
		CU_ASSERT_EQUAL(r.verdict.lost, 0);
		CU_ASSERT_EQUAL(r.read.streams, 1 + rows[i].twice);
		CU_ASSERT((r.touched > 0) == (rows[i].faults.drop || rows[i].faults.flip || rows[i].faults.burst));
	}
}

static void V_32_nothing_wrong_is_taken_from_a_faulty_line(void)
{
	const struct row rows[] = {
		{ .name = "bytes dropped", .faults = { .drop = 1000 }, .per_second = 500 },
		{ .name = "bits flipped", .faults = { .flip = 1000 }, .per_second = 500 },
		{ .name = "bursts of noise", .faults = { .burst = 1000 }, .per_second = 500 },
		{ .name = "noise first, console text", .faults = { .noise_first = 5000, .text = 2 }, .per_second = 500 },
		{ .name = "all of it, twice", .per_second = 500, .ms = usual_ms() / 2, .twice = true,
		  .faults = { .drop = 8000, .flip = 8000, .replace = 8000, .burst = 8000, .text = 3, .noise_first = 999 } },
	};

	static const struct row more_rows[] = {
		{ .name = "9600 baud", .baud = 9600, .faults = { .flip = 2000 }, .per_second = 40 },
		{ .name = "9600 baud, ns", .baud = 9600, .options = "&unit=1ns", .steps = "", .faults = { .flip = 2000 }, .per_second = 40 },
		{ .name = "921600 baud", .baud = 921600, .steps = "", .faults = { .flip = 2000, .drop = 5000 }, .per_second = 4000 },
	};

	rows_hold(rows, sizeof rows / sizeof *rows);
	if (usual_ms() >= LONG_MS)
		rows_hold(more_rows, sizeof more_rows / sizeof *more_rows);
}

static void V_32_more_than_the_line_carries_is_counted_exactly(void)
{
	const struct row row = { .name = "too much", .per_second = 6000 };
	const struct result r = run_line(&row);

	books_are_closed(&r);
	/* What was under way at the end is missing, the rest was refused. */
	CU_ASSERT(r.verdict.lost > r.verdict.missing);
	/* The line was full all the time, as far as this machine let the board send. */
	CU_ASSERT(r.bytes > (size_t)BAUD / 10 * usual_ms() / 1000 / 2);
}

static void replug_host(struct wire *w)
{
	wire_unplug(&w->host);
	usleep(200000);
	wire_plug(&w->host);
}

static void replug_board(struct wire *w)
{
	wire_unplug(&w->board);
	usleep(200000);
	wire_plug(&w->board);
}

static void who_comes_late_learns_everything_soon(void)
{
	const struct row row = { .name = "reader late", .per_second = 1000, .ms = 3 * usual_ms() / 2, .late = true,
				 .options = "&unit=1ns", .steps = "" };
	const struct result r = run_line(&row);

	books_are_closed(&r);
	CU_ASSERT(r.verdict.before > 0 && r.read.events > r.emitted / 3);
}

static void V_32_a_line_may_be_unplugged_at_either_end(void)
{
	/* A line that is back is found within 250 ms, and then the rest of the second is left. */
	const unsigned usual = usual_ms();
	const struct row rows[] = {
		{ .name = "reader unplugged", .per_second = 500, .ms = 2 * usual, .options = "&unit=10us", .steps = "8192", .during = replug_host },
		{ .name = "writer unplugged", .per_second = 500, .ms = 2 * usual, .during = replug_board },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct result r = run_line(&rows[i]);

		books_are_closed(&r);
		CU_ASSERT(r.verdict.missing > 0);
	}
}

static void two_thousand_plain_events_a_second_arrive_at_115200_baud(void)
{
	const struct row row = { .name = "plain", .per_second = 2000, .ms = 2 * usual_ms(), .plain = true };
	const struct result r = run_line(&row);
	CU_ASSERT_EQUAL(r.read.events, r.emitted);
	CU_ASSERT_EQUAL(r.verdict.code, 0);
	CU_ASSERT_EQUAL(r.verdict.lost + r.verdict.missing + r.verdict.before, 0);
}

static const struct test_case cases[] = {
	T(two_thousand_plain_events_a_second_arrive_at_115200_baud),
	T(V_32_more_than_the_line_carries_is_counted_exactly),
	T(V_32_nothing_wrong_is_taken_from_a_faulty_line),
	T(who_comes_late_learns_everything_soon),
	T(V_32_a_line_may_be_unplugged_at_either_end),
};

int main(int argc, char **argv)
{
	int result;

	if (argc == 5 && !strcmp(argv[1], "--emit"))
		return emit((unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]), !strcmp(argv[4], "plain"));
	strcpy(folder, "/tmp/rill-line-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	result = TEST_MAIN("serial line", cases, argc, argv);
	remove_folder(folder);
	return result;
}
