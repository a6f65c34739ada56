#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tool_relay.sh - rill relay and a viewer as Debian has it: every event arrives, and what was lost is counted.
set -uo pipefail
. tests/tool_check.bash
command -v babeltrace2 >/dev/null || { echo 'babeltrace2 is not installed'; exit 77; }
pid=
end() { [ -z "$pid" ] || { kill -KILL "$pid"; wait "$pid"; } 2>/dev/null; pid=; }
trap 'end; kill $(jobs -p) 2>/dev/null; rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
export TMPDIR=$scratch/temporary XDG_RUNTIME_DIR=$scratch
mkdir temporary
port=

# relay ARGUMENTS...: runs it, takes `port`; it is `relay`.
relay()
{
	: >told	# what the one before has said there
	"$rill" relay --at tcp:127.0.0.1:0 "$@" 2>told 3<&- 4>&- &
	relay=$!
	port=
	for ((i = 0; i < 200; i++)); do
		port=$(sed -nE 's,.*net://127.0.0.1:([0-9]+)/host/rill/trace$,\1,p' told)
		[ -n "$port" ] && return
		sleep 0.05
	done
	echo "it does not listen: $(cat told)"
}
view() { timeout 60 babeltrace2 --clock-gmt -i lttng-live "net://127.0.0.1:$port/host/rill/trace"; }
until_lines() { local i; for ((i = 0; i < 400; i++)); do [ "$(grep -c "$2" "$1")" -ge "$3" ] && return; sleep 0.05; done; return 1; }

"${CC:-cc}" -std=gnu11 -O1 -I"$top/include" -o server -x c - -L"$RILL_BUILD" -lrill -Wl,-rpath,"$RILL_BUILD" -pthread <<'END' || exit 1
#include <pthread.h>
#include <rill/trace.h>
#include <stdio.h>
static void *turn(void *number)
{
	for (unsigned i = 0; i < 50; i++)
		RILL_INSTANT("net", "packet", "i", i);
	return number;
}
static void *much(void *unused)
{
	for (unsigned i = 0; i < 20000; i++)
		RILL_INSTANT("net", "flood", "i", i);
	return unused;
}
int main(void)
{
	char line[64];

	/* A line: a new thread, and 51 events; "much": more than there is room for. */
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		pthread_t thread;

		pthread_create(&thread, NULL, line[0] == 'm' ? much : turn, NULL);
		pthread_join(thread, NULL);
		RILL_INSTANT("main", "turn");
		puts("done");
		fflush(stdout);
	}
	return 0;
}
END
mkfifo lines turns
start()
{
	./server <lines >turns 3<&- 4>&- &
	pid=$!
	exec 4>lines 3<turns
	read -r -u 3
}
turn() { local i; for ((i = 0; i < $1; i++)); do echo "${2:-}" >&4; read -r -u 3; done; }

# ---- a file: what the folder of rill convert has ----
RILL_TRACE='*' RILL_FORMAT=binary RILL_FILE=t.rill RILL_BUFFER=4096 start
turn 5
turn 3 much
exec 4>&-
wait "$pid"
"$rill" convert -q t.rill -o t.ctf
babeltrace2 --clock-gmt t.ctf >converted 2>converted.warnings
lost=$("$rill" report --json t.rill | jq .lost)
ok 'there are events, and losses' '[ "$(grep -c " packet: " converted)" = 250 ] && [ "$lost" -gt 1000 ]'
relay t.rill
view >viewed 2>warnings
ok 'a viewer has it all, and ends' '[ $? = 0 ] && cmp <(sort converted) <(sort viewed)'
wait "$relay"
ok 'so does the relay' '[ $? = 0 ]'
discarded() { sed -nE 's/.*Tracer (may have )?discarded ([0-9]+) events? .*/\2/p' "$1" | awk '{ sum += $1 } END { print sum + 0 }'; }
ok 'what was lost is counted' '[ "$(discarded warnings)" = "$lost" ] && [ "$(discarded converted.warnings)" = "$lost" ]'
ok 'nothing stays' '[ -z "$(ls temporary)" ]'

