#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# style_rule.sh - the tree obeys style_rule.awk, and the awk sees each kind of fault.
set -euo pipefail
. tests/count.bash

text=$(find include src port bench examples -name '*.[chS]' | sort |
	xargs awk -f tests/style_rule.awk) && ok || bad "$text"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
licence='/* SPDX-License-Identifier: MIT */'

# try LINES-OF-BODY LINES-BEHIND FIRST-LINE WANTED
try()
{
	{
		echo "$3"
		printf 'int f(void)\n{\n'
		yes '	;' | head -n "$1"
		printf '}\n'
		yes '' | head -n "$2"
	} >"$scratch/a.c"
	text=$(awk -f tests/style_rule.awk "$scratch/a.c") || true
	[ "${text#"$scratch"/}" = "$4" ] && ok || bad "$1 and $2 lines: '$text' instead of '$4'"
}

set +o pipefail
try 70 0 "$licence" ''
try 71 0 "$licence" 'a.c:3: a function of 71 lines; 70 are the limit'
try 1 495 "$licence" ''
try 1 496 "$licence" 'a.c:501: 501 lines; 500 are the limit: is there a second thing in the file?'
try 1 1 '/* a.c */' 'a.c:1: the first line is the licence: SPDX-License-Identifier: MIT'

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
