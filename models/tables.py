"""Results as Markdown, kept between two marks of a README."""

from pathlib import Path
from typing import Any, Final

BEGIN: Final = "<!-- table: begin -->"
END: Final = "<!-- table: end -->"


def figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def markdown(result: dict[str, Any]) -> str:
    """The headlines beside the baseline, then the figures by source."""
    ours, base = result["v0"], result.get("zero_shot_coco")
    lines = ["| figure | xinan-v0 | zero-shot COCO |", "|---|---|---|"]
    for name, value in ours["headlines"].items():
        other = base["headlines"].get(name) if base and not name.startswith(("flame", "cable")) else None
        lines.append(f"| {name} | {figure(value)} | {figure(other)} |")
    lines += ["", f"Input size {result['input_size']} (the baseline's is 640)."]
    lines += ["", f"Thresholds: {', '.join(f'{k} {v:.2f}' for k, v in ours['thresholds'].items())}.", ""]
    lines += ["| source | pictures | class | boxes | AP50 | recall | recall per picture | false pictures |"]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for source, entry in ours["by_source"].items():
        for name, cells in entry.items():
            if name == "pictures":
                continue
            figures = [figure(cells.get(key)) for key in ("ap50", "recall", "picture_recall", "false_pictures")]
            lines.append(f"| {source} | {entry['pictures']} | {name} | {cells['boxes']} | {' | '.join(figures)} |")
    return "\n".join(lines)


def update_readme(path: Path, table: str) -> None:
    """Replace what lies between the marks. Raises ValueError where the file has none."""
    text = path.read_text(encoding="utf-8")
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path.name}: the marks {BEGIN} and {END} are missing")
    path.write_text(f"{head}{BEGIN}\n{table}\n{END}{tail}", encoding="utf-8")
