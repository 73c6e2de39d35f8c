"""What the recipe calls the resources and constraints."""

from typing import Self

from attrs import frozen

from hakvm.cluster._platform import Platform

__all__ = ["Names"]


@frozen(kw_only=True)
class Names:
    """The ids in the CIB that the recipe makes."""

    drbd: str
    promotable: str
    filesystem: str
    guest: str
    group: str
    location: str
    colocation: str
    order: str

    @classmethod
    def of(cls, platform: Platform, *, resource: str, guest: str, first: str) -> Self:
        """Return the howto's own ids for the howto's platform, and ids that say more elsewhere."""
        if not platform.today:
            return cls(
                drbd="drbd_res",
                promotable="ms_drbd",
                filesystem="fs_kvm_res",
                guest=f"res_virtdom_{guest}",
                group="lvm_grp",
                location=f"drbd_on_{first}",
                colocation="apache-deps",
                order="app_on_drbd",
            )
        return cls(
            drbd=f"drbd_{resource}",
            promotable=f"drbd_{resource}-clone",
            filesystem=f"fs_{resource}",
            guest=f"vm_{guest}",
            group=f"group_{guest}",
            location=f"{resource}-prefers-{first}",
            colocation=f"{guest}-with-{resource}",
            order=f"{guest}-after-{resource}",
        )
