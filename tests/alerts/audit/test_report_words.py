"""What pages and PDF say in words: places and times in the reader's language, and what nobody has seen."""

from pathlib import Path

import pytest

from alerts.audit.find import Job, key_of
from alerts.audit.lengths import hours_word, lasted_word, time_word
from alerts.audit.parts import Parts
from alerts.audit.report_live import took_text
from alerts.audit.report_pdf import MOST_FILES
from alerts.audit.words import WORDS
from alerts.shift.figures import Times
from streams.chain import Fault
from tests.alerts.audit.month import BEGIN, event_of, job_of, write_part
from tests.alerts.audit.test_report import TOML, read, site_of, written
from vision.rule import Words


def test_the_pdf_names_what_could_not_be_read_and_how_much_of_what_was_cut_off(
    tmp_path: Path, printed: list[str]
) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    bad = [job_of(f"bad-{number:02d}", BEGIN, hours=1) for number in range(MOST_FILES + 3)]
    for job in bad:
        write_part(parts, job, [], readable=False, frames_analysed=0, error="the file is empty")
    cut = job_of("hall", BEGIN, hours=1)
    write_part(parts, cut, [], faults=[Fault(0, "truncated: 4.0 s of 36.0 s could be read", lost=False)])
    written(parts, [cut, *bad], site)
    assert bad[0].told in printed
    assert bad[MOST_FILES].told not in printed
    assert printed.count("文件是空的") == 2 * MOST_FILES, "once each, in both counts of the pages"
    assert WORDS["more_on_page"][0].format(n=3) in printed
    assert "不完整：36.0 秒中只读出 4.0 秒" in printed


def test_a_zone_that_nobody_named_is_called_in_the_readers_language(tmp_path: Path, printed: list[str]) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    job = job_of("hall", BEGIN)
    plain = event_of(job, "clutter", 60.0, 10.0, zone="stairwell", zone_type="stairwell")
    named = event_of(job, "ebike", 90.0, 660.0, zone="North stairwell", zone_type="stairwell")
    write_part(parts, job, [plain, named])
    written(parts, [job], site)
    for page in [tmp_path / "out" / "report.html", *(tmp_path / "out" / "pages").iterdir()]:
        chinese, english = (" ".join(read(page, hidden).words) for hidden in ("en", "zh"))
        assert "stairwell" not in chinese.replace("North stairwell", "")
        assert "楼梯间" in chinese
        assert "Stairwell" in english
        assert "North stairwell" in chinese, "as somebody has named it"
    assert any("楼梯间" in text and "10 秒" in text for text in printed)
    assert any("North stairwell" in text and "11 分钟" in text for text in printed)
    assert not [text for text in printed if " min" in text]


@pytest.mark.parametrize(("language", "said"), [("zh", "已看 2.53 分钟"), ("en", "2.53 min seen")])
def test_a_short_time_is_told_in_minutes(language: str, said: str, tmp_path: Path, printed: list[str]) -> None:
    parts = Parts(tmp_path / "out")
    site = site_of(tmp_path, TOML + f"\n[archive]\nlanguage = '{language}'\n")
    job = job_of("hall", BEGIN, hours=1)
    write_part(parts, job, [], duration_s=152.0)
    written(parts, [job], site)
    assert [text for text in printed if said in text]
    page = read(tmp_path / "out" / "report.html", "en" if language == "zh" else "zh")
    assert said.removeprefix("已看 ").removesuffix(" seen") in page.words
    assert "0.0422" not in " ".join((*printed, *page.words))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, Words("0 小时", "0 h")),
        (9.6, Words("9.6 秒", "9.6 s")),
        (60.0, Words("1 分钟", "1 min")),
        (359.0, Words("5.98 分钟", "5.98 min")),
        (360.0, Words("0.1 小时", "0.1 h")),
        (5400.0, Words("1.5 小时", "1.5 h")),
    ],
)
def test_times_have_a_unit_that_suits_them(seconds: float, words: Words) -> None:
    assert time_word(seconds) == words


def test_hours_under_a_head_and_the_length_of_an_event() -> None:
    assert hours_word(24.0) == Words("24", "24")
    assert hours_word(0.0422) == Words("2.53 分钟", "2.53 min")
    assert hours_word(0.0077) == Words("27.7 秒", "27.7 s")
    assert lasted_word(5400.0) == Words("90 分钟", "90 min")
    assert lasted_word(9000.0) == Words("2.5 小时", "2.5 h")


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (Times(0, None, None), Words("–", "–")),
        (Times(3, 20, 720), Words("20 秒 / 12 分钟 (3)", "20 s / 12 min (3)")),
        (Times(9, 720, 9000), Words("12 分钟 / 2.5 小时 (9)", "12 min / 2.5 h (9)")),
    ],
)
def test_response_times_have_their_units_in_the_readers_language(times: Times, said: Words) -> None:
    assert took_text(times) == said


def test_recordings_whose_place_is_not_known_are_no_place_where_it_happens_again(
    tmp_path: Path, printed: list[str]
) -> None:
    """They have nothing to do with each other."""
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path, TOML + "\n[archive]\nlanguage = 'en'\n")
    strangers = [Job(Path(name), name, key_of(Path(name), name)) for name in ("one.mp4", "other.mp4")]
    for job in strangers:
        write_part(parts, job, [event_of(job, "ebike", 60.0)])
    written(parts, strangers, site)
    [told] = {words for words in printed if "one.mp4" in words and "走道" in words}
    assert told.startswith("one.mp4 00:01:10.0 · 走道 · 2 min · ") and told.count("one.mp4") == 1
    heading = WORDS["repeats"][1]
    assert heading not in printed and heading not in (tmp_path / "out" / "report.html").read_text("utf-8")
    hall = job_of("hall", BEGIN)
    write_part(parts, hall, [event_of(hall, "ebike", at_s) for at_s in (60.0, 6000.0)])
    written(parts, [*strangers, hall], site)
    _, _, rows = (tmp_path / "out" / "report.html").read_text("utf-8").partition("<h2 id=repeats>")
    table = rows[: rows.index("</table>")]
    assert "5th-floor corridor" in table and WORDS["nowhere"][1] not in table
    after = printed[printed.index(heading) :]
    assert "5th-floor corridor" in after and WORDS["nowhere"][1] not in after[: after.index("5th-floor corridor")]
