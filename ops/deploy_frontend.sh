#!/usr/bin/env bash
# Builds the frontend and deploys it with Amplify, or returns to an earlier release of it: Step 8 of the guide.
set -euo pipefail

# With it, cd prints where it goes.
unset CDPATH
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly ROOT

source "$ROOT/ops/operations.sh"

run_operation frontend.deployment "$@"
