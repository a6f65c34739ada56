/* SPDX-License-Identifier: MIT
 * pull.c - `rill pull`: takes a trace from a serial line, a socket or a pipe, and keeps it.
 */
#include "live.h"
#include "words.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char help_text[] =
	"usage: rill pull SOURCE -o OUT [-b BAUD]\n"
	"\n"
	"Takes the trace that a board sends and writes it to OUT: from a serial DEVICE, tcp:HOST:PORT, unix:PATH, a FILE or\n"
	"pipe, or - for standard input. The stream may be joined at any time; only whole packets are kept, and what a\n"
	"console writes between them is passed over. A terminal shows rate, events, losses and damaged bytes meanwhile.\n"
	"Ends with the stream, or with Ctrl-C; what has arrived is kept.\n"
	"\n"
	"  -o, --output OUT     the file to write; - is standard output\n"
	"      --to FORMAT      rill, json, perfetto, ctf, text or folded, whatever OUT is called\n" RILL_LIVE_HELP
	"  -q, --quiet          show nothing meanwhile, and say nothing when all went well\n"
	"\n"
	"Exit code: 0 done, 1 SOURCE cannot be read, or nothing came; 2 wrong usage.\n"
	"\n"
	"examples:\n"
	"  rill pull /dev/ttyUSB0 -b 921600 -o board.rill\n"
	"  rill pull tcp:192.168.1.7:4710 -o board.json\n"
	"  ssh board cat /run/rill.pipe | rill pull - -o board.rill\n";

enum { TO = 256 };

static const struct rill_option options[] = {
	{ 'o', "output", "OUT" }, { TO, "to", "FORMAT" }, RILL_LIVE_OPTIONS,
	{ 'q', "quiet", NULL },   { 0, NULL, NULL },
};

struct pull {
	struct rill_transfer transfer;
	const char *to;
	bool shows, shown;
	uint64_t last_ns, last_bytes, last_events; /* when the line was shown */
	uint64_t bytes_rate, events_rate;
};

static int take_option(void *ctx, int id, const char *value)
{
	struct pull *p = ctx;

	switch (id) {
	case 'o': p->transfer.out = value; return 0;
	case 'q': p->transfer.quiet = true; return 0;
	case TO: p->to = value; return 0;
	default: return rill_live_option(&rill_verb_pull, &p->transfer, id, value);
	}
}

/* ---- the line on the terminal --------------------------------------------------------------- */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t rate(uint64_t now, uint64_t before, uint64_t ns)
{
	return ns ? (now - before) * 1000 / (ns / 1000000 + 1) : 0;
}

static void measure(struct pull *p)
{
	enum { SECOND = 1000000000 };
	const struct rill_transfer *const t = &p->transfer;
	const uint64_t now = now_ns(), passed = now - p->last_ns;

	if (p->last_ns && passed < SECOND)
		return;
	if (p->last_ns) {
		p->bytes_rate = rate(t->input.bytes, p->last_bytes, passed);
		p->events_rate = rate(t->written->events, p->last_events, passed);
	}
	p->last_ns = now;
	p->last_bytes = t->input.bytes;
	p->last_events = t->written->events;
}

static void show(void *ctx)
{
	struct pull *const p = ctx;
	const struct rill_transfer *const t = &p->transfer;
	const struct rill_packet_reader_result *const r = &t->result.packets;
	const uint64_t damaged = t->result.kind == RILL_INTAKE_JSON ? t->result.json.damaged_bytes
								    : r->damaged_bytes;

	if (t->format->flush)
		t->format->flush(t->state);
	if (!p->shows)
		return;
	measure(p);
	fputc('\r', stderr);
	rill_put_safe(stderr, t->in);
	if (t->result.kind == RILL_INTAKE_NOTHING)
		fprintf(stderr, ": %llu bytes, no trace in them yet\033[K",
			(unsigned long long)t->input.bytes);
	else
		fprintf(stderr,
			": %s/s, %llu events/s, %llu events, %llu lost, %llu bytes damaged\033[K",
			rill_bytes_word(p->bytes_rate).text, (unsigned long long)p->events_rate,
			(unsigned long long)t->written->events,
			(unsigned long long)(r->lost + r->missing_events),
			(unsigned long long)damaged);
	fflush(stderr);
	p->shown = true;
}

/* ---- pulling -------------------------------------------------------------------------------- */

static int say_nothing_came(const struct rill_transfer *t)
{
	const bool serial = t->input.place == RILL_INPUT_SERIAL;

	if (!t->input.bytes)
		rill_say("nothing came from %s: is the traced program running%s?", t->in,
			 serial ? ", and its line connected"
				: ", with a session that writes there");
	else
		rill_say("%llu bytes came from %s, and no whole packet was in them%s",
			 (unsigned long long)t->input.bytes, t->in,
			 serial ? ": is the speed right (-b)?" : "");
	return RILL_EXIT_FAILED;
}

static int pull(struct pull *p)
{
	struct rill_transfer *const t = &p->transfer;
	int code = rill_transfer_open(t);

	if (code)
		return code;
	p->shows = isatty(STDERR_FILENO) && !t->quiet;
	t->input.tick = show;
	t->input.tick_ctx = p;
	code = rill_transfer_run(t);
	if (p->shown)
		fputs("\r\033[K", stderr);
	if (code)
		return code;
	if (t->result.kind == RILL_INTAKE_NOTHING ||
	    (t->result.kind != RILL_INTAKE_JSON && !t->result.packets.packets))
		return say_nothing_came(t);
	if (!t->quiet)
		rill_say("%s: %llu events, %llu lost", t->out, (unsigned long long)t->at_end.events,
			 (unsigned long long)(t->result.packets.lost +
					      t->result.packets.missing_events));
	return RILL_EXIT_OK;
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct pull p = { .transfer = { .input_options.live = true } };
	int code = rill_options(verb, &p, &argc, argv);

	if (code >= 0)
		return code;
	if (argc != 1)
		return rill_usage(verb,
				  "one SOURCE is wanted (rill pull SOURCE -o OUT), %d were given",
				  argc);
	if (!p.transfer.out)
		return rill_usage(verb,
				  "the output is missing: -o FILE, or -o - for standard output");
	p.transfer.in = argv[0];
	code = rill_transfer_format(verb, &p.transfer, p.to);
	return code ? code : pull(&p);
}

const struct rill_verb rill_verb_pull = {
	"pull",      "take a trace from a serial line, a socket or a pipe",
	help_text,   options,
	take_option, run,
	0,
};
