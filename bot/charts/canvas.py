"""The card that every chart is drawn on: size, colours, letters, axes. Of the modules here only these know matplotlib.

Its ground is its own, so that it reads alike where Slack is light and where it is dark; its corners are transparent.
Colours are of Okabe and Ito's palette, and nothing is told by colour alone. Letters are large: on a phone the picture
is a quarter of its size.
"""

from __future__ import annotations

import io
import unicodedata
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bot.messages.escape import plain, short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from bot.messages.speech import Speech

WIDTH, HEIGHT = 1600, 800
_DOTS: Final = 200  # an inch

GROUND: Final = "#F6F7F9"
FRAME: Final = "#9AA1A9"
INK: Final = "#1F2429"
FAINT: Final = "#5B636B"
GRID: Final = "#DDE1E6"
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#00795A", "#A8588A"
SKY: Final = "#56B4E9"

TITLE_SIZE, LABEL_SIZE, TICK_SIZE = 15.0, 13.5, 12.5
_TITLE_MOST: Final = 52
_TICKS: Final = 4
_MUCH_ROOM: Final = 0.2
_EPOCH: Final = date(1970, 1, 1)
_FAMILY: Final = "DejaVu Sans"  # comes with matplotlib: the same letters on every machine

# What a CRM holds is never taken for a formula, nor a file of settings for ours.
_STYLE: Final[dict[Any, Any]] = {"font.family": _FAMILY, "text.parse_math": False, "axes.unicode_minus": True}


class Card:
    """A picture of 1600 x 800: a headline, a line under it, and one pair of axes."""

    def __init__(self, headline: str, below: str) -> None:
        """`headline` and `below` may be text from anywhere."""
        with mpl.rc_context(_STYLE):
            self._figure = Figure(figsize=(WIDTH / _DOTS, HEIGHT / _DOTS), dpi=_DOTS)
            FigureCanvasAgg(self._figure)
            self._figure.patch.set_alpha(0.0)
            self._figure.add_artist(_ground())
            self.write(0.035, 0.945, headline, size=TITLE_SIZE, weight="bold", most=_TITLE_MOST)
            self.write(0.035, 0.855, below, size=LABEL_SIZE, color=FAINT, most=90)
            self.axes: Axes = self._figure.add_axes((0.150, 0.135, 0.815, 0.615))
        _plain_axes(self.axes)

    def write(self, x: float, y: float, text: str, *, most: int, **looks: Any) -> None:  # noqa: ANN401  # of matplotlib
        """Write a line, its upper left corner at a share of the card's width and height."""
        self._figure.text(x, y, legible(text, most), va="top", **{"color": INK, **looks})

    def note(self, x: float, y: float, text: str, color: str, **looks: Any) -> Text:  # noqa: ANN401  # as above
        """Write beside a line of the chart, where its figures are `x` and `y`."""
        style = {"fontsize": LABEL_SIZE, "weight": "bold", "color": color, "va": "center", "ha": "left", **looks}
        made: Text = self.axes.annotate(
            legible(text, 40),
            (x, y),
            xytext=looks.pop("xytext", (6, 0)),
            textcoords="offset points",
            annotation_clip=False,
            **{key: value for key, value in style.items() if key != "xytext"},
        )
        made.set_bbox({"facecolor": GROUND, "edgecolor": "none", "pad": 1.0, "alpha": 0.85})
        return made

    def figures(self, top: float, number: Callable[[float], str]) -> None:
        """Let the values reach from zero to `top`, and write them as the reader is used to."""
        self.axes.set_ylim(0.0, top if top > 0 else 1.0)
        self.axes.yaxis.set_major_locator(MaxNLocator(_TICKS, integer=top >= _TICKS))
        self.axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: number(float(value))))

    def days(self, first: date, last: date, speech: Speech, *, room: float = 0.02) -> None:
        """Let the days reach from the first to the last; `room`: share of the width that stays free behind them."""
        begin, end = numbers([first, last])
        span = max(end - begin, 1.0)
        self.axes.set_xlim(begin - 0.01 * span, end + room * span)
        # The middle of a date stands over its day; where there is less room, there are fewer.
        count = _TICKS if room < _MUCH_ROOM else _TICKS - 1
        places = [first + (last - first) * step / (count - 1) for step in range(count)]
        self.axes.set_xticks(numbers(places))
        self.axes.set_xticklabels([legible(speech.day(day), 24) for day in places])
        labels = self.axes.get_xticklabels()
        labels[0].set_horizontalalignment("left")
        labels[-1].set_horizontalalignment("right")

    def png(self) -> bytes:
        """Return the picture."""
        out = io.BytesIO()
        # Without metadata the same figures are the same bytes, whatever version drew them.
        self._figure.savefig(out, format="png", dpi=_DOTS, metadata={"Software": None})
        return out.getvalue()


def _ground() -> FancyBboxPatch:
    style = "round,pad=0,rounding_size=0.02"
    return FancyBboxPatch(
        (0.004, 0.008), 0.992, 0.984, boxstyle=style, mutation_aspect=WIDTH / HEIGHT, facecolor=GROUND,
        edgecolor=FRAME, linewidth=1.2, zorder=-10,
    )  # fmt: skip


def _plain_axes(axes: Axes) -> None:
    axes.patch.set_alpha(0.0)
    axes.tick_params(labelsize=TICK_SIZE, colors=FAINT, length=0, pad=6)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(FRAME)
    axes.grid(visible=True, axis="y", color=GRID, linewidth=1.0)
    axes.set_axisbelow(True)


def numbers(days: Iterable[date]) -> list[float]:
    """Return days as the numbers of the axis."""
    # Days are counted from the epoch, as matplotlib does.
    return [float((day - _EPOCH).days) for day in days]


def gaps(values: Sequence[float | None]) -> list[float]:
    """Return values with what is unknown as NaN, over which no line is drawn."""
    return [float("nan") if value is None else value for value in values]


def legible(text: str, most: int) -> str:
    """Return one line of text that the letters at hand can write; what they cannot is replaced by a middle dot.

    Marks of direction are dropped: they are no letters, and matplotlib sets right-to-left text by itself.
    """
    line = "".join(one for one in plain(text) if unicodedata.category(one) != "Cf")
    known = _characters()
    return short("".join(one if ord(one) in known else "·" for one in line), most)


@lru_cache(maxsize=1)
def _characters() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family=_FAMILY))).get_charmap())
