"""What a subject lets in: prompts, changes and sites that fit it, while it is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forewarn.errors import ConfigurationError
from forewarn.records import StreamSite
from forewarn.subjects.changes import Change, FindActivations, check_changes
from forewarn.subjects.edits import check_site
from forewarn.subjects.layout import Layout
from forewarn.subjects.prompts import FrozenPrompts, Prompts, checked
from forewarn.subjects.reading.keeping import Lease


@dataclass(frozen=True, slots=True, eq=False)
class Admission:
    """Refuses prompts, changes and sites that do not fit the subject, before anything is run."""

    layout: Layout
    """Of the subject."""
    lease: Lease
    """The subject's."""
    find: FindActivations
    """Where activations are."""

    def prompts(self, prompts: Prompts, changes: Sequence[Change] = (), extra: int = 0) -> FrozenPrompts:
        """The prompts as tuples, once they and the changes fit; `extra` tokens will be written after each.

        Raises:
            SubjectError: the subject is closed.
            AuditSetError, ConfigurationError: what does not fit.
        """
        self.lease.check()
        frozen = checked(prompts, self.layout, extra)
        lengths, sites = [len(p) for p in frozen], self.layout.stream_sites
        check_changes(changes, lengths, sites, self.layout.width, self.find)
        return frozen

    def stages(self, sites: Sequence[StreamSite]) -> tuple[int, ...]:
        """The stages of sites, in the stream's order.

        Raises:
            ConfigurationError: there are none, or the subject has no such site.
        """
        if not sites:
            raise ConfigurationError("no sites were given; name at least one, such as StreamSite(0)")
        for site in sites:
            check_site(site, self.layout.stream_sites)
        return tuple(sorted({site.stage for site in sites}))
