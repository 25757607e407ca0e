"""Maps of directions between two sites of the residual stream."""

from forewarn.lenses.transports.identity import Identity as Identity
from forewarn.lenses.transports.transport import Transport as Transport
