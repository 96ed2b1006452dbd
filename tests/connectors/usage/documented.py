"""The source that docs/connectors.md shows, taken out of the page and served on loopback."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.connectors.usage.world import KEY, KEY_PLACE, START, World, expected
from tests.documents.markdown import after

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from starlette.requests import Request

    from connectors.base import Source

LINE: Final = after("connectors.md", "example: line", "python").strip()
_KIND, _NAME = (word.strip('" ') for word in LINE.rstrip(",").split(":"))
_PAGE: Final = 3


def put_in_place(sources: dict[str, str]) -> ModuleType:
    """Import the page's file under the name that the page's line registers, and register it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tally.py"
        path.write_text(after("connectors.md", "example: source", "python"), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(_NAME, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[_NAME] = module  # pydantic looks for the names of annotations here
        spec.loader.exec_module(module)
    sources[_KIND] = _NAME
    return module


@dataclass
class Control:
    """What the next requests end in."""

    fail_next: list[int] = field(default_factory=list)
    retry_after: str | None = None
    cut: bool = False


@dataclass
class Tally:
    """A service that counts what is to be billed, for the length of a test."""

    world: World
    control: Control = field(default_factory=Control)

    def source(self) -> Source:
        """Open the source of the page, as the registry finds it."""
        module = put_in_place({})
        self.world.board.app = Starlette(routes=[Route("/v1/usage", self._answer)])
        given = {"host": self.world.board.url, "api_key": {"env": KEY_PLACE}}
        made: Source = module.TallySource("usage", module.Settings.model_validate(given), self.world.patience())
        return made

    def break_off(self) -> None:
        """Let every answer end in the middle."""
        self.control.cut = True

    def throttle(self) -> None:
        """Let the next request be one too many."""
        self.control.fail_next, self.control.retry_after = [429], "3"

    async def _answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return JSONResponse({"error": "no such key"}, 401)
        if self.control.fail_next:
            headers = {"Retry-After": self.control.retry_after or "0"}
            return JSONResponse({"error": "not now"}, self.control.fail_next.pop(0), headers)
        body = JSONResponse(self._page(request.query_params)).body
        return Response(body[: len(body) // 2] if self.control.cut else body, media_type="application/json")

    def _page(self, query: Mapping[str, str]) -> dict[str, Any]:
        yesterday = self.world.now.date() - timedelta(days=1)
        rows = expected(self.world.known(), START, yesterday)
        first_days: dict[str, date] = {}
        for meter, _, day, _, _ in rows:
            first_days[meter] = min(day, first_days.get(meter, day))
        since, until = query.get("since", str(START)), query["until"]
        asked = [row for row in rows if since <= row[2].isoformat() <= until]
        start = (int(query["page"]) - 1) * _PAGE
        names = ("meter", "customer", "day", "user", "quantity")
        return {
            "rows": [
                dict(zip(names, (*row[:2], row[2].isoformat(), *row[3:]), strict=True))
                for row in asked[start : start + _PAGE]
            ],
            "meters": [
                {"meter": meter, "first_day": day.isoformat(), "complete_to": yesterday.isoformat()}
                for meter, day in first_days.items()
            ],
            "next": int(query["page"]) + 1 if start + _PAGE < len(asked) else None,
        }


def tally_of(world: World) -> Tally:
    """Make the source of the page."""
    return Tally(world)
