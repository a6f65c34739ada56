/* SPDX-License-Identifier: MIT
 * convert.c - fuzz target: every format that the tool writes. The first byte says which, the second whether a part is
 * cut out. What is written in a format that the tool reads must be whole, with the events that were written.
 */
#define _GNU_SOURCE /* nftw */
#define MEND_FROM 2
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_mend.h"
#include "tool/format.h"
#include "tool/sieve.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

enum { FORMATS_MAX = 16 };

static const struct rill_output_format *formats[FORMATS_MAX];
static unsigned format_count;
static char folder[64], path[80];

/* ---- where it is written ------------------------------------------------------------------------------ */

static int take_away(const char *name, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(name);
}

static void empty(void)
{
	nftw(path, take_away, 16, FTW_DEPTH | FTW_PHYS);
}

static void leave(void)
{
	empty();
	rmdir(folder);
}

/* In memory, where there is such a folder. */
static void enter(void)
{
	snprintf(folder, sizeof folder, "%s/rill-fuzz-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	MUST(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/out", folder);
	atexit(leave);
}

/* "rill, json, text or folded" */
static void find_formats(void)
{
	char *const names = rill_format_names(), *next;

	for (char *name = strtok_r(names, ", ", &next); name; name = strtok_r(NULL, ", ", &next)) {
		formats[format_count] = rill_format_by_name(name);
		format_count += formats[format_count] != NULL;
		MUST(format_count < FORMATS_MAX);
	}
	MUST(format_count >= 4);
	free(names);
}

/* ---- reading it again --------------------------------------------------------------------------------- */

static uint8_t *load(size_t *size)
{
	const int fd = open(path, O_RDONLY);
	struct stat st;
	uint8_t *bytes;

	MUST(fd >= 0 && fstat(fd, &st) == 0);
	bytes = malloc((size_t)st.st_size + 1);
	MUST(read(fd, bytes, (size_t)st.st_size) == st.st_size);
	close(fd);
	*size = (size_t)st.st_size;
	return bytes;
}

static void read_again(uint64_t events, bool mended)
{
	static const struct rill_intake_ops nobody;
	struct rill_intake_result again;
	struct rill_input in;
	uint8_t *bytes;
	size_t size;

	bytes = load(&size);
	in = fuzz_input(bytes, size);
	MUST(rill_intake_run(&in, &nobody, NULL, &again) == 0);
	rill_input_close(&in);
	free(bytes);
	if (again.kind == RILL_INTAKE_JSON) {
		MUST(again.json.closed && !again.json.damaged && !again.json.torn_bytes);
		/* Metadata and gaps are lines as well. */
		MUST(again.json.events >= events);
		return;
	}
	MUST(!again.packets.torn_bytes && again.packets.damaged <= again.packets.malformed);
	if (!mended)
		MUST(again.packets.events + again.packets.undefined == events);
}

/* ---- the target --------------------------------------------------------------------------------------- */

static struct rill_sieve *sieve_for(const struct rill_output_format *format, void *state)
{
	static const struct rill_moment from = { true, false, 10 }, to = { true, true, UINT64_C(1) << 40 };
	static struct rill_filter *filter; /* outlives all sieves */

	if (!filter) {
		MUST(rill_filter_parse("*,-drop*", RILL_MATCH_CHROMIUM, &filter) == 0);
		MUST(rill_filter_set_events(filter, "-n1") == 0);
	}
	return rill_sieve_new(&from, &to, filter, &format->ops, state);
}

static void convert(const struct rill_output_format *format, bool part, const uint8_t *data, size_t size)
{
	const struct rill_format_options options = { .path = path, .salt = part, .console = true };
	struct rill_input in = fuzz_input(data, size);
	struct rill_intake_result result;
	struct rill_sieve *sieve = NULL;
	struct rill_written written;
	struct rill_written *state;
	int code, closed;

	state = format->open(&options, &code);
	MUST(state);
	if (part)
		sieve = sieve_for(format, state);
	code = rill_intake_run(&in, part ? rill_sieve_ops(sieve) : &format->ops, part ? (void *)sieve : state, &result);
	rill_input_close(&in);
	written = *state;
	if (format->flush)
		format->flush(state);
	closed = format->close(state, code == 0 || written.events);
	rill_sieve_free(sieve);
	MUST(!written.broken);
	if (!code && !closed && (format == &rill_format_rill || format == &rill_format_json))
		/* How many events a packet has whose right checksum covers nonsense, nobody knows. */
		read_again(written.events, result.packets.packed || result.packets.newer || result.packets.malformed);
	empty();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!format_count) {
		find_formats();
		enter();
	}
	if (size < MEND_FROM)
		return 0;
	fuzz_piece = size % 3 ? 0 : 1 + size % 97;
	convert(formats[data[0] % format_count], data[1] & 1, data + MEND_FROM, size - MEND_FROM);
	return 0;
}
