#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tool_merge.sh - rill merge with traces of real programs: Node.js and a program that it runs, each with its own trace,
# lie on one time line, in every format; two processes of one machine; a large one in little memory.
set -uo pipefail
rill=${RILL_BUILD:?}/rill
top=$PWD
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); printf '%s\n' "$*"; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"${CC:-cc}" -std=gnu11 -O1 -I"$top/include" -o "$scratch/work" -x c - -L"$RILL_BUILD" -lrill \
	-Wl,-rpath,"$RILL_BUILD" -pthread <<'END' || exit 1
#include <rill/trace.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	for (long i = 0, rounds = argc > 1 ? atol(argv[1]) : 10; i < rounds; i++) {
		RILL_SCOPE("work", "round", "i", i);
		RILL_FLOW_BEGIN("work", "flow", i);
	}
}
END
cd "$scratch" || exit 1

# ---- two processes of one machine -------------------------------------------------------------------
for name in a b; do
	RILL_TRACE=work RILL_FILE=$name.rill RILL_QUIET=1 ./work 1000 || bad "the traced program failed"
done
text=$("$rill" merge a.rill b.rill -o ab.rill 2>&1)
[ $? = 0 ] && grep -q 'b.rill: offset +0.000000000 s, within 0 ns (CLOCK_MONOTONIC of the same start' <<<"$text" &&
	grep -q 'ab.rill: 6000 events of 2 traces' <<<"$text" && ok || bad "two processes: $text"
text=$("$rill" check ab.rill) && grep -q ' 6000 events, 2 streams' <<<"$text" && ok || bad "what was merged: $text"
# They ran one behind the other, and by the wall clock it comes to the same.
text=$("$rill" merge b.rill a.rill -q --clock realtime -o - --to text)
[ "$(grep -c 'round B' <<<"$text")" = 2000 ] && ok || bad "by the wall clock: $text"
order=$(grep -o '^ *[0-9.]* [0-9]*' <<<"$text" | awk '$2 != last { print $2; last = $2 }' | wc -l)
[ "$order" = 2 ] && ok || bad "two processes that did not overlap change places $order times"

# ---- every format -----------------------------------------------------------------------------------
for format in $("$rill" convert a.rill -o x --to none 2>&1 | sed 's/.*writes //; s/ (.*//; s/[,;]/ /g; s/ or / /'); do
	[[ $format =~ ^[a-z]+$ ]] || continue
	"$rill" convert a.rill -o one.$format --to "$format" -q 2>/dev/null || continue
	text=$("$rill" merge a.rill b.rill -o out.$format --to "$format" 2>&1) &&
		grep -q "out.$format: [1-9][0-9]* events of 2" <<<"$text" && [ -s "out.$format" ] && ok || bad "$format: $text"
done

# ---- Node.js ----------------------------------------------------------------------------------------
if command -v node >/dev/null && command -v python3 >/dev/null; then
	cat >run.js <<'END'
const fs = require('fs');
const { spawnSync } = require('child_process');
fs.mkdirSync('made');
spawnSync('./work', { env: { ...process.env, RILL_TRACE: 'work', RILL_FILE: 'c.rill', RILL_QUIET: '1' } });
fs.rmdirSync('made');
END
	node --trace-event-categories node.fs.sync run.js || bad 'node failed'
	for order in 'node_trace.1.log c.rill' 'c.rill node_trace.1.log'; do
		text=$("$rill" merge $order -o node.json 2>&1)
		[ $? = 0 ] && grep -q 'nothing in the inputs says' <<<"$text" && ok || bad "with Node's: $text"
		text=$(python3 - 2>&1 <<'END'
import json
events = [e for e in json.load(open('node.json')) if e['ph'] != 'M']
times = [e['ts'] for e in events if e['ph'] != 'X']
at = {what: [e['ts'] for e in events if e['name'] == what] for what in ('fs.sync.mkdir', 'round', 'fs.sync.rmdir')}
assert times == sorted(times), 'times go back'
assert len(at['round']) == 20 and at['fs.sync.mkdir'] and at['fs.sync.rmdir'], at
assert max(at['fs.sync.mkdir']) < min(at['round']), at
assert max(at['round']) < min(at['fs.sync.rmdir']), at
assert len({e['pid'] for e in events}) == 2
END
		) && ok || bad "what Node ran does not lie where it ran: $text"
	done
	text=$("$rill" merge node_trace.1.log c.rill --clock monotonic -o node.rill 2>&1) &&
		"$rill" check node.rill >/dev/null && ok || bad "as packets: $text"
else
	echo 'node or python3 is not installed: traces of Node are not merged'
	skipped=1
fi

# ---- large ones -------------------------------------------------------------------------------------
# The second one is not in order. Neither is held in memory.
python3 - <<'END'
import random
random.seed(1)
with open('large.json', 'w') as f:
    f.write('[\n')
    for i in range(400000):
        f.write('{"pid":1,"tid":%d,"ts":%d.%03d,"ph":"I","cat":"c","name":"n%d","args":{"i":%d}},\n'
                % (i % 3, random.randrange(10**6), i % 1000, i % 7, i))
    f.write('{}]\n')
END
python3 - "$rill" <<'END' && ok || bad 'a large trace that is not in order'
import resource, subprocess, sys
subprocess.check_call([sys.argv[1], 'merge', 'large.json', 'a.rill', '--clock', 'monotonic', '-q', '-o', 'sorted.json'],
                      env={'TMPDIR': '.'}, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
last = count = 0
for line in open('sorted.json'):
    if '"cat":"c"' in line:
        at = float(line.split('"ts":')[1].split(',')[0])
        assert at >= last, line
        last = at
        count += 1
assert count == 400000, count
print('sorting 400000 events took %d KiB' % used)
assert used < 128 << 10 or 'RILL_SAN' in __import__('os').environ, used
END

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
