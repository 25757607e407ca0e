"""What the manual says of the code is what the code says."""

from __future__ import annotations

import ast
import inspect
import json
import re
import typing
from dataclasses import fields
from fractions import Fraction
from importlib import import_module
from types import SimpleNamespace

import pytest

from forewarn.auditset import jsonl
from forewarn.auditset.validate import LEAST_ENTITIES
from forewarn.callbacks.hooks import MonitorHooks
from forewarn.callbacks.watch import Watch
from forewarn.cli.result import Code
from forewarn.judges.split import FIT_SHARE
from forewarn.probes import catalogue
from forewarn.probes.follow_up import FollowUp, follow_ups
from forewarn.records import Event, InspectionTrace, Outcome, ReasonCode, Response
from forewarn.stats.conformal import least_runs
from forewarn.subjects.layout import Overrides

QUESTIONS = [q for q in (*catalogue(), *follow_ups()) if type(q).__module__.startswith("forewarn.")]
FOLLOW_UPS = [q for q in QUESTIONS if isinstance(q, FollowUp)]


def ticked(cell):
    return re.findall(r"`([^`]+)`", cell)


def table(page, head):
    """Rows of the first table whose head begins with these cells, by the names in their first cell."""
    rows = next(rows for rows in page.tables() if rows[0][: len(head)] == list(head))
    return {name: row for row in rows[1:] for name in ticked(row[0]) or [row[0]]}


def constants(page):
    """Names of constants, as dotted paths below forewarn, and the values that a page gives them."""
    for rows in page.tables():
        if rows[0][:2] == ["constant", "value"]:
            yield from ((ticked(row[0])[0], row[1]) for row in rows[1:])


@pytest.fixture(params=QUESTIONS, ids=lambda question: question.code)
def described(request, manual):
    """A probe or a follow-up, its page, and what its table says at a glance."""
    code = request.param.code
    page = next(p for name, p in manual.items() if name == f"docs/probes/{code}.md")
    return request.param, page, table(page, ["", ""])


def test_constants_agree(page):
    for name, said in constants(page):
        module, _, constant = name.rpartition(".")
        value = getattr(import_module(f"forewarn.{module}"), constant)
        assert float(Fraction(said)) == pytest.approx(value), (
            f"{page.name} says {name} = {said}; it is {value}"
        )


def test_every_constant_of_a_probe_is_told(described):
    _, page, glance = described
    told = {name for name, _ in constants(page)}
    for place in ticked(glance["module"][1]):
        names = {
            n
            for n, v in vars(import_module(f"forewarn.{place}")).items()
            if n.isupper() and isinstance(v, int | float)
        }
        assert {f"{place}.{n}" for n in names} <= told


def test_a_probe_is_what_its_page_says(described):
    probe, page, glance = described
    assert page.text.startswith(f"# {probe.code}: ")
    assert probe.title in page.text.splitlines()[0]
    assert type(probe).__module__ == f"forewarn.{ticked(glance['module'][1])[0]}"
    assert glance["effect"][1] == probe.unit


@pytest.mark.parametrize("layers", [1, 4, 12])
def test_costs_agree(described, layers):
    probe, _, glance = described
    inputs = SimpleNamespace(subject=SimpleNamespace(n_layers=layers))
    (formula,) = ticked(glance["cost"][1])
    assert probe.cost(inputs) == pytest.approx(eval(formula, {"layers": layers}))
    for work in getattr(probe, "shared", ()):
        assert f"{work.name} ({work.passes})" in glance["cost"][1]


def test_example_sentences_are_of_the_code_s_form(described):
    _, page, glance = described
    sources = (inspect.getsource(import_module(f"forewarn.{m}")) for m in ticked(glance["module"][1]))
    (form,) = [
        node.value
        for node in ast.walk(ast.parse("\n".join(sources).replace("from __future__ import annotations", "")))
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "sentence"
    ]
    pattern = "".join(
        re.escape(part.value) if isinstance(part, ast.Constant) else ".+?" for part in form.values
    )
    (example,) = re.findall(r"^> (.+)$", page.text, re.MULTILINE)
    assert re.fullmatch(pattern, example.rstrip("."))


def test_the_pages_name_every_outcome_and_section(described):
    _, page, _ = described
    for head in ("Method", "Outcomes", "What fools it", "Example"):
        assert f"\n## {head}\n" in page.text
    for word in ("**Effect**", "**Matched null**", "**Interval**", "**Nothing**", "**NotApplicable**"):
        assert word in page.text


@pytest.mark.parametrize("follow_up", FOLLOW_UPS, ids=lambda follow_up: follow_up.code)
def test_a_follow_up_s_page_says_what_it_follows(follow_up, manual):
    """And links there, before it says anything else; its site is the claim's."""
    page = next(p for name, p in manual.items() if name == f"docs/probes/{follow_up.code}.md")
    first = page.text.partition("\n| | |\n")[0]
    assert {link.removesuffix(".md") for link in page.links() if f"]({link})" in first} == set(
        follow_up.follows
    )
    assert table(page, ["", ""])["sites"][1] == "that of the claim it follows"


