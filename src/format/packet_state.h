/* SPDX-License-Identifier: MIT
 * packet_state.h - the reader's inside, shared by the files that packet_read.h names and by nobody else.
 */
#ifndef RILL_FORMAT_PACKET_STATE_H
#define RILL_FORMAT_PACKET_STATE_H

#include "format/packet_read.h"

enum { RILL_PACKET_VALUES_MAX = 256, RILL_PACKET_STREAMS = 256 };

/* A form as defined. One piece of memory with its texts. */
struct rill_read_form {
	struct rill_event event;	/* what all its events share */
	uint32_t size;			/* of the piece */
	uint32_t site;			/* in the traced process */
	uint8_t fields, nargs;
	struct rill_read_arg {
		const char *name;
		uint8_t type;
	} args[];
};

struct rill_read_thread {
	struct rill_thread thread;	/* its name lies behind */
	uint32_t size;
	struct rill_read_thread *next;	/* of the same bucket */
};

struct rill_read_pair {
	struct rill_read_pair *next;
	uint32_t size, name_size;
	const char *name, *args;	/* behind */
};

enum rill_read_need { RILL_NEEDS_FORM, RILL_NEEDS_THREAD, RILL_NEEDS_ORIGIN };

/* A packet that waits. */
struct rill_held {
	struct rill_held *next;
	struct rill_packet_missing missing;	/* to be told first */
	uint32_t delivered;			/* events and gaps of it that are out already */
	uint32_t events;			/* of these, events */
	enum rill_read_need needs;		/* what it waits for */
	uint32_t needs_number;
	uint32_t tries;
	uint64_t not_before;			/* packets of the stream */
	struct rill_packet packet;		/* plain; bytes behind */
};

enum { RILL_THREAD_BUCKETS = 64, RILL_PAIRS_MAX = 256 };

/* Packets that are not here, with the events from ... to - 1. */
struct rill_read_hole {
	uint64_t from, to;
	uint64_t before_ns, after_ns;		/* base times of the packets around */
	uint16_t sequence, packets;		/* of the first; how many. 0: before the stream was joined */
};

enum { RILL_READ_HOLES = 256, RILL_READ_SUM_PAGES = 64 };

/* What is to be done with a packet. */
enum rill_read_fate {
	RILL_READ_NEWER,	/* goes on from the newest, or beyond */
	RILL_READ_LATE,		/* was missing */
	RILL_READ_SEEN,		/* was here already */
	RILL_READ_ANOTHER	/* begins another stream */
};

struct rill_read_stream {
	struct rill_packet_stream known;	/* first: callers get a pointer to it */
	uint16_t sequence;			/* of the newest packet */
	struct {
		uint64_t written, lost;
		uint32_t crc;
		uint16_t sequence;
	} cursor;				/* of the packet before in the input */
	/* By sequence: the checksum of the last that had it; 0: none. */
	uint32_t *sums[RILL_READ_SUM_PAGES];
	struct rill_read_hole holes[RILL_READ_HOLES];
	unsigned hole_count;
	char *texts;				/* of the origin */
	size_t texts_size;
	struct rill_read_form **forms;		/* by number */
	uint32_t forms_room;
	struct rill_read_thread **threads;	/* buckets: RILL_THREAD_BUCKETS or more; NULL: none yet */
	uint32_t threads_room, thread_count;
	struct rill_read_pair *pairs;
	uint32_t pair_count;
	struct rill_held *held, **held_end;
};

struct rill_read_string {
	const char *text;
	uint32_t size;
};

/* What decoding a packet needs; one for all streams, since a packet is independent. */
struct rill_decoder {
	struct rill_read_string strings[RILL_PACKET_NUMBERED_MAX];
	struct rill_value values[RILL_PACKET_VALUES_MAX];
	uint16_t places[RILL_PACKET_PAYLOAD_MAX / 2];	/* of the definitions */
	/* Texts with a NUL behind, whose place is that of the size in front: never more than the payload. */
	char arena[RILL_PACKET_PAYLOAD_MAX];
};

