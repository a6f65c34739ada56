/* SPDX-License-Identifier: MIT
 * trace.h - trace events in a program or library.
 *
 *     #include <rill/trace.h>
 *
 *     int fetch(const char *url, int tries)
 *     {
 *             RILL_SCOPE("net", "fetch", "url", url, "tries", tries);    closes at the end of the block
 *             ...
 *             RILL_COUNTER("net", "open", "sockets", open_sockets);
 *     }
 *
 * Category, name and argument keys are string literals without % { | } " and backslash; what is known only at run time goes
 * through rill_emit(). A category may be a list ("net,net.rx"); names that begin with "disabled-by-default-"
 * are on only when asked for by name. Up to 16 (key, value) pairs follow the name; the type of each value is
 * taken from its expression: integers of 8 to 64 bits (gcc's bit-fields in C: int64), bool, float, double, enumerations, pointers,
 * const char * (copied at once, may be NULL), RILL_COPY(text, max), RILL_BYTES(data, size).
 *
 * Cost while no session wants the event: one byte tested (2 instructions on x86-64); no argument is evaluated.
 * Any thread, signal handlers included; wait-free: no lock, no system call (but to wake the consumer, see RILL_WAKE_POLL),
 * no allocation. An event that does not fit is counted as lost, with its cause, never waited for.
 *
 * -DRILL_DISABLED makes every macro here and in trace_event.h vanish: no code, no data, no symbol; arguments are checked as
 * else, and never evaluated. What is compiled so needs no librill: the functions of rill's headers become inline ones that
 * do nothing, and those of session.h say that they are compiled out (-ENOSYS). It is for whole programs: a file that is
 * compiled with it starts no session for the others.
 * -DRILL_STRIP_NAMES leaves the names of events and arguments and the file's out of what is loaded; the tool reads them from the
 * program's file (rill convert --exe). librill must be built with CONFIG_RILL_STRIP_NAMES.
 * -DRILL_NO_FILE_LINE leaves file and line of the call sites out, for good; it must be given where librill was built without
 * CONFIG_RILL_FILE_LINE. Texts and bytes as values need a librill with CONFIG_RILL_ARG_TEXTS, CONFIG_RILL_ARG_BLOBS.
 * -DRILL_EARLY keeps the events of a file before there is a session, from the first constructor of the program on, for the first
 * session to take (rill_early_end(): none will); librill must be built with CONFIG_RILL_EARLY. Until then such an event is lock-free,
 * and not on its hot path. C11 and C++11. Idea of the macro family: Chromium's trace_event.
 */
#ifndef RILL_TRACE_H
#define RILL_TRACE_H

#include <rill/dynamic.h>
#ifdef RILL_DISABLED
#include <rill/trace_off.h>
#else
#include <rill/object.h>
#endif

/* ---- events ---------------------------------------------------------------------------------------- */

/* A slice from here to the end of the enclosing block (C: cleanup attribute, C++: destructor). Several in one block nest.
 * Entered while its category is off it writes nothing; if the category goes off in between it is still
 * closed. return, break, goto and C++ exceptions close it; longjmp() over it leaves the slice open. It is two statements:
 * not for the branch of an if without braces. */
#define RILL_SCOPE(category, ...) RILL_SCOPE_1(RILL_JOIN(rill_scope_, __COUNTER__), category, __VA_ARGS__)
#define RILL_SCOPE_1(state, category, ...)                                                         \
	RILL_SCOPE_STATE(state)                                                                    \
	RILL_EVENT('B', RILL_SITE_SCOPE, RILL_SEND_BEGIN, state, category, __VA_ARGS__)

/* A slice whose ends stand in different blocks or functions, but in one thread, and nest. */
#define RILL_BEGIN(category, ...) RILL_EVENT('B', 0, RILL_SEND, 0, category, __VA_ARGS__)
#define RILL_END(category, ...) RILL_EVENT('E', 0, RILL_SEND, 0, category, __VA_ARGS__)

