"""The frame of the report's pages: one file each that fetches nothing, in one language at a time, with a switch.

Both languages stand in the page and a style hides one; without scripts it shows the language that it was made in.
"""

from collections.abc import Iterable, Iterator
from html import escape

from alerts.audit import words
from alerts.audit.site import Language
from vision.rule import Words

STYLE = """
:root{color-scheme:light dark;--ink:#16202a;--dim:#52606c;--rule:#c9d1d8;--ground:#fff;--card:#f5f7f9;--fire:#b3201a;
--heat:199 119 0;--link:#0b5cad;--band:#eceff2}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf1;--dim:#a3b0bb;--rule:#3a454f;--ground:#12171c;--card:#1a2128;
--fire:#ff8a80;--link:#7db8f5;--band:#232c34}}
*{box-sizing:border-box}body{font:15px/1.5 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;
margin:0 auto;max-width:76rem;padding:1rem 1.2rem 3rem;color:var(--ink);background:var(--ground)}
html[lang=en] [lang=zh],html[lang|=zh] [lang=en]{display:none!important}
a{color:var(--link)}h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.2rem;margin:2.2rem 0 .5rem;
border-bottom:1px solid var(--rule);padding-bottom:.2rem}h3{font-size:1rem;margin:1.1rem 0 .3rem}
header{display:flex;justify-content:space-between;gap:1rem;align-items:start;flex-wrap:wrap}
table{border-collapse:collapse}th,td{text-align:left;padding:.25rem .7rem .25rem 0;border-bottom:1px solid var(--rule);
vertical-align:top}th{font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
thead .n{white-space:normal;max-width:9rem;vertical-align:bottom}
tbody th{font-weight:400}.dim,figcaption{color:var(--dim)}.small{font-size:.85em}
.fire{color:var(--fire);font-weight:600}
.wide{overflow-x:auto;max-width:100%}img{max-width:100%;height:auto;background:var(--band)}
button{font:inherit;padding:.3rem .9rem;min-height:2rem;border:1px solid var(--rule);border-radius:.3rem;
background:var(--card);color:inherit;cursor:pointer}summary{cursor:pointer;font-weight:600;min-height:1.75rem}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;margin:.6rem 0;list-style:none}
nav a,.links a{display:inline-block;min-height:1.6rem}
.big{display:flex;flex-wrap:wrap;gap:.4rem 2rem;margin:.8rem 0;padding:0;list-style:none}
.big b{font-size:1.5rem;display:block;font-variant-numeric:tabular-nums}
@media print{:root{color-scheme:light;--ink:#000;--dim:#444;--rule:#bbb;--ground:#fff;--card:#fff;--fire:#b3201a;
--link:#000;--band:#eee}body{max-width:none;padding:0;font-size:10pt}header button,nav,.screen{display:none!important}
h2,h3{break-after:avoid}tr,article,fieldset,figure{break-inside:avoid}a{text-decoration:none}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}.wide{overflow:visible}
::details-content{content-visibility:visible;block-size:auto}}
"""

# Pages are opened from a disk: the language goes along in the address, as browsers may keep nothing for files.
SCRIPT = """
const root=document.documentElement,KEY='xinan.audit.language',kept=()=>{try{return localStorage.getItem(KEY)}catch{}};
function speak(language){root.lang=language==='en'?'en':'zh-CN';document.title=root.dataset[language];
for(const name of ['title','aria-label','placeholder','alt'])
for(const one of document.querySelectorAll(`[data-${language}-${name}]`))
one.setAttribute(name,one.getAttribute(`data-${language}-${name}`));
for(const one of document.querySelectorAll('a[data-page]'))one.hash=one.dataset.page+'lang='+language;
try{localStorage.setItem(KEY,language)}catch{}}
const wish=/lang=(zh|en)/.exec(location.hash);
speak(wish?wish[1]:['zh','en'].includes(kept())?kept():root.dataset.first);
document.getElementById('language').addEventListener('click',()=>speak(root.lang==='en'?'zh':'en'));
"""


def page(title: Words, language: Language, body: Iterable[str], *, style: str = "", top: str = "") -> Iterator[str]:
    """The whole page, piece by piece: a month has more of it than memory. top: beside the switch."""
    tongue = "en" if language == "en" else "zh-CN"
    name = title.en if language == "en" else title.zh
    zh, en = escape(title.zh, quote=True), escape(title.en, quote=True)
    yield (
        f"<!doctype html><html lang={tongue} data-first={language} data-zh='{zh}' data-en='{en}'><head>"
        "<meta charset=utf-8><meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<title>{escape(name)}</title><style>{STYLE}{style}</style></head><body><header><div>{top}"
        f"<h1>{words.html(title)}</h1></div><button id=language type=button>{_switch()}</button></header><main>"
    )
    yield from body
    yield f"</main><footer class='dim small'><p>{words.tag('uncertified')}</p></footer>"
    yield f"<script>{SCRIPT}</script></body></html>\n"


def _switch() -> str:
    """Each language is offered by its own name, to whoever reads the other."""
    to = words.say("other_language")
    return f"<span lang=zh>{escape(to.zh)}</span><span lang=en>{escape(to.en)}</span>"


def wide(label: Words, inner: str) -> str:
    """A part that is scrolled sideways where there is no room for it."""
    return f"{wide_begins(label)}{inner}</div>"


def wide_begins(label: Words) -> str:
    """Of one that is written piece by piece; it ends with `</div>`."""
    return f"<div class=wide tabindex=0 role=region {words.attribute('aria-label', label)}>"


def number(value: float | None, digits: int = 3) -> str:
    """Short, without an exponent; "–" where there is none."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:.0f}"
    text = f"{value:.{digits}g}"
    return f"{float(text):.{digits + 3}f}".rstrip("0").rstrip(".") if "e" in text else text
