"""A secret shows nothing of itself, wherever it goes."""

import copy
import pickle

import msgspec
import pytest

from enrichcore.registry import Secret

WORDS = "tarnished-spoon"


@pytest.mark.parametrize(
    "show", [str, repr, "{}".format, "{:>40}".format, "%s".__mod__, lambda secret: f"{[secret]!r:.50}"]
)
def test_a_secret_is_masked_however_it_is_shown(show):
    """Text, repr and format show a mask."""
    assert WORDS not in show(Secret(WORDS))
    assert "***" in show(Secret(WORDS))


def test_a_secret_is_revealed_on_request():
    """`reveal` gives the text."""
    assert Secret(WORDS).reveal() == WORDS


def test_secrets_are_equal_by_their_texts():
    """Equal texts are equal secrets with one hash; a secret is not its text."""
    assert Secret(WORDS) == Secret(WORDS)
    assert len({Secret(WORDS), Secret(WORDS), Secret("other")}) == 2
    assert Secret(WORDS) != WORDS
    assert Secret(WORDS).matches(WORDS)
    assert not Secret(WORDS).matches(WORDS + "s")


def test_a_fingerprint_tells_texts_apart():
    """Sixteen hexadecimal digits, the same for the same text at any time."""
    assert Secret("https://hooks.example/1").fingerprint() == "fc22f8e047a61881"
    assert Secret("a").fingerprint() != Secret("b").fingerprint()


def test_a_secret_is_frozen():
    """Nothing of it can be set or deleted; a copy is itself."""
    secret = Secret(WORDS)
    with pytest.raises(AttributeError):
        secret.text = "x"
    with pytest.raises(AttributeError):
        del secret.text
    assert copy.deepcopy(secret) is secret
    assert copy.copy(secret) is secret


def test_a_secret_is_not_serialised():
    """Neither pickle nor a JSON encoder writes it out."""
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret(WORDS))
    with pytest.raises(TypeError):
        msgspec.json.encode(Secret(WORDS))
