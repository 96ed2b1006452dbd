"""Where the templates and the config that ship with Headroom lie: at the top of a checkout, or inside the wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parent
_IN_WHEEL: Final = _PACKAGE / "shipped"
_ROOT: Final = _IN_WHEEL if _IN_WHEEL.is_dir() else _PACKAGE.parent

TEMPLATES: Final = _ROOT / "templates"
CONFIG: Final = _ROOT / "config"
