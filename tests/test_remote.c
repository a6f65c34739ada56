/* SPDX-License-Identifier: MIT
 * test_remote.c - the control socket: who is served, what he can ask for, and what it costs others when he does not go on.
 */
#define _GNU_SOURCE
#include "tests/folder_help.h"
#include "tests/session_help.h"
#include "tests/watch_help.h"

#include "control/remote.h"
#include "port/port.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* ---- a caller ------------------------------------------------------------------------------------- */

static char folder[64], at[128];

struct caller {
	int fd;
	struct rill_remote_packet request;
	struct rill_remote_words reply;
	char bytes[RILL_REMOTE_BYTES + 1];
	unsigned sessions;		/* lines of the last answer */
	unsigned threads;
	uint64_t events, lost, fill_bytes, high_bytes, ring_bytes;	/* of the thread that asks */
};

static bool call(struct caller *c)
{
	struct rill_port_control_peer peer = { 0, 0 };

	c->fd = rill_port_control_connect(at, &peer);
	return c->fd >= 0 && peer.pid == (uint32_t)getpid() && peer.uid == geteuid();
}

static bool receive(struct caller *c)
{
	int64_t got;
	int passed;

	do {
		if (!rill_port_control_wait(c->fd, -1, 10000))
			return false;
		got = rill_port_control_receive(c->fd, c->bytes, sizeof c->bytes - 1, &passed);
	} while (got == -EAGAIN);
	return got > 0 && passed < 0 && !rill_remote_parse(c->bytes, (size_t)got, &c->reply);
}

static void take_thread(struct caller *c)
{
	c->threads++;
	if (rill_remote_number(&c->reply, "tid") != (uint64_t)gettid())
		return;
	c->fill_bytes = rill_remote_number(&c->reply, "fill_bytes");
	c->high_bytes = rill_remote_number(&c->reply, "high_bytes");
	c->ring_bytes = rill_remote_number(&c->reply, "ring_bytes");
}

/* True: it was done. */
static bool ask(struct caller *c, int fd)
{
	c->sessions = c->threads = 0;
	if (rill_port_control_send(c->fd, c->request.text, c->request.used, fd, 10000) < 0)
		return false;
	while (receive(c)) {
		if (strcmp(c->reply.word, "session") == 0) {
			c->sessions++;
			c->events = rill_remote_number(&c->reply, "events");
			c->lost = rill_remote_number(&c->reply, "lost");
		} else if (strcmp(c->reply.word, "thread") == 0) {
			take_thread(c);
		} else if (strcmp(c->reply.word, "process") != 0) {
			return strcmp(c->reply.word, "done") == 0;
		}
	}
	c->reply.word = "closed";
	c->reply.count = 0;
	return false;
}

static bool ask_for(struct caller *c, const char *word, const char *key, const char *value)
{
	rill_remote_begin(&c->request, word);
	if (key)
		rill_remote_put(&c->request, key, value);
	return ask(c, -1);
}

static bool refused(const struct caller *c, const char *why)
{
	const char *const text = rill_remote_value(&c->reply, "text");

	if (!text || !strstr(text, why))
		fprintf(stderr, "answered: %s %s\n", c->reply.word, text ? text : "");
	return strcmp(c->reply.word, "error") == 0 && text && strstr(text, why);
}

static bool start_to(struct caller *c, const char *name, const char *filter, const char *file, bool stays)
{
	const int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool yes;

	rill_remote_begin(&c->request, "start");
	rill_remote_put(&c->request, "name", name);
	rill_remote_put(&c->request, "filter", filter);
	if (stays)
		rill_remote_put(&c->request, "stay", "1");
	yes = ask(c, fd);
	close(fd);
	return yes;
}

