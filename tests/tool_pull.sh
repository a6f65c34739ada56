#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tool_pull.sh - pull, tail, cut, check and convert with a real program's trace: over a serial line (a pair of
# pseudo-terminals), a Unix socket, TCP, pipes and files; cut, damaged, interrupted, and wrong in other ways.
set -uo pipefail
. tests/tool_check.bash
if ! command -v python3 >/dev/null; then
	echo '0 passed, 0 failed, 1 skipped: python3 is not installed'
	exit 77
fi

"${CC:-cc}" -std=gnu11 -O1 -I"$top/include" -o "$scratch/work" -x c - -L"$RILL_BUILD" -lrill \
	-Wl,-rpath,"$RILL_BUILD" -pthread <<'END' || exit 1
#include <rill/trace.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	const long rounds = argc > 1 ? atol(argv[1]) : 1000;

	for (long i = 0; i < rounds; i++) {
		RILL_SCOPE("work", "round", "i", i);
		RILL_INSTANT("work.detail", "step", "i", i);
	}
	if (argc > 2 && !strcmp(argv[2], "die")) {
		rill_session_flush(NULL, 60000);
		raise(SIGKILL);
	}
	return 0;
}
END
cd "$scratch" || exit 1
wait_for() { for i in $(seq 1200); do eval "$1" && return; sleep 0.05; done; echo "waited in vain for: $1"; }
# Whether a process has a handler of its own for SIGTERM by now.
catches_term() { local mask; mask=$(awk '/^SigCgt/ { print $2 }' "/proc/$1/status"); (((16#$mask & 0x4000) != 0)); }

# feed.py KIND WHERE FILE: sends FILE, and says "ready" in feed.out first. A serial line gets it as COBS frames, with
# text of a console between, in pieces; WHERE is a link to its other end.
cat >feed.py <<'END'
import array, fcntl, os, pty, socket, struct, sys, termios, time, tty
kind, where, data = sys.argv[1], sys.argv[2], open(sys.argv[3], 'rb').read()
def frame(packet):
    out, block = bytearray(), bytearray()
    for byte in packet + b'\0':
        if byte:
            block.append(byte)
        if not byte or len(block) == 254:
            out += bytes([len(block) + 1]) + block
            full = byte != 0
            block = bytearray()
    return b'\0' + bytes(out) + b'\0'
def packets():
    at = 0
    while at < len(data):
        size = 36 + struct.unpack_from('<H', data, at + 4)[0]
        yield data[at:at + size]
        at += size
ready = lambda: open('feed.out', 'w').write('ready')
if kind == 'serial':
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    os.symlink(os.ttyname(theirs), where)
    ready()
    time.sleep(float(sys.argv[4]))      # until the other end is open
    os.write(ours, b'U-Boot 2024\r\n')
    for n, packet in enumerate(packets()):
        text = frame(packet)
        if n == 2:
            text = text[:50] + b'~' + text[51:]     # a bit error
        for at in range(0, len(text), 500):
            os.write(ours, text[at:at + 500])
            time.sleep(0.001)
        os.write(ours, b'login: \r\n')
    # What the other end has not read would be gone with the line.
    unread, empty = array.array('i', [0]), 0
    while empty < 5:
        time.sleep(0.1)
        fcntl.ioctl(theirs, termios.FIONREAD, unread)
        empty = 0 if unread[0] else empty + 1
else:
    if kind == 'unix':
        server = socket.socket(socket.AF_UNIX)
        server.bind(where)
    else:
        server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(('127.0.0.1', int(where)))
    server.listen(1)
    ready()
    peer = server.accept()[0]
    for at in range(0, len(data), 777):
        peer.sendall(data[at:at + 777])
    if kind == 'unix-open':
        time.sleep(100)
    peer.close()
END
start_feed()
{
	rm -f feed.out
	python3 feed.py "$@" & feed=$!
	wait_for '[ -s feed.out ]'
}


# ---- a recording, and what is made of it ----

check 'a recording of packets says what to do with it' 0 '3000 events, 0 lost, 1 threads, t\.rill .*rill convert.*rill report t\.rill' \
	"$rill" record -o t.rill ./work 1000
check 'it is whole' 0 '^$' "$rill" check t.rill
ok 'and check says so' 'grep -q "3000 events, 1 streams" out && grep -q "t.rill: all is there" out'
check 'as JSON' 0 't\.json: 3000 events, nothing to mend' "$rill" convert t.rill -o t.json
ok 'strict JSON' 'python3 -c "import json; e = json.load(open(\"t.json\")); print(sum(x[\"ph\"] != \"M\" for x in e))" | grep -qx 3000'
check 'as text' 0 '3000 events' "$rill" convert t.rill -o t.txt
ok 'a line for each' '[ "$(grep -c "work" t.txt)" = 3000 ]'
check 'as stacks' 0 '2000 events' "$rill" convert t.rill -o t.folded
ok 'one stack' '[ "$(wc -l <t.folded)" = 1 ] && grep -q "^work/[0-9]*;round [0-9]*$" t.folded'
check 'report' 0 '^$' "$rill" report t.rill
ok 'report counts' 'grep -q "^t.rill: 3000 events, 0 lost, 1 threads" out'
"$rill" report --json t.rill | sed 's/.*"lost":0,"first/first/' >a
"$rill" report --json t.json | sed 's/.*"lost":0,"first/first/' >b
ok 'the report of the JSON says the same' 'sed -i "s/\"summaries\".*//" a b; cmp -s a b'
check 'the JSON as packets' 0 'back\.rill: 3000 events' "$rill" convert t.json -o back.rill
check 'and back' 0 '3000 events' "$rill" convert back.rill -o back.json
ok 'the same events' 'diff <(grep -v "\"M\"" t.json) <(grep -v "\"M\"" back.json) >/dev/null'
check 'a part by time' 0 'part\.rill: [1-9][0-9]* events' "$rill" cut t.rill -o part.rill --to 50us
check 'a part by category' 0 'part\.rill: 1000 events' "$rill" cut t.rill -o part.rill -e work.detail
check 'it is a whole trace' 0 '^$' "$rill" check part.rill
check 'tail with a filter' 0 '^$' "$rill" tail t.rill -e work.detail
ok 'its lines' '[ "$(grep -c "work.detail:step I i=" out)" = 1000 ] && [ "$(wc -l <out)" = 1000 ]'
check 'tail may be cut short' 0 '^$' sh -c "'$rill' tail t.rill | head -n 1"

check 'a killed program' 137 '[0-9]+ events, 0 lost, 1 threads, k\.rill .*counted in the file' \
	"$rill" record --flush-ms 20 -o k.rill ./work 100 die
check 'its trace has no end' 1 '^$' "$rill" check k.rill
ok 'check says why' 'grep -q "no end: 1 streams have no closing packet: the program was killed" out && grep -q " 300 events" out'

# ---- cut and damaged ----

size=$(stat -c %s t.rill)
for cut in 1 35 36 100 4096 4097 $((size / 2)) $((size - 1)); do
	head -c "$cut" t.rill >cut.rill
	check "cut at $cut: converted" 0 'torn packet|nothing to mend' "$rill" convert cut.rill -o whole.rill
	check "cut at $cut: noticed" 1 '^$' "$rill" check cut.rill
	ok "cut at $cut: what is left is a beginning" 'cmp -s -n "$(stat -c %s whole.rill)" whole.rill t.rill'
done
{ head -c 6000 t.rill; printf 'rubbish in the middle'; tail -c +6001 t.rill; } >hurt.rill
check 'damage in the middle' 0 'hurt\.rill is damaged: 1 stretches' "$rill" convert hurt.rill -o mended.rill
check 'is found' 1 '^$' "$rill" check hurt.rill
ok 'with its place and what it cost' 'grep -q "^  offset [0-9]*: [0-9]* bytes: " out && grep -q "missing: 1 packets with [1-9]" out'
cat t.rill t.rill >twice.rill
check 'the same trace twice is whole' 0 '^$' "$rill" check twice.rill
ok 'counts once' 'grep -q "3000 events, 1 streams" out && grep -q "twice.rill: all is there" out'
ok 'and check says so' 'grep -q "^note: [1-9][0-9]* packets with 3000 events are here a second time: they count once$" out'
check 'and converted once' 0 'packets with 3000 events are in it a second time: they count once' "$rill" convert twice.rill -o once.rill
ok 'to the same packets' 'cmp -s once.rill t.rill'
cat hurt.rill t.rill >both.rill
check 'what one copy lacks, the other has' 0 'both\.rill is damaged' "$rill" convert both.rill -o once.rill
check 'in another order' 0 '^$' "$rill" check once.rill
ok 'and check says so' 'grep -q "3000 events, 1 streams" out && grep -q "^note: 1 packets stand behind later ones: files were joined" out'

# ---- live ----

start_feed unix u.sock t.rill
check 'pull over a Unix socket' 0 'p\.rill: 3000 events, 0 lost' "$rill" pull unix:u.sock -o p.rill
ok 'byte by byte' 'cmp -s p.rill t.rill'
wait "$feed"
port=$((20000 + $$ % 10000))
start_feed tcp $port t.rill
check 'pull over TCP as JSON' 0 'p\.json: 3000 events' "$rill" pull tcp:127.0.0.1:$port -o p.json
ok 'the same JSON' 'cmp -s p.json t.json'
wait "$feed"
check 'pull from a pipe, joined in the middle' 0 'p\.rill: [1-9][0-9]* events' sh -c "tail -c +10 t.rill | '$rill' pull - -o p.rill"
ok 'whole packets' 'cmp -s p.rill <(tail -c "$(stat -c %s p.rill)" t.rill)'

start_feed serial line t.rill 0.5
"$rill" pull line -b 115200 -o s.rill 2>err & pull=$!
wait "$feed"
wait "$pull"
code=$?
ok 'pull over a serial line ends when it is gone' '[ $code = 0 ]'
ok 'what a frame with a bit error held is missing, and nothing else' \
	'grep -q "s\.rill: [12][0-9]* events" err && grep -q "line is damaged: 1 stretches" err && grep -q "1 packets with [1-9][0-9]* events are missing" err'
"$rill" check s.rill >out
ok 'frames became packets' 'grep -q "packets, [12][0-9]* events, 1 streams" out && ! grep -q damaged out'

rm -f line
start_feed serial line t.rill 0.5
"$rill" tail line -e work.detail >out 2>err & tail=$!
wait "$feed"
wait "$tail"
ok 'tail shows events, the console, and what is missing' \
	'grep -q "work.detail:step I i=999" out && grep -q "^| U-Boot 2024$" out && grep -q "events lost: their packets never came" out'

# ---- Ctrl-C, and a stream that goes on ----

mkfifo fifo
(cat t.rill; exec sleep 100) >fifo & writer=$!
"$rill" pull fifo -o i.rill 2>err & pull=$!
wait_for '[ "$(stat -c %s i.rill 2>/dev/null || echo 0)" = "$size" ]'
ok 'what came is in the file while more may come' 'cmp -s i.rill t.rill'
kill -INT "$pull"
wait "$pull"
code=$?
kill "$writer" 2>/dev/null
ok 'an interrupt ends it as it should' '[ $code = 0 ] && grep -q "i\.rill: 3000 events, 0 lost" err && cmp -s i.rill t.rill'
sleep 100 >fifo & writer=$!
"$rill" pull fifo -o n.rill 2>err & pull=$!
wait_for 'catches_term "$pull"'
kill -TERM "$pull"
wait "$pull"
code=$?
kill "$writer" 2>/dev/null
ok 'nothing came' '[ $code = 1 ] && grep -q "nothing came from fifo: is the traced program running" err'
head -c 5000 t.rill >grow.rill
"$rill" tail -f grow.rill >out 2>err & tail=$!
sleep 0.4
tail -c +5001 t.rill >>grow.rill
wait_for 'grep -q "i=999" out'
kill -INT "$tail"
wait "$tail"
ok 'tail follows a file that grows' '[ "$(grep -c "work.detail:step I" out)" = 1000 ]'
"$rill" pull unix:later.sock --wait -o w.rill 2>err & pull=$!
sleep 0.3
start_feed unix later.sock t.rill
wait "$feed"
wait_for '[ "$(stat -c %s w.rill 2>/dev/null || echo 0)" = "$size" ]'
kill -INT "$pull"
wait "$pull"
ok 'pull waits for who is not there yet' 'cmp -s w.rill t.rill'
"$rill" pull --listen unix:mine.sock -o l.rill 2>err & pull=$!
wait_for '[ -S mine.sock ]'
python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect("mine.sock"); s.sendall(open("t.rill", "rb").read())'
wait "$pull"
ok 'pull takes who connects' 'cmp -s l.rill t.rill && [ ! -e mine.sock ]'

# ---- on a terminal ----

cat >terminal.py <<'END'
import os, pty, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b''
while True:
    try:
        piece = os.read(fd, 4096)
    except OSError:
        break
    if not piece:
        break
    seen += piece
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
(head -c 9000 t.rill; sleep 1; tail -c +9001 t.rill) >fifo & writer=$!
python3 terminal.py "$rill" pull fifo -o v.rill >out
wait "$writer"
ok 'a terminal shows rate, events, losses and damage' \
	'tr "\r" "\n" <out >lines; grep -q "fifo: [0-9][^,]*/s, [0-9]* events/s, [1-9][0-9]* events, 0 lost, 0 bytes damaged" lines && grep -q "v.rill: 3000 events, 0 lost" out'

# ---- wrong in other ways ----

check 'no source' 2 'one SOURCE is wanted' "$rill" pull -o x.rill
check 'no output' 2 'the output is missing' "$rill" pull t.rill
check 'no such file' 1 'cannot open missing.rill: No such file' "$rill" pull missing.rill -o x.rill
check 'no such device' 1 'is it plugged in\? --wait waits for it' "$rill" pull /dev/no-such-tty -o x.rill
check 'nobody listens' 1 'nobody listens there' "$rill" pull unix:nobody.sock -o x.rill
check 'no address' 2 'tcp:HOST:PORT is wanted' "$rill" pull tcp:nowhere -o x.rill
check 'no such speed' 2 "'12345': a usual speed" "$rill" pull t.rill -b 12345 -o x.rill
check 'a speed of a file' 2 'no serial line' "$rill" pull t.rill -b 9600 -o x.rill
check 'listen to a file' 2 'no address: --listen goes with' "$rill" pull -l t.rill -o x.rill
check 'no trace' 1 'is not a trace' "$rill" pull feed.py -o x.rill
check 'an empty input' 1 'nothing came from /dev/null' "$rill" pull /dev/null -o x.rill
check 'an empty file is no whole trace' 1 '^$' "$rill" check /dev/null
check 'no folder for the output' 1 'cannot write missing/x.rill: .*is its folder there' "$rill" pull t.rill -o missing/x.rill
check 'the output is a directory' 1 'cannot write' "$rill" pull t.rill -o "$scratch" --to rill
check 'the output is the input' 2 'is the input' "$rill" convert t.rill -o t.rill
check 'the output is full' 1 'cannot write all of /dev/full: No space' "$rill" convert t.rill -o /dev/full --to rill
ok 'the input is as it was' '[ "$(stat -c %s t.rill)" = "$size" ]'
check 'a format that is none' 2 'there is no such format' "$rill" convert t.rill -o x --to gif
check 'tail of nothing' 2 'one SOURCE is wanted' "$rill" tail
check 'check of two' 2 'one FILE is wanted' "$rill" check t.rill t.rill
check 'an unknown option' 2 "did you mean '--baud'" "$rill" pull --buad 9600 t.rill -o x.rill

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
