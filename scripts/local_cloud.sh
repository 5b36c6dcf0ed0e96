# shellcheck shell=bash
# The local cloud's process: start, find, end. It writes below .local/cloud, which goes with it.
# Needs ROOT, messages.sh and python_environment.sh.

readonly CLOUD=$ROOT/.local/cloud
readonly CLOUD_LOG=$ROOT/.local/cloud.log

# Seconds for the process to answer; it takes about two, and more on a busy machine.
readonly CLOUD_START_SECONDS=60

cloud_pid() {
    cat "$CLOUD/pid" 2>/dev/null
}

# Whether the process that a run noted is alive and still the local cloud: process ids are used again.
cloud_is_running() {
    local pid arguments
    pid=$(cloud_pid) || return 1
    [[ -n $pid ]] && kill -0 "$pid" 2>/dev/null || return 1
    arguments=$(process_arguments "$pid")
    # Its name at first, and that of what it becomes.
    [[ $arguments == *finops_operations.local_cloud* || $arguments == *ministack* ]]
}

# From /proc where there is one, as not every machine has ps; and ps must not cut it to the terminal's width.
process_arguments() {
    if [[ -r /proc/$1/cmdline ]]; then tr '\0' ' ' <"/proc/$1/cmdline"; else ps -ww -o args= -p "$1"; fi
}

port_answers() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

start_cloud() {
    local port=$1
    # What a run left that was killed before it could clear up.
    rm -rf "$CLOUD" "$ROOT/.local/stack.env"
    ! port_answers "$port" ||
        fail "Port $port is in use. End what uses it, or choose another: ./run_local.sh --port $((port + 1))"
    heading "Starting the local cloud on port $port"
    mkdir -p "$CLOUD"
    PYTHONPATH=$ROOT/ops "$VENV/bin/python" -m finops_operations.local_cloud --port "$port" --state-dir "$CLOUD" \
        >"$CLOUD_LOG" 2>&1 </dev/null &
    printf '%s\n' "$!" >"$CLOUD/pid"
    local deadline=$((SECONDS + CLOUD_START_SECONDS))
    until port_answers "$port"; do
        kill -0 "$(cloud_pid)" 2>/dev/null || cloud_failed "It ended at once."
        ((SECONDS < deadline)) || cloud_failed "It does not answer after $CLOUD_START_SECONDS seconds."
        sleep 0.1
    done
}

cloud_failed() {
    tail -n 5 "$CLOUD_LOG" >&2
    fail "The local cloud did not start. $1 Its log is .local/cloud.log."
}

wait_for_cloud_to_end() {
    # Waiting in the background lets a signal be served at once.
    wait "$(cloud_pid)" || true
    fail "The local cloud has ended by itself. Its log is .local/cloud.log."
}

# Ends the process and its workers, and forgets what they wrote.
end_cloud() {
    local pid
    if cloud_is_running; then
        pid=$(cloud_pid)
        # It leads a process group of its own, in which its workers are. At once: there is nothing that it should save.
        kill -KILL -- "-$pid" 2>/dev/null || true
        # Before it leads a group it is a process only.
        kill -KILL "$pid" 2>/dev/null || true
        # So that bash does not report it as killed.
        wait "$pid" 2>/dev/null || true
    fi
    rm -rf "$CLOUD" "$ROOT/.local/stack.env"
}
