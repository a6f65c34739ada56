/* SPDX-License-Identifier: MIT
 * session.h - control: who gets which events, and where they go.
 *
 * A session has a filter (which categories and events) and one outlet (a file, a descriptor, a sink of the
 * application's own, or a subscriber). Sessions are independent: starting, changing or stopping one never
 * disturbs another. With no session nothing is recorded, and there is no thread, descriptor or ring memory.
 *
 * Functions return 0 or a positive number on success and a negative errno on failure, unless they say
 * otherwise; rill_error() then gives the sentence that names cause and remedy. All of them may be called
 * from any thread, not from a signal handler, unless they say otherwise. None is a cancellation point: a request waits until it
 * returns. C11 and C++11.
 */
#ifndef RILL_SESSION_H
#define RILL_SESSION_H

#include <rill/sink.h>
#include <rill/subscriber.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- memory and consumer: once, before the first session ------------------------------------------ */

enum rill_wake {
	RILL_WAKE_BLOCK,	/* a producer wakes the consumer, at most once per half ring (one futex call) */
	RILL_WAKE_POLL		/* never by a producer: the consumer wakes by its period only; 0 system calls on emit */
};

/* A field of 0 means the default of the build (Kconfig), or of the environment (RILL_BUFFER, ...). */
struct rill_config {
	size_t size;			/* sizeof(struct rill_config) */
	uint64_t buffer_bytes;		/* ring of one thread; rounded up to a power of two; 512 .. 1 GiB */
	uint64_t block_bytes;		/* unit of hand-over; power of two; 256 .. 64 KiB, at most half a ring */
	uint32_t threads_max;		/* slots; further threads' events are counted as lost; 1 .. 4096 */
	uint32_t period_ms;		/* how often the consumer looks; 1 .. 60000. In quiet, unless it polls, a sixth as often, but each
					 * 120 ms, and each time that a session wants a flush */
	uint32_t hold_max_ms;		/* a ring in flight longer than this does not delay others; 1 .. 10000 */
	enum rill_wake wake;
	bool prefault;			/* touch a thread's ring when it attaches */
	bool idle_priority;		/* SCHED_IDLE for the consumer: it can starve */
	bool ring_keep;			/* the ring file stays when the program ends in order */
	/* The ring file is on a disk, and shall serve when the machine loses its power, too. The disk then has of each page of 4096 bytes an older
	 * or a newer state, or none, but no half of one: that is the assumption. `rill extract` tells of each what it knows to be right, and of
	 * the rest how many bytes it is. The kernel writes a page some half a minute after it was changed
	 * (/proc/sys/vm/dirty_expire_centisecs), or when somebody asks (sync); rill waits for the disk when the file is made and
	 * when the first flight session starts, and never else. block_bytes is 4096 then, each ring, of signal handlers, too, and of
	 * flight sessions, is 8192 bytes at least, and beginning a block clears its page. */
	bool ring_disk;
	/* Rings in a file, from which `rill extract` reads what the process had recorded when it was killed: a path with ${pid} and
	 * ${name}, or a folder, in which it is ${name}.${pid}.ring. A tmpfs is best; a device file of reserved memory may be named, too.
	 * All its room is taken when the first session starts, which fails where that is not to be had, where the file exists, is a
	 * symbolic link, or lies in a folder of another user, or of one that others can look into (sticky ones like /tmp are
	 * allowed; the file's mode is 0600). threads_max 0 means 32 threads then (CONFIG_RILL_RING_FILE_THREADS). Removed at
	 * exit. NULL: the environment's RILL_RING_FILE, or memory. -ENOTSUP without CONFIG_RILL_RING_FILE. */
	const char *ring_file;
	/* A handler of SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTERM and SIGINT, from the first session on: it records the signal, where
	 * it came, and a short backtrace, as events of category "rill" that each session gets, writes the rings into this file, for `rill
	 * extract`, unless they lie in a ring file, and leaves the rest to whoever had the signal before, or to the default action: exit
	 * status and core file are what they would have been. A path with ${pid} and ${name}, or a folder, in which it is
	 * ${name}.${pid}.crash; "1": in the folder of the first session's file. Its mode is 0600. Threads get an alternative stack with
	 * their first event, unless they have one. NULL: the environment's RILL_CRASH_FILE, or none. -ENOTSUP without
	 * CONFIG_RILL_CRASH. */
	const char *crash_file;
};

/* Fixes the memory layout. -EBUSY once rings exist, -EINVAL for a value out of range (rill_error() names it). */
RILL_API int rill_configure(const struct rill_config *config);

/* ---- sessions ------------------------------------------------------------------------------------- */

struct rill_session;

enum rill_match {
	RILL_MATCH_CHROMIUM,	/* wildcards, exclusions, disabled-by-default rules */
	RILL_MATCH_EXACT	/* V8 and Node: a category by its exact name */
};

