/* SPDX-License-Identifier: MIT
 * ck.h - refuses Concurrency Kit's headers when they were made for another processor. To be
 * included before any of them.
 *
 * Cross compilers of distributions search the host's /usr/include too. Concurrency Kit is
 * configured when it is built: with the headers of an x86 host its fences between loads and between stores are
 * empty, and on ARM neither the compiler nor most tests would notice.
 */
#ifndef RILL_PORT_CK_H
#define RILL_PORT_CK_H

#include <ck_md.h>

/* The other way round is only slow: fences where the processor needs none. */
#if !defined(CK_MD_RMO) && !defined(__x86_64__) && !defined(__i386__) && !defined(__s390x__)
#error "these headers of Concurrency Kit are another processor's (/usr/include of the host?) and \
lack its fences: build with SYSROOT=DIR; port/sysroot.sh makes one"
#endif

#endif
