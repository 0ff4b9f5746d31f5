"""What bytes are, by their first few: a browser is handed pictures and nothing else."""

_SIGNS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)


def picture(body: bytes) -> str | None:
    """The media type of a picture; None for all else, SVG with its scripts among it."""
    for sign, media in _SIGNS:
        if body.startswith(sign):
            return media
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    return "image/avif" if body[4:12] in {b"ftypavif", b"ftypavis"} else None
