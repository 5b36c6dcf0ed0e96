#!/usr/bin/env bash
# Prints an IAM policy for whoever deploys or operates the stack: no action more than that takes.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/operations.sh"

run_operation deploy_policy "$@"
