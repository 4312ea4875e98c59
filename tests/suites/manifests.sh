#!/usr/bin/env bash
# Second opinions on the manifests, from tools in Node.js.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../manifests"
npm ci --silent --no-audit --no-fund
exec ../count-node.sh manifests.test.mjs
