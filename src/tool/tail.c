/* SPDX-License-Identifier: MIT
 * tail.c - `rill tail`: a trace as lines, as it arrives.
 */
#include "filter_hint.h"
#include "live.h"
#include "remote.h"

#include <stdlib.h>

static const char help_text[] =
	"usage: rill tail SOURCE [-e FILTER]\n"
	"\n"
	"Shows the events of SOURCE as lines, as they arrive: seconds of the trace's clock, thread, category:name, phase,\n"
	"length of slices, arguments. Losses are lines with --, and what a console writes on the same serial line begins\n"
	"with |. SOURCE is a FILE, - for standard input, a serial DEVICE, tcp:HOST:PORT or unix:PATH; it may be joined at\n"
	"any time. Or it is the PID of a program that has a control socket (started with RILL_CONTROL=1, see rill(7)): a\n"
	"session of its own begins there, and ends with this. Ctrl-C ends it.\n"
	"\n"
	"  -e, --filter FILTER  these categories: net,disk* or -net.rx; several add up\n"
	"  -f, --follow         of a file of packets: wait for what will be appended\n" RILL_LIVE_HELP
	"\n"
	"Exit code: 0 done, 1 SOURCE cannot be read or is no trace, 2 wrong usage.\n"
	"\n"
	"examples:\n"
	"  rill tail /dev/ttyUSB0 -b 921600\n"
	"  rill tail -f board.rill -e net,disk\n"
	"  rill tail tcp:192.168.1.7:4710 | grep timeout\n"
	"  rill tail $(pidof server) -e net\n";

static const struct rill_option options[] = {
	{ 'e', "filter", "FILTER" },
	{ 'f', "follow", NULL },
	RILL_LIVE_OPTIONS,
	{ 0, NULL, NULL },
};

struct tail {
	struct rill_transfer transfer;
	char *filter;
};

static int take_option(void *ctx, int id, const char *value)
{
	struct tail *c = ctx;

	if (id == 'e')
		c->filter = rill_filter_join(c->filter, value);
	else if (id == 'f')
		c->transfer.input_options.follow = true;
	else
		return rill_live_option(&rill_verb_tail, &c->transfer, id, value);
	return 0;
}

static void show(void *ctx)
{
	struct rill_transfer *const t = ctx;

	t->format->flush(t->state);
}

static int tail(struct rill_transfer *t)
{
	int code = rill_transfer_open(t);

	if (code)
		return code;
	t->input.tick = show;
	t->input.tick_ctx = t;
	return rill_transfer_run(t);
}

static int tail_process(void *of, struct rill_remote *unused)
{
	struct tail *const c = of;

	(void)unused;
	return tail(&c->transfer);
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct tail c = {
		.transfer = {
			.out = "-",
			.format = &rill_format_text,
			.input_options.live = true,
			.console = true,
		},
	};
	int code = rill_options(verb, &c, &argc, argv);

	if (code < 0) {
		code = argc == 1 ? 0
				 : rill_usage(verb, "one SOURCE is wanted, %d were given", argc);
		if (!code && c.filter)
			code = rill_filter_check(verb, c.filter, &c.transfer.filter);
		if (!code) {
			c.transfer.in = argv[0];
			code = rill_remote_is_process(argv[0])
				       ? rill_remote_watch(verb, argv[0], c.filter, &c.transfer.input_options, tail_process, &c)
				       : tail(&c.transfer);
		}
	}
	free(c.filter);
	return code;
}

const struct rill_verb rill_verb_tail = {
	"tail", "show a trace as lines, as it arrives", help_text, options, take_option, run, 0,
};
