import random

import pytest

from hakvm.errors import InvalidError, ReleaseError
from hakvm.pacemaker import (
    Cib,
    Clone,
    Master,
    Release,
    Schemas,
    crm,
    simulate,
)

from .meaning import configuration

ALL = list(Release)
MODERN = [Release.V2_0, Release.V2_1]


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("1.1.16-94ff4df", Release.V1_1),
        ("2.0.5-ba59be7122", Release.V2_0),
        ("2.1.5", Release.V2_1),
        ("3.0.0", Release.V3_0),
    ],
)
def test_a_version_is_of_a_generation(version, release):
    assert Release.of(version) is release


def test_the_howto_in_the_words_of_each(howto):
    old = howto.to_release(Release.V1_1)
    assert isinstance(old.resources["ms_drbd"], Master)
    assert old.configuration == howto.configuration
    between = howto.to_release(Release.V2_0)
    clone = between.resources["ms_drbd"]
    assert isinstance(clone, Clone)
    assert clone.meta["promotable"] == "true"
    assert clone.meta["promoted-node-max"] == "1"
    assert clone.meta["target-role"] == "Master"
    new = howto.to_release(Release.V2_1)
    assert new.resources["ms_drbd"].meta["target-role"] == "Promoted"
    assert "Master" not in new.render()
    assert '"master"' not in new.render()
    back = new.to_release(Release.V1_1)
    spelt = crm.parse(crm.render(howto).replace("role=master", "role=Master"))
    assert configuration(back) == configuration(spelt)


@pytest.mark.oracle("crm_simulate")
@pytest.mark.parametrize("release", [Release.V1_1, Release.V2_0, Release.V2_1])
def test_each_is_valid_and_scheduled_alike(howto, release):
    there = howto.to_release(release)
    Schemas().validate(there)
    fresh = there.to_release(Release.V2_1)
    wanted = simulate(howto, fail=["node1"]).placement
    for cib in (there, fresh):
        found = simulate(cib, fail=["node1"])
        assert dict(found.placement) == dict(wanted)


REFUSED = [
    (Release.V1_1, "op_defaults $id=o rule defined a timeout=1", None),
    (Release.V1_1, "primitive p Dummy op monitor interval=1 on-fail=demote", "on-fail=demote"),
    (Release.V1_1, "bundle b podman image=i", "Podman"),
    (Release.V3_0, "bundle b rkt image=i", "rkt"),
    (Release.V3_0, "primitive p nagios:check_tcp", "nagios"),
    (Release.V3_0, "primitive p upstart:x", "upstart"),
    (Release.V3_0, "node n:ping", "ping node"),
    (Release.V3_0, "location l p rule date spec moon=4", "moon"),
    (Release.V3_0, "primitive p Dummy meta restart-type=restart", "restart-type"),
    (Release.V3_0, "property remove-after-stop=true", "remove-after-stop"),
    (
        Release.V3_0,
        (
            'xml <rsc_colocation id="l" rsc="p" with-rsc="n" score="1"><lifetime><rule id="r">'
            '<date_expression id="d" operation="lt" end="2030-01-01"/></rule></lifetime>'
            "</rsc_colocation>"
        ),
        "lifetime",
    ),
    (
        Release.V2_0,
        'xml <rsc_colocation id="c" rsc="a" with-rsc="b" score="1" influence="false"/>',
        "influence",
    ),
    (
        Release.V1_1,
        (
            'xml <op_defaults><meta_attributes id="m"><rule id="r" score="0">'
            '<op_expression id="e" name="monitor"/></rule></meta_attributes></op_defaults>'
        ),
        "op_expression",
    ),
]


@pytest.mark.parametrize(("release", "text", "what"), REFUSED)
def test_what_a_release_does_not_know_is_named(release, text, what):
    cib = crm.parse(text)
    if what is None:
        cib.to_release(release)
        return
    with pytest.raises(ReleaseError) as caught:
        cib.to_release(release)
    assert what in caught.value.construct
    assert caught.value.release == f"Pacemaker {release.value}"
    assert caught.value.known
    assert caught.value.hint


def test_what_has_another_name_is_renamed():
    cib = crm.parse(
        "property fencing-enabled=true crmd-finalization-timeout=5min stonith-action=poweroff "
        "remove-after-stop=false\n"
        "primitive p Dummy\n"
        "location l p rule 1: #uname eq a rule 2: #uname eq b"
    )
    new = cib.to_release(Release.V3_0)
    assert new.properties == {
        "stonith-enabled": "true",
        "join-finalization-timeout": "5min",
        "stonith-action": "off",
    }
    assert list(new.constraints) == ["l", "l-2"]
    assert new.validate_with == "pacemaker-4.0"


def test_bundles_are_promoted_by_another_word():
    cib = Cib.parse(
        '<cib><configuration><resources><bundle id="b"><docker image="i" masters="1"/></bundle>'
        "</resources></configuration></cib>"
    )
    new = cib.to_release(Release.V2_1)
    assert 'promoted-max="1"' in new.render()
    assert 'masters="1"' in new.to_release(Release.V1_1).render()


@pytest.mark.corpus
@pytest.mark.oracle("crm_simulate")
def test_what_is_valid_stays_valid(cibs):
    schemas = Schemas()
    refused = []
    for name in random.Random(16).sample(sorted(cibs), 100):  # noqa: S311 - no secret
        cib = Cib.parse(cibs[name])
        if cib.validate_with in {None, "none"} or not cib.validate_with.startswith("pacemaker-3"):
            continue
        try:
            schemas.validate(cib)
        except InvalidError:
            continue
        try:
            for release in (Release.V1_1, Release.V2_0, Release.V2_1):
                schemas.validate(cib.to_release(release))
        except ReleaseError:
            refused.append(name)
    assert len(refused) < 20
