# SPDX-License-Identifier: MIT
# count.bash - how scripts of tests count their cases, which their last line tells. Sourced from the top folder, not run.
passed=0 failed=0 skipped=0

ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); printf '%s\n' "$@"; }
# bad_in WHAT FILE: and what the file says
bad_in() { bad "$1" "$(tail -n 40 "$2")"; }
skip() { skipped=$((skipped + 1)); echo "skipped: $1"; }

# step WHAT COMMAND...: it succeeds, else what it said is told
step()
{
	local what=$1 text
	shift
	if text=$("$@" 2>&1); then ok; else bad "$what: failed: $*" "$text"; fi
}
