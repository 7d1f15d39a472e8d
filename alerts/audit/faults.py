"""Why a recording could not be read whole, in Chinese, too.

Whatever opens and reads recordings says it in the program's own words, which are what the tables (CSV, JSON) hold; a
reader of the report sees them in theirs.
"""

import re
from typing import Final

from vision.rule import Words

_SAID: Final[tuple[tuple[str, str], ...]] = (
    ("the file is empty", "文件是空的"),
    ("not a file", "不是文件"),
    ("no such file", "没有这个文件"),
    ("no such file or directory", "没有这个文件"),
    (r"(?P<what>.+); what was found before is kept", "{what}，以前的结果保留"),
    (
        r"(?P<what>.+); what was found before its zones or masks changed is not shown",
        "{what}，区域或遮罩改动前的结果不显示",
    ),
    (r"cannot be read now: (?P<why>.+)", "现在读不出{why}"),
    (r"could not be looked through again: (?P<why>.+)", "没能重新看完{why}"),
    (
        r"(?P<n>\d+) of (?P<all>\d+) files cannot be read now: (?P<name>.+?): (?P<why>.+)",
        "{all} 个文件中 {n} 个现在读不出：{name}{why}",
    ),
    ("its disk was away for a moment", "磁盘曾短暂断开"),
    ("no video in the file", "文件里没有视频"),
    (r"the index \(moov\) is missing or damaged: the recording was cut off", "索引（moov）缺失或损坏：录像被中断"),
    (r"no picture could be decoded(?: \((?P<why>.+)\))?", "解不出任何图像{why}"),
    (r"truncated: (?P<read>[\d.]+) s of (?P<told>[\d.]+) s could be read", "不完整：{told} 秒中只读出 {read} 秒"),
    (r"truncated: reading ended at (?P<at>[\d.]+) s \((?P<why>.+)\)", "不完整：读到第 {at} 秒为止{why}"),
    (r"corrupt: (?P<n>\d+) damaged packets or pictures were left out", "有损坏：略去 {n} 个数据包或图像"),
    (
        r"(?P<n>\d+) of (?P<all>\d+) files are damaged: (?P<name>.+?): (?P<why>.+)",
        "{all} 个文件中 {n} 个有损坏：{name}{why}",
    ),
    (
        r"(?P<n>\d+) of (?P<all>\d+) files overlap others: (?P<name>.+?): (?P<why>.+)",
        "{all} 个文件中 {n} 个与别的重叠：{name}{why}",
    ),
    (r"none of (?P<all>\d+) files can be read", "{all} 个文件都读不出"),
    (
        r"(?P<s>[\d.]+) s lie before the end of (?P<name>.+) and were not looked at",
        "有 {s} 秒早于 {name} 的结尾，没有再看",
    ),
    ("its files cannot be opened on any machine of the cluster", "集群里没有一台机器打得开它的文件"),
    (r"the process that read it (?P<why>.+), (?P<n>\d+) times", "读它的进程 {n} 次中断{why}"),
    (r"gave no sign of life for (?P<s>[\d.]+) s", "{s} 秒没有动静"),
    (r"ended with exit code (?P<n>-?\d+)", "退出码 {n}"),
    (r"was killed by (?P<name>.+)", "被 {name} 结束"),
    (r"internal error: (?P<what>.+)", "程序内部错误：{what}"),
    ("not a video, or damaged beyond reading", "不是视频，或损坏得无法读取"),
    ("connection closed or end of file", "提前结束"),
    ("(?i)permission denied", "没有读取权限"),
    ("(?i)input/output error", "磁盘读取出错"),
    ("timed out", "超时"),
    ("(?i)too many levels of symbolic links", "符号链接指来指去，到不了文件"),
    ("(?i)is a (folder|directory)", "是文件夹"),
    ("(?i)stale file handle", "网络磁盘已断开"),
)


def told(reason: str) -> Words:
    """In both languages; what is in no list is said as it is."""
    return Words(_chinese(reason), reason)


def _chinese(reason: str) -> str:
    for pattern, words in _SAID:
        if found := re.fullmatch(pattern, reason, re.DOTALL):
            given = found.groupdict()
            why, what = given.get("why"), given.get("what", "")
            return words.format(**{**given, "what": _chinese(what), "why": f"（{_chinese(why)}）" if why else ""})
    return reason
