# shellcheck shell=bash
# What run_local.sh and run_tests.sh share: what they say, and the project's virtual environment. Needs ROOT.

readonly VENV=$ROOT/.venv

# What is said goes to stderr, so that stdout carries results only. Colours only for a person at a terminal;
# https://no-color.org names the variable that switches them off.
if [[ -t 2 && -z ${NO_COLOR:-} ]]; then
    BOLD=$'\e[1m' RED=$'\e[31m' PLAIN=$'\e[0m'
else
    BOLD='' RED='' PLAIN=''
fi

heading() {
    printf '%s%s%s\n' "$BOLD" "$*" "$PLAIN" >&2
}

say() {
    printf '  %s\n' "$*" >&2
}

# Says what is wrong and what to do about it, and ends the script.
fail() {
    printf '%sError:%s %s\n' "$RED" "$PLAIN" "$*" >&2
    exit 1
}

# For a command line that cannot be understood. Exit status 2 is the shell's own for that.
misused() {
    printf '%sError:%s %s Try --help.\n' "$RED" "$PLAIN" "$*" >&2
    exit 2
}

# Makes .venv where it is missing, and installs a requirements file and the client where they have changed since the last
# time. What is in further files is in the first too: ensure_python_environment requirements-dev.txt requirements.txt
ensure_python_environment() {
    local requirements=$1 file
    [[ -x $VENV/bin/python && "$(cat "$VENV/installed-$requirements" 2>/dev/null)" == "$(wanted "$requirements")" ]] &&
        return 0
    # A run that was interrupted while it made .venv leaves one without pip; somebody may have made one that is too old.
    "$VENV/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || make_virtual_environment
    heading "Installing the pinned packages of $requirements into .venv (once; a minute or two)"
    install_uv "$requirements"
    install_packages -r "$ROOT/$requirements"
    install_packages --no-deps -e "$ROOT"
    for file in "$@"; do
        wanted "$file" >"$VENV/installed-$file"
    done
}

wanted() {
    cat "$ROOT/$1" "$ROOT/pyproject.toml"
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
    local python newest=14 candidates=(python3 python3.14 python3.13 python3.12 python3.11)
    # Who names one may name a newer one than is tested.
    [[ -z ${PYTHON:-} ]] || newest=99 candidates=("$PYTHON")
    for python in "${candidates[@]}"; do
        # Debian has ensurepip in a package of its own, without which there is no pip in a new environment.
        if "$python" -c "import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, $newest))" \
            2>/dev/null; then
            printf '%s\n' "$python"
            return
        fi
    done
    fail "Python 3.11 to 3.14 with its venv module is missing. Install it (Debian: apt-get install python3 python3-venv)," \
        "or name another Python, 3.11 or newer, in PYTHON${PYTHON:+, which $PYTHON is not}."
}

# Where uv is locked with the others, it comes first: it installs them in a quarter of pip's time.
install_uv() {
    local locked
    locked=$(sed -n '/^uv==/,/[^\\]$/p' "$ROOT/$1")
    [[ -z $locked ]] || "$VENV/bin/python" -m pip install --disable-pip-version-check --quiet -r <(echo "$locked") || true
}

# Installs into .venv, or into the environment that INTO names.
install_packages() {
    local into=${INTO:-$VENV} log
    # What is set up for pip alone, such as another index, uv does not know; then pip does it.
    if [[ -x $VENV/bin/uv ]] && "$VENV/bin/uv" pip install --quiet --python "$into/bin/python" "$@" 2>/dev/null; then
        return
    fi
    if ! log=$("$into/bin/python" -m pip install --disable-pip-version-check --quiet "$@" 2>&1); then
        printf '%s\n' "$log" | grep -v '^WARNING' | tail -n 5 >&2
        fail "The packages could not be installed. Is the network there? Run this again when it is."
    fi
}
