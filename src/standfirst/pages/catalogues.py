"""Interface texts in other languages: gettext's .po files, read by Babel into plain values.

A catalogue is data that somebody sends in. Whatever is wrong with one - the file, an entry, a phrase whose places to
fill are not those of the English - costs what is wrong and nothing else: that phrase is told in the next language of
the page, and a sentence says where the fault is and how to mend it. Nothing here raises.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from gettext import c2py
from hashlib import sha256
from io import BytesIO, StringIO
from pathlib import Path
from string import Formatter
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, PoFileParser, read_po, write_po

from standfirst.kit.languages import primary_of

LARGEST: Final = 500_000
"""Bytes of a file. A full catalogue in a script of three bytes a letter has some 60,000."""
LONGEST: Final = 1_000
"""Characters of a phrase."""
MOST_FILES: Final = 200
MOST_TOLD: Final = 20
"""Sentences about one file; what is wrong beyond them is only counted."""
MOST_FORMS: Final = 10
"""Plural forms. Arabic, the richest language here, has six."""

STATE: Final = "X-Standfirst-State"
"""Header of a file that says "draft" until a native reader has signed it off."""

TEMPLATE_HEADER: Final = """\
# Interface texts of Standfirst.
# This file is distributed under the same licence as Standfirst, BSD 3-Clause.
#
# Save it as <language>.po, e.g. yo.po, and fill in Language and Plural-Forms. What stands in braces stands for a name
# or a number: keep it as it is, and put it where the language wants it.
msgid ""
msgstr ""
"Project-Id-Version: Standfirst\\n"
"Language: \\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"X-Standfirst-State: draft\\n"

"""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of ours. `english` is its gettext msgid, with `context` where the same words mean two things (msgctxt),
    with `plural` where it counts something (msgid_plural). `name` is how templates call it."""

    name: str
    english: str
    plural: str = ""
    note: str = ""
    context: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return (self.context, self.english)


@dataclass(frozen=True, slots=True)
class Forms:
    """A counted phrase: its plural forms, and the rule that tells which one a number takes."""

    texts: tuple[str, ...]
    rule: Callable[[int], int]

    def of(self, n: int) -> str:
        """The form for `n` things, 0 or more."""
        try:
            return self.texts[self.rule(n)]
        except (ArithmeticError, IndexError):  # a rule that was right for every number it was tried with
            return self.texts[-1]


