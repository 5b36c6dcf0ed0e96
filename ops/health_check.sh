#!/usr/bin/env bash
# Looks at everything that a deployed stack consists of, and says of each part whether it works.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/operations.sh"

run_operation health.command "$@"
