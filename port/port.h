/* SPDX-License-Identifier: MIT
 * port.h - what rill asks of a platform. One .c per concern under port/<platform>/, chosen by the build.
 *
 * Reading a processor's counter is in port/arch/ (inline, for the hot path); everything here is cold.
 */
#ifndef RILL_PORT_H
#define RILL_PORT_H

#include "config.h"

#include <rill/sink.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* ---- clocks --------------------------------------------------------------------------------------- */

/* One clock source. read and read_ordered return ticks; both are wait-free and usable in a signal handler. */
struct rill_clock_source {
	const char *name;
	uint64_t (*read)(void);
	uint64_t (*read_ordered)(void);	/* completes before anything behind it, starts after everything before it */
	bool (*usable)(const char **why);	/* decided at start, once; why: a static sentence, either way */
	uint64_t (*frequency_hz)(void);	/* 0: unknown, to be measured */
	uint64_t skew_ticks;		/* how far two processors may differ */
	bool inline_read;		/* port/arch's rill_arch_ticks() reads this very clock */
};

/* Best first; the last one (CLOCK_MONOTONIC in nanoseconds) is always usable. */
extern const struct rill_clock_source *const rill_clock_sources[];

/* The one in use, never NULL. Chosen at the first call (up to 1 ms; RILL_CLOCK=name forces one); every later call
 * is wait-free. Signal-safe, the first one too; but call it once where threads start anyway. */
const struct rill_clock_source *rill_clock(void);
/* What speaks for it, or against a better one; a static sentence without quotation marks. Signal-safe. */
const char *rill_clock_why(void);

/* False: each of the next four is a system call here, since the kernel maps no code into programs that could read them without. */
bool rill_port_clock_in_user_space(void);

/* clock_gettime() by a function of the kernel's own that changes no vector register and makes no system call where the clock needs none.
 * x86-64 only; NULL: there is none, or it cannot be known. Any thread, not a signal handler. */
typedef int rill_port_clock_function(clockid_t clock, struct timespec *now);
rill_port_clock_function *rill_port_clock_of_kernel(void);

/* {MONOTONIC, MONOTONIC_RAW, BOOTTIME, REALTIME} in ns; a platform without one gives 0. Signal-safe. */
uint64_t rill_port_monotonic_ns(void);
uint64_t rill_port_raw_ns(void);
uint64_t rill_port_boottime_ns(void);
uint64_t rill_port_realtime_ns(void);
uint64_t rill_port_thread_time_ns(void);

/* ---- threads and memory --------------------------------------------------------------------------- */

uint32_t rill_port_tid(void);				/* signal-safe */
bool rill_port_thread_alive(uint32_t pid, uint32_t tid);	/* false: it is certainly gone */
uint64_t rill_port_thread_start_time(uint32_t pid, uint32_t tid);	/* 0: unknown */
void rill_port_thread_comm(uint32_t pid, uint32_t tid, char *name, size_t size);	/* "" when unknown */

/* The barrier behind the order rule: an interrupt on every running thread of this process. */
int rill_port_barrier_register(void);	/* 0, or -errno: use lag mode */
int rill_port_barrier(void);

/* Zeroed pages, reserved but not touched; signal-safe. NULL: none to be had. */
void *rill_port_pages(size_t size);
/* The most that it gives. SIZE_MAX: what there is; else it gives once (CONFIG_RILL_STATIC). */
size_t rill_port_pages_max(void);
/* What lies wholly inside becomes zero and costs no memory any more; it stays accessible. */
void rill_port_pages_empty(void *pages, size_t size);

/* The pages of rings in a file that outlives the process (CONFIG_RILL_RING_FILE), in up to two parts. `kept_at` bytes from a part's begin
 * lie kept_bytes that a fork's child gets as they were. */
struct rill_port_ring_part {
	uint8_t *pages;
	uint64_t at;	/* in the file */
	size_t size, kept_at, kept_bytes;
	uint8_t *copy;
};
struct rill_port_ring_file {
	int fd;
	bool device;
	struct rill_port_ring_part part[2];
	unsigned parts;
	uint64_t inode[2];	/* device and number */
	const char *path;
	sigset_t blocked;	/* what the thread that forks had blocked */
};
/* A new file of mode 0600, all of whose room is taken, so that no store into it can fail later; or a device file of at least that size.
 * Locked (flock) for as long as the process lives. Refused: what exists already, symbolic links, folders of others, and those that
 * others can look into unless they are sticky. Zeroed pages, or NULL: *error is -errno and rill_error() has the sentence. */
