from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bot.errors import TemplateError
from bot.messages import wording
from bot.messages.blocks import to_blocks
from bot.messages.filters import FILTERS, TELLERS
from bot.messages.message import Text
from bot.messages.render import Templates
from bot.messages.speech import Speech
from bot.messages.texts import VARIABLES
from tests.messages.making import CHURN, SHIPPED

if TYPE_CHECKING:
    from pathlib import Path


def _template(folder: Path, name: str = "mine", **texts: str) -> Path:
    parts = {"title": "{{ account.name }}", "body": "Text.", "fallback": "{{ title }}", **texts}
    (folder / name).mkdir(parents=True)
    for part, text in parts.items():
        (folder / name / f"{part}.j2").write_text(text, encoding="utf-8")
    return folder


def test_the_shipped_templates_are_complete() -> None:
    known = ("account", "brief", "churn_risk", "digest", "fleet_drop", "operations", "renewal", "upsell", "weekly")
    assert Templates([SHIPPED]).names() == known


def test_a_users_text_overrides_the_shipped_one_and_leaves_the_rest(tmp_path: Path) -> None:
    (tmp_path / "churn_risk").mkdir()
    (tmp_path / "churn_risk" / "title.j2").write_text("Call {{ account.name }}", encoding="utf-8")
    message = Templates([tmp_path, SHIPPED]).alert(CHURN())
    assert message.blocks[0].text == "Call Northwind Freight"  # type: ignore[union-attr]  # a headline
    assert message.summary.startswith("Call Northwind Freight. USD 120,000 of ARR at stake")


def test_an_unknown_variable_is_named_with_file_line_and_the_nearest_name(tmp_path: Path) -> None:
    folder = _template(tmp_path, body="One.\n{{ acount.name }}\n{{ m.licence_utilisation | percent }}\n")
    with pytest.raises(TemplateError) as error:
        Templates([folder])
    file = re.escape(str(folder / "mine" / "body.j2"))
    assert re.search(rf"{file}:2: unknown variable 'acount'; did you mean 'account'\?", str(error.value))
    wanted = rf"{file}:3: unknown variable 'm\.licence_utilisation'; did you mean 'm\.licence_utilization'\?"
    assert re.search(wanted, str(error.value))


def test_an_unknown_property_is_named_with_file_and_line(tmp_path: Path) -> None:
    folder = _template(tmp_path, title="First line\n{{ account.nam }}")
    with pytest.raises(TemplateError, match=r"title\.j2:2: unknown variable 'nam'"):
        Templates([folder]).alert(CHURN.but(template="mine")())


def test_a_metric_whose_name_is_computed_is_still_checked(tmp_path: Path) -> None:
    folder = _template(tmp_path, title="{% set n = 'licence' %}\n{{ m[n] | percent }}")
    with pytest.raises(TemplateError, match=r"title\.j2:2: unknown variable 'licence'"):
        Templates([folder]).alert(CHURN.but(template="mine")())


def test_every_fault_of_every_template_is_told_at_once(tmp_path: Path) -> None:
    _template(tmp_path, "one", title="{% if %}", body="{{ nobody }}")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "title.j2").write_text("x", encoding="utf-8")
    with pytest.raises(TemplateError) as error:
        Templates([tmp_path])
    text = str(error.value)
    assert re.search(r"one.title\.j2:1: Expected an expression", text)
    assert re.search(r"one.body\.j2:1: unknown variable 'nobody'", text)
    assert re.search(r"two: a template has body\.j2; add it", text)


def test_a_template_cannot_reach_into_python(tmp_path: Path) -> None:
    folder = _template(tmp_path, body="{{ account.__class__.__mro__ }}")
    with pytest.raises(TemplateError, match=r"body\.j2:1"):
        Templates([folder]).alert(CHURN.but(template="mine")())


def test_a_filter_that_fails_is_told_with_file_and_line(tmp_path: Path) -> None:
    folder = _template(tmp_path, body="x\n{{ account | percent }}")
    with pytest.raises(TemplateError, match=r"body\.j2:2: cannot be rendered"):
        Templates([folder]).alert(CHURN.but(template="mine")())


def test_an_unknown_template_is_told_with_the_nearest(templates: Templates) -> None:
    with pytest.raises(TemplateError, match="there is no template 'churn_risc'; did you mean 'churn_risk'"):
        templates.alert(CHURN.but(template="churn_risc")())


