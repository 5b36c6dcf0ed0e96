# shellcheck shell=bash
# Alarms that take a deployment back. Needs aws_cli.sh and messages.sh, and ROOT.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-rollback-triggers.html

# What new code can make worse at once; five are the most that CloudFormation takes.
readonly ROLLBACK_ALARMS=(connection-manager-errors message-handler-errors background-processor-errors frames-unserved
    deliveries-refused)

# The --rollback-configuration of a change that no alarm takes back.
# shellcheck disable=SC2034 # read by deploy.sh and release_return.sh
readonly NO_TRIGGERS='{"RollbackTriggers":[],"MonitoringTimeInMinutes":0}'

# The names of the alarms that did not ring before the change, a line each.
QUIET_ALARMS=''

# The --rollback-configuration of a change set: PROJECT MINUTES. Always given, for a stack keeps the last one, and
# CloudFormation refuses a change whose alarm is gone. An alarm that rings already is left out: it would take back what
# is deployed to silence it.
rollback_configuration() {
    local project=$1 minutes=$2 triggers='' name found state arn
    found=$(aws_cli cloudwatch describe-alarms --alarm-names "${ROLLBACK_ALARMS[@]/#/$project-}" \
        --query 'MetricAlarms[].[StateValue, AlarmArn]') || {
        warn "Alarms do not take this deployment back, for they cannot be read: $(aws_error)"
        found=''
    }
    while IFS=$'\t' read -r state arn; do
        case $state in
            ALARM)
                name=${arn##*:alarm:}
                warn "Alarm $name rings already, and does not take this deployment back." ;;
            OK | INSUFFICIENT_DATA)
                triggers+="${triggers:+,}{\"Arn\":\"$arn\",\"Type\":\"AWS::CloudWatch::Alarm\"}" ;;
        esac
    done <<<"$found"
    [[ -n $triggers ]] || minutes=0
    printf '{"RollbackTriggers":[%s],"MonitoringTimeInMinutes":%s}' "$triggers" "$minutes"
}

# The names of a project's alarms for which a condition holds, a line each: project_alarms PROJECT JMESPATH. Asked for one
# by one: another project's name may begin with this one's, as finops-websocket-test does.
project_alarms() {
    local name names=() found
    # shellcheck disable=SC2016 # the template's own expression
    while IFS= read -r name; do
        names+=("$1-$name")
    done < <(sed -n 's/^ *AlarmName: !Sub ${ProjectName}-//p' "$ROOT/cloudformation/monitoring.yaml")
    found=$(aws_cli cloudwatch describe-alarms --alarm-names "${names[@]}" --query "MetricAlarms[?$2].[AlarmName]") ||
        return 1
    sed '/^None$/d' <<<"$found" | LC_ALL=C sort
}

# Notes which alarms of a project are quiet before it is changed.
note_quiet_alarms() {
    QUIET_ALARMS=$(project_alarms "$1" "StateValue != 'ALARM'") ||
        warn "Whether an alarm begins to ring cannot be told: $(aws_error)"
}

# The names of the alarms that were quiet when they were noted and ring now, a line each; none if that cannot be told.
# One that is new tells nothing: its metric has seen what ran before it.
alarms_since() {
    local now
    [[ -n $QUIET_ALARMS ]] || return 0
    now=$(project_alarms "$1" "StateValue == 'ALARM'") || return 0
    LC_ALL=C comm -12 <(printf '%s\n' "$QUIET_ALARMS") <(printf '%s\n' "$now")
}
