"""Of what is said in several places, that counts which drbdadm hands to the kernel."""

import pickle
import re

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hakvm.drbd import Config, Release
from hakvm.drbd._specs import syncer_home
from hakvm.errors import InvalidError, ParseError, ReleaseError

pytestmark = pytest.mark.oracle("drbdadm", "/lib/drbd/drbdadm-84", "/lib/drbd/drbdadm-83")

GLOBAL = "global { disable-ip-verification; }\n"
NODES = """
    on alice { device /dev/drbd0; disk /dev/vg/r0; meta-disk internal; address 10.0.0.1:7789; }
    on bob { device /dev/drbd0; disk /dev/vg/r0; meta-disk internal; address 10.0.0.2:7789; }
"""
NET = {"timeout": ("50", "60", "70"), "max-buffers": ("2000", "3000")}
DISK = {"on-io-error": ("detach", "pass_on"), "fencing": ("dont-care", "resource-only")}
SYNCER = {
    "rate": ("1M", "2M", "3M"),
    "al-extents": ("67", "257"),
    "verify-alg": ("md5", "sha1"),
    "cpu-mask": ("1", "3"),
}
STARTUP = {"wfc-timeout": ("5", "6"), "degr-wfc-timeout": ("7", "8")}
HANDLERS = {"fence-peer": ("/a", "/b"), "split-brain": ("/c", "/d"), "pri-lost": ("/e", "/f")}
NEWER_NET = NET | {
    "protocol": ("A", "B", "C"),
    "verify-alg": ("md5", "sha1"),
    "allow-two-primaries": ("yes", "no"),
}
NEWER_DISK = {"resync-rate": ("1M", "2M"), "al-extents": ("67", "257"), "c-max-rate": ("1M", "2M")}
OPTIONS = {"cpu-mask": ("1", "3"), "on-no-data-accessible": ("io-error", "suspend-io")}
OLD = {"outdate-peer": ("/g", "/h")}
SAID = {
    Release.V8_3: {
        "net": NET,
        "disk": DISK,
        "syncer": SYNCER,
        "startup": STARTUP,
        "handlers": HANDLERS | OLD,
    },
    Release.V8_4: {
        "net": NEWER_NET,
        "disk": NEWER_DISK | DISK,
        "syncer": SYNCER,
        "options": OPTIONS,
        "startup": STARTUP,
        "handlers": HANDLERS | OLD,
    },
    # 9 calls no outdate-peer; of a syncer it reads some words only, hakvm none.
    Release.V9_0: {
        "net": NEWER_NET,
        "disk": NEWER_DISK | {"on-io-error": DISK["on-io-error"]},
        "options": OPTIONS,
        "startup": STARTUP,
        "handlers": HANDLERS,
    },
}


@st.composite
def bodies(draw, release, most):
    """Some sections in any order, in each of which up to `most` options may be there again."""
    said = []
    if draw(st.booleans()) or release is Release.V8_3:
        said.append(f"protocol {draw(st.sampled_from('ABC'))};")
    for section, options in SAID[release].items():
        pairs = [(name, value) for name, values in options.items() for value in values]
        key = None if most > 1 else (lambda pair: pair[0])
        chosen = draw(st.lists(st.sampled_from(pairs), unique_by=key, max_size=3 * most))
        lines = " ".join(f"{name} {value};" for name, value in chosen)
        if lines or draw(st.booleans()):
            said.append(f"{section} {{ {lines} }}")
    return "\n    ".join(draw(st.permutations(said)))


def told(judge, text, release):
    """The value that each option has for the kernel, by its name; none if it is not started."""
    found = {}
    verbs = [["up"], ["wait-connect"]]
    if release is not Release.V8_3:
        verbs.append(["resource-options"])
    for verb in verbs:
        code, said = judge.run(text, release, "-d", *verb, "r0")
        if code != 0:
            assert "ambiguous inheritance" in said or "Internal error: option" in said
            return None
        if old := re.search(r" net \S+ \S+ ([ABC])\b", said):
            found["protocol"] = old[1]
        # Of what the kernel is told twice it keeps the last.
        found |= re.findall(r"--(?!_name|set-defaults|create-device)([a-z0-9-]+)=(\S+)", said)
    for handler in HANDLERS:
        _, said = judge.run(text, release, "-d", handler, "r0")
        found |= [(handler, word) for word in re.findall(r"/bin/sh -c (\S+)", said)]
    return found


