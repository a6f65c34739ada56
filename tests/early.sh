#!/bin/bash
# SPDX-License-Identifier: MIT
# early.sh - keep-first: a library with CONFIG_RILL_EARLY gives the first session what happened before it. (Any other does not
# link with -DRILL_EARLY: abi.sh.)
set -euo pipefail
dir=$RILL_BUILD/tests/early
CC=${CC:-cc} CXX=${CXX:-c++} MAKE=${MAKE:-make}
mkdir -p "$dir/lib"
passed=0 failed=0
say() { if [ "$2" = ok ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1"; fi; }

cat > "$dir/early.c" <<'END'
#define RILL_EARLY
#include <rill/trace.h>
#include <rill/session.h>
#include <stdio.h>
__attribute__((constructor(200))) static void before_main(void)
{
	RILL_INSTANT("early", "before main", "n", 1);
	RILL_INSTANT("other", "not wanted");
}
int main(int argc, char **argv)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;
	struct rill_stats stats;

	{
		RILL_SCOPE("early", "closed before");
		RILL_INSTANT("early", "in main");
	}
	for (int i = 0; argc > 2 && i < 100000; i++)
		RILL_INSTANT("early", "flood");
	{
		RILL_SCOPE("early", "closed behind");
		o.file = argv[1];
		o.filter = "early";
		if (rill_session_start(&o, &s) != 0)
			return 1;
	}
	RILL_INSTANT("early", "after");
	rill_session_flush(s, 5000);
	rill_session_stats(s, &stats);
	printf("%llu\n", (unsigned long long)(stats.delivered + stats.lost_total));
	return 0;
}
END
cp "$RILL_BUILD/.config" "$dir/lib/.config"
echo CONFIG_RILL_EARLY=y >> "$dir/lib/.config"
$MAKE -s O="$dir/lib" "$dir/lib/librill.a" > "$dir/make.log" 2>&1 || { cat "$dir/make.log"; exit 1; }
# Two threads emit across the start of the first session; then a child of a fork leaves a scope that was begun early.
cat > "$dir/across.c" <<'END'
#define RILL_EARLY
#include <rill/trace.h>
#include <rill/session.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
static atomic_bool over;
static atomic_ulong emitted;
static void *emit(void *unused)
{
	while (!over) {
		RILL_INSTANT("early", "across");
		emitted++;
		for (volatile int i = 0; i < 40; i++)
			;	/* slow enough that the ring has room at the start */
	}
	return unused;
}
static struct rill_session *start(const char *file)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;

	o.file = file;
	o.filter = "early";
	if (rill_session_start(&o, &s) != 0)
		_exit(1);
	return s;
}
static int forked(char **files)
{
	int status = 0;
	pid_t pid;
	{
		RILL_SCOPE("early", "begun before");
		start(files[0]);
		pid = fork();
		if (pid == 0)
			start(files[1]);
	}
	RILL_INSTANT("early", "behind");
	if (pid)
		waitpid(pid, &status, 0);
	return status != 0;
}
int main(int argc, char **argv)
{
	struct rill_stats stats;
	struct rill_session *s;
	pthread_t threads[2];

	if (argc > 2)
		return forked(argv + 1);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, emit, NULL);
	usleep(3000);
	s = start(argv[1]);
	usleep(1000);
	over = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	rill_session_flush(s, 5000);
	rill_session_stats(s, &stats);
	printf("%ld\n", (long)(emitted - stats.delivered - stats.lost_total));
	return 0;
}
END
libs=$(cat "$RILL_BUILD/librill.libs")
$CC -O2 -Iinclude "$dir/early.c" -o "$dir/early" "$dir/lib/librill.a" $libs

total=$("$dir/early" "$dir/early.json")
names=$(jq -r '.[] | select(.cat == "early") | .ph + " " + .name' "$dir/early.json" | tr '\n' ',')
[ "$names" = "I before main,B closed before,I in main,E closed before,B closed behind,E closed behind,I after," ] &&
	say "everything from before is there, in order, and closed" ok || say "got: $names" no
[ "$total" = 7 ] && say books ok || say "7 events were emitted for it, $total are in the books" no
total=$("$dir/early" "$dir/flood.json" flood)
# The ring is full when the scope begins: the lost begin writes no end.
[ "$total" = 100006 ] && say flood ok || say "100006 events were emitted, $total are delivered or lost" no
[ "$(jq -r '[.[] | select(.cat == "early")][0].name' "$dir/flood.json")" = "before main" ] &&
	say "the first are kept, not the last" ok || say "a flood pushed the first events out" no
$CC -O2 -Iinclude "$dir/across.c" -o "$dir/across" "$dir/lib/librill.a" $libs
for round in 1 2 3 4 5 6 7 8; do
	missing=$("$dir/across" "$dir/across.json")
	[ "$missing" = 0 ] && say across ok || say "$missing events from around the start are neither delivered nor counted" no
done
"$dir/across" "$dir/parent.json" "$dir/child.json" && say fork ok || say "a child of a fork fails over its parent's early session" no
[ "$(jq -r '[.[] | select(.cat == "early")] | map(.name) | join(",")' "$dir/child.json")" = "behind" ] &&
	say child ok || say "the child's trace is not its own" no

