"""The book of the rules over domains; `_rules_storage` and `_rules_machine` fill it."""

from typing import TYPE_CHECKING

from hakvm.findings import RuleBook

if TYPE_CHECKING:
    from hakvm.libvirt._domain import Domain

__all__ = ["RULES"]

RULES: "RuleBook[Domain]" = RuleBook()
