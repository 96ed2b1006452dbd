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
    cleaned = "".join(_replacement(character) for character in text)
    line = " ".join(cleaned.split())
    turns = any(unicodedata.bidirectional(character) in {"R", "AL"} for character in line)
    return Line(f"{_ISOLATE}{line}{_POP}" if turns else line)


def _replacement(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp"}:
        return " "
    if category == "Cs":  # half of a pair: no JSON in UTF-8 can hold it
        return "\ufffd"
    return "" if category == "Cf" and character not in _JOINERS else character


def mrkdwn(text: str) -> Safe:
    """Make text that others typed stand for itself in mrkdwn: it can neither ping, link nor change the letters."""
    if isinstance(text, Safe):
        return text
    escaped = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Safe(_LOOSE_UNDERSCORE.sub("\u02cd", escaped.translate(_LOOKALIKES)))


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
