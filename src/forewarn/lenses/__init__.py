"""Fitted maps between the layers' bases, the output and the input tokens."""

from forewarn.lenses.affine import Affine as Affine
from forewarn.lenses.affine import Affines as Affines
from forewarn.lenses.files import load as load
from forewarn.lenses.files import save as save
from forewarn.lenses.fitting.fit import fit as fit
from forewarn.lenses.keeper import LensKeeper as LensKeeper
from forewarn.lenses.lens_set import LensSet as LensSet
from forewarn.lenses.lens_set import SiteQuality as SiteQuality
from forewarn.lenses.moments import Moments as Moments
from forewarn.lenses.moments import MomentsFitter as MomentsFitter
from forewarn.lenses.retrodiction import Retrodiction as Retrodiction
from forewarn.lenses.settings import FitSettings as FitSettings