void *rill_port_ring_file_open(struct rill_port_ring_file *file, const char *path, size_t size, size_t kept_at, size_t kept_bytes,
			       int *error);
/* The second part, with all its room, from this place of the file on; kept_bytes lie at its begin. The same way of failing, and then the
 * file is as it was. */
void *rill_port_ring_file_extend(struct rill_port_ring_file *file, uint64_t at, size_t size, size_t kept_bytes, int *error);
/* These bytes, from the begin of a page of the file on, are on its disk when it returns, and so is the file's name. 0 or an errno. */
int rill_port_ring_file_sync(const struct rill_port_ring_file *file, void *at, size_t size);
/* The path that a pattern stands for, absolute: ${pid} and ${name} of this program; a folder: the file ${name}.${pid}.KIND in it, kind
 * being "ring" or "crash". 0 or -errno with the sentence. */
int rill_port_ring_file_name(const char *pattern, const char *kind, char *path, size_t size);
/* Around a fork, no signal being handled from the first on; then in the parent, or in the child, whose pages are its own from there. */
void rill_port_ring_file_before_fork(struct rill_port_ring_file *file);
void rill_port_ring_file_after_fork(struct rill_port_ring_file *file);
void rill_port_ring_file_forked(struct rill_port_ring_file *file);
/* Takes the file's name away, if it is still the file's. The pages stay. */
void rill_port_ring_file_remove(struct rill_port_ring_file *file);

/* ---- crashes (CONFIG_RILL_CRASH) ------------------------------------------------------------------- */

/* What is known of a signal that ends the program. */
struct rill_port_crash {
	int signal, code;	/* code: why, as siginfo_t has it */
	uint32_t sender;	/* the process that has sent it; 0: nobody */
	uintptr_t address;	/* that the fault is about */
	uintptr_t pc, sp, fp, lr;	/* 0: there is none */
};
/* From now on SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTERM and SIGINT go to this function first, in the thread that they hit, then
 * to whoever had them before. SIGTERM and SIGINT stay as they are where they are ignored. ends: that is the default action. The
 * function says false if it is called from inside itself; the default action comes at once then. 0 or -errno. Idempotent. */
int rill_port_crash_catch(bool (*crashed)(const struct rill_port_crash *crash, bool ends));
/* Alternative stacks for so many threads; then, in each thread, that of its number, unless it has one of its own. The latter is
 * signal-safe. */
bool rill_port_crash_stacks(uint32_t count);
void rill_port_crash_stack(uint32_t index);
/* Looks which code there is, for the next. Not from a signal handler. */
void rill_port_crash_objects(void);

/* Signal-safe, all of them: calls with the innermost first, as "program+0x1234 libc.so.6+0x2718", for addr2line; "SIGSEGV" for 11; a
 * new file of mode 0600, in place of the one that this process has made there before (again), or -1; false: it is full. */
void rill_port_crash_backtrace(const struct rill_port_crash *crash, char *text, size_t size);
const char *rill_port_signal_name(int signal);
int rill_port_crash_file_open(const char *path, bool again);
bool rill_port_crash_file_write(int fd, uint64_t at, const void *bytes, size_t size);
void rill_port_crash_file_close(int fd, uint64_t size);

/* ---- threads of rill's ----------------------------------------------------------------------------- */

/* All signals but those that the processor raises for what the thread itself did: blocked, such a one would end the process without
 * the application's handler. */
void rill_port_deferrable_signals(sigset_t *set);

/* A thread with a small stack of its own, these signals blocked, named; nice as given, or SCHED_IDLE. */
struct rill_port_thread_options {
	const char *name;
	size_t stack_bytes;
	int nice;
	bool idle;
};
int rill_port_thread_start(const struct rill_port_thread_options *options, void *(*run)(void *), void *arg,
			   unsigned long *handle);
void rill_port_thread_join(unsigned long handle);
/* The calling thread, one of these, is called otherwise from now on; 15 bytes of it are seen. */
void rill_port_thread_rename(const char *name);
/* Joins if it ends within timeout_ms; else detaches it and returns -ETIMEDOUT. */
int rill_port_thread_join_timed(unsigned long handle, uint32_t timeout_ms);

/* In the child of a fork: none of the threads started above is there. */
void rill_port_threads_forked(void);

/* The program's own threads have all ended, its first one by pthread_exit(): only ours keep the process alive. */
bool rill_port_only_ours_left(void);

/* Sleeps while *word == expected, at most until deadline_ns (CLOCK_MONOTONIC; UINT64_MAX: none); may return early. */
void rill_port_futex_wait(const uint32_t *word, uint32_t expected, uint64_t deadline_ns);
void rill_port_futex_wake(const uint32_t *word);	/* all sleepers; signal-safe */

