#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tool_control.sh - rill ps, status, events, start, stop, flush, enable, disable and tail PID with real programs: what they say, and that
# sums close.
set -uo pipefail
. tests/tool_check.bash
pid=
end() { [ -z "$pid" ] || { kill -KILL "$pid"; wait "$pid"; } 2>/dev/null; pid=; }
trap 'end; rm -rf "$scratch"' EXIT

"${CC:-cc}" -std=gnu11 -O1 -I"$top/include" -o "$scratch/server" -x c - -L"$RILL_BUILD" -lrill -Wl,-rpath,"$RILL_BUILD" -pthread <<'END' || exit 1
#include <rill/trace.h>
#include <stdio.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char line[64];
	int ends[2];

	/* A child that ends with its parent. */
	(void)argv;
	if (argc > 1 && pipe(ends) == 0 && fork() == 0) {
		close(ends[1]);
		_exit(read(ends[0], line, 1) != 0);
	}

	/* A turn for each line. */
	puts("ready");
	fflush(stdout);
	for (unsigned i = 0; fgets(line, sizeof line, stdin); i++) {
		RILL_INSTANT("server", "turn", "i", i);
		RILL_INSTANT("net", "packet", "i", i);
		puts("done");
		fflush(stdout);
	}
	return 0;
}
END

cd "$scratch" || exit 1
export XDG_RUNTIME_DIR=$scratch
# start [fork]: with the variables that are set; it is `pid`.
start()
{
	end
	[ -p lines ] || mkfifo -m 600 lines turns
	./server "$@" <lines >turns 2>said 3<&- 4>&- &
	pid=$!
	exec 4>lines 3<turns
	read -r -u 3 || { cat said; exit 1; }
}
# shows NAME PATTERN COMMAND...: it goes well, and that is in what it shows
shows()
{
	local name=$1 pattern=$2
	shift 2
	check "$name" 0 '^$' "$@"
	ok "$name" "grep -qE '$pattern' out"
}
turn() { local i; for ((i = 0; i < $1; i++)); do echo >&4; read -r -u 3; done; }
count() { jq "[.[] | select(.name == \"$2\")] | length" "$1"; }

check 'nobody is there' 0 'no program of this user' "$rill" ps
export RILL_CONTROL=1
start
shows 'it is listed' "^ *$pid +0 +0 +0 +[0-9.]+ +server\$" "$rill" ps
ok 'its folder is its own' '[ "$(stat -c %a rill)" = 700 ] && [ "$(stat -c %a rill/$pid.sock)" = 600 ]'
shows 'no session' 'no session is running' "$rill" status "$pid"
turn 3
shows 'what there is' '^- +I +net +packet +.*:[0-9]+$' "$rill" events "$pid"
ok 'none is on' 'grep -qx "2 events, 0 of them on" out'
check 'a session' 0 "^rill: session 'control' of process $pid writes to a.json" "$rill" start -e server -o a.json "$pid"
turn 5
check 'another one' 0 '^$' "$rill" start -q -n all -o b.rill "$pid"
turn 7
check 'on' 0 "^rill: enable: 1 session of process $pid$" "$rill" enable -n control "$pid" net
turn 2
check 'off' 0 "^rill: disable: 1 session" "$rill" disable -n control "$pid" server
turn 4
ok 'what is on for whom' '[ "$("$rill" events --json "$pid" | jq -c "[.[] | [.category, .name, .phase, .sessions]]")" = \
	"[[\"net\",\"packet\",\"I\",\"control,all\"],[\"server\",\"turn\",\"I\",\"all\"]]" ]'
shows 'of one category' '^1 event, 1 of them on$' "$rill" events -e net "$pid"
check 'flush' 0 "^rill: flush: 2 sessions" "$rill" flush "$pid"
ok 'it is complete JSON now' '[ "$(count a.json turn)" = 14 ] && [ "$(count a.json packet)" = 6 ]'
shows 'status' 'filter +net' "$rill" status "$pid"
ok 'the books, for programs' '[ "$("$rill" status --json "$pid" | jq -c "[.sessions[] | [.name, .owner, .events, .lost]]")" = \
	"[[\"control\",\"control\",20,0],[\"all\",\"control\",26,0]]" ]'
ok 'the sum of them' '[ "$("$rill" ps --json | jq -c ".[] | [.pid, .name, .sessions, .events, .lost]")" = "[$pid,\"server\",2,46,0]" ]'
ok 'where it writes' '[ "$("$rill" status --json "$pid" | jq -r ".sessions[0].where")" = "$scratch/a.json" ]'
check 'one ends' 0 "^rill: stop: 1 session" "$rill" stop -n all "$pid"
check 'the other one, too' 0 '^$' "$rill" stop -q "$pid"
turn 1
check 'none is left' 0 'has no session' "$rill" stop "$pid"
ok 'both are whole' '"$rill" check a.json >/dev/null && "$rill" check b.rill >/dev/null && "$rill" convert -q b.rill -o b.json'
ok 'sums close' '[ "$(count a.json turn)" = 14 ] && [ "$(count b.json turn)" = 13 ] && [ "$(count b.json packet)" = 13 ]'
ok 'nothing stays open' '[ "$(ls -l /proc/$pid/fd | grep -cE "json|rill$")" = 0 ]'

