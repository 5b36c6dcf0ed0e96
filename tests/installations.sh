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

# The browser, Debian's package, where we may install it. Without its window it does with a third of the work; where
# that cannot be had, the whole one that is there will do.
ensure_chromium() {
    local log
    local -x DEBIAN_FRONTEND=noninteractive
    command -v chromium-headless-shell >/dev/null && return 0
    if ((EUID == 0)) && command -v apt-get >/dev/null; then
        heading "Installing Chromium without a window (once; some seconds to a minute)"
        log=$(install_headless_shell 2>&1) && return 0
    fi
    command -v chromium >/dev/null && return 0
    printf '%s\n' "${log:-}" | tail -n 5 >&2
    fail "Chromium could not be installed. Install it (Debian: sudo apt-get install chromium), then run this again."
}

install_headless_shell() {
    apt-get update && apt-get install -y --no-install-recommends chromium-headless-shell
} </dev/null

# What installs the web client's packages, where they are needed: ops/finops_operations/frontend/packages.py.
check_npm() {
    command -v npm >/dev/null ||
        fail "npm is missing. Install Node.js 20.19 or newer with npm (https://nodejs.org)."
}
