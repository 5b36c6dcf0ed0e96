"""Every state, in both themes and at both widths: nothing serious against WCAG 2.2 AA, and nothing scrolls sideways."""

from pathlib import Path

import pytest

from browser.web_client.client_page import Theme
from browser.web_client.scenes import SCENES, Stage

# Each theme and each width once, since contrast goes with the theme and the layout with the width; with pictures, all.
LOOKS: list[tuple[int, Theme]] = [(1280, "light"), (360, "dark")]
ALL_LOOKS: list[tuple[int, Theme]] = [*LOOKS, (1280, "dark"), (360, "light")]
# What 400 % of zoom leaves of a window of 1280 (WCAG 2.2, 1.4.10).
ZOOMED = 320


@pytest.mark.parametrize("name", SCENES)
def test_a_state_can_be_used_by_everybody(stage: Stage, screenshots: Path | None, name: str) -> None:
    page = SCENES[name](stage)
    findings = []
    for width, scheme in ALL_LOOKS if screenshots else LOOKS:
        page.look(width, scheme)
        findings += page.accessibility_findings()
        if screenshots:
            page.page.screenshot(path=screenshots / f"{name}-{scheme}-{width}.png", full_page=True)
        assert page.width_of_all <= width
    assert findings == []
    page.look(ZOOMED, "light")
    assert page.width_of_all <= ZOOMED
