/* SPDX-License-Identifier: MIT
 * top.c - `rill top`: what a program, or a trace that is being written, is busy with.
 */
#include "top.h"
#include "filter_hint.h"
#include "live.h"
#include "model_read.h"
#include "remote.h"
#include "stop.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char help_text[] =
	"usage: rill top SOURCE [-e FILTER]\n"
	"\n"
	"Shows what SOURCE is busy with: events per second by name and by thread, self time of slices (without slices inside\n"
	"them; it counts when a slice ends), how busy threads are, losses, and how full their rings are (now, and at most).\n"
	"SOURCE is the PID of a program that has a control socket (started with RILL_CONTROL=1, see rill(7)): a session of\n"
	"its own begins there, and ends with this. Or it is what rill tail takes: a FILE, - for standard input, a serial\n"
	"DEVICE, tcp:HOST:PORT or unix:PATH.\n"
	"\n"
	"On a terminal the screen is renewed each second, and at the end the sum of all is shown; keys: e, s and n order by\n"
	"events, self time or name, q ends. Elsewhere there is a table for each second. Of a FILE that is not being written\n"
	"there is one table, of all of it.\n"
	"\n"
	"  -e, --filter FILTER  these categories: net,disk* or -net.rx; several add up\n"
	"  -f, --follow         of a file of packets: wait for what will be appended\n"
	"  -n, --count N        end after N looks\n"
	"      --period-ms MS   time from look to look: 1000 unless said; 200 to 3600000\n"
	"      --sort ORDER     events (the default), self or name\n"
	"      --top N          rows of each table: 20 unless said; 0 is all. A screen shows what fits\n"
	"      --plain          tables on a terminal, too\n" RILL_LIVE_HELP
	"\n"
	"Exit code: 0 done, 1 SOURCE cannot be read or is no trace, 2 wrong usage.\n"
	"\n"
	"examples:\n"
	"  rill top $(pidof server)\n"
	"  rill top -n 1 --period-ms 10000 $(pidof server) >busy.txt\n"
	"  rill top /dev/ttyUSB0 -b 921600\n"
	"  rill top trace.rill --sort self\n";

enum { PERIOD_MS = 256, SORT, TOP, PLAIN };

static const struct rill_option options[] = {
	{ 'e', "filter", "FILTER" },
	{ 'f', "follow", NULL },
	{ 'n', "count", "N" },
	{ PERIOD_MS, "period-ms", "MS" },
	{ SORT, "sort", "ORDER" },
	{ TOP, "top", "N" },
	{ PLAIN, "plain", NULL },
	RILL_LIVE_OPTIONS,
	{ 0, NULL, NULL },
};

struct command {
	struct rill_transfer transfer;	/* what the options of a live stream are put into */
	char *filter_text;
	struct rill_filter *filter;
	uint64_t period_ms, looks_max, rows;
	bool plain;

	struct rill_model_taker taker;
	struct rill_top top;
	struct rill_input input;
	struct rill_remote *remote;	/* NULL: no program is asked */
	bool screen, over, asked, answered;
	uint64_t looked_ns, next_ns, looks;
	char *source;
};

/* ---- options -------------------------------------------------------------------------------------- */

static int take_order(struct command *c, const char *value)
{
	static const char *const orders[] = { "events", "self", "name" };

	for (unsigned i = 0; i < sizeof orders / sizeof *orders; i++) {
		if (strcmp(value, orders[i]))
			continue;
		c->top.order = (enum rill_top_order)i;
		return 0;
	}
	return rill_usage(&rill_verb_top, "--sort '%s': events, self or name is wanted", value);
}

static int take_option(void *ctx, int id, const char *value)
{
	struct command *const c = ctx;

	switch (id) {
	case 'e': c->filter_text = rill_filter_join(c->filter_text, value); break;
	case 'f': c->transfer.input_options.follow = true; break;
	case 'n':
		if (rill_parse_number(value, 1, UINT32_MAX, &c->looks_max) < 0)
			return rill_usage(&rill_verb_top, "-n '%s': a number from 1 on is wanted", value);
		break;
	case PERIOD_MS:
		if (rill_parse_number(value, RILL_INPUT_TICK_MS, 3600000, &c->period_ms) < 0)
			return rill_usage(&rill_verb_top, "--period-ms '%s': a number from 200 to 3600000 is wanted", value);
		break;
	case TOP:
		if (rill_parse_number(value, 0, 1000000, &c->rows) < 0)
			return rill_usage(&rill_verb_top, "--top '%s': a number from 0 to 1000000 is wanted", value);
		break;
	case PLAIN: c->plain = true; break;
	case SORT: return take_order(c, value);
	default: return rill_live_option(&rill_verb_top, &c->transfer, id, value);
	}
	return 0;
}

/* ---- how full the rings are ----------------------------------------------------------------------- */

static void take_ring(void *of, const struct rill_remote_words *line)
{
	struct command *const c = of;
	struct rill_top *const t = &c->top;

	if (strcmp(line->word, "thread") != 0)
		return;
	if (!c->answered)
		t->ring_count = 0;
	c->answered = true;
	if (t->ring_count == t->ring_room) {
		t->ring_room = t->ring_room ? 2 * t->ring_room : 16;
		t->rings = rill_grow(t->rings, t->ring_room, sizeof *t->rings);
	}
	t->rings[t->ring_count++] = (struct rill_top_ring){
		.tid = (int64_t)rill_remote_number(line, "tid"),
		.ring_bytes = rill_remote_number(line, "ring_bytes"),
		.fill_bytes = rill_remote_number(line, "fill_bytes"),
		.high_bytes = rill_remote_number(line, "high_bytes"),
	};
}

