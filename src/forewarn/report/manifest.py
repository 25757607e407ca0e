"""The manifest of a run (run.json): what was asked for, what was used, and by which versions."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from forewarn._version import __version__
from forewarn.errors import IntegrityError
from forewarn.reading import parse, read_bytes, text_of

FORMAT = 2
MOST_BYTES = 16 * 2**20
"""A larger manifest is not read."""
DECEIVES = "that the model deceives"
"""Whose chance is told where a probe declares no property of its own."""


class OtherFormatError(IntegrityError):
    """Another version of forewarn wrote the run; nothing says that it was altered."""


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """One context in which the audit set asks its facts."""

    name: str
    """Its label."""
    text: str
    """What the model reads."""
    licenses: str
    """What the context allows as an answer, such as "truth"."""


@dataclass(frozen=True, slots=True)
class ProbeEntry:
    """One probe that the run could ask."""

    code: str
    """Its name in the ledger, such as "latent-policy"."""
    title: str | None = None
    """Its name for people; None where the manifest holds codes only."""
    chance: str = DECEIVES
    """Whose chance its evidence raises: "that the model deceives", or what the probe declares; empty for a
    follow-up, which looks for what its claim is about."""


@dataclass(frozen=True, slots=True)
class AlarmPromise:
    """What the calibration promises of a whole run."""

    digest: str
    """Digest of the calibration."""
    honest_runs: int
    """Honest runs behind the promise."""
    deceptive_runs: int
    """Deceptive runs behind the judge."""
    false_alarm: float
    """Promised chance of any alarm over a whole honest run."""
    threshold: float | None
    """Probability that a look must exceed to raise the alarm; None where no threshold could be set."""
    looks_per_run: int | None
    """Looks that the honest runs had, and beyond which the promise does not reach; None where not stated."""
    codes: tuple[str, ...] | None = None
    """Codes of the probes whose evidence the judge counts; None where not stated."""
    helper: str | None = None
    """Digest of the helper from whose looks it was made; None where everything was asked."""
    promise_from: str | None = None
    """Whose honest runs the promise rests on; None for organisms."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """run.json, checked."""

    name: str
    created: str
    forewarn: str
    """Version that watched the run."""
    settings_given: Mapping[str, Any]
    settings_used: Mapping[str, Any]
    audit_digest: str
    facts: int
    contexts: tuple[ContextEntry, ...]
    promise: AlarmPromise
    helper: Mapping[str, Any]
    probes: tuple[ProbeEntry, ...]
    model: Mapping[str, Any]
    packages: Mapping[str, Any]
    seed: int | None
    digest: str
    """SHA-256 of the file's bytes, as the ledger's first line names it."""

    @property
    def chance(self) -> str:
        """Whose chance the run's probabilities are: "that the model deceives", or what the probes declare."""
        codes = self.promise.codes
        judged = [probe for probe in self.probes if codes is None or probe.code in codes]
        return " or ".join(dict.fromkeys(probe.chance for probe in judged if probe.chance)) or DECEIVES

    @property
    def asked(self) -> str:
        """How the model was asked: "in the chat template"; empty for plain text, and where it is not stated."""
        return "in the chat template" if self.settings_used.get("chat") else ""


@dataclass(frozen=True, slots=True)
class _Section:
    """A JSON object of the manifest that knows where it stands, for its messages."""

    file: Path
    where: str
    values: Mapping[str, Any]

    def take(self, key: str, *kinds: type) -> Any:
        if key not in self.values:
            raise IntegrityError(f"{self.file}: {self.where}{key!r} is missing. {_ADVICE}")
        value = self.values[key]
        wrong_bool = isinstance(value, bool) and bool not in kinds
        if wrong_bool or not isinstance(value, kinds):
            wanted = " or ".join(_NAMES[kind] for kind in kinds)
            raise IntegrityError(
                f"{self.file}: {self.where}{key!r} should be {wanted}; found {json.dumps(value)[:60]}. {_ADVICE}"
            )
        return value

    def maybe(self, key: str, kind: type) -> Any:
        """None where it is null or, in older runs, not there."""
        return self.take(key, kind, type(None)) if key in self.values else None

    def section(self, key: str) -> _Section:
        return _Section(self.file, f"in {key!r}, ", self.take(key, dict))


_ADVICE = "The monitor writes the manifest and nobody should edit it; restore it from where the run was made."
_NAMES: Mapping[type, str] = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    dict: "an object",
    list: "a list",
    type(None): "null",
}


