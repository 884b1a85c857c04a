import base64

from chargehand.kit.signing import standard_webhook_signature


def test_signature_is_that_of_the_specifications_example() -> None:
    """Source: the example of Standard Webhooks' implementations, svix 1.x documentation."""
    signature = standard_webhook_signature(
        base64.b64decode("plJ3nmyCDGBKInavdOK15jsl"),
        "msg_loFOjxBNrRLzqYUf",
        1731705121,
        b'{"event_type":"ping","data":{"success":true}}',
    )

    assert signature == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="
