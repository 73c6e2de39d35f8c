"""The rules over a CIB: what bites at three in the morning, and what crm_verify lets pass."""

from hakvm.pacemaker.checks import _agents, _constraints, _graph, _options, _values
from hakvm.pacemaker.checks._book import RULES

__all__ = ["RULES"]

_MODULES = (_options, _constraints, _graph, _agents, _values)  # importing them fills the book