static void make_folder(void)
{
	strcpy(folder, "/tmp/rill-test-remote-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
}

static void open_socket(void)
{
	make_folder();
	snprintf(at, sizeof at, "%s/socket", folder);
	CU_ASSERT_EQUAL_FATAL(rill_control_open(at), 0);
}

static void close_socket(void)
{
	rill_control_close();
	CU_ASSERT(access(at, F_OK) < 0);
	CU_ASSERT(remove_folder(folder));
}

static unsigned descriptors(void)
{
	DIR *const all = opendir("/proc/self/fd");
	unsigned count = 0;

	while (all && readdir(all))
		count++;
	if (all)
		closedir(all);
	return count;
}

/* How often the word stands in the file. */
static unsigned times_in(const char *file, const char *word)
{
	static char text[4 << 20];
	FILE *const f = fopen(file, "re");
	const size_t size = f ? fread(text, 1, sizeof text - 1, f) : 0;
	unsigned count = 0;

	text[size] = '\0';
	if (f)
		fclose(f);
	for (const char *here = text; (here = strstr(here, word)) != NULL; here++)
		count++;
	return count;
}

/* ---- packets -------------------------------------------------------------------------------------- */

static void any_text_comes_back_as_it_was(void)
{
	static struct rill_remote_packet p;
	struct rill_remote_words w;
	char value[256];

	for (unsigned i = 0; i < 255; i++)
		value[i] = (char)(i + 1);
	value[255] = '\0';
	rill_remote_begin(&p, "word");
	rill_remote_put(&p, "a", value);
	rill_remote_put(&p, "a", "");
	rill_remote_put_number(&p, "n", UINT64_MAX);
	CU_ASSERT_PTR_NULL_FATAL(rill_remote_parse(p.text, p.used, &w));
	CU_ASSERT_STRING_EQUAL(w.word, "word");
	CU_ASSERT_EQUAL_FATAL(w.count, 3);
	CU_ASSERT_STRING_EQUAL(rill_remote_value(&w, "a"), value);
	CU_ASSERT_STRING_EQUAL(w.pair[1].value, "");
	CU_ASSERT(rill_remote_number(&w, "n") == UINT64_MAX);
	CU_ASSERT_PTR_NULL(rill_remote_value(&w, "b"));
	CU_ASSERT_FALSE(p.cut);
}

static void what_is_too_long_is_cut_and_still_a_packet(void)
{
	static struct rill_remote_packet p;
	static char value[2 * RILL_REMOTE_BYTES];
	struct rill_remote_words w;

	memset(value, '%', sizeof value - 1);
	rill_remote_begin(&p, "word");
	rill_remote_put(&p, "a", value);
	rill_remote_put(&p, "b", "left out");
	CU_ASSERT(p.cut);
	CU_ASSERT(p.used <= sizeof p.text);
	CU_ASSERT_PTR_NULL_FATAL(rill_remote_parse(p.text, p.used, &w));
	CU_ASSERT_EQUAL(w.count, 1);
	CU_ASSERT(strlen(w.pair[0].value) > RILL_REMOTE_BYTES / 4);
}

static void what_is_no_packet_is_refused(void)
{
	static const struct {
		const char *bytes;
		size_t size;
	} wrong[] = {
		{ "", 0 },	   { "word", 4 },	  { "\n", 1 },		{ "\nword\n", 6 },	{ "word\nkey\n", 9 },
		{ "word\n=v\n", 8 }, { "word\nk=%\n", 9 },  { "word\nk=%4\n", 10 }, { "word\nk=%zz\n", 11 }, { "word\nk=%00\n", 11 },
		{ "wo\0rd\n", 6 }, { "word\nk=v", 8 },
	};
	struct rill_remote_words w;
	char bytes[64], many[4 * RILL_REMOTE_PAIRS + 16] = "w\n";

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		memcpy(bytes, wrong[i].bytes, wrong[i].size);
		CU_ASSERT_PTR_NOT_NULL(rill_remote_parse(bytes, wrong[i].size, &w));
	}
	for (unsigned i = 0; i < RILL_REMOTE_PAIRS; i++)
		strcat(many, "k=\n");
	CU_ASSERT_PTR_NULL(rill_remote_parse(strcpy((char[sizeof many]){ 0 }, many), strlen(many), &w));
	strcat(many, "k=\n");
	CU_ASSERT_PTR_NOT_NULL(rill_remote_parse(many, strlen(many), &w));
}