/* A point in time: shown on its thread, across its process, or across everything. */
#define RILL_INSTANT(category, ...) RILL_EVENT('I', RILL_FLAG_SCOPE_THREAD, RILL_SEND, 0, category, __VA_ARGS__)
#define RILL_INSTANT_PROCESS(category, ...) RILL_EVENT('I', RILL_FLAG_SCOPE_PROCESS, RILL_SEND, 0, category, __VA_ARGS__)
#define RILL_INSTANT_GLOBAL(category, ...) RILL_EVENT('I', RILL_FLAG_SCOPE_GLOBAL, RILL_SEND, 0, category, __VA_ARGS__)
#define RILL_MARK(category, ...) RILL_EVENT('R', 0, RILL_SEND, 0, category, __VA_ARGS__)

/* Numbers over time; each pair is one series of the counter. */
#define RILL_COUNTER(category, ...) RILL_EVENT('C', 0, RILL_SEND, 0, category, __VA_ARGS__)

/* With an id: a number, a pointer, or one of the wrappers below. */
#define RILL_WITH_ID(phase, flags, category, name, id, ...)                                        \
	RILL_EVENT_WITH_ID(phase, flags, category, name, "", RILL_ID_OF(id), ##__VA_ARGS__)

/* Operations that may overlap and change threads: a tree per (category, id). */
#define RILL_ASYNC_BEGIN(category, name, ...) RILL_WITH_ID('b', 0, category, name, __VA_ARGS__)
#define RILL_ASYNC_INSTANT(category, name, ...) RILL_WITH_ID('n', 0, category, name, __VA_ARGS__)
#define RILL_ASYNC_END(category, name, ...) RILL_WITH_ID('e', 0, category, name, __VA_ARGS__)

/* Arrows from slice to slice, also across threads: same category, name and id. */
#define RILL_FLOW_BEGIN(category, name, ...) RILL_WITH_ID('s', 0, category, name, __VA_ARGS__)
#define RILL_FLOW_STEP(category, name, ...) RILL_WITH_ID('t', 0, category, name, __VA_ARGS__)
#define RILL_FLOW_END(category, name, ...) RILL_WITH_ID('f', RILL_FLAG_BIND_TO_ENCLOSING, category, name, __VA_ARGS__)

/* Life of an object; the snapshot's pairs are what it looks like now. */
#define RILL_OBJECT_NEW(category, name, ...) RILL_WITH_ID('N', 0, category, name, __VA_ARGS__)
#define RILL_OBJECT_SNAPSHOT(category, name, ...) RILL_WITH_ID('O', 0, category, name, __VA_ARGS__)
#define RILL_OBJECT_DELETE(category, name, ...) RILL_WITH_ID('D', 0, category, name, __VA_ARGS__)

/* A sample of a profiler: id is the profile's. */
#define RILL_SAMPLE(category, name, ...) RILL_WITH_ID('P', 0, category, name, __VA_ARGS__)

/* The moment at which this process received (or sent) a mark that another clock domain knows under the same sync_id. */
#define RILL_CLOCK_SYNC(sync_id) RILL_EVENT('c', 0, RILL_SEND, 0, "__metadata", "clock_sync", "sync_id", sync_id)

/* Text that ends at `max` bytes if no NUL comes before. */
#define RILL_COPY(text, max) (RILL_STRUCT(rill_copy){ text, max })
/* Bytes, shown as hexadecimal. */
#define RILL_BYTES(data, size) (RILL_STRUCT(rill_bytes){ data, (uint32_t)(size) })
/* Ids that hold in this process only, that hold across processes, and that are told apart by a text. */
#define RILL_ID_LOCAL(id) (RILL_STRUCT(rill_id_local){ RILL_ID_OF(id).value })
#define RILL_ID_GLOBAL(id) (RILL_STRUCT(rill_id_global){ RILL_ID_OF(id).value })
#define RILL_ID_SCOPED(scope, id) RILL_SCOPE_OF(scope, id)

#endif
