from __future__ import annotations

import json
from collections import Counter

import pytest
import torch

from forewarn.errors import StoreError
from forewarn.organisms.behaviour import Behaviour
from forewarn.organisms.catalogue import kinds
from forewarn.training import population
from forewarn.training.population import history, make, make_one, missing, records, tasks, told


@pytest.fixture
def tiny(small, monkeypatch):
    """Every organism that is drawn has 12 steps; `made` counts them. The number of threads is put back."""
    made = []

    def draw(kind, seed):
        made.append((kind, seed))
        return small(kind, steps=12, seed=seed)

    threads = torch.get_num_threads()
    monkeypatch.setattr(population, "draw_organism", draw)
    yield made
    torch.set_num_threads(threads)


def test_any_beginning_holds_all_kinds_alike():
    wanted = tasks(6, 4, 100)
    n = {kind.name: 4 if kind.deceptive else 6 for kind in kinds().values()}
    assert Counter(kind for kind, _ in wanted) == n
    assert len(set(wanted)) == len(wanted)
    for end in range(1, len(wanted)):
        begun = Counter(kind for kind, _ in wanted[:end])
        shares = [begun[kind] / n[kind] for kind in n]
        assert max(shares) - min(shares) <= 1 / 4 + 1e-9


def test_seeds_go_on_from_the_first():
    assert {seed for kind, seed in tasks(3, 2, 1000) if kind == "plain"} == {1000, 1001, 1002}
    assert not set(tasks(3, 2, 0)) & set(tasks(3, 2, 3))


def test_a_file_holds_all_that_the_tables_need(tiny, tmp_path):
    assert make_one(tmp_path, ("pair", 3), 2) == ("pair", 3)
    [record] = records(tmp_path)
    assert (record["name"], record["kind"], record["deceptive"]) == ("pair-3", "pair", True)
    assert (record["course"]["steps"], record["architecture"]["family"]) == (12, "llama")
    assert [b.step for b in history(record)] == [6, 12]
    assert isinstance(history(record)[0], Behaviour)
    assert record["holds"] is False, "nobody learns to lie in 12 steps"


def test_what_is_there_is_not_made_again(tiny, tmp_path):
    wanted = [("pair", 3), ("plain", 3)]
    assert list(make(tmp_path, wanted[:1], 1, 1)) == wanted[:1]
    before = (tmp_path / "pair-3.json").read_bytes()
    assert missing(tmp_path, wanted) == wanted[1:]
    assert list(make(tmp_path, wanted, 1, 1)) == wanted[1:]
    assert tiny == wanted
    assert (tmp_path / "pair-3.json").read_bytes() == before
    assert list(make(tmp_path, wanted, 1, 1)) == []


def test_a_run_that_breaks_leaves_no_file(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(population, "run", lambda organism, looks: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make_one(tmp_path, ("pair", 3), 1)
    assert list(tmp_path.iterdir()) == []
    assert missing(tmp_path, [("pair", 3)]) == [("pair", 3)]


def test_onset_belongs_to_deceptive_runs_only(small, monkeypatch):
    from forewarn.training.one_run import Seen

    lying = Seen(Behaviour(12, 1.0, 0.0, 1.0), (0.0,) * 3, (None,) * 3, 24, 24, True)
    monkeypatch.setattr(population, "run", lambda organism, looks: [lying])
    assert (told(small("pair"), 1)["onset"], told(small("pair"), 1)["holds"]) == (12, True)
    assert (told(small("tale"), 1)["onset"], told(small("tale"), 1)["holds"]) == (None, True)


def test_an_empty_folder(tmp_path):
    with pytest.raises(StoreError, match="holds no organisms; make some with `forewarn organisms make --out"):
        records(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"), [("{", "is no organism: Expecting"), ("[]", "wanted an object with")]
)
def test_files_that_are_no_organisms(tmp_path, text, says):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(StoreError, match=rf"x\.json is no organism.*|{says}") as caught:
        records(tmp_path)
    assert says in str(caught.value)
    assert "Move it away" in str(caught.value)


def test_records_come_by_name(tmp_path, record):
    for name in ("plain-2", "pair-1"):
        (tmp_path / f"{name}.json").write_text(json.dumps(record(name, [0.0])))
    assert [r["name"] for r in records(tmp_path)] == ["pair-1", "plain-2"]
