"""What drbdadm refuses we refuse, and the other way round; where not, it says so here."""

import os
import random
import re

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hakvm import strategies
from hakvm.drbd import Config, Release
from hakvm.errors import HakvmError, ParseError
from hakvm.findings import Severity

pytestmark = pytest.mark.oracle("drbdadm", "/lib/drbd/drbdadm-84")

# What no grammar sees is found by these rules: the parts of a resource do not fit together.
STRUCTURAL = {
    "drbd.no-address",
    "drbd.incomplete-volume",
    "drbd.conflicting-use",
    "drbd.unknown-node",
    "drbd.node-id-missing",
}
# We refuse, drbdadm takes: what our error says, and why we refuse all the same.
STRICTER = {
    r"needs a value$": "9 reads `timeout;` as the text `yes`, and fails when it is used",
    r"'}' expected, found the end": "the last brace may lack: what follows it would too",
    r"is there twice": "of two disks, devices or volumes one would count: see BOTH_IN_ONE_PLACE",
    r"volume is at most|takes a number, found '[0-9]+[MKGs]'": "atoi() reads what it likes",
    r"is no device of DRBD": "as above, and it leaves the devices of other nodes unchecked",
    r"^volume [0-9]+ on bob\S* has no": "9 leaves the volumes of other nodes unchecked",
    r"is one of|is a number|is at least|is at most|is yes or no|has at most": (
        "8.4 checks few values, and no module takes those; 9 has no signs"
    ),
    r"^skip cannot stand": "a skip without a brace swallows what follows up to the next block",
    r"cannot stand here": "9 takes one odd character as a value",
    r"is no meta-disk": "an index behind internal",
    r"^';' (or '{' )?expected after 'device'": "8.4 reads a device without a name",
    r"^';' expected after '.*', found '}'": "9 takes a brace as a value",
    r"no IP address": "the lexer knows digits, not bytes",
    r"^the disk .* is used by": "two on one disk overwrite each other; where each volume names its"
    " own, drbdadm does not compare them",
    r"cannot be a name": "a name that the lexer of the other release takes for its own",
}
# drbdadm refuses, we read: what it says, and why we read it all the same.
LAXER = {
    r"not found on this host": "asks this machine's interfaces, or lost the option that forbids it",
    r"conflicting use of (IP|meta-disk)": "asks for the addresses of nodes across resources",
    r"reached eof while": "skipped blocks, which it reads in its own way",
    r"should put the global": "an order, of which 9 warns only",
    r"is not defined in your config|no resources defined|not defined in your": "nothing is left",
    r"There are multiple host sections|Missing section 'on": "asks which node it runs on",
    r"Unable to parse|resync-after|sync-after": "names of resources, looked up after reading",
    r"on 'alice'|'on alice'|me must be": "as above",
}
TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[{};]|[^\s{};"]+|\s+')
# The same mutants each time, so that no change fails for an oddity of drbdadm's that it has
# nothing to do with; HAKVM_HUNT=1 looks for others.
HUNT = os.environ.get("HAKVM_HUNT") == "1"
WORDS = """{ } ; net disk on resource device minor 5 999999999 yes no foo protocol C address
10.0.0.1:7789 internal /dev/drbd1 volume 0 options handlers "x\\ y" timeout 1K host node-id skip
common port [0] global meta-disk none unheard-of-thing 64K connection path""".split()  # noqa: SIM905 - words read best as words


def mutate(text, rng):
    tokens = TOKEN.findall(text)
    solid = [index for index, token in enumerate(tokens) if not token.isspace()]
    index = rng.choice(solid)
    match rng.randrange(6):
        case 0:
            tokens[index] = ""
        case 1:
            tokens[index] += " " + tokens[index]
        case 2:
            tokens[index] = rng.choice(WORDS)
        case 3:
            tokens[index] += " " + rng.choice(WORDS)
        case 4:
            other = rng.choice(solid)
            tokens[index], tokens[other] = tokens[other], tokens[index]
        case _:
            at = rng.randrange(len(tokens[index]))
            letter = rng.choice('x0 ;{}"#-')
            tokens[index] = tokens[index][:at] + letter + tokens[index][at + 1 :]
    return "".join(tokens)


def refusal(text, release):
    """Why we refuse a configuration; empty if we take it."""
    try:
        config = Config.parse(text, release=release)
    except HakvmError as error:
        return error.message
    found = [one for one in config.check() if one.severity is Severity.ERROR]
    return "; ".join(one.message for one in found if one.rule in STRUCTURAL)


def explained(message, exceptions):
    return any(re.search(pattern, message) for pattern in exceptions)


@pytest.mark.parametrize("release", [Release.V8_4, Release.V9_0])
def test_we_refuse_what_drbdadm_refuses(judge, release):
    counts = {"both": 0, "explained": 0}

    # A mutant does not shrink to a smaller one: looking for that would take minutes.
    @settings(max_examples=60, phases=[Phase.explicit, Phase.generate], derandomize=not HUNT)
    @given(config=strategies.drbd_configs(release=release), seed=st.integers(0, 2**32))
    def each(config, seed):
        rng = random.Random(seed)  # noqa: S311 - no secret comes of it
        text = config.render(release=release)
        for _ in range(4):
            mutant = mutate(text, rng)
            ours = refusal(mutant, release)
            code, said = judge.run(mutant, release, "dump")
            if bool(ours) == (code != 0):
                counts["both"] += 1
                continue
            counts["explained"] += 1
            if ours:
                assert explained(ours, STRICTER), f"we refuse it: {ours}\n{mutant}"
            else:
                assert explained(said, LAXER), f"drbdadm refuses it: {said}\n{mutant}"

    each()
    # The exceptions are exceptions.
    assert counts["explained"] < counts["both"] / 5


NODES = """
    on alice { address 10.0.0.1:7789; }
    on bob { address 10.0.0.2:7789; }
"""
VOLUME = "device minor 0; disk /dev/vg/r0; meta-disk internal;"
FULL = NODES.replace("address", f"{VOLUME} address")
JOINED = """
    on alice { node-id 0; } on bob { node-id 1; }
    connection { host alice address 10.0.0.1:1; host bob address 10.0.0.2:1; %s }
"""
PROXIED = """device minor 0; disk /dev/vg/r0; meta-disk internal;
    on alice { address 127.0.0.1:1; proxy on alice { inside 127.0.0.1:2; outside 10.0.0.1:3; %s } }
    on bob { address 127.0.0.1:1; proxy on bob { inside 127.0.0.1:2; outside 10.0.0.2:3; } }
"""
# Where both of drbdadm's parsers refuse what is there twice, so do we.
BOTH_REFUSE = {
    **{
        section: f"resource r0 {{ {section} {{ }} {section} {{ }} {FULL} }}"
        for section in ("net", "disk", "options", "startup", "handlers", "syncer", "proxy")
    },
    "global": f"global {{ }} resource r0 {{ {FULL} }}",
    "common": f"common {{ }} common {{ }} resource r0 {{ {FULL} }}",
    "resource": f"resource r0 {{ {FULL} }} resource r0 {{ {FULL.replace('minor 0', 'minor 1')} }}",
    "protocol": f"resource r0 {{ protocol C; protocol C; {FULL} }}",
    "resource's device": f"resource r0 {{ device minor 0; {VOLUME} {NODES} }}",
    "on": f"resource r0 {{ {FULL} {FULL} }}",
    "on, by another name": f"resource r0 {{ {FULL.replace('on bob', 'on bob alice')} }}",
    **{
        word: f"resource r0 {{ {FULL.replace(f'{word} ', f'{word} {value}; {word} ', 1)} }}"
        for word, value in (
            ("device", "minor 0"),
            ("disk", "/dev/vg/r1"),
            ("meta-disk", "internal"),
            ("address", "10.0.0.3:1"),
        )
    },
    "stacked-on-top-of": f"""resource r0 {{ {FULL} }} resource far {{
        stacked-on-top-of r0 {{ device minor 10; address 10.9.0.1:1; }}
        stacked-on-top-of r0 {{ device minor 11; address 10.9.0.2:1; }}
        on carol {{ {VOLUME} address 10.9.0.3:1; }} }}""",
}
# Where they let the last stand (of two volumes of a connection the first) we refuse: there is
# one place for it, and unlike an option's the values are not to be kept side by side there.
BOTH_IN_ONE_PLACE = {
    "resource's disk": f"resource r0 {{ disk /dev/vg/r1; {VOLUME} {NODES} }}",
    "resource's meta-disk": f"resource r0 {{ meta-disk /dev/vg/m; {VOLUME} {NODES} }}",
    "volume": f"resource r0 {{ volume 0 {{ {VOLUME} }} volume 0 {{ {VOLUME} }} {NODES} }}",
    "volume's device": f"resource r0 {{ volume 0 {{ device minor 1; {VOLUME} }} {NODES} }}",
    "volume's disk": f"resource r0 {{ volume 0 {{ disk /dev/vg/r1; {VOLUME} }} {NODES} }}",
    "volume's meta-disk": f"resource r0 {{ volume 0 {{ meta-disk /dev/x; {VOLUME} }} {NODES} }}",
    "volume's options": f"resource r0 {{ volume 0 {{ disk {{ }} disk {{ }} {VOLUME} }} {NODES} }}",
    "node's options": "resource r0 {"
    + FULL.replace("on alice {", "on alice { options { } options { }")
    + "}",
    "inside": f"resource r0 {{ {PROXIED % 'inside 127.0.0.1:4;'} }}",
    "proxy's options": f"resource r0 {{ {PROXIED % 'options { } options { }'} }}",
    "proxy's plugins": f"resource r0 {{ proxy {{ plugin {{ a; }} plugin {{ b; }} }} {FULL} }}",
    "connection's empty net": f"resource r0 {{ {VOLUME} {JOINED % 'net { } net { }'} }}",
    "connection's disk": f"resource r0 {{ {VOLUME} {JOINED % 'disk { } disk { }'} }}",
    "connection's volume": f"resource r0 {{ {VOLUME}"
    + JOINED % "volume 0 { disk { } } volume 0 { disk { } }"
    + "}",
}


@pytest.mark.parametrize("release", [Release.V8_4, Release.V9_0])
@pytest.mark.parametrize("what", [*BOTH_REFUSE, *BOTH_IN_ONE_PLACE])
def test_what_is_there_twice_is_refused(judge, what, release):
    text = BOTH_REFUSE.get(what) or BOTH_IN_ONE_PLACE[what]
    text = f"global {{ disable-ip-verification; }} {text}"
    later = release is Release.V8_4 and "connection" in what
    assert judge.takes(text, release) == (what in BOTH_IN_ONE_PLACE and not later)
    with pytest.raises(ParseError, match=r"there twice" if not later else "does not know"):
        Config.parse(text, release=release)
