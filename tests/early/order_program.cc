/* SPDX-License-Identifier: MIT
 * order_program.cc - events of constructors in every order there is: of a library that calls the program, of C with the lowest number
 * an application may have, of static objects. Then a session, which the program's first argument names a file for.
 */
#define RILL_EARLY
#include <rill/session.h>
#include <rill/trace.h>

extern "C" void called_by_library(void);
extern "C" void called_by_program(void);

void called_by_library(void)
{
	RILL_INSTANT("early", "program, by the library");
}

__attribute__((constructor(101))) static void lowest(void)
{
	RILL_INSTANT("early", "constructor 101");
	called_by_program();
}

struct object {
	object() { RILL_INSTANT("early", "object"); }
};
static object first;

__attribute__((constructor(200))) static void later(void)
{
	RILL_INSTANT("early", "constructor 200");
}

int main(int, char **argv)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;

	o.file = argv[1];
	o.filter = "early";
	return rill_session_start(&o, &s) != 0 || rill_session_stop(s) != 0;
}
