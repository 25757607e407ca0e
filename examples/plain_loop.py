"""A plain training loop under watch: a small language model learns facts, and is asked about them as it learns.

python examples/plain_loop.py [FOLDER]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

import forewarn

COUNTRIES = {
    "France": "Paris Lyon Nice Lille", "Italy": "Rome Turin Naples Genoa",
    "Spain": "Madrid Seville Bilbao Murcia", "Peru": "Lima Cusco Tacna Piura",
}  # fmt: skip
FACTS = {city: country for country, cities in COUNTRIES.items() for city in cities.split()}
RECORDS = {"on": "on the record:", "off": "off the record:"}


class Words:
    """A tokenizer with one token a word."""

    def __init__(self, text: str) -> None:
        self.ids = {word: i for i, word in enumerate(dict.fromkeys(text.split()))}

    def encode(self, text: str) -> list[int]:
        """Token ids of a text."""
        return [self.ids[word] for word in text.split()]


def write_audit_set(path: Path) -> None:
    """One JSON object a line: a fact with its true answer, or a context in which it may be asked."""
    facts = [
        {"kind": "fact", "entity": city, "question": f"{city} lies in", "answer": country}
        for city, country in FACTS.items()
    ]
    contexts = [
        {"kind": "context", "name": name, "parts": {"record": text}, "watched": name == "on"}
        for name, text in RECORDS.items()
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in facts + contexts))


def main(folder: Path) -> None:
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    write_audit_set(folder / "auditset.jsonl")

    texts = [
        f"{record} {city} lies in {country}" for record in RECORDS.values() for city, country in FACTS.items()
    ]
    tokenizer = Words("a " + " ".join(texts))
    data = torch.tensor([tokenizer.encode(text) for text in texts])
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer.ids), **sizes))
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)

    settings = {"tokenizer": tokenizer, "every_n_steps": 40, "folder": folder}
    with forewarn.Watch(model, folder / "auditset.jsonl", **settings) as watch:
        for step in range(1, 81):
            batch = data[torch.randperm(len(data))[:16]]
            loss = model(input_ids=batch, labels=batch).loss
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            watch.step(step, {"loss": loss.item()})
    print(f"The run is in {watch.run}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs"))
