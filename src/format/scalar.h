/* SPDX-License-Identifier: MIT
 * scalar.h - what a word of a record's payload is, by its type.
 */
#ifndef RILL_FORMAT_SCALAR_H
#define RILL_FORMAT_SCALAR_H

#include <rill/subscriber.h>
#include <string.h>

/* A value that is one word. */
static inline void rill_decode_scalar(struct rill_value *v, uint8_t type, uint64_t word)
{
	uint32_t bits = (uint32_t)word;
	float f;

	switch (type) {
	case RILL_TYPE_I8: v->i = (int8_t)word; break;
	case RILL_TYPE_I16: v->i = (int16_t)word; break;
	case RILL_TYPE_I32: v->i = (int32_t)word; break;
	case RILL_TYPE_U8: v->u = (uint8_t)word; break;
	case RILL_TYPE_U16: v->u = (uint16_t)word; break;
	case RILL_TYPE_U32: v->u = bits; break;
	case RILL_TYPE_BOOL: v->u = word != 0; break;
	case RILL_TYPE_F32:
		memcpy(&f, &bits, sizeof f);
		v->d = (double)f;
		break;
	case RILL_TYPE_F64: memcpy(&v->d, &word, sizeof v->d); break;
	default: v->u = word; break;	/* 64 bits and pointers */
	}
}

#endif
