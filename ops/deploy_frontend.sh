#!/usr/bin/env bash
# Builds the frontend and deploys it with Amplify, or returns to an earlier release of it: Step 8 of the guide.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/operations.sh"

run_operation frontend.deployment "$@"
