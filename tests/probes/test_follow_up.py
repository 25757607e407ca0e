from __future__ import annotations

from forewarn.probes.follow_up import ORDER, after, follow_ups, followed, own_part


def test_a_code_says_what_it_follows():
    assert after("latent-policy", "composure") == "latent-policy/composure"
    assert followed("latent-policy/composure") == "latent-policy"
    assert followed("latent-policy") is None
    assert followed(after("latent-policy/composure", "changed-context")) == "latent-policy/composure"
    assert (own_part("latent-policy/composure"), own_part("composure")) == ("composure", "composure")


def test_forewarn_s_own_come_in_their_order():
    assert tuple(f.code for f in follow_ups())[: len(ORDER)] == ORDER