def ours(resource, release):
    """The same of what hakvm takes for effective."""
    syncer = {
        name if release is Release.V8_3 else syncer_home(name)[1]: text
        for name, text in resource.syncer.items()
    }
    handlers = dict(resource.handlers)
    if "outdate-peer" in handlers:
        first = next(name for name in handlers if name in {"outdate-peer", "fence-peer"})
        handlers["fence-peer"] = handlers[first]
        del handlers["outdate-peer"]
    parts = [resource.net, resource.disk_options, resource.options, syncer, resource.startup]
    assert sum(map(len, parts)) == len({name for part in parts for name in part})
    return {name: text for part in (*parts, handlers) for name, text in part.items()}


def agree(judge, text, release):
    config = Config.parse(text, release=release)
    found = told(judge, text, release)
    rules = {one.rule for one in config.check()}
    if found is None:
        assert release is Release.V9_0
        assert "drbd.said-twice" in rules
        return
    effective = config.effective("r0")
    assert ours(effective, release) == found
    rendered = config.render()
    assert Config.parse(rendered, release=release) == config
    assert told(judge, rendered, release) == found
    if release is Release.V8_3:
        assert config == Config.parse(text) or "drbd.said-twice" in rules
        return
    for one in (Release.V8_4, Release.V9_0):
        converted = config.to_release(one, lossy=True)
        assert "drbd.said-twice" not in {one.rule for one in converted.check()}
        again = told(judge, converted.render(release=one), one)
        here = {name: again[name] for name in found if name in again}
        assert here == {name: found[name] for name in here}
        lost = {name for loss in config.losses(one) for name in (loss.what.split()[0],)}
        assert found.keys() - here.keys() <= lost | HANDLERS.keys()


@pytest.mark.parametrize("release", list(Release))
@pytest.mark.parametrize("times", [1, 3], ids=["once", "up to thrice"])
def test_what_counts_is_what_drbdadm_hands_on(judge, times, release):
    @settings(max_examples=25)
    @given(common=bodies(release, times), own=bodies(release, times))
    def each(common, own):
        agree(judge, f"{GLOBAL}common {{ {common} }}\nresource r0 {{ {own} {NODES} }}", release)

    each()


LINES = """# the net
net {
    timeout 50; # once
    # both
    allow-two-primaries;
    ping-int 5;
    timeout 60; # twice
    allow-two-primaries no;
    shared-secret "gaeWoor7";
    shared-secret quo8Ahch;
}
"""


def test_all_that_is_there_twice_is_kept_as_it_stands():
    text = "resource r0 {\n" + "".join(f"    {line}\n" for line in LINES.splitlines()) + "}\n"
    config = Config.parse(text)
    net = config.resources["r0"].net
    assert dict(net) == {
        "timeout": "60",
        "allow-two-primaries": "no",
        "ping-int": "5",
        "shared-secret": "quo8Ahch",
    }
    assert net.repeated["timeout"] == ("50", "60")
    assert config.render() == text
    assert Config.parse(config.render()) == config == pickle.loads(pickle.dumps(config))
    assert config != Config.parse(text.replace("50", "40"))
    found = [one for one in config.check() if one.rule == "drbd.said-twice"]
    assert [one.message for one in found] == [
        "timeout is said to be '50' and '60', of which '60' counts",
        "allow-two-primaries is said to be 'yes' and 'no', of which 'no' counts",
        "shared-secret is said to be '***' and '***', of which '***' counts",
    ]
    assert not re.search("gaeWoor7|quo8Ahch", f"{net!r} {net.repeated!r} {found!r}")


