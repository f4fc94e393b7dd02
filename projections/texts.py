"""Bodies as text that can be stored and shown, whatever bytes they are."""


def readable(body: bytes) -> str:
    """The body as text; what is no text becomes a replacement character."""
    return body.decode("utf-8", "replace").replace("\0", "\ufffd")
