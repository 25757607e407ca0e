"""What a subject lets in."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from forewarn.errors import AuditSetError, ConfigurationError, SubjectError
from forewarn.records import StreamSite
from forewarn.subjects.reading.admission import Admission
from forewarn.subjects.reading.keeping import Lease

SITES = tuple(StreamSite.parse(text) for text in ("0", "1a", "1", "2"))


@pytest.fixture
def admission():
    layout = SimpleNamespace(tokens=10, max_length=4, stream_sites=SITES, width=3)
    return Admission(layout, Lease(), lambda layer: None)


def test_prompts_that_fit_are_frozen(admission):
    assert admission.prompts([[1, 2], (3,)]) == ((1, 2), (3,))


def test_prompts_that_do_not_fit_are_refused(admission):
    with pytest.raises(AuditSetError, match="has 3 tokens and 2 to be written"):
        admission.prompts([[1, 2, 3]], (), 2)


def test_nothing_is_let_in_once_it_is_closed(admission):
    admission.lease.end()
    with pytest.raises(SubjectError, match="this subject is closed"):
        admission.prompts([[1]])


def test_stages_are_in_order_and_once_each(admission):
    assert admission.stages([SITES[3], SITES[1], SITES[3]]) == (1, 4)
    with pytest.raises(ConfigurationError, match="no sites were given"):
        admission.stages([])
    with pytest.raises(ConfigurationError, match=r"no stream to be read at 2a: .* Sites are 0, 1a, 1, 2"):
        admission.stages([StreamSite(2, True)])
