#!/usr/bin/env bash
# The web viewer: types, unit tests, then a real Chromium against the real server. Pictures go to artifacts/browser.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../clients/ohif"
npm ci --silent --no-audit --no-fund
npm run --silent check
node scripts/build.mjs
../../tests/count-node.sh test/unit/*.test.mjs

# The tests of a file build on each other, and on a browser without a GPU. A file that fails is run once more and said to have been: what is
# broken fails again.
counts=$(mktemp)
trap 'rm -f "$counts"' EXIT
ended=0
for file in test/browser/*.test.mjs; do
  if ! SUITE_COUNTS=$counts ../../tests/count-node.sh "$file"; then
    echo "== once more: $file"
    : >"$counts"
    SUITE_COUNTS=$counts ../../tests/count-node.sh "$file" || ended=1
  fi
  cat "$counts" >>"${SUITE_COUNTS:-/dev/null}"
  : >"$counts"
done
exit "$ended"
