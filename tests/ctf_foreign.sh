#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ctf_foreign.sh - babeltrace2 and its library for Python find in each CTF trace what stands in the JSON of the same trace,
# and say nothing but which events were lost.
set -uo pipefail
rill=${RILL_BUILD:?}/rill
top=$PWD
passed=0 failed=0
for python in python3 /usr/bin/python3; do
	"$python" -c 'import bt2' 2>/dev/null && break
	python=
done
if [ -z "$python" ] || ! command -v babeltrace2 >/dev/null; then
	echo '0 passed, 0 failed, 1 skipped: babeltrace2 or python3-bt2 is not installed: make deps'
	exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); printf '%s\n' "$*" | cut -c 1-3000; }

build()
{
	"${CC:-cc}" -std=gnu11 -O1 -I"$top/include" -o "$1" "$top/tests/readers/$1.c" -L"$RILL_BUILD" -lrill \
		-Wl,-rpath,"$RILL_BUILD" -pthread -lm
}

# read_alone NAME: babeltrace2 reads all of it, and says nothing but what was lost; how much is in $discarded.
read_alone()
{
	local rc=0
	LC_ALL=C.UTF-8 babeltrace2 "$1.ctf" >"$1.lines" 2>"$1.said" || rc=$?
	discarded=$(sed -nE 's/^WARNING: Tracer discarded ([0-9]+) events? between .*/\1/p' "$1.said" | awk '{ sum += $1 } END { print sum + 0 }')
	if [ $rc = 0 ] && ! grep -vqE '^WARNING: Tracer discarded [0-9]+ events? between ' "$1.said"; then
		ok
	else
		bad "$1: babeltrace2 ends with $rc and says: $(grep -vE '^WARNING: Tracer discarded [0-9]' "$1.said" | head -n 5)"
	fi
}

# to_json INPUT OUT: what rill reads in it, as JSON; from JSON by way of packets, for else it stays as it is.
to_json()
{
	case $1 in
	*.json) "$rill" convert -q "$1" -o "$2.rill" && "$rill" convert -q "$2.rill" -o "$2" ;;
	*) "$rill" convert -q "$1" -o "$2" ;;
	esac 2>/dev/null
}

# compare NAME INPUT [LOST]: INPUT as CTF and as JSON
compare()
{
	local name=$1 input=$2 lost=${3:-} said remade=
	if ! said=$("$rill" convert -q "$input" -o "$name.ctf" 2>&1); then
		bad "$name: $said"
		return
	fi
	read_alone "$name"
	[ -z "$lost" ] || [ "$discarded" = "$lost" ] && ok || bad "$name: $lost events were lost, babeltrace2 says $discarded"
	to_json "$input" "$name.reference.json"
	[[ $input = *.rill ]] || remade=remade
	said=$("$python" "$top/tests/readers/ctf.py" "$name.ctf" "$name.reference.json" "$lost" $remade 2>&1) && ok || bad "$name: $said"
	echo "$name: $said" | head -n 3 | cut -c 1-200
}

# ---- traces of programs ----------------------------------------------------------------------------

build phases && build kinds || { echo '0 passed, 1 failed: the programs do not compile'; exit 1; }
"$rill" record -q -b 1M -o phases.rill -- ./phases && compare phases phases.rill 0 || bad 'phases'
"$rill" record -q -b 1M -o kinds.rill -- ./kinds && compare kinds kinds.rill 0 || bad 'kinds'
RILL_OPTIONS=thread_time "$rill" record -q -o times.rill -- ./phases && compare times times.rill 0 || bad 'times'
"$rill" record -q -b 1M -o phases.json -- ./phases && compare json phases.json 0 || bad 'json'
grep -q 'thread_time_ns = [1-9]' times.lines && ok || bad 'times: no CPU time of the thread in it'
# The comparison sees what differs.
"$python" "$top/tests/readers/ctf.py" phases.ctf times.reference.json 0 >/dev/null 2>&1 && bad 'two traces are taken for the same' || ok
"$python" "$top/tests/readers/ctf.py" phases.ctf phases.reference.json 1 >/dev/null 2>&1 && bad 'a wrong number of losses is not seen' || ok
mkdir few && for i in $(seq 1 60); do head -c $((i * 1000)) /dev/zero >"few/$i"; done
"$rill" record -q -o press.rill -- "$RILL_BUILD/examples/press" -j 3 -o few.tar.gz few >/dev/null && compare press press.rill 0 || bad 'press'

# ---- losses ----------------------------------------------------------------------------------------

