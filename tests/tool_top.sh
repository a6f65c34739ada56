#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tool_top.sh - rill top of files, of a stream and of a running program: tables, the screen, and its end.
set -uo pipefail
. tests/tool_check.bash
pid=
end() { [ -z "$pid" ] || { kill -KILL "$pid"; wait "$pid"; } 2>/dev/null; pid=; }
trap 'end; rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

# ---- a file: one table, which can be reckoned by hand ----
cat >t.json <<'END'
[
{"ph":"M","name":"thread_name","pid":1,"tid":2,"args":{"name":"worker"}},
{"ph":"X","cat":"net","name":"outer","pid":1,"tid":2,"ts":0,"dur":1000000},
{"ph":"X","cat":"net","name":"inner","pid":1,"tid":2,"ts":100000,"dur":250000},
{"ph":"X","cat":"net","name":"inner","pid":1,"tid":2,"ts":400000,"dur":250000},
{"ph":"I","cat":"disk","name":"flush","pid":1,"tid":3,"ts":2000000},
{"ph":"C","cat":"disk","name":"queue","pid":1,"tid":3,"ts":1500000,"args":{"value":3}}
]
END
# line PATTERN: is in the table, with any number of spaces where the pattern has one.
line() { tr -s ' ' <out | grep -qE "^ ?$1\$"; }
check 'a file' 0 '^$' "$rill" top t.json
ok 'its head' 'line "t.json: 2 events/s, 0 lost/s in 2.0 s; 5 events, 0 lost in all"'
ok 'self time is without what is inside' 'line "0.5 500 ms 25.0% net outer" && line "1.0 500 ms 25.0% net inner"'
ok 'others have none' 'line "0.5 - - disk flush" && line "0.5 - - disk queue"'
ok 'threads' 'line "1.5 50.0% 0 - - 1 2 worker" && line "1.0 0.0% 0 - - 1 3 "'
ok 'one table' '[ "$(grep -c CATEGORY out)" = 1 ]'
check 'by name' 0 '^$' "$rill" top --sort name --top 2 t.json
ok 'the first two, and how many more' '[ "$(grep -oE "flush|inner|outer|queue" out | tr "\n" " ")" = "flush inner " ] && grep -q "2 more" out'
check 'by self time' 0 '^$' "$rill" top --sort self t.json
ok 'those with most first' '[ "$(grep -oE "flush|inner|outer|queue" out | tr "\n" " ")" = "inner outer flush queue " ]'
check 'a filter' 0 '^$' "$rill" top -e disk t.json
ok 'what it wants' 'line "[^:]*: 4 events/s.*" && ! grep -q net out && grep -q flush out'
check 'not a trace' 1 'is not a trace' "$rill" top "$top/Makefile"
check 'no file' 1 'cannot open none.json' "$rill" top none.json
check 'nothing named' 2 'one PID' "$rill" top
check 'no such order' 2 'events, self or name' "$rill" top --sort total t.json
check 'too short' 2 '200 to 3600000' "$rill" top --period-ms 100 t.json
check 'none at all' 2 "from 1 on" "$rill" top -n 0 t.json

# ---- a stream: tables as it comes, and the rest at its end ----
(cat t.json | head -n 4; sleep 1; tail -n +5 t.json) | "$rill" top --period-ms 300 - >streamed 2>told
ok 'more than one table' '[ ! -s told ] && [ "$(grep -c CATEGORY streamed)" -gt 1 ]'
ok 'nothing twice, nothing left out' '[ "$(sed -nE "s/.*; ([0-9]+) events,.*/\1/p" streamed | tail -n 1)" = 5 ] && [ "$(grep -c outer streamed)" = 1 ]'

