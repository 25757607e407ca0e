"""Pure mathematics: intervals, a fit with non-negative weights, and a threshold that holds over whole runs."""

from forewarn.stats.calibration import Logistic as Logistic
from forewarn.stats.calibration import LogisticFitter as LogisticFitter
from forewarn.stats.conformal import least_level as least_level
from forewarn.stats.conformal import least_runs as least_runs
from forewarn.stats.conformal import run_threshold as run_threshold
from forewarn.stats.intervals import bootstrap_mean as bootstrap_mean
from forewarn.stats.intervals import clopper_pearson as clopper_pearson
from forewarn.stats.intervals import paired_difference as paired_difference
from forewarn.stats.intervals import wilson as wilson
from forewarn.stats.ranking import auroc as auroc
from forewarn.stats.ranking import auroc_interval as auroc_interval
from forewarn.stats.reliability import ReliabilityBin as ReliabilityBin
from forewarn.stats.reliability import brier as brier
from forewarn.stats.reliability import reliability as reliability
