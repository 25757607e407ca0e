from __future__ import annotations

import os
import sys
from types import ModuleType

import pytest

from forewarn.errors import ConfigurationError
from forewarn.population.parallel import everywhere


@pytest.fixture
def two_processes():
    """Processes that joblib has started are ended with the test."""
    yield 2
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)


def test_every_task_is_done_once_in_processes_of_their_own(two_processes):
    def work(task):
        import os

        return task, os.getpid()

    done = list(everywhere(work, range(6), two_processes))
    assert sorted(task for task, _ in done) == list(range(6))
    assert os.getpid() not in {process for _, process in done}


def test_one_job_needs_no_process():
    assert list(everywhere(lambda task: (task, os.getpid()), [3, 4], 1)) == [
        (3, os.getpid()),
        (4, os.getpid()),
    ]


def test_what_is_done_is_given_while_the_rest_is_on_its_way():
    begun = []
    done = everywhere(lambda task: begun.append(task) or task, range(50), 1)
    assert next(done) == 0
    assert len(begun) < 50
    assert list(done) == list(range(1, 50))


def test_a_task_that_breaks_breaks_the_rest():
    with pytest.raises(ZeroDivisionError):
        list(everywhere(lambda task: 1 / task, [1, 0], 1))


@pytest.mark.parametrize(
    ("backend", "module", "package"),
    [("dask", "distributed", "distributed"), ("ray", "ray.util.joblib", "ray")],
)
def test_a_backend_that_is_not_installed_is_named_with_its_package(backend, module, package, monkeypatch):
    monkeypatch.setitem(sys.modules, module.split(".")[0], None)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError, match=rf"{backend!r} needs a package .* pip install {package}"):
        list(everywhere(str, [1], 1, backend))


def test_without_a_cluster_it_says_what_to_do(monkeypatch):
    def get_client():
        raise ValueError("no global client found")

    dask = ModuleType("distributed")
    dask.get_client = get_client
    monkeypatch.setitem(sys.modules, "distributed", dask)
    with pytest.raises(
        ConfigurationError, match=r"no dask cluster was found \(no global client.*--backend loky"
    ):
        list(everywhere(str, [1], 1, "dask"))
