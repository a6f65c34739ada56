#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# books.sh - whether the traces that came from an emulated board are right, by what the traced program itself has counted, by
# rill's tool, by Python's reader of JSON and by babeltrace2.
#
#     tests/board/books.sh BOARD FOLDER RILL      FOLDER as tests/board/board.py left it
set -uo pipefail
board=$1 rill=$3 passed=0 failed=0
cd "$2" || exit 1
# Frames stand between the lines of one scene.
tr -d '\0\r' <console | grep -aoE '(demo: |board: |rill: ).*' >said || true

ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "$board: $*"; }
# holds WHAT LEFT OPERATOR RIGHT
holds()
{
	if test "$2" "$3" "$4" 2>/dev/null; then ok; else bad "$1: $2 $3 $4 is not true"; fi
}
# of KEY TEXT: the value behind KEY=, nothing where there is none
of() { sed -nE "s/^(.* )?$1=([^ ]*).*$/\2/p" <<<"$2"; }

# ---- what others find in a trace ---------------------------------------------------------------------

# By process: its id, events and threads of the demo's categories.
cat >count_json.py <<'PY'
import collections, json, sys
events, threads = collections.Counter(), collections.defaultdict(set)
for e in json.load(open(sys.argv[1])):
    if e.get('cat', '').startswith('demo'):
        events[e['pid']] += 1
        threads[e['pid']].add(e['tid'])
for pid in sorted(events):
    print(pid, events[pid], len(threads[pid]))
PY
count_ctf()
{
	awk 'match($0, /category = "demo/) { match($0, /vpid = [0-9]+/); p = substr($0, RSTART + 7, RLENGTH - 7)
		match($0, /vtid = [0-9]+/); t = substr($0, RSTART + 7, RLENGTH - 7); events[p]++
		if (!((p, t) in seen)) { seen[p, t] = 1; threads[p]++ } }
		END { for (p in events) print p, events[p], threads[p] }' | sort -n
}

# read_by_all SCENE: sets received, lost and missing (as rill check has them), and by (as the readers have it)
read_by_all()
{
	local json ctf
	"$rill" check --all "$1.rill" >"$1.check"
	received=$(sed -nE 's/^[^ ]*: .* packets.*, ([0-9]+) events, [0-9]+ streams.*/\1/p' "$1.check")
	streams=$(sed -nE 's/^[^ ]*: .* events, ([0-9]+) streams.*/\1/p' "$1.check")
	lost=$(sed -nE 's/^lost: ([0-9]+) .*/\1/p' "$1.check")
	missing=$(sed -nE 's/^missing: .* with ([0-9]+) events.*/\1/p' "$1.check")
	lost=${lost:-0} missing=${missing:-0}
	"$rill" convert -q "$1.rill" -o "$1.json" 2>>"$1.said" || bad "$1: rill convert makes no JSON"
	json=$(python3 count_json.py "$1.json" 2>&1)
	rm -rf "$1.ctf"
	"$rill" convert -q "$1.rill" -o "$1.ctf" 2>>"$1.said" || bad "$1: rill convert makes no CTF"
	ctf=$(LC_ALL=C.UTF-8 babeltrace2 "$1.ctf" 2>"$1.babeltrace" | count_ctf) || bad "$1: babeltrace2: $(head -n 3 "$1.babeltrace")"
	by=$json
	if [ -n "$json" ] && [ "$json" = "$ctf" ]; then ok; else bad "$1: JSON has '$json', CTF '$ctf'"; fi
	holds "$1: what babeltrace2 says was discarded" "$(sed -nE \
		's/^WARNING: Tracer discarded ([0-9]+) events? .*/\1/p' "$1.babeltrace" | awk '{ n += $1 } END { print n + 0 }')" \
		-eq $((lost + missing))
}

# ---- a scene -------------------------------------------------------------------------------------------

# close_books SCENE PROGRAM...: what each program of the scene has emitted, and all of it together
close_books()
{
	local scene=$1 program line level emitted=0 mine threads
	shift
	holds "$scene: the scene's own code" "$(of code "$(grep "^$scene " scenes)")" -eq 0
	read_by_all "$scene"
	holds "$scene: streams" "$streams" -eq $#
	for program; do
		line=$(grep -a "^demo: name=$program .* bytes=" said) || {
			bad "$scene: $program has not said what it emitted"
			continue
		}
		mine=$(of emitted "$line")
		emitted=$((emitted + mine))
		# All of its handlers took part.
		for level in $(of levels "$line" | tr , ' '); do
			holds "$program: events of a level" "$level" -gt 0
		done
		holds "$program: rill's own books" $(($(of delivered "$line") + $(of lost "$line"))) -eq "$mine"
		read -r _ mine threads <<<"$(grep "^$(of pid "$line") " <<<"$by")"
		holds "$program: threads" "$threads" -eq "$(of threads "$line")"
		[ $((lost + missing)) != 0 ] || holds "$program: events" "$mine" -eq "$(of emitted "$line")"
	done
	holds "$scene: received, lost and missing of $emitted" $((received + lost + missing)) -eq "$emitted"
	holds "$scene: what JSON has" "$(awk '{ n += $2 } END { print n }' <<<"$by")" -eq "$received"
	if grep -q '^no end: \|^unread' "$scene.check"; then bad "$scene: $(cat "$scene.check")"; else ok; fi
	echo "$board: $scene: $emitted events emitted, $received received, $lost lost, $missing missing"
}

