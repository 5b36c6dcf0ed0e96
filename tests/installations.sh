# shellcheck shell=bash
# What single parts of the tests need, installed where it is missing. Needs ops/python_environment.sh.

# The scanners that tests/scan pins, in an environment of their own: checkov needs other releases of boto3 and its kin
# than the project.
ensure_scanners() {
    local scanners=$ROOT/.local/scanners requirements=$ROOT/tests/scan/requirements.txt
    cmp -s "$requirements" "$scanners/installed" && return 0
    heading "Installing the scanners that tests/scan pins (once; a minute)"
    "$VENV/bin/python" -m venv --clear "$scanners"
    INTO=$scanners install_packages --require-hashes --only-binary=:all: -r "$requirements"
    cp "$requirements" "$scanners/installed"
}

# The browser, Debian's package, where we may install it.
ensure_chromium() {
    local log
    local -x DEBIAN_FRONTEND=noninteractive
    command -v chromium >/dev/null && return 0
    if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
        fail "Chromium is missing. Install it (Debian: sudo apt-get install --no-install-recommends chromium)."
    fi
    heading "Installing Chromium (once; a minute or two)"
    if ! log=$({ apt-get update && apt-get install -y --no-install-recommends chromium; } </dev/null 2>&1); then
        printf '%s\n' "$log" | tail -n 5 >&2
        fail "Chromium could not be installed. Is the network there? Run this again when it is."
    fi
}

# What installs the web client's packages, where they are needed: ops/finops_operations/frontend/packages.py.
check_npm() {
    command -v npm >/dev/null ||
        fail "npm is missing. Install Node.js 20.19 or newer with npm (https://nodejs.org)."
}
