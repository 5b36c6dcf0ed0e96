# shellcheck shell=bash
# Operations on a deployed stack, which are Python: ops/finops_operations. Needs ROOT and messages.sh.

# Becomes an operation, with a Python that can run it: run_operation MODULE ARGUMENT...
run_operation() {
    local module=$1 python
    shift
    # Where the client is found too, and what the functions and an operation share.
    export PYTHONPATH=$ROOT/ops:$ROOT/client:$ROOT/src
    for python in ${PYTHON:+"$PYTHON"} "$ROOT/.venv/bin/python" python3.11 python3; do
        if "$python" -c 'import finops_operations.command_line, finops_client.verify, json5, rich' 2>/dev/null; then
            exec "$python" -m "finops_operations.$module" "$@"
        fi
    done
    fail "This needs Python 3.11 or newer with the project's packages:" \
        "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt. Or name such a Python in PYTHON."
}
