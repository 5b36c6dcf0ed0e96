#!/usr/bin/env bash
# Lists what failed for good, and replays or discards it: jobs, and messages that lie in the dead-letter queue.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/operations.sh"

run_operation dead_letters.command "$@"
