"""A name is found however it is written, and nothing else is."""

import html
import json
import unicodedata
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehand.privacy.redaction import Redactor, find_in_bytes

NAME = "Jürgen Ōtani-Müßig"
EMAIL = "j.mueller+x@Example.com"
ACCOUNT = "712020:8f3a-ab"


@pytest.mark.parametrize("word", [NAME, EMAIL, ACCOUNT, "José d'Angelo", "田中 美咲", "Ж. Юрій"])
@pytest.mark.parametrize(
    "written",
    [
        pytest.param(str, id="plain"),
        pytest.param(str.upper, id="upper"),
        pytest.param(str.lower, id="lower"),
        pytest.param(json.dumps, id="json"),
        pytest.param(lambda text: json.dumps(json.dumps(text)), id="json-in-json"),
        pytest.param(quote, id="address"),
        pytest.param(lambda text: quote(quote(text)), id="address-in-address"),
        pytest.param(lambda text: quote_plus(text.lower()).lower(), id="form"),
        pytest.param(html.escape, id="html"),
        pytest.param(
            lambda text: "".join(c if c.isascii() else f"&#{ord(c)};" for c in text), id="html-code"
        ),
        pytest.param(lambda text: unicodedata.normalize("NFD", text), id="decomposed"),
        pytest.param(lambda text: text.replace("-", r"\-").replace(".", r"\."), id="markup"),
        pytest.param(lambda text: f"[~accountid:{text}]", id="mention"),
        pytest.param(lambda text: text.replace(" ", "\n "), id="wrapped"),
        pytest.param(lambda text: json.dumps("hello\n" + text + "\n"), id="behind-an-escape"),
        pytest.param(lambda text: f"({text}'s, x-{text}!)", id="among-signs"),
    ],
)
def test_word_is_found_and_goes_in_every_form(word: str, written) -> None:
    redactor = Redactor({word: "erased:1"})
    text = f"before {written(word)} behind"

    assert redactor.tells_in(text)
    assert redactor.tells_in_bytes(text.encode())
    gone = redactor.redact(text)
    assert "erased:1" in gone
    assert not redactor.tells_in(gone)
    proof = find_in_bytes([word])
    assert proof is None or (proof(text.encode()) and not proof(gone.encode()))


@pytest.mark.parametrize(
    "word", ["ab\U0002f800", "\u212bngstr\u00f6m", "\u0958\u0930\u092e", "\ufb2a\u05d1\u05d2"]
)
def test_character_that_unicode_has_twice_is_found_as_either(word: str) -> None:
    other = unicodedata.normalize("NFC", word)

    for known in (word, other):
        redactor = Redactor({known: "erased:1"})
        assert other != word
        assert [redactor.redact(text) for text in (word, other)] == ["erased:1", "erased:1"]


@pytest.mark.parametrize("text", ["validation", "Alice", "Kali"])
def test_short_name_is_no_part_of_another_word(text: str) -> None:
    assert not Redactor({"Ali": "erased:1"}).tells_in(text)


@pytest.mark.parametrize("text", ["Ali", "ask ALI.", r"a\nAli\n", "x%20Ali%20y", "[~Ali]", "_Ali_"])
def test_short_name_is_found_as_a_word(text: str) -> None:
    assert Redactor({"Ali": "erased:1"}).tells_in(text)


@pytest.mark.parametrize("half", ["712020:8f3a", "otani@example.com"])
def test_half_an_id_or_address_is_nobody(half: str) -> None:
    assert not Redactor({half: "erased:1"}).tells_in("712020:8f3ab1 xotani@example.com")


def test_inflected_name_is_found() -> None:
    assert Redactor({"Jürgen Müßig": "erased:1"}).redact("Jürgen Müßigs") == "erased:1s"


def test_longer_word_goes_before_one_it_contains() -> None:
    redactor = Redactor({"cli:anna": "erased:2", "anna": "erased:1"})

    assert redactor.redact("cli:anna and Anna") == "erased:2 and erased:1"


def test_bytes_of_other_encodings_are_looked_through() -> None:
    redactor = Redactor({NAME: "erased:1"})

    assert redactor.tells_in_bytes("Jürgen Otani".encode("latin-1")) is False
    assert Redactor({"Jürgen Meißner": ""}).tells_in_bytes("Jürgen Meißner".encode("latin-1"))
    assert redactor.tells_in_bytes(NAME.encode("utf-16"))


@given(st.text(min_size=3, max_size=12).filter(lambda t: len(t.strip()) >= 3 and t.isprintable()))
def test_any_word_goes_from_any_json_that_holds_it(word: str) -> None:
    redactor = Redactor({word: "#"})
    value = {"text": f"a {word} b", "list": [word]}

    assert redactor.tells_in(json.dumps(value, ensure_ascii=False))
    assert redactor.tells_in(json.dumps(value))
    gone = redactor.redact_value(value)
    assert not redactor.tells_in(json.dumps(gone, ensure_ascii=False))
