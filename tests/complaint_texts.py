"""Made-up complaints in Russian and English: seventeen categories of very uneven sizes, some texts filed wrongly."""

from __future__ import annotations

from random import Random

from routing.classify.training import Labelled

SUBJECTS = {
    "roads": ("яма асфальт дорога выбоина проезд колея", "pothole asphalt road carriageway rut tarmac"),
    "yards": ("двор площадка скамейка качели песочница газон", "yard playground bench swing lawn sandpit"),
    "light": ("фонарь освещение лампа темно столб улица", "lamp lighting dark bulb pole street"),
    "waste": ("мусор контейнер свалка вывоз бак отходы", "rubbish bin dump collection litter garbage"),
    "heating": ("отопление батарея холодно котельная тепло радиатор", "heating radiator cold boiler warmth pipes"),
    "water": ("вода давление труба течь кран водопровод", "water pressure pipe leak tap mains"),
    "transport": ("автобус маршрут остановка расписание водитель троллейбус", "bus route stop timetable driver tram"),
    "snow": ("снег гололёд сосулька уборка тротуар лопата", "snow ice icicle shovel sidewalk slippery"),
    "health": ("поликлиника врач запись приём больница рецепт", "clinic doctor appointment hospital nurse surgery"),
    "schools": ("школа учитель класс урок директор детский", "school teacher class lesson headmaster pupils"),
    "noise": ("шум музыка ночью соседи громко стройка", "noise music night neighbours loud construction"),
    "animals": ("собака стая кошка приют бродячий лай", "dog stray pack cat shelter barking"),
    "trees": ("дерево ветка обрезка упало корни тополь", "tree branch pruning fallen roots trunk"),
    "parking": ("парковка машина газон штраф эвакуатор знак", "parking car blocked fine towing sign"),
    "benefits": ("пособие выплата справка документы льгота пенсия", "benefit payment certificate pension claim form"),
    "internet": ("интернет связь вышка сигнал оператор кабель", "internet signal mast provider cable broadband"),
    "graves": ("кладбище могила ограда захоронение памятник дорожка", "cemetery grave fence burial monument path"),
}  # fmt: skip
SHARES = (480, 240, 70, 50, 40, 30, 20, 15, 12, 10, 8, 6, 5, 4, 3, 2, 1)
EVERYDAY = (
    "здравствуйте прошу уже неделю очень когда возле дома примите меры опять никто почему сколько можно ждать",
    "hello please again for weeks nobody came near our house what can be done how long must we wait today",
)
FORMS = ("", "а", "у", "ом", "е", "ы")
FILED_WRONGLY = 0.06


def complaints(count: int, seed: int) -> list[Labelled]:
    """So many texts; those of two seeds are apart."""
    random = Random(seed)
    return [_complaint(random) for _ in range(count)]


def _complaint(random: Random) -> Labelled:
    (about,) = random.choices(tuple(SUBJECTS), SHARES)
    tongue = random.choice((0, 0, 1))
    words = random.sample(SUBJECTS[about][tongue].split(), random.choice((1, 1, 2)))
    if random.random() < 0.4:
        words += random.sample(SUBJECTS[random.choice(tuple(SUBJECTS))][tongue].split(), 1)
    if tongue == 0:
        words = [word.rstrip("аыеоья") + random.choice(FORMS) if len(word) > 4 else word for word in words]
    words += random.sample(EVERYDAY[tongue].split(), random.randint(4, 10))
    random.shuffle(words)
    filed = random.choices(tuple(SUBJECTS), SHARES)[0] if random.random() < FILED_WRONGLY else about
    return Labelled(
        " ".join(words).capitalize() + random.choice((".", "!", "", " " + str(random.randint(1, 99)))), filed
    )
