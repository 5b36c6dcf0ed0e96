from collections.abc import Sequence

import boto3
import pytest

from finops_operations.amplify_branch import AmplifyJob
from finops_operations.errors import OperationFailed
from finops_operations.frontend_history import FrontendHistory
from finops_operations.frontend_releases import FrontendRelease, FrontendReleases

A, B, C = "20261121T000000Z-aaaaaaa", "20261122T000000Z-bbbbbbb", "20261123T000000Z-ccccccc"


class ListedReleases(FrontendReleases):
    """Releases that lie in no bucket."""

    def __init__(self, *listed: FrontendRelease) -> None:
        super().__init__(boto3.client("s3", region_name="us-east-1"), "packages", "stack", "d1", "staging")
        self._listed = sorted(listed, key=lambda release: release.id, reverse=True)

    def newest(self) -> list[FrontendRelease]:
        return self._listed


def history(*jobs: tuple[str, str], records: Sequence[FrontendRelease] = ()) -> FrontendHistory:
    """After these deployments, the oldest first: a release or an address, and how it ended."""
    releases = ListedReleases(*(records or [FrontendRelease(release) for release in (A, B, C)]))
    numbered = [
        AmplifyJob(str(number), status, releases.source_url(source) if source in {A, B, C} else source)
        for number, (source, status) in enumerate(jobs, start=1)
    ]
    return FrontendHistory.of(releases, numbered[::-1])


def test_newest_that_succeeded_is_live() -> None:
    assert history((A, "SUCCEED"), (B, "SUCCEED"), (C, "FAILED")).live == B


def test_previous_is_the_one_before() -> None:
    assert history((A, "SUCCEED"), (B, "SUCCEED"), (C, "SUCCEED")).previous == B


def test_previous_goes_further_back_after_a_return() -> None:
    assert history((A, "SUCCEED"), (B, "SUCCEED"), (C, "SUCCEED"), (B, "SUCCEED")).previous == A


def test_previous_after_a_failure_is_what_is_still_served() -> None:
    assert history((A, "SUCCEED"), (B, "SUCCEED"), (C, "FAILED")).previous == B


def test_previous_passes_over_what_was_never_served() -> None:
    assert history((A, "SUCCEED"), (B, "FAILED"), (C, "SUCCEED")).previous == A


def test_previous_after_a_deployment_by_hand_is_the_newest_of_ours() -> None:
    by_hand = history((A, "SUCCEED"), (B, "SUCCEED"), ("s3://packages/finops-ui-updated.zip", "SUCCEED"))

    assert (by_hand.live, by_hand.previous) == ("", B)


@pytest.mark.parametrize("jobs", [[], [(A, "SUCCEED")], [(A, "FAILED"), (B, "FAILED")]])
def test_without_an_earlier_release_there_is_no_previous(jobs: list[tuple[str, str]]) -> None:
    with pytest.raises(OperationFailed, match="no earlier release that was ever served"):
        _ = history(*jobs).previous


def test_records_tell_where_amplify_does_not() -> None:
    records = [
        FrontendRelease(A, job="1", deployed="2026-11-21T00:00:00Z"),
        FrontendRelease(B, job="2", deployed="2026-11-22T00:00:00Z"),
        FrontendRelease(C, job="3"),
    ]
    told = history(("", "SUCCEED"), ("", "SUCCEED"), ("", "FAILED"), records=records)

    assert (told.live, told.last, told.previous) == (B, C, B)


def test_records_remember_what_amplify_forgot() -> None:
    records = [FrontendRelease(A, deployed="2026-11-21T00:00:00Z"), FrontendRelease(B), FrontendRelease(C)]

    assert history((C, "SUCCEED"), records=records).previous == A
