"""Rows of the tables `matters` and `matter_words`: what shows an emergency in progress, abuse, spam or thanks.

In English, Russian and Spanish. A federation begins with these and changes them as any other rule.

Weights of one kind are added up, in a sentence of an emergency, in the whole text of the others; from 100 it is meant.
Words that only press (now, please, urgent) stay below 100 together, so that none of them alone makes an emergency. A
polite end (`Thank you for your attention.`) is no thanks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from common.contracts.patch import Cells

from world.cell_text import text_cell

Weighed = Sequence[tuple[int, Sequence[str]]]

MEANT_FROM = 100
TOP_PRIORITY = 5
CLOSED_AFTER = 3
"""Messages of one kind that people closed within a month; the next is closed by the rule."""

EMERGENCY: Mapping[str, Weighed] = {
    "en": (
        (
            100,
            (
                "smell* .. gas", "gas smell", "gas leak", "gas leaking", "leaking gas", "is on fire", "are on fire",
                "caught fire", "house .. burning", "building .. burning", "burning building", "burning car",
                "car .. burning", "apartment .. burning", "flames are", "flames .. window*", "smoke .. pouring",
                "smoke .. from .. window*", "people .. trapped", "child .. trapped", "trapped inside", "unconscious",
                "not breathing", "drowning", "shots fired", "gunshots", "shooting at", "being attacked",
                "being beaten", "is bleeding", "carbon monoxide", "wire* .. sparking", "cable* .. sparking",
                "power line* .. sparking", "downed power line*", "live wire*", "explosion", "about to collapse",
                "is collapsing", "fell into .. manhole", "fell through .. ice", "hit by .. car", "somebody .. dying",
                "someone .. dying", "heart attack",
            ),
        ),
        (70, ("fire", "flames", "exploded", "injured", "trapped", "collapsed", "stuck .. elevator", "stuck .. lift")),
        (50, ("burning", "blood", "sparking", "sparks", "people inside", "fire .. spreading")),
        (40, ("smoke", "car crash", "knife", "gun")),
        (30, ("right now", "help us")),
        (20, ("now", "emergency", "help", "someone", "somebody")),
        (10, ("urgent*", "danger*", "child*", "quickly")),
        (
            -60,
            (
                "siren*", "burning leaves", "burning trash", "burning garbage", "emergency exit*",
                "emergency vehicle*",
            ),
        ),
        (
            -150,
            (
                "fire hydrant*", "hydrant*", "fire station*", "fire alarm*", "fire truck*", "fire engine*",
                "fire lane*", "fire department", "fire escape*", "fire extinguisher*", "fire drill*", "fire hazard*",
                "fire safety", "fire door*", "risk of fire", "smoke detector*", "smoke alarm*", "smoke free",
                "gas station*", "gas bill*", "gas meter*", "gas price*", "fireworks", "after the fire",
                "burned down", "burnt down", "burned out", "burnt out", "was on fire", "had a fire",
                "there was a fire", "catch fire", "if .. fire", "in case of fire", "yesterday", "last night",
                "last week", "last month", "last year", "last summer", "last winter", "ago", "every night",
                "at night", "nearly", "almost", "movie", "film", "the drill", "hydrant .. explosion", "explosion of",
                "blood donation", "blood test", "give blood", "bullet*", "could have", "used to", "is out now",
                "put out", "fire pit", "fire hose*",
            ),
        ),
    ),
    "ru": (
        (
            100,
            (
                "пахнет газом", "пахнет .. газом", "запах газа", "сильный запах газа", "утечк* .. газа",
                "утечк* газ*", "горит дом", "дом горит", "дом .. горит", "горит квартир*", "квартир* горит",
                "горит .. подъезд*", "подъезд* .. горит", "горит .. машин*", "машин* .. горит", "горит балкон*",
                "балкон* .. горит", "горит мусор*", "мусор* .. горит", "контейнер* .. горит", "горит .. контейнер*",
                "горит трав*", "трав* .. горит", "горит лес", "горит .. чердак", "горит .. подвал", "дым .. из окн*",
                "из окн* .. дым", "из подвала .. дым", "дым .. из подвала", "тонет", "тонут", "без сознания",
                "не дышит", "угарн* газ*", "избива*", "истекает кровью", "стреляют", "стреляет", "взрыв", "взорвал*",
                "провод* .. искр*", "искр* .. провод*", "искрит .. провод*", "упал* в люк", "провалил* .. люк",
                "провалил* .. лед", "застряли .. люди", "люди .. застряли", "люди .. под завалом", "под завалами",
                "вот вот рухнет", "рушится", "сбила .. машина", "сбили .. человека", "напал* .. с ножом",
                "плохо с сердцем", "сердечный приступ", "умирает",
            ),
        ),
        (
            70,
            (
                "пожар", "горим", "загорел*", "пламя", "задымлен*", "пострадавш*", "есть пострадавшие",
                "застрял* .. лифт*", "обрушил*", "ранен*",
            ),
        ),
        (50, ("горит", "горят", "кровь", "искрит", "дтп", "люди внутри", "человек внутри", "дети внутри", "пожара")),
        (40, ("дым", "авария", "нож", "нападают")),
        (30, ("прямо сейчас", "спасите", "огонь")),
        (20, ("сейчас", "помогите", "человек", "ребенок", "женщина", "мужчина")),
        (10, ("срочно", "опасн*", "люди", "дети", "быстрее")),
        (-60, ("сирен*", "сигнализаци*", "не горит", "не горят", "сгорел*", "перегорел*")),
        (
            -150,
            (
                "фонар* .. горит", "фонар* .. горят", "горит .. фонар*", "горят .. фонар*", "свет .. горит",
                "горит .. свет", "ламп* .. горит", "ламп* .. горят", "горит .. ламп*", "светофор* .. горит",
                "горит красный", "горит зеленый", "горит желтый", "вывеск* .. горит", "окн* .. горит свет",
                "сроки горят", "вечный огонь", "пожарн*", "был пожар", "после пожара", "во время пожара",
                "если .. пожар", "при пожаре", "в случае пожара", "от пожара", "риск пожара", "угроза пожара",
                "учебн*", "учени*", "вчера", "позавчера", "назад", "прошл*", "может .. взорваться",
                "может .. загореться", "может .. рухнуть", "чуть не", "едва не", "могли", "каждую ночь", "по ночам",
                "фильм", "салют*", "фейерверк*", "петард*", "выхлопн* газ*", "потушили", "потушен", "сдать кровь",
                "анализ* кров*", "донор*", "угарный газ от .. машин*", "боюсь что", "боимся что", "как бы не",
            ),
        ),
    ),
    "es": (
        (
            100,
            (
                "huele a gas", "olor a gas", "fuga de gas", "casa .. quema", "se quema .. casa", "hay un incendio",
                "se está quemando", "gente atrapada", "está inconsciente", "no respira", "se ahoga", "disparos",
            ),
        ),
        (70, ("incendio", "llamas", "herido*", "explosión")),
        (30, ("ahora mismo",)),
        (20, ("ahora", "ayuda", "humo")),
        (-150, ("ayer", "semana pasada", "hace", "boca de incendio", "contra incendio*", "simulacro")),
    ),
}  # fmt: skip
THANKS: Mapping[str, Weighed] = {
    "en": (
        (
            100,
            (
                "thank* .. for fixing", "thank* .. for repairing", "thank* .. for cleaning",
                "thank* .. for removing", "thank* .. for replacing", "thank* .. for the new",
                "thank* .. for the quick", "thank* .. for the fast", "thank* .. for .. quick",
                "thank* .. for .. prompt", "thank* .. for .. great work", "thank* .. for .. good work",
                "thank* .. for .. work", "thanks to everyone who", "thank everyone who", "want to thank",
                "would like to thank", "wanted to say thank*", "say thank you to", "kudos to", "grateful to the",
                "grateful for", "great job", "well done", "excellent work", "compliments to",
            ),
        ),
        (60, ("good job", "fixed .. same day", "keep it up", "bravo", "you are the best", "kudos")),
        (
            40,
            (
                "thank you", "thanks", "many thanks", "thank you very much", "thank you so much", "very much",
                "grateful", "appreciate",
            ),
        ),
        (30, ("wonderful", "beautiful", "fixed", "repaired", "works again", "clean again", "happy", "amazing")),
        (-40, ("not", "again", "need*", "problem*", "only")),
        (
            -100,
            (
                "thank* .. in advance", "thank* .. for your attention", "thank* .. for your time",
                "thank* .. for looking into", "thank* .. for nothing", "thank god", "no thanks to", "but", "however",
                "still", "please", "when will", "why", "how long", "could you", "would you", "can you", "isn't",
                "doesn't", "don't", "didn't", "hasn't", "wasn't", "can't", "won't", "broken", "leak*", "complain*",
                "never", "nobody", "no one", "should be", "must be", "unfortunately", "worse", "missing", "stuck",
            ),
        ),
    ),
    "ru": (
        (
            100,
            (
                "спасибо за ремонт", "спасибо за .. ремонт", "спасибо за .. уборку", "спасибо за .. работу",
                "спасибо за оперативн*", "спасибо за быстр*", "спасибо за .. быстр*", "спасибо за нов*",
                "спасибо за то что", "спасибо за отремонтирован*", "спасибо за убран*", "спасибо .. что убрали",
                "спасибо .. что починили", "спасибо .. что отремонтировали", "спасибо .. что сделали",
                "спасибо всем", "спасибо .. коммунальщик*", "спасибо .. дворник*", "спасибо .. сотрудник*",
                "благодар* .. за .. работу", "благодар* .. за ремонт", "благодар* .. за .. помощь",
                "благодар* .. за оперативн*", "благодар* .. за быстр*", "выража* .. благодарность",
                "хочу поблагодарить", "хотим поблагодарить", "хочется поблагодарить", "хочу сказать .. спасибо",
                "хотим сказать .. спасибо", "отличная работа", "молодцы",
            ),
        ),
        (60, ("так держать", "все понравилось", "очень довольн*", "молодец")),
        (
            40,
            (
                "спасибо", "большое спасибо", "огромное спасибо", "спасибо большое", "спасибо вам",
                "спасибо вам большое", "благодар*", "признательн*",
            ),
        ),
        (30, ("починили", "отремонтировали", "убрали", "красиво", "быстро", "чисто", "рады", "приятно")),
        (-40, ("не", "нет", "снова", "надо", "только")),
        (
            -100,
            (
                "заранее", "спасибо за внимание", "спасибо за понимание", "спасибо за ответ", "спасибо что ничего",
                "но", "однако", "прошу", "просим", "просьба", "пожалуйста", "до сих пор", "опять", "когда", "почему",
                "сколько можно", "не работает", "не горит", "не убира*", "не почини*", "сломан*", "яма", "ямы",
                "никто", "примите меры", "нужно", "требу*", "жалоб*", "протека*", "течет", "к сожалению",
                "хотелось бы", "помогите", "можно ли", "зато", "хуже",
            ),
        ),
    ),
    "es": (
        (
            100,
            (
                "gracias por arreglar", "gracias por reparar", "gracias por limpiar", "gracias por .. rápid*",
                "quiero agradecer", "excelente trabajo",
            ),
        ),
        (40, ("gracias", "muchas gracias")),
        (-100, ("de antemano", "por favor", "pero", "todavía", "no")),
    ),
}  # fmt: skip
SPAM: Mapping[str, Weighed] = {
    "en": (
        (
            100,
            (
                "buy now", "free money", "viagra", "backlinks", "make money fast", "work from home .. day",
                "online casino", "seo services",
            ),
        ),
        (
            80,
            (
                "casino", "earn money", "make money", "promo code", "limited offer", "click here", "click the link",
                "guaranteed profit",
            ),
        ),
        (
            50,
            (
                "crypto*", "bitcoin", "subscribe", "followers", "investment*", "cheap loans", "dating", "bonus",
                "best price*", "whatsapp",
            ),
        ),
        (40, ("https", "http", "www", "discount*", "telegram", "dollars a day")),
        (
            -60,
            (
                "illegal", "complain*", "poster*", "advert*", "ads", "sign", "stickers", "graffiti", "spam*",
                "scam*", "neighbour*", "neighbor*", "street", "remove",
            ),
        ),
    ),
    "ru": (
        (
            100,
            (
                "ставки на спорт", "продвижение сайт*", "заработ* .. без вложений", "переходи* .. по ссылке",
                "онлайн казино", "займ без отказа", "займы без отказа",
            ),
        ),
        (
            80,
            (
                "казино", "без вложений", "микрозайм*", "промокод*", "раскрутк*", "доход .. в день", "тысяч в день",
                "интим*", "пассивный доход",
            ),
        ),
        (
            60,
            (
                "заработок", "заработай*", "криптовалют*", "биткоин*", "подпишись", "подписывайтесь",
                "пишите в личку", "пишите в лс", "выиграй*", "быстрый кредит",
            ),
        ),
        (
            40,
            (
                "https", "http", "www", "по ссылке", "кредит*", "скидк*", "инвестици*", "бонус*", "акция", "займ*",
                "телеграм",
            ),
        ),
        (
            -60,
            (
                "объявлен*", "реклам*", "незаконн*", "расклеен*", "расклеи*", "жалоб*", "мошенник*", "закройте",
                "прошу", "просим", "уберите", "столб*", "подъезд*", "остановк*",
            ),
        ),
    ),
    "es": (
        (100, ("gana dinero", "casino en línea", "compra ahora")),
        (40, ("https", "http", "www", "descuento*")),
    ),
}  # fmt: skip
ABUSE: Mapping[str, Weighed] = {
    "en": (
        (
            100,
            (
                "i will kill", "i'll kill", "kill you", "kill you all", "fuck you", "fuck off", "burn in hell",
                "i'll find you", "i will find you", "beat you up", "cut your throat",
            ),
        ),
        (
            80,
            (
                "assholes", "asshole", "bastards", "bastard", "go to hell", "piece of shit", "pieces of shit",
                "scum", "drop dead", "motherfucker*", "bitches",
            ),
        ),
        (60, ("idiots", "idiot", "morons", "moron", "bitch", "pigs", "you are all", "parasites", "cretins")),
        (40, ("fucking", "shit", "stupid", "damn", "useless", "you")),
        (
            -60,
            (
                "called me", "shouted", "screamed", "graffiti", "written on", "threatened", "neighbour*",
                "neighbor*",
            ),
        ),
    ),
    "ru": (
        (
            100,
            (
                "сдохни*", "убью", "убьем", "пидор*", "идите нахуй", "пошли нахуй", "иди нахуй", "пошел нахуй",
                "гори* в аду", "зарежу", "взорву", "найду .. и убью",
            ),
        ),
        (
            80,
            (
                "ублюд*", "мразь", "мрази", "гнид*", "идите в жопу", "пошел ты", "пошли вы", "чтоб вы сдохли",
                "нахуй", "суки",
            ),
        ),
        (
            60,
            (
                "урод*", "твари", "тварь", "идиот*", "дебил*", "кретин*", "сволоч*", "сука", "козлы", "дармоед*",
                "паразит*", "вы все",
            ),
        ),
        (40, ("блять", "тупые", "безмозгл*", "твою мать", "бездельник*", "жопа", "охуе*", "вас")),
        (
            -60,
            (
                "обозвал*", "кричит", "кричал*", "надпис*", "написано", "угрожа*", "сосед*", "собак*", "щенк*",
                "алкаш*",
            ),
        ),
    ),
    "es": (
        (100, ("los voy a matar", "te voy a matar", "hijos de puta")),
        (60, ("idiotas", "imbéciles")),
    ),
}  # fmt: skip
WORDS = {"emergency": EMERGENCY, "abuse": ABUSE, "spam": SPAM, "thanks": THANKS}


def word_rows(languages: Sequence[str]) -> list[tuple[str, Cells]]:
    """Of table `matter_words`."""
    return [
        (
            f"{kind}-{language}{weight:+d}",
            {
                "kind": text_cell(kind), "language": text_cell(language), "words": text_cell(*phrases),
                "weight": str(weight),
            },
        )
        for kind, by_language in WORDS.items()
        for language, rows in by_language.items()
        if language in languages
        for weight, phrases in rows
    ]  # fmt: skip


def matter_rows(call: str) -> list[tuple[str, Cells]]:
    """Of table `matters`; `call` is where citizens in danger are told to call. No model decides unless somebody says
    so; whoever people closed messages of is told that more are not looked at, within a month."""
    shared = {"weight": str(MEANT_FROM), "percent": "101", "priority": "0", "call": '""'}
    urgent = {"kind": '"emergency"', "then": '"urgent"', "priority": str(TOP_PRIORITY), "call": text_cell(call)}
    rows = [("emergency", urgent), ("thanks", {"kind": '"thanks"', "then": '"thanks"'})]
    for kind, closed_after in (("spam", CLOSED_AFTER), ("abuse", CLOSED_AFTER)):
        repeated = {"kind": text_cell(kind), "repeats": f">= {closed_after}", "then": '"closes"'}
        rows += [(f"{kind}-again", repeated), (kind, {"kind": text_cell(kind), "then": '"person"'})]
    return [(row_id, {**shared, **cells}) for row_id, cells in rows]
