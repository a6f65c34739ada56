/* SPDX-License-Identifier: MIT
 * text_double.c - doubles and floats as text: as few digits as read back to the same value.
 *
 * Nearly everything that is measured has few decimals, and then whole numbers are enough: if v
 * * 10^d, rounded to a whole m below 10^15, gives v again by m / 10^d, the decimal m e-d reads
 * back as v (the division rounds as a reader does, both operands being exact), and since no two
 * decimals of up to 15 digits share a double, no shorter one does. Floats likewise with 6
 * digits and d up to 6, where rounding twice cannot differ from rounding once. All others go
 * through the C library, with rising precision until one reads back; of its text only the
 * digits are taken, so that the host program's locale with its decimal comma does no harm.
 */
#include "format/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* |value| = d.ddd * 10^exponent */
struct decimal {
	int count, exponent;
	char digits[24];
};

/* Plain notation for what a reader can take in at a glance, else d.ddde+NN as printf writes it. */
enum { PLAIN_FROM = -5, PLAIN_BELOW = 17 };

static char *put_plain(char *to, const struct decimal *d)
{
	const int whole = d->exponent + 1;	/* digits before the point; or minus zeros */

	if (whole <= 0) {
		to = RILL_TEXT_LITERAL(to, "0.");
		memset(to, '0', (size_t)-whole);
		return rill_text_bytes(to - whole, d->digits, (size_t)d->count);
	}
	if (whole >= d->count) {
		to = rill_text_bytes(to, d->digits, (size_t)d->count);
		memset(to, '0', (size_t)(whole - d->count));
		return RILL_TEXT_LITERAL(to + (whole - d->count), ".0");
	}
	to = rill_text_bytes(to, d->digits, (size_t)whole);
	*to++ = '.';
	return rill_text_bytes(to, d->digits + whole, (size_t)(d->count - whole));
}

static char *put_scientific(char *to, const struct decimal *d)
{
	const unsigned size = (unsigned)(d->exponent < 0 ? -d->exponent : d->exponent);

	*to++ = d->digits[0];
	if (d->count > 1) {
		*to++ = '.';
		to = rill_text_bytes(to, d->digits + 1, (size_t)(d->count - 1));
	}
	*to++ = 'e';
	*to++ = d->exponent < 0 ? '-' : '+';
	return size < 100 ? rill_text_pair(to, size) : rill_text_u64(to, size);
}

static char *put_decimal(char *to, struct decimal *d)
{
	while (d->count > 1 && d->digits[d->count - 1] == '0')
		d->count--;
	if (d->exponent >= PLAIN_FROM && d->exponent < PLAIN_BELOW)
		return put_plain(to, d);
	return put_scientific(to, d);
}

/* True if value has at most digits_max significant digits and decimals_max decimals. */
static bool few_digits(struct decimal *d, double value, unsigned digits_max, unsigned decimals_max,
		       bool is_float)
{
	for (unsigned decimals = 0; decimals <= decimals_max; decimals += 3) {
		const double scale = (double)rill_text_powers[decimals];
		double scaled = value * scale;
		uint64_t whole;

		if (scaled >= (double)rill_text_powers[digits_max] - 1)
			return false;
		whole = (uint64_t)(scaled + 0.5);
		scaled = (double)whole / scale;
		if (is_float)
			scaled = (double)(float)scaled;
		if (scaled != value)
			continue;
		d->count = (int)(rill_text_u64(d->digits, whole) - d->digits);
		d->exponent = whole ? d->count - 1 - (int)decimals : 0;
		return true;
	}
	return false;
}

/* value, which is finite and positive, with so many significant digits; true if they read back
 * as value. */
static bool with_digits(struct decimal *d, double value, int count, bool is_float)
{
	char text[48];
	const char *at = text;
	bool negative;

	snprintf(text, sizeof text, "%.*e", count - 1, value);
	for (d->count = 0; *at != 'e'; at++)	/* skips whatever the locale has for a point */
		if (*at >= '0' && *at <= '9')
			d->digits[d->count++] = *at;
	negative = at[1] == '-';
	d->exponent = 0;
	for (at += 2; *at; at++)
		d->exponent = d->exponent * 10 + (*at - '0');
	if (negative)
		d->exponent = -d->exponent;
	return is_float ? (double)strtof(text, NULL) == value : strtod(text, NULL) == value;
}

static void by_precision(struct decimal *d, double value, bool is_float)
{
	const int saved = errno;	/* strtod() complains about the smallest values */
	const int last = is_float ? 9 : 17;
	/* From here on one more digit is the only way to tell two neighbours apart; below the
	 * normal range the spacing is wider and one digit may do. */
	const double normal = is_float ? 0x1p-126 : 0x1p-1022;
	int count = value < normal ? 1 : is_float ? 6 : 15;

	while (!with_digits(d, value, count, is_float) && count < last)
		count++;
	errno = saved;
}

static char *put(char *to, double value, bool is_float)
{
	struct decimal d;

	if (__builtin_isnan(value))
		return RILL_TEXT_LITERAL(to, "\"NaN\"");
	if (__builtin_isinf(value))
		return value < 0 ? RILL_TEXT_LITERAL(to, "\"-Infinity\"")
				 : RILL_TEXT_LITERAL(to, "\"Infinity\"");
	if (__builtin_signbit(value)) {
		*to++ = '-';
		value = -value;
	}
	if (!few_digits(&d, value, is_float ? 6 : 15, is_float ? 6 : 9, is_float))
		by_precision(&d, value, is_float);
	return put_decimal(to, &d);
}

char *rill_text_double(char *to, double value)
{
	return put(to, value, false);
}

char *rill_text_float(char *to, float value)
{
	return put(to, (double)value, true);
}
