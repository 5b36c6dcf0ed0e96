# shellcheck shell=bash
# Five scanners over everything that is in the repository, and one judge of what they find. Needs ROOT, messages.sh and
# python_environment.sh.

readonly SCANNERS=$ROOT/.local/scanners
# Reports, and what is written for a scanner to read. Made anew by each scan, and kept to be looked at.
readonly SCAN=.local/scan
readonly SCANNED_CODE=(src client tools)

# Installs what scanners/ pins, where it changed since the last time. cfn-lint is in .venv, with the other linters.
ensure_scanners() {
    local wanted
    wanted=$(cat "$ROOT"/scanners/requirements.txt "$ROOT"/scanners/package-lock.json)
    [[ -r $SCANNERS/installed && $(<"$SCANNERS/installed") == "$wanted" ]] && return 0
    heading "Installing the scanners that scanners/ pins (once; a minute)"
    rm -rf "$SCANNERS"
    mkdir -p "$SCANNERS"
    # checkov needs other releases of boto3 and its kin than the project: an environment of its own.
    "$VENV/bin/python" -m venv "$SCANNERS/python"
    install_scanners pip "$SCANNERS/python/bin/python" -m pip install --disable-pip-version-check --quiet \
        --require-hashes --only-binary=:all: -r "$ROOT/scanners/requirements.txt"
    command -v npm >/dev/null ||
        fail "npm is missing; the package of cfn-guard comes with it. Install it (Debian: apt-get install npm)."
    cp "$ROOT"/scanners/{package.json,package-lock.json,.npmrc} "$SCANNERS"
    install_scanners npm npm ci --prefix "$SCANNERS" --no-audit --no-fund
    printf '%s\n' "$wanted" >"$SCANNERS/installed"
}

install_scanners() {
    local log
    if ! log=$("${@:2}" 2>&1); then
        printf '%s\n' "$log" | tail -n 5 >&2
        fail "$1 could not install the scanners. Is the network there? Run this again when it is."
    fi
}

# Needs what ensure_scanners installs. Every scanner reads, besides the project, a flaw that was planted for it: one that
# does not find it is not working, whatever else it says. The exit status is the judge's, who reads the reports: of a file
# that is not there, or of no rules, most scanners say that all is well.
scan() {
    heading "Scanning"
    (
        cd "$ROOT" || exit
        rm -rf "$SCAN"
        mkdir -p "$SCAN/reports"
        "$VENV/bin/python" tools/plant_flaws.py "$SCAN/planted"
        list_texts >"$SCAN/texts"
        [[ -s $SCAN/texts ]] || fail "git lists no file that may hold a secret."
        write_report cfn-lint lint_templates
        write_report checkov check_policies
        write_report cfn-guard check_control_tower_rules
        write_report bandit check_python
        write_report detect-secrets look_for_secrets
        "$VENV/bin/python" tools/judge_scans.py "$SCAN" --templates cloudformation/*.yaml --code "${SCANNED_CODE[@]}" \
            --texts "$SCAN/texts"
    )
}

# What may hold a secret. What is not committed yet, too: that is the moment to find one.
list_texts() {
    local file top
    top=$(git rev-parse --show-toplevel 2>&1) || fail "git cannot say which files may hold a secret: $top"
    # A copy inside of another work tree may be ignored there, and then git lists nothing.
    [[ $top == "$ROOT" ]] || fail "git can say which files may hold a secret in a clone only, and $ROOT is a copy in $top."
    git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
        [[ ! -f $file ]] || printf '%s\0' "$file"
    done
}

write_report() {
    say "$1"
    # A scanner's status tells findings from none, and is no matter here.
    "$2" >"$SCAN/reports/$1.json" 2>"$SCAN/reports/$1.log" || true
}

# Every rule: the informational ones, the experimental ones, and what others are strict about only when asked.
lint_templates() {
    "$VENV/bin/cfn-lint" --format json --include-checks I --include-experimental \
        -x E3012:strict=true -x I3042:region=true -x I3042:accountId=true \
        --template cloudformation/*.yaml "$SCAN/planted/template.yaml"
}

check_policies() {
    # --skip-download: nothing is fetched from the maker's server.
    "$SCANNERS/python/bin/checkov" --framework cloudformation --skip-download --output json \
        --file cloudformation/*.yaml "$SCAN/planted/template.yaml"
}

check_control_tower_rules() {
    local package=$SCANNERS/node_modules/@cdklabs/cdk-validator-cfnguard system processor
    case $(uname -s) in Darwin) system=macos ;; *) system=ubuntu ;; esac
    case $(uname -m) in arm64 | aarch64) processor=aarch64 ;; *) processor=x86_64 ;; esac
    # cfn-guard takes the short !GetAtt for a text. In JSON, functions have their long form.
    "$VENV/bin/python" tools/template_to_json.py "$SCAN/json" cloudformation/*.yaml "$SCAN/planted/template.yaml" ||
        return
    "$package/bin/$system/$processor/cfn-guard" validate --structured --show-summary none --output-format json \
        --rules "$package/rules/control-tower/cfn-guard" --data "$SCAN/json"
}

check_python() {
    # The judge reads the waivers, to see whether each has a reason and is needed.
    "$SCANNERS/python/bin/bandit" --quiet --format json --ignore-nosec --recursive \
        "${SCANNED_CODE[@]}" "$SCAN/planted/program.py"
}

look_for_secrets() {
    local texts
    mapfile -d '' texts <"$SCAN/texts"
    # Nothing is sent anywhere to be verified. The judge reads the waivers here too; lock files are files as others.
    "$SCANNERS/python/bin/detect-secrets" scan --no-verify \
        --disable-filter detect_secrets.filters.allowlist.is_line_allowlisted \
        --disable-filter detect_secrets.filters.heuristic.is_lock_file \
        "${texts[@]}" "$SCAN/planted/notes.txt"
}
