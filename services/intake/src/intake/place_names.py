"""Whether a name in a Russian text is a street's, a house's, a school's: what stands around it decides. Pure.

A surname after a street, a school, a hospital is what that is called after where it is a genitive, and somebody's who
works there where a post stands before both ("the head of the school Ivanova"). Where the two cannot be told apart, a
name that streets have in every town stays and any other goes.
"""

from __future__ import annotations

import re
from collections.abc import Container

from intake.redaction import BEFORE_NAMED_PLACES

Span = tuple[int, int]
"""From where to where in a text."""

BEFORE_PLACES = re.compile(
    r"\b(?:алле\w*|проезд\w*|тупик\w*|микрорайон\w*|квартал\w*|район\w*|пос[её]л\w*|деревн\w*|сел[оаеу]|город\w*|станци\w*"
    r"|остановк\w*|метро|театр\w*|двор(?:ец|ц\w*)(?:\s+культуры)?|дом\w*\s+культуры|дк|кинотеатр\w*|стадион\w*|завод\w*"
    r"|фабрик\w*|больниц\w*|госпитал\w*|гимнази\w*|лице\w*|институт\w*|университет\w*|колледж\w*|магистрал\w*|мемориал\w*"
    r"|бюст\w*|озер\w*|гор[аыеу]|остров\w*|канал\w*|храм\w*|церк\w*|собор\w*|кладбищ\w*|ул|пр-т|просп|бул|б-р|мкр"
    r"|фонд\w*|маг(?:азин)?|кафе|аптек\w*|фирм\w*|партии)"
    r"(?:\s+(?:имени|им\.?|святого|святой|героя|героев|маршала|генерала|адмирала|академика|космонавта))?\W{0,3}$",
    re.IGNORECASE,
)
INSTITUTION_BEFORE = re.compile(
    r"\b(?:театр\w*|завод\w*|фабрик\w*|больниц\w*|поликлиник\w*|госпитал\w*|школ\w*|гимнази\w*|лице\w*|институт\w*"
    r"|университет\w*|колледж\w*|библиотек\w*|музе\w*)\W{0,3}$",
    re.IGNORECASE,
)
"""Of these the name that follows is a genitive, unless it is somebody's who is there."""
ROAD_BEFORE = re.compile(
    r"\b(?:ул|улиц\w*|пр-т|просп\w*|пр|пл|площад\w*|пер|переул\w*|наб\w*|бул\w*|б-р|шоссе|парк\w*|сквер\w*|мост\w*|алле\w*"
    r"|проезд\w*|тупик\w*|микрорайон\w*|мкр|квартал\w*|район\w*|памятник\w*|остановк\w*|метро)\W{0,3}$",
    re.IGNORECASE,
)
POST_BEFORE = re.compile(
    r"\b(?:директор\w*|глав\w*врач\w*|главн\w+\s+врач\w*|завед\w+|завуч\w*|завхоз\w*|начальни\w+|председател\w+|глав[аыуе]"
    r"|руководител\w+|заместител\w+|ректор\w*|декан\w*|профессор\w*|мастер\w*|сторож\w*|вахт[её]р\w*|охранни\w+|бухгалтер\w*"
    r"|управляющ\w+|хозя\w+|владел\w+|арендатор\w*|кассир\w*|продав\w+|администратор\w*|менеджер\w*|секретар\w+|инспектор\w*"
    r"|врач\w*|фельдшер\w*|медсестр\w+|санитар\w*|терапевт\w*|хирург\w*|педиатр\w*|окулист\w*|стоматолог\w*|учител\w+"
    r"|преподавател\w+|воспитател\w+|нян\w+|тренер\w*|библиотекар\w+|артист\w*|акт[её]р\w*|актрис\w+|режисс[её]р\w*"
    r"|комендант\w*|консьерж\w*|уборщиц\w+|дворни\w+|слесар\w+|электри[кч]\w*|инженер\w*|техни[кч]\w*|диспетчер\w*"
    r"|контрол[её]р\w*|проводни\w+|водител\w+|сотрудни\w+|работни\w+|староста|старост\w+|депутат\w*|настоятел\w+)"
    r"(?:\s+(?:\d+\w*|[а-яё-]+)){0,3}\s+$",
    re.IGNORECASE,
)
"""Who is somewhere, before the place: a name after it is theirs."""
_NAMESAKES = """
пушкин лермонтов толст гогол чехов достоевск тургенев некрасов островск грибоедов крылов есенин маяковск блок
горьк шолохов бажов твардовск ахматов цветаев гагарин титов терешков комаров королев королёв циолковск чкалов
ленин киров калинин фрунзе чапаев свердлов дзержинск куйбышев орджоникидзе ворошилов буденн будённ щорс
котовск лазо тельман маркс энгельс либкнехт суворов кутузов нахимов ушаков макаров невск донск разин пугачев
пугачёв жуков рокоссовск конев матросов космодемьянск панфилов ватутин черняховск ломоносов менделеев мичурин
тимирязев вернадск вавилов курчатов сахаров попов павлов сеченов боткин пирогов семашко склифосовск бурденко
вишневск плеханов вахтангов станиславск ермолов чайковск глинк мусоргск репин суриков шишкин айвазовск левитан
макаренко ушинск луначарск крупск герцен белинск чернышевск добролюбов радищев рылеев пестел желябов перовск
халтурин бауман войков урицк володарск воровск шевченко тукай джалил калашников
"""
NAMESAKES = frozenset(_NAMESAKES.split())
"""Beginnings of the names of those whom streets and houses are called after in every town."""
ATTACKS_AFTER = re.compile(
    r"\s+(?:(?:вчера|сегодня|опять|снова|вечером|утром|ночью|днём|днем)\s+)?(?:напа[лв]\w*|напад\w+|набро\w+|накин\w+|бросил\w*"
    r"|накрич\w+|кричал\w*|орал\w*|замахн\w+|наехал\w*|составил\w*|завел\w*|завёл\w*|подал\w*|пожал\w+|оформ\w+)\b",
    re.IGNORECASE,
)
"""What is done to people, after the preposition `на`."""
OF_A_PERSON_AFTER = re.compile(
    r"\s+(?:(?:я|мы|уже|до\s+сих\s+пор|так\s+и)\s+)?(?:взял\w*|взыска\w+|бер[уё]\w+|требу\w+|требовал\w*|списа\w+"
    r"|удерж\w+|жд[уеё]\w*|получ\w+|приш[её]л\w*|пришл\w+|ответ\w*|решени\w+|нет\s+(?:ответа|решения|вестей)|звон\w+|письм\w+"
    r"|заявлени\w+|жалоб\w+|справк\w+)\b",
    re.IGNORECASE,
)
"""What comes of people and is asked of them, after other prepositions."""
OWN_BEFORE = re.compile(
    r"\b(?:маг(?:азин\w*)?|кафе|аптек\w*|фирм\w*|лар[её]?к\w*|киоск\w*|салон\w*)\W{0,3}$", re.IGNORECASE
)
NOMINATIVE = re.compile(r"\w*[бвгджзклмнпрстфхцчшщй]", re.IGNORECASE)
RANK_BEFORE = re.compile(
    r"(?<!по )\b(?:маршал|генерал|адмирал|академик|космонавт|геро|святого|святой|имени|им\.)\w*\s*$", re.IGNORECASE
)
"""Whose name follows, places are called after; people are called so in no message."""
HOUSE_AFTER = re.compile(
    r"\s*,?\s*(?:д(?:ом)?\.?\s*)?\d{1,4}(?:[\s/-]?[а-я]\b|/\d+)?(?!\d|\s*[-–.:]?\s*(?:лет|год|раз|руб|числ|месяц|час|дн|мин))",
    re.IGNORECASE,
)
_GENITIVE = r"[А-ЯЁ]\w+(?:а|я|ого|его|ой|ей|ых|их)"
GENITIVE = re.compile(_GENITIVE)
ON_STREET = re.compile(
    r"(?:^|[.!?\n…]\s*)(?:(?P<on>На)|По|С|От|Вдоль|Угол|Перекр[её]сток|Пересечение)\s+"
    rf"(?P<others>(?:{_GENITIVE}\s*(?:\bи\b|\bдо\b|,|-|–|—|/)\s*){{0,3}})$"
)
"""A sentence that begins so goes on with a street, or with several."""
ALSO = re.compile(r"\s*(?:и|до|с|,|-|–|—|/)\s+|\s*[-–—/]\s*")
"""Between two streets."""


