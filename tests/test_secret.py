import copy
import pickle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hakvm.secret import MASK, Secret, mask, mask_part

SHOWING = [
    'shared-secret "hunter2";',
    "shared-secret hunter2;",
    'shared-secret\n\t"hunter2";',
    "passwd=hunter2",
    "params login=admin passwd=hunter2 op monitor interval=60s",
    '<nvpair name="password" value="hunter2"/>',
    "<nvpair name='ipmi-passwd' id='x' value='hunter2'/>",
    "<graphics type='vnc' passwd='hunter2'/>",
    '{"password": "hunter2"}',
    "fence_ipmilan --ip 10.0.0.1 --password hunter2",
    "fence_ipmilan --password=hunter2",
    "key: hunter2",
    "totem {\n    key: hunter2\n}",
]


@pytest.mark.parametrize("text", SHOWING)
def test_mask_hides_the_secret_of_each_format(text):
    assert "hunter2" not in mask(text)
    assert MASK in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "the password is wrong",
        "a passphrase takes 20 characters",
        "keyfile: /etc/corosync/authkey",
        "bypass: yes",
        "on node1 { address 10.0.0.1:7789; }",
    ],
)
def test_mask_leaves_other_text_alone(text):
    assert mask(text) == text


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=4))
def test_mask_hides_any_word(secret):
    assert secret not in mask(f'shared-secret "{secret}";')
    assert secret not in mask(f"passwd={secret}")


@given(st.text())
def test_masking_twice_changes_nothing_more(text):
    assert mask(mask(text)) == mask(text)


@given(st.sampled_from(SHOWING), st.data())
@example('shared-secret\n\t"hunter2";', None)
def test_a_part_is_masked_even_if_the_word_stands_before_it(text, data):
    inside = text.index("hunter2")
    start = inside if data is None else data.draw(st.integers(0, inside))
    assert "hunter2" not in mask_part(text, start, len(text))


@given(st.text())
def test_the_part_that_is_all_is_masked_as_all(text):
    assert mask_part(text, 0, len(text)) == mask(text)


@pytest.mark.parametrize(
    "text", ["a-" * 50_000, "\n" * 50_000, 'name="password" ' * 5_000, "password " * 20_000]
)
def test_masking_takes_time_in_proportion(text, benchmark_ratio):
    # Ten times the text costs about ten times as much; a quadratic regex would cost a hundred.
    assert benchmark_ratio(lambda: mask(text), lambda: mask(text[: len(text) // 10])) < 30


def test_a_secret_shows_only_where_it_is_rendered():
    secret = Secret("hunter2")
    assert "hunter2" not in repr(secret)
    assert "hunter2" not in repr({"password": secret})
    assert f"{secret}" == "hunter2"
    assert pickle.loads(pickle.dumps(secret)) == secret
    assert type(copy.deepcopy(secret)) is Secret