# ---- live ----
# seen LINES: so many are there
seen() { local i; for ((i = 0; i < 200; i++)); do [ "$(wc -l <tailed)" = "$1" ] && return; sleep 0.05; done; return 1; }
"$rill" tail "$pid" -e net >tailed 2>told &
viewer=$!
for ((i = 0; i < 200; i++)); do "$rill" status "$pid" | grep -q 'session tail' && break; sleep 0.05; done
shows 'a viewer is a caller' 'begun by +caller' "$rill" status "$pid"
turn 4
ok 'lines come while it runs' 'seen 4 && [ "$(grep -c "net:packet I i=" tailed)" = 4 ]'
kill -INT "$viewer"
wait "$viewer"
ok 'Ctrl-C ends it' '[ $? = 0 ] && [ ! -s told ]'
shows 'and its session' 'no session is running' "$rill" status "$pid"
"$rill" tail "$pid" | head -n 1 >tailed &
for ((i = 0; i < 200; i++)); do "$rill" status "$pid" | grep -q 'session tail' && break; sleep 0.05; done
for ((i = 0; i < 200; i++)); do turn 1; [ "$("$rill" ps --json | jq '.[].sessions')" = 0 ] && break; sleep 0.05; done
wait $!
ok 'one whose reader goes does so, too' '[ "$(wc -l <tailed)" = 1 ]'
ok 'the program says nothing of it' '[ ! -s said ]'

# ---- what is wrong ----
check 'a line is no program' 2 'not for a PID' "$rill" tail -w "$pid"
check 'none of a process that is not there' 1 'there is no process' "$rill" tail 2147483647
check 'no such session' 1 "no session 'none'" "$rill" stop -n none "$pid"
check 'no such option' 1 "no option 'dance'" "$rill" start -o c.json --option dance "$pid"
check 'one of the process' 1 'RILL_OPTIONS=period_ms=3' "$rill" start -o c.json --option period_ms=3 "$pid"
ok 'no file is left of it' '[ ! -e c.json ]'
check 'a folder that is not there' 1 'cannot write none/c.json' "$rill" start -o none/c.json "$pid"
check 'no place' 2 '-o OUT is missing' "$rill" start "$pid"
check 'no PID' 2 'neither a PID' "$rill" status server
check 'no such process' 1 'there is no process' "$rill" status 2147483647
check 'one that does not listen' 1 'RILL_CONTROL=1' "$rill" status $$
check 'no such socket' 1 'cannot reach' "$rill" status ./rill/1.sock

kill -STOP "$pid"
check 'a stopped one' 0 'does not answer: it may be stopped' "$rill" ps
kill -CONT "$pid"
shows 'one that goes on' "^ *$pid " "$rill" ps

# ---- its end ----
exec 4>&-
wait "$pid"
ok 'an end in order takes the socket away' '[ ! -e rill/$pid.sock ]'
RILL_TRACE=server RILL_FILE=env.json start
turn 2
shows 'what the environment began' 'begun by +control' "$rill" status "$pid"
check 'ends so, too' 0 'stop: 1 session' "$rill" stop "$pid"
ok 'and is whole' '[ "$(count env.json turn)" = 2 ]'
socket=rill/$pid.sock
end
ok 'a killed one leaves it' '[ -e $socket ]'
check 'which is no program' 0 'no program of this user' "$rill" ps
ok 'and is taken away' '[ ! -e $socket ]'

start fork
ok 'a child has none' '[ "$("$rill" ps --json | jq length)" = 1 ]'
RILL_OPTIONS=follow_fork start fork
# It opens its own while the parent goes on.
for ((i = 0; i < 200; i++)); do [ "$("$rill" ps --json | jq length)" = 2 ] && break; sleep 0.05; done
ok 'but with follow_fork' '[ "$("$rill" ps --json | jq length)" = 2 ]'
end
# The child ends behind its parent; what both leave is taken away by who looks then.
for ((i = 0; i < 200; i++)); do "$rill" ps >/dev/null 2>&1; [ -z "$(ls rill)" ] && break; sleep 0.05; done
RILL_CONTROL=0 start
ok 'none with 0' '[ -z "$(ls rill)" ]'
RILL_CONTROL=$scratch/own.sock start
shows 'a path of its own' ', server,' "$rill" status ./own.sock
chmod 755 rill
RILL_CONTROL=1 start
ok 'a folder that others may enter is no place' '[ -z "$(ls rill)" ]'
check 'it is elsewhere' 0 '' "$rill" status "$pid"
exec 4>&-
wait "$pid"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
