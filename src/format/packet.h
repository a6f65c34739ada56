/* SPDX-License-Identifier: MIT
 * packet.h - rill packets: the binary stream, and its writer. doc/format.md describes every byte.
 *
 *     +--------+--------+-----------------------------+---------------------------+
 *     | header | counts | records, in merged order    | definitions, in any order |
 *     +--------+--------+-----------------------------+---------------------------+
 *     0        36       40            --> at     end <--
 *
 * A packet is independent: the time base, the present thread and the numbers of strings begin anew
 * in each. What spans packets are definitions: a *form* (what all events of one kind from one call
 * site have in common: names, argument keys and types) and a thread get a number that keeps its
 * meaning for the whole stream. They are repeated from time to time, so a reader that joins late, or
 * lost a packet, finds them further on. They stand apart from the records so that they can be read
 * while the records still wait for one of them.
 *
 * The writer fills one packet at a time in a buffer of the caller's. It allocates nothing, reads no
 * clock and knows no sink:
 *
 *     rill_packet_event() ... -ENOBUFS          the packet is full
 *     size = rill_packet_close()                now buffer holds a packet of that size
 *     (send it)  rill_packet_next()             and the next one begins
 *
 * Used by one thread at a time. The bytes depend on the calls only, not on the processor.
 */
#ifndef RILL_FORMAT_PACKET_H
#define RILL_FORMAT_PACKET_H

#include <rill/session.h>
#include <rill/subscriber.h>
#include <stdbool.h>

/* ---- the bytes ---------------------------------------------------------------------------------- */

enum {
	RILL_PACKET_VERSION = 1,
	RILL_PACKET_MAGIC_0 = 0xd2,	/* 'R' with the top bit, and 'l': no text in UTF-8 holds them */
	RILL_PACKET_MAGIC_1 = 0x6c,

	/* The header; numbers are little-endian. */
	RILL_PACKET_AT_VERSION = 2,	/* version << 4 | flags */
	RILL_PACKET_AT_STREAM = 3,
	RILL_PACKET_AT_LENGTH = 4,	/* 2 bytes: payload */
	RILL_PACKET_AT_SEQUENCE = 6,	/* 2 bytes */
	RILL_PACKET_AT_BASE = 8,	/* 8 bytes: CLOCK_MONOTONIC, ns */
	RILL_PACKET_AT_WRITTEN = 16,	/* 8 bytes: events in this stream, this packet's included */
	RILL_PACKET_AT_LOST = 24,	/* 8 bytes: events that never got here, as far as known */
	RILL_PACKET_AT_CRC = 32,	/* 4 bytes: of the 32 before and the payload */
	RILL_PACKET_HEAD = 36,

	/* The payload begins with two numbers of 2 bytes: events, bytes of definitions. */
	RILL_PACKET_COUNTS = 4,
	RILL_PACKET_PAYLOAD_MAX = 65535,
	RILL_PACKET_MAX = RILL_PACKET_HEAD + RILL_PACKET_PAYLOAD_MAX,
	RILL_PACKET_MIN = 512,		/* least buffer of a writer */
	RILL_PACKET_USUAL_MAX = 65536	/* largest usual size that may be asked for */
};

enum rill_packet_flag {
	RILL_PACKET_FIRST = 1 << 0,	/* begins a segment: a stream, or a file after rotation */
	RILL_PACKET_LAST = 1 << 1,	/* ends a stream or a segment */
	/* 0: the payload is plain; 1 LZ4, 2 zstd: a varint with its plain size, the rest is packed. */
	RILL_PACKET_PACKED = 3 << 2
};

/* What a record begins with (varint). */
enum rill_packet_record {
	RILL_RECORD_PAD = 0,	/* nothing */
	RILL_RECORD_THREAD = 1,	/* serial: whose the events are from here */
	RILL_RECORD_BACK = 2,	/* units: the time goes back by so much */
	RILL_RECORD_MARK = 3,	/* of the next event: late, clamped, begin lost (bits 0 to 2), level << 3 */
	RILL_RECORD_EVENT = 4,	/* an event that carries its form */
	RILL_RECORD_UNIT = 5,	/* shift: times of this packet count 2^shift ns */
	RILL_RECORD_SIZED = 8,	/* from here to 15: a size follows, so that they can be passed over */
	RILL_RECORD_GAP = 8,
	RILL_RECORD_FORMS = 16	/* an event of form n is 16 + n */
};

