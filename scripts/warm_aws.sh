# shellcheck shell=bash
# The AWS CLI loaded once for many commands: see tools/warm_aws.py. Needs VENV and ROOT.

WARM_AWS_DIRECTORY=''

# Lets aws_cli use it from here on.
start_warm_aws() {
    # Not below the project: a socket's path may have about 100 characters.
    WARM_AWS_DIRECTORY=$(mktemp -d)
    export WARM_AWS_SOCKET=$WARM_AWS_DIRECTORY/socket AWS_CLI=$ROOT/tools/warm_aws
    "$VENV/bin/python" "$ROOT/tools/warm_aws.py" --serve "$WARM_AWS_SOCKET" </dev/null >"$WARM_AWS_DIRECTORY/log" 2>&1 &
    WARM_AWS_PID=$!
    until [[ -S $WARM_AWS_SOCKET ]]; do
        kill -0 "$WARM_AWS_PID" 2>/dev/null || fail "The AWS CLI did not start: $(tail -n 1 "$WARM_AWS_DIRECTORY/log")"
        sleep 0.1
    done
}

end_warm_aws() {
    [[ -n $WARM_AWS_DIRECTORY ]] || return 0
    kill "$WARM_AWS_PID" 2>/dev/null || true
    rm -rf "$WARM_AWS_DIRECTORY"
    WARM_AWS_DIRECTORY=''
}
