# shellcheck shell=bash
# The web client's packages, pinned by finops-ui/package-lock.json. Needs ROOT and messages.sh.

# Installs them into finops-ui/node_modules where they are missing, or where the lock file changed since the last time.
# No package's own script is run.
ensure_node_packages() {
    local client=$ROOT/finops-ui log
    local stamp=$client/node_modules/installed-package-lock.json
    cmp -s "$client/package-lock.json" "$stamp" && return 0
    command -v npm >/dev/null ||
        fail "npm is missing. Install Node.js 20 or newer with npm (Debian: apt-get install nodejs npm)."
    heading "Installing the web client's pinned packages into finops-ui/node_modules (once; some seconds)"
    if ! log=$(npm ci --ignore-scripts --no-audit --no-fund --prefix "$client" 2>&1); then
        printf '%s\n' "$log" | grep -v '^npm warn' | tail -n 5 >&2
        fail "The web client's packages could not be installed. Is the network there? Run this again when it is."
    fi
    cp "$client/package-lock.json" "$stamp"
}
