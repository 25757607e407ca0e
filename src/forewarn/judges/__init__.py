"""How likely: from the outcomes of a look to a calibrated verdict, or `unknown` with its reason."""

from forewarn.judges.calibration import Calibration as Calibration
from forewarn.judges.features import features as features
from forewarn.judges.features import gaps as gaps
from forewarn.judges.features import nulls as nulls
from forewarn.judges.fit import fit as fit
from forewarn.judges.judge import CalibratedJudge as CalibratedJudge
from forewarn.judges.judge import Judge as Judge
from forewarn.judges.look_row import LookRow as LookRow
from forewarn.judges.provenance import Provenance as Provenance
