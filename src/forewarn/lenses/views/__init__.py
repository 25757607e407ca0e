"""Weights in words: what neurons and heads read and write, and what they say to each other.

Directions only: no bias and no evaluation of a norm ever enters a view. Every view says which effect it predicts,
`direct` (the identity transport) or `total` (any other).
"""

from forewarn.lenses.views.effect import TokenView as TokenView
from forewarn.lenses.views.effect import effect_of as effect_of
from forewarn.lenses.views.factors import Factors as Factors
from forewarn.lenses.views.factors import Pair as Pair
from forewarn.lenses.views.heads import ov_factors as ov_factors
from forewarn.lenses.views.heads import qk_factors as qk_factors
from forewarn.lenses.views.inputs import input_view as input_view
from forewarn.lenses.views.output import output_view as output_view
from forewarn.lenses.views.tokens import top_tokens as top_tokens
from forewarn.lenses.views.virtual import VirtualWeights as VirtualWeights
from forewarn.lenses.views.virtual import head_weights as head_weights
from forewarn.lenses.views.virtual import neuron_readers as neuron_readers
from forewarn.lenses.views.virtual import virtual_weights as virtual_weights
from forewarn.records.ranking import Effect as Effect
