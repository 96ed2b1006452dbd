"""The one place where text that others typed is made safe for Slack's mrkdwn.

Slack knows three escapes: `&`, `<` and `>`. The marks of emphasis (`*`, `_`, `~` and the backtick) have none, so they
are replaced by characters that look like them and mean nothing: U+2217, U+02CD, U+223C and U+02CB. An underscore
between letters or digits has no effect in Slack and stays, so that names of metrics can be copied.

Line ends and other control characters become spaces; invisible and direction-changing characters are dropped. A value
with right-to-left letters is set between direction isolates, so that it cannot turn round the figures beside it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import quote, urlsplit

ELLIPSIS: Final = "…"

_LOOKALIKES: Final = str.maketrans({"*": "\u2217", "~": "\u223c", "`": "\u02cb"})
_LOOSE_UNDERSCORE: Final = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_JOINERS: Final = frozenset("\u200c\u200d")  # letters of Persian and Indic scripts and emoji are joined by these
_ISOLATE: Final = "\u2068"
_POP: Final = "\u2069"
_ISOLATED: Final = re.compile(f"{_ISOLATE}[^{_ISOLATE}{_POP}\n]*{_POP}")
_LEFT_TO_RIGHT: Final = "\u200e"
_RIGHT_TO_LEFT: Final = "\u200f"
_OWN_MARKS: Final = _JOINERS | {_ISOLATE, _POP, _LEFT_TO_RIGHT, _RIGHT_TO_LEFT}
_USER: Final = re.compile(r"[UW][A-Z0-9]+", re.ASCII)


class Safe(str):
    """Text that is mrkdwn already: made by this module's own functions, never by a template or a source."""

    __slots__ = ()


class Line(str):
    """One line of plain text that `plain` has cleaned."""

    __slots__ = ()


def plain(text: str) -> Line:
    """Make one line of text that cannot break out of its line, for plain_text and rich_text.

    Control characters and line ends become spaces, runs of spaces one; invisible characters are dropped.
    """
    if isinstance(text, Line):
        return text
    kept = _JOINERS | ({_ISOLATE, _POP} if _balanced(text) else frozenset())
    cleaned = "".join(_replacement(character, kept) for character in text)
    line = " ".join(cleaned.split())
    turns = any(_turns(character) for character in _ISOLATED.sub("", line))
    return Line(f"{_ISOLATE}{line}{_POP}" if turns else line)


def tidied(text: str) -> str:
    """Return text for plain_text, where it stands as it is: what this module made stays so, anything else is cleaned.

    A message that comes from the outbox has lost which of its texts were cleaned before.
    """
    return text if _balanced(text) and all(map(_harmless, text)) else plain(text)


def _harmless(character: str) -> bool:
    return character in _OWN_MARKS or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _turns(character: str) -> bool:
    return unicodedata.bidirectional(character) in {"R", "AL"}


def _balanced(text: str) -> bool:
    """Tell whether every isolate of a text ends in it, none within another: this module made them."""
    return _ISOLATE not in (rest := _ISOLATED.sub("", text)) and _POP not in rest


def begun(line: Line, *, rtl: bool) -> Line:
    """Let a line run in its language's direction whatever name it begins with: an invisible mark goes before it.

    Slack and browsers take the direction of a line from its first letter, be it isolated or not.
    """
    first = next((one for one in line if unicodedata.bidirectional(one) in {"L", "R", "AL"}), None)
    if first is None or _turns(first) == rtl:
        return line
    return Line(f"{_RIGHT_TO_LEFT if rtl else _LEFT_TO_RIGHT}{line}")


def _replacement(character: str, kept: frozenset[str]) -> str:
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp"}:
        return " "
    if category == "Cs":  # half of a pair: no JSON in UTF-8 can hold it
        return "\ufffd"
    return "" if category == "Cf" and character not in kept else character


def mrkdwn(text: str) -> Safe:
    """Make text that others typed stand for itself in mrkdwn: it can neither ping, link nor change the letters."""
    if isinstance(text, Safe):
        return text
    escaped = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Safe(_LOOSE_UNDERSCORE.sub("\u02cd", escaped.translate(_LOOKALIKES)))


def literal(text: str) -> str:
    """Make one line of text for others to set into whatever they write: nobody knows whether they escape it.

    The angle brackets, without which nothing can ping or link in Slack, are replaced by ones that look like them.
    """
    return plain(text).replace("<", "\u2039").replace(">", "\u203a")


def short(text: str, most: int = 60) -> str:
    """Cut unescaped text at a word, with an ellipsis, so that it has at most so many characters."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    word = cut.rsplit(" ", 1)[0] if " " in cut[most // 2 :] else cut
    return word.rstrip(" ,;:-") + ELLIPSIS


def is_https(url: str | None) -> bool:
    """Tell whether an address may be linked to: https, with a host and no blanks or control characters."""
    if not url or any(character.isspace() or not character.isprintable() for character in url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)


def link(text: str, url: str | None) -> Safe:
    """Link text to an https address; anything else is the text alone.

    What would end the address within `<...>` is percent-encoded.
    """
    label = mrkdwn(text)
    if url is None or not is_https(url):
        return label
    address = quote(url, safe="%/:?#[]@!$&'()*+,;=-._~").replace("&", "&amp;")
    return Safe(f"<{address}|{label}>")


def mention(user: str | None) -> Safe:
    """Mention a Slack user by id; what is no id is shown as text."""
    if user is None:
        return Safe("somebody")
    return Safe(f"<@{user}>") if _USER.fullmatch(user) else mrkdwn(user)
