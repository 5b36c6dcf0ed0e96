# shellcheck shell=bash
# The project's virtual environment, with pinned packages. Needs ROOT and messages.sh.

readonly VENV=$ROOT/.venv

# Makes .venv where it is missing, and installs a requirements file and the client where they changed since the last
# time: ensure_python_environment requirements.txt
ensure_python_environment() {
    local requirements=$1 wanted
    local stamp=$VENV/installed-$requirements
    wanted=$(cat "$ROOT/$requirements" "$ROOT/pyproject.toml")
    [[ -x $VENV/bin/python && -r $stamp && $(<"$stamp") == "$wanted" ]] && return 0
    # A run that was interrupted while it made .venv leaves one without pip; somebody may have made one that is too old.
    if ! "$VENV/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        make_virtual_environment
    fi
    heading "Installing the pinned packages of $requirements into .venv (once; a minute or two)"
    install_packages -r "$ROOT/$requirements"
    install_packages --no-deps -e "$ROOT"
    printf '%s\n' "$wanted" >"$stamp"
}

make_virtual_environment() {
    local python log
    python=$(find_python) || exit
    # --clear: what is there is of no use.
    if ! log=$("$python" -m venv --clear "$VENV" 2>&1); then
        rm -rf "$VENV"
        fail "$python cannot make a virtual environment (Debian: apt-get install python3-venv). It says: ${log##*$'\n'}"
    fi
}

# Prints the Python to make .venv with: the one that PYTHON names, or python3 if it will do, or else the newest that does.
find_python() {
    local python
    if [[ -n ${PYTHON:-} ]]; then
        command -v "$PYTHON" >/dev/null || fail "$PYTHON is missing. Name another Python, 3.11 or newer, in PYTHON."
        "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
            fail "$PYTHON is $("$PYTHON" --version 2>&1); 3.11 or newer is needed. Name one in PYTHON."
        printf '%s\n' "$PYTHON"
        return
    fi
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        # Debian has ensurepip in a package of its own, without which there is no pip in a new environment.
        if "$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then
            printf '%s\n' "$python"
            return
        fi
    done
    fail "Python 3.11 to 3.14 with its venv module is missing. Install it (Debian: apt-get install python3 python3-venv)," \
        "or name another Python, 3.11 or newer, in PYTHON."
}

install_packages() {
    local log
    if ! log=$("$VENV/bin/python" -m pip install --disable-pip-version-check --quiet "$@" 2>&1); then
        printf '%s\n' "$log" | grep -v '^WARNING' | tail -n 5 >&2
        fail "The packages could not be installed. Is the network there? Run this again when it is."
    fi
}
