#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tool_flight.sh - `rill record --flight` with real programs: however they end, their last events are there, and nothing else is left.
set -uo pipefail
. tests/tool_check.bash
unset RILL_OPTIONS RILL_TRIGGER

"${CC:-cc}" -std=gnu11 -O1 -I"$top/include" -o "$scratch/server" -x c - -L"$RILL_BUILD" -lrill -Wl,-rpath,"$RILL_BUILD" -pthread <<'END' || exit 1
#include <rill/trace.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
enum { EVENTS = 100000 };
static void *other(void *unused)
{
	for (unsigned i = 1; i <= EVENTS; i++)
		RILL_INSTANT("server", "other", "i", i);
	return unused;
}
int main(int argc, char **argv)
{
	const char *end = argc > 1 ? argv[1] : "";
	pthread_t t;

	pthread_create(&t, NULL, other, NULL);
	for (unsigned i = 1; i <= EVENTS; i++) {
		RILL_SCOPE("server", "turn", "i", i);
		if (i == EVENTS / 2)
			RILL_INSTANT("server", "half");
	}
	pthread_join(t, NULL);
	if (!strcmp(end, "start"))
		return system("./server exit") ? 5 : 6;
	if (!strcmp(end, "wait")) {
		puts("ready");
		fflush(stdout);
		getchar();
	}
	RILL_INSTANT("server", "last");
	if (!strcmp(end, "exit"))
		exit(7);
	if (*end && strcmp(end, "wait"))
		raise(atoi(end));
	return 0;
}
END
cd "$scratch" || exit 1
export TMPDIR=$scratch/tmp
mkdir tmp
# The newest events of both threads are in the trace, the oldest are not, and it is whole.
has_last()
{
	"$rill" check "$1" >/dev/null 2>&1 && grep -q '"last"' "$1" && grep -q '"i":100000}' "$1" && ! grep -q '"i":1}' "$1"
}
nothing_left() { [ -z "$(ls -A tmp)" ]; }

# ---- however it ends ----
check 'in order' 0 "^rill: process [0-9]+: its last [1-9][0-9]* events, last.json " "$rill" record --flight 64k -o last.json -- ./server
ok 'its last events' 'has_last last.json && nothing_left'
check 'exit(7)' 7 "its last [1-9][0-9]* events, rill.[0-9]+.end.json" "$rill" record --flight 64k -- ./server exit
ok 'a name of its own' 'has_last rill.*.end.json && rm rill.*.end.json'
for signal in 6 9 11 15; do
	rm -f last.json
	check "signal $signal" $((128 + signal)) "its last [1-9][0-9]* events" "$rill" record --flight 64k -o last.json -- ./server $signal
	ok "its last events before signal $signal" 'has_last last.json && nothing_left'
done
check 'packets' 137 "its last [1-9][0-9]* events, last.rill" "$rill" record --flight 64k -o last.rill -- ./server 9
ok 'they are whole' '"$rill" check last.rill >/dev/null 2>&1'
check 'quiet' 0 '^$' "$rill" record -q --flight 64k -o last.json -- ./server
check 'slices' 0 'its last' "$rill" record --slices --flight 64k -o last.json -- ./server
ok 'each is one event' 'grep -q "\"ph\":\"X\"" last.json'
check 'a program that it starts' 5 "process [0-9]+: .*process [0-9]+: " "$rill" record --flight 64k -o last.json -- ./server start
ok 'has its own' '[ "$(ls last.*[0-9].json | wc -l)" = 1 ] && has_last last.*[0-9].json && rm last.*[0-9].json'

# ---- meanwhile ----
check 'a trigger' 0 "its last [1-9][0-9]* events, shot.end.json .*its last snapshot is shot.1.json" \
	"$rill" record --flight 64k --trigger 'count=1:server/half' --trigger 'scope>3600s:server/nothing' -o 'shot.${rotation}.json' -- ./server
ok 'what it has' '"$rill" check shot.1.json >/dev/null && grep -q "count=1:server/half" shot.1.json && has_last shot.end.json'
mkfifo in
exec 3< <(exec "$rill" record --flight 64k --snapshot-signal 12 -o last.json -- ./server wait 2>err <in)
pid=$! && exec 4>in && read -r -u 3
check 'rill snapshot' 0 "^rill: snapshot 1 of process [0-9]+: .*/last.1.json$" "$rill" snapshot "$(tr -d ' ' <"/proc/$pid/task/$pid/children")"
ok 'it is whole' '"$rill" check last.1.json >/dev/null && ! grep -q "\"last\"" last.1.json'
exec 4>&-
wait "$pid"
ok 'and so is the end' 'has_last last.json && grep -q "its last snapshot is last.1.json" err && nothing_left'

# ---- what makes no sense ----
check 'too small' 2 "--flight 4095 is out of range: 4k to 1G" "$rill" record --flight 4095 -- ./server
check 'no size' 2 "--flight 'much' is no size" "$rill" record --flight much -- ./server
check 'a trigger of a stream' 2 "add --flight 256k" "$rill" record --trigger loss -- ./server
check 'a wrong trigger' 2 "trigger 'scope>5:a': a time with us, ms or s is wanted" "$rill" record --flight 64k --trigger 'scope>5:a' -- ./server
check 'a wrong signal' 2 "a signal from 1 to 64 is wanted" "$rill" record --flight 64k --snapshot-signal USR2 -- ./server
check 'a line' 2 "--flight writes files" "$rill" record --flight 64k -o unix:/nowhere -- ./server
check 'strict' 2 "are for streams" "$rill" record --flight 64k --strict -- ./server
check 'no place for the rings' 1 "set TMPDIR to a directory" env TMPDIR=/proc/self "$rill" record --flight 64k -- ./server
check 'no events' 0 "no events: " "$rill" record --flight 64k -o none.json -- true

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
