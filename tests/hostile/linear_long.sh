#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# linear_long.sh - linear.sh over everything that is made to cost the time of whoever reads it.
set -euo pipefail
exec bash tests/hostile/linear.sh --long
