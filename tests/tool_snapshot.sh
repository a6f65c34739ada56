#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tool_snapshot.sh - `rill snapshot` with real programs: what it says, what it waits for, and whom it cannot ask.
set -uo pipefail
. tests/tool_check.bash
pid=
end() { [ -z "$pid" ] || { kill -KILL "$pid"; wait "$pid"; } 2>/dev/null; pid=; }
trap 'end; rm -rf "$scratch"' EXIT
export RILL_QUIET=1

"${CC:-cc}" -std=gnu11 -O1 -I"$top/include" -o "$scratch/server" -x c - -L"$RILL_BUILD" -lrill -Wl,-rpath,"$RILL_BUILD" -pthread <<'END' || exit 1
#include <rill/session.h>
#include <rill/trace.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	sigset_t usr2;
	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	RILL_INSTANT("server", "begins");
	if (argc > 1 && !strcmp(argv[1], "replace"))
		signal(SIGUSR2, SIG_DFL);
	if (argc > 1 && !strcmp(argv[1], "block"))
		sigprocmask(SIG_BLOCK, &usr2, NULL);
	puts("ready");
	fflush(stdout);
	for (unsigned i = 0; i < 60000; i++) {
		RILL_INSTANT("server", "turn", "i", i);
		usleep(1000);
	}
	return 0;
}
END

cd "$scratch" || exit 1
options=flight_bytes=256k,snapshot_signal=12
# start [ARGUMENT]: with the variables that are set; it is `pid`, and has begun.
start()
{
	end
	exec 3< <(exec ./server "$@" 2>err)
	pid=$!
	read -r -u 3 || { cat err; exit 1; }
}
# It is whole, and has what was emitted first.
has() { "$rill" check "$1" >/dev/null 2>&1 && grep -q begins "$1"; }

# ---- all goes well ----
export RILL_TRACE= RILL_FILE='last.${pid}.${rotation}.json' RILL_OPTIONS=$options
start
check 'a snapshot' 0 "^rill: snapshot 1 of process $pid: $scratch/last.$pid.1.json$" "$rill" snapshot "$pid"
ok 'it is whole' 'has last.$pid.1.json'
check 'quiet' 0 '^$' "$rill" snapshot -q "$pid"
ok 'it is there, too' 'has last.$pid.2.json && [ ! -e last.$pid.3.json ]'
for i in 3 4 5; do
	"$rill" snapshot -q "$pid" &
	asked="${asked:-} $!"
done
ok 'several may ask' 'wait $asked && has last.$pid.3.json'
ok 'the program goes on' 'kill -0 $pid'

# ---- where it writes ----
kill -STOP "$pid"
check 'it is stopped' 1 "has not written a snapshot within 1 s: it may be stopped" "$rill" snapshot -t 1 "$pid"
kill -CONT "$pid"
RILL_FILE=$scratch/nowhere/at/all.json start
check 'no such folder' 1 "snapshot 1 of process $pid could not be written: the program's standard error says why" "$rill" snapshot "$pid"
RILL_FILE=$scratch/'${name}.${rotation}.json' start
check 'a file that is not known from outside' 0 "snapshot 1 of process $pid is written" "$rill" snapshot "$pid"

# ---- whom it cannot ask ----
start replace
check 'its handler is gone' 1 "process $pid has replaced rill.s handler" "$rill" snapshot "$pid"
start block
check 'blocked' 1 "process $pid blocks the signal .* in all its threads" "$rill" snapshot "$pid"
RILL_OPTIONS=flight_bytes=256k start
check 'no signal' 1 "process $pid has no flight session that a signal asks: start it by rill record --flight" "$rill" snapshot "$pid"
ok 'it lives on' 'kill -0 $pid'
check 'not a program with rill' 1 "has no flight session" "$rill" snapshot $$
gone=$pid
end
check 'no process' 1 "there is no process $gone" "$rill" snapshot "$gone"
if [ "$(id -u)" != 0 ] && grep -q . /proc/1/comm; then
	check 'somebody else' 1 "process 1 has no flight session" "$rill" snapshot 1
fi

# ---- by the control socket ----
if grep -qx 'CONFIG_RILL_CONTROL=y' "$RILL_BUILD/include/config/auto.conf"; then
	export XDG_RUNTIME_DIR=$scratch
	RILL_CONTROL=1 RILL_OPTIONS=flight_bytes=256k start
	check 'no signal is needed' 0 "^rill: snapshot 1 of process $pid: $scratch/last.$pid.1.json$" "$rill" snapshot "$pid"
	ok 'it is whole, too' 'has last.$pid.1.json'
	kill -STOP "$pid"
	check 'stopped' 1 "does not answer: it may be stopped" "$rill" snapshot -t 1 "$pid"
	kill -CONT "$pid"
	RILL_CONTROL=1 RILL_FILE=$scratch/nowhere/at/all.json RILL_OPTIONS=flight_bytes=256k start
	check 'no such folder there' 1 "process $pid: the folder .*nowhere/at .* does not exist" "$rill" snapshot "$pid"
	(unset RILL_TRACE RILL_OPTIONS; RILL_CONTROL=1 exec ./server >begun 2>/dev/null) &
	other=$!
	for ((i = 0; i < 200; i++)); do [ -s begun ] && break; sleep 0.05; done
	check 'no flight session' 1 "process $other: no flight session is running" "$rill" snapshot "$other"
	kill "$other"
fi

# ---- wrong usage ----
check 'no pid' 2 "the PID of one process is wanted, 0 were given" "$rill" snapshot
check 'two' 2 "2 were given" "$rill" snapshot 1 2
check 'a name' 2 "'server' is no PID" "$rill" snapshot server
check 'no time' 2 "seconds from 1 to 3600" "$rill" snapshot -t 0 1

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
