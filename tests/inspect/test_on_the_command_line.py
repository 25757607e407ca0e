"""`forewarn inspect` on a real run folder, from snapshot to table and page."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from forewarn.cli import inspect as command
from forewarn.cli.app import app
from forewarn.store import traces


@pytest.fixture
def forewarn(monkeypatch, factory):
    monkeypatch.setattr(command, "factory_of", lambda name: factory)

    def run(*arguments, typed=None):
        return CliRunner().invoke(
            app, ["inspect", *map(str, arguments), "--model", "wired:build"], input=typed
        )

    return run


def test_the_flagged_look_is_traced_and_drawn(forewarn, run, tmp_path):
    page = tmp_path / "page.html"
    result = forewarn(run, "--backwards", "--html", page)
    assert result.exit_code == 0, result.output
    assert "the condition of a confirmed claim, latent-policy" in result.stdout
    assert "no lens is stored for this look: fitting one" in result.stderr
    assert page.read_text(encoding="utf8").count('<svg class="heat tuned"') == 4


def test_a_neuron_in_numbers(forewarn, run, known):
    result = forewarn(f"{run}@300", "--neuron", f"1.{known.join}", "--virtual", f"1.{known.join}:2", "--json")
    assert result.exit_code == 0, result.output
    value = json.loads(result.stdout)
    assert value["neuron"]["fired"][-1]["mean"] == 1.0
    assert all(abs(link["total"]) == pytest.approx(2.0, abs=1e-3) for link in value["virtual"]["links"])
    assert value["trajectories"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["@100"], "retention removed the snapshot of step 100"),
        (["@300", "--neuron", "1.99"], "block 1 has neurons 0 to 24; found 99"),
        (["@300", "--head", "1.0"], "attention.copy"),
        (["@300", "--fact", "Paris"], "no fact about 'Paris'"),
        (["@300", "--prompt", "Paris"], "does not know the word 'Paris'"),
    ],
)
def test_refusals_are_one_message_and_exit_2(forewarn, run, arguments, message):
    place, *rest = arguments
    result = forewarn(f"{run}{place}", *rest)
    assert result.exit_code == 2
    assert message in result.stderr and "Traceback" not in result.stderr


def test_a_probe_is_asked_and_the_answer_recorded(forewarn, write_run, tmp_path):
    run = write_run(tmp_path / "run")
    result = forewarn(f"{run}@300", "--ask", "latent-policy", "--ask", "knowledge-gap", "--who", "Ann")
    assert result.exit_code == 0, result.output
    assert "- latent-policy at context" in result.stdout
    assert (
        ": evidence\n" in result.stdout
        and "% interval" in result.stdout
        and "under the matched null" in result.stdout
    )
    assert "What can be asked about these claims: latent-policy/composure" in result.stdout
    assert f"Recorded for Ann in {run / 'traces.jsonl'}; final word: none yet" in result.stdout
    assert "by the tuned lens" not in result.stdout
    assert "asking latent-policy at context" in result.stderr
    codes = [a.question.code for a in traces.read(run / "traces.jsonl")[0].answers]
    assert codes[0] == "latent-policy" and set(codes[1:]) == {"knowledge-gap"} and len(codes) > 2


def test_a_later_call_extends_the_trace_of_that_snapshot(forewarn, write_run, tmp_path):
    run = write_run(tmp_path / "run")
    forewarn(f"{run}@300", "--ask", "latent-policy", "--who", "Ann")
    result = forewarn(
        f"{run}@300", "--ask", "latent-policy/composure", "--word", "deceptive", "--who", "Ann", "--json"
    )
    value = json.loads(result.stdout)
    assert [o["code"] for o in value["outcomes"]] == ["latent-policy/composure"]
    assert (value["who"], value["word"]) == ("Ann", "deceptive")
    forewarn(f"{run}@200", "--word", "unsure", "--who", "Ann")
    found = traces.read(run / "traces.jsonl")
    assert [(t.step, t.word, len(t.answers)) for t in found] == [(300, "deceptive", 2), (200, "unsure", 0)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--ask", "latent-policy", "--ask", "a-stranger"],
            "there is no question 'a-stranger'; there are ",
        ),
        (
            ["--ask", "latent-policy/composure"],
            "latent-policy/composure follows a claim of latent-policy, and latent-policy was not asked yet",
        ),
        (
            ["--ask", "latent-policy", "--site", "resid1@answer"],
            "latent-policy is not asked at resid1@answer; it is asked at ",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_and_nothing_is_recorded(forewarn, run, arguments, message):
    result = forewarn(f"{run}@300", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr and "Traceback" not in result.stderr
    assert not (run / "traces.jsonl").exists()


def test_the_ledger_is_sound_after_questions(forewarn, write_run, tmp_path):
    run = write_run(tmp_path / "run")
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    forewarn(f"{run}@300", "--ask", "kept-context", "--word", "honest")
    after = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    assert set(after) - set(before) == {run / "traces.jsonl"}
    assert all(after[path] == content for path, content in before.items())


def test_a_session_answers_one_line_after_the_other_and_keeps_all(forewarn, write_run, tmp_path, known):
    """Errors of single questions end nothing; what was asked is on disk, and told at the end beside the look's."""
    run = write_run(tmp_path / "run")
    lines = (
        "facts",
        "contexts",
        f"neuron 1.{known.join}",
        "neuron 1.999",
        "lens stranger on",
        "lens Paris lies in",
        "ask latent-policy/composure",
        "ask latent-policy latent-polcy",
        "ask latent-policy",
        "# a remark, and no question",
        "ask latent-policy",
        "word deceptive",
        "questions",
        "quit",
        "word honest",
    )
    result = forewarn(f"{run}@300", "--who", "Ann", typed="\n".join(lines))
    assert result.exit_code == 2, "from a pipe, a refused line is told by the exit code"
    for told in ("24 of 24 facts are known", "stranger on", f"Neuron 1.{known.join} (one of 25 in block 1)",
                 "- latent-policy at context", "From the record, and not asked again: latent-policy",
                 "Recorded for Ann: deceptive", "The look asked: latent-policy (evidence).",
                 "You asked: latent-policy (evidence).", "final word: deceptive"):  # fmt: skip
        assert told in result.stdout, told
    for refused in ("block 1 has neurons 0 to 24; found 999", "does not know the word 'Paris'",
                    "latent-policy/composure follows a claim", "did you mean latent-policy?"):  # fmt: skip
        assert refused in result.stderr, refused
    assert result.stderr.count("opening the snapshot") == 1 and result.stderr.count("fitting one") == 1
    (trace,) = traces.read(run / "traces.jsonl")
    assert (trace.word, [a.question.code for a in trace.answers]) == ("deceptive", ["latent-policy"])


def test_the_questions_say_what_the_look_asked(forewarn, run):
    result = forewarn(f"{run}@300", "--questions", "--json")
    rows = {(row["code"], row["site"]): row for row in json.loads(result.stdout)["questions"]}
    assert {row["look"] for row in rows.values()} <= {None, "evidence"}
