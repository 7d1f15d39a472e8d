"""Every word of the report, in both languages. What the console says too stands with it (`alerts.words`)."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from alerts.words import GROUPS, strings, value_text, words_of
from vision.rule import Words

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "title": ("录像审计报告", "Audit report"),
    "other_language": ("English", "中文"),
    "back": ("回到报告", "Back to the report"),
    "interrupted": (
        "未完成：本报告只含已看部分；{all} 段录像中还有 {n} 段没看完，再运行一次即继续。",
        "Not complete: this report holds what was seen so far; {n} of {all} recordings wait, run it again to go on.",
    ),
    "too_short": (
        "{all} 段录像中有 {n} 段短于 {time}：其中看不出{hazard}（{setting}）。{of}",
        "{n} of {all} recordings are shorter than {time}: {hazard} cannot be found in them ({setting}).{of}",
    ),
    "too_short_of": ("摄像机：{names}。", " Cameras: {names}."),
    "recordings_n": ("{n} 段录像", "{n} recordings"),
    "seen_h": ("已看 {h}", "{h} seen"),
    "seen": ("看过", "Seen"),
    "period": ("{first} 至 {last}", "{first} to {last}"),
    "pause": (
        "{first} 与 {last} 之间没有看过，图表略去；是否有摄像机的时钟不对？",
        "Between {first} and {last} nothing was seen, and charts leave it out: is a camera's clock wrong?",
    ),
    "clock": ("时间均为当地时间（{zone}）。", "All times are local ({zone})."),
    "alone": (
        "本页可单独发送：所示图片为小图，人头与车牌已遮。大图、片段和各录像的页面随报告文件夹。",
        "This page can be sent alone: its pictures are small ones in which heads and plates are hidden. Large "
        "pictures, clips and the pages of recordings lie in the report's folder.",
    ),
    "copy": ("副本，不计", "a copy, not counted"),
    "copies": (
        "另有 {n} 件事件，同一摄像机的另一段录像也拍到（文件的副本等）：列出，不计入次数、率和抽样。",
        "{n} more events are told by another recording of the same camera, too (of a copy of a file, for one): they "
        "are listed, and not counted or drawn again.",
    ),
    "unproven": (
        "{all} 段录像中有 {n} 段分析时没有完整哈希：首次 --full-hash 之前有没有变动，无从判断；此后可以。",
        "{n} of {all} recordings had no full hash when they were looked through: whether anything in them had changed "
        "before the first --full-hash cannot be said. Since then it can.",
    ),
    "copies_n": ("{n} 件是副本，不计", "{n} are copies, not counted"),
    "contents": ("目录", "Contents"),
    "summary": ("各处概况", "By place"),
    "rates": (
        "率：每摄像机小时的事件数，只计看得见的时间；括号内为 95 % 精确界限（泊松），以事件互不相关为前提，反复出现的"
        "同一事物不满足此前提。没看的时间不算作零。",
        "Rates are events per camera-hour seen, blind time left out, with exact 95 % bounds (Poisson), which take "
        "events to be independent; a thing that is raised again and again is not. Hours that were not seen count as "
        "nothing, not as zero.",
    ),
    "place": ("地点", "Place"),
    "hours": ("看过（小时）", "Hours seen"),
    "hazard": ("隐患", "Hazard"),
    "events": ("事件", "Events"),
    "rate": ("率（每小时）", "Rate per hour"),
    "whole": ("全部", "All places"),
    "nowhere": ("未知地点", "Unknown place"),
    "map": ("一周各时段", "Hours of the week"),
    "map_note": (
        "格内：事件数，下为看过的小时数；颜色深浅按率。空格：没有看过。",
        "In each cell the events, below them the hours seen; shaded by rate. Empty: not seen.",
    ),
    "trend": ("趋势", "Trend"),
    "trend_note": (
        "柱高：每摄像机小时的事件数；柱上：事件数。空档：没有看过。",
        "Height: events per camera-hour; above it the number of events. Gap: not seen.",
    ),
    "as_table": ("数字表", "As a table"),
    "day": ("日期", "Day"),
    "week": ("周（起）", "Week of"),
    "repeats": ("反复发生处", "Places where it happens again and again"),
    "repeats_note": (
        "先按出现的天数，再按时长；时长只计看得见的时间，同时的只计一次。",
        "By the days on which there was any, then by how long: of the time seen, each moment once.",
    ),
    "days_with": ("有事件的天数", "Days with any"),
    "of_all": ("{n} / {all}", "{n} of {all}"),
    "minutes": ("时长（分钟）", "Minutes"),
    "width": ("疏散通道净宽", "Free width of escape routes"),
    "width_note": (
        "净宽低于限值的时间，逐次查看量得；只计量过的事件和看得见的时间，几台摄像机同时拍到只计一次。",
        "How long the free width was under its limit, as each look measured it: of the events in which it was "
        "measured, and of the time seen; what several cameras of a place show at once counts once.",
    ),
    "narrow": ("低于限值（分钟）", "Minutes under the limit"),
    "narrow_share": ("占所看时间", "Of the time seen"),
    "least": ("最窄", "Narrowest"),
    "measured": ("量过的事件", "Events measured"),
    "not_measured": (
        "没有事件量过净宽：给区域标出四个地面点即可（配置项 floor）。",
        "In no event was it measured: give the zone four points of the floor (key `floor`).",
    ),
    "live": ("与实时值守对照", "Beside the live watch"),
    "live_empty": (
        "实时值守的库里没有可对照的时间。",
        "The store of the live watch tells of no time to compare.",
    ),
    "live_untimed": (
        "文件名都不含时间，无法与实时值守对照（archive.name_pattern）。",
        "No name of a recording tells its time, so nothing could be compared (archive.name_pattern).",
    ),
    "live_note": (
        "同一摄像机或地点、同类隐患、时间重叠（容差 {s} 秒）即算两边都发现；一边的一件可对应另一边的几件，故各自计数。"
        "只比较两边都看得见的时间：有录像、库中有记录、摄像机无故障（{h}）。"
        "值守程序本身停机，库里看不出来。",
        "Found by both: same camera or place, same hazard, overlapping times (tolerance {s} s); one may be several "
        "on the other, so each side counts for itself. Only time that both could see is compared: shown by recordings, "
        "told of by the store, camera not in trouble ({h} of cameras). That the watch itself was off, its store does "
        "not tell.",
    ),
    "live_both": ("审计事件：实时也发现", "Events also found live"),
    "live_missed_live": ("审计发现，实时漏报", "Found by audit, missed live"),
    "live_both_live": ("实时报警：审计也发现", "Live alerts also found by audit"),
    "live_missed_audit": ("实时发现，审计漏报", "Found live, missed by audit"),
    "live_false_alarms": ("其中判为误报", "of these said to be false"),
    "live_not_watched": ("未比：值守看不见", "Not compared: not watched"),
    "live_not_recorded": ("未比：没有录像", "Not compared: not recorded"),
    "live_not_looked_for": ("未比：审计未查", "Not compared: audit did not look for it"),
    "live_said_false": ("已判为误报", "said to be a false alarm"),
    "took": ("响应时间", "Response times"),
    "took_note": (
        "两边都发现的报警，报警后多久：中位数 / 九成不超过（次数）。",
        "Of alerts that were found by both, how long after they were raised: median / 90 % within (number).",
    ),
    "took_acknowledged": ("首次确认", "First acknowledged"),
    "took_there": ("到场", "Somebody there"),
    "took_closed": ("结案", "Closed"),
    "coverage": ("看了哪些时间", "What was seen"),
    "camera": ("摄像机", "Camera"),
    "blind": ("看不见（小时）", "Hours blind"),
    "views": ("依据", "Judged by"),
    "view_own": ("本机设置", "its own settings"),
    "view_of": ("{name} 的设置", "the settings of {name}"),
    "view_given": ("指定：{what}", "given: {what}"),
    "view_default": ("默认：{what}", "default: {what}"),
    "view_over": (
        "{what}（代替 {name} 自己的设置，遮罩仍有效）",
        "{what} (instead of {name}'s own settings; its masks hold)",
    ),
    "views_note": (
        "依据：按哪台摄像机的设置（区域、地面点、遮罩等）判断；默认：设置中没有这台摄像机。",
        "Judged by: whose settings (zones, floor, masks) its recordings were judged by; default: no settings name it.",
    ),
    "unclear_cameras": (
        "录像中以下摄像机可能是设置中的同一台，未归入其名下，各自单列：{names}。",
        "Of these cameras of the archive several may be one of the settings; each stands for itself: {names}.",
    ),
    "blind_note": (
        "看不见：有画面，但被遮挡、全黑、失焦、被移动等，不计入所看时间。",
        "Blind: there are pictures, but the camera was covered, black, out of focus, turned and so on; such time does "
        "not count as seen.",
    ),
    "from": ("自", "From"),
    "until": ("至", "Until"),
    "gaps": ("缺口", "Gaps"),
    "gaps_n": ("缺口：{n}", "Gaps: {n}"),
    "gaps_of": ("{n} 处，共 {h}", "{n}, together {h}"),
    "and_more": ("另有 {n} 项，见 summary.json", "{n} more in summary.json"),
    "more_on_page": ("另有 {n} 项，见 report.html", "{n} more in report.html"),
    "recordings": ("录像", "Recordings"),
    "length": ("时长", "Length"),
    "looks": ("分析次数", "Looks"),
    "note": ("备注", "Note"),
    "file": ("文件", "File"),
    "unreadable": ("无法读取", "Unreadable"),
    "damaged": ("有损坏、或有一部分没有再看的文件", "Files that are damaged, or were passed over in part"),
    "worst": ("最严重的事件", "Worst events"),
    "worst_of": ("{hazard}：{n}", "{hazard}: {n}"),
    "worst_note": (
        "每类至多 {n} 件：明火按把握，其余先看净宽是否过窄，再按时长。其余事件见各录像的页面。",
        "At most {n} of each hazard: fires by confidence, others by whether the way was too narrow, then by how long. "
        "The rest is on the page of each recording.",
    ),
    "later": (
        "录像还没看完：抽样复核、各录像页面和 PDF 到结束时写出。",
        "Recordings are still under work: the sample, the page of each recording and the PDF are written at the end.",
    ),
    "none": ("无", "None"),
    "raised": ("报警", "raised"),
    "logged": ("仅记录", "logged"),
    "suspected": ("疑似，须核实", "suspected, verify"),
    "into": ("录像内 {at}", "{at} into the recording"),
    "open": ("打开录像 {at}", "Open the recording at {at}"),
    "clip": ("看片段", "Watch the clip"),
    "at_second": ("{file} 的 {at} 处", "{file} at {at}"),
    "clips_n": (
        "{n} 件有片段，此处和各录像页面均可打开；要全部事件的片段，加 --clips-gb 再运行一次。",
        "{n} have a clip, here and on the page of their recording; for clips of all events run it again with "
        "--clips-gb.",
    ),
    "clips_none": (
        "没有片段：加 --clips（或 --clips-gb，全部事件）再运行一次即可裁出，不会重新分析录像。",
        "There are no clips: run it again with --clips (or --clips-gb, for all events); nothing is looked at anew.",
    ),
    "picture": ("快照：{what}", "Picture: {what}"),
    "why": ("为什么报警", "Why"),
    "zone": ("区域", "Zone"),
    "made_by": ("模型 · 设置", "Model · settings"),
    "over_time": ("把握随时间的变化", "Score over time"),
    "page_n": ("第 {n} / {all} 页", "Page {n} of {all}"),
    "sample": ("抽样复核", "A sample for people to judge"),
    "sample_note": (
        "每类隐患随机抽取。看图判断（点图看大图），保存后把 {file} 放在本报告旁，再次运行即得准确率；"
        "不会重新分析录像。",
        "Drawn at random within each hazard. Judge what you see (a click shows the large picture), save, put {file} "
        "beside this page and run the audit again: nothing is looked at anew, and it tells how many of all are right.",
    ),
    "judged": ("已判", "Judged"),
    "right": ("对", "Right"),
    "wrong": ("错", "Wrong"),
    "unclear": ("不清", "Unclear"),
    "precision": ("准确率", "Precision"),
    "bounds": ("95 % 界限", "95 % bounds"),
    "remark": ("备注", "Remark"),
    "save": ("保存判断", "Save verdicts"),
    "compare": ("两个时期对比", "Two periods compared"),
    "before": ("前", "Before"),
    "after": ("后", "After"),
    "doubts": ("差别可能不在现场", "Why a difference may not be of the place"),
    "no_doubts": (
        "模型、设置、程序、摄像机和时段都相同，录像都看到了底。",
        "Model, settings, program, cameras and hours of the day are alike, and every recording was seen to its end.",
    ),
    "doubt_model": ("两次所用模型不同。{what}", "They were judged by different models.{what}"),
    "doubt_settings": ("两次所用设置不同。{what}", "They were judged by different settings.{what}"),
    "doubt_views": (
        "这些摄像机的区域、遮罩等设置不同：{what}。",
        "Zones, masks and the like of these cameras differ: {what}.",
    ),
    "doubt_code": ("两次所用程序版本不同。{what}", "They were judged by different versions of the program.{what}"),
    "doubt_hazards": ("只有一次查了：{what}。", "Looked for in one of them only: {what}."),
    "doubt_time_zone": ("时区不同：{what}。", "Different time zones: {what}."),
    "doubt_interrupted": ("有一次没有看完。{what}", "One of them is not complete.{what}"),
    "doubt_cameras": ("只在一次里的摄像机：{what}。", "Cameras that only one of them has: {what}."),
    "doubt_hours": (
        "看的时段不同：超过一成的时间不在同样的钟点。{what}",
        "More than a tenth of the time lies at other hours of the day.{what}",
    ),
    "doubt_blind": (
        "看不见的时间所占比例相差超过一成。{what}",
        "The shares of blind time differ by more than a tenth.{what}",
    ),
    "doubt_unreadable": (
        "读不出的录像：前、后 {what}。",
        "Recordings that could not be read, before and after: {what}.",
    ),
    "doubt_incomplete": (
        "没有看到底的录像：前、后 {what}。",
        "Recordings that were not seen to their end, before and after: {what}.",
    ),
    "ratios": ("率之比", "Ratios of rates"),
    "ratios_note": (
        "后与前每摄像机小时事件数之比；95 % 精确区间（给定总数的二项分布），以事件互不相关为前提。共 {n} 项比较："
        "即使一切如旧，平均每二十项也有不到一项看似不同。",
        "Events per camera-hour after to before, with the exact 95 % interval (binomial, given the sum), which takes "
        "events to be independent. {n} comparisons: where nothing has changed, up to one in twenty looks as if it had.",
    ),
    "ratio": ("比", "Ratio"),
    "more": ("增多", "More"),
    "fewer": ("减少", "Fewer"),
    "may_be_chance": ("可能是偶然", "May be chance"),
    "only_one_seen": ("只有一个时期看过", "Seen in one period only"),
    "model": ("模型 {version}", "Model {version}"),
    "uncertified": (
        "非认证火灾探测器，不能替代消防设施与人员；证据须经人工复核。",
        "Not a certified fire detector (GB 15631, EN 54-10, FM 3260, UL 268B); a person must review the evidence.",
    ),
}
"""Key → Chinese, English; {name} is put in."""


def say(key: str, **values: object) -> Words:
    """A string of the report in both languages; of a value that is `Words` each has its own."""
    zh, en = WORDS[key]
    if not values:
        return Words(zh, en)
    tongues = (
        {name: v.zh if isinstance(v, Words) else v for name, v in values.items()},
        {name: v.en if isinstance(v, Words) else v for name, v in values.items()},
    )
    return Words(zh.format(**tongues[0]), en.format(**tongues[1]))


def hazard(kind: str) -> Words:
    """Of a hazard."""
    return words_of().get(kind) or Words(kind, kind)


def shared(group: str, value: object) -> Words:
    """A word of the console; what nobody has translated, as it is."""
    known = strings().get(f"{group}.{value}")
    plain = str(value).replace("_", " ")
    return Words(known["zh"], known["en"]) if known else Words(plain, plain)


def zone(event: Mapping[str, Any]) -> Words:
    """Of an event; one that nobody has named is called as its type is."""
    named = event["zone"]
    return shared("zone", named) if named and named == event.get("zone_type") else same(named)


def value(key: str, found: Any) -> Words:
    """A value of the evidence."""
    if isinstance(found, bool):
        return shared("value", str(found).lower())
    if isinstance(found, str):
        return shared(GROUPS.get(key, "box"), found)
    if isinstance(found, list | tuple):
        parts = [value(key, one) for one in found]
        return Words("、".join(part.zh for part in parts), ", ".join(part.en for part in parts))
    text = value_text(key, found)
    return Words(text, text)


def same(text: object) -> Words:
    """What is the same in both languages, such as a name."""
    return Words(str(text), str(text))


def html(words: Words) -> str:
    """As a piece of the page, which shows one of the two; once where they are the same."""
    if words.zh == words.en:
        return escape(words.zh)
    return f"<span lang=zh>{escape(words.zh)}</span><span lang=en>{escape(words.en)}</span>"


def tag(key: str, **values: object) -> str:
    """`say`, as a piece of the page."""
    return html(say(key, **values))


def attribute(name: str, words: Words) -> str:
    """An attribute that the page's switch changes."""
    zh, en = escape(words.zh, quote=True), escape(words.en, quote=True)
    return f"{name}='{zh}'" if zh == en else f"{name}='{zh}' data-zh-{name}='{zh}' data-en-{name}='{en}'"