emitted=60000
"$rill" record -q -b 4k -o burst.rill -- ./kinds burst $((emitted / 3)) 2>/dev/null
lost=$("$rill" check burst.rill | sed -nE 's/^lost: ([0-9]+) events.*/\1/p')
if [ "${lost:-0}" -gt 0 ]; then
	compare burst burst.rill "$lost"
	[ "$(grep -c 'procname = "\(one\|two\|three\)".* step: \|step: .*procname = "\(one\|two\|three\)"' burst.lines)" = $((emitted - lost)) ] &&
		ok || bad "burst: $lost lost, and other than the rest in the trace"
else
	bad "burst: nothing was lost: $("$rill" check burst.rill)"
fi

# Packets of the middle are missing, and what they held is lost.
"$rill" record -q -b 4M -o whole.rill -- ./kinds burst $((emitted / 3))
"$python" - <<'END'
import struct
data, at, packets = open('whole.rill', 'rb').read(), 0, []
while at < len(data):
    size = 36 + struct.unpack_from('<H', data, at + 4)[0]
    packets.append(data[at:at + size])
    at += size
open('holes.rill', 'wb').write(b''.join(packets[:10] + packets[13:20] + packets[21:]))
END
there=$("$rill" convert -q holes.rill -o - --to json 2>/dev/null | grep -c '"name":"step"')
[ "$there" -gt 10000 ] && [ "$there" -lt $emitted ] && ok || bad "holes: $there of $emitted events are there"
compare holes holes.rill $((emitted - there))

# ---- traces of others ------------------------------------------------------------------------------

cat >odd.json <<'END'
{"otherData":{"note":"a\u0000b"},"traceEvents":[
{"pid":1,"tid":1,"ph":"M","name":"process_name","cat":"__metadata","ts":0,"args":{"name":"odd"}},
{"pid":1,"tid":-1,"ts":5000.001,"ph":"I","cat":"c","name":"nobody's","s":"g","args":{"nul":"a\u0000b","list":[1,{"a":null}],"none":null}},
{"pid":1,"tid":2,"ts":9000,"ph":"X","cat":"c","name":"outer","dur":100.5,"args":{}},
{"pid":1,"tid":2,"ts":9001,"ph":"X","cat":"c","name":"inner","dur":3,"args":{"big":18446744073709551615,"min":-9223372036854775808}},
{"pid":1,"tid":2,"ts":1000,"ph":"B","cat":"c","name":"earlier","args":{}},
{"pid":1,"tid":2,"ts":1001,"ph":"E","cat":"c","name":"earlier","args":{}},
{"pid":2,"tid":2,"ts":3,"ph":"C","cat":"c","name":"first","args":{"a":1,"b":0.5}},
{"pid":2,"tid":2,"ts":9007199254740.993,"ph":"n","cat":"c","name":"far","id":"0xffffffffffffffff","args":{}}
]}
END
compare odd odd.json 0
compare golden "$top/tests/golden/json_events.json"

# Not in order at all, far more than what waits to be sorted.
"$python" - <<'END'
import random
random.seed(4)
order = list(range(1, 8001))
for at in range(0, 8000, 2000):
    part = order[at:at + 2000]
    random.shuffle(part)
    order[at:at + 2000] = part
print('[' + ',\n'.join('{"pid":1,"tid":%d,"ts":%d.5,"ph":"I","cat":"c","name":"n%d","s":"t","args":{"i":%d}}' %
                       (i % 3 + 1, i, i % 7, i) for i in order) + ']', file=open('mixed.json', 'w'))
END
compare mixed mixed.json 0

if command -v node >/dev/null; then
	node --trace-event-categories node,node.async_hooks,node.perf,v8 --trace-event-file-pattern node.json -e \
		'const fs = require("fs"); performance.mark("a"); fs.readFileSync("odd.json"); performance.measure("m", "a"); setTimeout(() => {}, 20)' &&
		compare node node.json 0 || bad 'node'
else
	echo 'node is not installed: no trace of it'
fi

# ---- parts, and ends in the middle -----------------------------------------------------------------

"$rill" cut phases.rill -o part.ctf -e phases.inner -q && read_alone part
[ "$(grep -c ' inner: ' part.lines)" = 2 ] && ok || bad "cut: $(cat part.lines)"
head -c $(($(stat -c %s press.rill) * 2 / 3)) press.rill >cut.rill
compare cut cut.rill

# A signal ends it: what had come is there.
mkfifo slow
"$rill" convert slow -o stopped.ctf 2>stopped.err &
pid=$!
exec 3>slow
head -c 50000 whole.rill >&3
for i in $(seq 600); do [ -e stopped.ctf/metadata ] && break; sleep 0.1; done
kill -INT $pid
tail -c +50001 whole.rill >&3
exec 3>&-
wait $pid
[ $? = 1 ] && grep -q 'stopped by a signal' stopped.err && ok || bad "stopped: $(cat stopped.err)"
read_alone stopped
[ "$(wc -l <stopped.lines)" -gt 50 ] && ok || bad "stopped: $(wc -l <stopped.lines) lines"

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
