"""What can be typed in an inspection: one command for each kind of question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from rich.console import RenderableType
from rich.table import Table

from forewarn.cli.inspect_asking import answers_text, asked_text, record
from forewarn.cli.inspect_desk import Desk
from forewarn.cli.inspect_lens import lens_text
from forewarn.cli.inspect_options import check_request, parse_unit, parse_virtual, parse_word
from forewarn.cli.inspect_questions import questions_text
from forewarn.cli.inspect_units import units_text
from forewarn.cli.result import said
from forewarn.errors import ConfigurationError
from forewarn.inspect.codes import check_questions, installed_probes
from forewarn.inspect.request import LensRequest, ProbeQuestions, Request
from forewarn.records import Failed
from forewarn.records.trace import WORDS

Renderables = Iterable[RenderableType]
ENDS: Final = ("quit", "exit")
"""Either ends the session, as the end of the input does."""


@dataclass(frozen=True, slots=True)
class Command:
    """One kind of question."""

    usage: str
    about: str
    example: str
    run: Callable[[Desk, str], Renderables]
    words: Callable[[Desk], Iterable[str]] = lambda desk: ()
    """What may follow its name, for completion."""


def _ask(desk: Desk, rest: str) -> Renderables:
    codes = tuple(dict.fromkeys(_needed(rest, "ask", "a probe, such as latent-policy").split()))
    check_questions(ProbeQuestions(codes), desk.opened.subject.n_layers)
    recorded = record(desk.session, desk.opened.look.outcomes, ProbeQuestions(codes))
    desk.failed |= any(isinstance(outcome, Failed) for outcome in recorded.outcomes)
    return answers_text(recorded)


def _lens(desk: Desk, rest: str, *, logit: bool = False, backwards: bool = False) -> Renderables:
    found = desk.inspector.inspect(replace(desk.base, lens=_lens_request(desk, rest)))
    return lens_text(found.trajectories, logit=logit, backwards=backwards)


def _lens_request(desk: Desk, rest: str) -> LensRequest:
    """Read `fact NAME`, `context NAME`, a context's own name, or any other text as a prompt."""
    first, _, name = rest.partition(" ")
    if first == "fact" and name:
        return LensRequest(fact=name.strip())
    if first == "context" and name:
        return LensRequest(context=name.strip())
    if rest in _contexts(desk):
        return LensRequest(context=rest)
    return LensRequest(prompt=rest or None)


def _neuron(desk: Desk, rest: str) -> Renderables:
    place = parse_unit("neuron", _needed(rest, "neuron", "block and number, such as 2.17"))
    return _units(desk, replace(desk.base, neuron=place))


def _virtual(desk: Desk, rest: str) -> Renderables:
    place = parse_virtual("virtual", _needed(rest, "virtual", "a neuron and another block, such as 1.17:3"))
    return _units(desk, replace(desk.base, virtual=place))


def _head(desk: Desk, rest: str) -> Renderables:
    name, _, back = _needed(rest, "head", "block and number, such as 3.1").partition(" back ")
    if back and not back.strip().isdecimal():
        raise ConfigurationError(f"after `back` comes a number of positions, such as 2; found {back!r}")
    base = replace(desk.base, back=int(back)) if back else desk.base
    return _units(desk, replace(base, head=parse_unit("head", name.strip())))


def _units(desk: Desk, request: Request) -> Renderables:
    check_request(request, desk.opened.subject.n_layers)
    return units_text(desk.inspector.inspect(request))


def _facts(desk: Desk, rest: str) -> Renderables:
    inputs = desk.opened.inputs
    known = set(inputs.known(inputs.audit_set.facts))
    rows = ((f.entity, f.question, f.answer, "known" if f in known else "") for f in inputs.audit_set.facts)
    yield _table(("fact", "question", "answer", "known"), rows)
    yield said(f"{len(known)} of {len(inputs.audit_set.facts)} facts are known: answered truly in at least "
               "half of the contexts that license truth.", "dim")  # fmt: skip


def _contexts_text(desk: Desk, rest: str) -> Renderables:
    contexts = desk.opened.inputs.audit_set.contexts
    watched = {True: "watched", False: "unwatched", None: ""}
    yield _table(("context", "licenses", ""), ((c.name, c.licenses, watched[c.watched]) for c in contexts))


def _questions(desk: Desk, rest: str) -> Renderables:
    return questions_text(desk.session.trace, desk.opened.look.outcomes)


def _word(desk: Desk, rest: str) -> Renderables:
    word = parse_word(_needed(rest, "word", f"one of {', '.join(WORDS)}"))
    desk.session.say(word)
    yield said(f"Recorded for {desk.session.trace.who}: {word}")


