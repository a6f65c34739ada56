#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# insn_table.sh - bench/insn.table as tables of doc/costs.md, between the marks there.
set -euo pipefail
shapes='no_argument no_argument_beside_another one_number two_numbers texts six_arguments seven_arguments with_id leaf scope'
kinds='no_argument one_number two_numbers numbers_and_text scope'
tables=$(mktemp)
trap 'rm -f "$tables"' EXIT

# rows WHAT SHAPES
rows()
{
	awk -v what="$1" -v shapes="$2" '$2 == what { count[$1, $3] = $4; if (!seen[$1]++) order[++archs] = $1 }
		END {
			n = split(shapes, shape, " ")
			line = "| instructions, " what " |"; rule = "|---|"
			for (i = 1; i <= n; i++) { line = line " " shape[i] " |"; rule = rule "---|" }
			gsub(/_/, " ", line); print line; print rule
			for (a = 1; a <= archs; a++) {
				line = "| " order[a] " |"
				for (i = 1; i <= n; i++) line = line " " count[order[a], shape[i]] " |"
				print line
			}
		}' bench/insn.table
}

{
	awk '$2 == "built" { printf "%s%s: %s, %s", (n++ ? "; " : ""), $1, $4, $5 } END { print "." }' bench/insn.table
	echo
	rows off "$shapes"
	echo
	rows on "$kinds"
} >"$tables"
text=$(awk -v tables="$tables" '/<!-- instructions begin -->/ { print; print ""; while ((getline line < tables) > 0) print line
		print ""; skip = 1 } /<!-- instructions end -->/ { skip = 0 } !skip && !/<!-- instructions begin -->/' doc/costs.md)
printf '%s\n' "$text" >doc/costs.md
