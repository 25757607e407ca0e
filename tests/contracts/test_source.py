"""What holds for every file of the package: documented, and short enough to be read."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "forewarn"
FILES = sorted(SOURCE.rglob("*.py"))
MOST_LINES, MOST_BODY = 250, 40
each_file = pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
Function = ast.FunctionDef | ast.AsyncFunctionDef


def tree(path):
    return ast.parse(path.read_text(encoding="utf8"))


def public(node, inside=""):
    """Public classes and functions with their dotted names; methods of public classes among them."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef) and not child.name.startswith("_"):
            yield f"{inside}{child.name}", child
            if isinstance(child, ast.ClassDef):
                yield from public(child, f"{child.name}.")


def body_lines(function):
    """Lines of a function below its signature and docstring."""
    rest = function.body[1:] if ast.get_docstring(function) else function.body
    return function.end_lineno - rest[0].lineno + 1 if rest else 0


def test_there_is_something_to_look_at():
    assert len(FILES) > 100


@each_file
def test_everything_public_has_a_docstring(path):
    found = tree(path)
    assert ast.get_docstring(found), "the module has none"
    missing = [name for name, node in public(found) if not ast.get_docstring(node)]
    assert not missing


@each_file
def test_files_and_functions_are_short(path):
    assert len(path.read_text(encoding="utf8").splitlines()) <= MOST_LINES
    functions = [node for node in ast.walk(tree(path)) if isinstance(node, Function)]
    assert not [f.name for f in functions if body_lines(f) > MOST_BODY]


@each_file
def test_everything_is_annotated(path):
    bare = [
        function.name
        for function in ast.walk(tree(path))
        if isinstance(function, Function)
        for arguments in [[*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]]
        if (function.returns is None and function.name != "__init__")
        or any(a.annotation is None and a.arg not in ("self", "cls") for a in arguments)
    ]
    assert not [name for name in bare if name != "__post_init__"]


@each_file
def test_no_drawer_and_no_assertion_for_users(path):
    assert path.stem not in {"utils", "util", "helpers", "misc", "common"}
    assert not [node.lineno for node in ast.walk(tree(path)) if isinstance(node, ast.Assert)]


UNPICKLES = "callbacks/processes.py"
"""What the processes of one training say to each other in their own group, as torch's own collectives do."""
PUTS_BACK = "subjects/untouched/of_torch.py"
"""Sets the default dtype to what it was before a look."""


@each_file
def test_nothing_unpickles_or_runs_text(path):
    place = str(path.relative_to(SOURCE))
    names = {node.id for node in ast.walk(tree(path)) if isinstance(node, ast.Name)}
    refused = {"pickle", "eval", "exec", "cloudpickle", "marshal"}
    assert names & refused == ({"pickle"} if place == UNPICKLES else set())
    called = {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
    assert ("set_default_dtype" in called) == (place == PUTS_BACK)


def test_most_functions_are_very_short():
    lengths = sorted(
        body_lines(node) for path in FILES for node in ast.walk(tree(path)) if isinstance(node, Function)
    )
    assert lengths[len(lengths) // 2] <= 8


@each_file
def test_shapes_are_of_the_class_of_arrays(path):
    """From NumPy 2.5 on `NDArray` is a type alias, and jaxtyping refuses it when the module is imported."""
    assert not re.search(r"\b(Bool|Float|Int|Num|Shaped)\w*\[NDArray\b", path.read_text(encoding="utf8"))
