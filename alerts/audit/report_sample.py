"""The part of the report in which people judge a sample, and what their verdicts say of all events."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from alerts.audit.found import Event
from alerts.audit.judged import COLUMNS, FILE, Verdict
from alerts.audit.sample import Precision, event_id
from alerts.words import hazard_word

STYLE = """
.judge{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:.8rem;padding:0}
.judge fieldset{border:1px solid #8886;border-radius:.4rem;margin:0;padding:.5rem}.judge legend{font-size:.85em}
.judge label{display:inline-block;padding:.3rem .6rem .3rem 0;min-height:24px}.judge input[type=text]{width:95%}
button{font:inherit;padding:.4rem 1rem}
"""

# The page is read from a disk: what is judged leaves it as a file that the next run reads.
SCRIPT = """
const form=document.getElementById('judge'),quote=text=>'"'+text.replaceAll('"','""')+'"';
form.addEventListener('change',()=>{const n=form.querySelectorAll('input[type=radio]:checked').length;
form.querySelector('output').textContent=n+' / '+form.querySelectorAll('fieldset').length});
form.addEventListener('submit',event=>{event.preventDefault();const rows=[COLUMNS];
for(const one of form.querySelectorAll('fieldset')){const said=one.querySelector('input[type=radio]:checked');
const remark=one.querySelector('input[type=text]').value;
if(said||remark)rows.push([one.name,said?said.value:'',remark].map(quote).join(','))}
const link=document.createElement('a');
link.href=URL.createObjectURL(new Blob(['\\ufeff'+rows.join('\\r\\n')+'\\r\\n'],{type:'text/csv'}));
link.download='FILE';link.click();setTimeout(()=>URL.revokeObjectURL(link.href),10000)});
"""
CHOICES = {"right": "对 right", "wrong": "错 wrong", "unclear": "不清 unclear"}


@dataclass(frozen=True, slots=True)
class Review:
    """sample: what was drawn. verdicts: by event id. precision: by hazard."""

    sample: tuple[Event, ...]
    verdicts: Mapping[str, Verdict]
    precision: Mapping[str, Precision]


def review_text(review: Review) -> Iterator[str]:
    """The section, piece by piece; nothing where nothing was found."""
    if not review.sample:
        return
    yield (
        "<h2>抽样复核 A sample for people to judge</h2><p>每类灾害随机抽取。看图判断,保存后把 "
        f"<code>{FILE}</code> 放在本报告旁,再次运行即得准确率。 Drawn at random within each hazard. Judge what you "
        f"see, save, put <code>{FILE}</code> beside this page and run the audit again: nothing is looked at anew, and "
        "it tells how many of all are right.</p>"
    )
    yield from _precision(review.precision)
    yield "<form id=judge><div class=judge>"
    yield from (_card(event, review.verdicts.get(event_id(event), Verdict(""))) for event in review.sample)
    script = SCRIPT.replace("COLUMNS", repr(",".join(COLUMNS))).replace("FILE", FILE)
    judged = sum(bool(review.verdicts.get(event_id(event), Verdict("")).word) for event in review.sample)
    yield (
        f"</div><p><button>保存判断 Save verdicts</button> <output>{judged} / {len(review.sample)}</output></p></form>"
        f"<script>{script}</script>"
    )


def _precision(by_hazard: Mapping[str, Precision]) -> Iterator[str]:
    yield (
        "<table><tr><th>灾害 Hazard<th class=n>事件 Events<th class=n>已判 Judged<th class=n>对 Right"
        "<th class=n>不清 Unclear<th class=n>准确率 Precision<th class=n>95 %"
    )
    for hazard, one in by_hazard.items():
        if one.events:
            share = "–" if one.share is None else f"{one.share:.0%}"
            yield (
                f"<tr><td>{escape(hazard_word(hazard))}<td class=n>{one.events}<td class=n>{one.judged}"
                f"<td class=n>{one.right}<td class=n>{one.unclear}<td class=n>{share}"
                f"<td class=n>{f'{one.low:.0%}–{one.high:.0%}' if one.judged else '–'}"
            )
    yield "</table>"


def _card(event: Event, verdict: Verdict) -> str:
    name, picture = escape(event_id(event), quote=True), escape(str(event["snapshot"]), quote=True)
    choices = "".join(
        f"<label><input type=radio name='verdict {name}' value={value}"
        f"{' checked' if value == verdict.word else ''}> {word}</label>"
        for value, word in CHOICES.items()
    )
    return (
        f"<fieldset name='{name}'><legend>{escape(hazard_word(event['hazard']))} · {escape(event['source'])} · "
        f"{escape(event['zone'])}</legend><a href='{picture}'><img src='{picture}' alt='' loading=lazy></a><br>"
        f"{choices}<input type=text aria-label='备注 remark' placeholder='备注 remark' "
        f"value='{escape(verdict.remark, quote=True)}'></fieldset>"
    )
