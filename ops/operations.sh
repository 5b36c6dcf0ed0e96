# shellcheck shell=bash
# Operations on a deployed stack, which are Python: ops/finops_operations.

# With it, cd prints where it goes.
unset CDPATH
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly ROOT

readonly HAS_WHAT_IT_NEEDS='
import sys
from importlib.util import find_spec
sys.exit(sys.version_info < (3, 11) or not all(map(find_spec, ("boto3", "json5", "msgspec", "rich", "websockets"))))'

# Becomes an operation, with a Python that can run it: run_operation MODULE ARGUMENT...
run_operation() {
    local module=$1 python
    shift
    for python in ${PYTHON:+"$PYTHON"} "$ROOT/.venv/bin/python" python3.11 python3; do
        if "$python" -c "$HAS_WHAT_IT_NEEDS" 2>/dev/null; then
            # Where the client is found too, and what the functions and an operation share; and not (-P) the directory
            # in which the script is called.
            PYTHONPATH=$ROOT/ops:$ROOT/client:$ROOT/src exec "$python" -P -m "finops_operations.$module" "$@"
        fi
    done
    fail "This needs Python 3.11 or newer with the project's packages:" \
        "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt. Or name such a Python in PYTHON."
}

fail() {
    printf 'Error: %s\n' "$*" >&2
    exit 1
}
