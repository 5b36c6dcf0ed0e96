#!/usr/bin/env bash
# Makes the Lambda packages: our code, what the functions share, the compiled contract and the locked dependencies.
set -euo pipefail

# With it, cd prints where it goes.
unset CDPATH
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly ROOT

source "$ROOT/ops/python_environment.sh"

# The packages' bytecode is made as a step of its own, and ops/ stays clean.
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
  --no-bytecode         Leave the functions' modules as they are. By default they are compiled too, where the target's
                        Python is on this machine (as python3.13): a cold start then takes an eighth less.
  --with-sample-agents  Make build/sample-agents.zip too; it needs python3.12 or python3.13.
  --output DIRECTORY    Where the packages go. Default: build, beside this script.
  --help                Show this help.

Environment:
  PYTHON                Python to build with, 3.11 or newer, with pip 22.2 or newer. Default: the first that
                        will do of .venv/bin/python, python3 and python3.14 to python3.11.

Prints each package's name, size and SHA-256. The same sources give the same bytes, wherever and whenever they are
built, as long as the target's Python is of the same release, or there is none, or --no-bytecode is given, and Python
is linked to the same zlib; with another zlib the files inside are the same, their compression may differ. Packages of
an earlier build stay as they are until all new ones are ready.
USAGE
}

main() {
    read_options "$@"
    choose_python
    TARGET=$(packaging target "$TARGET" "$ROOT/cloudformation/finops-websocket-api-fixed.yaml")
    # DuckDB's wheels ask for a newer glibc than Amazon Linux 2 has, which is what python3.11 runs on.
    [[ $WITH_SAMPLE_AGENTS == false || $TARGET != python3.11-* ]] ||
        misused "The sample agents do not run on Lambda's python3.11: choose python3.12 or python3.13."
    choose_compiler
    make_work_directory

    local function
    for function in connection_manager message_handler background_processor; do
        build_function "$function"
    done
    ! $WITH_SAMPLE_AGENTS || build_sample_agents

    heading "Describing the packages"
    packaging describe "$TARGET" "$WORK"/*.zip >"$WORK/target"
    mv -f "$WORK"/*.zip "$WORK"/*.cdx.json "$WORK/target" "$BUILD/" || fail "The packages cannot be moved to $BUILD."
    cat "$WORK/summary"
}

read_options() {
    TARGET='' WITH_SAMPLE_AGENTS=false WITH_BYTECODE=true BUILD=$ROOT/build
    while (($# > 0)); do
        case $1 in
            --target) [[ -n ${2:-} ]] || misused "--target needs a value."; TARGET=$2; shift 2 ;;
            --output) [[ -n ${2:-} ]] || misused "--output needs a value."; BUILD=$2; shift 2 ;;
            --no-bytecode) WITH_BYTECODE=false; shift ;;
            --with-sample-agents) WITH_SAMPLE_AGENTS=true; shift ;;
            --help | -h) usage; exit 0 ;;
            *) misused "There is no option $1." ;;
        esac
    done
}

build_function() {
    local function=$1 tree=$WORK/websocket-${1//_/-}
    heading "Building $function for $TARGET"
    packaging install "$ROOT/src/$function/requirements.txt" "$TARGET" "$tree"
    copy_source "$tree" "$function" finops_websocket
    compile_contract "$tree"
    [[ -z $COMPILER ]] || packaging compile "$COMPILER" "$tree"
    packaging package "$tree" >>"$WORK/summary"
}

build_sample_agents() {
    local tree=$WORK/sample-agents
    heading "Building sample_agents for $TARGET"
    packaging install "$ROOT/src/sample_agents/requirements.txt" "$TARGET" "$tree"
    copy_source "$tree" sample_agents
    [[ -z $COMPILER ]] || packaging compile "$COMPILER" "$tree"
    packaging package "$tree" >>"$WORK/summary"
}

copy_source() {
    local tree=$1 package
    mkdir -p "$tree"
    for package in "${@:2}"; do
        [[ -d $ROOT/src/$package ]] || fail "The directory $ROOT/src/$package is missing."
        cp -R "$ROOT/src/$package" "$tree/"
    done
    # What earlier runs have left in src/.
    find "$tree" -name __pycache__ -prune -exec rm -rf {} +
}

# The functions have fastjsonschema locked. With theirs, a bare machine needs none of its own.
compile_contract() {
    local wire=$1/finops_websocket/wire
    # Those of src/ may be stale.
    rm -f "$wire/contract_validators.py" "$wire/figures_validator.py"
    PYTHONPATH=$1 "$PYTHON" "$ROOT/contract/compile_validators.py" --output "$wire"
}

# The steps that decide something: ops/finops_operations/packaging, which needs nothing but Python and pip.
packaging() {
    PYTHONPATH=$ROOT/ops${PYTHONPATH:+:$PYTHONPATH} "$PYTHON" -P -m finops_operations.packaging "$@"
}

# Sets PYTHON to the interpreter to build with.
choose_python() {
    if [[ -n ${PYTHON:-} ]]; then
        packaging can-build 2>/dev/null ||
            fail "PYTHON=$PYTHON is not Python 3.11 or newer with pip 22.2 or newer."
        return
    fi
    for PYTHON in "$ROOT/.venv/bin/python" python3 python3.14 python3.13 python3.12 python3.11; do
        ! packaging can-build 2>/dev/null || return 0
    done
    fail "Python 3.11 or newer with pip 22.2 or newer is needed; set PYTHON to its path."
}

# Sets COMPILER to a Python of the target's version, or to nothing.
choose_compiler() {
    COMPILER=''
    $WITH_BYTECODE || return 0
    COMPILER=$(packaging interpreter "$TARGET")
    [[ -n $COMPILER ]] ||
        say "There is no ${TARGET%-*} on this machine, so the packages have no bytecode: cold starts take longer."
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

main "$@"
