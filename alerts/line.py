"""One line of somebody's text."""


def one_line(text: str) -> str:
    """Without what cannot be seen (control signs, direction marks, halves of pairs), and spaces joined."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
