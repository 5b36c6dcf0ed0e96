# shellcheck shell=bash
# Lanes: commands that run side by side. Each is a process group of its own, so that none of its processes outlives the
# script, however that ends.

# The groups that run now, and how those that ran have ended, both by the order in which they were started.
LANES=() LANE_STATUSES=()

# Runs each command as a lane and waits for them all. What the first says is shown as it comes, and what another says
# when it and those before it have ended: run_lanes "FUNCTION ARGUMENT..." ...
run_lanes() {
    local lane status
    LANE_OUTPUT=$(mktemp -d)
    trap end_lanes EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    # A group for each background job, which without this would also ignore interrupts.
    set -m
    for lane in "$@"; do
        # shellcheck disable=SC2086 # a command's words
        if ((${#LANES[@]} == 0)); then
            $lane </dev/null &
        else
            $lane </dev/null >"$LANE_OUTPUT/${#LANES[@]}" 2>&1 &
        fi
        LANES+=("$!")
    done
    set +m
    for lane in "${!LANES[@]}"; do
        status=0
        wait "${LANES[lane]}" || status=$?
        # shellcheck disable=SC2034 # read by run_tests.sh
        LANE_STATUSES[lane]=$status
        unset "LANES[lane]"
        ((lane == 0)) || cat "$LANE_OUTPUT/$lane"
    done
}

# Interrupts what still runs, as a terminal does: pytest then ends what its tests have started in groups of their own.
end_lanes() {
    local lane
    for lane in ${LANES[@]+"${LANES[@]}"}; do
        kill -INT -- "-$lane" 2>/dev/null || true
    done
    wait
    # What a shell has started in the background ignores interrupts.
    for lane in ${LANES[@]+"${LANES[@]}"}; do
        kill -KILL -- "-$lane" 2>/dev/null || true
    done
    rm -rf "$LANE_OUTPUT"
}
