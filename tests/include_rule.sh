#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# include_rule.sh - the tree obeys include_rule.awk, and the awk sees each kind of fault.
set -euo pipefail
rule=$PWD/tests/include_rule.awk
passed=0 failed=0

find include src port -name '*.[chS]' | sort | xargs awk -f "$rule" && passed=1 || failed=1

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
mkdir -p include/rill port src/{control,emit,format,ring,route,sink,tool,attic} tests
touch include/rill/types.h port/port.h src/config.h src/format/json.h src/control/{filter,session}.h \
	src/ring/{ring,ring_producer,ring_consumer}.h src/emit/emit.h src/route/route.h src/sink/outlet.h \
	src/attic/old.h tests/test.h

# try FILE WANTED INCLUDE...: WANTED is a piece of the message, or - when the file is in order.
try()
{
	local file=$1 wanted=$2 got=0 text
	shift 2
	printf '#include %s\n' "$@" >"$file"
	text=$(awk -f "$rule" "$file" 2>&1) || got=$?
	rm "$file"
	if [ "$wanted" = - ] && [ $got = 0 ] && [ -z "$text" ]; then
		passed=$((passed + 1))
	elif [ "$wanted" != - ] && [ $got = 1 ] && [[ $text == "$file:$#: "*"$wanted"* ]]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "$file with $* (wanted '$wanted'): exit code $got: $text"
	fi
}

try src/ring/a.c - '"ring/ring.h"' '"port/port.h"' '<rill/types.h>' '<stdio.h>' '"src/config.h"' '"config.h"'
try src/emit/a.c - '"ring/ring_producer.h"' '"emit.h"'
try src/route/a.c - '"ring/ring_consumer.h"' '"sink/outlet.h"' '"emit/emit.h"'
try src/control/a.c - '"route/route.h"' '"emit/emit.h"' '"sink/outlet.h"' '"format/json.h"'
try src/tool/a.c - '"control/filter.h"' '"format/json.h"'
try src/ring/a.c 'against the flow' '<stdio.h>' '"emit/emit.h"'
try src/ring/a.c 'against the flow' '"../emit/emit.h"'
try src/ring/a.c 'against the flow' '<emit/emit.h>'
try src/emit/a.c 'against the flow' '"route/route.h"'
try src/sink/a.c 'against the flow' '"ring/ring.h"'
try src/route/a.c 'against the flow' '"control/session.h"'
try src/tool/a.c 'against the flow' '"control/session.h"'
try src/format/a.c 'against the flow' '"ring/ring.h"'
try port/a.c 'against the flow' '"src/ring/ring.h"'
try include/rill/a.h 'against the flow' '"ring/ring.h"'
try src/route/a.c 'only src/emit' '"ring/ring_producer.h"'
try src/control/a.c 'only src/emit' '"../ring/ring_producer.h"'
try src/emit/a.c 'only src/route' '"ring/ring_consumer.h"'
try src/emit/a.c 'no part of the product' '"tests/test.h"'
try src/emit/a.c 'nowhere in the tree' '"emit/lost.h"'
printf '#include "old.h"\n' >src/attic/a.c
text=$(awk -f "$rule" src/attic/a.c) || true
[[ $text == *'is no stage'* ]] && passed=$((passed + 1)) || failed=$((failed + 1))

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
