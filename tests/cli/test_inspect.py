from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from dataclasses import replace
from types import ModuleType, SimpleNamespace

import pytest
from typer.testing import CliRunner

from forewarn.cli import inspect as command
from forewarn.cli.app import app
from forewarn.errors import NotApplicableError, StoreError
from forewarn.inspect.request import LensRequest, Request
from forewarn.records import Unit, UnitAndBlock


@pytest.fixture
def run(build, tmp_path):
    return build.write_run(tmp_path / "liar", build.flagged_events())


@pytest.fixture
def room(monkeypatch, build):
    """A stand-in for the person's room; `asked` is what it was asked, `error` what it raises."""
    opening, looking = (ModuleType(f"forewarn.inspect.{name}") for name in ("opened", "inspector"))
    state = SimpleNamespace(asked=[], found=build.inspected(), error=None)

    def open_at(folder, step, factory, tell):
        print("noise from a model")
        with tell("opening"), contextlib.nullcontext():
            state.asked.append((folder, step, factory))
        if state.error:
            raise state.error
        return SimpleNamespace(look=SimpleNamespace(step=step or 500, outcomes=()))

    class Inspector:
        def __init__(self, opened):
            self.opened = opened

        def inspect(self, request):
            state.asked.append(request)
            parts = {name: getattr(state.found, name) for name in ("neuron", "virtual", "head")}
            kept = {name: part if getattr(request, name) else None for name, part in parts.items()}
            return replace(
                state.found, trajectories=state.found.trajectories if request.lens else None, **kept
            )

    def choose_look(folder, looks, step):
        return next(look for look in looks if look.step == (step or 500))

    opening.open_at, looking.Inspector = open_at, Inspector
    monkeypatch.setattr(command, "choose_look", choose_look)
    for module in (opening, looking):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return state


def _inspect(*arguments):
    return CliRunner().invoke(app, ["inspect", *map(str, arguments)])


def test_by_default_the_lens_table_is_printed(run, room):
    result = _inspect(f"{run}@500")
    assert result.exit_code == 0, result.output
    assert room.asked == [(run, 500, None), Request(lens=LensRequest())]
    assert "step 500" in result.stdout and "by the tuned lens" in result.stdout
    assert "noise" not in result.stdout
    assert "forewarn: opening …" in result.stderr
    assert not any(word in result.stdout for word in ("logit lens)", "Backwards", "Neuron", "Head"))


def test_lenses_can_be_had_without_correction_and_backwards(run, room):
    text = _inspect(f"{run}@500", "--lens", "--logit", "--backwards").stdout
    assert "without correction (logit lens)" in text and "Backwards: the input token" in text


def test_units_are_asked_for_by_block_and_number(run, room):
    result = _inspect(
        run, "--neuron", "2.17", "--virtual", "2.17:3", "--head", "1.0", "--top", 3, "--back", 2
    )
    assert result.exit_code == 0, result.output
    wanted = Request(None, Unit(2, 17), UnitAndBlock(Unit(2, 17), 3), Unit(1, 0), "jacobian", 3, 2)
    assert room.asked == [(run, None, None), wanted]
    for told in ("Neuron 2.17", "that read neuron 2.17", "Head 1.0"):
        assert told in result.stdout
    assert "tuned lens" not in result.stdout


def test_a_prompt_or_a_fact_asks_for_the_lens_too(run, room):
    _inspect(run, "--neuron", "2.17", "--fact", "Lyon", "--context", "plain")
    assert room.asked[1].lens == LensRequest("Lyon", "plain")
    _inspect(run, "--prompt", "Lyon lies in", "--transport", "tuned")
    assert room.asked[3] == Request(lens=LensRequest(prompt="Lyon lies in"), transport="tuned")


def test_json_holds_all_numbers_and_nothing_else(run, room):
    result = _inspect(run, "--lens", "--neuron", "2.17", "--json")
    value = json.loads(result.stdout)
    assert value["run"] == str(run) and value["step"] == 500
    assert value["trajectories"]["trajectories"][0]["truth"][4] == 0.7
    assert value["neuron"]["rankings"][0]["top"][0]["word"] == "France"
    assert (value["virtual"], value["head"]) == (None, None)


