#!/usr/bin/env bash
# The web viewer: types, unit tests, then a real Chromium against the real server. Pictures go to artifacts/browser.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../clients/ohif"
npm ci --silent --no-audit --no-fund
npm run --silent check
node scripts/build.mjs
../../tests/count-node.sh --test-concurrency=1 test/unit/*.test.mjs test/browser/*.test.mjs
