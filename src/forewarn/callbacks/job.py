"""The job of a cluster that this process belongs to, and whether it was started again without anybody's doing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """A job of SLURM, or the workers of one torchrun."""

    identity: str = ""
    """The same for every start of the job; empty outside of one."""
    restarted: bool = False
    """Whether the system has started it before: a requeue, or a restart of workers that failed."""


def this_job(environment: Mapping[str, str] | None = None) -> Job:
    """The job that the environment tells of. Of several that which is innermost: torchrun inside of SLURM."""
    told = os.environ if environment is None else environment
    if "TORCHELASTIC_RUN_ID" in told:
        # Runs that nobody named are all called "none"; the agent that starts the workers tells them apart.
        agent = f"torchrun {told['TORCHELASTIC_RUN_ID']} {os.getppid()}"
        return Job(ascii(agent)[1:-1][:128], _count(told, "TORCHELASTIC_RESTART_COUNT") > 0)
    if "SLURM_JOB_ID" in told:
        task = told.get("SLURM_ARRAY_TASK_ID", "")
        identity = f"slurm {told['SLURM_JOB_ID']} {task}".strip()
        return Job(ascii(identity)[1:-1][:128], _count(told, "SLURM_RESTART_COUNT") > 0)
    return Job()


def _count(told: Mapping[str, str], name: str) -> int:
    found = told.get(name, "0")
    return int(found) if found.isdecimal() else 0
