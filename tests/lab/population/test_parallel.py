from __future__ import annotations

import os
import sys
from contextlib import contextmanager, nullcontext
from types import ModuleType

import pytest

from forewarn.errors import ConfigurationError
from forewarn.lab.population.parallel import everywhere


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


@pytest.fixture
def dask(monkeypatch):
    """Modules that look like dask's, with a configuration and a record of the clients that were opened."""
    package, distributed = ModuleType("dask"), ModuleType("distributed")
    package.config, distributed.seen = {}, []

    @contextmanager
    def client(address):
        distributed.seen.append(("opened", address))
        yield
        distributed.seen.append(("closed", address))

    distributed.Client = client
    monkeypatch.setitem(sys.modules, "dask", package)
    monkeypatch.setitem(sys.modules, "distributed", distributed)
    return distributed


def test_without_a_cluster_it_says_what_to_do(dask):
    with pytest.raises(ConfigurationError, match=r"no dask cluster was found; .*DASK_SCHEDULER_ADDRESS"):
        list(everywhere(str, [1], 1, "dask"))
    assert dask.seen == []


def test_the_cluster_that_the_configuration_names_is_used_and_left(dask, monkeypatch):
    sys.modules["dask"].config["scheduler-address"] = "tcp://there:1"
    monkeypatch.setattr("joblib.parallel_config", lambda backend, n_jobs: nullcontext())
    assert list(everywhere(str, [1, 2], 1, "dask")) == ["1", "2"]
    assert dask.seen == [("opened", "tcp://there:1"), ("closed", "tcp://there:1")]
