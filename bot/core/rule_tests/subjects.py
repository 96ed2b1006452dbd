"""Accounts, sources and the fleet of a test: whose metrics have which values on which day."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from bot.core.condition_types import KIND_OF_UNIT
from bot.core.located import did_you_mean
from bot.core.metrics import METRICS
from bot.core.rule_tests.case import Subject
from bot.core.rule_tests.series import MOST_DAYS, SeriesError, read_series
from bot.core.verdicts import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.core.located import Path
    from bot.core.rule_tests.page import Page, Part
    from bot.core.rule_tests.series import Series

FLEET: Final = str(Scope.FLEET)
"""What rules over all accounts together are about."""

_MOST_SUBJECTS: Final = 100
_LISTS: Final = {"accounts": Scope.ACCOUNT, "sources": Scope.SOURCE}
_FORM: Final = "names with metrics, like {acme: {licence_utilization: 0.45x20}}"
_SERIES_FORM: Final = "metrics with their values, like {arr: 50000}"


def shared_series(top: Part) -> dict[str, Series]:
    """Read what every account of the file has, unless it says otherwise."""
    given = top.mapping("every_account", _SERIES_FORM)
    return _series(top.page, (*top.path, "every_account"), Scope.ACCOUNT, given)


def read_subjects(test: Part, shared: Mapping[str, Series]) -> tuple[Subject, ...]:
    """Read the subjects of a test."""
    found = [*_listed(test, shared)]
    if test.has("fleet"):
        path = (*test.path, "fleet")
        found.append(Subject(Scope.FLEET, FLEET, _series(test.page, path, Scope.FLEET, test.raw("fleet"))))
    if not found:
        test.page.fault(test.path, f"a test of nothing: wanted `accounts`, `sources` or `fleet` with {_SERIES_FORM}")
    if len(found) > _MOST_SUBJECTS:
        test.page.fault(test.path, f"{len(found)} accounts and sources in a test; at most {_MOST_SUBJECTS}")
    return tuple(found)


def _listed(test: Part, shared: Mapping[str, Series]) -> Iterator[Subject]:
    for key, scope in _LISTS.items():
        for name, given in test.mapping(key, _FORM).items():
            series = _series(test.page, (*test.path, key, str(name)), scope, given)
            usual = shared if scope is Scope.ACCOUNT else {}
            yield Subject(scope, str(name), MappingProxyType({**usual, **series}))


def _series(page: Page, path: Path, scope: Scope, given: Any) -> dict[str, Series]:  # noqa: ANN401  # YAML is anything
    if given is not None and not isinstance(given, dict):
        page.fault(path, f"'{given}' holds no keys and values; wanted {_SERIES_FORM}")
        return {}
    found: dict[str, Series] = {}
    for name, values in (given or {}).items():
        metric = METRICS[scope].get(str(name))
        if metric is None:
            near = did_you_mean(str(name), METRICS[scope])
            page.fault_of_key((*path, str(name)), f"unknown metric '{name}' of {called(scope)}{near}")
            continue
        try:
            found[metric.name] = read_series(values, KIND_OF_UNIT[metric.unit])
        except SeriesError as error:
            text = values if isinstance(values, str) else ""
            page.fault_inside((*path, str(name)), text, error.offset, f"`{name}`: {error.problem}")
    return found


def called(scope: Scope) -> str:
    """Write a scope as people do."""
    return {Scope.ACCOUNT: "an account", Scope.SOURCE: "a source"}.get(scope, "the fleet")


def days_of(test: Part, subjects: tuple[Subject, ...]) -> int:
    """Return how many days a test has: `days`, or those of its longest series; each has to have a value for each."""
    longest = max((series.given for one in subjects for series in one.series.values()), default=0)
    days = _stated(test) or longest
    if not days and subjects:
        test.page.fault(test.path, "how many days? No series ends; add `days: 30`")
    for one in subjects:
        for name, series in one.series.items():
            if series.given != days and not (series.goes_on and series.given < days):
                _unfit(test, one, name, series, days)
    return days or 1


def _stated(test: Part) -> int | None:
    days = test.raw("days")
    if not test.has("days"):
        return None
    if type(days) is int and 0 < days <= MOST_DAYS:
        return days
    test.fault("days", f"`days: {days}` should be a whole number from 1 to {MOST_DAYS:,}")
    return None


def _unfit(test: Part, subject: Subject, name: str, series: Series, days: int) -> None:
    key = {scope: key for key, scope in _LISTS.items()}.get(subject.scope)
    path = (*test.path, "fleet", name) if key is None else (*test.path, key, subject.name, name)
    if path not in test.page.document.marks:  # it stands under `every_account`
        path = ("every_account", name)
    if series.given > days:
        problem = f"{series.given} values for {days} days"
    else:
        problem = f"values for {series.given} of {days} days; end it with ... to go on, or with _... for unknown"
    test.page.fault(path, f"`{name}`: {problem}")