Text = str | Forms


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The phrases of one language, by their names. `drafts` are those that no native reader has signed off."""

    language: str
    texts: Mapping[str, Text] = field(default_factory=dict)
    drafts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Catalogues:
    """A catalogue a language (lower-case BCP 47), what was wrong with the files, and a digest of what was read."""

    languages: Mapping[str, Catalogue]
    faults: tuple[str, ...]
    digest: str


def load(folders: Iterable[Path], phrases: Iterable[Phrase]) -> Catalogues:
    """The catalogues in `folders`, e.g. `ha.po` and `pt_BR.po`. Of two for one language the later overrides the
    earlier phrase by phrase. Depends on nothing but what the folders hold."""
    faults: list[str] = []
    files = [(path, _bytes(path, faults)) for folder in folders for path in _files(folder, faults)]
    found = gather(((_shown(path), data) for path, data in files if data is not None), phrases)
    return Catalogues(found.languages, (*faults, *found.faults), found.digest)


def gather(files: Iterable[tuple[str, bytes]], phrases: Iterable[Phrase]) -> Catalogues:
    """The catalogues in `files`, by the names or paths of the files, the later over the earlier."""
    phrases = tuple(phrases)
    languages: dict[str, Catalogue] = {}
    faults: list[str] = []
    digest = sha256()
    for file, data in files:
        name = file.rpartition("/")[2]
        # Without the folder's path, which is another on another machine.
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
        catalogue, found = read(name, data, phrases)
        faults += [f"{file}: {fault}" for fault in found]
        if catalogue is not None and catalogue.texts:
            key = catalogue.language.lower()
            languages[key] = _over(languages.get(key), catalogue)
    return Catalogues(languages, tuple(faults), digest.hexdigest())


def over(below: Catalogues, above: Catalogues) -> Catalogues:
    """Two sets of catalogues as one: `above` overrides `below` phrase by phrase."""
    languages = {**below.languages}
    for key, catalogue in above.languages.items():
        languages[key] = _over(languages.get(key), catalogue)
    digest = sha256(f"{below.digest}\0{above.digest}".encode())
    return Catalogues(languages, (*below.faults, *above.faults), digest.hexdigest())


def check(path: Path, phrases: Iterable[Phrase]) -> tuple[Catalogue | None, list[str]]:
    """One file as `load` reads it, and what is wrong with it."""
    faults: list[str] = []
    if not path.is_file():
        return None, [f"{_shown(path)}: there is no such file. Name a .po file."]
    data = _bytes(path, faults)
    if data is None:
        return None, faults
    catalogue, found = read(path.name, data, phrases)
    return catalogue, [f"{_shown(path)}: {fault}" for fault in found]


def _over(below: Catalogue | None, above: Catalogue) -> Catalogue:
    if below is None:
        return above
    drafts = (below.drafts - above.texts.keys()) | above.drafts
    return Catalogue(above.language, {**below.texts, **above.texts}, drafts)


def _files(folder: Path, faults: list[str]) -> list[Path]:
    try:
        # What is no regular file, such as a named pipe, could keep us waiting for ever.
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".po" and path.is_file())
    except FileNotFoundError:
        return []
    except OSError as error:
        faults.append(
            f"{_shown(folder)}: the folder cannot be read ({error.strerror}). Let Standfirst's account read it."
        )
        return []
    if len(found) > MOST_FILES:
        faults.append(
            f"{_shown(folder)}: only the first {MOST_FILES} catalogues are read. Take out what is not needed."
        )
    return found[:MOST_FILES]


def _bytes(path: Path, faults: list[str]) -> bytes | None:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        faults.append(f"{_shown(path)}: the file cannot be read ({error.strerror}). Let Standfirst's account read it.")
        return None
    if len(data) > LARGEST:
        faults.append(
            f"{_shown(path)}: more than {LARGEST:,} bytes, so it was not read. Look whether this is a catalogue."
        )
        return None
    return data


def _shown(path: Path | str) -> str:
    # A file's name may be bytes that are no text.
    return str(path).encode("utf-8", "replace").decode()


# --- one file -----------------------------------------------------------------------------------------------------

_NAME = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", re.ASCII)


def language_of(name: str) -> str | None:
    """The BCP 47 tag that a file's name says: "pt-BR" of "pt_BR.po". None: it says none."""
    stem = name[: -len(".po")] if name.lower().endswith(".po") else name
    if not _NAME.fullmatch(stem):
        return None
    first, *rest = re.split("[-_]", stem)
    rest = [part.title() if len(part) == 4 else part.upper() if len(part) == 2 else part.lower() for part in rest]
    return "-".join([first.lower(), *rest])


def read(name: str, data: bytes, phrases: Iterable[Phrase]) -> tuple[Catalogue | None, list[str]]:
    """The catalogue in `data`, a file called `name`, and what is wrong with it. None: nothing in it can be used."""
    language = language_of(name)
    if language is None:
        return None, ["its name is no language's. Call it by the language's code, e.g. yo.po or pt_BR.po."]
    text = _decoded(data)
    if text is None:
        return None, ["it is not text in UTF-8. Save it as UTF-8; in Poedit: Translation, Properties, Charset."]
    faults: list[str] = []
    catalog = _parsed(text, language, faults)
    found = _chosen(catalog, phrases, faults)
    if len(faults) > MOST_TOLD:
        faults[MOST_TOLD:] = [f"{len(faults) - MOST_TOLD} more faults. Mend these first, or begin with a new template."]
    draft = re.search(rf'^"{STATE}:\s*draft\b', text, re.MULTILINE | re.IGNORECASE)
    return Catalogue(language, found, frozenset(found) if draft else frozenset()), faults