enum rill_out { RILL_OUT_FILE, RILL_OUT_FD, RILL_OUT_SINK, RILL_OUT_SUBSCRIBER };

enum rill_format {
	RILL_FORMAT_BY_NAME,	/* binary where the file's name ends in .rill, on lines, sockets and in memory; else JSON */
	RILL_FORMAT_JSON,
	RILL_FORMAT_BINARY	/* rill packets: doc/format.md */
};

enum rill_compress {
	RILL_COMPRESS_NONE,
	RILL_COMPRESS_LZ4,	/* needs CONFIG_RILL_LZ4 */
	RILL_COMPRESS_ZSTD	/* smaller and slower; needs CONFIG_RILL_ZSTD */
};

struct rill_session_options {
	size_t size;			/* sizeof(struct rill_session_options) */
	const char *name;		/* ${name} in patterns; NULL: the program's name */
	const char *filter;		/* "net,-net.rx,disabled-by-default-x"; NULL or "": all but disabled-by-default */
	const char *trace_config;	/* Chromium's TraceConfig as JSON, instead of filter */
	const char *events;		/* event names, "read*,-read_slow"; NULL: every name */
	enum rill_match match;
	enum rill_out out;
	enum rill_format format;
	/* OUT_FILE: a file's pattern with ${pid} ${rotation} ${name}; NULL: rill.${pid}.${rotation}.json. Or another place
	 * for the stream, in packets unless format says JSON (rill(7) has all options):
	 *   serial:/dev/ttyS1?baud=115200   a serial line, framed and paced; &console: others write there, too
	 *   tcp:192.168.1.2:7000, unix:/run/reader        goes to a reader that listens
	 *   tcp-listen:7000, unix-listen:/run/trace       waits for a reader; TCP on 127.0.0.1 unless an address and
	 *                                   ?exposed are given: then whoever reaches the machine can read the trace
	 *   memory:256?dump=/tmp/last.rill  the last 256 KiB: rill_session_memory(), or into a file at stop
	 *   -, fd:3                         standard output, a descriptor, as OUT_FD; JSON unless format says binary */
	const char *file;
	int fd;				/* OUT_FD: stays open and the caller's. A file (above standard error, without O_APPEND) at
					 * whose end it stands, and to which only rill writes meanwhile, is complete JSON after every
					 * flush; everything else is a plain stream, complete at stop */
	struct rill_sink sink;		/* OUT_SINK */
	rill_subscriber *subscriber;	/* OUT_SUBSCRIBER */
	void *subscriber_ctx;
	uint32_t file_mode;		/* 0: 0600 */
	uint64_t rotate_bytes, rotate_events;	/* next file after so many; 0: never */
	uint32_t rotate_age_ms;		/* next file after so long; 0: never */
	uint64_t keep_bytes;		/* delete the oldest of the session's files beyond so many bytes; 0: keep all */
	uint32_t flush_period_ms;	/* 0: 1000, serial below 30000 baud: what the line can afford */
	uint32_t queue_bytes;		/* each of the two buffers before the outlet; 0: 1 MiB, serial: 0.4 s of the line */
	bool shared;			/* take no enabled bit of its own: for many sessions at once */
	bool slices;			/* JSON: X at the end of a scope instead of B and E */
	bool object_form;		/* JSON: {"traceEvents":[ ... ]} */
	bool relative_time;		/* JSON: ts counts from the session's start */
	bool thread_time;		/* record CPU time of the thread with each event (costs a system call) */
	enum rill_compress compress;	/* binary, but not on serial lines: each packet by itself */
	uint32_t packet_bytes;		/* binary: usual size of a packet, 512 .. 65536; 0: the build's, 4096 */
	/* Not 0: a flight session. It keeps the newest events of each thread in so many bytes (a power of two, or the next smaller one;
	 * 4096 .. 1 GiB), and writes them when rill_snapshot() asks for it; the options above say how and where. Half of the bytes are the
	 * thread's own, the rest its signal handlers'. All flight sessions of a process share these rings, and the first one's size is
	 * everybody's. Texts are cut where they are longer than a quarter of the smallest ring. What threads have left that ended stays
	 * until other threads that get their place have overwritten it. */
	uint64_t flight_bytes;
	/* Of a flight session: this signal asks for a snapshot by the options, on a thread of its own; several in a row may become one. Whoever
	 * had the signal before gets it then as ever. One session of a process can have one; 0: none. */
	uint32_t snapshot_signal;
	/* Of a flight session: what asks for a snapshot by itself, on that same thread; triggers, separated by commas (CONFIG_RILL_TRIGGERS):
	 *   scope>500us:net/read      a scope of this category and name has taken longer (us, ms or s)
	 *   count=100:retry           each 100th event of this name
	 *   counter>50:queue          a number among its arguments comes above 50; counter.depth>50:queue: the argument `depth`
	 *   loss                      a session of the process has lost events
	 * Names and categories may hold wildcards; events that are off by default need their category. They need not be among what the
	 * session records. The consumer finds them, some ms to 120 ms later. The head of the trace says (metadata flight_trigger) which one
	 * it was, when, in which thread, and by what value. */
	const char *triggers;
	uint32_t snapshot_before_ms;	/* events from longer before the trigger (the signal, the call) are left out; 0: none are */
	uint32_t snapshot_after_ms;	/* so long after the trigger the snapshot is taken; at the session's end it is taken at once */
	uint32_t snapshot_distance_ms;	/* a trigger that comes sooner behind the last one is passed over; 0: 1000 */
	uint32_t snapshots_max;		/* after so many by triggers there are no more; 0: 100 */
};
#ifdef __cplusplus
#define RILL_SESSION_OPTIONS_INIT rill_session_options_init()
#else
#define RILL_SESSION_OPTIONS_INIT { .size = sizeof(struct rill_session_options) }
#endif