def test_what_is_changed_is_there_once():
    config = Config.parse(f"resource r0 {{ {LINES} }}")
    resource = config.resources["r0"]
    for net, gone in (
        (resource.net | {"timeout": "70"}, ("timeout 50", "timeout 60", "# twice")),
        (resource.net.without("timeout"), ("timeout", "# once", "# twice")),
        (resource.net.once(), ("timeout 50", "allow-two-primaries;", "# twice", "gaeWoor7")),
    ):
        changed = config.with_resource(attrs.evolve(resource, net=net))
        rendered = changed.render()
        assert not [word for word in gone if word in rendered]
        assert "# both" in rendered
        assert Config.parse(rendered) == changed
    assert net == dict(resource.net)
    assert not net.repeated


def test_each_value_is_held_to_the_release():
    nine = Config.parse("resource r0 { net { fencing dont-care; protocol A; fencing dont-care; } }")
    with pytest.raises(ReleaseError, match="fencing in net"):
        nine.render(release=Release.V8_4)
    slow = Config.parse("resource r0 { disk { c-max-rate 100; c-max-rate 4M; } }")
    with pytest.raises(InvalidError, match="at least 250k"):
        slow.render(release=Release.V8_4)
    with pytest.raises(ParseError, match="at most 600"):
        Config.parse("resource r0 { net { timeout 601; timeout 60; } }")


def test_what_is_said_in_two_places_is_found():
    config = Config.parse(
        """common { protocol A; net { protocol B; } }
        resource r0 { disk { resync-rate 1M; } syncer { rate 2M; verify-alg md5; }
            net { verify-alg sha1; protocol C; } }"""
    )
    assert [one.message for one in config.check() if one.rule == "drbd.said-twice"] == [
        "resync-rate is said to be '1M' and '2M', of which '1M' counts",
        "verify-alg is said to be 'md5' and 'sha1', of which 'sha1' counts",
        "protocol is said to be 'A' and 'B', of which 'A' counts",
    ]


def test_a_template_takes_the_place_of_common(judge, tmp_path):
    (tmp_path / "t.conf").write_text("common { net { timeout 70; } }")
    text = f"""{GLOBAL}common {{ net {{ timeout 50; ping-int 5; }} }}
        resource r0 {{ template-file "{tmp_path}/t.conf"; net {{ max-buffers 3000; }} {NODES} }}"""
    assert told(judge, text, Release.V9_0) == {"timeout": "70", "max-buffers": "3000"}
    assert Config.parse(text).effective("r0").net == {"max-buffers": "3000"}


@pytest.mark.parametrize("release", list(Release))
def test_the_options_of_a_proxy_are_inherited_one_by_one(judge, release):
    hosts = "".join(
        f"""on {name} {{ device /dev/drbd0; disk /dev/vg/r0; meta-disk internal;
            address 127.0.0.1:{7000 + last}; proxy on {name} {{ inside 127.0.0.1:{7100 + last};
            outside 10.0.0.{last}:7200; }} }}"""
        for last, name in ((1, "alice"), (2, "bob"))
    )
    text = f"""{GLOBAL}common {{ proxy {{ memlimit 1M; read-loops 5; }} }}
        resource r0 {{ protocol A; proxy {{ memlimit 2M; memlimit 3M; }} {hosts} }}"""
    code, said = judge.run(text, release, "-d", "proxy-up", "r0")
    config = Config.parse(text, release=release)
    counting = "3M" if release is Release.V8_3 else "2M"
    assert config.effective("r0").proxy.options == {"memlimit": counting, "read-loops": "5"}
    if release is Release.V9_0:
        assert "ambiguous inheritance" in said
        assert "drbd.said-twice" in {one.rule for one in config.check()}
    else:
        assert code == 0
        handed = dict(re.findall(r"set\\ ([a-z-]+)\\ \S+\\ (\S+)", said))
        assert handed == {"memlimit": counting, "read-loops": "5"}
    if release is Release.V8_4:  # what 9 would refuse is not carried over
        nine = config.to_release(Release.V9_0).render(release=Release.V9_0)
        assert judge.run(nine, Release.V9_0, "-d", "proxy-up", "r0")[0] == 0