whole() { holds "$1: lost and missing" $((lost + missing)) -eq 0; holds "$1: damaged stretches" "$(grep -c damaged "$1.said")" -eq 0; }

# vexpress has no such counter; the others have one each time that it is not too slow for the emulator.
clock()
{
	local wanted least=1
	case $board in
	vexpress) wanted='clock=monotonic .*cannot be read by programs here' least=3 ;;
	virt32) wanted='clock=cp15 .*readable without the kernel' ;;
	virt64) wanted='clock=cntvct .*readable without the kernel' ;;
	esac
	echo "$board: $(grep -am 1 '^demo: clock=' said)"
	holds "clock: lines of '$wanted'" "$(grep -acE "^demo: $wanted" said)" -ge $least
}

faulty()
{
	local line
	line=$(grep '^faulty ' scenes)
	holds 'faulty: bytes dropped or flipped' $(($(of dropped "$line") + $(of flipped "$line"))) -gt 0
	holds 'faulty: missing' "$missing" -gt 0
	holds 'faulty: lost' "$lost" -eq 0
}

flood()
{
	holds 'flood: lost' "$lost" -gt 0
	holds 'flood: missing' "$missing" -eq 0
}

# A message of the kernel may cut through one line, or one frame.
console()
{
	local kernel=2
	"$rill" tail console.line 2>/dev/null | grep -a '^| ' >console.text
	holds 'console: lines between the packets' "$(grep -acE '^\| console line [0-9]+\.$' console.text)" -ge $((40 - kernel))
	holds 'console: messages of the kernel on the same line' \
		"$(tr -d '\0' <console.line | grep -aoE 'rill board: kernel line [0-9]+\.' | wc -l)" -eq $kernel
	holds 'console: packets cut by the kernel' "$(sed -nE 's/^missing: ([0-9]+) packets.*/\1/p' console.check | grep . || echo 0)" \
		-le $kernel
	holds 'console: lost' "$lost" -eq 0
}

same_file()
{
	local sum
	sum=$(md5sum <"$1.rill")
	if [ "board: sum $sum" = "$(grep -a '^board: sum' said)" ]; then ok; else bad "$1: not the file that is on the board: $sum"; fi
}

# The rings as the disk has them. What is told must be true: of the second program, each worker's events in the order in which it makes
# them, with what belongs to each. All of that was emitted some time; that not all is there is what a cut is.
cat >power.py <<'PY'
import collections, json, sys
pid, past, events, threads = int(sys.argv[2]), collections.defaultdict(int), collections.Counter(), {}
PLACE = {'round': 0, 'types': 1, 'rounds': 2}
trace = json.load(open(sys.argv[1]))
for e in trace:
    if e['ph'] == 'M' and e['name'] == 'thread_name':
        threads[e['tid']] = e['args']['name']
last = 0
for e in trace:
    if not e.get('cat', '').startswith('demo'):
        continue
    assert e['pid'] == pid and e['tid'] > pid and e['ts'] >= last, e
    last, a = e['ts'], e.get('args', {})
    events[e['cat']] += 1
    if e['cat'] == 'demo.signal' or e['ph'] == 'E':
        assert e['name'] in ('timer', 'nested', 'round'), e
        continue
    n = a['round'] if e['name'] == 'round' else a['done'] if e['name'] == 'rounds' else a['big'] + (1 << 63)
    if e['name'] == 'round':
        assert a['text'] == f'round {n}', e
    if e['name'] == 'types':
        assert a['small'] == -(n % 100) and a['half'] == n / 2 and a['odd'] == bool(n % 2), e
    place = 3 * n + PLACE[e['name']]
    assert place >= past[e['tid']], (e, past[e['tid']])
    past[e['tid']] = place + 1
assert all(name.startswith('worker ') for tid, name in threads.items() if tid in past), threads
print(events['demo'], events['demo.signal'], len(past))
PY
power()
{
	local pid found said
	pid=$(of pid "$(grep -a '^board: power pid=' said)")
	"$rill" extract disk -o power.json 2>power.said || bad "power: rill extract: $(tail -n 3 power.said)"
	found=$(python3 power.py power.json "$pid" 2>&1) || bad "power: $(tail -n 2 <<<"$found")"
	echo "$board: power: events, those of handlers, threads: $found"
	if said=$(grep 'is read as after a power cut' power.said); then ok; else bad "power: not read page by page: $(cat power.said)"; fi
	echo "$board: power: ${said#rill: }"
	holds 'power: events' "$(cut -d ' ' -f 1 <<<"$found")" -gt 1000
	holds 'power: events of handlers' "$(cut -d ' ' -f 2 <<<"$found")" -gt 10
	holds 'power: threads' "$(cut -d ' ' -f 3 <<<"$found")" -eq 4
}

while read -r scene _; do
	case $scene in
	clock) clock ;;
	clean) close_books clean clean; whole clean ;;
	faulty) close_books faulty faulty; faulty ;;
	flood) close_books flood flood; flood ;;
	console) close_books console console; console ;;
	file|raw) close_books "$scene" file; whole "$scene"; same_file "$scene" ;;
	forward) close_books forward first second; whole forward ;;
	power) power ;;
	*) bad "a scene '$scene' that nobody looks at" ;;
	esac
done <scenes

echo "$passed passed, $failed failed" >sums
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