def is_place(text: str, span: Span, last_place: int, first_names: Container[str]) -> bool:
    """Whether a street or a house is called so."""
    start, stop = span
    before, name = text[max(0, start - 80) : start], text[start:stop]
    if RANK_BEFORE.search(before):
        return True
    found = BEFORE_NAMED_PLACES.search(before) or BEFORE_PLACES.search(before)
    if found is not None:
        return ROAD_BEFORE.search(before) is not None or not _somebody_there(
            before[: found.start()], before, name, first_names
        )
    if last_place >= 0 and ALSO.fullmatch(text[last_place:start]) and GENITIVE.fullmatch(name):
        return True
    if " " in name or not GENITIVE.fullmatch(name):
        return False
    if HOUSE_AFTER.match(text, stop):
        return True
    road = ON_STREET.search(before)
    if road is not None:
        done = ATTACKS_AFTER if road["on"] else OF_A_PERSON_AFTER
        return _namesake(name) or bool(road["others"]) or done.match(text, stop) is None
    return re.match(r"\s+до\s+[А-ЯЁ]", text[stop:]) is not None and before.lower().endswith("от ")


def _somebody_there(before_place: str, before: str, name: str, first_names: Container[str]) -> bool:
    """Whether a name after a school, a hospital, a shop is somebody's who works there or owns it, not its own."""
    first, _, rest = name.partition(" ")
    if POST_BEFORE.search(before_place):
        return bool(rest) or not (GENITIVE.fullmatch(name) and _namesake(name))
    if rest:
        return OWN_BEFORE.search(before) is not None and like_a_first_name(first.lower(), first_names)
    return INSTITUTION_BEFORE.search(before) is not None and NOMINATIVE.fullmatch(name) is not None


def _namesake(name: str) -> bool:
    lower = name.lower()
    return any(lower[: len(lower) - cut] in NAMESAKES for cut in (0, 1, 2, 3))


def like_a_first_name(plain: str, first_names: Container[str]) -> bool:
    stems = {plain, *(plain[:-cut] for cut in (1, 2) if len(plain) > cut + 2)}
    return any(stem + end in first_names for stem in stems for end in ("", "а", "я", "й", "ь", "о"))
