/* SPDX-License-Identifier: MIT
 * relay.c - `rill relay`: a trace for viewers of LTTng's live protocol, as it arrives.
 */
#define _GNU_SOURCE
#include "relay.h"
#include "filter_hint.h"
#include "live.h"
#include "remote.h"
#include "stop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char help_text[] =
	"usage: rill relay SOURCE [-e FILTER] [--at tcp:HOST:PORT]\n"
	"\n"
	"Shows the events of SOURCE to viewers that speak LTTng's live protocol, as they arrive:\n"
	"\n"
	"    babeltrace2 -i lttng-live net://127.0.0.1:5344/host/rill/trace\n"
	"\n"
	"SOURCE is what rill pull takes: a serial DEVICE, a FILE, - for standard input, tcp:HOST:PORT or unix:PATH; or the PID\n"
	"of a program that has a control socket (started with RILL_CONTROL=1, see rill(7)). Viewers may come and go; each gets\n"
	"the whole trace from its begin. When SOURCE has ended, so does this once a viewer has had all of it; Ctrl-C ends it\n"
	"at any time.\n"
	"\n"
	"The trace is a CTF folder on the disk meanwhile: a temporary one (TMPDIR), or the one that -o names, which stays.\n"
	"\n"
	"      --at tcp:HOST:PORT  where viewers connect: tcp:127.0.0.1:5344 unless said. Whoever can reach it sees the trace\n"
	"  -o, --output DIR     keep the trace in this folder\n"
	"      --from-now       viewers that ask for what comes from now on get that, and not the whole trace\n"
	"  -e, --filter FILTER  these categories: net,disk* or -net.rx; several add up\n"
	"  -f, --follow         of a file of packets: wait for what will be appended\n"
	"  -q, --quiet          do not say where viewers connect\n" RILL_LIVE_HELP
	"\n"
	"Exit code: 0 done, 1 SOURCE cannot be read or is no trace, or nobody can connect, 2 wrong usage.\n"
	"\n"
	"examples:\n"
	"  rill relay /dev/ttyUSB0 -b 921600\n"
	"  rill relay $(pidof server) -e net -o net.ctf\n";

enum { AT = 256, FROM_NOW, STOPPED_MS = 2000, LOOK_MS = 50 };

static const struct rill_option options[] = {
	{ AT, "at", "tcp:HOST:PORT" },
	{ 'o', "output", "DIR" },
	{ FROM_NOW, "from-now", NULL },
	{ 'e', "filter", "FILTER" },
	{ 'f', "follow", NULL },
	{ 'q', "quiet", NULL },
	RILL_LIVE_OPTIONS,
	{ 0, NULL, NULL },
};

struct command {
	struct rill_transfer transfer;
	const char *at;
	char *filter, *scratch; /* scratch: the temporary folder, or NULL */
	struct rill_ctf_growth growth;
	struct rill_relay_trace trace;
	struct rill_relay_server *server;
};

static int take_option(void *ctx, int id, const char *value)
{
	struct command *const c = ctx;

	switch (id) {
	case AT: c->at = value; break;
	case FROM_NOW: c->trace.from_now = true; break;
	case 'e': c->filter = rill_filter_join(c->filter, value); break;
	case 'f': c->transfer.input_options.follow = true; break;
	case 'o': c->transfer.out = value; break;
	case 'q': c->transfer.quiet = true; break;
	default: return rill_live_option(&rill_verb_relay, &c->transfer, id, value);
	}
	return 0;
}

/* ---- the folder ------------------------------------------------------------------------------- */

static int make_scratch(struct command *c)
{
	const char *const folder = getenv("TMPDIR");

	c->scratch = rill_text("%s/rill-relay-XXXXXX", folder && *folder ? folder : "/var/tmp");
	if (mkdtemp(c->scratch)) {
		c->transfer.out = c->scratch;
		return 0;
	}
	rill_say("cannot make %s: %s (TMPDIR=FOLDER chooses another place)", c->scratch, strerror(errno));
	free(c->scratch);
	c->scratch = NULL;
	return RILL_EXIT_FAILED;
}