def _decoded(data: bytes) -> str | None:
    """The text of a file. Bytes that are UTF-8 are that, whatever the header says; other ones what the header says."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        charset = "utf-16"
    else:
        declared = re.search(rb"charset=([\w.:-]+)", data[:10_000])
        charset = declared[1].decode("ascii", "replace") if declared else "utf-8"
    for name in ("utf-8-sig", charset):
        try:
            text = data.decode(name)
        except (LookupError, ValueError):  # unknown, no charset at all ("zip"), or not what the bytes are
            continue
        return None if "\0" in text else text
    return None


_LINE = re.compile(r'(?:(msgctxt|msgid|msgid_plural|msgstr|msgstr\[\d{1,2}\])[ \t]*)?"(?:[^"\\]|\\.)*"')


class _Bounded(Catalog):
    """A catalogue that does not make room for as many plural forms as a header claims."""

    @property
    def num_plurals(self) -> int:
        return max(1, min(super().num_plurals, MOST_FORMS))


def _parsed(text: str, language: str, faults: list[str]) -> Catalog:
    catalog = _Bounded()
    _name(catalog, language)
    for number, lines in _entries(text):
        bad = next(
            (at for at, line in enumerate(lines, number) if line[:1] not in {"", "#"} and not _LINE.fullmatch(line)), 0
        )
        if bad:
            faults.append(f"line {bad} is not as gettext writes it; its entry was left out. Look at the quotes there.")
            continue
        if not any(line.startswith("msg") for line in lines):
            continue
        if any(int(form) >= catalog.num_plurals for line in lines for form in re.findall(r"^msgstr\[(\d+)", line)):
            faults.append(f"the entry at line {number} has more plural forms than Plural-Forms says. Mend that header.")
            continue
        try:
            PoFileParser(catalog, ignore_obsolete=True, abort_invalid=True).parse(lines)
        except (PoFileError, AssertionError, LookupError, TypeError, ValueError) as error:
            faults.append(f"the entry at line {number} was left out: {error}. Open the file in Poedit and mend it.")
    said = catalog.locale_identifier or language
    if primary_of(said.replace("_", "-")) != primary_of(language):
        faults.append(f"its header says “{_short(said)}”, its name “{language}”, which counts. Make the two agree.")
    return catalog


def _name(catalog: Catalog, language: str) -> None:
    # What the plural forms are, should the header not say.
    try:
        catalog.locale = language.replace("-", "_")
    except ValueError:  # a tag that CLDR would not write so
        catalog.locale = None


def _entries(text: str) -> Iterator[tuple[int, list[str]]]:
    """The entries of a file, each with the number of its first line."""
    entry: list[str] = []
    translated = False
    first = 1
    for number, line in enumerate(re.split(r"\r\n?|\n", text), 1):
        line = line.strip()
        if line.startswith("#~"):  # a phrase that is no more, kept by the translator's editor
            line = ""
        if translated and line.startswith(("#", "msgctxt", "msgid ", "msgid\t", 'msgid"')):
            yield first, entry
            entry, translated, first = [], False, number
        translated = translated or line.startswith("msgstr")
        # Babel looks for one space after the keyword.
        entry.append(re.sub(r'^(msg[a-z_]+(?:\[\d+\])?)[ \t]*"', r'\1 "', line))
    yield first, entry


def _chosen(catalog: Catalog, phrases: Iterable[Phrase], faults: list[str]) -> dict[str, Text]:
    """The translations of `catalog` that can be used, by the names of the phrases."""
    known = {phrase.key: phrase for phrase in phrases}
    meanings = {english for _, english in known}
    rule = _rule(catalog, faults)
    found: dict[str, Text] = {}
    for message in catalog:
        english, plural = (*_strings(message.id), "")[:2]
        if not english:
            continue
        phrase = known.get((message.context or "", english))
        if phrase is None:
            remedy = "Give it the msgctxt that it has in" if english in meanings else "Renew the file from"
            faults.append(f"“{_short(english)}” is no phrase of Standfirst. {remedy} `standfirst words --template`.")
        elif phrase.plural != plural:
            faults.append(f"“{_short(english)}” has other plurals in English now. Renew the file from the template.")
        elif not message.fuzzy and (text := _text(phrase, message, rule, faults)) is not None:
            found[phrase.name] = text
    return found


def _text(phrase: Phrase, message: Message, rule: Callable[[int], int] | None, faults: list[str]) -> Text | None:
    texts = _strings(message.string)
    if not any(text.strip() for text in texts):
        return None
    about = f"“{phrase.english}”" + (f" ({phrase.context})" if phrase.context else "")
    if not all(text.strip() for text in texts):
        filled = sum(bool(text.strip()) for text in texts)
        faults.append(f"{about} has {filled} of its {len(texts)} plural forms. Write the others too.")
        return None
    for place, text in enumerate(texts):
        # "One result", "a pair of results": a form for a single number need not repeat it.
        bare = bool(phrase.plural) and rule is not None and _stands_for_one(rule, place)
        if fault := _fault(phrase, text, bare=bare):
            faults.append(f"{about}: the translation “{_short(text)}” {fault}")
            return None
    if not phrase.plural:
        return texts[0]
    return None if rule is None else Forms(texts, rule)


def _strings(value: object) -> tuple[str, ...]:
    # Babel has one string of a plain message, and a tuple of a counted one.
    return tuple(value) if isinstance(value, tuple | list) else (str(value or ""),)


def _fault(phrase: Phrase, text: str, *, bare: bool) -> str:
    if len(text) > LONGEST:
        return f"has more than {LONGEST:,} characters. Make it shorter."
    if re.search(r"[\x00-\x1f\x7f]", text):
        return "has a line break or a control character in it. Write it on one line."
    places, has = _places(phrase.english), _places(text)
    if has == places or (bare and has == []):
        return ""
    wanted = " and ".join(f"{{{place}}}" for place in places or [])
    if not wanted:
        return "has braces in it that the English has not. Leave them out."
    return f"must have {wanted} in it, once and as it stands, and no other braces. Put it where the value belongs."


def _places(text: str) -> list[str] | None:
    """What a phrase has in braces, sorted. None: braces that do not close, or do more than mark a place."""
    try:
        parts = [part for part in Formatter().parse(text) if part[1] is not None]
    except ValueError:
        return None
    if any(spec or conversion for _, _, spec, conversion in parts):
        return None
    return sorted(name for _, name, _, _ in parts if name is not None)


# --- plural forms -------------------------------------------------------------------------------------------------

_TRIED: Final = (*range(201), 1_000, 1_001, 1_002, 1_011, 100_000, 1_000_000, 1_000_001)


def _rule(catalog: Catalog, faults: list[str]) -> Callable[[int], int] | None:
    """The rule of the header, or the language's usual one. None: it cannot be used."""
    try:
        rule: Callable[[int], int] = c2py(catalog.plural_expr)
        if all(0 <= rule(n) < catalog.num_plurals for n in _TRIED):
            return rule
        why = "it asks for a form that there is not"
    except (ArithmeticError, ValueError) as error:
        why = str(error)
    faults.append(f"its Plural-Forms cannot be used: {_short(why)}. Copy the line that Poedit or gettext has for it.")
    return None


