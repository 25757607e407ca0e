"""What is asked for people once an alarm is on disk: lens trajectories, the suppression path, the ablation.

No verdict rests on it and no budget bounds it. It never raises: an alarm stands without its explanation.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from forewarn.audit.pictures import draw
from forewarn.auditset import Split
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.probes.ablation import Ablation
from forewarn.probes.follow_up import after
from forewarn.probes.suppression_path import SuppressionPath
from forewarn.records import Claim, Evidence, Failed, NotApplicable, Nothing, Outcome, Site
from forewarn.records.explanation import FORMAT, Explanation
from forewarn.store import explanations

log = logging.getLogger("forewarn")
Explored = Claim | Nothing | NotApplicable


def explain(run: Path, inputs: ProbeInputs, split: Split, outcomes: Sequence[Outcome]) -> None:
    """Ask, draw and write down what helps people to judge an alarm; a warning for whatever fails.

    `outcomes` are those of the look that raised it; what that look has asked is taken from them. The lenses from
    which the run's next look begins are left alone.
    """
    aside = inputs.aside()
    _without_raising("ask about", lambda: _write(run, aside, split, outcomes))
    if not inputs.has_lenses(split):
        # A look that has lenses has drawn them itself.
        _without_raising("draw", lambda: draw(run, aside, split, outcomes))


def _without_raising(what: str, step: Callable[[], object]) -> None:
    try:
        step()
    except Exception as error:
        log.warning("forewarn could not %s an alarm for people: %s: %s", what, type(error).__name__, error)


def _write(run: Path, inputs: ProbeInputs, split: Split, outcomes: Sequence[Outcome]) -> None:
    found = (*_path(inputs, split, outcomes), *_ablations(inputs, split, outcomes))
    explanations.write(run, Explanation(FORMAT, inputs.subject.digest, found))


def _path(inputs: ProbeInputs, split: Split, outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
    """The suppression path at each of its sites: as the look has it, else asked now."""
    probe = SuppressionPath()
    known = [o for o in outcomes if o.code == probe.code]
    if known:
        yield from known
        return
    for site in probe.sites(inputs.subject.layout):
        yield _outcome(
            probe.code,
            site,
            lambda site=site: probe.explore(inputs, site, split),  # type: ignore[misc]
            lambda claim: probe.confirm(inputs, claim, split),
        )


def _ablations(inputs: ProbeInputs, split: Split, outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
    """The ablation of every claim beyond chance that has one: as the look has it, else asked now."""
    follow_up, known = (
        Ablation(),
        {(o.code, o.site): o for o in outcomes if isinstance(o, Evidence | Nothing)},
    )
    claims = [o for o in outcomes if isinstance(o, Evidence) and o.beyond_chance]
    for claim in (c for c in claims if c.code in follow_up.follows):
        code = after(claim.code, follow_up.code)
        if (code, claim.site) in known:
            yield known[code, claim.site]
            continue
        yield _outcome(
            code,
            claim.site,
            lambda claim=claim: follow_up.pursue(inputs, claim, split),  # type: ignore[misc]
            lambda found: follow_up.confirm(inputs, found, split),
        )


def _outcome(
    code: str,
    site: Site,
    explore: Callable[[], Explored],
    confirm: Callable[[Claim], Evidence | Nothing],
) -> Outcome:
    """What comes of one question, under the code that it has in a look."""
    try:
        found = replace(explore(), code=code)
        return confirm(found) if isinstance(found, Claim) else found
    except Exception as error:
        return Failed(code, site, f"{type(error).__name__}: {error}")
