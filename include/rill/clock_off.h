/* SPDX-License-Identifier: MIT
 * clock_off.h - the functions of clock.h where rill is compiled out (-DRILL_DISABLED). clock.h includes it.
 */
#ifndef RILL_CLOCK_OFF_H
#define RILL_CLOCK_OFF_H

#include <rill/clock.h>
#ifdef RILL_DISABLED

#include <errno.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"	/* in C++ a function may not share a struct's name */
RILL_API void rill_clock_info(struct rill_clock_info *info)
{
	info->name = "none";
	info->why = "rill is compiled out (RILL_DISABLED)";
	info->frequency_hz = 0;
	info->read_ns = info->ordered_read_ns = 0;
}
#pragma GCC diagnostic pop
RILL_API int rill_clock_register(const struct rill_clock_own *own)
{
	(void)own;
	return -ENOSYS;
}
RILL_API uint64_t rill_clock_ticks(void)
{
	return 0;
}
RILL_API uint64_t rill_clock_ns(void)
{
	return 0;
}

#ifdef __cplusplus
}
#endif

#endif
#endif
