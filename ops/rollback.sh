#!/usr/bin/env bash
# Lists what was deployed, and goes back to it.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/operations.sh"

run_operation deployment.rollback "$@"
