# shellcheck shell=bash
# The browser of the tests: Debian's package. Needs messages.sh.

# Installs Chromium where it is missing and we may.
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
