"""Pictures: their size, that there is something on them, and that what is unknown is not drawn."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.charts.canvas import BLUE, GROUND, HEIGHT, INK, VERMILION, WIDTH, legible
from bot.charts.drawing import png
from bot.core.chart import Group, Point, Spec
from tests.charts.specs import ALL, CALLS, FALL, SEATS, WORTH, hostile

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]


@cache
def pixels(spec: Spec) -> Pixels:
    """Draw a chart once for all tests: nobody may write into it."""
    with Image.open(io.BytesIO(png(spec))) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGBA"))


def colored(picture: Pixels, color: str) -> npt.NDArray[np.bool_]:
    """Where a colour is, nearly."""
    wanted = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)])
    return np.asarray(np.abs(picture[:, :, :3].astype(int) - wanted).max(axis=2) < 24)


def below_text(picture: Pixels) -> Pixels:
    return picture[220:680]


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: f"{spec.form}-{getattr(spec, 'kind', '')}")
def test_a_picture_is_1600_by_800_on_a_ground_of_its_own(spec: Spec) -> None:
    picture = pixels(spec)
    assert picture.shape == (HEIGHT, WIDTH, 4) == (800, 1600, 4)
    assert picture[0, 0, 3] == 0  # the corners are Slack's, light or dark
    assert picture[400, 20, 3] == 255
    assert colored(picture, GROUND).mean() > 0.7
    assert colored(picture, INK).sum() > 500  # there is a headline


def test_the_same_figures_make_the_same_picture() -> None:
    assert png(CALLS) == png(replace(CALLS))


def test_use_is_a_line_of_its_colour_and_the_run_out_is_marked() -> None:
    picture = below_text(pixels(CALLS))
    assert colored(picture, BLUE).sum() > 3_000
    assert colored(picture, VERMILION).sum() > 500
    assert colored(below_text(pixels(replace(CALLS, run_out=None))), VERMILION).sum() == 0


def test_use_of_exactly_what_was_contracted_is_seen() -> None:
    points = tuple(replace(point, value=1_000.0) for point in SEATS.used)
    assert colored(below_text(pixels(replace(SEATS, used=points))), BLUE).sum() > 3_000


def test_a_forecast_begins_where_use_ends() -> None:
    """Use is known to two days before the day of the analysis: there is no hole between them."""
    late = tuple(replace(one, day=one.day + timedelta(days=20)) for one in CALLS.ahead)
    drawn = below_text(pixels(replace(CALLS, ahead=late, run_out=None)))
    columns = np.flatnonzero(colored(drawn, BLUE).any(axis=0))
    # Dots of a dotted line are some pixels apart, twenty days are more than a hundred.
    last_gap = np.diff(columns)[columns[:-1] > 900].max()
    assert last_gap < 30


def test_a_gap_stays_a_gap() -> None:
    def drawn(unknown: range) -> npt.NDArray[np.bool_]:
        points = tuple(
            Point(date(2026, 1, 1) + timedelta(weeks=at), None if at in unknown else 100.0) for at in range(40)
        )
        spec = replace(FALL, points=points, change=None, direction="flat")
        return np.asarray(colored(below_text(pixels(spec)), BLUE).any(axis=0))

    whole, cut = drawn(range(0)), drawn(range(18, 23))
    inside = slice(int(np.flatnonzero(whole)[0]), int(np.flatnonzero(whole)[-1]))
    assert whole[inside].all()
    # Six of 39 steps: from the last known week to the first known one.
    missing = ~cut[inside]
    assert missing.mean() == pytest.approx(6 / 39, abs=0.02)
    # Nothing is drawn on the ground there either: unknown is no zero.
    assert np.diff(np.flatnonzero(missing)).max() == 1


def test_a_known_week_between_two_unknown_ones_is_a_dot() -> None:
    points = tuple(Point(date(2026, 1, 1) + timedelta(weeks=at), 5.0 if at == 4 else None) for at in range(9))
    assert 50 < colored(below_text(pixels(replace(FALL, points=points, change=None))), BLUE).sum() < 1_000


def test_a_change_is_marked_where_it_began() -> None:
    marked = colored(below_text(pixels(FALL)), VERMILION)
    columns = np.flatnonzero(marked.sum(axis=0) > 200)
    # Six of nine weeks after the first.
    assert columns.mean() == pytest.approx(1600 * (0.150 + 0.815 * (0.01 + 6 / 9) / 1.03), abs=12)
    assert colored(below_text(pixels(replace(FALL, direction="flat"))), VERMILION).sum() == 0


def test_segments_differ_by_more_than_colour() -> None:
    groups = tuple(Group(name, (value, value, value)) for name, value in (("A", 100.0), ("B", 60.0), ("C", 20.0)))
    grey = np.asarray(Image.open(io.BytesIO(png(replace(WORTH, groups=groups, outliers=())))).convert("L"))
    dark = grey[220:660, 260:1000] < 170
    rows = np.flatnonzero(dark.any(axis=1))
    bands = np.split(rows, np.flatnonzero(np.diff(rows) > 20) + 1)
    patterns = [dark[band].any(axis=0) for band in bands]
    assert len(patterns) == 3
    for one, other in combinations(patterns, 2):
        assert (one != other).mean() > 0.1


@pytest.mark.parametrize("spec", hostile(), ids=lambda spec: spec.form)
def test_names_from_a_crm_are_letters_and_nothing_else(spec: Spec) -> None:
    """Warnings are errors here: of a glyph that is missing, say; and a formula would raise."""
    assert pixels(spec).shape == (800, 1600, 4)


def test_letters_that_no_font_has_are_dots_and_marks_of_direction_are_gone() -> None:
    assert legible("会社 $a_1$ \u202eab", 40) == "·· $a_1$ ab"
    assert legible("x" * 60, 20) == f"{'x' * 19}…"


def test_a_portfolio_without_any_value_is_drawn_all_the_same() -> None:
    nothing = replace(WORTH, groups=(Group("Small", (None, None, None)),), outliers=())
    assert pixels(nothing).shape == (800, 1600, 4)


_values = st.one_of(st.none(), st.floats(0, 1e308), st.sampled_from([0.0, 1e-9, 1.0, 1e15]))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_values, min_size=1, max_size=9), st.one_of(st.none(), st.floats(0, 1e300)))
def test_any_figures_can_be_drawn(values: list[float | None], contracted: float | None) -> None:
    points = tuple(Point(date(2026, 1, 1) + timedelta(days=at), value) for at, value in enumerate(values))
    assert png(replace(SEATS, used=points, contracted=contracted))[:4] == b"\x89PNG"
