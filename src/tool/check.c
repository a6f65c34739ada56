/* SPDX-License-Identifier: MIT
 * check.c - `rill check`: is a trace whole? What is lost or damaged, where, and what helps.
 */
#include "format/causes.h"
#include "codecs.h"
#include "transfer.h"
#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char help_text[] =
	"usage: rill check FILE\n"
	"\n"
	"Reads every packet (or event, of Chrome JSON) of FILE and says what is lost or damaged, where, and what helps:\n"
	"damaged and torn bytes with their offset, missing packets by sequence and totals, lost events by thread and cause,\n"
	"events out of order, streams without a beginning or an end. - is standard input.\n"
	"\n"
	"  -a, --all            every finding; else the first 20 of each kind\n"
	"  -q, --quiet          only the exit code\n"
	"\n"
	"Exit code: 0 all is there; 1 something is lost, damaged or cut off, or FILE cannot be read; 2 wrong usage.\n"
	"\n"
	"examples:\n"
	"  rill check board.rill\n"
	"  rill check -q t.rill || echo 'look at it first'\n";

enum { SHOWN = 20, STREAMS = 256 };

static const struct rill_option options[] = {
	{ 'a', "all", NULL },
	{ 'q', "quiet", NULL },
	{ 0, NULL, NULL },
};

struct finding {
	uint64_t count, shown;
};

struct check {
	bool all, quiet;
	const struct rill_intake_result *so_far;
	struct finding damage, missing, gap, order;
	uint64_t events, lost_in_gaps, lost_told, causes[RILL_CAUSES + 1];
	uint64_t streams, endless, late_joined, before;
	uint8_t unit_shift;
	struct {
		uint64_t ns;
		bool any;
	} last[STREAMS];
};

static int take_option(void *ctx, int id, const char *value)
{
	struct check *c = ctx;

	(void)value;
	c->all |= id == 'a';
	c->quiet |= id == 'q';
	return 0;
}

static bool is_shown(struct check *c, struct finding *f)
{
	f->count++;
	if (c->quiet || (!c->all && f->shown == SHOWN))
		return false;
	f->shown++;
	return true;
}

static void say_more(const struct finding *f, const char *what)
{
	if (f->shown < f->count && f->shown)
		printf("  %" PRIu64 " more %s: --all shows them\n", f->count - f->shown, what);
}

/* ---- findings ------------------------------------------------------------------------------- */

static void put_ns(uint64_t ns)
{
	printf("%" PRIu64 ".%09u", ns / 1000000000, (unsigned)(ns % 1000000000));
}

static void on_begin(void *ctx, const struct rill_intake_result *so_far)
{
	((struct check *)ctx)->so_far = so_far;
}

static void on_event(void *ctx, struct rill_packet_stream *stream, const struct rill_event *e)
{
	struct check *const c = ctx;

	c->events++;
	if (c->last[stream->number].any && e->ts_ns < c->last[stream->number].ns &&
	    !(e->state & RILL_EVENT_LATE) && is_shown(c, &c->order)) {
		printf("  stream %u: ", stream->number);
		put_ns(e->ts_ns);
		fputs(": event '", stdout);
		rill_put_safe(stdout, e->name);
		puts("' is earlier than the one before it");
	}
	c->last[stream->number].ns = e->ts_ns;
	c->last[stream->number].any = true;
}

static void on_gap(void *ctx, struct rill_packet_stream *stream, const struct rill_gap *gap)
{
	struct check *const c = ctx;
	const unsigned cause = gap->cause < RILL_CAUSES ? gap->cause : RILL_CAUSES;

	c->lost_in_gaps += gap->count;
	c->causes[cause] += gap->count;
	if (!is_shown(c, &c->gap))
		return;
	printf("  stream %u: ", stream->number);
	put_ns(gap->after_ns ? gap->after_ns : gap->before_ns);
	if (gap->thread) {
		fputs(": thread ", stdout);
		rill_put_safe(stdout, gap->thread->name);
		printf("%s%u", gap->thread->name[0] ? "/" : "", gap->thread->tid);
	}
	printf(": %" PRIu64 " events lost: %s\n", gap->count, rill_causes[cause].text);
}