# ---- a program, as it runs ----
export RILL_CONTROL=1
RILL_BUFFER=4096 start
relay "$pid" -o kept.ctf
view >viewed 2>warnings 3<&- 4>&- &
first=$!
turn 5
ok 'events come while it runs' 'until_lines viewed " packet: " 250 && until_lines viewed " turn: " 5'
view >second 2>/dev/null 3<&- 4>&- &
second=$!
ok 'a second viewer has what was before him' 'until_lines second " packet: " 250'
# One who never reads, and one who speaks something else, hold up nobody.
exec 5<>"/dev/tcp/127.0.0.1/$port" 6<>"/dev/tcp/127.0.0.1/$port"
for ((i = 0; i < 2000; i++)); do printf '\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0\0'; done >&5 2>/dev/null
printf 'GET / HTTP/1.1\r\n\r\n' >&6
ok 'nonsense is hung up on' '! read -r -t 10 -u 6 2>/dev/null'
turn 5
ok 'the others go on' 'until_lines viewed " packet: " 500 && until_lines second " packet: " 500'
turn 5 much
turn 1
exec 4>&- 5>&- 6>&-
wait "$pid"
wait "$first"
code=$?
ok 'its end is the end' '[ $code = 0 ] && until_lines second . 1'
wait "$second" "$relay"
ok 'of all' '[ $? = 0 ]'
lost=$(sed -nE 's/.*rill_summary: .* lost = ([0-9]+),.*/\1/p' viewed)
ok 'each event is there, or counted' '[ "$(($(grep -cE " (packet|turn|flood): " viewed) + lost))" = $((11 * 51 + 5 * 20001)) ]'
ok 'and so it says' '[ "$(discarded warnings)" = "$lost" ]'
ok 'both saw the same' 'cmp <(sort viewed) <(sort second)'
babeltrace2 --clock-gmt kept.ctf >kept 2>/dev/null
ok 'what -o names stays, and is a trace' 'cmp <(sort viewed) <(sort kept)'
ok 'in order of time' 'cut -d "]" -f 1 viewed | LC_ALL=C sort -c'

# ---- what is older than what was shown ----
event() { printf '{"ph":"I","cat":"c","name":"%s","pid":%s,"tid":%s,"ts":%s},\n' "$@"; }
mkfifo later
(echo '['; event a 1 1 1000000; event b 2 2 1000000; event a 1 1 20000000; sleep 3; event b 2 2 3000000; event a 1 1 21000000) >later &
relay later
view >viewed 2>warnings
ok 'comes all the same, and says its time' '[ "$(grep -c " b: " viewed)" = 2 ] && grep " b: " viewed | grep -q "recorded_ns = 3000000000 }"'
ok 'behind what was shown' '[ "$(grep -oE " [ab]: " viewed | tail -n 3 | tr -d ": \n")" = baa ] && grep " b: " viewed | tail -n 1 | grep -q "^.00:00:18"'
wait "$relay"

# ---- ends and errors ----
relay --from-now t.rill
view >viewed 2>warnings
ok 'from now on' '! grep -q packet: viewed'
wait "$relay"
start
relay "$pid"
kill -INT "$relay"
wait "$relay"
ok 'Ctrl-C ends it' '[ $? = 0 ] && [ -z "$(ls temporary)" ]'
end
check 'no such place' 2 'tcp:HOST:PORT is wanted' "$rill" relay --at unix:x t.rill
check 'no file' 1 'cannot open none.rill' "$rill" relay --at tcp:127.0.0.1:0 none.rill
check 'no process' 1 'there is no process' "$rill" relay 2147483647
check 'nothing named' 2 'one SOURCE is wanted' "$rill" relay
check 'a file in its way' 1 'cannot write' "$rill" relay --at tcp:127.0.0.1:0 -o t.rill t.rill
exec 7<>/dev/null
ok 'nothing stays behind errors' '[ -z "$(ls temporary)" ]'
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