/* ---- the process ---------------------------------------------------------------------------------- */

/* True in a set-uid program and the like: what the environment says came from somebody less privileged. */
bool rill_port_secure(void);
/* The environment variable, or NULL: not set, or not to be trusted (rill_port_secure). */
const char *rill_port_env(const char *name);
/* The program's file name without its folders; never NULL, holds no '/'. */
const char *rill_port_program_name(void);
/* Writes one line into the kernel's own trace. 0, or -errno (nobody traces the kernel, no permission): no message. */
int rill_port_trace_marker(const char *line);

/* The same for all programs between two starts of the machine; "" where unknown. */
enum { RILL_PORT_BOOT_ID_BYTES = 40 };
void rill_port_boot_id(char id[RILL_PORT_BOOT_ID_BYTES]);

/* What the head of a trace says of the machine and the program; empty texts where unknown. */
struct rill_port_machine {
	char platform[16], arch[72], release[72];
	char build_id[65];	/* hexadecimal */
	char boot_id[RILL_PORT_BOOT_ID_BYTES];
	uint32_t processors;
};
void rill_port_machine(struct rill_port_machine *machine);

/* By what the file of the loaded object that holds this address can be found: the first digits of its build id, or its file name. */
enum { RILL_PORT_OBJECT_ID_BYTES = 8, RILL_PORT_OBJECT_MAX = 32 };
void rill_port_object(const void *address, char name[RILL_PORT_OBJECT_MAX]);

/* Call sites of the index-th of the loaded objects that have the note of rill/object.h; false: there are not so many. Each may have
 * been registered, and no code of it need have run. */
enum { RILL_PORT_NOTE_SITES = 2 };	/* its type; the owner is "rill" */
bool rill_port_object_sites(unsigned index, const void **from, const void **to);

/* Is this copy of librill the only one at work in the process? The first call of the first copy makes it so; another copy gets false
 * and the object that holds the first. Not from a signal handler. */
bool rill_port_claim_process(const char **other);

/* ---- sinks ---------------------------------------------------------------------------------------- */

/* Sinks of the platform can do more than those of an application. `sink` comes first: the ops of a struct rill_sink that a
 * function below has made point to it. */
struct rill_port_sink_ops {
	struct rill_sink_ops sink;
	/* In the child of a fork: closes what the sink had open, and touches nothing else; may be NULL. */
	void (*forked)(void *ctx);
	/* From another thread: the session stops. A write must be back before deadline_ns (CLOCK_MONOTONIC), and refuses
	 * what it cannot write; may be NULL. */
	void (*hurry)(void *ctx, uint64_t deadline_ns);
	/* Open, and a regular file; may be NULL: none. */
	bool (*is_file)(void *ctx);
};

/* For sinks made by the functions below only. After forked the sink is not to be used any more there. */
void rill_port_sink_forked(const struct rill_sink *sink);
void rill_port_sink_hurry(const struct rill_sink *sink, uint64_t deadline_ns);
bool rill_port_sink_is_file(const struct rill_sink *sink);

/* A file per segment. pattern: ${pid} ${rotation} ${name}; other ${...} stay as they are. Relative patterns are taken from
 * the directory at this call. json: complete JSON after every write, in page-bounded pieces. open
 * creates the first file: O_CLOEXEC|O_NOFOLLOW, truncating, with the given mode. */
struct rill_file_options {
	const char *pattern;
	const char *name;
	uint32_t pid;
	uint32_t mode;
	bool json;
	const char *json_tail;	/* written behind every piece and overwritten by the next: "]\n" or "]}\n";
				 * a RILL_PIECE_LAST piece brings its own */
	uint64_t keep_bytes;	/* of all files of this sink together: the oldest are deleted; 0: no bound */
	uint32_t first;		/* number of the first file; 0: 1 */
};
int rill_port_file_sink(const struct rill_file_options *options, struct rill_sink *sink);

/* Writes to a descriptor that stays the caller's; no SIGPIPE reaches the application. json_tail: as in rill_file_options, for JSON; NULL:
 * packets, one after the other, each waiting for its reader. A regular file is complete JSON after every write, if the descriptor stands at its end, is above 2 and has no O_APPEND,
 * and as long as nobody else writes to it; everything else is written forward. */
int rill_port_fd_sink(int fd, const char *json_tail, struct rill_sink *sink);

