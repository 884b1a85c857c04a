import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehand.kit.canonical import canonical_json, digest_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(st.dictionaries(st.text(), JSON, max_size=6))
def test_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    turned = dict(reversed(list(value.items())))

    assert digest_of(value) == digest_of(turned)


@given(JSON, JSON)
def test_different_values_have_different_texts(left: object, right: object) -> None:
    same_text = canonical_json(left) == canonical_json(right)

    # In JSON true and 1 differ, in Python they are equal.
    assert not same_text or repr(left) == repr(right) or left == right


@pytest.mark.parametrize("value", [float("nan"), float("inf")], ids=["nan", "infinity"])
def test_what_json_can_not_say_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"value": value})
