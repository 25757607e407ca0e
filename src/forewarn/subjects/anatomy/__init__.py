"""What single neurons and heads read from the residual stream and write to it."""

from forewarn.subjects.anatomy.anatomy import Anatomy as Anatomy
from forewarn.subjects.anatomy.norms import NormWeights as NormWeights
from forewarn.subjects.anatomy.parts import BlockAnatomy as BlockAnatomy
from forewarn.subjects.anatomy.parts import HeadWeights as HeadWeights
from forewarn.subjects.anatomy.parts import MlpWeights as MlpWeights
from forewarn.subjects.anatomy.parts import Unsupported as Unsupported
from forewarn.subjects.anatomy.rotary import Rotary as Rotary
