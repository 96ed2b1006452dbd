"""From steps to notices: who is told what, when, and in which words."""

from __future__ import annotations

from bot.notices.manners import Manners
from bot.notices.writer import Writer, Written

__all__ = ["Manners", "Writer", "Written"]
