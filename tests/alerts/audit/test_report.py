"""What a report tells of a month: counted by hand beside the figures, and what stands on its pages."""

import json
import os
import re
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.audit.extras import NONE, Extras, Reporting
from alerts.audit.found import Event
from alerts.audit.naming import Names, registered
from alerts.audit.parts import Parts
from alerts.audit.report_charts import trend
from alerts.audit.results import AuditResult, write_results
from alerts.audit.site import Site
from alerts.audit.statistics import Group
from alerts.audit.words import WORDS
from alerts.config import load_settings
from tests.alerts.audit.month import BEGIN, event_of, job_of, month, narrow, write_part
from vision.camera_health.spans import Span
from vision.camera_health.trouble import Cause
from vision.rule import Words

TOML = """
[site]
name = "幸福里"
[[places]]
id = "b3-5"
name = "5层走道"
name_en = "5th-floor corridor"
[[cameras]]
name = "Lift-1"
url = "rtsp://camera.invalid/1"
place = "b3-5"
[[cameras]]
name = "hall"
url = "rtsp://camera.invalid/2"
place = "b3-5"
"""


def site_of(folder: Path, toml: str = TOML) -> Site:
    (folder / "xinan.toml").write_text(toml, "utf-8")
    return Site.of(load_settings(folder / "xinan.toml"))


def written(parts: Parts, jobs: list[Any], site: Site, extras: Extras = NONE, **more: Any) -> AuditResult:
    return write_results(
        jobs, parts, Reporting(site, load_settings().hazards, extras), **({"interrupted": False} | more)
    )


