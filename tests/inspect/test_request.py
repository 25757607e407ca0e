from __future__ import annotations

import subprocess
import sys

from forewarn.inspect.request import BACK, TOP, TRANSPORTS, Request


def test_the_defaults_are_those_that_are_told():
    assert (Request().transport, Request().top, Request().back) == (TRANSPORTS[0], TOP, BACK)


def test_the_command_line_needs_no_torch_to_know_what_can_be_asked():
    code = "import sys, forewarn.inspect.request; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
