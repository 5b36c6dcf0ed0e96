"""Which findings are waived, which are not, and which waivers nothing needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scan_findings.finding import Finding
from scan_findings.waiver import Waiver


@dataclass(slots=True)
class Verdict:
    """What the findings come to: the open ones, the waived ones under their waiver, and the waivers without any."""

    open: list[Finding] = field(default_factory=list)
    waived: dict[Waiver, list[Finding]] = field(default_factory=dict)
    needless: list[Waiver] = field(default_factory=list)


def judge(findings: Iterable[Finding], waivers: Iterable[Waiver], types: Mapping[tuple[str, str], str]) -> Verdict:
    """Return the verdict. `types` gives a resource's type by its template and logical id.

    Where two waivers cover a finding, the first has it.
    """
    verdict = Verdict()
    waivers = list(waivers)
    for finding in findings:
        resource_type = types.get((finding.file, finding.resource), "")
        waiver = next((waiver for waiver in waivers if waiver.covers(finding, resource_type)), None)
        if waiver is None:
            verdict.open.append(finding)
        else:
            verdict.waived.setdefault(waiver, []).append(finding)
    verdict.needless = [waiver for waiver in waivers if waiver not in verdict.waived and not waiver.shared]
    return verdict
