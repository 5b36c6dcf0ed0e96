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
    local python=${PYTHON:-python3.11} log
    command -v "$python" >/dev/null ||
        fail "$python is missing. Install it with its venv module (Debian: apt-get install python3.11 python3.11-venv)," \
            "or name another Python, 3.11 or newer, in PYTHON."
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$python is $("$python" --version 2>&1); 3.11 or newer is needed. Name one in PYTHON."
    # --clear: what is there is of no use.
    if ! log=$("$python" -m venv --clear "$VENV" 2>&1); then
        rm -rf "$VENV"
        fail "$python cannot make a virtual environment (Debian: apt-get install python3.11-venv). It says: ${log##*$'\n'}"
    fi
}

install_packages() {
    local log
    if ! log=$("$VENV/bin/python" -m pip install --disable-pip-version-check --quiet "$@" 2>&1); then
        printf '%s\n' "$log" | grep -v '^WARNING' | tail -n 5 >&2
        fail "The packages could not be installed. Is the network there? Run this again when it is."
    fi
}