#ifdef __cplusplus
static inline __attribute__((always_inline)) rill_session_options rill_session_options_init()
{
	rill_session_options options = rill_session_options();

	options.size = sizeof options;
	return options;
}
#endif

/* Starts a session; returns when its outlet is open. On failure *session is NULL and nothing has changed.
 * -EINVAL bad filter or option, -EMFILE all 6 direct (all 256 shared, all 8 flight) sessions taken, -EBUSY the flight rings exist and
 * have another size, -ENOTSUP not in this build, else the outlet's error. */
RILL_API int rill_session_start(const struct rill_session_options *options, struct rill_session **session);

/* Exact stop: afterwards every event committed before the call is in the outlet or counted as lost, the outlet is
 * closed, and the session is gone (the pointer is dead). Takes at most about 2 s, whatever the outlet does. */
RILL_API int rill_session_stop(struct rill_session *session);

/* Adds or takes categories (a filter string; exclusions only in enable). Counted: a category enabled n times by
 * rill_session_enable() needs n disables. Takes effect before the call returns. */
RILL_API int rill_session_enable(struct rill_session *session, const char *categories);
RILL_API int rill_session_disable(struct rill_session *session, const char *categories);

/* Everything committed before the call reaches the outlet. timeout_ms 0: only ask (then also usable in a signal
 * handler); else wait at most so long: -ETIMEDOUT. NULL: every session. */
RILL_API int rill_session_flush(struct rill_session *session, uint32_t timeout_ms);

struct rill_stats {
	uint64_t delivered;		/* events handed to the outlet and accepted by it */
	uint64_t lost[RILL_CAUSES];	/* this session's losses by cause */
	uint64_t lost_total;
	uint64_t bytes;			/* written by the outlet so far */
	uint32_t threads;		/* that have delivered or lost anything */
	uint32_t segments;		/* files opened */
};
RILL_API int rill_session_stats(struct rill_session *session, struct rill_stats *stats);

struct rill_thread_stats {
	uint32_t tid, serial;
	uint64_t delivered, lost;	/* of this session */
	uint64_t ring_high_bytes;	/* highest fill of its ring seen: a ring of twice this would have been enough */
};
/* Up to max entries, most losses first; returns how many there are. */
RILL_API int rill_session_thread_stats(struct rill_session *session, struct rill_thread_stats *out, size_t max);

/* Where the session's bytes go ("/tmp/rill.42.1.json"), or "" . Valid until the session stops. */
RILL_API const char *rill_session_where(struct rill_session *session);

/* For a session in memory: flushes, and calls take for each segment of what is kept, oldest first. Each is a whole trace, as a file of a
 * rotation is: packets can be joined to one file, each JSON is one of its own. The bytes are valid during the call; take may call
 * anything. Returns how many there were; -EINVAL: the session goes elsewhere. */
RILL_API int rill_session_memory(struct rill_session *session, void (*take)(void *ctx, const void *segment, size_t size),
				 void *ctx);

/* Writes what a flight session has now as a trace of its own, as the session's options say: the events of all threads in exact order of
 * time, without stopping anybody. session NULL: the first flight session. file NULL: the pattern of the options, in which ${rotation} is
 * the number of the snapshot; else a pattern or place for this one. Events whose emission had ended before the call are in it, but for
 * those that newer ones have overwritten: the head says (metadata flight_ring_TID_LEVEL) from when on it has each thread, and how much
 * was overwritten earlier and meanwhile. What never came into a ring since the snapshot before is told as lost. When the call returns
 * the trace is complete. Takes as long as the outlet does, but no more than about 3 s in which that takes nothing.
 * -ENOENT no such session is running, -EINVAL it is a stream, -ENOMEM, -ENOTSUP not in this build, else the outlet's error. */