static void on_missing(void *ctx, struct rill_packet_stream *stream,
		       const struct rill_packet_missing *missing)
{
	struct check *const c = ctx;

	if (!is_shown(c, &c->missing))
		return;
	printf("  stream %u: between ", stream->number);
	put_ns(missing->before_ns);
	fputs(" and ", stdout);
	put_ns(missing->after_ns);
	if (missing->packets)
		printf(": %" PRIu64 " packets with %" PRIu64 " events are missing\n",
		       missing->packets, missing->events);
	else
		printf(": %" PRIu64 " events are missing, or in packets that cannot be read\n",
		       missing->events);
}

static void on_damage(void *ctx, uint64_t offset, uint64_t bytes, const char *why)
{
	struct check *const c = ctx;

	if (is_shown(c, &c->damage))
		printf("  offset %" PRIu64 ": %" PRIu64 " bytes: %s\n", offset, bytes, why);
}

static void on_totals(void *ctx, struct rill_packet_stream *stream, const struct rill_stats *stats)
{
	struct check *const c = ctx;
	const uint64_t all = stats->delivered + stats->lost_total;

	/* The sink may have lost what the stream's header counts as written: that is missing here, and told as missing. */
	if (c->so_far->kind == RILL_INTAKE_JSON)
		c->lost_told += stats->lost_total;
	else if (all > stream->written)
		c->lost_told += all - stream->written;
}

static void on_end(void *ctx, struct rill_packet_stream *stream)
{
	struct check *const c = ctx;

	c->streams++;
	c->last[stream->number].any = false;
	if (c->so_far->kind == RILL_INTAKE_JSON)
		return;
	c->endless += !stream->closed;
	if (stream->unit_shift > c->unit_shift)
		c->unit_shift = stream->unit_shift;
	if (!stream->joined_late)
		return;
	c->late_joined++;
	c->before += stream->written - stream->events - stream->missing_events;
}

/* ---- the result ----------------------------------------------------------------------------- */

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t lost(const struct check *c)
{
	const uint64_t in_headers =
		c->so_far->kind == RILL_INTAKE_JSON ? 0 : c->so_far->packets.lost;

	return most(most(in_headers, c->lost_told), c->lost_in_gaps);
}

static const char *remedy(const struct check *c)
{
	if (c->causes[RILL_LOST_SINK])
		return "the file, line or peer was too slow: record less (-e), or give it a faster one";
	if (c->causes[RILL_LOST_FULL])
		return "record with larger rings ('--buffer', RILL_BUFFER), or fewer categories (-e)";
	if (c->causes[RILL_LOST_BIG])
		return "events were larger than a block of the ring: RILL_OPTIONS=block_bytes=65536";
	if (c->causes[RILL_LOST_NO_RING])
		return "more threads than there is room for: RILL_OPTIONS=threads_max=...";
	return "record with larger rings ('--buffer', RILL_BUFFER), or less";
}

static uint64_t damaged_bytes(const struct rill_intake_result *r)
{
	return r->kind == RILL_INTAKE_JSON ? r->json.damaged_bytes : r->packets.damaged_bytes;
}

static uint64_t torn_bytes(const struct rill_intake_result *r)
{
	return r->kind == RILL_INTAKE_JSON ? r->json.torn_bytes : r->packets.torn_bytes;
}

static bool is_unread(const struct rill_packet_reader_result *p)
{
	return p->malformed || p->undefined || p->refused || p->packed || p->newer;
}

static bool is_bad(const struct check *c)
{
	const struct rill_intake_result *const r = c->so_far;

	return r->kind == RILL_INTAKE_NOTHING || lost(c) || damaged_bytes(r) || torn_bytes(r) ||
	       c->endless || c->damage.count || r->packets.missing_packets ||
	       r->packets.missing_events || is_unread(&r->packets);
}

static void put_head(const char *path, const struct check *c)
{
	const struct rill_intake_result *const r = c->so_far;
	const bool json = r->kind == RILL_INTAKE_JSON;

	rill_put_safe(stdout, path);
	if (json)
		printf(": Chrome JSON, %" PRIu64 " events, %" PRIu64 " processes", c->events,
		       c->streams);
	else
		printf(": %" PRIu64 " packets%s, %" PRIu64 " events, %u streams",
		       r->packets.packets, r->kind == RILL_INTAKE_FRAMES ? " in frames" : "",
		       c->events, r->packets.streams);
	printf(", %s, ", rill_bytes_word(json ? r->json.bytes : r->packets.bytes).text);
	puts(rill_time_word(r->last_ns - r->first_ns).text);
}

