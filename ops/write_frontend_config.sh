#!/usr/bin/env bash
# Writes the frontend's src/config.js from the stack's outputs: Step 7 of docs/WEBSOCKET_DEPLOYMENT_GUIDE.md.
set -euo pipefail

# With it, cd prints where it goes.
unset CDPATH
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly ROOT

source "$ROOT/ops/operations.sh"

run_operation frontend.config "$@"
