"""Maps of directions between two sites of the residual stream."""

from forewarn.lenses.transports.identity import Identity as Identity
from forewarn.lenses.transports.jacobian import Jacobian as Jacobian
from forewarn.lenses.transports.layer_maps import LayerMaps as LayerMaps
from forewarn.lenses.transports.least_squares import regression as regression
from forewarn.lenses.transports.least_squares import tuned as tuned
from forewarn.lenses.transports.transport import Transport as Transport
from forewarn.lenses.transports.transport import matrix as matrix