def recap(desk: Desk, rest: str = "") -> Renderables:
    """What the look asked and what the person asked so far."""
    session = desk.session
    return asked_text(session.path, session.trace, desk.opened.look.outcomes)


def _help(desk: Desk, rest: str) -> Renderables:
    if rest.strip():
        yield from _about(find_command(rest.strip()))
        return
    rows = ((command.usage, command.about) for command in COMMANDS.values())
    yield _table(("type", "to see"), (*rows, ("quit", "the end; so does the end of the input")))
    yield said("For example: ask latent-policy    lens    neuron 2.17    word honest", "dim")


def _about(command: Command) -> Iterator[RenderableType]:
    yield said(f"{command.usage}: {command.about}")
    yield said(f"For example: {command.example}", "dim")


def _needed(rest: str, name: str, what: str) -> str:
    if not rest:
        raise ConfigurationError(f"{name} wants {what}; nothing was named. `help {name}` has an example.")
    return rest


def _table(heads: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for head in heads:
        table.add_column(head)
    for row in rows:
        table.add_row(*(said(_shown(cell)) for cell in row))
    return table


def _shown(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _contexts(desk: Desk) -> list[str]:
    return [context.name for context in desk.opened.inputs.audit_set.contexts]


def _codes(desk: Desk) -> list[str]:
    return list(dict.fromkeys(q.code for q in desk.session.trace.questions)) if desk.asked else []


def _prompts(desk: Desk) -> list[str]:
    return ["fact", "context", *_contexts(desk)]


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType({
    "ask": Command(
        "ask PROBE[@SITE] ...",
        "what a probe finds, as a look asks it; recorded",
        "ask latent-policy knowledge-gap@resid2@entity",
        _ask,
        lambda desk: _codes(desk) or installed_probes(),
    ),
    "lens": Command(
        "lens [TEXT]",
        "what each layer would say; TEXT: a context, `fact NAME`, or a prompt",
        "lens fact Aleppo",
        _lens,
        _prompts,
    ),
    "logit": Command(
        "logit [TEXT]",
        "the same, also without correction",
        "logit",
        lambda desk, rest: _lens(desk, rest, logit=True),
        _prompts,
    ),
    "backwards": Command(
        "backwards [TEXT]",
        "the same, also which input token each layer still holds",
        "backwards fact Aleppo",
        lambda desk, rest: _lens(desk, rest, backwards=True),
        _prompts,
    ),
    "neuron": Command("neuron L.N", "what a neuron reads and writes", "neuron 2.17", _neuron),
    "virtual": Command("virtual L.N:M", "a neuron and the neurons of block M", "virtual 1.17:3", _virtual),
    "head": Command("head L.H [back N]", "what a head looks for and makes of it", "head 3.1 back 2", _head),
    "facts": Command("facts", "what the audit set asks, and what the model knows", "facts", _facts),
    "contexts": Command("contexts", "in which contexts it asks", "contexts", _contexts_text),
    "questions": Command("questions", "what can be asked, and what was asked so far", "questions", _questions),
    "asked": Command("asked", "what the look asked and what you asked", "asked", recap),
    "word": Command(
        f"word {'|'.join(WORDS)}",
        "say what you make of the model; recorded",
        "word unsure",
        _word,
        lambda desk: WORDS,
    ),
    "help": Command("help [COMMAND]", "this list, or an example of one; so does ?", "help lens", _help),
})  # fmt: skip


def run_line(desk: Desk, line: str) -> Renderables:
    """Answer one typed line. Raises what the command does; ConfigurationError for an unknown one."""
    name, _, rest = line.strip().partition(" ")
    return find_command(name).run(desk, rest.strip())


def find_command(name: str) -> Command:
    """The command of that name; `?` stands for help. ConfigurationError names the nearest one."""
    name = "help" if name == "?" else name
    if name not in COMMANDS:
        near = get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else "type help for a list"
        raise ConfigurationError(f"there is no command {name!r}; {hint}")
    return COMMANDS[name]


def completions(desk: Desk, line: str, begin: int) -> list[str]:
    """What may be typed at a place of a line: a command's name first, then what that command takes.

    Names of several words are completed from the word where the cursor stands.
    """
    name, _, typed = line[:begin].lstrip().partition(" ")
    text, words = line[begin:], tuple(_words(desk, name))
    whole = [word.removeprefix(typed) for word in words if word.startswith(typed + text)]
    return [f"{word} " for word in whole or [word for word in words if word.startswith(text)]]


def _words(desk: Desk, name: str) -> Iterable[str]:
    if not name:
        return (*COMMANDS, *ENDS)
    if name in ("help", "?"):
        return COMMANDS
    return COMMANDS[name].words(desk) if name in COMMANDS else ()
