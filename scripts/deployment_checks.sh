# shellcheck shell=bash
# Everything that can be known to fail before anything is changed, each with a sentence that says what to do.
# Needs aws_cli.sh, messages.sh and stack_description.sh. Sets ACCOUNT, and CALLER: the ARN of who is
# signed in.

check_aws_cli() {
    find_aws_cli || fail "The AWS CLI (aws) is not installed: see" \
        "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html, or name yours in AWS_CLI."
}

# Sets PYTHON to an interpreter that can run the client, for the verification.
check_python() {
    for PYTHON in ${PYTHON:+"$PYTHON"} "$ROOT/.venv/bin/python" python3.11 python3; do
        PYTHONPATH="$ROOT/client" "$PYTHON" -c 'import finops_client.verify' 2>/dev/null && return
    done
    fail "The verification needs Python 3.11 or newer with the client's dependencies:" \
        "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt. Or skip it with --no-verify."
}

check_file() {
    [[ -r $1 ]] || fail "${1#"$ROOT/"} is missing. $2"
}

check_credentials() {
    local caller
    if ! caller=$(aws_cli sts get-caller-identity --query '[Account, Arn]'); then
        if aws_error_is 'ExpiredToken.*'; then
            fail "Your AWS credentials have expired. Sign in again (aws sso login, or fresh keys), then run this again."
        fi
        fail "No valid AWS credentials (aws configure, or AWS_PROFILE=...): $(aws_error)"
    fi
    # shellcheck disable=SC2034 # read by deploy.sh
    ACCOUNT=${caller%%$'\t'*}
    # shellcheck disable=SC2034 # read by releases.sh
    CALLER=${caller#*$'\t'}
    say "Account ${caller/$'\t'/ as }, region $REGION${AWS_ENDPOINT_URL:+, at $AWS_ENDPOINT_URL}"
}

# The second argument is the account that must own the bucket, if any: a bucket whose name everybody knows may be
# somebody else's, who would then hand us the code that we deploy.
check_bucket() {
    local bucket=$1 owner=${2:-} location
    if ! aws_cli s3api head-bucket --bucket "$bucket" ${owner:+--expected-bucket-owner "$owner"} >/dev/null; then
        # HeadBucket answers without a body: the status code is all there is.
        aws_error_is 404 && fail "Bucket $bucket does not exist. Make it (aws s3 mb s3://$bucket --region $REGION)," \
            "or name yours with --bucket."
        aws_error_is 403 && fail "No access to bucket $bucket. It may belong to somebody else: name yours with --bucket."
        fail "Cannot use bucket $bucket: $(aws_error)"
    fi
    # Not everybody who may upload may ask for the location; then CloudFormation finds out.
    location=$(aws_cli s3api get-bucket-location --bucket "$bucket" --query LocationConstraint) || return 0
    # The two regions with names of their own here (S3 API reference, GetBucketLocation).
    case $location in
        None) location=us-east-1 ;;
        EU) location=eu-west-1 ;;
    esac
    [[ $location == "$REGION" ]] || fail "Bucket $bucket is in $location, and Lambda takes packages" \
        "only from its own region, $REGION. Name another bucket with --bucket, or deploy with --region $location."
    say "Bucket $bucket"
}

# Whether the stack read last can be deployed to.
check_stack_status() {
    local stack=$1 status
    status=$(stack_status)
    case $status in
        ABSENT | REVIEW_IN_PROGRESS) say "Stack $stack is new" ;;
        CREATE_COMPLETE | UPDATE_COMPLETE | UPDATE_ROLLBACK_COMPLETE | IMPORT_COMPLETE | IMPORT_ROLLBACK_COMPLETE)
            say "Stack $stack ($status)" ;;
        ROLLBACK_COMPLETE)
            # The status of a first deployment that failed and was undone: nothing of it ever ran.
            [[ -z $DRY_RUN ]] || fail "Stack $stack is what is left of a failed first deployment (ROLLBACK_COMPLETE) and cannot" \
                "be changed. Delete it: aws cloudformation delete-stack --stack-name $stack --region $REGION" ;;
        UPDATE_ROLLBACK_FAILED)
            fail "Stack $stack could not undo an earlier update ($status). Remove the cause, then:" \
                "aws cloudformation continue-update-rollback --stack-name $stack --region $REGION" ;;
        UPDATE_FAILED)
            fail "Stack $stack is half-way through an update that failed ($status). Take it back to what it was:" \
                "aws cloudformation rollback-stack --stack-name $stack --region $REGION" ;;
        *_IN_PROGRESS)
            fail "Stack $stack is busy ($status). Wait until it is done, then run this again." ;;
        *)
            fail "Stack $stack is in status $status, from which it cannot be updated. Delete it and run this again:" \
                "aws cloudformation delete-stack --stack-name $stack --region $REGION" ;;
    esac
}

# An absent agent is no obstacle: it can be deployed later, and until then its part of each answer fails.
check_agent() {
    local function=$1
    if aws_cli lambda get-function-configuration --function-name "$function" >/dev/null; then
        say "Agent $function"
    elif aws_error_is ResourceNotFoundException; then
        warn "Agent $function does not exist: questions will go without it. Deploy it, name another, or use --with-sample-agents."
    else
        warn "Cannot see whether agent $function exists: $(aws_error)"
    fi
}