@pytest.mark.parametrize(("home", "absent"), [(MonitorHooks, {"model"}), (Watch, set())])
def test_settings_of_the_monitor_agree(manual, home, absent):
    told = table(manual["docs/reference/monitor.md"], ["argument", "default", "meaning"])
    arguments = inspect.signature(home).parameters
    assert set(arguments) == set(told) - absent
    for name, argument in arguments.items():
        said = [ast.literal_eval(text) if text != "inf" else float("inf") for text in ticked(told[name][1])]
        right = not said if argument.default is argument.empty else argument.default in said
        assert right, f"{name}: the manual says {said}, the code {argument.default!r}"


def test_every_response_is_told(manual):
    told = table(manual["docs/reference/monitor.md"], ["response", "on an alarm"])
    assert set(told) == {response.value for response in Response}


def test_every_reason_is_told(manual):
    told = table(manual["docs/reference/monitor.md"], ["code", "says"])
    assert set(told) == {code.value for code in ReasonCode}


def test_every_exit_code_is_told(manual):
    told = table(manual["docs/reference/runs.md"], ["code", "meaning"])
    assert {int(code) for code in told} == {int(code) for code in Code}


def test_every_event_and_outcome_is_told(manual):
    page = manual["docs/reference/runs.md"]
    assert set(table(page, ["event", "says"])) == {kind.__name__ for kind in typing.get_args(Event)}
    assert all(f"`{kind.__name__}`" in page.text for kind in typing.get_args(Outcome))


def test_every_field_of_a_trace_is_told(manual):
    page = manual["docs/reference/inspect.md"].after("## Asking the probes")
    assert set(table(page, ["field", "is"])) == {field.name for field in fields(InspectionTrace)}


@pytest.mark.parametrize("kind", ["fact", "context"])
def test_every_field_of_an_audit_set_is_told(manual, kind):
    page = manual["docs/reference/audit-sets.md"]
    told = table(page.after(f"## {kind.capitalize()}s"), ["field", "must", "meaning"])
    wanted, optional = jsonl._FIELDS[kind]
    assert set(told) == {"kind"} | wanted | optional
    assert {name for name, row in told.items() if row[1] == "yes"} == {"kind"} | wanted


def test_the_example_audit_set_shows_every_kind_of_line(manual):
    (example,) = manual["docs/reference/audit-sets.md"].blocks("jsonl")
    lines = [json.loads(line) for line in example.text.splitlines()]
    assert {line["kind"] for line in lines} == set(jsonl._FIELDS)
    assert {line.get("licenses", "truth") for line in lines if line["kind"] == "context"} == {
        "truth",
        "fiction",
    }
    assert f"{LEAST_ENTITIES} entities" in manual["docs/reference/audit-sets.md"].text


def test_every_override_is_told(manual):
    told = table(manual["docs/explanation/subjects.md"], ["override", "names"])
    assert set(told) == {field.name for field in fields(Overrides)}


def test_the_manual_lists_the_families_that_are_tested(manual):
    source = (
        manual["docs/explanation/subjects.md"].path.parents[2] / "tests/subjects/finding/test_locate.py"
    ).read_text()
    tree = ast.parse(source)
    (families,) = [
        ast.literal_eval(ast.List(n.value.keys, ast.Load()))
        for n in ast.walk(tree)
        if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "FAMILIES"
    ]
    text = (
        manual["docs/explanation/subjects.md"]
        .text.partition("configurations of transformers: ")[2]
        .partition(".")[0]
    )
    assert set(re.split(r",\s+", text)) == {name.split("-")[0] for name in families}


def test_the_promise_in_words_is_the_promise_in_code(manual):
    text = manual["docs/explanation/calibration.md"].text
    assert f"({least_runs(0.05)} for 0.05)" in text
    assert Fraction("1/3") == Fraction(FIT_SHARE).limit_denominator(9)


def test_the_readme_lists_every_probe_with_its_sources(manual):
    told = table(manual["README.md"], ["probe", "question", "after"])
    probes = [q for q in QUESTIONS if not isinstance(q, FollowUp)]
    links = {row[0] for row in told.values()}
    assert links == {f"[{p.code}](docs/probes/{p.code}.md)" for p in probes}
    for probe in probes:
        (after,) = [row[2] for row in told.values() if f"[{probe.code}]" in row[0]]
        page = manual[f"docs/probes/{probe.code}.md"].text
        for author, year in re.findall(r"([A-Z]\w+)(?: et al\.| and \w+|, \w+ and \w+)? (\d{4})", after):
            assert author in page and year in page, f"{probe.code}: {author} {year} is not on its page"
