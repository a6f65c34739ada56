#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tool_docs.sh - help, man pages and completion know the same verbs and options, and man finds nothing to complain about.
set -uo pipefail
rill=${RILL_BUILD:?}/rill
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); printf '%s\n' "$*"; }

"$rill" >/dev/null 2>/tmp/rill-docs.$$
[ $? = 2 ] && [ "$(grep -c '^  rill ' /tmp/rill-docs.$$)" = 5 ] && ok || bad "rill alone: five examples and code 2 are wanted"
rm -f /tmp/rill-docs.$$
[ "$("$rill" help 2>&1 | head -n 1)" = "$("$rill" --help | head -n 1)" ] && ok || bad 'rill help and rill --help differ'
[[ $("$rill" version) == "rill "[0-9]* ]] && ok || bad 'rill version'
text=$("$rill" recrod 2>&1)
[ $? = 2 ] && [[ $text == *"did you mean 'rill record'"* ]] && ok || bad "an unknown verb: $text"
text=$("$rill" help recrod 2>&1)
[ $? = 2 ] && ok || bad "help of an unknown verb: $text"
"$rill" help >/dev/full 2>/dev/null && bad 'output that cannot be written is not noticed' || ok

for verb in record list report snapshot extract pull tail top relay convert cut merge check forward doctor ps status events start stop flush enable disable; do
	page=doc/man/rill-$verb.1
	help=$("$rill" help $verb) || bad "rill help $verb"
	[ "$help" = "$("$rill" $verb --help)" ] && ok || bad "rill $verb --help is not rill help $verb"
	for option in $(grep -oE '^ +(-[a-z], )?--[a-z-]+' <<<"$help" | grep -oE -- '--[a-z-]+'); do
		# Not through a pipe: grep ends at its first match, and sed must not fail for it.
		grep -q -- "$option" <<<"$(sed 's/\\-/-/g' "$page")" && ok || bad "$option is not in $page"
		grep -q -- "$option" src/tool/rill.bash && ok || bad "$option is not completed for $verb"
	done
	for option in $(sed 's/\\-/-/g' "$page" | grep -A1 '^\.TP' | grep -oE -- '--[a-z-]+'); do
		grep -q -- "$option" <<<"$help" && ok || bad "$option of $page is not in the help"
	done
	grep -q "rill\\\\-$verb" doc/man/rill.1 && ok || bad "rill.1 does not name rill-$verb"
done

# Each variable that the library reads is explained, and each that is explained is read.
for name in $(grep -rhoE '"RILL_[A-Z_]+"' src/control port/linux | tr -d '"' | sort -u); do
	grep -q "^\.B $name\$" doc/man/rill.7 && ok || bad "$name is not in rill.7"
done
for name in $(sed -n 's/^\.B \(RILL_[A-Z_]*\)$/\1/p' doc/man/rill.7 | sort -u); do
	[ "$name" = RILL_ENV ] || grep -rq "\"$name\"" src/control port/linux && ok || bad "$name of rill.7 is read nowhere"
done
for option in $(sed -nE 's/^	\{ "([a-z_]+)", (FLAG|U32|U64|MODE).*/\1/p' src/control/settings.c); do
	grep -qE "^\.B.*[ \" ]$option(=|$)" doc/man/rill.7 && ok || bad "RILL_OPTIONS $option is not in rill.7"
done

if command -v man >/dev/null && command -v groff >/dev/null; then
	for page in doc/man/*.[17]; do
		text=$(LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
		[ -z "$text" ] && ok || bad "$page: $text"
	done
else
	echo 'man or groff is not installed: pages are not checked'
	skipped=1
fi

complete_words()
{
	bash -c 'source src/tool/rill.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rill; echo "${COMPREPLY[*]}"' \
		- "$@"
}
[ "$(complete_words rill re)" = 'record report relay' ] && ok || bad 'completion of verbs'
[ "$(complete_words rill report --s)" = --sort ] && ok || bad 'completion of options'
[ "$(complete_words rill record --buffer 5)" = 512k ] && ok || bad 'completion of values'
[[ " $(complete_words rill record --quiet tests/tool_do) " == *' tests/tool_docs.sh '* ]] && ok ||
	bad 'completion of programs'

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