/* A serial line. Writes are paced to its speed, so that little waits in the kernel. A line that was unplugged is looked for again;
 * what follows begins with -ENOTCONN. */
struct rill_serial_options {
	const char *device;
	uint32_t baud;		/* 0: as it is set */
	bool packets;		/* each packet becomes a frame (format/cobs.h); the last one of the stream is sent three times */
	uint32_t packet_bytes_max;	/* 0: RILL_SERIAL_FRAMED_MAX; larger ones are refused */
	bool console;		/* others use the line, too: only what must be is set */
	bool flow;		/* RTS and CTS */
};
enum { RILL_SERIAL_BAUD_MIN = 9600, RILL_SERIAL_FRAMED_MAX = 512 };
int rill_port_serial_sink(const struct rill_serial_options *options, struct rill_sink *sink);
/* Is this a speed that a line may have? */
bool rill_port_serial_speed(uint32_t baud);
/* The speed at which the line is set now; 0: it cannot be asked. */
uint32_t rill_port_serial_baud(const char *device);

/* One peer at a time, by TCP or a Unix stream socket. Without a peer a write waits for one; what follows a peer that went begins
 * with -ENOTCONN, so that the next one gets a segment from its head. */
struct rill_socket_options {
	const char *place;	/* TCP: ADDRESS:PORT, listening also PORT; Unix: a path */
	bool tcp;
	bool listen;
	bool exposed;		/* listening by TCP on another address than those of this machine to itself */
	uint32_t mode;		/* of a Unix socket that listens; 0: 0600 */
};
int rill_port_socket_sink(const struct rill_socket_options *options, struct rill_sink *sink);

/* ---- the control socket --------------------------------------------------------------------------- */

/* Where such sockets of a user lie, as PID.sock: the first of these that is there. False: this one does not exist for him. */
enum { RILL_PORT_CONTROL_FOLDERS = 3 };
bool rill_port_control_folder(unsigned which, uint32_t uid, char *path, size_t size);
/* A descriptor of the folder, if it is that user's alone; -errno: -EPERM it is not. No message. */
int rill_port_control_open_folder(const char *path, uint32_t uid);

/* A descriptor that listens at the path (NULL: the usual place, whose folder is made), or -errno with rill_error(). where: its path. A
 * file that somebody left there who is gone is replaced. */
int rill_port_control_listen(const char *path, char *where, size_t size);
/* Who calls, if he is this process's user or root; else -EPERM, and he has been hung up on. -EAGAIN: nobody does. */
int rill_port_control_accept(int listening);

/* Who listens there. */
struct rill_port_control_peer {
	uint32_t pid, uid;
};
/* A connection, or -errno without a message; a path that is too long has one. */
int rill_port_control_connect(const char *path, struct rill_port_control_peer *peer);

/* Until there is something to receive or to accept, or the other end, or rill_port_control_hang_up(), has closed it; or until the bell
 * (-1: none) has rung since the last wait; or for so long (-1: no limit). False: fd is none. */
bool rill_port_control_wait(int fd, int bell, int timeout_ms);
/* A descriptor that rill_port_control_ring() wakes a waiter by, from any thread; or -errno. */
int rill_port_control_bell(void);
void rill_port_control_ring(int bell);
void rill_port_control_hang_up(int fd);
/* One packet's bytes; 0: the end; -EAGAIN: none is there; -EMSGSIZE: it was longer. *passed: the descriptor that came with it, or -1. */
int64_t rill_port_control_receive(int fd, void *bytes, size_t size, int *passed);
/* Waits for room, each time at most so long. 0 or -errno; no SIGPIPE. */
int rill_port_control_send(int fd, const void *bytes, size_t size, int passed, uint32_t timeout_ms);

/* ---- messages ------------------------------------------------------------------------------------- */

#ifdef CONFIG_RILL_MESSAGES
/* One line to stderr, "rill: " in front, rate-limited per format; never from a hot path. Silent under RILL_QUIET. */
void rill_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Sets the calling thread's rill_error() and returns -code. */
int rill_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
#else
/* The same without texts: the line of the source stands for them. What is said is checked, but not evaluated. */
#define rill_warn(...) ((void)sizeof(rill_unsaid(__VA_ARGS__)), rill_warn_at(__LINE__))
#define rill_fail(code, ...) ((void)sizeof(rill_unsaid(__VA_ARGS__)), rill_fail_at(code, __LINE__))
int rill_unsaid(const char *format, ...) __attribute__((format(printf, 1, 2)));	/* nowhere defined */
void rill_warn_at(unsigned line);
int rill_fail_at(int code, unsigned line);
#endif

#endif
