"""What could not be read is said in Chinese, too."""

import re
from pathlib import Path

import pytest

from alerts.audit.faults import told
from streams.clock import SystemClock
from streams.errors import SourceError
from streams.video_file import VideoFileSource
from tests.streams.make_media import make_video

NAMED = re.compile(r"moov|SIGKILL|a\.mp4|OSError: x")
"""What has one name in all languages."""


@pytest.mark.parametrize(
    ("reason", "chinese"),
    [
        ("truncated: 3.2 s of 60.0 s could be read", "不完整：60.0 秒中只读出 3.2 秒"),
        (
            "truncated: reading ended at 3.2 s (connection closed or end of file)",
            "不完整：读到第 3.2 秒为止（提前结束）",
        ),
        ("corrupt: 12 damaged packets or pictures were left out", "有损坏：略去 12 个数据包或图像"),
        (
            "2 of 24 files are damaged: a.mp4: corrupt: 1 damaged packets or pictures were left out",
            "24 个文件中 2 个有损坏：a.mp4（有损坏：略去 1 个数据包或图像）",
        ),
        (
            "1 of 2 files overlap others: a.mp4: 9.5 s lie before the end of a.mp4 and were not looked at",
            "2 个文件中 1 个与别的重叠：a.mp4（有 9.5 秒早于 a.mp4 的结尾，没有再看）",
        ),
        ("the process that read it was killed by SIGKILL, 2 times", "读它的进程 2 次中断（被 SIGKILL 结束）"),
        ("no picture could be decoded", "解不出任何图像"),
        (
            "cannot be read now: no such file or directory; what was found before is kept",
            "现在读不出（没有这个文件），以前的结果保留",
        ),
        (
            "1 of 3 files cannot be read now: a.mp4: is a directory; what was found before is kept",
            "3 个文件中 1 个现在读不出：a.mp4（是文件夹），以前的结果保留",
        ),
        (
            "cannot be read now: is a directory; what was found before its zones or masks changed is not shown",
            "现在读不出（是文件夹），区域或遮罩改动前的结果不显示",
        ),
        (
            "could not be looked through again: the process that read it was killed by SIGKILL, 2 times; "
            "what was found before is kept",
            "没能重新看完（读它的进程 2 次中断（被 SIGKILL 结束）），以前的结果保留",
        ),
        ("internal error: OSError: x", "程序内部错误：OSError: x"),
    ],
)
def test_a_fault_is_said_in_both_languages(reason: str, chinese: str) -> None:
    assert (told(reason).zh, told(reason).en) == (chinese, reason)


def test_what_nobody_has_translated_is_said_as_it_is() -> None:
    assert told("something else").zh == "something else"


@pytest.mark.parametrize("how", ["empty", "junk", "cut", "missing", "folder", "loop"])
def test_what_a_file_is_refused_for_is_translated(tmp_path: Path, how: str) -> None:
    path = tmp_path / "a.mp4"
    if how == "cut":
        path.write_bytes(make_video(tmp_path / "whole.mp4").read_bytes()[:4000])
    elif how == "folder":
        path.mkdir()
    elif how == "loop":
        path.symlink_to(path)
    elif how != "missing":
        path.write_bytes(b"" if how == "empty" else b"junk" * 500)
    with pytest.raises(SourceError) as refused, VideoFileSource(path, camera="x", clock=SystemClock()) as source:
        list(source.frames())
    said = told(refused.value.reason).zh
    assert not re.search("[a-z]{3}", NAMED.sub("", said)), said