# ---- a running program ----
"${CC:-cc}" -std=gnu11 -O1 -I"$top/include" -o server -x c - -L"$RILL_BUILD" -lrill -Wl,-rpath,"$RILL_BUILD" -pthread <<'END' || exit 1
#define _GNU_SOURCE
#include <pthread.h>
#include <rill/trace.h>
#include <unistd.h>
static void *work(void *unused)
{
	pthread_setname_np(pthread_self(), "worker");
	for (;;) {
		RILL_SCOPE("net", "packet");
		usleep(5000);
	}
	return unused;
}
int main(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, work, NULL);
	for (;; usleep(20000))
		RILL_INSTANT("main", "turn");
}
END
export XDG_RUNTIME_DIR=$scratch
RILL_CONTROL=1 ./server 2>said &
pid=$!
for ((i = 0; i < 200; i++)); do [ -e rill/$pid.sock ] && break; sleep 0.05; done
check 'a program' 0 '^$' "$rill" top -n 2 --period-ms 500 "$pid"
ok 'as many tables as were asked for' '[ "$(grep -c CATEGORY out)" = 2 ]'
ok 'its name' "grep -q '^process $pid, server: ' out"
ok 'names and threads' 'grep -q "net  packet" out && grep -q "main  turn" out && grep -q "worker$" out'
ok 'how full the rings are' 'grep -qE "[0-9]% +[0-9]+% +[0-9]+ +[0-9]+  worker" out'
ok 'its session has gone' '[ "$("$rill" ps --json | jq ".[].sessions")" = 0 ]'
check 'a filter is the session'"'"'s' 0 '^$' "$rill" top -n 1 -e main --period-ms 300 "$pid"
ok 'nothing else' 'grep -q turn out && ! grep -q packet out'
check 'a line is no program' 2 'not for a PID' "$rill" top -w "$pid"
check 'no such process' 1 'there is no process' "$rill" top 2147483647
"$rill" top --period-ms 200 "$pid" | head -n 1 >first
ok 'one whose reader goes ends' '[ -s first ]'
"$rill" top --period-ms 200 "$pid" >out 2>told &
viewer=$!
for ((i = 0; i < 200; i++)); do grep -q CATEGORY out && break; sleep 0.05; done
kill -STOP "$pid"
sleep 0.5
kill -INT "$viewer"
kill -CONT "$pid"
wait "$viewer"
ok 'a stopped program holds up nobody' '[ $? = 0 ] && [ ! -s told ]'
ok 'the program says nothing of all that' '[ ! -s said ]'

# ---- the screen ----
if ldd "$rill" | grep -q ncurses; then
	# keys COMMAND...: on a terminal of 24 lines, with what stands on standard input as keys
	keys() { script -qec "stty rows 24 cols 80; exec $*" /dev/null; }
	(sleep 1.5; printf s; sleep 0.5; printf q) | TERM=xterm keys "$rill" top "$pid" >out
	code=$?
	ok 'q ends it' '[ $code = 0 ]'
	ok 'the screen was there, and is given back' 'grep -q $'"'"'\e\[?1049h'"'"' out && grep -q $'"'"'\e\[?1049l'"'"' out'
	ok 'what stands on it' 'grep -q "order by" out && grep -q worker out'
	ok 'the sum stays behind it' 'sed -n "/1049l/,\$p" out | grep -q "net  packet"'
	TERM=none keys "$rill" top -n 1 "$pid" >out
	ok 'a terminal that nobody knows has tables' 'grep -q CATEGORY out && ! grep -q $'"'"'\e\['"'"' out'
	TERM=xterm keys "$rill" top --plain -n 1 "$pid" >out
	ok 'so has --plain' 'grep -q CATEGORY out && ! grep -q $'"'"'\e\['"'"' out'
fi

"$rill" top "$pid" >out 2>told &
viewer=$!
for ((i = 0; i < 200; i++)); do "$rill" status "$pid" | grep -q 'session top' && break; sleep 0.05; done
sleep 0.3
end
wait "$viewer"
ok 'the end of the program is its end' '[ $? = 0 ] && grep -q "has ended" told'
ok 'what came until then is shown' 'grep -q "net  packet" out'
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
