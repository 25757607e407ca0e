from __future__ import annotations

import subprocess
import sys

import pytest

from forewarn.errors import ConfigurationError
from forewarn.inspect import codes
from forewarn.inspect.request import ProbeQuestions
from forewarn.probes import catalogue
from forewarn.probes import follow_up as probes_room


def test_names_come_from_the_entry_points_alone():
    assert set(codes.installed_probes()) == {probe.code for probe in catalogue()}
    assert set(codes.installed_follow_ups()) == {each.code for each in probes_room.follow_ups()}
    assert codes.FOLLOWS == probes_room.FOLLOWS
    code = (
        "import sys; from forewarn.inspect import codes; codes.installed_probes(); "
        "sys.exit('torch' in sys.modules or 'forewarn.probes' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("latent-polcy", "there is no question 'latent-polcy'; did you mean latent-policy?"),
        ("latent-policy/composre", "did you mean latent-policy/composure?"),
        ("nonsense/composure", "there is no question 'nonsense/composure'; "),
        ("a-stranger", "there is no question 'a-stranger'; there are input-attribution, kept-context, "),
        ("", "there is no question ''; there are "),
    ],
)
def test_a_misspelled_code_is_refused_with_the_nearest(code, message):
    with pytest.raises(ConfigurationError) as refused:
        codes.check_code(code)
    assert str(refused.value).startswith(message) or message in str(refused.value)


def test_what_is_installed_is_let_through_with_and_without_a_site():
    asked = ProbeQuestions(
        ("latent-policy", "observer@resid4@answer", "latent-policy/composure"), "resid0@entity"
    )
    codes.check_questions(asked, 4)
    codes.check_questions(ProbeQuestions(("observer@resid99@answer",)), None)


def test_a_site_above_the_last_block_is_refused_before_anything_is_opened():
    with pytest.raises(
        ConfigurationError, match="the model has layers 0 to 4; found layer 5 in 'resid5@answer'"
    ):
        codes.check_questions(ProbeQuestions(("observer",), "resid5@answer"), 4)
