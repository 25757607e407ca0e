"""The same work on many litters, in processes of one thread each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from forewarn.errors import ConfigurationError
from forewarn.population.making import Task

Backend = Literal["loky", "dask", "ray"]


def everywhere(
    work: Callable[[Task], object], tasks: Sequence[Task], jobs: int, backend: Backend = "loky"
) -> Iterator[object]:
    """What the work gives for each task, as each is done.

    loky starts processes here; dask and ray move the same tasks to a cluster that is there already, by
    joblib's backend of that name. ConfigurationError where it is not installed or no cluster is found.
    """
    from joblib import Parallel, delayed, parallel_config

    _register(backend)
    with parallel_config(backend=backend, n_jobs=jobs):
        yield from Parallel(return_as="generator_unordered")(delayed(work)(task) for task in tasks)


def _register(backend: Backend) -> None:
    """Both say themselves to joblib; dask needs a client, and takes the cluster that its configuration names."""
    try:
        if backend == "dask":
            from distributed import get_client

            get_client()
        elif backend == "ray":
            from ray.util.joblib import register_ray

            register_ray()
    except ImportError as error:
        raise ConfigurationError(
            f"the backend {backend!r} needs a package that is not installed: pip install {_NEEDS[backend]}"
        ) from error
    except ValueError as error:
        raise ConfigurationError(
            f"no {backend} cluster was found ({error}); start one, or use `--backend loky`"
        ) from error


_NEEDS = {"dask": "distributed", "ray": "ray"}
