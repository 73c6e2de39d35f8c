"""crmsh's configure language: the lines that one types at `crm configure`, both ways.

    cib = crm.parse("primitive fs Filesystem params device=/dev/drbd0")
    print(crm.render(cib))

Source: crm(8) of crmsh 4.4; the howto's lines go in as they stand.
"""

from hakvm.pacemaker.crm._parser import parse
from hakvm.pacemaker.crm._render import render
from hakvm.pacemaker.crm._rules import parse_rule

__all__ = ["parse", "parse_rule", "render"]
