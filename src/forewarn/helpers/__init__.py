"""Which probe, where, next; or stop."""

from forewarn.helpers.fixed import Exhaustive as Exhaustive
from forewarn.helpers.fixed import FixedOrder as FixedOrder
from forewarn.helpers.fixed import Random as Random
from forewarn.helpers.policy import Asked as Asked
from forewarn.helpers.policy import Earlier as Earlier
from forewarn.helpers.policy import Helper as Helper
from forewarn.helpers.policy import History as History
from forewarn.helpers.policy import Inquiry as Inquiry
from forewarn.helpers.policy import Situation as Situation
