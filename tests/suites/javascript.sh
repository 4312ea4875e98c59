#!/usr/bin/env bash
# The streaming hub with SignalR's JavaScript client, against the real server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../javascript"
npm ci --silent --no-audit --no-fund
exec ../count-node.sh hub.test.mjs
