#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# abi.sh - what a file was compiled to expect of librill and librill has not is a link error that names it.
#
# By each linker, with librill.a and librill.so, also where the file that asks is not the one whose constructor the linker keeps, and
# where sections that nobody needs are thrown away.
set -euo pipefail
passed=0 failed=0 skipped=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cc=${CC:-cc}
libs=$(cat "$RILL_BUILD/librill.libs")
build=$(cd "$RILL_BUILD" && pwd)

say()
{
	if [ "$2" = ok ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $1"
		head -n 5 "$scratch/log" | sed 's/^/    /'
	fi
}

links()
{
	"$@" >"$scratch/log" 2>&1
}

# names NAME COMMAND...: it fails, and says so by that name.
names()
{
	local name=$1
	shift
	if links "$@"; then
		echo "it links" >"$scratch/log"
		return 1
	fi
	grep -q "undefined.*$name" "$scratch/log"
}

cat >"$scratch/main.c" <<'END'
#include <rill/trace.h>
void other(void);
int main(void)
{
	RILL_INSTANT("c", "main");
	other();
	return 0;
}
END
cat >"$scratch/other.c" <<'END'
#include <rill/trace.h>
void other(void);
void other(void)
{
	RILL_INSTANT("c", "other");
}
END
# Headers of another day, with another layout of call sites.
mkdir -p "$scratch/later/rill"
cp include/rill/*.h "$scratch/later/rill"
sed -i 's/\brill_abi_2\b/rill_abi_3/' "$scratch"/later/rill/{object,site}.h

for o in -O0 '-O2 -ffunction-sections -fdata-sections'; do
	rm -f "$scratch"/*.o
	$cc $o -Iinclude -c "$scratch/main.c" -o "$scratch/main.o"
	$cc $o -Iinclude -c "$scratch/other.c" -o "$scratch/other.o"
	$cc $o -Iinclude -DRILL_EARLY -c "$scratch/other.c" -o "$scratch/early.o"
	$cc $o -I"$scratch/later" -c "$scratch/other.c" -o "$scratch/later.o"
	for link in '' '-Wl,--gc-sections' '-fuse-ld=lld -Wl,--gc-sections' '-fuse-ld=gold -Wl,--gc-sections'; do
		linker=${link#-fuse-ld=}
		if [ "$linker" != "$link" ] && [ -z "$(command -v "ld.${linker%% *}")" ]; then
			skipped=$((skipped + 1))
			continue
		fi
		for library in "$build/librill.a $libs" "-L$build -lrill"; do
			what="$o $link ${library##*/}"
			links $cc "$scratch/main.o" "$scratch/other.o" $library $link -o "$scratch/program" && word=ok || word=no
			say "$what: what fits links" $word
			names rill_abi_3 $cc "$scratch/main.o" "$scratch/later.o" $library $link -o "$scratch/program" &&
				word=ok || word=no
			say "$what: another layout is named" $word
			if grep -q '^CONFIG_RILL_EARLY=y' "$RILL_BUILD/include/config/auto.conf"; then
				skipped=$((skipped + 1))
				continue
			fi
			names rill_abi_2__needs_config_rill_early \
				$cc "$scratch/main.o" "$scratch/early.o" $library $link -o "$scratch/program" && word=ok || word=no
			say "$what: the option that is missing is named" $word
		done
	done
done

# A plugin that asks for more than the librill.so of its host: the loader refuses it by the same name.
$cc tests/left_out/host.c -o "$scratch/host" -ldl
$cc -fPIC -shared -I"$scratch/later" "$scratch/other.c" -o "$scratch/plugin.so" -L"$build" -lrill -Wl,-rpath,"$build"
"$scratch/host" "$scratch/plugin.so" >"$scratch/log" 2>&1 || true
grep -q rill_abi_3 "$scratch/log" && word=ok || word=no
say "the loader names what a plugin lacks" $word

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
