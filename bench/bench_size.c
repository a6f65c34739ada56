/* SPDX-License-Identifier: MIT
 * bench_size.c - bytes that an event takes in a file, all overhead included, and what they cost: 10^6 events back to back,
 * through a session, with packets of 512 bytes, 4 and 64 KiB, plain and compressed; and 10^5 as JSON.
 *
 * bench_size FILE [plain]: FILE is written over and removed; plain leaves compression out. ns are processor
 * time of all threads for one event: emitting, merging, encoding, compressing, writing. The floor is that of write(2)
 * alone for as many bytes. emit_ns is what passed from one event to the next. A build without a compression
 * leaves it out. Ends with 1 if an event was lost.
 */
#include <fcntl.h>
#include <rill/clock.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EVENTS = 1000000, JSON_EVENTS = 100000, TEXTS = 64, RING_BYTES = 64 << 20, QUEUE_BYTES = 64 << 20 };

static char texts[TEXTS][17];

static void none(int64_t i)
{
	(void)i;
	RILL_INSTANT("size", "none");
}

static void one(int64_t i)
{
	RILL_INSTANT("size", "one", "a", i);
}

static void three(int64_t i)
{
	const char *const text = texts[i * 7 % TEXTS];

	RILL_INSTANT("size", "three", "a", i, "b", i % 1000, "text", text);
}

static const struct shape {
	const char *name;
	unsigned args;
	void (*emit)(int64_t i);
} shapes[] = { { "none", 0, none }, { "int64", 1, one }, { "2_ints_text16", 3, three } };

/* What is measured beside the event. packet_bytes 0: JSON. */
struct way {
	uint32_t packet_bytes;
	enum rill_compress compress;
};

static const char *const methods[] = { "none", "lz4", "zstd" };

static double cpu_ns(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e9 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e3;
}

/* Hundredths, with a point whatever the locale. */
static const char *hundredths(double value, char text[32])
{
	const unsigned long long n = (unsigned long long)(value * 100 + 0.5);

	snprintf(text, 32, "%llu.%02llu", n / 100, n % 100);
	return text;
}

static struct rill_session *start(const struct way *way, const char *path)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *session;

	options.file = path;
	options.format = way->packet_bytes ? RILL_FORMAT_BINARY : RILL_FORMAT_JSON;
	options.compress = way->compress;
	options.packet_bytes = way->packet_bytes;
	options.queue_bytes = QUEUE_BYTES;
	if (rill_session_start(&options, &session) == 0)
		return session;
	if (!way->compress)
		fprintf(stderr, "bench_size: %s\n", rill_error());
	return NULL;
}

/* What the processor takes to write so many bytes over what stands in the file. */
static double write_ns(const char *path, off_t bytes)
{
	static const char piece[65536];
	const int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	const double cpu = cpu_ns();

	while (fd >= 0 && bytes > 0) {
		const ssize_t done = write(fd, piece, bytes < (off_t)sizeof piece ? (size_t)bytes : sizeof piece);

		if (done <= 0)
			break;
		bytes -= done;
	}
	if (fd < 0 || bytes > 0)
		perror(path);
	if (fd >= 0)
		close(fd);
	return cpu_ns() - cpu;
}

/* cpu, floor and emit: nanoseconds of one event. */
static void say(const struct shape *shape, const struct way *way, const struct rill_stats *stats, double bytes,
		double cpu, double floor, double emit)
{
	char text[5][32];

	printf("bench case=size_%s args=%u threads=1 ns_min=%s ns_med=%s insn=- floor_ns=%s ratio=%s lost=%llu bytes=%s "
	       "packet_bytes=%u compress=%s emit_ns=%s events=%llu\n",
	       shape->name, shape->args, hundredths(cpu, text[0]), text[0], hundredths(floor, text[1]),
	       hundredths(floor > 0 ? cpu / floor : 0, text[2]), (unsigned long long)stats->lost_total,
	       hundredths(bytes, text[3]), way->packet_bytes, way->packet_bytes ? methods[way->compress] : "json",
	       hundredths(emit, text[4]), (unsigned long long)stats->delivered);
	fflush(stdout);
}

/* 0, or 1 if anything went wrong. */
static int run(const struct shape *shape, const struct way *way, const char *path)
{
	const int64_t events = way->packet_bytes ? EVENTS : JSON_EVENTS;
	struct rill_session *const session = start(way, path);
	struct rill_stats stats;
	struct stat st;
	double cpu = cpu_ns();
	uint64_t begin_ns, end_ns;

	if (!session)
		return way->compress == RILL_COMPRESS_NONE; /* else left out of this build */
	begin_ns = rill_clock_ns();
	for (int64_t i = 0; i < events; i++)
		shape->emit(i);
	end_ns = rill_clock_ns();
	rill_session_flush(session, 60000);
	rill_session_stats(session, &stats);
	rill_session_stop(session);
	cpu = cpu_ns() - cpu;
	if (stat(path, &st) < 0) {
		perror(path);
		return 1;
	}
	say(shape, way, &stats, (double)st.st_size / (double)events, cpu / (double)events,
	    write_ns(path, st.st_size) / (double)events, (double)(end_ns - begin_ns) / (double)events);
	return stats.delivered != (uint64_t)events;
}

/* Every way for one shape. */
static int run_all(const struct shape *shape, unsigned methods_max, const char *path)
{
	int failed = run(shape, &(struct way){ .packet_bytes = 0 }, path);

	failed |= run(shape, &(struct way){ .packet_bytes = 512 }, path);
	for (uint32_t packet_bytes = 4096; packet_bytes <= 65536; packet_bytes *= 16)
		for (unsigned c = 0; c <= methods_max; c++)
			failed |= run(shape, &(struct way){ packet_bytes, (enum rill_compress)c }, path);
	return failed;
}

int main(int argc, char **argv)
{
	const struct rill_config config = { .size = sizeof config, .buffer_bytes = RING_BYTES };
	const char *const path = argc > 1 ? argv[1] : "/tmp/bench_size.rill";
	const unsigned most = argc > 2 && !strcmp(argv[2], "plain") ? RILL_COMPRESS_NONE : RILL_COMPRESS_ZSTD;
	int failed = 0;

	for (unsigned i = 0; i < TEXTS; i++)
		snprintf(texts[i], sizeof texts[i], "/var/lib/file%03u", i);
	if (rill_configure(&config) < 0) {
		fprintf(stderr, "bench_size: %s\n", rill_error());
		return 1;
	}
	for (unsigned s = 0; s < sizeof shapes / sizeof *shapes; s++)
		failed |= run_all(&shapes[s], most, path);
	unlink(path);
	return failed;
}
