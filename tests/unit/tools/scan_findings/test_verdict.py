from scan_findings.finding import Finding
from scan_findings.verdict import judge
from scan_findings.waiver import Waiver

QUEUE = Finding("checkov", "CKV_1", "stack.yaml", 0, "Queue")
BUCKET = Finding("checkov", "CKV_1", "stack.yaml", 0, "Bucket")
TYPES = {("stack.yaml", "Queue"): "AWS::SQS::Queue", ("stack.yaml", "Bucket"): "AWS::S3::Bucket"}
FOR_QUEUES = Waiver("checkov", "CKV_1", "why", "table", resource_type="AWS::SQS::Queue")


def test_a_finding_is_waived_or_open() -> None:
    verdict = judge([QUEUE, BUCKET], [FOR_QUEUES], TYPES)
    assert verdict.open == [BUCKET]
    assert verdict.waived == {FOR_QUEUES: [QUEUE]}
    assert verdict.needless == []


def test_the_first_waiver_has_it_and_the_other_is_needless() -> None:
    on_the_spot = Waiver("checkov", "CKV_1", "here", "stack.yaml", 3, files="stack.yaml", resource="Queue")
    verdict = judge([QUEUE], [on_the_spot, FOR_QUEUES], TYPES)
    assert verdict.waived == {on_the_spot: [QUEUE]}
    assert verdict.needless == [FOR_QUEUES]


def test_a_shared_waiver_may_be_without_a_finding() -> None:
    assert judge([], [Waiver("bandit", "B311", "why", "a.py", 1, shared=True)], {}).needless == []


def test_a_resource_of_another_template_has_no_type_here() -> None:
    elsewhere = Finding("checkov", "CKV_1", "other.yaml", 0, "Queue")
    assert judge([elsewhere], [FOR_QUEUES], TYPES).open == [elsewhere]
