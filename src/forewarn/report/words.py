"""Figures and counts in words: the one place where numbers become text."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence


def sentence(text: str) -> str:
    """Close a sentence that its writer left open."""
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def plain(value: object) -> str:
    """Write a setting: text as it stands, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def percent(share: float) -> str:
    """Write a share as a percentage that is never rounded to certainty: "97 %", "0.4 %", "> 99.9 %"."""
    if math.isnan(share):
        return "not a number"
    if 0.999 < share < 1.0:
        return "> 99.9 %"
    if 0.0 < share < 0.001:
        return "< 0.1 %"
    near_an_end = 0.0 < min(share, 1.0 - share) < 0.0995
    return f"{100 * share:.1f} %".replace(".0 %", " %") if near_an_end else f"{100 * share:.0f} %"


def likely(chance: float) -> str:
    """Write a judge's probability: as a percentage, and never as certainty, even where its last digit is lost."""
    return percent(min(max(chance, 1e-9), 1.0 - 1e-9))


def ends(low: float, high: float) -> str:
    """Write the ends of a probability's interval: "1.6 % to 6.6 %"; like the probability, never as certainty."""
    return f"{percent(min(low, 1.0 - 1e-9))} to {percent(min(high, 1.0 - 1e-9))}"


def figure(value: float) -> str:
    """Write a number with three significant digits (whole from a thousand on) and a real minus sign."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    text = f"{value:.0f}" if 1e3 <= abs(value) < 1e6 else f"{value:.3g}"
    return text.replace("-", "−")


def count(number: int, noun: str) -> str:
    """Write "1 look", "3 looks"."""
    return f"{number:,}".replace(",", " ") + f" {noun}" + "s" * (number != 1)


def verb(number: int, noun: str, one: str, several: str) -> str:
    """Write "1 look was", "3 looks were"."""
    return f"{count(number, noun)} {one if number == 1 else several}"


def steps(numbers: Sequence[int], limit: int = 5) -> str:
    """Write "step 40", "steps 40, 80 and 120", "steps 40, 80, 120, 160, 200 and 7 more"."""
    shown = [str(number) for number in numbers[:limit]]
    if len(numbers) > limit:
        return f"steps {', '.join(shown)} and {len(numbers) - limit} more"
    if len(shown) == 1:
        return f"step {shown[0]}"
    return f"steps {', '.join(shown[:-1])} and {shown[-1]}"
