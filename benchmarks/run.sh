#!/usr/bin/env bash
# Measures what this layer adds to its agents, each figure beside that of the least that could do the same.
set -euo pipefail

# With it, cd prints where it goes.
unset CDPATH
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly ROOT

source "$ROOT/ops/python_environment.sh"

main() {
    ensure_python_environment requirements-dev.txt requirements.txt
    # A function's validators are made from the contract, here as in the packages.
    "$VENV/bin/python" "$ROOT/contract/compile_validators.py"
    PYTHONPATH=$ROOT/benchmarks:$ROOT/ops:$ROOT/client:$ROOT/src exec "$VENV/bin/python" -P -m finops_benchmarks "$@"
}

main "$@"