RILL_API int rill_snapshot(struct rill_session *session, const char *file);

/* The filter now in force, in Chromium's text form; writes at most size bytes with NUL, returns the full length. */
RILL_API int rill_session_filter(struct rill_session *session, char *text, size_t size);

/* ---- what there is -------------------------------------------------------------------------------- */

/* Calls take for every known category group, in order of registration; returns how many. `sessions` is the enabled byte. */
RILL_API int rill_categories(void (*take)(void *ctx, const char *group, uint8_t sessions), void *ctx);

/* The groups that are enabled for session (NULL: for any), sorted, comma-joined; "" when none. Returns the full length. */
RILL_API int rill_enabled_categories(struct rill_session *session, char *text, size_t size);

/* Calls take for every registered site: category, name, phase, file, line; returns how many, or -ENOMEM. The texts are valid during
 * the call; take may call any function of this header, and unload objects. */
struct rill_site_info {
	const char *category, *name, *file;
	uint32_t line, id;
	char phase;
	uint8_t sessions;	/* the enabled byte */
};
RILL_API int rill_call_sites(void (*take)(void *ctx, const struct rill_site_info *site), void *ctx);

/* ---- observers ------------------------------------------------------------------------------------ */

enum rill_state {
	RILL_FIRST_ON,		/* the first session is on: enabled bytes are set already */
	RILL_LAST_OFF,		/* the last session is going: its bytes are cleared, its outlet not yet flushed */
	RILL_SESSION_ON,
	RILL_SESSION_OFF
};
/* Called outside rill's locks: may emit, start and stop sessions, add and remove observers (also itself). */
typedef void rill_observer(void *ctx, enum rill_state state, struct rill_session *session);

/* Added while tracing: called at once with RILL_FIRST_ON, and RILL_SESSION_ON per running session. -EEXIST if there already. */
RILL_API int rill_observer_add(rill_observer *observer, void *ctx);
/* After return the observer is not called any more (unless the caller is the observer itself). -ENOENT if not there. */
RILL_API int rill_observer_remove(rill_observer *observer, void *ctx);

/* ---- metadata ------------------------------------------------------------------------------------- */

/* A pair for the head of every file of every session from now on: M event `name`, args {"value": text} (value is text),
 * or the given JSON object. Replaces an earlier pair of that name. */
RILL_API int rill_metadata(const char *name, const char *value);
RILL_API int rill_metadata_json(const char *name, const char *args_json);

/* Names and sort orders as viewers show them. The calling thread's; any time, before or during sessions. */
RILL_API int rill_thread_name(const char *name);
RILL_API int rill_thread_sort_index(int32_t index);
RILL_API int rill_process_name(const char *name);
RILL_API int rill_process_sort_index(int32_t index);

/* Joins clock domains: records that this process received sync_id now / issued it between two times (microseconds). */
RILL_API int rill_clock_sync_receiver(const char *sync_id);
RILL_API int rill_clock_sync_issuer(const char *sync_id, int64_t issue_us, int64_t issue_end_us);

/* ---- starting without code ------------------------------------------------------------------------ */

/* Listens at a Unix socket, so that `rill ps`, `rill start PID` and others (rill(1)) reach the process; nobody but its user and root is
 * served. path NULL: PID.sock in $XDG_RUNTIME_DIR/rill, /run/user/UID/rill or /tmp/rill-UID, which is made if it is not there, 0700.
 * Costs a thread that sleeps, and one for each caller, 16 at most. RILL_CONTROL=1 in the environment does it without code. The child
 * of a fork has none of it. -EBUSY it is open already, -ENOTSUP not in this build, else the system's error. */
RILL_API int rill_control_open(const char *path);

/* Callers are hung up on, and what they began that was to end with them is stopped; waits for that. The exit of the process does it, too. */
RILL_API void rill_control_close(void);

/* Takes --trace-event-categories LIST and --trace-event-file-pattern PATTERN (also with =) out of argv as Node does and
 * starts a session if the first is there. Returns 1 if started, 0 if not asked for, or an error. */
RILL_API int rill_init_argv(int *argc, char **argv);

/* Keep-first (-DRILL_EARLY): no session is to get what happened so far, and nothing more is kept for one. In the environment:
 * RILL_EARLY=0. Without effect once a session has started. */
RILL_API void rill_early_end(void);

/* How often sessions were started (-1: none is running): V8's GetNumTracesRecorded. Any thread, signal handlers too. */
RILL_API int rill_traces_recorded(void);

/* The sentence for the calling thread's last failed call of this header; "" if none. */
RILL_API const char *rill_error(void);

/* "1.2.3", also in every trace. */
RILL_API const char *rill_version(void);

#ifdef __cplusplus
}
#endif

#ifdef RILL_DISABLED
#include <rill/session_off.h>
#endif

#endif
