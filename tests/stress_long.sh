#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# stress_long.sh - a hundred runs of the stress.
STRESS_RUNS=100 exec bash tests/stress.sh