/* ---- sessions from outside ------------------------------------------------------------------------ */

static void a_session_comes_and_goes_and_its_books_close(void)
{
	static struct caller c;
	char file[160];

	open_socket();
	snprintf(file, sizeof file, "%s/out.json", folder);
	CU_ASSERT_FATAL(call(&c));
	CU_ASSERT(ask_for(&c, "status", NULL, NULL) && c.sessions == 0);
	CU_ASSERT_FATAL(start_to(&c, "one", "remote.a", file, true));
	for (int i = 0; i < 1000; i++) {
		RILL_INSTANT("remote.a", "wanted");
		RILL_INSTANT("remote.b", "unwanted");
	}
	CU_ASSERT(ask_for(&c, "flush", NULL, NULL));
	CU_ASSERT(ask_for(&c, "status", "name", "one"));
	CU_ASSERT_EQUAL(c.sessions, 1);
	CU_ASSERT_EQUAL(c.events + c.lost, 1000);
	CU_ASSERT_EQUAL(times_in(file, "\"wanted\""), c.events);

	rill_remote_begin(&c.request, "enable");
	rill_remote_put(&c.request, "filter", "remote.b");
	CU_ASSERT(ask(&c, -1));
	RILL_INSTANT("remote.b", "enabled");
	CU_ASSERT(ask_for(&c, "disable", "filter", "remote.b"));
	RILL_INSTANT("remote.b", "disabled");
	CU_ASSERT(ask_for(&c, "stop", "name", "one"));
	CU_ASSERT_EQUAL(times_in(file, "\"enabled\""), 1);
	CU_ASSERT_EQUAL(times_in(file, "\"unwanted\"") + times_in(file, "\"disabled\""), 0);
	CU_ASSERT(ask_for(&c, "status", NULL, NULL) && c.sessions == 0);
	close(c.fd);
	close_socket();
}

static void a_session_ends_with_its_caller_unless_it_is_to_stay(void)
{
	static struct caller c, other;
	const unsigned before = descriptors();
	char goes[160], stays[160];

	open_socket();
	snprintf(goes, sizeof goes, "%s/goes.json", folder);
	snprintf(stays, sizeof stays, "%s/stays.json", folder);
	CU_ASSERT_FATAL(call(&c) && call(&other));
	CU_ASSERT_FATAL(start_to(&c, "goes", "remote.a", goes, false));
	CU_ASSERT_FATAL(start_to(&c, "stays", "remote.a", stays, true));
	CU_ASSERT(ask_for(&other, "status", NULL, NULL) && other.sessions == 2);
	RILL_INSTANT("remote.a", "first");
	close(c.fd);
	while (ask_for(&other, "status", NULL, NULL) && other.sessions == 2)
		pause_ms(1);
	CU_ASSERT_EQUAL(other.sessions, 1);
	RILL_INSTANT("remote.a", "second");
	/* Without a name: what was begun to stay. */
	CU_ASSERT(ask_for(&other, "stop", NULL, NULL));
	CU_ASSERT_EQUAL(times_in(goes, "\"first\""), 1);
	CU_ASSERT_EQUAL(times_in(goes, "\"second\""), 0);
	CU_ASSERT_EQUAL(times_in(stays, "\"first\"") + times_in(stays, "\"second\""), 2);
	close(other.fd);
	close_socket();
	CU_ASSERT_EQUAL(descriptors(), before);
}