/* What a definition begins with (varint); its size follows. */
enum rill_packet_definition {
	RILL_DEFINE_STREAM = 1,
	RILL_DEFINE_FORM = 2,
	RILL_DEFINE_THREAD = 3,
	RILL_DEFINE_COUNTS = 4,		/* a thread's totals */
	RILL_DEFINE_SNAPSHOT = 5,	/* all clocks at one moment */
	RILL_DEFINE_METADATA = 6,
	RILL_DEFINE_TOTALS = 7		/* at the end of a stream, by cause */
};

/* Which fields an event has beside its arguments, in this order. */
enum rill_packet_field {
	RILL_FIELD_ID = 1 << 0,
	RILL_FIELD_SCOPE = 1 << 1,	/* string */
	RILL_FIELD_BIND = 1 << 2,
	RILL_FIELD_PLACE = 1 << 3,	/* pid and tid, where they are not the thread's own */
	RILL_FIELD_BEGIN = RILL_EVENT_HAS_BEGIN,	/* units since the begin, modulo 2^64 */
	RILL_FIELD_OWN_TIME = RILL_EVENT_HAS_OWN_TIME,	/* zigzag microseconds */
	RILL_FIELD_THREAD_TIME = RILL_EVENT_HAS_THREAD_TIME,
	RILL_FIELDS_OF_STATE = RILL_FIELD_BEGIN | RILL_FIELD_OWN_TIME | RILL_FIELD_THREAD_TIME
};

enum {
	RILL_PACKET_MARKS = RILL_EVENT_LATE | RILL_EVENT_CLAMPED | RILL_EVENT_BEGIN_LOST,
	RILL_PACKET_LEVEL_SHIFT = 3,
	RILL_PACKET_STATE = RILL_EVENT_SCOPE | RILL_EVENT_DYNAMIC,	/* part of a form */
	RILL_PACKET_SHIFT_MAX = 30,
	RILL_PACKET_FORM_MAX = 1 << 18,		/* numbers of forms are below */
	RILL_PACKET_NUMBERED_MAX = 4096		/* strings of a packet that get a number */
};

/* What a string begins with. Odd: a new one of value >> 1 bytes, which gets the next number.
 * Even: value >> 1 is one of these. */
enum rill_packet_string {
	RILL_STRING_NULL = 0,
	RILL_STRING_CUT = 1,	/* size and bytes of one that was cut short, without a number */
	RILL_STRING_SEEN = 2	/* the string with number n is 2 + n */
};

/* One moment in all clocks of the machine; 0 where it has none. */
struct rill_packet_snapshot {
	uint64_t monotonic_ns, raw_ns, boottime_ns, realtime_ns;
	uint64_t ticks;			/* of the counter that the events were stamped with */
	uint64_t uncertainty_ns;	/* the others agree with monotonic_ns to this much, either way */
	uint32_t epoch;			/* jumps of the clock so far */
};

/* Whose stream it is. */
struct rill_packet_origin {
	uint64_t identity;	/* differs from that of any other stream: tells a restart */
	uint64_t start_ns;
	uint32_t pid;
	const char *session, *version;
};

/* Totals of one thread in one part of the stream; see rill_packet_forget_threads(). */
struct rill_packet_counts {
	uint32_t serial, part;
	uint64_t written, lost;
};

/* ---- the writer --------------------------------------------------------------------------------- */

enum {
	RILL_PACKET_ARGS_MAX = 16,	/* an event with more carries its form */
	RILL_PACKET_STRINGS = 256,
	RILL_PACKET_LIKES = 16,
	RILL_PACKET_DEBT_MAX = 512	/* of credit, about: see rill_packet_remind() */
};

/* A form that has a number. Zeroed: free. */
struct rill_packet_form {
	uint32_t site;
	uint32_t flags;
	uint32_t number;	/* + 1 */
	uint32_t told;		/* the round in which it was defined last; 0: never */
	uint8_t phase, fields, state, nargs;
	uint8_t types[RILL_PACKET_ARGS_MAX];
};

/* A thread as far as it was told. Zeroed: free. */
struct rill_packet_thread {
	uint32_t serial;
	uint32_t generation;	/* of the name */
	uint32_t told;
	bool changed;		/* the totals, since they were told last */
	uint64_t written, lost;
};

/* A string that has a number. */
struct rill_packet_seen {
	uint32_t packet;	/* valid for this one only: never cleared */
	uint16_t at, size;	/* of its bytes, behind the header */
	uint16_t number;
};

/* What is known of events of one kind; see rill_packet_event_like(). */
struct rill_packet_like {
	uint64_t kind;		/* 0: nothing */
	const struct rill_packet_form *form;
	size_t spare;		/* bytes that one needs at most, but for its texts */
};

