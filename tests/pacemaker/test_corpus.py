"""Every CIB that Pacemaker's makers wrote comes back as it was."""

import random

import pytest
from lxml import etree

from hakvm.errors import InvalidError
from hakvm.pacemaker import Cib, Schemas, crm
from hakvm.pacemaker._tree import walk
from hakvm.transport import Command, Local

from .meaning import canonical, configuration

pytestmark = pytest.mark.corpus


def test_every_cib_comes_back(cibs):
    wrong = [
        name
        for name, text in cibs.items()
        if canonical(text) != canonical((cib := Cib.parse(text)).render())
        or Cib.parse(cib.render()) != cib
    ]
    assert wrong == []


def test_most_of_it_is_typed(cibs):
    """Nothing that the schema names is kept as mere text."""
    strange: dict[str, list[str]] = {}

    def look(element, name):
        for text in element.extra.children:
            if text.startswith("<") and not text.startswith("<!--"):
                strange.setdefault(etree.fromstring(text).tag, []).append(name)

    for name, text in cibs.items():
        for element in walk(Cib.parse(text).configuration):
            look(element, name)
    assert strange == {}


@pytest.mark.oracle("crm_simulate")
def test_what_is_valid_stays_valid(cibs):
    schemas = Schemas()

    def fault(text):
        try:
            schemas.validate(text)
        except InvalidError as error:
            return error.message
        return None

    faults = {name: (fault(text), fault(Cib.parse(text).render())) for name, text in cibs.items()}
    assert {name: pair for name, pair in faults.items() if pair[0] != pair[1]} == {}
    assert sum(pair[0] is None for pair in faults.values()) > 390


def scheduled(text: bytes, folder) -> str:
    done = Local().run(
        Command.of(
            "crm_simulate",
            "--xml-pipe",
            "--simulate",
            "--show-scores",
            stdin=text,
            env={"CIB_shadow_dir": str(folder), "PCMK_schema_directory": "/usr/share/pacemaker"},
        )
    )
    return f"{done.exit_status}\n{done.text}"


def same_schedule(cibs, names, folder):
    return [
        name
        for name in names
        if scheduled(cibs[name], folder)
        != scheduled(Cib.parse(cibs[name]).render().encode(), folder)
    ]


@pytest.mark.oracle("crm_simulate")
def test_the_scheduler_sees_no_difference(cibs, tmp_path):
    names = random.Random(215).sample(sorted(cibs), 15)  # noqa: S311 - no secret
    assert same_schedule(cibs, names, tmp_path) == []


@pytest.mark.slow
@pytest.mark.oracle("crm_simulate")
def test_the_scheduler_sees_no_difference_in_any(cibs, tmp_path):
    assert same_schedule(cibs, sorted(cibs), tmp_path) == []


def test_every_cib_can_be_said_in_crmsh_words(cibs):
    """What crm.render writes, crm.parse reads to the same CIB, but for ids and spelling."""
    wrong = []
    for name, text in cibs.items():
        cib = Cib.parse(text)
        again = crm.parse(crm.render(cib))
        if configuration(again) != configuration(cib):
            wrong.append(name)
    assert wrong == []
