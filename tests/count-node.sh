#!/usr/bin/env bash
# Runs `node --test` with the given arguments and appends 'passed failed skipped' to the file that run.sh sums.
set -euo pipefail
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
node --test --test-reporter=tap "$@" 2>&1 | tee "$log" || status=$?
number() { sed -n "s/^# $1 \([0-9]\+\)$/\1/p" "$log" | tail -n 1; }
failed=$(number fail) cancelled=$(number cancelled)
echo "$(number pass) $((failed + cancelled)) $(number skipped)" >>"${SUITE_COUNTS:-/dev/null}"
exit "$status"
