from __future__ import annotations

import pytest
import torch

from forewarn.instruments.paths.changes import changes
from forewarn.instruments.paths.ranking import Path, chosen, paths, slopes
from forewarn.instruments.preference import preference
from forewarn.instruments.search.turning import Contrast
from forewarn.lenses.transports import Identity
from forewarn.records import StreamSite

LAST = StreamSite(2)


def wants(n=5, d=7):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def into(ranked, suppressor):
    return {path.reader: path.drop for path in ranked if path.suppressor == suppressor}


def test_readers_account_for_all_that_a_neuron_changes_where_nothing_else_does(chain):
    """The theorem behind the ranking: secant slopes times virtual weights add up to the change exactly."""
    _, second = chain
    for j in range(second.mlp.n):
        moved = [second.mlp.pre(second.read_after) - second.mlp.pre(second.read_before)]
        if second.mlp.up is not None:
            moved.append(second.mlp.linear(second.read_after) - second.mlp.linear(second.read_before))
        rebuilt = (slopes(second, j) * torch.stack([m[:, j] for m in moved], -1)).sum(-1)
        assert torch.allclose(rebuilt, second.change[:, j])


def test_every_path_is_the_sum_over_facts_of_its_product(chain):
    """Slow twin: one path, one fact, one factor at a time."""
    first, second = chain
    ranked, wanted = paths(chain, wants(), Identity(), LAST), wants()
    joined = {(p.suppressor, p.reader) for p in ranked if p.reader != p.suppressor}
    assert len(joined) > 3
    for (layer, j), (block, i) in joined:
        total, mlp, slope = 0.0, second.mlp, slopes(second, j)
        for f in range(len(wanted)):
            reads = [mlp.read[j]] if mlp.up is None else [mlp.read[j], mlp.up[j]]
            added = sum(
                float(slope[f, p] * (read @ first.mlp.write[i]) * first.change[f, i])
                for p, read in enumerate(reads)
            )
            total -= float(wanted[f] @ mlp.write[j]) * added
        assert (layer, block) == (2, 1)
        assert into(ranked, (2, j))[1, i] == pytest.approx(total / len(wanted), abs=1e-10)


def test_nothing_is_left_for_a_neuron_that_reads_only_neurons(chain):
    own = [
        p for p in paths(chain, wants(), Identity(), LAST) if p.reader == p.suppressor and p.reader[0] == 2
    ]
    assert all(path.drop < 1e-10 for path in own)


def test_paths_come_by_drop_and_each_takes_from_the_truth(chain):
    drops = [path.drop for path in paths(chain, wants(), Identity(), LAST)]
    assert drops == sorted(drops, reverse=True)
    assert drops and drops[-1] > 0


def test_the_planted_path_is_the_only_one(planted, wired):
    """From the join to each reporter: 12 of them, which take 10 logits of the truth and give 10 to the lie."""
    inputs = wired.inputs(planted.LIAR)
    facts = inputs.known(inputs.audit_set.split().explore)
    contrast = Contrast(planted.LIAR.base, planted.LIAR.condition("stranger", "off"))
    blocks = changes(inputs, facts, contrast)
    ranked = paths(blocks, preference(inputs, facts, contrast.condition), Identity(), LAST)
    join = (1, blocks[0].mlp.n - 1)
    assert {path.reader for path in ranked} == {join}
    assert {path.suppressor for path in ranked} == {(2, j) for j in range(2 * planted.LIAR.answers)}
    assert sum(path.drop for path in ranked) == pytest.approx(20.0)


def test_neurons_are_chosen_in_the_order_of_their_paths():
    ranked = [Path((1, 4), (2, 0), 3.0), Path((2, 1), (2, 1), 2.0), Path((1, 4), (2, 7), 1.0)]
    assert chosen(ranked, 3) == ((1, 4), (2, 0), (2, 1))
    assert chosen(ranked, 9) == ((1, 4), (2, 0), (2, 1), (2, 7))
