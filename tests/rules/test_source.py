"""Source: the journey shows what is in the file now, and no more of it than was asked for."""

import os

import pytest

from myapp.journey.source import source

TEXT = """LIMIT = 3


@twice
def first():
    return "<b>"


def second():
    return 2
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "step.py"
    path.write_text(TEXT)
    return path


def test_a_function_comes_with_its_decorators_and_without_its_neighbours(file):
    shown = source(str(file), "first").striptags()
    assert shown == '@twice def first(): return "<b>"'


def test_several_things_come_in_the_order_asked_for(file):
    assert source(str(file), "second", "LIMIT").striptags() == "def second(): return 2 LIMIT = 3"


def test_what_is_in_the_file_cannot_become_html(file):
    assert "<b>" not in source(str(file), "first")


def test_an_edit_is_shown_at_once(file):
    source(str(file))
    file.write_text(TEXT.replace("2", "3"))
    os.utime(file, ns=(1, 1))
    assert "return 3" in source(str(file)).striptags()


def test_a_name_that_is_not_there_is_a_mistake_of_ours(file):
    with pytest.raises(LookupError):
        source(str(file), "third")
