from __future__ import annotations

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from forewarn.report.templating import environment, fill


def test_what_is_filled_in_is_escaped_and_made_visible():
    template = environment().from_string("{{ text }}|{{ safe }}|{{ number }}")
    shown = template.render(text='<b a="x">\u202e\x1b', safe=Markup("<i>"), number=3)
    assert shown == "&lt;b a=&#34;x&#34;&gt;\\u202e\\x1b|<i>|3"


def test_a_value_left_out_is_an_error_and_not_a_blank():
    with pytest.raises(UndefinedError, match="missing"):
        environment().from_string("{{ missing }}").render()


def test_filling_gives_what_is_safe_to_stand_in_another_template():
    assert isinstance(fill("style.css"), Markup)