struct rill_packet_reader {
	struct rill_packet_reader_options options;
	struct rill_packet_reader_ops ops;
	void *ctx;
	struct rill_packet_reader_result result;
	struct rill_read_stream *streams[RILL_PACKET_STREAMS];
	size_t held_bytes, definitions_bytes;
	uint32_t next_site;
	struct rill_decoder *decoder;
	uint8_t *plain;			/* of a packet that came compressed; NULL: none did */

	/* The input that was not used yet: buffer[begin .. end). */
	uint8_t *buffer;
	size_t begin, end;
	uint64_t base;			/* offset in the input of buffer[0] */

	/* A stretch without a packet that has not been told yet. */
	bool in_damage;
	uint64_t damage_from;
	const char *damage_why;
	bool cut;			/* it begins with a packet that the end of the input cut off */

	/* Sums up to each byte of a region that holds false headers: see packet_read.c. A framed
	 * source has no use for them and decodes its frames here. */
	uint32_t *sums;
	size_t sums_end, doubtful_end;
	size_t scanned;			/* framed: there is no zero before */
};

/* packet_stream.c: a packet whose checksum is right. */
int rill_read_packet(struct rill_packet_reader *r, const struct rill_packet *packet);
/* Delivers all that waits, in every stream. */
void rill_read_end(struct rill_packet_reader *r);
void rill_read_free_streams(struct rill_packet_reader *r);

/* packet_unpack.c: makes *packet, which is compressed, the plain one. What cannot be unpacked becomes
 * a packet without content. 0, or -ENOMEM. */
int rill_read_unpack(struct rill_packet_reader *r, struct rill_packet *packet);

/* The number of its first event. A header that claims more events than were written until then begins at 0. */
static inline uint64_t rill_read_first(const struct rill_packet *p)
{
	return p->written > p->events ? p->written - p->events : 0;
}

/* packet_past.c: s may be NULL. */
enum rill_read_fate rill_read_judge(struct rill_read_stream *s, const struct rill_packet *p,
				    uint64_t identity, uint32_t crc);
void rill_read_add_hole(struct rill_read_stream *s, const struct rill_read_hole *hole);
/* One that was missing is here. */
void rill_read_fill(struct rill_packet_reader *r, struct rill_read_stream *s,
		    const struct rill_packet *p);
void rill_read_note(struct rill_read_stream *s, const struct rill_packet *p, uint32_t crc);
void rill_read_forget_past(struct rill_read_stream *s);

/* packet_define_read.c. False: malformed. */
bool rill_read_definitions(struct rill_packet_reader *r, struct rill_read_stream *s,
			   const uint8_t *at, const uint8_t *end);
void rill_read_forget(struct rill_packet_reader *r, struct rill_read_stream *s);
/* Memory of the budget for definitions, zeroed; NULL: beyond it, which is counted. */
void *rill_read_charge(struct rill_packet_reader *r, size_t size);
void rill_read_discharge(struct rill_packet_reader *r, void *memory, size_t size);

/* packet_threads.c */
const struct rill_thread *rill_read_find_thread(const struct rill_read_stream *s, uint32_t serial);
/* Where the thread is, or belongs; NULL: no memory for it. */
struct rill_read_thread **rill_read_place_thread(struct rill_packet_reader *r,
						 struct rill_read_stream *s, uint32_t serial);
void rill_read_forget_threads(struct rill_packet_reader *r, struct rill_read_stream *s);

/* packet_decode.c: the records of held->packet from number held->delivered on. */
enum rill_decoded_state {
	RILL_DECODED,
	RILL_DECODE_WAITS,	/* a definition is missing */
	RILL_DECODE_MALFORMED
};
enum rill_decoded_state rill_read_records(struct rill_packet_reader *r, struct rill_read_stream *s,
					  struct rill_held *held, bool anyhow);

/* packet_read.c */
void rill_read_damage(struct rill_packet_reader *r, uint64_t offset, uint64_t bytes, const char *why);

#endif