static void the_programs_own_sessions_are_its_own(void)
{
	static struct caller c;
	struct taken t = { .only = NULL };
	struct rill_session *const s = start_counting(&t, "remote.a", false);

	open_socket();
	CU_ASSERT_FATAL(call(&c));
	CU_ASSERT(ask_for(&c, "status", NULL, NULL) && c.sessions == 1);
	CU_ASSERT(!ask_for(&c, "stop", NULL, NULL) && refused(&c, "itself"));
	RILL_INSTANT("remote.a", "still");
	close(c.fd);
	close_socket();
	stop(s);
	CU_ASSERT_EQUAL(t.count, 1);
}

/* ---- what is wrong -------------------------------------------------------------------------------- */

static bool start_option(struct caller *c, const char *option)
{
	const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	bool yes;

	rill_remote_begin(&c->request, "start");
	rill_remote_put(&c->request, "option", option);
	yes = ask(c, fd);
	close(fd);
	return yes;
}

static void what_is_wrong_is_said_and_changes_nothing(void)
{
	static struct caller c;
	const unsigned before = descriptors();

	open_socket();
	CU_ASSERT_FATAL(call(&c));
	CU_ASSERT(!ask_for(&c, "dance", NULL, NULL) && refused(&c, "'dance'"));
	CU_ASSERT(!ask_for(&c, "start", "filter", "x") && refused(&c, "descriptor"));
	CU_ASSERT(!ask_for(&c, "stop", "name", "none") && refused(&c, "no session 'none'"));
	CU_ASSERT(!ask_for(&c, "enable", NULL, NULL) && refused(&c, "filter is missing"));
	CU_ASSERT(!start_option(&c, "dancing") && refused(&c, "dancing"));
	CU_ASSERT(!start_option(&c, "period_ms=3") && refused(&c, "period_ms"));
	CU_ASSERT(!start_option(&c, "flight_bytes=64k") && refused(&c, "flight"));
	memcpy(c.request.text, "no end", c.request.used = 6);
	CU_ASSERT(!ask(&c, -1) && refused(&c, "no end"));
	CU_ASSERT(ask_for(&c, "status", NULL, NULL) && c.sessions == 0);
	CU_ASSERT_EQUAL(rill_control_open(at), -EBUSY);
	close(c.fd);
	close_socket();
	CU_ASSERT_EQUAL(descriptors(), before);
}

static void what_is_too_long_is_refused_and_the_caller_stays(void)
{
	static struct caller c;
	static char bytes[2 * RILL_REMOTE_BYTES];

	open_socket();
	CU_ASSERT_FATAL(call(&c));
	memset(bytes, 'a', sizeof bytes);
	CU_ASSERT_EQUAL(rill_port_control_send(c.fd, bytes, sizeof bytes, -1, 1000), 0);
	CU_ASSERT(receive(&c) && refused(&c, "too long"));
	CU_ASSERT(ask_for(&c, "status", NULL, NULL));
	close(c.fd);
	close_socket();
}

