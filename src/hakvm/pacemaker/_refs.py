"""The ends of a constraint: a resource in a role, and an action of a resource."""

from attrs import frozen

from hakvm.pacemaker._words import ResourceAction, Role

__all__ = ["ActionRef", "RoleRef"]


@frozen(kw_only=True)
class RoleRef:
    """A resource in a role, as `ms.promoted` gives it."""

    rsc: str
    role: Role | None = None

    def __str__(self) -> str:
        return f"{self.rsc}:{self.role}" if self.role else self.rsc


@frozen(kw_only=True)
class ActionRef:
    """An action of a resource, as `ms.promote` and `group.start` give it."""

    rsc: str
    action: ResourceAction | None = None

    def __str__(self) -> str:
        return f"{self.rsc}:{self.action}" if self.action else self.rsc
