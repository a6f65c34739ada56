#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# randconfig.sh - builds random configurations, without a warning, and runs in each the tests that hold in every one (any-y).
#
#     tests/randconfig.sh N [SEED]        `make randconfig-check N=20 SEED=7`
#
# The seed of each is told; its configuration stays in build/HOST/random-SEED when something is wrong with it.
set -euo pipefail
count=$1
seed=${2:-$(($(date +%s) % 1000000))}
passed=0 failed=0
for ((i = 0; i < count; i++, seed++)); do
	folder=$RILL_BUILD/random-$seed
	mkdir -p "$folder"
	awk -v seed="$seed" -f tests/randconfig.awk Kconfig >"$folder/.config"
	if "${MAKE:-make}" --no-print-directory -j2 O="$folder" WERROR=1 CFLAGS=-O1 CXXFLAGS=-O1 any-check >"$folder/log" 2>&1; then
		passed=$((passed + 1))
		echo "seed $seed: $(grep -c '=y' "$folder/.config") of $(grep -c 'CONFIG_' "$folder/.config") options, $(tail -n 1 "$folder/log")"
		rm -r "$folder"
	else
		failed=$((failed + 1))
		echo "seed $seed: FAILED: $folder/.config"
		grep -vE '^  (CC|CXX|AS|AR|LD) ' "$folder/log" | tail -n 20
	fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
