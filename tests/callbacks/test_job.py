from __future__ import annotations

import os

import pytest

from forewarn.callbacks.job import Job, this_job

ELASTIC = {"TORCHELASTIC_RUN_ID": "none"}


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({}, Job()),
        ({"SLURM_JOB_ID": "7"}, Job("slurm 7")),
        ({"SLURM_JOB_ID": "7", "SLURM_RESTART_COUNT": "0"}, Job("slurm 7")),
        ({"SLURM_JOB_ID": "7", "SLURM_RESTART_COUNT": "2"}, Job("slurm 7", restarted=True)),
        ({"SLURM_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "3"}, Job("slurm 7 3")),
        ({"SLURM_JOB_ID": "7", "SLURM_RESTART_COUNT": "odd"}, Job("slurm 7")),
        (ELASTIC, Job(f"torchrun none {os.getppid()}")),
        (
            {**ELASTIC, "TORCHELASTIC_RESTART_COUNT": "1", "SLURM_JOB_ID": "7"},
            Job(f"torchrun none {os.getppid()}", restarted=True),
        ),
    ],
)
def test_a_job_is_known_by_its_environment(told, wanted):
    assert this_job(told) == wanted
