#!/usr/bin/env bash
# Writes the frontend's src/config.js from the stack's outputs: Step 7 of docs/WEBSOCKET_DEPLOYMENT_GUIDE.md.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/operations.sh"

run_operation frontend.config "$@"
