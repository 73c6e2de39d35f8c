"""What bites in a corosync.conf although corosync itself reads it without a word."""

from hakvm.corosync._config import Config
from hakvm.findings import RuleBook

__all__ = ["RULES"]

RULES: RuleBook[Config] = RuleBook()
