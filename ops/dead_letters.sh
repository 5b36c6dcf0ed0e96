#!/usr/bin/env bash
# Lists what failed for good, and replays or discards it: jobs, and messages that lie in the dead-letter queue.
set -euo pipefail

# With it, cd prints where it goes.
unset CDPATH
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly ROOT

source "$ROOT/ops/operations.sh"

run_operation dead_letters.command "$@"
