"""The page in a browser: no error, no request but the file, nothing wider than a phone, both languages, by keyboard;
and its replay.

Needs playwright (`make test-browser`) and an installed Chromium; without one of them it is passed over in a sentence.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.language.translator import LANGUAGES, Translator
from analysis.page.report import compare_study
from tests.analysis.studies import CLOSED, EXTRA, OPEN, write_study

HOSTILE = "<script>alert(1)</script>"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed; make test-browser does that"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as play:
        own = play.chromium.executable_path  # where `playwright install chromium` puts it
        found = next((path for name in _NAMES if (path := shutil.which(name))), own if Path(own).exists() else None)
        if found is None:
            pytest.skip("no Chromium is installed; install your system's, or: .venv/bin/playwright install chromium")
        opened = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page in each language, of a study in which a scenario has a hostile name."""
    worlds = [replace(world, watched=True) for world in (CLOSED, OPEN, replace(EXTRA, title=HOSTILE))]
    folders = {language: tmp_path_factory.mktemp(language) / "rafah" for language in LANGUAGES}
    return {
        language: compare_study(write_study(folder, worlds), Translator(language))
        for language, folder in folders.items()
    }


def opened(browser: Any, path: Path, width: int, scheme: str = "light") -> tuple[Any, list[str], list[str]]:
    """The page, its errors, and what it asked for."""
    page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    errors: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(f"dialog: {dialog.message}"))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri(), wait_until="load")
    return page, errors, asked


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "light")])
def test_the_page_asks_for_nothing_complains_of_nothing_and_fits(
    browser: Any, pages: dict[str, Path], language: str, width: int, scheme: str
) -> None:
    page, errors, asked = opened(browser, pages[language], width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert errors == [] and [url for url in asked if not url.startswith("data:")] == [pages[language].as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.documentElement.lang") == language
    page.close()


def test_a_hostile_name_is_shown_as_text(browser: Any, pages: dict[str, Path]) -> None:
    page, errors, _ = opened(browser, pages["en"], 1280)
    assert errors == [] and page.evaluate("[...document.scripts].map(each => each.type)") == ["application/json", ""]
    assert HOSTILE in page.inner_text("section.brief")
    assert HOSTILE in page.evaluate("[...document.querySelector('#replay-run').options].map(each => each.text)")
    page.select_option("#replay-run", label=HOSTILE)
    page.close()


def test_what_got_into_the_page_all_the_same_would_not_run(browser: Any, pages: dict[str, Path]) -> None:
    """The image is not fetched and no handler runs. Chromium may say the same of two handlers once."""
    page, errors, _ = opened(browser, pages["en"], 1280)
    dialogs: list[str] = []

    def dismiss(dialog: Any) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    sneaked = "<img src='https://example.org/x.png' onerror='alert(2)'><svg onload='alert(3)'></svg>"
    page.evaluate("text => document.body.insertAdjacentHTML('beforeend', text)", sneaked)
    page.wait_for_timeout(500)
    assert dialogs == [] and all("Content Security Policy" in error for error in errors)
    assert any("example.org" in error for error in errors) and any("event handler" in error for error in errors)
    page.close()


def test_all_that_scrolls_or_opens_is_reached_by_the_keyboard(browser: Any, pages: dict[str, Path]) -> None:
    page, _, _ = opened(browser, pages["en"], 390)
    wide = "[...document.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1 "
    wide += "&& getComputedStyle(e).overflowX == 'auto' && e.tabIndex < 0).map(e => e.outerHTML.slice(0, 60))"
    assert page.evaluate(wide) == []
    drawings = page.evaluate("[...document.querySelectorAll('svg')].map(e => e.getAttribute('aria-label') || '')")
    assert len(drawings) == 12 and min(map(len, drawings)) > 20
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser: Any, pages: dict[str, Path], scheme: str) -> None:
    page, _, _ = opened(browser, pages["en"], 1280, scheme)
    colours = page.evaluate(
        "['body', '.soft', '.banner'].map(s => getComputedStyle(document.querySelector(s)))"
        ".map(s => [s.color, getComputedStyle(document.body).backgroundColor])"
    )
    for text, ground in colours:
        assert contrast(text, ground) >= 4.5
    page.close()


def test_the_brief_prints_on_two_pages(browser: Any, pages: dict[str, Path]) -> None:
    for path in pages.values():
        page, _, _ = opened(browser, path, 1280)
        page.evaluate("[...document.querySelector('main').children].forEach(e => "
                      "e.matches('h1, section.brief') || e.remove())")  # fmt: skip
        printed = page.pdf(prefer_css_page_size=True)
        assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2
        page.close()


def dots(page: Any) -> list[tuple[float, float]]:
    """Where the loads on their drives are drawn, from left to right."""
    found = page.evaluate("[...document.querySelectorAll('#replay-loads circle')].map(e => [+e.getAttribute('cx'), "
                          "+e.getAttribute('cy')])")  # fmt: skip
    return sorted((x, y) for x, y in found)


def at(page: Any, minute: int) -> None:
    """Moves the slider there, as a hand does."""
    page.evaluate("minute => { const time = document.querySelector('#replay-time'); time.value = minute; "
                  "time.dispatchEvent(new Event('input')); }", minute)  # fmt: skip


def until(page: Any, so: str) -> None:
    """Waits for what the page shows; playwright's own way would need a page on which any script runs."""
    for _ in range(200):
        if page.evaluate(so):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"after ten seconds still not: {so}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_slider_moves_each_load_to_where_its_drive_is(browser: Any, pages: dict[str, Path], language: str) -> None:
    page, errors, _ = opened(browser, pages[language], 390)
    given = page.evaluate("JSON.parse(document.querySelector('#replay-data').textContent)")
    at(page, 540)
    assert dots(page) == []
    at(page, 630)  # half of the first drive, from 10:00 to 11:00
    x, y, u, v, p, q = given["ways"][given["runs"][0]["ways"][0]]
    assert dots(page) == [pytest.approx((x / 4 + u / 2 + p / 4, y / 4 + v / 2 + q / 4), abs=0.01)]
    at(page, 600)
    assert dots(page) == [pytest.approx((x, y), abs=0.01)]
    said = {"en": "day 0, 10:00", "fr": "jour 0, 10:00"}[language]
    assert page.inner_text("#replay-now") == page.get_attribute("#replay-time", "aria-valuetext") == said
    counts = page.evaluate("[...document.querySelectorAll('#replay-map .name')].map(e => e.textContent)")
    assert "Kerem Shalom12 + 400 p" in counts  # at 10:00
    marked = {"en": "simulated, not positions", "fr": "simulé, pas des positions"}[language]
    assert page.text_content("#replay-map .mark") == marked
    assert errors == []
    page.close()


def test_the_keyboard_plays_stops_and_moves_the_replay(browser: Any, pages: dict[str, Path]) -> None:
    page, errors, _ = opened(browser, pages["en"], 390)
    at(page, 600)
    page.focus("#replay-play")
    page.keyboard.press("Enter")
    until(page, "+document.querySelector('#replay-time').value > 650")
    assert page.inner_text("#replay-play") == "Pause"
    page.keyboard.press("Enter")
    stopped = page.input_value("#replay-time")
    assert page.inner_text("#replay-play") == "Play"
    page.focus("#replay-time")
    page.keyboard.press("ArrowRight")
    assert int(page.input_value("#replay-time")) > int(stopped)
    page.keyboard.press("End")
    page.focus("#replay-play")
    page.keyboard.press("Enter")  # from the end it begins anew
    until(page, "+document.querySelector('#replay-time').value < 20000")
    assert errors == []
    page.close()


def test_another_run_shows_its_own_spots(browser: Any, pages: dict[str, Path]) -> None:
    page, _, _ = opened(browser, pages["en"], 1280)
    shown = (
        "[...document.querySelectorAll('#replay-map .name')].filter(e => getComputedStyle(e).display != 'none').length"
    )
    assert page.evaluate(shown) == 4
    page.select_option("#replay-run", label="Rafah open")
    assert page.evaluate(shown) == 5
    page.close()


def test_who_wants_no_motion_sees_a_new_picture_each_second(browser: Any, pages: dict[str, Path]) -> None:
    page, _, _ = opened(browser, pages["en"], 390)
    page.emulate_media(reduced_motion="reduce")
    at(page, 600)
    page.click("#replay-play")
    assert page.input_value("#replay-time") == "600"  # nothing moves at once
    until(page, "document.querySelector('#replay-time').value == 960")  # six hours on
    page.close()


def test_paper_has_the_flow_map_and_no_replay(browser: Any, pages: dict[str, Path]) -> None:
    page, _, _ = opened(browser, pages["en"], 1280)
    page.emulate_media(media="print")
    assert page.is_visible("#flow_map svg") and not page.is_visible("section.replay")
    page.close()


def contrast(one: str, other: str) -> float:
    """Of two colours as `rgb(1, 2, 3)`, as WCAG has it."""

    def light(colour: str) -> float:
        parts = [int(part) / 255 for part in colour[4:-1].split(",")[:3]]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