def _stands_for_one(rule: Callable[[int], int], form: int) -> bool:
    return sum(rule(n) == form for n in _TRIED) == 1


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


# --- the template -------------------------------------------------------------------------------------------------


def template(phrases: Iterable[Phrase]) -> str:
    """The file that a translation begins with: every phrase in English, with what a translator needs to know."""
    return TEMPLATE_HEADER + _written(_in_english(phrases))


def renewed(text: str, phrases: Iterable[Phrase]) -> str:
    """The catalogue `text` with the phrases of today: new ones empty, translations kept, the rest gone."""
    header, _, _ = text.partition("\n\n")
    catalog = read_po(StringIO(text), abort_invalid=True)
    catalog.update(_in_english(phrases), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return f"{header}\n\n{_written(catalog)}"


def _in_english(phrases: Iterable[Phrase]) -> Catalog:
    catalog = Catalog(charset="UTF-8")
    for phrase in phrases:
        catalog.add(
            (phrase.english, phrase.plural) if phrase.plural else phrase.english,
            locations=[(phrase.name, 0)],
            auto_comments=[phrase.note] if phrase.note else [],
            context=phrase.context or None,
        )
    return catalog


def _written(catalog: Catalog) -> str:
    # Without the header: Babel's would carry the hour, and drop what it does not know.
    file = BytesIO()
    write_po(file, catalog, width=110, omit_header=True, include_lineno=False)
    return file.getvalue().decode()