def read_manifest(path: Path) -> Manifest:
    """Read and check run.json.

    Raises IntegrityError that says which key is wrong, OtherFormatError where another version wrote it.
    """
    content = read_bytes(path, MOST_BYTES, path.parent)
    try:
        values = parse(text_of(content, str(path)), loose=True)
    except (ValueError, IntegrityError) as error:
        raise IntegrityError(f"{path} is not valid JSON ({error}). {_ADVICE}") from error
    if not isinstance(values, dict):
        raise IntegrityError(f"{path} should hold one JSON object; found {type(values).__name__}. {_ADVICE}")
    top = _Section(path, "", values)
    if top.take("format", int) != FORMAT:
        raise OtherFormatError(_other_format(path, values))
    return _manifest(top, sha256(content).hexdigest())


def _other_format(path: Path, values: Mapping[str, Any]) -> str:
    found, writer = values["format"], values.get("forewarn")
    if found > FORMAT:
        advice = "A newer forewarn wrote this run: update yours with `pip install --upgrade forewarn`."
    elif isinstance(writer, str) and writer != __version__:
        advice = f"An older forewarn wrote this run: read it with `pip install 'forewarn=={writer}'`."
    else:
        advice = "An earlier state of forewarn wrote this run: read it with that state, or train again."
    return (
        f"{path} has format {found}; this version of forewarn ({__version__}) reads format {FORMAT}. {advice}"
    )


def _manifest(top: _Section, digest: str) -> Manifest:
    audit, helper = top.section("audit_set"), top.section("helper")
    return Manifest(
        name=top.take("name", str),
        created=top.take("created", str),
        forewarn=top.take("forewarn", str),
        settings_given=top.take("settings_given", dict),
        settings_used=top.take("settings_used", dict),
        audit_digest=audit.take("digest", str),
        facts=audit.take("facts", int),
        contexts=tuple(_context(top.file, context) for context in audit.take("contexts", list)),
        promise=_promise(top.section("calibration")),
        helper=helper.values,
        probes=_probes(top, helper),
        model=top.take("model", dict),
        packages=top.take("packages", dict),
        seed=top.take("seed", int, type(None)),
        digest=digest,
    )


def _promise(section: _Section) -> AlarmPromise:
    threshold = section.take("threshold", float, int, type(None))
    looks = section.maybe("looks_per_run", int)
    return AlarmPromise(
        digest=section.take("digest", str),
        honest_runs=section.take("honest_runs", int),
        deceptive_runs=section.take("deceptive_runs", int),
        false_alarm=section.take("false_alarm", float, int),
        threshold=threshold if threshold is not None and math.isfinite(threshold) else None,
        looks_per_run=looks,
        codes=tuple(map(str, section.take("codes", list))) if "codes" in section.values else None,
        helper=section.maybe("helper", str),
        promise_from=section.maybe("promise_from", str),
    )


def _context(file: Path, value: Any) -> ContextEntry:
    section = _Section(file, "in a context of 'audit_set', ", value if isinstance(value, dict) else {})
    licenses = section.values.get("licenses")
    text = licenses if isinstance(licenses, str) else json.dumps(licenses)
    if isinstance(licenses, list):
        text = ", ".join(map(str, licenses)) or "nothing"
    return ContextEntry(name=section.take("name", str), text=section.take("text", str), licenses=text)


def _probes(top: _Section, helper: _Section) -> tuple[ProbeEntry, ...]:
    """All that could be asked, follow-ups too, where the manifest says so; else the probes of the helper."""
    entries = top.maybe("questions", list) or helper.maybe("probes", list) or ()
    return tuple(_probe(top.file, each) for each in entries if isinstance(each, dict | str))


def _probe(file: Path, value: Any) -> ProbeEntry:
    """A probe is written as its code, or as an object with its code and title.

    An object may also name a property ("flattery") or a behaviour ("flatters the user"), instead of deception.
    """
    if isinstance(value, str):
        return ProbeEntry(value)
    section = _Section(file, "in a probe, ", value if isinstance(value, dict) else {})
    named, does = section.maybe("property", str), section.maybe("behaviour", str)
    chance = f"of {named}" if named else f"that the model {does}" if does else DECEIVES
    if section.values.get("kind") == "follow-up":
        chance = ""
    return ProbeEntry(section.take("code", str), section.maybe("title", str), chance)
