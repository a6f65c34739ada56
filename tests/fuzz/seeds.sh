#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# seeds.sh FOLDER - makes the inputs that the fuzz targets begin with: small traces of every kind, the frozen packets, and
# what was found before (tests/fuzz/found).
set -euo pipefail
home=$1
maker=$home/tests/trace_maker
seeds=$home/seeds

rm -rf "$seeds"
mkdir -p "$seeds"/{raw,check,config,convert,core,environment,frame,image,json,packet,relay,remote,report}

# ---- traces ----

xxd() { python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex("".join(l.split("#")[0] for l in sys.stdin)))'; }

mapfile -t kinds < <("$maker" 2>&1 | awk 'NR > 1 { print $1 }')
for kind in "${kinds[@]}"; do
	case $kind in
	json-keys) "$maker" "$kind" 300 >"$seeds/raw/$kind" ;;
	json*) head -c 4000 < <("$maker" "$kind" 2 2>/dev/null) >"$seeds/raw/$kind" ;;
	pairs) "$maker" "$kind" 1 >"$seeds/raw/$kind.rill" ;;
	*) "$maker" "$kind" 12 >"$seeds/raw/$kind.rill" ;;
	esac
done
xxd <tests/golden/packets_v1.hex >"$seeds/raw/golden.rill"
# A few lines of the frozen JSON each, as a trace of its own.
split -l 12 --additional-suffix=.part tests/golden/json_events.json "$seeds/raw/json-golden-"

cp "$seeds"/raw/json* "$seeds/json/"
cp "$seeds"/raw/*.rill "$seeds/packet/"
cp "$seeds"/raw/*.rill "$seeds/frame/"

# ---- with what a target reads in front ----

formats=$(sed -n 's/^\t&rill_format_\(.*\),$/\1/p' src/tool/format.c | wc -l)
part=0
for file in "$seeds"/raw/*; do
	name=${file##*/}
	part=$((1 - part))	# every other trace whole, the rest in part
	for n in 0 1; do
		{ printf "\\$n"; cat "$file"; } | tee "$seeds/check/$n-$name" >"$seeds/report/$n-$name"
	done
	for ((n = 0; n < formats; n++)); do
		{ printf "\\$(printf %o $n)\\$part"; cat "$file"; } >"$seeds/convert/$n-$name"
	done
done

# ---- texts ----

cat >"$seeds/config/chromium" <<'END'
{"record_mode":"record-continuously","enable_systrace":true,"system_events":["power"],"enable_argument_filter":true,
"included_categories":["net","a*"],"excluded_categories":["-b"],"included_process_ids":[1,2],
"memory_dump_config":{"allowed_dump_modes":["light"],"triggers":[{"min_time_between_dumps_ms":50,"mode":"light","type":"periodic_interval"}]},
"event_filters":[{"filter_predicate":"event_whitelist_predicate","included_categories":["net"],"filter_args":{"event_name_allowlist":["rx"]}}],
"histogram_names":["h"],"trace_buffer_size_in_kb":100}
END
echo '{"recordMode":"recordUntilFull","includedCategories":["v8","disabled-by-default-memory-infra"],"enableSystrace":false}' \
	>"$seeds/config/devtools"
printf 'net,-x,disabled-by-default-y\nrecord-until-full,enable-systrace=power timer:tick_stop, enable-argument-filter' \
	>"$seeds/config/strings"
echo '{"record_mode":"recordUntilSomebodySaysThatItIsEnoughForToday"}' >"$seeds/config/mode"

printf '%s\n' 'trace.${pid}.json' 'read*,-read_slow' 4M \
	'flush_ms=100,file_mode=640,wake=poll,format=binary,follow_fork,rotate_bytes=1M,slices' \
	'--trace-event-categories' 'net,net.rx' 'rx' >"$seeds/environment/file"
printf '%s\n' 'serial:/dev/ttyS1?baud=115200&console&flow' '' 64k 'thread_time' \
	'--trace-event-categories=net*,-net.slow,disabled-by-default-gpu' '--trace-event-file-pattern=tcp-listen:0.0.0.0:7000?exposed' \
	'@12.5' >"$seeds/environment/serial"
printf '%s\n' 'memory:256?dump=/tmp/last.rill' '*' '' '' 'fd:3' 'unix-listen:/run/trace' 'tcp:192.168.1.2:7000' '250ms' \
	>"$seeds/environment/memory"

printf '%s\n' '' '' '' '' 'x' '--trace-event-file-pattern' | head -c -1 >"$seeds/environment/last"
# Connect, attach, the packets of each file, text, new files; a trace that is over, and one that is not.
python3 - "$seeds/relay" <<'END'
import struct, sys
attach = b"\3" + struct.pack(">QQI", 1, 0, 1)
index = b"".join(b"\4" + struct.pack(">Q", n) for n in (0, 1, 2, 0, 1, 0))
packets = b"".join(b"\5" + struct.pack(">QQI", n, 80 * n, 80) for n in (0, 1, 2))
rest = b"\6" + struct.pack(">Q", 1 << 20) + b"\7" + struct.pack(">Q", 1) + b"\11" + struct.pack(">Q", 1)
for name, how in ("over", 13), ("live", 12), ("few", 4):
    open(f"{sys.argv[1]}/{name}", "wb").write(bytes([how]) + b"\1" + bytes(20) + b"\10\2" + attach + index + packets + rest)
END
printf 'start\nname=control\nfilter=net,-net.rx%%0A\noption=slices\noption=flush_ms=20\n' >"$seeds/remote/start"
printf 'session\nname=%%25%%7f\nevents=4711\nlost=0\n' >"$seeds/remote/session"
printf 'done\nsessions=1\nx=%%' >"$seeds/remote/cut"
printf '"\\u12' >"$seeds/json/cut"
printf '"\\ud800\\' >"$seeds/json/cut-half"

# A description that lies about a ring's size, or where its bytes are; a record that is too long, a number that is another one.
printf '\0\10\370\0\14' >"$seeds/image/size"
printf '\0\4\370\360\0' >"$seeds/image/place"
printf '\10\60\4\377\0\120\4\1\1' >"$seeds/image/record"
printf '\3' >"$seeds/image/whole"

# Cores of two processors, one whose image says that it is small, and one whose segment says that it is large.
printf '\1' >"$seeds/core/wide"
printf '\2' >"$seeds/core/narrow"
printf '\1\31\0\1\0' >"$seeds/core/small"
printf '\1\231\10\377\0' >"$seeds/core/large"

# ---- what was found before ----

if [ -d tests/fuzz/found ]; then
	cp -r tests/fuzz/found/. "$seeds"
fi
rm -rf "$seeds/raw"
