#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tool_forward.sh - rill forward with real programs: several over one line at 115200 baud, one of them killed, one that
# writes far more than the line takes; late readers, strangers, files, and the small program for boards.
set -uo pipefail
. tests/tool_check.bash
forward=$RILL_BUILD/rill-forward
if ! command -v python3 >/dev/null; then
	echo '0 passed, 0 failed, 1 skipped: python3 is not installed'
	exit 77
fi

# work NAME COUNT RATE [die]: COUNT events of category NAME, RATE in a second (0: as fast as it can).
"${CC:-cc}" -std=gnu11 -O1 -I"$top/include" -o "$scratch/work" -x c - -L"$RILL_BUILD" -lrill \
	-Wl,-rpath,"$RILL_BUILD" -pthread <<'END' || exit 1
#include <rill/trace.h>
#include <rill/session.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
int main(int argc, char **argv)
{
	const long count = atol(argv[2]), rate = atol(argv[3]);
	const struct timespec pause = { 0, rate ? 1000000000 / rate : 0 };

	for (long i = 0; i < count; i++) {
		if (!strcmp(argv[1], "loud"))
			RILL_INSTANT("loud", "step", "i", i);
		else if (!strcmp(argv[1], "doomed"))
			RILL_INSTANT("doomed", "step", "i", i);
		else
			RILL_INSTANT("calm", "step", "i", i);
		if (rate)
			nanosleep(&pause, NULL);
	}
	if (argc > 4) {
		rill_session_flush(NULL, 60000);
		raise(SIGKILL);
	}
	return 0;
}
END
# line.py LINK OUT BAUD: a serial line; what is sent comes out at its pace, to OUT.
cat >"$scratch/line.py" <<'END'
import os, pty, sys, time, tty
ours, theirs = pty.openpty()
tty.setraw(theirs)
out, baud = open(sys.argv[2], 'wb', buffering=0), int(sys.argv[3])
os.symlink(os.ttyname(theirs), sys.argv[1])
free = time.monotonic()
while True:
    piece = os.read(ours, 256)
    free = max(free, time.monotonic() - 0.02) + len(piece) * 10 / baud
    out.write(piece)
    time.sleep(max(0, free - time.monotonic()))
END
cd "$scratch" || exit 1
wait_for() { for i in $(seq 1200); do eval "$1" && return; sleep 0.05; done; echo "waited in vain for: $1"; }
# The file of a socket is there a moment before anybody can connect.
listens() { grep -q " 00010000 .*/$1\$" /proc/net/unix; }
traced() { RILL_TRACE='*' RILL_FILE=$1 RILL_OPTIONS=packet_bytes=512,flush_ms=100 "${@:2}"; }
# sum FILE: events received, missing and lost, as check has them.
sum()
{
	"$rill" check --all "$1" | awk '/ packets.* events, [0-9]* streams/ { for (i = 2; i <= NF; i++) if ($i == "events,") s += $(i - 1) }
		/^missing: / { s += $5 } /^lost: / { s += $2 } END { print s }'
}
received() { "$rill" convert "$1" --to text -o - 2>/dev/null | grep -c " $2:step"; }

# ---- three programs, one line ----

python3 line.py line raw 115200 & line=$!
wait_for '[ -e line ]'
"$forward" "unix:$scratch/f.sock" -o line -b 115200 2>err & pid=$!
wait_for 'listens f.sock'
ok 'the socket is its owner'"'"'s alone' '[ "$(stat -c %a f.sock)" = 600 ]'
traced "unix:$scratch/f.sock" ./work calm 300 200 & one=$!
{ traced "unix:$scratch/f.sock" ./work doomed 100 200 die; } 2>/dev/null & two=$!
traced "unix:$scratch/f.sock" ./work loud 300000 0 & three=$!
wait "$one" "$two" "$three" 2>/dev/null
wait_for '[ "$(grep -c "ended its trace\|without ending" err)" = 3 ]'
sleep 0.3
kill -TERM "$pid"
wait "$pid"
code=$?
ok 'a signal ends it well, and its socket is gone' '[ $code = 0 ] && [ ! -e f.sock ]'
wait_for 'held=$(stat -c %s raw); sleep 2; [ "$(stat -c %s raw)" = "$held" ]'
kill "$line"
"$rill" check raw >out
ok 'what did not fit is missing exactly' '[ "$(sum raw)" = 300400 ] || { cat err out; false; }'
ok 'nothing on the line is damaged, and each stream is told apart' \
	'grep -q "3 streams" out && ! grep -q "^damaged\|^unread" out'
ok 'the one that was killed has no end, the others have' 'grep -q "no end: 1 streams" out'
ok 'the calm one and the killed one got through beside the loud one' \
	'[ "$(received raw calm)" = 300 ] && [ "$(received raw doomed)" = 100 ] && [ "$(received raw loud)" -gt 1000 ]'
ok 'the messages say who lost how much' \
	'grep -q "has ended its trace: 300 events passed on, 0 dropped" err && grep -q "gone without ending its trace: 100 events" err'

# ---- ended while the programs go on ----

