# SPDX-License-Identifier: MIT
# lttng.sh - LTTng's part of measure.sh: a session daemon of its own, and a session for each case. Is sourced, in the namespace that
# bench_peers.sh has made.

lttng_events=rill_peers:none,rill_peers:int64,rill_peers:text

# Why LTTng cannot be measured here; nothing if it can.
lttng_missing()
{
	if ! command -v lttng >/dev/null || ! command -v lttng-sessiond >/dev/null || [ ! -x "$programs/peer_lttng" ]; then
		echo 'not installed: apt-get install lttng-tools liblttng-ust-dev'
	elif [ -z "$PEERS_ALONE" ]; then
		echo "the daemon cannot have a /run of its own: $(head -n 1 "$work/apart"); as root it can"
	fi
}

# The daemon goes with the namespace.
lttng_up()
{
	mount -t tmpfs peers /run
	mount -t tmpfs -o size=80% peers /dev/shm
	export LTTNG_HOME=$work/home LTTNG_UST_REGISTER_TIMEOUT=-1
	mkdir -p "$LTTNG_HOME"
	lttng-sessiond --no-kernel --background --quiet >"$work/sessiond" 2>&1
}

# What a mode asks for: the options of `lttng create` and of `lttng enable-channel`.
lttng_create() { case $1 in lttng-snapshot) echo --snapshot ;; esac }
lttng_channel()
{
	local options='--subbuf-size=1M --num-subbuf=4'

	case $1 in
	lttng-snapshot) echo "--overwrite $options" ;;
	lttng-discard) echo "--discard $options" ;;
	lttng-blocking) echo "--discard --blocking-timeout=inf $options" ;;
	esac
}

lttng_asked()
{
	local create channel
	create=$(lttng_create "$1")
	channel=$(lttng_channel "$1")
	echo "lttng create${create:+ $create}; lttng enable-channel --userspace $channel" \
		"(buffers per user and processor)$([ "$1" != lttng-blocking ] || echo '; LTTNG_UST_ALLOW_BLOCKING=1')"
}

# lttng_open MODE DIR
lttng_open()
{
	{
		lttng -q create peers $(lttng_create "$1") --output="$2"
		lttng -q enable-channel --userspace $(lttng_channel "$1") peers
		lttng -q enable-event --userspace --channel=peers "$lttng_events"
		lttng -q start
	} >"$work/lttng" 2>&1 || { cat "$work/lttng" >&2; return 1; }
}

# Waits until all is in the files, and prints how many events were lost, which a snapshot session does not know.
lttng_close()
{
	{ lttng -q stop && lttng list peers >"$work/list" && lttng -q destroy peers; } >"$work/lttng" 2>&1 || { cat "$work/lttng" >&2; return 1; }
	awk -v what=lost -f "$here/read.awk" "$work/list"
}
