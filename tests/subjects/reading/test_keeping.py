"""What a subject keeps."""

from __future__ import annotations

import pytest
import torch

from forewarn.errors import SubjectError
from forewarn.subjects.reading.keeping import Lease, Memo


def key(k):
    return ((k,),), (0,)


def test_the_memo_drops_what_was_asked_for_longest_ago():
    memo = Memo(size=2)
    values = [torch.tensor(k) for k in range(3)]
    memo.put(key(0), values[0])
    memo.put(key(1), values[1])
    assert memo.get(key(0)) is values[0]
    memo.put(key(2), values[2])
    assert memo.get(key(1)) is None
    assert memo.get(key(0)) is values[0]
    assert memo.get(key(2)) is values[2]


def test_a_lease_ends_once_and_for_all():
    lease = Lease()
    lease.check()
    lease.end()
    with pytest.raises(SubjectError, match=r"closed.*use one opener for each"):
        lease.check()


def test_a_question_is_read_once_and_answered_by_copies():
    memo, asked = Memo(), []

    def read():
        asked.append(1)
        return torch.zeros(2)

    key = (((1,),), (0,), (0,))
    memo.of(key, read).add_(1.0)
    assert memo.of(key, read).tolist() == [0.0, 0.0]
    assert len(asked) == 1
