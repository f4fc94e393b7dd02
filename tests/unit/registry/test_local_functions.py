"""The functions of local steps are imported apart from parsing, and their faults are named by key."""

import os

import pytest

from enrichcore.registry import ConfigurationError, check_functions, load_functions, parse


def registry_with(*functions: str):
    """A registry with one local step for each function."""
    steps = "".join(
        f'[[workstreams.w.steps]]\nworkflow = "step_{number}"\nkind = "local"\nentity = "person"\nfunction = "{function}"\n'
        for number, function in enumerate(functions, 1)
    )
    return parse(f'[workstreams.w]\ningest = "crm"\n{steps}', env={})


def test_functions_are_loaded_by_their_place():
    """Attributes of attributes are reached as well."""
    loaded = load_functions(registry_with("os.path:join", "os:path.split", "os.path:join"))
    assert dict(loaded) == {"os.path:join": os.path.join, "os:path.split": os.path.split}


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("no_such_module_here:f", "cannot be imported (ModuleNotFoundError"),
        ("os:no_such_function", "has no 'no_such_function'"),
        ("os:path.no_such_function", "has no 'path.no_such_function'"),
        ("os:sep", "cannot be called"),
    ],
)
def test_a_function_that_cannot_be_loaded_is_a_fault(function, words):
    """It is named by the step's key."""
    (fault,) = check_functions(registry_with("os.path:join", function))
    assert fault.key == "workstreams.w.steps.step_2.function"
    assert words in fault.problem


@pytest.mark.parametrize("content", ["raise SystemExit", "raise RuntimeError('early')", "def broken(:"])
def test_a_module_that_breaks_is_a_fault(tmp_path, monkeypatch, content):
    """Whatever a user's module does while it is imported, the check goes on."""
    (tmp_path / "breaking_module.py").write_text(content)
    monkeypatch.syspath_prepend(str(tmp_path))
    (fault,) = check_functions(registry_with("breaking_module:f"))
    assert "cannot be imported" in fault.problem


def test_loading_tells_all_faults():
    """The error has every function that cannot be loaded."""
    with pytest.raises(ConfigurationError) as caught:
        load_functions(registry_with("os:sep", "os.path:join", "nowhere_at_all:f"))
    assert len(caught.value.faults) == 2