struct rill_packet_options {
	uint8_t *buffer;
	uint32_t buffer_bytes;	/* RILL_PACKET_MIN to RILL_PACKET_MAX: no packet is larger */
	uint32_t packet_bytes;	/* usual size, at most buffer_bytes: larger only for an event that needs it */
	struct rill_packet_form *forms;		/* zeroed; a power of two of them */
	struct rill_packet_thread *threads;	/* likewise */
	uint32_t forms_size, threads_size;
	uint32_t pid;
	uint8_t stream;
	uint8_t unit_shift;	/* times count 2^unit_shift ns */
};

struct rill_packet_writer {
	struct rill_packet_options options;

	/* the packet under way */
	uint8_t *start, *at;	/* records */
	uint8_t *end, *limit;	/* definitions */
	uint64_t base, last;	/* units; base holds once the packet has a time */
	uint32_t serial;	/* of the present thread */
	uint32_t text_max;	/* longer texts are cut */
	size_t text_room;	/* for the texts of the present event */
	uint32_t strings;	/* numbered so far */
	uint16_t events;
	bool timed, full, closed;
	uint8_t flags;
	size_t size;		/* when closed */
	struct rill_packet_seen seen[RILL_PACKET_STRINGS];
	struct rill_packet_like likes[RILL_PACKET_LIKES];

	/* the stream */
	const struct rill_thread *thread;	/* the last one, with its entry */
	uint32_t thread_generation;
	struct rill_packet_thread *entry;
	uint32_t packet;	/* counts from 1 */
	uint32_t round;		/* definitions are told once in each */
	uint32_t due;		/* those last told in a round before this one must be told again */
	bool put_off;		/* one was not, for want of credit; the caller takes it back */
	int64_t credit;		/* less each byte of definitions; see rill_packet_remind() */
	uint32_t forms, threads, next_number, part;
	uint64_t written, lost;
	uint16_t sequence;
};

void rill_packet_init(struct rill_packet_writer *w, const struct rill_packet_options *options);

/* Appends an event. 0; -ENOBUFS: no room, close the packet and try again; -EMSGSIZE: it fits no
 * packet, even with its texts cut. Names, texts and thread are not needed afterwards. */
int rill_packet_event(struct rill_packet_writer *w, const struct rill_event *event);
/* The same, and all events that come with this number (not 0) have one form: it is looked up for the first of them. */
int rill_packet_event_like(struct rill_packet_writer *w, const struct rill_event *event, uint64_t kind);
/* A stretch of lost events, between the events around it. */
int rill_packet_gap(struct rill_packet_writer *w, const struct rill_gap *gap);

/* Definitions. All return 0, -ENOBUFS or -EMSGSIZE like rill_packet_event(). */
int rill_packet_stream(struct rill_packet_writer *w, const struct rill_packet_origin *origin);
int rill_packet_metadata(struct rill_packet_writer *w, const char *name, const char *args_json);
int rill_packet_snapshot(struct rill_packet_writer *w, const struct rill_packet_snapshot *snapshot);
int rill_packet_totals(struct rill_packet_writer *w, const struct rill_stats *stats);
/* Does nothing if this name was told in this round. */
int rill_packet_thread(struct rill_packet_writer *w, const struct rill_thread *thread);
/* The totals of all threads that changed; after -ENOBUFS it goes on where it stopped. */
int rill_packet_counts(struct rill_packet_writer *w);

/* Ends the packet: header and checksum are in place. Returns its size, 0: there is nothing in it.
 * flags: FIRST, LAST; called again it adds them. */
size_t rill_packet_close(struct rill_packet_writer *w, unsigned flags);
/* The closed packet was sent (or given up): begins the next one. */
void rill_packet_next(struct rill_packet_writer *w);

/* Begins a round: forms and threads are defined again before their next use. */
void rill_packet_repeat(struct rill_packet_writer *w);
/* Likewise, but each only while w->credit is above 0: on a slow line repetitions must leave room for
 * events. A definition that was never told does not count against it. */
void rill_packet_remind(struct rill_packet_writer *w);

/* The tables want more room: at three quarters. Without it, events of further call sites carry
 * their form, and threads are to be forgotten. */
bool rill_packet_forms_full(const struct rill_packet_writer *w);
bool rill_packet_threads_full(const struct rill_packet_writer *w);
/* Moves them to a larger table, zeroed, of a power of two. The old one is the caller's again. */
void rill_packet_move_forms(struct rill_packet_writer *w, struct rill_packet_form *forms,
			    uint32_t size);
void rill_packet_move_threads(struct rill_packet_writer *w, struct rill_packet_thread *threads,
			      uint32_t size);
/* Empties the table of threads, to be called behind rill_packet_counts(): totals begin at 0 in a
 * new part. */
void rill_packet_forget_threads(struct rill_packet_writer *w);

#endif