"$rill" forward "unix:$scratch/g.sock" -o g.rill -q 2>err & pid=$!
wait_for 'listens g.sock'
traced "unix:$scratch/g.sock" ./work calm 100000 500 2>/dev/null & one=$!
traced "unix:$scratch/g.sock" ./work loud 100000 500 2>/dev/null & two=$!
# One that found no room for a while begins again, with a stream of its own.
wait_for '[[ $("$rill" check g.rill 2>/dev/null) == *" "[2-9]" streams"* && $(stat -c %s g.rill) -gt 3000 ]]'
kill -INT "$pid"
wait "$pid"
ok 'streams that go on are closed' '"$rill" check g.rill >out && grep -q " [2-9] streams" out || { cat out err; false; }'
kill -9 "$one" "$two"
wait "$one" "$two" 2>/dev/null

# ---- a reader that comes late, and again ----

port=$((20000 + $$ % 10000))
"$forward" "unix:$scratch/h.sock" -o "tcp-listen:$port" -q 2>err & pid=$!
wait_for 'listens h.sock'
traced "unix:$scratch/h.sock" ./work calm 100000 1000 2>said & one=$!
for visit in 1 2 3; do
	"$rill" pull "tcp:127.0.0.1:$port" -q --wait -o "h$visit.rill" & pull=$!
	wait_for '[ "$(stat -c %s h'$visit'.rill 2>/dev/null || echo 0)" -gt 2500 ]'
	kill -INT "$pull"
	wait "$pull"
	"$rill" check "h$visit.rill" >out
	ok "visit $visit finds definitions for all events" '! grep -q "^unread\|^damaged" out && [ "$(received h'$visit'.rill calm)" -gt 100 ] ||
		{ cat out err said; false; }'
done
kill -9 "$one"
wait "$one" 2>/dev/null
kill -TERM "$pid"
wait "$pid"

# ---- strangers, files, pipes ----

mkfifo fifo
"$forward" "unix:$scratch/i.sock" fifo -o i.rill 2>err & pid=$!
wait_for 'listens i.sock'
python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect("i.sock"); s.sendall(b"GET / HTTP/1.0\r\n\r\n"); assert s.recv(1) == b""'
ok 'who sends rubbish is cut off' '[ $? = 0 ] && wait_for "grep -q \"no rill packet.*this client is cut off\" err"'
traced "unix:$scratch/i.sock" ./work calm 500 0
(printf rubbish; cat h1.rill) >fifo
wait_for '[ "$(sum i.rill)" -gt 600 ]'
kill -TERM "$pid"
wait "$pid"
"$rill" check i.rill >out
ok 'the others go on; in a pipe rubbish is passed over' 'grep -q "2 streams" out && ! grep -q "^damaged\|^unread" out && [ "$(received i.rill calm)" -gt 600 ]'
traced one.rill ./work calm 2000 0
traced two.rill ./work loud 2000 0
check 'files, to the end' 0 '2000 events passed on, 0 dropped' "$rill" forward one.rill two.rill -o both.rill
check 'whole' 0 '^$' "$rill" check both.rill
ok 'both are there' '[ "$(received both.rill calm)" = 2000 ] && [ "$(received both.rill loud)" = 2000 ]'
ok 'one file alone is unchanged' '"$forward" one.rill -o - -q | cmp - one.rill'
ok 'a reader that goes' '"$forward" one.rill -o - -q | head -c 1 >/dev/null; true'
check 'a full disk' 1 'cannot write all to /dev/full: No space' "$forward" one.rill -o /dev/full
{ head -c 3000 one.rill; printf 'rubbish'; tail -c +3001 one.rill; } >hurt.rill
check 'a damaged file' 1 "left out .'rill convert' mends a file" "$forward" hurt.rill -o x.rill

# ---- wrong usage ----

check 'no source' 2 'a SOURCE is wanted' "$rill" forward -o x
check 'no output' 2 'the output is missing' "$rill" forward one.rill
check 'no file' 1 'cannot take packets from missing: there is no such file' "$forward" missing -o x
check 'a path that is not absolute' 1 'must begin with /' "$forward" unix:rel.sock -o x
check 'to connect' 2 'tcp-listen:PORT here' "$forward" tcp:127.0.0.1:1 -o x
check 'other machines' 1 'say \?exposed' "$forward" tcp-listen:0.0.0.0:0 -o x
check 'no such group' 2 'there is no such group' "$forward" "unix:$scratch/j.sock" -g no-such-group -o x
check 'a speed of a file' 2 'no serial line' "$forward" one.rill -o x -b 9600
check 'no such speed' 2 'a usual speed' "$forward" one.rill -o x -b 12345
check 'no such line' 1 'no serial line' "$forward" one.rill -o serial:/dev/no-such-tty
check 'a queue of nothing' 2 'a size from 4k to 64M' "$forward" one.rill -o x --queue 1
check 'memory' 2 'memory is no place' "$forward" one.rill -o memory:64
ok 'no socket is left' '[ -z "$(find . -type s)" ]'
ok 'the small program says its version and its help' \
	'[[ $("$forward" --version) == "rill-forward "[0-9]* ]] && [ "$("$forward" --help)" = "$("$rill" help forward)" ]'
ok 'the small program needs libc alone' \
	'[ -z "$(readelf -d "$forward" | grep NEEDED | grep -v "libc\.so\|libpthread\|ld-linux\|lib[a-z]*san\.so\|libm\.so\|libgcc_s")" ]'

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
