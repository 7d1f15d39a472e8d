"""Results as Markdown, kept between two marks of a README."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from models.errors import WorkshopError
from models.files import write_text
from models.headlines import BESIDE, HEADLINES, Headline

BEGIN: Final = "<!-- table: begin -->"
END: Final = "<!-- table: end -->"
NONE: Final = "–"
Entry = Mapping[str, Any]


class TableError(WorkshopError):
    """A README that has no place for the table."""


def markdown(result: Entry) -> str:
    """All tables of a results file, the headlines first."""
    ours, base = result["ours"], result.get("zero_shot_coco")
    facts = f"Model {ours['model']}, version {ours['version']}, input size {ours['input_size']}"
    if base:
        facts += f" (baseline {base['input_size']})"
    thresholds = ", ".join(f"{name} {value:.2f}" for name, value in ours["thresholds"].items())
    sections: tuple[tuple[str, list[str]], ...] = (
        ("Headlines", headline_table(HEADLINES, "headlines", ours, base)),
        ("The same in other lights (imitations)", view_table(ours)),
        ("Beside the headlines", headline_table(BESIDE, "beside", ours, base)),
        ("What is taken for what", confusion_table(ours, base)),
        ("By class", class_table("", [("", ours["by_class"])])),
        ("By light", class_table("light", parts_of(ours["by_light"]))),
        ("By size of the box at the network's input", size_table(ours["by_size"])),
        ("By source", class_table("source", parts_of(ours["by_source"]))),
    )
    blocks = [f"### {title}\n" + "\n".join(lines) for title, lines in sections]
    pictures = result["set"]["pictures"]
    return "\n\n".join([f"{facts}; {pictures} pictures. Thresholds: {thresholds}.", *blocks])


def table(header: Sequence[str], rows: Iterator[Sequence[str]]) -> list[str]:
    return ["| " + " | ".join(cells) + " |" for cells in (header, ["---"] * len(header), *rows)]


def number(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def value_of(entry: Entry | None) -> str:
    return number(entry["value"]) if entry else NONE


def with_interval(entry: Entry | None) -> str:
    """The value of a share with its 95 % interval: `0.714 (0.36–0.92)`."""
    if not entry or "low" not in entry:
        return value_of(entry)
    return f"{entry['value']:.3f} ({entry['low']:.2f}–{entry['high']:.2f})"


def count_of(entry: Entry) -> str:
    return f"{entry['hits']} of {entry['of']}" if "hits" in entry else f"{entry['of']} boxes"


def headline_table(rows: Sequence[Headline], key: str, ours: Entry, base: Entry | None) -> list[str]:
    """Value, interval and count beside the baseline's value; bar, goal and what is reached where demanded."""
    demands = any(row.bar is not None for row in rows)
    header = ["figure", f"{ours['model']} (95 %)", "count", "zero-shot COCO", *["bar", "goal", "reached"] * demands]

    def cells() -> Iterator[list[str]]:
        for row in rows:
            if entry := ours[key].get(row.name):
                other = value_of(base[key].get(row.name)) if base else NONE
                line = [row.name, with_interval(entry), count_of(entry), other]
                yield line + demanded(row, entry) * demands

    return table(header, cells())


def demanded(row: Headline, entry: Entry) -> list[str]:
    if row.bar is None or row.goal is None:
        return [NONE] * 3
    sign = "≥" if row.better == "more" else "≤"
    return [f"{sign} {row.bar:.2f}", f"{sign} {row.goal:.2f}", row.reached(entry)]


def view_table(ours: Entry) -> list[str]:
    """The headlines as they are and under each imitation, with the change."""

    def cells() -> Iterator[list[str]]:
        for row in HEADLINES:
            if entry := ours["headlines"].get(row.name):
                seen = [view[row.name]["value"] for view in ours["views"].values()]
                yield [row.name, value_of(entry), *(f"{v:.3f} ({v - entry['value']:+.3f})" for v in seen)]

    return table(["figure", "as it is", *ours["views"]], cells())


def confusion_table(ours: Entry, base: Entry | None) -> list[str]:
    """Counts; prams have no labelled picture."""
    mine, other = ours["confusion"], base["confusion"] if base else None

    def cells() -> Iterator[list[str]]:
        for cause, count in mine["false e-bikes on"].items():
            yield [f"false e-bikes on {cause}", str(count), str(other["false e-bikes on"][cause]) if other else NONE]
        yield ["false e-bikes on prams", "no pictures", "no pictures"]
        for name in ("e-bikes missed", "missed e-bikes called bicycle", "bicycles called e-bike"):
            yield [name, count_of(mine[name]), count_of(other[name]) if other else NONE]

    return table(["what", ours["model"], "zero-shot COCO"], cells())


def parts_of(parts: Entry) -> list[tuple[str, Entry]]:
    return [(f"{name} ({part['pictures']})", part["classes"]) for name, part in parts.items()]


def class_table(what: str, parts: Sequence[tuple[str, Entry]]) -> list[str]:
    """One line a part and class; `what` names the first column, empty for none."""
    header = ["class", "boxes", "AP50", "AP50-95", "recall (95 %)", "recall per picture", "false pictures (95 %)"]
    header += ["false boxes a picture (count)"]

    def cells() -> Iterator[list[str]]:
        for part, classes in parts:
            for name, figures in classes.items():
                shares = [with_interval(figures.get(key)) for key in ("recall", "picture_recall", "false_pictures")]
                false = false_boxes(figures.get("false_boxes"))
                areas = [number(figures.get(key)) for key in ("ap50", "ap50_95")]
                yield [*[part] * bool(what), name, str(figures["boxes"]), *areas, *shares, false]

    return table([*[f"{what} (pictures)"] * bool(what), *header], cells())


def false_boxes(entry: Entry | None) -> str:
    return f"{entry['per_picture']:.3f} ({entry['count']})" if entry else NONE


def size_table(classes: Entry) -> list[str]:
    def cells() -> Iterator[list[str]]:
        for name, sizes in classes.items():
            for size, figures in sizes.items():
                yield [name, size, str(figures["boxes"]), number(figures["ap50"]), with_interval(figures["recall"])]

    return table(["class", "size", "boxes", "AP50", "recall (95 %)"], cells())


def update_readme(path: Path, tables: str) -> None:
    """Replace what lies between the marks. Raises TableError where the file has none."""
    text = path.read_text(encoding="utf-8")
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise TableError(f"{path}: the marks {BEGIN} and {END} are missing")
    write_text(path, f"{head}{BEGIN}\n{tables}\n{END}{tail}")
