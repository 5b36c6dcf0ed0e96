#!/usr/bin/env bash
# Prints an IAM policy for whoever deploys or operates the stack: no action more than that takes.
set -euo pipefail

# With it, cd prints where it goes.
unset CDPATH
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly ROOT

source "$ROOT/ops/operations.sh"

run_operation deploy_policy "$@"
