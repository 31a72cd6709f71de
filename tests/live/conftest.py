"""People for the live tests."""

import pytest

from tests.live.crowd import Crowd


@pytest.fixture
def crowd():
    """Everybody's open pages; they close with the test."""
    crowd = Crowd()
    yield crowd
    crowd.end()