def test_a_page_is_written_where_asked(run, room, tmp_path):
    path = tmp_path / "page.html"
    result = _inspect(run, "--lens", "--html", path)
    assert f"Page: {path}" in result.stdout
    text = path.read_text(encoding="utf8")
    assert '<svg class="heat tuned"' in text and "llama-outsider-unlogged, step 500" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--neuron", "17"], "--neuron: a neuron or head is written as block and number"),
        (["--virtual", "2.17"], "--virtual: a neuron and another block are written such as 1.17:3"),
        (["--prompt", "a", "--fact", "b"], "--prompt is a text of your own"),
        (["--neuron", "9.1"], "the model has blocks 1 to 4; found block 9"),
        (["--ask", "latent-polcy"], "there is no question 'latent-polcy'; did you mean latent-policy?"),
        (["--ask", "latent-policy/composur"], "did you mean latent-policy/composure?"),
        (["--ask", "observer@resid9@answer"], "the model has layers 0 to 4; found layer 9"),
        (["--ask", "observer", "--site", "block 2"], "a site is written as tensor, layer and token"),
        (["--word", "deceptiv"], "found 'deceptiv'; did you mean deceptive?"),
        (["--transport", "linear", "--lens"], "a transport is one of jacobian"),
        (["--lens", "--who", "Ann"], "nothing is recorded without --ask, --word or --questions"),
    ],
)
def test_wrong_words_are_refused_before_anything_is_opened(run, room, arguments, message):
    result = _inspect(run, *arguments)
    assert result.exit_code == 2 and message in result.stderr
    assert room.asked == []


def test_a_step_is_refused_by_the_ledger_alone(run):
    result = _inspect(f"{run}@450", "--lens")
    assert result.exit_code == 2 and "holds no look at step 450; no snapshot is stored" in result.stderr


def test_a_mistyped_probe_is_refused_without_torch(run):
    code = (
        "import sys\nfrom forewarn.cli.app import app\n"
        f"try:\n    app(['inspect', {str(run)!r}, '--ask', 'latent-polcy'])\n"
        "except SystemExit as end:\n    sys.exit(10 * end.code + ('torch' in sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (result.returncode, result.stderr.count("did you mean latent-policy?")) == (20, 1)


@pytest.mark.parametrize(
    "error", [StoreError("no snapshot of step 3"), NotApplicableError("a mixture of experts")]
)
def test_refusals_are_one_message(run, room, error):
    room.error = error
    result = _inspect(run, "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout) == {"error": str(error), "exit_code": 2}
    assert "Traceback" not in result.stderr


def test_a_folder_that_is_no_run_is_refused_before_torch_is_needed(room, tmp_path):
    result = _inspect(tmp_path / "nowhere")
    assert result.exit_code == 2 and "no such folder" in result.stderr
    assert room.asked == []


def test_the_model_is_built_by_the_function_that_is_named(run, room, tmp_path, monkeypatch):
    (tmp_path / "my_decoders.py").write_text("def build(): return 'model'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert _inspect(run, "--model", "my_decoders:build").exit_code == 0
    assert room.asked[0][2]() == "model"


def test_a_page_of_questions_alone_is_refused(run, tmp_path):
    result = _inspect(run, "--ask", "latent-policy", "--html", tmp_path / "page.html")
    assert result.exit_code == 2 and "--html shows lenses and weights" in result.stderr
    assert not (tmp_path / "page.html").exists()


def test_an_empty_pipe_gets_the_lens_table_as_before(run, room):
    result = _inspect(run)
    assert result.exit_code == 0 and "by the tuned lens" in result.stdout and "liar@500>" not in result.stdout


def test_a_piped_script_is_answered_and_the_snapshot_opened_once(run, room):
    result = CliRunner().invoke(app, ["inspect", str(run)], input="help\nlens fact Lyon\n")
    assert result.exit_code == 0, result.output
    assert [asked for asked in room.asked if isinstance(asked, tuple)] == [(run, None, None)]
    assert room.asked[1] == Request(lens=LensRequest(fact="Lyon"))
    assert result.stdout.index("liar@500> help") < result.stdout.index("liar@500> lens fact Lyon")


def test_json_is_never_a_prompt(run, room):
    result = CliRunner().invoke(app, ["inspect", str(run), "--json"], input="help\n")
    assert json.loads(result.stdout)["trajectories"] is not None
