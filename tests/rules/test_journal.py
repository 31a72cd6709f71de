"""A journal leads from document to document, to the last byte."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from myapp.journal import difference, patched, states

plain = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-2, 2) | st.text(max_size=3)
json_ = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=2), inner),
    max_leaves=12,
)
documents = st.dictionaries(st.text("abcd", max_size=2), json_)


patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def exactly(doc):
    return json.dumps(doc)


@patiently
@given(documents, documents)
def test_the_steps_between_two_documents_make_one_of_the_other(old, new):
    kept = json.loads(exactly(old))
    steps = json.loads(json.dumps(difference(old, new)))
    assert exactly(patched(kept, steps)) == exactly(new)


@patiently
@given(st.lists(documents, min_size=1))
def test_a_journal_gives_every_document_there_was(docs):
    entries = [{"whole": docs[0]}]
    for n in range(1, len(docs)):
        entries.append({"changed": difference(docs[n - 1], docs[n])})
    assert [*map(exactly, states(json.loads(json.dumps(entries))))] == [*map(exactly, docs)]


def test_ann_and_bob_take_a_line_each():
    old = {"order": ["p1"], "points": {"p1": 0}, "turn": 0}
    new = {"order": ["p1", "p2"], "points": {"p1": 1, "p2": 0}, "turn": 0}
    assert difference(old, new) == [
        [["order", 1], "p2"],
        [["points", "p1"], 1],
        [["points", "p2"], 0],
    ]


def test_who_left_is_gone():
    assert difference({"points": {"p1": 0, "p2": 3}}, {"points": {"p2": 3}}) == [[["points", "p1"]]]


def test_a_list_that_moved_up_is_told_whole():
    assert difference({"acts": [1, 2, 3, 4]}, {"acts": [2, 3, 4, 5]}) == [[["acts"], [2, 3, 4, 5]]]


def test_steps_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="no \\['points', 'p1'\\] to change"):
        patched({}, [[["points", "p1"], 3]])
