"""The examples in the docstrings are run."""

import doctest

import pytest

from hakvm import system
from hakvm.system import _bridge, _hosts, _interfaces


@pytest.mark.parametrize("module", [system, _bridge, _hosts, _interfaces])
def test_the_examples(module):
    found = doctest.testmod(module)
    assert found.failed == 0
    assert found.attempted > 0
