"""The same work on many matched groups, in processes of one thread each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Literal

from forewarn.errors import ConfigurationError
from forewarn.lab.population.making import Task

Backend = Literal["loky", "dask", "ray"]


def everywhere(
    work: Callable[[Task], object], tasks: Sequence[Task], jobs: int, backend: Backend = "loky"
) -> Iterator[object]:
    """What the work gives for each task, as each is done.

    loky starts processes here; dask and ray move the same tasks to a cluster that is there already, by
    joblib's backend of that name. Its machines need the same folders and this package. ConfigurationError where
    the backend is not installed or no cluster is found.
    """
    from joblib import Parallel, delayed, parallel_config

    with _CLUSTERS[backend](), parallel_config(backend=backend, n_jobs=jobs):
        yield from Parallel(return_as="generator_unordered")(delayed(work)(task) for task in tasks)


def backend_named(name: str) -> Backend:
    """ConfigurationError for one that is not known."""
    for known in _CLUSTERS:
        if name == known:
            return known
    raise ConfigurationError(f"--backend is {', '.join(_CLUSTERS)}; found {name!r}")


@contextmanager
def _dask() -> Iterator[None]:
    """The client that is there, or one of the scheduler that dask's configuration names."""
    try:
        from dask import config
        from distributed import Client
    except ImportError as error:
        raise _absent("dask", "distributed") from error
    address = config.get("scheduler-address", None)
    if address is None:
        raise ConfigurationError(
            "no dask cluster was found; name its scheduler in DASK_SCHEDULER_ADDRESS (such as "
            "tcp://localhost:8786), or use `--backend loky`"
        )
    with Client(address):
        yield


@contextmanager
def _ray() -> Iterator[None]:
    try:
        from ray.util.joblib import register_ray
    except ImportError as error:
        raise _absent("ray", "ray") from error
    register_ray()
    yield


def _absent(backend: str, package: str) -> ConfigurationError:
    return ConfigurationError(
        f"the backend {backend!r} needs a package that is not installed: pip install {package}"
    )


_CLUSTERS: Mapping[Backend, Callable[[], AbstractContextManager[None]]] = {
    "loky": nullcontext,
    "dask": _dask,
    "ray": _ray,
}
