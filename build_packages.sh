#!/usr/bin/env bash
# Makes the Lambda packages: our code, what the functions share, the compiled contract and the locked dependencies.
set -euo pipefail

# With it, cd prints where it goes.
unset CDPATH
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly ROOT
readonly TEMPLATE=$ROOT/cloudformation/finops-websocket-api-fixed.yaml
readonly FUNCTIONS=(connection_manager message_handler background_processor)
# Exact pins with hashes and no source archives: a wrong tag fails, and cannot fall back to another release.
readonly LOCKED=(--require-hashes --only-binary=:all: --no-deps)

# Bytecode would only be dropped again, and tools/ stays clean.
export PYTHONDONTWRITEBYTECODE=1

usage() {
    cat <<'USAGE'
Usage: ./build_packages.sh [--target TARGET] [--with-sample-agents] [--output DIRECTORY] [--help]

Makes the functions' packages in build/:
  websocket-connection-manager.zip
  websocket-message-handler.zip
  websocket-background-processor.zip
and beside each its software bill of materials (CycloneDX 1.6), as in websocket-message-handler.cdx.json.

  --target TARGET       What the packages run on: python3.11, python3.12 or python3.13, then -arm64 or -x86_64,
                        as in python3.13-arm64; or host: this machine and its Python (for the local cloud).
                        Default: the template's LambdaRuntime and LambdaArchitecture.
  --with-sample-agents  Make build/sample-agents.zip too.
  --output DIRECTORY    Where the packages go. Default: build, beside this script.
  --help                Show this help.

Environment:
  PYTHON                Python to build with, 3.11 or newer, with pip 22.2 or newer. Default: the first that
                        will do of .venv/bin/python, python3 and python3.14 to python3.11.

Prints each package's name, size and SHA-256. The same sources give the same bytes, wherever and whenever they are
built, as long as Python is linked to the same zlib; with another zlib the files inside are the same, their
compression may differ. Packages of an earlier build stay as they are until all new ones are ready.
USAGE
}

