"""One line of somebody's text, or of numbers."""


def one_line(text: str) -> str:
    """Without what cannot be seen (control signs, direction marks, halves of pairs), and spaces joined."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def counted(number: int, what: str) -> str:
    """1 file, 2 files."""
    return f"{number} {what}{'' if number == 1 else 's'}"
