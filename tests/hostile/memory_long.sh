#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# memory_long.sh - memory.sh over everything that is made to cost the memory of whoever reads it.
set -euo pipefail
exec bash tests/hostile/memory.sh --long