/* Without waiting: a program that is stopped holds up nobody. */
static void ask_for_rings(struct command *c)
{
	if (!c->remote || c->asked)
		return;
	rill_remote_begin(&c->remote->request, "threads");
	c->asked = rill_remote_post(c->remote);
	c->answered = false;
}

static void take_rings(struct command *c)
{
	if (c->asked && rill_remote_poll(c->remote, take_ring, c) == 1)
		c->asked = false;
}

/* ---- looking -------------------------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void put(struct command *c)
{
	const struct rill_top_size size = { .rows = (size_t)c->rows };

	if (c->looks++)
		putchar('\n');
	rill_top_put(stdout, &c->top, &c->taker.model, c->source, &size);
	if (fflush(stdout) != 0)
		c->over = true;
}

static void show(struct command *c)
{
	if (!c->screen) {
		put(c);
		return;
	}
	c->looks++;
	rill_top_screen_show(&c->top, &c->taker.model, c->source);
}

static void look(struct command *c)
{
	const uint64_t now = now_ns();

	rill_top_look(&c->top, &c->taker.model, now - c->looked_ns);
	c->looked_ns = now;
	show(c);
	c->over |= c->looks_max && c->looks >= c->looks_max;
	/* In step, unless it could not keep it. */
	c->next_ns += c->period_ms * 1000000;
	if (c->next_ns < now)
		c->next_ns = now + c->period_ms * 1000000;
}

static void take_keys(struct command *c)
{
	for (int key; (key = rill_top_screen_key()) != 0;) {
		switch (key) {
		case 'e': c->top.order = RILL_TOP_BY_EVENTS; break;
		case 's': c->top.order = RILL_TOP_BY_SELF; break;
		case 'n': c->top.order = RILL_TOP_BY_NAME; break;
		case 'q': c->over = true; break;
		default: break;
		}
		rill_top_sort(&c->top);
		rill_top_screen_show(&c->top, &c->taker.model, c->source);
	}
}

static void tick(void *of)
{
	struct command *const c = of;

	take_rings(c);
	if (c->screen)
		take_keys(c);
	if (!c->over && now_ns() >= c->next_ns)
		look(c);
	ask_for_rings(c);
}

/* What no look has shown yet; of a screen, and of a file, the sum. */
static void show_the_rest(struct command *c, bool sum)
{
	if (sum) {
		rill_top_look_at_all(&c->top, &c->taker.model);
		put(c);
	} else if (c->taker.model.events != c->top.past_events && !c->over) {
		look(c);
	}
}

/* ---- the source ----------------------------------------------------------------------------------- */

static bool is_live(const struct command *c)
{
	struct stat st;

	return c->remote || c->transfer.input_options.follow || c->transfer.input_options.wait || c->transfer.input_options.listen ||
	       (strcmp(c->transfer.in, "-") ? stat(c->transfer.in, &st) : fstat(STDIN_FILENO, &st)) < 0 || !S_ISREG(st.st_mode);
}

static int watch(struct command *c)
{
	const bool live = is_live(c);
	int code;

	c->transfer.input_options.live = live;
	code = rill_input_open(&c->input, c->transfer.in, &c->transfer.input_options);
	if (code)
		return code;
	c->looked_ns = now_ns();
	c->next_ns = c->looked_ns + c->period_ms * 1000000;
	if (live) {
		c->input.tick = tick;
		c->input.tick_ctx = c;
		c->input.give_up = &c->over;
		c->screen = !c->plain && rill_top_screen_open();
	}
	code = rill_model_take_in(&c->taker, &c->input, c->filter, &c->transfer.result);
	rill_top_screen_close();
	rill_input_close(&c->input);
	if (code)
		return code;
	show_the_rest(c, c->screen || !live);
	if (c->remote && !c->over && !rill_stop_asked())
		rill_say("process %s has ended, or has ended this session", c->remote->who);
	rill_say_faults(c->transfer.in, &c->transfer.result);
	rill_names_say();
	return rill_finish_output(RILL_EXIT_OK);
}

static void take_name(void *of, const struct rill_remote_words *line)
{
	struct command *const c = of;

	if (strcmp(line->word, "process") != 0)
		return;
	free(c->source);
	c->source = rill_text("process %s, %s", c->transfer.in, rill_remote_text(line, "name"));
}

static int watch_process(void *of, struct rill_remote *r)
{
	struct command *const c = of;
	int code;

	rill_remote_begin(&r->request, "status");
	code = rill_remote_ask(r, -1, take_name, c);
	if (code)
		return code;
	rill_filter_free(c->filter);	/* the session has it */
	c->filter = NULL;
	c->remote = r;
	return watch(c);
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct command c = { .period_ms = 1000, .rows = 20 };
	int code = rill_options(verb, &c, &argc, argv);

	if (code < 0) {
		code = argc == 1 ? 0 : rill_usage(verb, "one PID, or one SOURCE, is wanted, %d were given", argc);
		if (!code && c.filter_text)
			code = rill_filter_check(verb, c.filter_text, &c.filter);
		if (!code) {
			c.transfer.in = argv[0];
			c.source = rill_text("%s", argv[0]);
			code = rill_remote_is_process(argv[0])
				       ? rill_remote_watch(verb, argv[0], c.filter_text, &c.transfer.input_options, watch_process, &c)
				       : watch(&c);
		}
	}
	rill_filter_free(c.filter);
	rill_model_taker_free(&c.taker);
	rill_top_free(&c.top);
	free(c.filter_text);
	free(c.source);
	return code;
}

const struct rill_verb rill_verb_top = {
	"top", "what a program is busy with, second by second", help_text, options, take_option, run, 0,
};
