"""The examples in the docstrings are run."""

import doctest

from hakvm import corosync


def test_the_packages_example():
    assert doctest.testmod(corosync).failed == 0
    assert doctest.testmod(corosync).attempted > 0
