/* SPDX-License-Identifier: MIT
 * order_library.c - a shared library whose constructor calls into the program, whose own constructors come later.
 */
#define RILL_EARLY
#include <rill/trace.h>

void called_by_library(void);	/* the program's */
void called_by_program(void);

__attribute__((constructor(101))) static void library_starts(void)
{
	RILL_INSTANT("early", "library");
	called_by_library();
}

void called_by_program(void)
{
	RILL_INSTANT("early", "library, by the program");
}
