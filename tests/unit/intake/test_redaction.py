"""What may not leave the vault is struck out; what is no personal data stays."""

from __future__ import annotations

import pytest
from intake.redaction import redact, redact_address


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("write to ann@example.org please", "write to [e-mail] please"),
        ("call +1 617 555 0199", "call [phone]"),
        ("call 6175551234 now", "call [phone] now"),
        ("card 4111 1111 1111 1111", "card [card]"),
        ("SNILS 112-233-445 95", "SNILS [document]"),
        ("SNILS 11223344595", "SNILS [document]"),
        ("INN 7707083893", "INN [document]"),
        ("my name is Ann Example, a hole", "my name is [name], a hole"),
        ("nul\x00byte", "nulbyte"),
        ("617/555/0199", "[phone]"),
        ("617 - 555 - 0199", "[phone]"),
        ("617\u2011555\u20110199", "[phone]"),
        ("6\u200b17\u200b5550199", "[phone]"),
        ("61\u20697-555\ufe0f-0\u2062199", "[phone]"),
        ("phone6175550199x", "phone[phone]x"),
        ("8 (916) 123-45-67", "[phone]"),
        ("8 916 123 45 67 8 916 765 43 21", "[number]"),
        ("звоните \u0668 \u0669\u0661\u0666 \u0661\u0662\u0663 \u0664\u0665 \u0666\u0667", "звоните [phone]"),
        ("\uff16\uff11\uff17\uff15\uff15\uff15\uff10\uff11\uff19\uff19", "[phone]"),
        ("тел. 22-45-67", "тел. [phone]"),
        ("паспорт 45 10 123456", "паспорт [document]"),
        ("passport no. AB 1234567", "passport no. [document]"),
        ("ann (at) example.org", "[e-mail]"),
        ("ann собака mail точка ru", "[e-mail]"),
        ("пишите https://t.me/ann_example", "пишите [link]"),
        ("дом 7, кв. 15", "дом 7, [flat]"),
        ("в квартире 15 нет воды", "в [flat] нет воды"),
        ("house 12, flat 104", "house 12, [flat]"),
        ("12 Main St, Apt 4B", "12 Main St, [flat]"),
        ("Нет света. С уважением, Иванов И. И.", "Нет света. С уважением, [name]"),
        ("No light. Kind regards, Ann Example", "No light. Kind regards, [name]"),
        ("с уважением,\nиванов иван", "с уважением,\n[name]"),
        ("С уважением, Иванов И.И.", "С уважением, [name]"),
        ("С уважением И.И. Иванов", "С уважением [name]"),
        ("Yours Ann Example", "Yours [name]"),
        ("Hello, I am Ann Example and there is no light", "Hello, I am [name] and there is no light"),
        ("Я, Иванов И.И., прошу убрать снег", "Я, [name], прошу убрать снег"),
        ("Добрый день, я Иван Петров, света нет", "Добрый день, я [name], света нет"),
        ("post me at 445-12-34", "post me at [phone]"),
        ("Заявитель: Сидорова Мария Петровна. Крыша течёт.", "Заявитель: [name]. Крыша течёт."),
        ("От жильца Кузнецова А. В. просьба", "От жильца [name] просьба"),
        ("Ask for Mr. Johnson at the gate", "Ask for Mr. [name] at the gate"),
        ("Машина А123ВС77 стоит на газоне", "Машина [plate] стоит на газоне"),
        ("машина а 123 вс 777 перекрыла выезд", "машина [plate] перекрыла выезд"),
        ("мой телеграм @ann_example", "мой телеграм [link]"),
        ("Дата рождения 12.05.1980, полис потерян", "Дата рождения [date], полис потерян"),
        ("счёт 40817810099910004312", "счёт [number]"),
        ("IBAN GB82 WEST 1234 5698 7654 32 was debited", "IBAN [account] was debited"),
        ("SSN 078-05-1120", "SSN [document]"),
        ("мой номер восемь девятьсот шестнадцать сто двадцать три сорок пять шесть", "мой номер [phone]"),
    ],
)
def test_personal_data_is_replaced_by_what_it_was(text: str, clean: str) -> None:
    assert redact(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "since 2011-07-01 12:00",
        "at 42.3601 71.0589",
        "on 7/1/2011 12:00",
        "route 128 km 5",
        "lamp post 4417",
        "the lamp # 12345",
        "столб № 12-34",
        "flat tire on I-93",
        "квартал 5",
        "case REF-0007",
        "22-03-11",
        "pole no 12-34-56",
        "опора № 445-12-34 погасла",
        "With regards to the pothole on Main Street",
        "I sincerely hope you mend it",
        "the yard is yours to clean",
        "I am on Main Street",
        "я на Тверской Ямской",
        "я вышел из дома",
        "my name is on the list of 5",
        "улица Ивана Сергеевича Тургенева",
        "ул. А. С. Пушкина разбита",
        "Case 101000247036 was closed",
        "1 234 567 рублей за плитку",
        "flat 5 percent fee",
        "в 123 доме нет света",
        "тысяча девятьсот семьдесят первый год",
        "write to us @ the office",
        "",
    ],
)
def test_dates_points_and_houses_stay(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("address", "clean"),
    [
        ("12 Main St #4", "12 Main St [flat]"),
        ("Ленина 7, оф. 12", "Ленина 7, [flat]"),
        ("Ленина 7, кв 12", "Ленина 7, [flat]"),
        ("Ленина 7 корп. 2", "Ленина 7 корп. 2"),
        ("5 Elm St, unit 3, call 617-555-0199", "5 Elm St, [flat], call [phone]"),
    ],
)
def test_an_address_tells_the_house_and_not_the_flat(address: str, clean: str) -> None:
    assert redact_address(address) == clean
