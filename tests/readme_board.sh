#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# readme_board.sh - the commands of README.md for a board run as they stand there. What only a board has is replaced: an
# emulator runs its program, a pair of pseudo-terminals is the serial line, a folder is its /tmp.
#
# `make check ARCH=...` runs it: RILL_BUILD and RUN are in the environment. RILL_HOST: the host's build, unless it is build/host.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath --relative-to=. "$RILL_BUILD")
read -ra run <<<"$RUN"
host=${RILL_HOST:-build/host}
scratch=$(mktemp -d)
. tests/count.bash
children=()
# shellcheck disable=SC2317
clean()
{
	[ ${#children[@]} = 0 ] || kill "${children[@]}" 2>/dev/null || true
	rm -rf "$scratch"
}
trap clean EXIT

absent()
{
	echo "skipped: $1"
	echo '0 passed, 0 failed, 1 skipped'
	exit 77
}
command -v python3 >/dev/null || absent 'python3, which is the serial line here, is not installed'
[ -x "$host/rill" ] || absent "there is no $host/rill to read the trace with: make"
grep -qx 'CONFIG_RILL_SINK_SERIAL=y' "$build/include/config/auto.conf" || absent 'this configuration has no serial lines'
default=port/defconfig/${ARCH:-}_defconfig
cmp -s "$default" "$build/.config" || absent "$build is not configured as $default says, and the first command would change that"

# block NAME: the commands behind <!-- run: NAME -->, with the stand-ins for what this machine has not.
block()
{
	awk -v mark="<!-- run: $1 -->" '$0 == mark { found = 1; next }
		found && /^```/ { if (inside) exit; inside = 1; next }
		inside' README.md |
		sed -e "s|build/host|$host|g; s|build/armhf|$build|g; s|armhf|$ARCH|g; s|^make |make --no-print-directory O=$build |" \
			-e "s|^scp |cp |; s|board:/tmp|$scratch/board|; s|/dev/ttyUSB0|$scratch/line.host|" \
			-e "s|/dev/ttyS1|$scratch/line.board|; s|^cd /tmp|cd $scratch/board|; s| \./| ${run[*]} ./|; s|rill-bench\$|& $seconds|" \
			-e "s| t\.| $scratch/t.|g"
}

# Ten seconds of measuring are for those who want the figures.
seconds=
# does NAME: its commands end well
does()
{
	local text
	block "$1" >"$scratch/commands"
	if [ -s "$scratch/commands" ] && text=$(bash -e "$scratch/commands" 2>&1); then
		printf '%s\n' "$text" >"$scratch/said"
		ok
	else
		bad "$1: failed:" "$(cat "$scratch/commands")" "${text:-}"
	fi
}

# within SECONDS COMMAND...: until it is so
within()
{
	local until=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.1
	done
}

mkdir "$scratch/board"
does 'board build'
does 'board copy'

# A cable: what comes at one end goes out at the other. It keeps both open, as a cable stays plugged in.
python3 - "$scratch/line.board" "$scratch/line.host" <<'END_OF_CABLE' &
import os, pty, select, sys, tty
ends = [pty.openpty() for _ in range(2)]
for (ours, theirs), link in zip(ends, sys.argv[1:]):
    tty.setraw(theirs)
    os.symlink(os.ttyname(theirs), link)
ours = [end[0] for end in ends]
while True:
    for fd in select.select(ours, [], [])[0]:
        os.write(ours[1 - ours.index(fd)], os.read(fd, 4096))
END_OF_CABLE
children+=($!)
within 120 test -e "$scratch/line.host" && ok || bad 'there is no serial line'

# As if typed: an interrupt ends it. A job in the background of a script would ignore one.
block 'board pull' >"$scratch/commands"
python3 - "$scratch/commands" 2>"$scratch/pulled" <<'END_OF_TERMINAL' &
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
words = open(sys.argv[1]).read().split()
os.execv(words[0], words)
END_OF_TERMINAL
pull=$!
children+=("$pull")
# It listens once it has made its file.
within 120 test -e "$scratch/t.rill" && ok || bad "rill pull: $(cat "$scratch/pulled")"

does 'board app'
within 60 "$host/rill" check "$scratch/t.rill" && ok ||
	bad 'the trace did not come whole:' "$("$host/rill" check "$scratch/t.rill" 2>&1 || true)"
kill -INT "$pull"
wait "$pull" && ok || bad 'an interrupt does not end rill pull:' "$(cat "$scratch/pulled")"
grep -q 't\.rill: 20 events, 0 lost' "$scratch/pulled" && ok || bad 'rill pull counts otherwise:' "$(cat "$scratch/pulled")"

does 'board open'
grep -q '20 events' "$scratch/said" && ok || bad 'the report tells of other events:' "$(cat "$scratch/said")"
events=$(grep -c '"name":"round"' "$scratch/t.json" || true)
[ "$events" = 20 ] && ok || bad "t.json has $events events in place of 20"

does 'board bench'
seconds='--seconds 1'
does 'board measure'
grep -q '^ *[a-z].* [0-9.]* *[0-9.]*$' "$scratch/said" && ok || bad 'rill-bench shows no figures:' "$(cat "$scratch/said")"

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
