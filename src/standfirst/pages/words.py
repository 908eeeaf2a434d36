"""The few words that a page says by itself, by language, and its dates.

A story's page speaks the story's language where we have its words, else the site's, else English. Dates are absolute,
in the newsroom's zone: a page must read the same whenever it is printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from standfirst.kit.languages import primary_of


@dataclass(frozen=True, slots=True)
class Words:
    """Phrases in one language. Where a phrase has a place to fill, it is a `str.format` pattern."""

    language: str
    direction: str
    skip: str
    home: str
    sections: str
    breadcrumb: str
    published: str
    refreshed: str
    by: str
    joint: str
    last_joint: str
    correction: str
    clarification: str
    note: str
    notes: str
    written_by: str
    related: str
    top: str
    latest: str
    more_from: str
    day_link: str
    days: str
    days_nav: str
    day_before: str
    day_after: str
    empty: str
    stories_by: str
    desk: str
    feed: str
    lost: str
    lost_text: str
    front_link: str
    gone: str
    killed: str
    withheld: str
    unpublished: str
    gone_on: str
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    """Monday first."""
    date: str
    """Of `day`, `month` and `year`."""
    moment: str
    """Of `date`, `time` and `zone`."""
    full_date: str
    """Of `weekday` and `date`."""


ENGLISH = Words(
    language="en",
    direction="ltr",
    skip="Skip to the main content",
    home="Home",
    sections="Sections",
    breadcrumb="You are here",
    published="Published",
    refreshed="Refreshed",
    by="By",
    joint=", ",
    last_joint=" and ",
    correction="Correction",
    clarification="Clarification",
    note="Update",
    notes="Notes on this article",
    written_by="Author",
    related="Related articles",
    top="Top 3",
    latest="Latest",
    more_from="More from {}",
    day_link="More from {}",
    days="Earlier copy, day by day",
    days_nav="Other days",
    day_before="Earlier",
    day_after="Later",
    empty="Nothing has been published here yet.",
    stories_by="Articles by {}",
    desk="Agency desk",
    feed="RSS feed",
    lost="Page not found",
    lost_text="There is no page at this address. It may have been mistyped, or never have been there.",
    front_link="Go to the front page",
    gone="This article is no longer available",
    killed="We have withdrawn this article. It should no longer be relied on or quoted.",
    withheld="This article has been taken down for the time being.",
    unpublished="This article has been taken down.",
    gone_on="Taken down",
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    date="{day} {month} {year}",
    moment="{date}, {time} {zone}",
    full_date="{weekday} {date}",
)

FRENCH = Words(
    language="fr",
    direction="ltr",
    skip="Aller au contenu principal",
    home="Accueil",
    sections="Rubriques",
    breadcrumb="Vous êtes ici",
    published="Publié le",
    refreshed="Mis à jour le",
    by="Par",
    joint=", ",
    last_joint=" et ",
    correction="Rectificatif",
    clarification="Précision",
    note="Mise à jour",
    notes="Notes sur cet article",
    written_by="Auteur",
    related="Sur le même sujet",
    top="Top 3",
    latest="Dernières nouvelles",
    more_from="Rubrique {}",
    day_link="Tout le {}",
    days="Articles plus anciens, jour par jour",
    days_nav="Autres jours",
    day_before="Plus ancien",
    day_after="Plus récent",
    empty="Rien n’a encore été publié ici.",
    stories_by="Articles de {}",
    desk="Agence",
    feed="Flux RSS",
    lost="Page introuvable",
    lost_text="Il n’y a pas de page à cette adresse.",
    front_link="Aller à la une",
    gone="Cet article n’est plus disponible",
    killed="Nous avons retiré cet article. Il ne doit plus être cité ni servir de source.",
    withheld="Cet article est provisoirement retiré.",
    unpublished="Cet article a été retiré.",
    gone_on="Retiré le",
    months=(
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
    weekdays=("Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi", "Samedi", "Dimanche"),
    date="{day} {month} {year}",
    moment="{date}, {time} {zone}",
    full_date="{weekday} {date}",
)

ARABIC = Words(
    language="ar",
    direction="rtl",
    skip="انتقل إلى المحتوى الرئيسي",
    home="الرئيسية",
    sections="الأقسام",
    breadcrumb="أنت هنا",
    published="نُشر",
    refreshed="حُدّث",
    by="بقلم",
    joint="، ",
    last_joint=" و",
    correction="تصحيح",
    clarification="توضيح",
    note="تحديث",
    notes="ملاحظات على هذا المقال",
    written_by="الكاتب",
    related="مقالات ذات صلة",
    top="الأكثر قراءة",
    latest="أحدث الأخبار",
    more_from="المزيد من {}",
    day_link="المزيد من {}",
    days="الأيام السابقة",
    days_nav="أيام أخرى",
    day_before="الأقدم",
    day_after="الأحدث",
    empty="لم يُنشر شيء هنا بعد.",
    stories_by="مقالات {}",
    desk="وكالة أنباء",
    feed="خلاصة RSS",
    lost="الصفحة غير موجودة",
    lost_text="لا توجد صفحة في هذا العنوان.",
    front_link="إلى الصفحة الأولى",
    gone="هذا المقال لم يعد متاحًا",
    killed="سحبنا هذا المقال، ولا ينبغي الاعتماد عليه أو الاقتباس منه.",
    withheld="حُجب هذا المقال مؤقتًا.",
    unpublished="أُزيل هذا المقال.",
    gone_on="أُزيل",
    months=(
        "يناير",
        "فبراير",
        "مارس",
        "أبريل",
        "مايو",
        "يونيو",
        "يوليو",
        "أغسطس",
        "سبتمبر",
        "أكتوبر",
        "نوفمبر",
        "ديسمبر",
    ),
    weekdays=("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
    date="{day} {month} {year}",
    moment="{date}، {time} {zone}",
    full_date="{weekday} {date}",
)

LANGUAGES: dict[str, Words] = {words.language: words for words in (ENGLISH, FRENCH, ARABIC)}


def words(language: str, otherwise: str = "en") -> Words:
    """The words for a page in `language` (BCP 47); failing that in `otherwise`; failing that in English."""
    return LANGUAGES.get(primary_of(language)) or LANGUAGES.get(primary_of(otherwise)) or ENGLISH


@lru_cache(maxsize=512)
def local(iso: str, zone: str) -> datetime:
    """A moment (ISO 8601 in UTC) as an aware datetime in `zone` (an IANA name)."""
    return datetime.fromisoformat(iso).astimezone(ZoneInfo(zone))


@lru_cache(maxsize=4096)
def moment(iso: str, zone: str, words: Words) -> str:
    """A moment as printed, e.g. "22 November 2026, 09:30 WAT"."""
    when = local(iso, zone)
    name = when.tzname() or ""
    if name[:1] in {"+", "-"}:
        name = f"UTC{name}"
    return words.moment.format(date=day(when.date(), words), time=f"{when:%H:%M}", zone=name)


def day(when: date, words: Words) -> str:
    """A day as printed, e.g. "22 November 2026"."""
    return words.date.format(day=when.day, month=words.months[when.month - 1], year=when.year)


def full_day(when: date, words: Words) -> str:
    """A day with its weekday, e.g. "Sunday 22 November 2026"."""
    return words.full_date.format(weekday=words.weekdays[when.weekday()], date=day(when, words))