def test_what_does_not_fit_into_one_message_goes_on_in_its_thread(tmp_path: Path) -> None:
    folder = _template(tmp_path, body="word " * 2200)
    head, *rest = Templates([folder]).alerts(CHURN.but(template="mine")())
    assert "_It goes on in the thread._" in str(head.blocks)
    said = "".join(block.text for one in (head, *rest) for block in one.blocks if isinstance(block, Text))
    assert said.count("word") == 2200
    assert {one.summary for one in rest} == {"Northwind Freight (continued)"}


def test_a_template_that_says_more_than_anybody_reads_is_refused(tmp_path: Path) -> None:
    folder = _template(tmp_path, body="word " * 20_000)
    with pytest.raises(TemplateError, match="template 'mine' says too much: more than 8 messages"):
        Templates([folder]).alert(CHURN.but(template="mine")())


def test_a_text_is_said_in_the_readers_language_with_its_values_escaped(tmp_path: Path) -> None:
    folder = _template(tmp_path, body='*{{ t("Usage of {line}: *{trend}*.", line=account.name, trend="<b>") }}*')
    (tmp_path / "wording").mkdir()
    (tmp_path / "wording" / "de.po").write_text(
        'msgid ""\nmsgstr "Language: de\\n"\n\nmsgid "Usage of {line}: *{trend}*."\nmsgstr "Nutzung {line}: {trend}"\n',
        encoding="utf-8",
    )
    templates = Templates([folder])
    wording.use([folder])
    try:
        message = templates.alert(CHURN.but(template="mine", name="A & *B*")(), Speech("de"))
    finally:
        wording.use([SHIPPED])
    assert message.blocks[1].text == "*Nutzung A &amp; ∗B∗: &lt;b&gt;*"  # type: ignore[union-attr]  # a text


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("{{ t(account.name) }}", r"t\(\) takes a text in quotes"),
        ('{{ t("{nam} is up", name=account.name) }}', r"what its text names in braces, and nothing else: nam, name"),
        ('{{ t("{account.name} is up") }}', r"names in braces, and no other braces"),
        ('{{ many("one", 3) }}', r"many\(\) takes a text in quotes"),
        ('{{ many("{count} of {all}", "{count} of {all}", 3) }}', r"nothing else: all"),
    ],
)
def test_a_text_that_no_catalogue_could_hold_is_a_fault_with_file_and_line(
    body: str, problem: str, tmp_path: Path
) -> None:
    folder = _template(tmp_path, body=f"One.\n{body}")
    with pytest.raises(TemplateError, match=rf"body\.j2:2: .*{problem}"):
        Templates([folder])


def test_a_name_that_cannot_be_seen_is_said_to_be_unknown(templates: Templates) -> None:
    message = templates.alert(CHURN.but(name=" \u200b\n")())
    assert message.blocks[0].text.startswith("unknown uses 41 %")  # type: ignore[union-attr]


def test_a_title_of_nothing_still_makes_a_header(tmp_path: Path) -> None:
    folder = _template(tmp_path, title="  ")
    message = Templates([folder]).alert(CHURN.but(template="mine")())
    assert to_blocks(message)[0]["text"]["text"] == "…"


def test_values_are_escaped_once_and_links_stay_links(tmp_path: Path) -> None:
    folder = _template(tmp_path, body="{{ account.name | link('https://x.example/?a=1&b=2') }} {{ account.name }}")
    message = Templates([folder]).alert(CHURN.but(template="mine", name="A & B")())
    assert message.blocks[1].text == "<https://x.example/?a=1&amp;b=2|A &amp; B> A &amp; B"  # type: ignore[union-attr]


def test_unknown_values_print_unknown_without_a_filter(tmp_path: Path) -> None:
    folder = _template(tmp_path, body="{{ m.arr }}, {{ m.renewal_date }}, {{ m.auto_renew }}, {{ m.seats }}")
    message = Templates([folder]).alert(CHURN.but(template="mine")(arr=None))
    assert message.blocks[1].text == "unknown, 31 Mar 2026, yes, 100"  # type: ignore[union-attr]


def test_the_guide_names_every_variable_and_filter() -> None:
    guide = (SHIPPED / "README.md").read_text(encoding="utf-8")
    for name in (*VARIABLES, *FILTERS, *TELLERS, "link", "mention"):
        assert re.search(rf"`{name}\b", guide), name


def test_a_right_to_left_name_is_isolated_alone_and_not_the_sentence_around_it(templates: Templates) -> None:
    message = templates.alert(CHURN.but(name="شركة")())
    # The mark before it lets the line run from left to right, though its first letter does not.
    assert message.summary.startswith("\u200e\u2068شركة\u2069 uses 41 % of its licences; renewal")
