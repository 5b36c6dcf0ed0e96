#!/usr/bin/env bash
# Steps 3 to 6 of docs/WEBSOCKET_DEPLOYMENT_GUIDE.md in one command. Their order, as
# ops/finops_operations/deployment/deploy.py has it:
#
#   check everything     whoever is signed in, stacks, packages, bucket, agents: before anything changes
#   sample agents        only with --with-sample-agents
#   the stack            its packages are uploaded once its changes are known, shown, and lose nothing
#   its monitoring       alarms and dashboard, a stack of their own
#   protect and record   a release, which ops/rollback.sh can go back to
#   verify               over a real WebSocket; what does not work is taken back
#   print the endpoint
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/ops/operations.sh"

usage() {
    cat <<'USAGE'
Usage: ./deploy.sh [options]

Uploads the packages that ./build_packages.sh made, shows what changes, deploys it with its alarms and dashboard (the
stack STACK-NAME-monitoring), asks the new endpoint over a real WebSocket, and prints the endpoint and the lines for the
frontend's config.js. Nothing changes if nothing changed.

Each deployment is recorded as a release in the bucket; ops/rollback.sh lists them and goes back to any. If a deployment
fails, if an alarm rings meanwhile, or if the endpoint does not answer as it should, what ran before runs again.

  Option                           Variable                  Default
  --bucket NAME                    LAMBDA_S3_BUCKET          finops-deployment-packages-062025
  --project-name NAME              PROJECT_NAME              finops-websocket
  --stack-name NAME                STACK_NAME                finops-websocket-api
  --region NAME                    AWS_REGION, then
                                   AWS_DEFAULT_REGION        us-east-1
  --auth-mode cognito|open         AUTH_MODE                 cognito (open: whoever knows the endpoint may ask)
  --user-pool-id ID                GIVEN_USER_POOL_ID        a pool of the stack's own
  --user-pool-client-id ID         GIVEN_USER_POOL_CLIENT_ID an app client of the stack's own
  --cost-forecast-function NAME    COST_FORECAST_FUNCTION    aws-cost-forecast-agent
  --trusted-advisor-function NAME  TRUSTED_ADVISOR_FUNCTION  trusted-advisor-agent-trusted-advisor-agent
  --parameter NAME=VALUE                                     any other parameter of the templates; may be repeated
  --template FILE                  TEMPLATE                  cloudformation/finops-websocket-api-fixed.yaml
  --packages-dir DIRECTORY         PACKAGES_DIR              build
  --timeout-minutes NUMBER         TIMEOUT_MINUTES           30 (for each wait for CloudFormation)
  --watch-minutes NUMBER           WATCH_MINUTES             3 (how long an update waits for alarms to ring, on AWS)

An option counts before its variable. What is not given stays as it is when the stack is deployed already.

  --with-sample-agents    First deploy two small agents, as the stack STACK-NAME-sample-agents.
  --focus-export S3-URI   They answer from your account's own costs: the FOCUS 1.0 or 1.2 export that AWS Data Exports
                          delivers below this s3://bucket/prefix.
  --costs-s3-uri S3-URI   They answer from this file, such as s3://bucket/costs.csv, or from all files of a folder:
                          s3://bucket/costs/. FOCUS 1.0 to 1.4; CSV, gzip of it, or Parquet.
  --fiscal-year-start M   Month, such as 4 or April, in which your fiscal year begins; without it they refuse questions
                          about fiscal years.
  --no-verify             Do not ask the endpoint after deploying.
  --keep-failed           Keep what does not pass the verification, to look at it.
  --allow-data-loss       Deploy even if a table, a queue, a user pool or the API is removed or made anew.
  --dry-run               Stop after showing what would change, and leave nothing behind.
  --help                  Show this help.

Environment:
  AWS_ENDPOINT_URL  Deploy to the local cloud at this address in place of AWS.
  PYTHON            Python with the project's packages. Default: the first that has them of .venv/bin/python, python3.11
                    and python3.

The endpoint goes to stdout, everything else to stderr. Exit status: 0 deployed and verified (or nothing to do),
1 not deployed, or not verified and taken back, 2 a mistake in the command line, 130 interrupted.
USAGE
}

for argument in "$@"; do
    case $argument in
        --help | -h) usage; exit 0 ;;
    esac
done
run_operation deployment.deploy "$@"
