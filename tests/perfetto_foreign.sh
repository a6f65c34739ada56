#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# perfetto_foreign.sh - what `rill convert` writes as Perfetto's protobuf, read by software that is not ours: protoc, by
# src/tool/perfetto.proto and without it, and a reader in Python that knows the published numbers
# (tests/readers/perfetto.py) and finds in it what `rill convert --to json` says.
#
# The traces are real: of a program with events of every kind and hard names, of one that loses events, with packets
# taken out, of Chrome JSON. perfetto_foreign.sh FILE... does the same with traces of your own.
set -uo pipefail
. tests/tool_check.bash
proto="$top/src/tool/perfetto.proto"
for tool in protoc python3; do
	if ! command -v $tool >/dev/null; then
		echo "0 passed, 0 failed, 1 skipped: $tool is not installed: make deps"
		exit 77
	fi
done
files=()
for file in "$@"; do
	files+=("$(realpath "$file")")
done

decode() { protoc -I"$top/src/tool" --decode=perfetto.protos.Trace "$proto"; }

# both NAME INPUT: NAME.pftrace and NAME.json say the same, and protoc reads all of it.
both()
{
	local name=$1

	check "$name: to protobuf" 0 '' "$rill" convert "$2" -o "$name.pftrace"
	check "$name: to json" 0 '' "$rill" convert "$2" -o "$name.json"
	decode <"$name.pftrace" >"$name.txt" 2>"$name.err" || echo 'protoc refuses it' >>"$name.err"
	ok "$name: protoc reads it: $(head -c 300 "$name.err")" '[ ! -s "$name.err" ] && [ -s "$name.txt" ]'
	# What protoc does not know stands under its number.
	ok "$name: protoc knows every field" '! grep -qE "^ *[0-9]+[: ]" "$name.txt"'
	check "$name: the reader" 0 '^$' python3 "$top/tests/readers/perfetto.py" "$name.pftrace" "$name.json"
	[ "$failed" = 0 ] || cut -c 1-1000 out
	cp out "$name.said"
}