static void places_that_are_not_safe_or_taken_are_refused(void)
{
	char path[256], where[512];
	int fd;

	make_folder();
	snprintf(path, sizeof path, "%s/taken", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CU_ASSERT_EQUAL(rill_control_open(path), -EADDRINUSE);
	CU_ASSERT(strstr(rill_error(), "another path") != NULL);
	CU_ASSERT_EQUAL(access(path, F_OK), 0);	/* what was there is not removed */
	close(fd);
	unlink(path);
	memset(path, 'x', 200);
	path[200] = '\0';
	CU_ASSERT_EQUAL(rill_control_open(path), -ENAMETOOLONG);

	/* The usual place: nobody else may look into its folder. */
	snprintf(path, sizeof path, "%s/rill", folder);
	setenv("XDG_RUNTIME_DIR", folder, 1);
	CU_ASSERT_EQUAL_FATAL(mkdir(path, 0755), 0);
	CU_ASSERT(rill_port_control_open_folder(path, geteuid()) == -EPERM);
	chmod(path, 0700);
	fd = rill_port_control_open_folder(path, geteuid());
	CU_ASSERT(fd >= 0);
	close(fd);
	CU_ASSERT(rill_port_control_open_folder(path, geteuid() + 1) == -EPERM);
	CU_ASSERT_EQUAL(rill_control_open(NULL), 0);
	snprintf(where, sizeof where, "%s/%ld.sock", path, (long)getpid());
	CU_ASSERT_EQUAL(access(where, F_OK), 0);
	rill_control_close();
	CU_ASSERT(access(where, F_OK) < 0);
	CU_ASSERT_EQUAL(rmdir(path), 0);
	snprintf(where, sizeof where, "%s/elsewhere", folder);
	mkdir(where, 0700);
	CU_ASSERT_EQUAL_FATAL(symlink(where, path), 0);
	CU_ASSERT(rill_port_control_open_folder(path, geteuid()) < 0);
	unsetenv("XDG_RUNTIME_DIR");
	rmdir(where);
	CU_ASSERT(remove_folder(folder));
}

/* ---- others --------------------------------------------------------------------------------------- */

static void one_who_does_not_read_holds_up_nobody(void)
{
	static struct caller stuck, c;
	const int small = 1;

	open_socket();
	CU_ASSERT_FATAL(call(&stuck) && call(&c));
	setsockopt(stuck.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	rill_remote_begin(&stuck.request, "status");
	while (rill_port_control_send(stuck.fd, stuck.request.text, stuck.request.used, -1, 50) == 0)
		;
	for (int i = 0; i < 100; i++)
		CU_ASSERT_FATAL(ask_for(&c, "status", NULL, NULL));
	close(stuck.fd);
	close(c.fd);
	close_socket();
}

static void one_too_many_is_told_and_places_come_back(void)
{
	static struct caller c[RILL_REMOTE_CALLERS + 1];
	const unsigned before = descriptors();

	open_socket();
	for (unsigned i = 0; i < RILL_REMOTE_CALLERS; i++)
		CU_ASSERT_FATAL(call(&c[i]) && ask_for(&c[i], "status", NULL, NULL));
	CU_ASSERT_FATAL(call(&c[RILL_REMOTE_CALLERS]));
	CU_ASSERT(receive(&c[RILL_REMOTE_CALLERS]) && refused(&c[RILL_REMOTE_CALLERS], "callers"));
	for (unsigned i = 0; i <= RILL_REMOTE_CALLERS; i++)
		close(c[i].fd);
	for (unsigned i = 0; i < 200; i++) {
		CU_ASSERT_FATAL(call(&c[0]));
		/* Refused only while the last ones have not seen yet that they were hung up on. */
		if (!ask_for(&c[0], "status", NULL, NULL)) {
			pause_ms(1);
			i--;
		}
		close(c[0].fd);
	}
	close_socket();
	CU_ASSERT_EQUAL(descriptors(), before);
}

static void the_end_does_not_wait_for_who_stays(void)
{
	static struct caller c;
	char file[160];

	open_socket();
	snprintf(file, sizeof file, "%s/out.json", folder);
	CU_ASSERT_FATAL(call(&c));
	CU_ASSERT(start_to(&c, "goes", "remote.a", file, false));
	RILL_INSTANT("remote.a", "last");
	rill_control_close();
	CU_ASSERT_EQUAL(times_in(file, "\"last\""), 1);
	CU_ASSERT(!ask_for(&c, "status", NULL, NULL));
	close(c.fd);
	CU_ASSERT_EQUAL(rill_control_open(at), 0);	/* and again */
	close_socket();
}

static void the_child_of_a_fork_has_none_of_it(void)
{
	static struct caller c;
	const unsigned before = descriptors();
	unsigned in_child;
	int status = 0;
	char file[160];
	pid_t child;

	open_socket();
	snprintf(file, sizeof file, "%s/out.json", folder);
	CU_ASSERT_FATAL(call(&c));
	CU_ASSERT_FATAL(start_to(&c, "goes", "remote.a", file, false));
	child = fork();
	if (child == 0) {
		close(c.fd);
		in_child = descriptors();
		_exit(in_child == before ? 0 : 1);
	}
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_EQUAL(status, 0);
	CU_ASSERT(ask_for(&c, "status", NULL, NULL) && c.sessions == 1);
	close(c.fd);
	close_socket();
}

static void a_socket_of_a_dead_program_is_replaced(void)
{
	int status;
	pid_t child;

	make_folder();
	snprintf(at, sizeof at, "%s/socket", folder);
	child = fork();
	if (child == 0) {
		rill_control_open(at);
		_exit(0);
	}
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_EQUAL(access(at, F_OK), 0);
	CU_ASSERT_EQUAL(rill_control_open(at), 0);
	close_socket();
}

/* ---- rings ---------------------------------------------------------------------------------------- */

static void *emits_and_waits(void *gate)
{
	RILL_INSTANT("rings", "one");
	pthread_barrier_wait(gate);
	pthread_barrier_wait(gate);
	return NULL;
}

static bool rings(void)
{
	struct rill_config config = { .size = sizeof config, .buffer_bytes = 16384, .period_ms = 60000, .wake = RILL_WAKE_POLL };
	static struct caller c;
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	pthread_barrier_t gate;
	pthread_t thread;

	NEED(rill_configure(&config) == 0);
	make_folder();
	snprintf(at, sizeof at, "%s/socket", folder);
	NEED(rill_control_open(at) == 0);
	NEED(call(&c));
	NEED(ask_for(&c, "threads", NULL, NULL));
	NEED_EQUAL(c.threads, 0);
	NEED(watch_start(&w, "rings"));
	pthread_barrier_init(&gate, NULL, 2);
	NEED(pthread_create(&thread, NULL, emits_and_waits, &gate) == 0);
	pthread_barrier_wait(&gate);
	for (unsigned i = 0; i < 100; i++)
		RILL_INSTANT("rings", "here");
	NEED(ask_for(&c, "threads", NULL, NULL));
	NEED_EQUAL(c.threads, 2);
	NEED_EQUAL(c.ring_bytes, 16384);
	NEED(c.fill_bytes >= 100 * 8 && c.fill_bytes < c.ring_bytes / 2);
	NEED_EQUAL(c.high_bytes, c.fill_bytes);
	NEED(rill_session_flush(w.session, 60000) == 0);
	NEED(ask_for(&c, "threads", NULL, NULL));
	NEED_EQUAL(c.fill_bytes, 0);
	NEED(c.high_bytes >= 100 * 8);
	pthread_barrier_wait(&gate);
	pthread_join(thread, NULL);
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered, 101);
	rill_control_close();
	return remove_folder(folder);
}

static void how_full_the_rings_are_is_told(void)
{
	ISOLATED(rings);
}

static const struct test_case cases[] = {
	T(any_text_comes_back_as_it_was),
	T(what_is_too_long_is_cut_and_still_a_packet),
	T(what_is_no_packet_is_refused),
	T(a_session_comes_and_goes_and_its_books_close),
	T(a_session_ends_with_its_caller_unless_it_is_to_stay),
	T(the_programs_own_sessions_are_its_own),
	T(what_is_wrong_is_said_and_changes_nothing),
	T(what_is_too_long_is_refused_and_the_caller_stays),
	T(places_that_are_not_safe_or_taken_are_refused),
	T(one_who_does_not_read_holds_up_nobody),
	T(one_too_many_is_told_and_places_come_back),
	T(the_end_does_not_wait_for_who_stays),
	T(the_child_of_a_fork_has_none_of_it),
	T(a_socket_of_a_dead_program_is_replaced),
	T(how_full_the_rings_are_is_told),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("control socket", cases, argc, argv);
}