main() {
    local target="" with_sample_agents=false
    BUILD=$ROOT/build
    while (($# > 0)); do
        case $1 in
            --target) [[ -n ${2:-} ]] || misused "--target needs a value."; target=$2; shift 2 ;;
            --output) [[ -n ${2:-} ]] || misused "--output needs a value."; BUILD=$2; shift 2 ;;
            --with-sample-agents) with_sample_agents=true; shift ;;
            --help | -h) usage; exit 0 ;;
            *) misused "There is no option $1." ;;
        esac
    done

    find_python
    [[ -n $target ]] || target=$(default_target)
    select_wheels "$target"
    make_work_directory

    local function
    for function in "${FUNCTIONS[@]}"; do
        build_function "$function" "$target"
    done
    if $with_sample_agents; then
        build_sample_agents
    fi

    real_target "$target" >"$WORK/target"
    describe_packages
    mv -f "$WORK"/*.zip "$WORK"/*.cdx.json "$WORK/target" "$BUILD/" || fail "The packages cannot be moved to $BUILD."
    cat "$WORK/summary"
}

say() {
    printf '%s\n' "$*" >&2
}

fail() {
    say "build_packages.sh: $*"
    exit 1
}

misused() {
    say "build_packages.sh: $* See ./build_packages.sh --help."
    exit 2
}

# Sets PYTHON to the interpreter to build with.
find_python() {
    if [[ -n ${PYTHON:-} ]]; then
        can_build "$PYTHON" || fail "PYTHON=$PYTHON is not Python 3.11 or newer with pip 22.2 or newer."
        return
    fi
    for PYTHON in "$ROOT/.venv/bin/python" python3 python3.14 python3.13 python3.12 python3.11; do
        if can_build "$PYTHON"; then
            return
        fi
    done
    fail "Python 3.11 or newer with pip 22.2 or newer is needed; set PYTHON to its path."
}

# pip's --report came with 22.2: https://pip.pypa.io/en/stable/news/#v22-2
can_build() {
    "$1" -c 'import sys, pip
old_pip = tuple(map(int, pip.__version__.split(".")[:2])) < (22, 2)
sys.exit(old_pip or sys.version_info < (3, 11))' 2>/dev/null
}

default_target() {
    local runtime architecture
    # Bash forgets set -e inside $( ).
    runtime=$("$PYTHON" "$ROOT/tools/template_default.py" "$TEMPLATE" LambdaRuntime) || return
    architecture=$("$PYTHON" "$ROOT/tools/template_default.py" "$TEMPLATE" LambdaArchitecture) || return
    printf '%s-%s\n' "$runtime" "$architecture"
}

# Sets WHEELS to pip's options that choose the wheels for a target.
#
# manylinux2014 wheels need glibc 2.17: they load on Amazon Linux 2 (python3.11, glibc 2.26) and on Amazon Linux 2023
# (python3.12 and 3.13, glibc 2.34), and every compiled dependency has them.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html (each runtime's operating system)
# https://docs.aws.amazon.com/linux/al2023/ug/glibc-gcc-and-binutils.html (their glibc)
# https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
select_wheels() {
    local target=$1 processor version
    WHEELS=("${LOCKED[@]}")
    case $target in
        host) return ;;
        python3.1[123]-arm64) processor=aarch64 ;;
        python3.1[123]-x86_64) processor=x86_64 ;;
        *) misused "There is no target $target." ;;
    esac
    version=${target#python}
    version=${version%%-*}
    WHEELS+=(--platform "manylinux2014_$processor" --python-version "$version" --implementation cp)
    WHEELS+=(--abi "cp${version/./}")
}

# What the packages load on, for deploy.sh: this machine's own target instead of "host".
real_target() {
    [[ $1 == host ]] || { printf '%s\n' "$1"; return; }
    "$PYTHON" -c 'import platform, sys
machine = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
print(f"python{sys.version_info.major}.{sys.version_info.minor}-{machine}")'
}

# Sets WORK to a directory inside the output directory, where finished packages need only be renamed.
make_work_directory() {
    mkdir -p "$BUILD" 2>/dev/null || fail "The directory $BUILD cannot be made."
    WORK=$(mktemp -d "$BUILD/.unfinished.XXXXXX" 2>/dev/null) || fail "The directory $BUILD cannot be written."
    # pip's own temporary files go with it too, however the build ends.
    mkdir "$WORK/tmp"
    export TMPDIR=$WORK/tmp
    trap 'rm -rf "$WORK"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

build_function() {
    local function=$1 target=$2 package=websocket-${1//_/-}
    local tree=$WORK/$package
    say "Building $function for $target"
    install_wheels "dependencies of $function for $target" "$ROOT/src/$function/requirements.txt" "$tree" "${WHEELS[@]}"
    copy_source "$tree" "$function" finops_websocket
    # That of src/ may be stale.
    rm -f "$tree/finops_websocket/wire/contract_validators.py"
    # Functions that read clients' frames have fastjsonschema locked. With theirs, a bare machine needs none of its own.
    if [[ -d $tree/fastjsonschema ]]; then
        PYTHONPATH=$tree "$PYTHON" "$ROOT/contract/compile_validators.py" \
            --output "$tree/finops_websocket/wire/contract_validators.py"
    fi
    pack "$package"
}

build_sample_agents() {
    say "Building sample_agents"
    copy_source "$WORK/sample-agents" sample_agents
    pack sample-agents
}

# Writes each package's bill of materials, with a library that goes with the build.
describe_packages() {
    local library=$WORK/sbom_library
    say "Describing the packages"
    install_wheels "libraries of tools/package_sbom.py" "$ROOT/tools/requirements.txt" "$library" "${LOCKED[@]}"
    PYTHONPATH=$library "$PYTHON" "$ROOT/tools/package_sbom.py" --target "$(<"$WORK/target")" "$WORK"/*.zip
}

# Installs what a requirements file locks into a directory, and leaves pip's report beside it:
# install_wheels WHAT-IT-IS FILE DIRECTORY PIP-OPTION...
install_wheels() {
    local what=$1 requirements=$2 directory=$3 log=$WORK/pip.log
    [[ -r $requirements ]] || fail "$requirements is missing."
    # 0: these settings of a user's own would have pip refuse, or install elsewhere.
    if ! PIP_REQUIRE_VIRTUALENV=0 PIP_USER=0 "$PYTHON" -m pip install --quiet --disable-pip-version-check --no-input \
        --no-compile --retries 2 "${@:4}" --report "$directory.report.json" --target "$directory" \
        --requirement "$requirements" >"$log" 2>&1; then
        grep '^ERROR: ' "$log" >&2 || true
        fail "The $what cannot be installed: $(reason_in "$log")"
    fi
}

reason_in() {
    if grep -q 'DO NOT MATCH THE HASHES' "$1"; then
        echo "a download is not what requirements.txt was locked to."
    elif grep -q 'connection broken' "$1"; then
        echo "the package index does not answer."
    elif grep -q 'No matching distribution' "$1"; then
        echo "a requirement has no wheel for this target."
    else
        echo "pip's words are above."
    fi
}

copy_source() {
    local tree=$1 package
    shift
    mkdir -p "$tree"
    for package in "$@"; do
        [[ -d $ROOT/src/$package ]] || fail "The directory $ROOT/src/$package is missing."
        cp -R "$ROOT/src/$package" "$tree/"
    done
}

pack() {
    "$PYTHON" "$ROOT/tools/pack_zip.py" "$WORK/$1" "$WORK/$1.zip" >>"$WORK/summary"
}

main "$@"
