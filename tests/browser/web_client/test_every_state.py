"""Every state, in both themes and at both widths: nothing serious against WCAG 2.2 AA, and nothing scrolls sideways."""

from pathlib import Path

import pytest

from browser.web_client.scenes import SCENES, Stage

# All rules where most differs, and for the others those that a theme or a width can break.
LOOKS = [
    (1280, "light", ()),
    (1280, "dark", ("color-contrast",)),
    (360, "dark", ()),
    (360, "light", ("color-contrast",)),
]
# What 400 % of zoom leaves of a window of 1280 (WCAG 2.2, 1.4.10).
ZOOMED = 320


@pytest.mark.parametrize("name", SCENES)
def test_a_state_can_be_used_by_everybody(stage: Stage, screenshots: Path | None, name: str) -> None:
    page = SCENES[name](stage)
    findings = []
    for width, scheme, rules in LOOKS:
        page.look(width, scheme)
        findings += page.accessibility_findings(*rules)
        if screenshots:
            page.page.screenshot(path=screenshots / f"{name}-{scheme}-{width}.png", full_page=True)
        assert page.width_of_all <= width
    assert findings == []
    page.look(ZOOMED, "light")
    assert page.width_of_all <= ZOOMED