static void remove_scratch(struct command *c)
{
	DIR *const names = c->scratch ? opendir(c->scratch) : NULL;
	const struct dirent *entry;

	while (names && (entry = readdir(names)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			unlinkat(dirfd(names), entry->d_name, 0);
	if (names)
		closedir(names);
	if (c->scratch)
		rmdir(c->scratch);
	free(c->scratch);
}

/* ---- viewers ---------------------------------------------------------------------------------- */

static uint16_t port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address;
	socklen_t size = sizeof address;

	if (getsockname(fd, &address.any, &size) < 0)
		return 0;
	return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

/* "127.0.0.1" of "tcp:127.0.0.1:5344" */
static void say_where(const struct command *c, int fd)
{
	const char *const host = c->at + 4, *const colon = strrchr(host, ':');

	rill_say("viewers connect by: babeltrace2 -i lttng-live net://%.*s:%u/host/rill/trace", (int)(colon - host), host, port_of(fd));
}

/* A viewer may come behind the end of the source; it is waited for until one has had all. */
static void wait_for_viewers(struct command *c)
{
	const bool stopped = rill_stop_asked();
	unsigned there, served;

	rill_relay_count(c->server, &there, &served);
	if (!stopped && !served && !there && !c->transfer.quiet)
		rill_say("%s has ended: waiting for a viewer (Ctrl-C ends)", c->transfer.in);
	for (unsigned waited = 0; stopped ? there && waited < STOPPED_MS / LOOK_MS : !served || there; waited++) {
		if (stopped)
			usleep(LOOK_MS * 1000);
		else if (rill_stop_wait(-1, LOOK_MS), rill_stop_asked())
			break;
		rill_relay_count(c->server, &there, &served);
	}
}

static void flush(void *of)
{
	struct rill_transfer *const t = of;

	t->format->flush(t->state);
}

static int relay(struct command *c)
{
	static const bool nobody_can_connect = true;
	struct rill_transfer *const t = &c->transfer;
	const int listener = rill_address_listen(c->at);
	int code = listener < 0 ? RILL_EXIT_FAILED : rill_transfer_open(t);

	if (code) {
		if (listener >= 0)
			close(listener);
		return code;
	}
	fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
	t->input.tick = flush;
	t->input.tick_ctx = t;
	c->trace.folder = open(t->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	c->server = rill_relay_serve(listener, &c->trace);
	if (!c->server)
		t->input.give_up = &nobody_can_connect;
	else if (!t->quiet)
		say_where(c, listener);
	code = rill_transfer_run(t);
	if (c->server && !code && t->at_end.events)
		wait_for_viewers(c);
	if (c->server)
		rill_relay_end(c->server);
	else
		code = RILL_EXIT_FAILED;
	close(c->trace.folder);
	close(listener);
	return code;
}

/* ---- the source ------------------------------------------------------------------------------- */

static int relay_process(void *of, struct rill_remote *unused)
{
	(void)unused;
	return relay(of);
}

static int run_with(const struct rill_verb *verb, struct command *c)
{
	int code = 0;

	if (strncmp(c->at, "tcp:", 4))
		return rill_usage(verb, "--at %s: tcp:HOST:PORT is wanted", c->at);
	if (!rill_address_check(c->at))
		return RILL_EXIT_USAGE;
	if (c->filter)
		code = rill_filter_check(verb, c->filter, &c->transfer.filter);
	if (!code && !c->transfer.out)
		code = make_scratch(c);
	if (code)
		return code;
	if (!rill_remote_is_process(c->transfer.in))
		return relay(c);
	return rill_remote_watch(verb, c->transfer.in, c->filter, &c->transfer.input_options, relay_process, c);
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct command *const c = rill_alloc(1, sizeof *c);
	int code;

	c->at = "tcp:127.0.0.1:5344";
	c->transfer.format = &rill_format_ctf;
	c->transfer.input_options.live = true;
	c->transfer.growth = &c->growth;
	c->trace.growth = &c->growth;
	pthread_mutex_init(&c->growth.lock, NULL);
	code = rill_options(verb, c, &argc, argv);
	if (code < 0) {
		c->transfer.in = argv[0];
		code = argc == 1 ? run_with(verb, c) : rill_usage(verb, "one SOURCE is wanted, %d were given", argc);
	}
	remove_scratch(c);
	free(c->filter);
	free(c);
	return code;
}

const struct rill_verb rill_verb_relay = {
	"relay", "show a trace to LTTng's live viewers, as it arrives", help_text, options, take_option, run, 0,
};
