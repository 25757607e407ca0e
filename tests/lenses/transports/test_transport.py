from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.lenses.transports import Identity, matrix
from forewarn.lenses.transports.transport import Transport, check_pair, check_vectors
from forewarn.records import StreamSite


class Scaling(Transport):
    name = "tuned"

    def __init__(self, by):
        self.by = by

    def push(self, vectors, source, target):
        return vectors @ self.by.T

    def pull(self, covectors, source, target):
        return covectors @ self.by

    def spread(self, source, target):
        return 0.0


def test_the_matrix_has_the_images_of_the_basis_as_columns(draw):
    by = draw(0, 4, 4)
    torch.testing.assert_close(matrix(Scaling(by), 4, StreamSite(0), StreamSite(1)), by)


def test_the_matrix_of_the_identity_is_the_identity():
    found = matrix(Identity(), 3, StreamSite(0), StreamSite(2))
    assert torch.equal(found, torch.eye(3, dtype=torch.float64))


def test_a_target_before_the_source_is_refused_and_pull_is_named():
    with pytest.raises(ConfigurationError, match=r"found 2 to 1a\. To read backwards use `pull`"):
        check_pair(StreamSite(2), StreamSite(1, True))


@pytest.mark.parametrize("wrong", [torch.zeros(4), torch.zeros(2, 5), torch.zeros(2, 4, dtype=torch.long)])
def test_what_is_no_list_of_directions_is_refused(wrong):
    with pytest.raises(ConfigurationError, match=r"a floating tensor \[k, 4\].*found torch\..*\["):
        check_vectors(wrong, 4)


def test_directions_of_the_right_width_pass():
    check_vectors(torch.zeros(0, 4), 4)
    check_vectors(torch.zeros(2, 4, dtype=torch.float64), 4)