# Constructors in any order. The library's calls the program, none of whose own constructors has run by then.
flags="-O2 -Wall -Wextra -Iinclude"
$MAKE -s O="$dir/lib" "$dir/lib/librill.so.0" > "$dir/make.log" 2>&1 || { cat "$dir/make.log"; exit 1; }
for link in shared static; do
	if [ $link = shared ]; then with="$dir/lib/librill.so -Wl,-rpath,$dir/lib"; else with="$dir/lib/librill.a $libs"; fi
	if [ $link = shared ]; then
		$CC $flags -fPIC -shared tests/early/order_library.c -o "$dir/liborder.so" $with
		$CXX $flags tests/early/order_program.cc "$dir/liborder.so" -o "$dir/order" -Wl,-rpath,"$dir" $with
		wanted="library;program, by the library;constructor 101;library, by the program;constructor 200;object;"
	else	# in one object: constructors of one number run as they are linked, those of the program first
		$CC $flags -c tests/early/order_library.c -o "$dir/order_library.o"
		$CXX $flags tests/early/order_program.cc "$dir/order_library.o" -o "$dir/order" $with
		wanted="constructor 101;library, by the program;library;program, by the library;constructor 200;object;"
	fi
	"$dir/order" "$dir/order.json"
	names=$(jq -r '.[] | select(.cat == "early") | .name' "$dir/order.json" | tr '\n' ';')
	[ "$names" = "$wanted" ] && say "order" ok || say "constructors, $link: got $names" no
done

$CC $flags -D_GNU_SOURCE -Wno-unused-parameter -std=gnu11 tests/early/kept.c -o "$dir/kept" "$dir/lib/librill.a" $libs -lrt
# kept WHAT FILE...: the program has found nothing wrong; what it said is in $text.
kept()
{
	if text=$("$dir/kept" "$@" 2>&1); then say "$1" ok; else say "$*: $text" no; fi
}
# has FILE FILTER WHAT: jq finds it so
has() { if jq -e "[.[] | select(.cat == \"early\")] | $2" "$1" > /dev/null; then say "$3" ok; else say "$3: $(cat "$1")" no; fi; }

kept ended "$dir/first.json" "$dir/second.json"
has "$dir/first.json" 'map(.name) == ["spoken", "over", "joined"]' "what an ended thread said is there"
has "$dir/first.json" '.[0].args.text == "said in time" and .[0].tid != .[2].tid and .[0].tid == .[1].tid' \
	"its text is as it was then, and it is a thread of its own"
# Microseconds, from two readings of a clock in the program to one of another by rill: off by no more than a rate that is not known yet.
has "$dir/first.json" '.[0].args.before / 1000 - 1000 <= .[0].ts and .[0].ts <= .[1].args.after / 1000 + 1000' "it has the time of then"
jq -e 'map(select(.name == "thread_name") | .args.name) | index("speaker")' "$dir/first.json" > /dev/null &&
	say "it has its name" ok || say "the ended thread has no name" no
has "$dir/second.json" 'length == 0' "the second session gets nothing of it"
for shared in '' shared; do
	kept crowd "$dir/crowd.json" $shared
	has "$dir/crowd.json" '[.[].ts] | . == sort' "what all wrote at once is in order"
	has "$dir/crowd.json" 'map(select(.name == "scope")) | group_by(.tid) | all(map(if .ph == "B" then 1 else -1 end) | add | . == 0 or . == 1)' \
		"no end without its begin, and of each thread one that found no room"
	kept exact "$dir/exact.json" $shared
	has "$dir/exact.json" 'map(select(.name == "single")) | group_by(.tid) | all([.[].args.i] == [range(length)])' \
		"of each thread the oldest are kept"
done
kept forked "$dir/parents.json" "$dir/childs.json"
has "$dir/parents.json" 'length > 0 and all(.name == "parent'"'"'s")' "the parent's session gets what the parent kept"
has "$dir/childs.json" 'map(.name) == ["child'"'"'s"]' "the child's session gets what the child kept"
kept dismissed "$dir/dismissed.json"
[ "$text" = 1 ] && say "kept until dismissed" ok || say "before rill_early_end() $text events were evaluated, not 1" no
has "$dir/dismissed.json" 'map(.name) == ["wanted"]' "what was dismissed is gone"
text=$(RILL_EARLY=0 "$dir/kept" dismissed "$dir/dismissed.json") || true
[ "$text" = 0 ] && say "RILL_EARLY=0" ok || say "with RILL_EARLY=0 $text events were evaluated" no
kept nobody none
[ -z "$text" ] && say "nobody" ok || say "without a session: $text" no
# The session of the environment, with rings of its size, is the first.
RILL_TRACE=early RILL_BUFFER=64k RILL_FILE="$dir/env.json" "$dir/kept" nobody none 2> "$dir/env.log"
has "$dir/env.json" 'length == 300' "the session of the environment has all"
[ -s "$dir/env.log" ] && say "environment: $(cat "$dir/env.log")" no || say environment ok

echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
