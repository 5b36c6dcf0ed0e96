#!/usr/bin/env bash
# Looks at everything that a deployed stack consists of, and says of each part whether it works.
set -euo pipefail

# With it, cd prints where it goes.
unset CDPATH
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly ROOT

source "$ROOT/ops/operations.sh"

run_operation health.command "$@"
