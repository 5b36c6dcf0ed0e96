import uuid

from finops_websocket.job import Job
from message_handler.new_job import new_job
from unit.finops_websocket.sample_jobs import CATALOGUE, COST, SAVINGS

AGENTS = (CATALOGUE.cost_analysis, CATALOGUE.optimisation)


def asked() -> Job:
    return new_job("user-1", "Why?", AGENTS, now=1_000_000, retention_seconds=3600)


def test_a_new_job_is_queued_now_and_kept_for_so_long() -> None:
    job = asked()
    assert (job.status, job.progress, job.seq, job.attempts, job.is_open) == ("queued", 5, 1, 0, True)
    assert (job.created_at, job.updated_at, job.queued_at, job.ttl) == (1_000_000, 1_000_000, 1_000_000, 1_003_600)
    assert (job.user_id, job.query, job.agents) == ("user-1", "Why?", (COST, SAVINGS))
    assert (job.request_id, job.followers) == (None, frozenset())


def test_its_id_is_its_own_and_cannot_be_guessed() -> None:
    ids = {asked().job_id for _ in range(2)}
    assert [uuid.UUID(job_id).version for job_id in ids] == [4, 4]