static void put_notes(const struct check *c)
{
	const struct rill_intake_result *const r = c->so_far;

	if (c->late_joined)
		printf("note: %" PRIu64 " streams were joined late: %" PRIu64
		       " events before are not here\n",
		       c->late_joined, c->before);
	if (c->order.count)
		printf("note: %" PRIu64
		       " events are earlier than the one before them (Chrome JSON need not be sorted)\n",
		       c->order.count);
	if (r->packets.text_bytes)
		printf("note: %" PRIu64 " bytes of console text stand between the frames\n",
		       r->packets.text_bytes);
	if (r->packets.repeated)
		printf("note: %" PRIu64 " packets were sent again\n", r->packets.repeated);
	if (r->packets.seen)
		printf("note: %" PRIu64 " packets with %" PRIu64 " events are here a second time: they count once\n",
		       r->packets.seen, r->packets.seen_events);
	if (r->packets.belated)
		printf("note: %" PRIu64 " packets stand behind later ones: files were joined in another order\n",
		       r->packets.belated);
	if (c->unit_shift)
		printf("note: times are in steps of %u ns\n", 1u << c->unit_shift);
}

static void put_packed(const struct rill_packet_reader_result *p)
{
	for (unsigned i = 1; i < RILL_CODEC_METHODS; i++)
		if (p->packed_methods & 1u << i)
			printf("compressed by %s: this build of rill cannot read that; %s%s\n",
			       rill_codec_name(i),
			       *rill_codec_symbol(i) ? "build it with " : "take a newer one",
			       rill_codec_symbol(i));
}

static void put_verdicts(const char *path, const struct check *c)
{
	const struct rill_intake_result *const r = c->so_far;
	const struct rill_packet_reader_result *const p = &r->packets;

	if (r->kind == RILL_INTAKE_NOTHING)
		puts("empty: there is no trace in it; was the program started with a session, and did it write here?");
	if (damaged_bytes(r))
		printf("damaged: %" PRIu64
		       " bytes are no part of it; 'rill convert' writes what is whole\n",
		       damaged_bytes(r));
	if (torn_bytes(r))
		printf("cut: %" PRIu64
		       " bytes at its end are torn; 'rill convert' writes what is whole\n",
		       torn_bytes(r));
	if (p->missing_packets || p->missing_events > p->packed_events)
		printf("missing: %" PRIu64 " packets with %" PRIu64
		       " events; the line or the copy dropped them: send it again, or "
		       "slower\n",
		       p->missing_packets, p->missing_events - p->packed_events);
	if (lost(c))
		printf("lost: %" PRIu64 " events never reached it; %s\n", lost(c), remedy(c));
	if (c->endless)
		printf("no end: %" PRIu64
		       " streams have no closing packet: the program was killed, or reading stopped before it "
		       "did\n",
		       c->endless);
	if (is_unread(p))
		printf("unread: %" PRIu64 " packets and %" PRIu64
		       " events make no sense to this rill\n",
		       p->malformed + p->packed + p->newer, p->undefined + p->packed_events);
	put_packed(p);
	put_notes(c);
	if (!is_bad(c)) {
		rill_put_safe(stdout, path);
		puts(": all is there");
	}
}

static int check(struct check *c, const char *path)
{
	static const struct rill_intake_ops ops = {
		.begin = on_begin,
		.stream = {
			.event = on_event,
			.gap = on_gap,
			.missing = on_missing,
			.totals = on_totals,
			.end = on_end,
			.damage = on_damage,
		},
	};
	struct rill_intake_result result;
	struct rill_input input;
	int code = rill_input_open(&input, path, NULL);

	if (code)
		return code;
	code = rill_intake_run(&input, &ops, c, &result);
	rill_input_close(&input);
	if (code)
		return code;
	c->so_far = &result;
	if (!c->quiet) {
		say_more(&c->damage, "damaged stretches");
		say_more(&c->missing, "holes");
		say_more(&c->gap, "gaps");
		say_more(&c->order, "events out of order");
		put_head(path, c);
		put_verdicts(path, c);
	}
	return rill_finish_output(is_bad(c) ? RILL_EXIT_FAILED : RILL_EXIT_OK);
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct check c = { .all = false };
	const int code = rill_options(verb, &c, &argc, argv);

	if (code >= 0)
		return code;
	if (argc != 1)
		return rill_usage(verb, "one FILE is wanted, %d were given", argc);
	return check(&c, argv[0]);
}

const struct rill_verb rill_verb_check = {
	"check",     "is a trace whole? what is lost or damaged, and where",
	help_text,   options,
	take_option, run,
	0,
};
