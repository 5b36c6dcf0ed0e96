"""Which release of a frontend is live, and which one was before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from finops_operations.amplify_branch import SUCCEEDED, AmplifyJob
from finops_operations.errors import OperationFailed
from finops_operations.frontend_releases import FrontendRelease, FrontendReleases


@dataclass(frozen=True)
class FrontendHistory:
    """The releases, the newest first, and what became of them. An empty id means: none of these."""

    releases: Sequence[FrontendRelease]
    # What is served now.
    live: str
    # What was last deployed, successfully or not.
    last: str
    # What was served at any time.
    served: frozenset[str]

    @classmethod
    def of(cls, releases: FrontendReleases, jobs: Sequence[AmplifyJob]) -> FrontendHistory:
        """Puts together what the bucket and Amplify know. `jobs` begin with the newest.

        Amplify knows better: somebody may have stopped waiting for a deployment, or deployed without this command. Its
        jobs name their source (API reference, type JobSummary), but need not; then the records tell whose job it was.
        """
        newest = releases.newest()
        by_job = {release.job: release.id for release in reversed(newest)}
        ids = [(releases.id_of(job.source_url) or by_job.get(job.id, ""), job.status) for job in jobs]
        succeeded = [release for release, status in ids if status == SUCCEEDED]
        return cls(
            newest,
            live=succeeded[0] if succeeded else "",
            last=ids[0][0] if ids else "",
            served=frozenset(release.id for release in newest if release.deployed).union(succeeded),
        )

    @property
    def previous(self) -> str:
        """The newest release that was served, and is older than what was last deployed.

        Asked for again after a return, it goes one release further back. After a deployment that failed, it is what is
        still served.

        Raises:
            OperationFailed: there is none.
        """
        for release in self.releases:
            if release.id in self.served and (not self.last or release.id < self.last):
                return release.id
        raise OperationFailed(
            "There is no earlier release that was ever served. To see which there are: ops/deploy_frontend.sh --list"
        )
