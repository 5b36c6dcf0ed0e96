"""How fast it is, as ratios within one run, on a machine that does nothing else: timings are no part of the suite.

    .venv/bin/pytest tests/browser/web_client/time_ratios.py

Of several measurements the best counts: what disturbs makes slower, and nothing makes faster.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.only_server import WEB_CLIENT
from browser.web_client.built_page import PageHost
from browser.web_client.client_page import ClientPage
from browser.web_client.conftest import OpenPage
from browser.web_client.scripted_aws import USER_ID
from browser.web_client.scripted_service import ScriptedService
from browser.web_client.stored_job import WHOLE
from local_cloud.running_cloud import until

BARE_PAGE = {
    "index.html": '<!doctype html><html lang="en"><title>Bare</title><main id="root"></main>'
    '<script type="module" src="./main.jsx"></script></html>',
    "main.jsx": "import { createRoot } from 'react-dom/client';\n"
    "createRoot(document.getElementById('root')).render(<textarea autoFocus />);\n",
    "customHttp.yml": "customHeaders: []\n",
}
# When the box can be typed into and is drawn, in milliseconds from the navigation's start.
WATCH_FOR_THE_BOX = """
new MutationObserver((_, observer) => {
  if (!document.querySelector('textarea:enabled')) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.usableAfter = performance.now(); }));
}).observe(document, { subtree: true, childList: true });
"""
# From a key's press to the frame that has what it changed, in milliseconds: the best of many.
WATCH_KEYS = """
window.keyTimes = [];
addEventListener('keydown', ({ timeStamp }) => requestAnimationFrame(() => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => keyTimes.push(performance.now() - timeStamp);
  port2.postMessage(0);
}), true);
"""


@pytest.fixture(scope="module")
def bare_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The least that React can be: a page with a box."""
    folder = tmp_path_factory.mktemp("bare")
    for name, text in BARE_PAGE.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "node_modules").symlink_to(WEB_CLIENT / "node_modules")
    command = [folder / "node_modules" / ".bin" / "vite", "build", "--base", "./"]
    built = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    shutil.copy(folder / "customHttp.yml", folder / "dist")
    return folder / "dist"


def say(ours: float, least: float, most: float) -> None:
    sys.stderr.write(f"\n{ours:.1f} ms beside {least:.1f} ms: {ours / least:.2f}, and {most} is wanted at most\n")
    assert ours <= most * least


def best(measure: Callable[[], float], times: int) -> float:
    return min(measure() for _ in range(times))


def usable_after(browser: Browser, address: str) -> float:
    """How long it takes somebody who has never been there, but is signed in, until the box can be typed into."""
    with ClientPage(browser, address, is_signed_in=True, observer=WATCH_FOR_THE_BOX) as page:
        return until(lambda: float(page.page.evaluate("window.usableAfter ?? 0")))


def test_the_box_is_there_soon(browser: Browser, host: PageHost, bare_page: Path, service: ScriptedService) -> None:
    with PageHost(bare_page) as bare:
        times = [(usable_after(browser, host.address), usable_after(browser, bare.address)) for _ in range(8)]
    ours, least = (min(column) for column in zip(*times, strict=True))
    say(ours, least, 1.5)


def key_to_paint(page: Page) -> float:
    page.get_by_role("textbox").focus()
    page.evaluate("keyTimes.length = 0")
    for _ in range(4):
        page.keyboard.type("Why did it cost so")
    times: list[float] = page.evaluate("keyTimes")
    return sorted(times)[len(times) // 2]


def test_typing_is_as_fast_with_50_answers_as_with_none(open_page: OpenPage, service: ScriptedService) -> None:
    page = open_page()
    page.page.evaluate(WATCH_KEYS)
    expect(page.page.get_by_text("Connected")).to_be_visible()
    with_none = best(lambda: key_to_paint(page.page), 3)
    for number in range(50):
        job = service.add(f"Question {number}", *WHOLE, user=USER_ID)
        service.send(job.snapshot())
    expect(page.page.get_by_role("link", name="Question 49")).to_be_visible()
    with_50 = best(lambda: key_to_paint(page.page), 3)
    say(with_50, with_none, 1.3)
