# SPDX-License-Identifier: MIT
# tool_check.bash - what the scripts that try the tool share: the tool, the project's folder, one for scratch that goes with the script, and
# how they count. Sourced, not run.
rill=${RILL_BUILD:?}/rill
top=$PWD
passed=0 failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# check NAME CODE PATTERN COMMAND...: the exit code, and that the messages match the pattern.
check()
{
	local name=$1 wanted=$2 pattern=$3 code=0
	shift 3
	err=$("$@" 2>&1 >out) || code=$?
	if [ "$code" = "$wanted" ] && [[ $err =~ $pattern ]]; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	printf '%s: exit code %s instead of %s, messages:\n%s\nwanted: %s\n' "$name" "$code" "$wanted" "$err" "$pattern"
}
ok()
{
	if eval "$2"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "$1: not true: $2"; fi
}
