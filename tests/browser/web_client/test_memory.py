"""What a page keeps of jobs that were closed, as a ratio within one run."""

from browser.web_client.conftest import OpenPage
from browser.web_client.scripted_aws import USER_ID
from browser.web_client.scripted_service import ScriptedService
from browser.web_client.stored_job import COST_ANSWER, answered, completed, started, working

# Goes to a job's page and waits until its answer is there.
SHOW = """async ([hash, text]) => {
  location.hash = hash;
  while (!document.querySelector('main')?.textContent.includes(text)) await new Promise(requestAnimationFrame);
}"""


def test_jobs_that_are_closed_leave_the_memory(open_page: OpenPage, service: ScriptedService) -> None:
    page = open_page()
    session = page.context.new_cdp_session(page.page)
    heaps = {}
    for number in range(1, 101):
        one = f"The answer of number {number}.\n\n{COST_ANSWER}"
        job = service.add(
            f"Question {number}", *(working(), started, answered(0, one), answered(1, one), completed), user=USER_ID
        )
        page.page.evaluate(SHOW, [f"#/jobs/{job.job_id}", f"The answer of number {number}."])
        if number in {10, 100}:
            page.page.evaluate("location.hash = '#/'")
            page.settle()
            session.send("HeapProfiler.collectGarbage")
            heaps[number] = session.send("Runtime.getHeapUsage")["usedSize"]
    assert heaps[100] <= 1.3 * heaps[10], heaps
