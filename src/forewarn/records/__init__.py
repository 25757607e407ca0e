"""Frozen values, nothing else: what the rooms above hand to each other."""

from forewarn.records.event import AlarmRaised as AlarmRaised
from forewarn.records.event import Event as Event
from forewarn.records.event import LookMissed as LookMissed
from forewarn.records.event import LookTaken as LookTaken
from forewarn.records.event import ResponseGiven as ResponseGiven
from forewarn.records.event import RunEnded as RunEnded
from forewarn.records.event import RunResumed as RunResumed
from forewarn.records.event import RunStarted as RunStarted
from forewarn.records.event import SnapshotDropped as SnapshotDropped
from forewarn.records.interval import Interval as Interval
from forewarn.records.outcome import Claim as Claim
from forewarn.records.outcome import Evidence as Evidence
from forewarn.records.outcome import Failed as Failed
from forewarn.records.outcome import NotApplicable as NotApplicable
from forewarn.records.outcome import Nothing as Nothing
from forewarn.records.outcome import Outcome as Outcome
from forewarn.records.response import Response as Response
from forewarn.records.response import Status as Status
from forewarn.records.site import Component as Component
from forewarn.records.site import Role as Role
from forewarn.records.site import Site as Site
from forewarn.records.snapshot import Snapshot as Snapshot
from forewarn.records.stream_site import StreamSite as StreamSite
from forewarn.records.verdict import Alarm as Alarm
from forewarn.records.verdict import Verdict as Verdict
