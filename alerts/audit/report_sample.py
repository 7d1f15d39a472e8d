"""The part of the report in which people judge a sample, and what their verdicts say of all events."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from alerts.audit import words
from alerts.audit.found import Event
from alerts.audit.judged import COLUMNS, FILE, Verdict
from alerts.audit.page import wide
from alerts.audit.report_pictures import image
from alerts.audit.sample import Precision, event_id
from alerts.audit.small import small_name

STYLE = """
.judge{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:.8rem;padding:0;margin-top:1rem}
.judge fieldset{border:1px solid var(--rule);border-radius:.4rem;margin:0;padding:.5rem;min-width:0}
.judge legend{font-size:.85em;overflow-wrap:anywhere}
.judge label{display:inline-block;padding:.3rem .6rem .3rem 0;min-height:24px}.judge input[type=text]{width:95%}
.judge input[type=text]{font:inherit;padding:.2rem;background:var(--ground);color:inherit;border:1px solid var(--dim)}
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
CHOICES = ("right", "wrong", "unclear")


@dataclass(frozen=True, slots=True)
class Review:
    """sample: what was drawn. verdicts: by event id. precision: by hazard."""

    sample: tuple[Event, ...]
    verdicts: Mapping[str, Verdict]
    precision: Mapping[str, Precision]


def review_text(review: Review, pictures: Mapping[str, str]) -> Iterator[str]:
    """The section, piece by piece; nothing where nothing was found. pictures: those that stand in the page itself."""
    if not review.sample:
        return
    yield f"<h2 id=sample>{words.tag('sample')}</h2><p class='dim small'>{words.tag('sample_note', file=FILE)}</p>"
    yield _precision(review.precision)
    yield "<form id=judge class=screen><div class=judge>"
    for event in review.sample:
        yield _card(event, review.verdicts.get(event_id(event), Verdict("")), pictures)
    script = SCRIPT.replace("COLUMNS", repr(",".join(COLUMNS))).replace("FILE", FILE)
    judged = sum(bool(review.verdicts.get(event_id(event), Verdict("")).word) for event in review.sample)
    yield (
        f"</div><p><button>{words.tag('save')}</button> <output>{judged} / {len(review.sample)}</output></p></form>"
        f"<script>{script}</script>"
    )


def _precision(by_hazard: Mapping[str, Precision]) -> str:
    keys = ("events", "judged", "right", "unclear", "precision", "bounds")
    top = f"<tr><th scope=col>{words.tag('hazard')}" + "".join(f"<th scope=col class=n>{words.tag(k)}" for k in keys)
    rows = ""
    for hazard, one in by_hazard.items():
        if one.events:
            share = "–" if one.share is None else f"{one.share:.0%}"
            rows += (
                f"<tr><th scope=row>{words.html(words.hazard(hazard))}<td class=n>{one.events}<td class=n>{one.judged}"
                f"<td class=n>{one.right}<td class=n>{one.unclear}<td class=n>{share}"
                f"<td class=n>{f'{one.low:.0%}–{one.high:.0%}' if one.judged else '–'}"
            )
    return wide(words.say("precision"), f"<table><thead>{top}</thead><tbody>{rows}</tbody></table>")


def _card(event: Event, verdict: Verdict, pictures: Mapping[str, str]) -> str:
    name, large = escape(event_id(event), quote=True), escape(str(event["snapshot"]), quote=True)
    said, zone = words.hazard(event["hazard"]), words.html(words.zone(event))
    small = image(small_name(event["snapshot"]), pictures, said, large=event["snapshot"])
    choices = "".join(
        f"<label><input type=radio name='verdict {name}' value={value}"
        f"{' checked' if value == verdict.word else ''}> {words.tag(value)}</label>"
        for value in CHOICES
    )
    remark = (
        f"{words.attribute('aria-label', words.say('remark'))} {words.attribute('placeholder', words.say('remark'))}"
    )
    return (
        f"<fieldset name='{name}'><legend>{words.html(said)} · {escape(event['source'])} · {zone}"
        f"</legend><a href='{large}'>{small}</a><br>"
        f"{choices}<input type=text {remark} "
        f"value='{escape(verdict.remark, quote=True)}'></fieldset>"
    )
