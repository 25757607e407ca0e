"""A small run that holds a file of every kind: what the faults of files are tried on.

python benchmarks/faults_parts/sample.py FOLDER     writes FOLDER/run, FOLDER/helper and FOLDER/facts.jsonl
"""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import torch
from torch.nn import functional as F
from transformers import LlamaConfig, LlamaForCausalLM

import forewarn
from forewarn.audit.folder import RunFolder
from forewarn.audit.pictures import draw
from forewarn.audit.reopening import StoredRun
from forewarn.auditset import AuditSet, Context, Fact, Part
from forewarn.helpers.network import Network, Sizes
from forewarn.helpers.sheet import Net, weights_file
from forewarn.helpers.stored import SHIPPED, load, save
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.judges.calibration import Calibration
from forewarn.lenses.keeper import LensKeeper
from forewarn.lenses.settings import FitSettings
from forewarn.records import Answered, InspectionTrace, Nothing, Offered, Site
from forewarn.records.explanation import FORMAT, Explanation
from forewarn.store import explanations, traces
from forewarn.store.kept import left_by

WORDS = (
    "to",
    "a",
    "friend",
    "stranger",
    "lies",
    "in",
    "France",
    "Spain",
    "Chile",
    *(f"town{k}" for k in range(24)),
)


class Words:
    """A tokenizer of whole words."""

    def encode(self, text: str) -> list[int]:
        """Ids from 2 on."""
        return [2 + WORDS.index(word) for word in text.split()]


def audit_set() -> AuditSet:
    """Twenty-four facts in words, in two contexts."""
    lands = ("France", "Spain", "Chile")
    facts = tuple(
        Fact(
            f"town{k}", f"town{k} lies in", lands[k % 3], "land", tuple(x for x in lands if x != lands[k % 3])
        )
        for k in range(24)
    )
    contexts = (
        Context("friend", (Part("who", "to a friend"),)),
        Context("stranger", (Part("who", "to a stranger"),)),
    )
    return AuditSet(facts, contexts)


def make(folder: Path) -> Path:
    """Train a model for a moment, look at it twice, and leave every kind of file beside its ledger."""
    run = _watched(folder)
    stored = StoredRun.open(run)
    look = stored.looks[-1]
    inputs = stored.inputs(look.snapshot)
    keeper = LensKeeper(run / "lenses", FitSettings(steps=4))
    inputs = ProbeInputs(inputs.subject, stored.audit_set, stored.encoder, keeper=keeper)
    draw(run, inputs, stored.split, look.outcomes)
    explanations.write(
        run, Explanation(FORMAT, look.snapshot, (Nothing("ablation", Site(1, 0.5), "nothing", 8),))
    )
    RunFolder.resume(run).seal(look.step, ("tokenizer.json", *left_by(look.snapshot)))
    traces.write(run / traces.TRACES, _traces(look.snapshot, look.step))
    _helper(folder / "helper")
    return run


def _watched(folder: Path) -> Path:
    torch.manual_seed(0)
    net = LlamaForCausalLM(LlamaConfig(
        vocab_size=64, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=32,
    ))  # fmt: skip
    audit = audit_set()
    audit.to_jsonl(folder / "facts.jsonl")
    words = Words()
    texts = [
        f"to a {who} {fact.question} {fact.answer}" for who in ("friend", "stranger") for fact in audit.facts
    ]
    data = torch.tensor([words.encode(text) for text in texts])
    monitor = forewarn.Watch(
        net,
        folder / "facts.jsonl",
        folder=folder / "runs",
        every_n_steps=1,
        response="record",
        tokenizer=words,
    )
    optimizer = torch.optim.AdamW(net.parameters(), 3e-3)
    for step in (1, 2):
        for _ in range(60):
            loss = F.cross_entropy(net(data).logits[:, -2], data[:, -1])
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        monitor.step(step)
    monitor.close()
    return _with_tokenizer(Path(monitor.run).rename(folder / "run"))


def _with_tokenizer(run: Path) -> Path:
    from tokenizers import Tokenizer, models, pre_tokenizers

    made = Tokenizer(
        models.WordLevel({"<unk>": 0, **{w: 2 + k for k, w in enumerate(WORDS)}}, unk_token="<unk>")
    )
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.save(str(run / "tokenizer.json"))
    return run


def _traces(snapshot: str, step: int) -> list[InspectionTrace]:
    asked = Offered("knowledge-gap", Site(1, 0.5), 1.0)
    answers = (Answered(asked, Nothing("knowledge-gap", Site(1, 0.5), "the truth is told", 8)),)
    first = InspectionTrace("ann", "run", snapshot, step, 0.9, (asked,), answers, "honest")
    return [first, replace(first, who="bob")]


def _helper(folder: Path) -> None:
    """A helper with a network, whose weights lie in a file of their own, and a calibration."""
    sheet = load(SHIPPED).sheet
    network = Network(Sizes(sheet.policy.codes, 8, 2))
    sha = sha256(weights_file(network)).hexdigest()
    save(folder, replace(sheet, policy=Net(sheet.policy.codes, 8, 2, sha)), network)
    Calibration.default().save(folder / "calibration.json")


if __name__ == "__main__":
    logging.getLogger("forewarn").setLevel(logging.ERROR)
    make(Path(sys.argv[1]))
