/* SPDX-License-Identifier: MIT
 * phases.c - a program with an event of every kind, for the readers: readers.sh builds and records it.
 */
#include <pthread.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <unistd.h>

static int object;	/* its address is an id */

static void pause_us(useconds_t us)
{
	usleep(us);	/* apart by more than what any viewer takes as one moment */
}

static void *second(void *arg)
{
	rill_thread_name("zweiter \"thread\" 漢");
	rill_thread_sort_index(-3);
	RILL_SCOPE("phases", "second", "from", (const char *)arg);
	RILL_FLOW_STEP("phases", "hand over", 7);
	pause_us(100);
	RILL_ASYNC_INSTANT("phases", "request", 42, "half", true);
	RILL_ASYNC_END("phases", "request", 42, "bytes", 4096);
	pause_us(100);
	return NULL;
}

static void first(void)
{
	RILL_SCOPE("phases", "first", "number", -1, "ratio", 0.25f, "text", "a\tb\\\"c\"\n");
	pause_us(100);
	{
		RILL_SCOPE("phases,phases.inner", "inner", "where", (void *)&object, "raw", RILL_BYTES("\0\1", 2));
		RILL_ASYNC_BEGIN("phases", "request", 42);
		RILL_FLOW_BEGIN("phases", "hand over", 7);
		pause_us(100);
	}
	RILL_INSTANT("phases", "on the thread");
	RILL_INSTANT_PROCESS("phases", "in the process", "why", "because");
	RILL_INSTANT_GLOBAL("phases", "everywhere");
	RILL_MARK("phases", "mark");
	RILL_COUNTER("phases", "level", "low", 1, "high", 2.5);
	RILL_OBJECT_NEW("phases", "thing", &object);
	RILL_OBJECT_SNAPSHOT("phases", "thing", &object, "size", 3);
	pause_us(100);
	RILL_OBJECT_SNAPSHOT("phases", "thing", &object, "size", 4);
	RILL_COUNTER("phases", "level", "low", 0, "high", 3.5);
	RILL_OBJECT_DELETE("phases", "thing", &object);
}

int main(void)
{
	pthread_t thread;

	rill_process_name("phases");
	rill_process_sort_index(5);
	rill_thread_name("first");
	rill_thread_sort_index(9);
	RILL_BEGIN("phases", "pair", "side", "begin");
	first();
	if (pthread_create(&thread, NULL, second, "first"))
		return 1;
	pthread_join(thread, NULL);
	pause_us(100);
	{
		RILL_SCOPE("phases", "third");
		RILL_FLOW_END("phases", "hand over", 7);
		pause_us(100);
	}
	RILL_END("phases", "pair");
	return 0;
}