def statistics(out: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((out / "statistics.json").read_text("utf-8"))
    return told


def test_rates_are_over_the_hours_that_were_seen(tmp_path: Path) -> None:
    """Gaps and blind hours are no hours; what two recordings show at once is one."""
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    first, second = job_of("GROUP/lift-1", BEGIN, hours=4), job_of("hall", BEGIN, hours=2)
    again = job_of("GROUP/lift-1", BEGIN, Path("copy"), hours=1)
    covered = Span(Cause.COVERED, BEGIN + timedelta(hours=1), BEGIN + timedelta(hours=1, minutes=30))
    dark = Span(Cause.DARK, BEGIN, BEGIN + timedelta(hours=4))
    events = [event_of(first, "ebike", at_s) for at_s in (100.0, 9000.0, 9030.0)]
    write_part(parts, first, events, gaps=[(10800.0, 12600.0)], camera=[covered, dark])
    write_part(parts, second, [event_of(second, "clutter", 5.0, evidence=narrow(0.8))])
    write_part(parts, again, [])
    written(parts, [first, second, again], site)
    told = statistics(tmp_path / "out")
    [place] = told["places"]
    assert (place["place"], place["name"], place["cameras"]) == ("b3-5", "5层走道", ["Lift-1", "hall"])
    assert place["seen_h"] == pytest.approx(4 - 0.5 - 0.5 + 2)
    assert place["blind_h"] == pytest.approx(0.5)
    ebike = place["hazards"]["ebike"]
    assert (ebike["events"], ebike["days"]) == (3, 1)
    assert ebike["per_camera_h"] == pytest.approx(3 / 5)
    # Garwood's table: 3 counted, 0.6187 to 8.7673 expected
    assert (ebike["low"], ebike["high"]) == pytest.approx((0.6187 / 5, 8.7673 / 5), rel=1e-3)
    assert ebike["minutes"] == pytest.approx((120 + 150) / 60), "two that overlap are one time"
    assert ebike["by_hour"][0][:4] == [1, 0, 2, 0], "Monday in Shanghai"
    assert place["seen_h_by_hour"][0][:5] == pytest.approx([2, 1.5, 1, 0.5, 0])
    clutter = place["hazards"]["clutter"]
    assert (clutter["narrow_minutes"], clutter["measured"], clutter["least_m"]) == (2.0, 1, 0.8)
    assert [row["camera"] for row in told["cameras"]] == ["Lift-1", "hall"]
    assert told["whole"]["hazards"]["ebike"]["events"] == 3


def test_without_a_time_there_is_a_rate_and_no_hour(tmp_path: Path) -> None:
    parts, site = Parts(tmp_path), site_of(tmp_path, "")
    job = job_of("", BEGIN, hours=1)
    job = type(job)(job.path, job.name, job.key)
    write_part(parts, job, [event_of(job, "flame", 10.0)], duration_s=7200.0)
    written(parts, [job], site)
    [place] = statistics(tmp_path)["places"]
    assert (place["place"], place["seen_h"], place["without_hour_h"]) == ("", 2.0, 2.0)
    assert place["hazards"]["flame"]["per_camera_h"] == 0.5
    assert place["hazards"]["flame"]["by_hour"] is None
    page = (tmp_path / "report.html").read_text("utf-8")
    assert WORDS["nowhere"][1] in page
    assert "class=map" not in page


@pytest.mark.parametrize(
    ("name", "camera"),
    [
        ("hall", "hall"),
        ("GROUP/hall", "hall"),
        ("g/HALL", "hall"),
        ("lift", "Lift"),
        ("lobby", ""),
        ("SHED", ""),
        ("x/hall/main", "hall"),
        ("x/hall/other", "hall"),
        ("x/hall/Main", "hall"),
        ("x/hall_sub", "hall"),
        ("rec/hall/2026/03/02", "hall"),
        ("rec/02", "02"),
        ("rec/2001/02", "02"),
        ("lift/x/hall", "hall"),
        ("sub", ""),
    ],
)
def test_an_archives_camera_is_that_of_the_settings(name: str, camera: str) -> None:
    assert registered(name, Names(["hall", "Lift", "shed", "Shed", "02"])) == camera


def test_two_cameras_are_not_one_for_the_end_of_their_path(tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    names = ["north/hall", "south/hall/main", "hall", "a/lift-1", "b/LIFT-1"]
    jobs = [job_of(name, BEGIN, hours=2) for name in names]
    for job in jobs:
        write_part(parts, job, [event_of(job, "clutter", 60.0)])
    written(parts, jobs, site)
    rows = {row["camera"]: row for row in statistics(tmp_path / "out")["cameras"]}
    assert set(rows) == set(names)
    assert all((row["seen_h"], row["hazards"]["clutter"]["events"]) == (2, 1) for row in rows.values())
    report = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "each stands for itself: a/lift-1, b/LIFT-1, north/hall, south/hall/main." in report
    written(parts, jobs[3:4], site)
    assert [row["camera"] for row in statistics(tmp_path / "out")["cameras"]] == ["Lift-1"], "here nothing is unclear"


def test_two_streams_of_a_camera_are_one_camera(tmp_path: Path) -> None:
    """Also where another camera's name ends alike."""
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    jobs = [job_of(name, BEGIN, hours=2) for name in ("x/hall/main", "x/hall/sub", "lift-1/main", "y/lift-1/sub")]
    for job in jobs:
        write_part(parts, job, [event_of(job, "clutter", 60.0)])
    result = written(parts, jobs, site)
    rows = {row["camera"]: row for row in statistics(tmp_path / "out")["cameras"]}
    assert set(rows) == {"hall", "Lift-1", "y/lift-1/sub"}
    assert (rows["hall"]["seen_h"], rows["hall"]["hazards"]["clutter"]["events"]) == (2, 1)
    assert [event.camera for event in result.each()] == ["hall", "hall", "Lift-1", "y/lift-1/sub"]
    assert [event["source"] for event in result.events if "copy" in event] == [jobs[1].source]


def test_an_hour_that_was_not_seen_is_blank_and_one_without_events_is_zero(tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    job = job_of("hall", BEGIN, hours=2)
    write_part(parts, job, [event_of(job, "clutter", 60.0)])
    written(parts, [job], site)
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    [monday] = re.findall(r"<span lang=en>Mon</span>(.*?)<tr>", page)[:1]
    cells = re.findall(r"<td[^>]*>(.*?)(?=<td|$)", monday)
    assert cells[0].startswith("<b>1</b>")
    assert cells[1].startswith("<span class=dim>0</span>")
    assert cells[2:] == [""] * 22


def test_an_event_in_an_hour_of_which_seconds_were_seen_is_in_map_and_bars(tmp_path: Path) -> None:
    """A camera that records when something moves has nothing but such hours."""
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    job = job_of("hall", BEGIN, hours=1)
    write_part(parts, job, [event_of(job, "clutter", 5.0, 20.0)], duration_s=26.0)
    written(parts, [job], site)
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    [monday] = re.findall(r"<span lang=en>Mon</span>(.*?)<tr>", page)[:1]
    cells = re.findall(r"<td[^>]*>(.*?)(?=<td|$)", monday)
    assert cells[0].startswith("<b>1</b>") and cells[1:] == [""] * 23
    assert re.findall(r"<text x=\S+ y=\S+ text-anchor=middle>(\d+)</text>", page)[0] == "1"
    assert "<tr><th scope=row>2026-03-02<td class=n>1<td class=n>0.00722<td class=n>60" in page


def test_a_clock_that_fell_back_makes_no_quarter_of_a_century(tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    jobs = [job_of("hall", BEGIN), job_of("hall", BEGIN + timedelta(days=3)), job_of("reset", BEGIN.replace(year=2000))]
    for job in jobs:
        write_part(parts, job, [event_of(job, "clutter", 60.0)])
    written(parts, jobs, site)
    days = ["2000-03-02", *(f"2026-03-0{day}" for day in range(2, 6))]
    assert statistics(tmp_path / "out")["days"] == days
    report = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "Between 2000-03-02 and 2026-03-02 nothing was seen" in report
    assert report.count("<rect") == 5 + 2 * 5, "of all, and of each of two places"


def test_bars_of_many_years_have_a_width() -> None:
    days = [BEGIN.date() + timedelta(days=number) for number in range(15 * 365)]
    drawn = trend(Group(seen_by_day=defaultdict(float, dict.fromkeys(days, 3600.0))), "clutter", days, Words("", ""))
    assert min(float(width) for width in re.findall(r"<rect[^>]* width=(\S+)", drawn)) > 0


class Text(HTMLParser):
    """Words of a page in one language, tags that were opened, and links."""

    def __init__(self, hidden: str) -> None:
        super().__init__()
        self.hidden, self.deep = hidden, 0
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("href", "src") and value]
        if self.deep or (tag == "span" and dict(attrs).get("lang") == self.hidden):
            self.deep += 1

    def handle_endtag(self, tag: str) -> None:
        self.deep -= self.deep > 0

    def handle_data(self, data: str) -> None:
        if not self.deep:
            self.words.append(data)


def read(page: Path, hidden: str) -> Text:
    parser = Text(hidden)
    parser.feed(re.sub(r"<(style|script|title)>.*?</\1>", "", page.read_text("utf-8"), flags=re.DOTALL))
    return parser


def test_each_language_stands_alone(tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    job = job_of("hall", BEGIN)
    clutter = event_of(job, "clutter", 60.0, evidence=narrow(0.8), zone="z")
    write_part(parts, job, [clutter], [event_of(job, "ebike", 5.0, notice="passing", zone="z")])
    written(parts, [job], site)
    for page in [tmp_path / "out" / "report.html", *(tmp_path / "out" / "pages").iterdir()]:
        english = " ".join(read(page, "zh").words).replace("幸福里", "").replace("中文", "")
        assert not re.findall(r"[\u4e00-\u9fff]+", english)
        chinese = " ".join(read(page, "en").words)
        assert "Clutter" not in chinese
        assert "楼道堆物" in chinese


def test_names_are_text_on_every_page(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>'\"{0}"
    parts, site = Parts(tmp_path), site_of(tmp_path, "")
    job = job_of(evil, BEGIN, hours=1)
    more: dict[str, Any] = {
        "zone": evil,
        "snapshot": "snapshots/'x'.jpg",
        "evidence": {"why": evil, evil: 1, "seen_s": 2.5, "verify_s": 2.0, "lead_path": [[0.123, 0.5], [0.6, 0.5]]},
    }
    write_part(parts, job, [event_of(job, "flame", 1.0, **more)], [event_of(job, "flame", 2.0, notice=evil, **more)])
    bad = job_of(f"bad{evil}", BEGIN, hours=1)
    write_part(parts, bad, [], readable=False, error=evil)
    written(parts, [job, bad], site, interrupted=True)
    for page in [tmp_path / "report.html", *(tmp_path / "pages").iterdir()]:
        text = page.read_text("utf-8")
        assert "<script>alert" not in text
        assert evil in " ".join(read(page, "zh").words)
        assert "0.123" not in text, "a line is drawn on the snapshot, not read"
    report = " ".join(read(tmp_path / "report.html", "zh").words)
    for said in ("Not complete", "Seen for", "Verified over"):
        assert said in report, said


def test_a_month_is_split_into_pages_and_all_of_it_can_be_reached(tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    long = job_of("hall", BEGIN)
    events = [event_of(long, "clutter", 100.0 * number, 30) for number in range(650)]
    write_part(parts, long, events)
    jobs = [long, *month(parts, 2, 3, 60)]
    written(parts, jobs, site)
    out = tmp_path / "out"
    seen: list[str] = []
    waiting = [out / "report.html"]
    reached: set[Path] = set()
    while waiting:
        page = waiting.pop()
        reached.add(page)
        seen += re.findall(r"<article class=event id='([^']+)'", page.read_text("utf-8")) if page.parent != out else []
        links = [(page.parent / link).resolve() for link in read(page, "zh").links if link.endswith(".html")]
        waiting += [link for link in links if link not in reached and link not in waiting]
    all_events = [json.loads(line) for line in (out / "events.jsonl").read_text("utf-8").splitlines()]
    assert len(seen) == len(set(seen)) == len(all_events) > 700
    assert max(path.read_text("utf-8").count("<article") for path in reached) <= 300
    before = {path.name for path in (out / "pages").iterdir()}
    written(parts, jobs[1:], site)
    assert {path.name for path in (out / "pages").iterdir()} < before, "of a recording that is gone none is left"


def test_a_report_that_the_next_one_replaces_is_cheap(tmp_path: Path) -> None:
    """No sample, no table, no page of a recording; what was found is there all the same."""
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    jobs = list(month(parts, 1, 2, 10))
    result = written(parts, jobs, site, interrupted=True, last=False)
    assert len(result.events) == sum(result.counts.values()) > 5
    assert {path.name for path in (tmp_path / "out").iterdir() if path.is_file()} == {
        "events.jsonl", "notices.jsonl", "summary.json", "statistics.json", "manifest.jsonl", "report.html",
    }  # fmt: skip
    assert "id=judge" not in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_the_worst_come_first(tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    job = job_of("hall", BEGIN)
    long, tight, short = (
        event_of(job, "clutter", at_s, length_s, evidence=evidence)
        for at_s, length_s, evidence in ((0.0, 9000.0, narrow(2.0)), (1.0, 60.0, narrow(0.5)), (2.0, 50.0, {}))
    )
    fire = event_of(job, "flame", 3.0)
    write_part(parts, job, [short, long, fire, tight])
    written(parts, [job], site)
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    page = page[page.index("<h2 id=worst>") :]
    order = [page.index(event["snapshot"]) for event in (fire, tight, long, short)]
    assert order == sorted(order)


@pytest.mark.parametrize("there", [True, False])
def test_an_event_leads_to_its_second_of_its_file(there: bool, tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    job = job_of("hall", BEGIN, tmp_path / "第 1#盘", hours=3)
    if there:
        for segment in job.segments:
            segment.path.parent.mkdir(parents=True, exist_ok=True)
            segment.path.touch()
    write_part(parts, job, [event_of(job, "clutter", 3700.0)])
    written(parts, [job], site)
    page = read(tmp_path / "out" / "report.html", "zh")
    href = "../%E7%AC%AC%201%23%E7%9B%98/hall/2026-03-01_17-00-00.mp4#t=98"
    assert (href in page.links) is there
    assert "2026-03-01_17-00-00.mp4 at 00:01:38.0" in " ".join(page.words)


def test_a_name_that_is_not_utf8_can_be_opened(tmp_path: Path) -> None:
    """Recorders set to Chinese write GBK."""
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    file = tmp_path / os.fsdecode("走廊.mp4".encode("gbk"))
    file.touch()
    job = replace(job_of("hall", BEGIN, hours=1), path=file)
    write_part(parts, job, [event_of(job, "clutter", 60.0)])
    written(parts, [job], site)
    assert "../%D7%DF%C0%C8.mp4#t=58" in read(tmp_path / "out" / "report.html", "zh").links


def test_events_say_camera_and_place(tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    job = job_of("x/LIFT-1", BEGIN)
    write_part(parts, job, [event_of(job, "clutter", 3700.0)])
    moved = type(job)(Path("elsewhere") / job.path, job.name, job.key, job.camera, job.started_at, job.segments)
    for known in (job, moved):
        [event] = written(parts, [known], site).events
        assert (event["camera"], event["place"], event["path"]) == ("Lift-1", "5层走道", known.told)
        assert event["at"] == "2026-03-01T17:01:50.000+00:00"


def test_every_word_is_there_in_both_languages_and_is_used() -> None:
    folder = Path(__file__).parents[3] / "alerts" / "audit"
    code = "".join(path.read_text("utf-8") for path in folder.glob("*.py") if path.name != "words.py")
    code += (folder / "words.py").read_text("utf-8").partition("def say(")[2]

    def used(key: str) -> bool:
        """By its name, or by its end where the code puts the begin before it."""
        begin, _, end = key.partition("_")
        alone = re.search(rf"[\"']{key}[\"']", code)
        ends = re.search(rf"[\"']{end}[\"']", code)
        return bool(alone or (ends and re.search(rf"[\"']{begin}_[\"'] \+ ", code)))

    assert [key for key in WORDS if not used(key)] == []
    for zh, en in WORDS.values():
        assert zh
        assert en
        assert set(re.findall(r"\{\w+\}", zh)) == set(re.findall(r"\{\w+\}", en))


def test_the_hours_of_a_day_without_its_second_hour(tmp_path: Path) -> None:
    """Where the clock is put forward, 2 o'clock is not there."""
    toml = TOML.replace('name = "幸福里"', 'name = "x"\ntime_zone = "Europe/Berlin"')
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path, toml)
    began = BEGIN.replace(month=3, day=28, hour=23)  # midnight of Sunday, 29 March 2026
    assert began.astimezone(ZoneInfo("Europe/Berlin")).hour == 0
    job = job_of("hall", began, hours=3)
    events: list[Event] = [event_of(job, "clutter", at_s) for at_s in (5300.0, 7300.0)]
    write_part(parts, job, events)
    written(parts, [job], site)
    whole = statistics(tmp_path / "out")["whole"]
    assert whole["seen_h_by_hour"][6][:5] == [1, 1, 0, 1, 0]
    assert whole["hazards"]["clutter"]["by_hour"][6][:5] == [0, 1, 0, 1, 0]