cd "$scratch" || exit 1
if [ ${#files[@]} != 0 ]; then
	for file in "${files[@]}"; do
		both "$(basename "${file%.*}")" "$file"
	done
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ]
	exit
fi

# ---- every kind of event ---------------------------------------------------------------------------

# shellcheck disable=SC2086 # CC may hold options
${CC:-gcc} -std=gnu11 -O1 -Wall -Wextra -I"$top/include" "$top/tests/readers/perfetto.c" -o all -L"$RILL_BUILD" -lrill \
	-Wl,-rpath,"$RILL_BUILD" -pthread || exit 1
check 'record' 0 ' 0 lost' "$rill" record -b 4M -o all.rill -- ./all
both all all.rill
ok 'every kind is there' 'grep -qE "^[0-9]+ packets, 1 rounds, 0 dropped, 3[0-9] begins, 2[0-9] ends, 9[0-9] instants, 16 values" all.said'
ok 'clocks' '[ $(grep -c "primary_trace_clock: BUILTIN_CLOCK_MONOTONIC" all.txt) = 1 ] && [ $(grep -c "clock_id: 5" all.txt) = 2 ]'
ok 'call sites' 'grep -q "file_name: \".*tests/readers/perfetto.c\"" <<<"$(grep -A 3 source_locations all.txt)"'
ok 'a NUL in a text, and bytes that are no UTF-8' 'grep -qF "\"with\\000nul \\357\\277\\275\"" all.txt'
ok 'bytes' 'grep -qF "string_value: \"hex:00ff7f\"" all.txt'
ok 'JSON, and what is none' 'grep -qF '\''legacy_json_value: "{\"k\":[1,null,\"\\u00fc\"]}"'\'' all.txt &&
	grep -qF '\''string_value: "{\"k\":"'\'' all.txt'
ok 'numbers keep their type' 'grep -q "int_value: -9223372036854775808" all.txt &&
	grep -q "uint_value: 18446744073709551615" all.txt && grep -q "double_value: nan" all.txt &&
	grep -q "double_value: -0$" all.txt && grep -q "pointer_value: 195948557" all.txt'
# The program's ring holds less of it; what came is there, and not as a number.
ok 'a name of 64 KiB is written out' '[ "$(awk "/name: \"hhhhhhhhhh/ && length > 8000" all.txt | wc -l)" -ge 3 ]'
ok 'a thread that was renamed' 'grep -q "thread_name: \"after" all.txt'
ok 'flows' '[ $(grep -c " flow_ids:" all.txt) -ge 10 ] && [ $(grep -c "terminating_flow_ids:" all.txt) -ge 5 ] && grep -q "flow_ids: 42$" all.txt'

# Without any definitions, some numbers as they are published: Trace.packet 1, TracePacket.timestamp 8,
# .trusted_packet_sequence_id 10, .track_event 11, .track_descriptor 60, .clock_snapshot 6, TrackEvent.type 9,
# .track_uuid 11, TrackDescriptor.thread 4 with ThreadDescriptor.thread_name 5, .process 3 with process_name 6.
protoc --decode_raw <all.pftrace >raw.txt
ok 'numbers of the outer messages' '! grep -qv "^1 {" <<<"$(grep -E "^[0-9]+ " raw.txt)" && grep -q "^  10: 1$" raw.txt &&
	grep -qE "^  8: [0-9]{10,}$" raw.txt && grep -q "^  11 {" raw.txt && grep -q "^  60 {" raw.txt && grep -q "^  6 {" raw.txt'
ok 'numbers of events' '[ $(grep -cE "^    9: [1234]$" raw.txt) -ge 150 ] && [ $(grep -cE "^    11: [0-9]+$" raw.txt) -ge 150 ]'
ok 'numbers of tracks' 'grep -q "^      5: \"first\"" <<<"$(grep -A 5 "^    4 {" raw.txt)" &&
	grep -q "^      6: \"perfetto" <<<"$(grep -A 3 "^    3 {" raw.txt)"'
ok 'the default clock' 'grep -q "^    58: 3$" <<<"$(grep -A 2 "^  59 {" raw.txt)"'

# ---- losses ----------------------------------------------------------------------------------------

check 'record with losses' 0 'events lost' env RILL_OPTIONS=period_ms=1000,wake=poll "$rill" record -b 4k -o lost.rill -- ./all 20000
both lost lost.rill
ok 'the loss is a slice on its thread' 'grep -q "name: \"events lost\"" lost.txt && grep -q "string_value: \"ring full\"" lost.txt'

# Takes packets 3 and 4 of ten out: their events are counted, and the next packet says that some are missing.
check 'record many' 0 ' 0 lost' "$rill" record -b 16M -o many.rill -- ./all 20000
python3 - many.rill holes.rill <<'END'
import struct, sys
data, at, number, out = open(sys.argv[1], 'rb').read(), 0, 0, b''
while at < len(data):
    size = 36 + struct.unpack_from('<H', data, at + 4)[0]
    number += 1
    if number % 10 not in (3, 4):
        out += data[at:at + size]
    at += size
assert number > 10, 'more packets are wanted'
open(sys.argv[2], 'wb').write(out)
END
both holes holes.rill
ok 'packets that never came' '[ $(grep -c "previous_packet_dropped: 1" holes.txt) -ge 2 ] &&
	[ $(grep -c "packets that never came" holes.txt) = $(grep -c "previous_packet_dropped: 1" holes.txt) ]'
both many many.rill
ok 'rounds' 'grep -qE "^[0-9]+ packets, 3 rounds, 0 dropped, 20000 begins, 20000 ends" many.said &&
	[ $(grep -c "name: \"burst\"" many.txt) = 3 ]'

# ---- JSON of others --------------------------------------------------------------------------------

check 'JSON to packets' 0 '' "$rill" convert "$top/tests/golden/json_events.json" -o golden.rill
both golden golden.rill

# ---- cut -------------------------------------------------------------------------------------------

head -c 30000 many.pftrace >cut.pftrace
check 'a reader takes what is whole of a cut file' 0 '^$' python3 "$top/tests/readers/perfetto.py" cut.pftrace
ok 'and finds most of it' 'grep -qE "^[0-9]{3,} packets" out'
mkfifo slow
{ head -c 60000 many.rill; exec sleep 600; } >slow &
feeder=$!
"$rill" pull slow -o interrupted.pftrace 2>interrupted.err &
puller=$!
for ((i = 0; i < 600; i++)); do
	[ "$(stat -c %s interrupted.pftrace 2>/dev/null || echo 0)" -gt 10000 ] && break
	sleep 0.1
done
kill -INT $puller
wait $puller
code=$?
kill $feeder
wait $feeder 2>/dev/null
ok "interrupted: $code $(cat interrupted.err)" '[ $code = 0 ] && decode <interrupted.pftrace >interrupted.txt && [ -s interrupted.txt ]'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
