"""What is asked of the helper network, part by part."""

from helper_parts.adversary import adversary
from helper_parts.clones import clones
from helper_parts.contest import contest
from helper_parts.coverage import coverage
from helper_parts.part import Part
from helper_parts.rewards import rewards
from helper_parts.scaling import scaling

PARTS: dict[str, Part] = {
    "contest": contest,
    "rewards": rewards,
    "clones": clones,
    "scaling": scaling,
    "coverage": coverage,
    "adversary": adversary,
}
