"""What citizens live through on each channel, from their side: over HTTP, in a messenger, by an integrator, by mail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from common.contracts.events import region, routing
from common.contracts.events.intake import AttachmentGiven, MessageAdded, MessageRegistered
from common.contracts.events.region import CaseExtended
from common.contracts.parts import Part, part_case_id
from common.contracts.reference import reference_of
from common.federation.languages import local_moment
from common.messaging.kafka import Record

from tests.end_to_end.conversation.country import DESK, OPERATOR, Country
from tests.end_to_end.conversation.people import CHANNELS, HERE, ByMail, Citizen, OnTelegram, OnTopic, OnWeb
from tests.end_to_end.system import command
from tests.kafka import all_of, eventually

WITH_PLACES = (OnWeb, OnTelegram, OnTopic)
ELSEWHERE = {"lat": 0.6, "lon": 0.6}
Person = type[Citizen]


async def each(story: Callable[[Person], Awaitable[None]], *channels: type[Citizen]) -> None:
    """Lets a citizen of every channel live through a story, all at once."""
    async with asyncio.TaskGroup() as group:
        for kind in channels or CHANNELS:
            group.create_task(_one(story, kind))


async def _one(story: Callable[[Person], Awaitable[None]], kind: type[Citizen]) -> None:
    try:
        await story(kind)
    except Exception as error:
        error.add_note(f"on the channel {kind.channel}")
        raise


async def outside(citizen: Citizen, message: str, why: str) -> None:
    """Whoever asks over HTTP is told that the case is closed, and why."""
    if isinstance(citizen, OnWeb):

        async def closed() -> bool:
            state = await citizen.status(message)
            return (state.get("status"), state.get("why")) == ("closed", why)

        await eventually(closed)


async def test_one_conversation_is_about_case_after_case_and_no_word_goes_where_nobody_works(country: Country) -> None:
    async def story(person: Person) -> None:
        ann = person(country)
        first = await ann.reports("A hole at the bridge")
        await country.order(region.DeclineCase(actor=DESK, case_id=first, ground="It is private land."))
        declined = await ann.told("declined")
        assert declined.notice == "refused"
        assert "It is private land." in declined.text

        # Words to an ended case are a case of their own, and the citizen is told so.
        await ann.says("It is a public road")
        second = (await ann.told("registered", 2)).case_id
        assert second != first
        assert reference_of(first) in (await ann.told("beside")).text
        if isinstance(ann, ByMail):
            # Mails bring no places, and in a replay all of them have the time of the last tick: which case is the
            # newest is not known here.
            return
        await country.place(second)
        await country.came(second, region.CaseAccepted)
        await country.answer(second)
        assert "It is done now." in (await ann.told("answered")).text

        await ann.says("Thank you, that was quick")
        await ann.told("added_to_answered")
        # What has a place of its own after an answer is another matter.
        await ann.says("" if isinstance(ann, OnTelegram) else "Another hole", category="Pothole", place=ELSEWHERE)
        third = (await ann.told("registered", 3)).case_id
        assert third not in (first, second)
        # Its number leads back to the case before.
        await ann.says(f"{reference_of(second)}: the kerb is loose")
        await country.heard(second, MessageAdded, 2)

    await each(story)


async def test_whoever_joined_hears_everything_reopens_and_rates(country: Country) -> None:
    async def story(person: Person) -> None:
        ann, bob = person(country), person(country)
        hers, his = await ann.reports("A deep hole"), await bob.reports("The same hole")
        await country.order(region.JoinCase(actor=DESK, case_id=his, into_case=hers))
        assert reference_of(hers) in (await bob.told("joined")).text
        await bob.says("It grows")
        await country.heard(hers, MessageAdded, 2 if isinstance(ann, OnTelegram) else 1)
        await bob.told("added")
        await country.answer(hers, "Filled.")
        for one, case_id in ((ann, hers), (bob, his)):
            assert (await one.told("answered")).text == f"Answer to {reference_of(case_id)}: Filled."
        await bob.judges("reopened", reference_of(his), "It is open again")
        await bob.told("reopened")
        await ann.told("reopened_by_other")
        await country.answer(hers, "Filled again.")
        await ann.told("answered", 2)
        await bob.told("answered", 2)
        await bob.judges("confirmed", reference_of(his))
        await bob.told("confirmed")
        await ann.told("confirmed_by_other")

    await each(story)


async def test_a_message_is_put_together_from_places_words_pictures_edits_and_takings_back(country: Country) -> None:
    async def story(person: Person) -> None:
        ann = person(country)
        await ann.says(place=HERE)
        case_id = (await ann.told("registered")).case_id
        words = await ann.says("It is at no. 7")
        await ann.says("It is at no. 5", edits=words)
        await ann.says(picture=True)
        parts = 3
        if isinstance(ann, OnTelegram):
            await ann.says(sound=True)
        else:
            await ann.says("", edits=words)
        parts += 1
        said = [e for e in await country.heard(case_id, MessageAdded, parts) if isinstance(e, MessageAdded)]
        assert [one.text for one in said] == ["It is at no. 7", "It is at no. 5", "", ""]
        assert said[1].replaces == said[0].message_id
        assert said[3].replaces == (None if isinstance(ann, OnTelegram) else said[0].message_id)
        if not isinstance(ann, OnWeb):
            # An integrator's name of a file and a sound that cannot be read are no files: the citizen hears of it.
            await ann.told("attachments")
        if not isinstance(ann, OnTopic):
            await picture_of(case_id)
        await country.place(case_id)
        await country.came(case_id, region.CaseAccepted)
        await country.came(case_id, region.MessageJoined, parts)

    async def by_mail(person: Person) -> None:
        """A mail is not edited and has no pin; the picture comes alone, the place in words of the last."""
        ann = person(country)
        await ann.says("A hole as deep as a boot")
        case_id = (await ann.told("registered")).case_id
        await ann.says(picture=True)
        await ann.says("It is at no. 7")
        said = [e for e in await country.heard(case_id, MessageAdded, 2) if isinstance(e, MessageAdded)]
        assert {one.text for one in said} == {"", "It is at no. 7"}
        await picture_of(case_id)
        await country.place(case_id)
        await country.came(case_id, region.MessageJoined, 2)

    async def picture_of(case_id: str) -> None:
        def is_it(record: Record) -> bool:
            if dict(record.headers)["ce_type"] != AttachmentGiven.type.encode():
                return False
            given = AttachmentGiven.model_validate_json(record.value or b"")
            return given.of_case == case_id and given.picture

        async def there() -> bool:
            return any(map(is_it, await all_of(country.ground, "routing", "intake.messages")))

        await eventually(there)

    await asyncio.gather(each(story, *WITH_PLACES), each(by_mail, ByMail))


async def test_dates_and_words_come_in_the_citizens_language_and_the_countrys_time(country: Country) -> None:
    async def story(person: Person) -> None:
        ann = person(country, "ru")
        case_id = await ann.reports("Яма")
        await country.order(region.ExtendCase(actor=DESK, case_id=case_id, reason="Ждём асфальт."))
        extended = await ann.told("extended")
        events = [
            CaseExtended.model_validate_json(r.value or b"")
            for r in await all_of(country.ground, "portal", "region.north.cases")
            if r.key == case_id.encode() and dict(r.headers)["ce_type"] == CaseExtended.type.encode()
        ]
        due = local_moment(events[0].due_at, "America/New_York", "ru")
        assert due in extended.text

    await each(story)


async def test_people_and_categories_are_the_same_in_any_spelling(country: Country) -> None:
    spelt: dict[type[Citizen], str] = {
        OnWeb: "ANN{}@Example.ORG ",
        OnTopic: "(617) 555-{}",
        ByMail: "Ann <ann{}@EXAMPLE.org>",
    }

    async def story(person: Person) -> None:
        ann = person(country)
        spelling = "  street   LIGHT" if person.chooses_category else "Street light"
        case_id = await ann.reports("A lamp is out", category=spelling)
        (first,) = await country.heard(case_id, MessageRegistered)
        ann.address = spelt[type(ann)].format(ann.conversation)
        await ann.says("It still is")
        (added,) = await country.heard(case_id, MessageAdded)
        assert isinstance(first, MessageRegistered)
        assert isinstance(added, MessageAdded)
        assert first.citizen == added.citizen
        assert first.category == ("Street light" if ann.chooses_category else None)

    await each(story, *spelt)


async def test_every_end_is_told_with_its_reason(country: Country) -> None:
    async def withdrawn(person: Person) -> None:
        ann = person(country)
        case_id = await ann.reports("A hole, or so I thought")
        message = ann.last if isinstance(ann, OnWeb) else ""
        await ann.judges("withdrawn", reference_of(case_id))
        assert reference_of(case_id) in (await ann.told("withdrawn")).text
        await outside(ann, message, "withdrawn")

    async def confirmed(person: Person) -> None:
        ann = person(country)
        case_id = await ann.reports("A hole at last")
        message = ann.last if isinstance(ann, OnWeb) else ""
        await country.answer(case_id)
        await ann.told("answered")
        await ann.judges("confirmed", reference_of(case_id))
        await ann.told("confirmed")
        await outside(ann, message, "confirmed")

    async def not_taken(person: Person) -> None:
        ann = person(country)
        message = await ann.says("The weather is bad")
        case_id = (await ann.told("registered")).case_id
        await country.told_to_triage(case_id)
        declined = routing.DeclineTriage(actor=OPERATOR, case_id=case_id, reason="Nobody makes the weather.")
        await command(country.ground, "routing.commands", case_id, declined, at=country.next())
        told = await ann.told("unplaced")
        assert (told.notice, "Nobody makes the weather." in told.text) == ("refused", True)
        await outside(ann, message, "not_taken")

    for story in (withdrawn, confirmed, not_taken):
        await each(story)


async def test_a_question_reaches_the_citizen_is_repeated_and_its_wait_ends_by_the_rules(country: Country) -> None:
    silent: dict[str, Citizen] = {}
    messages: dict[str, str] = {}

    async def asked(person: Person) -> None:
        ann, bob = person(country), person(country)
        for one in (ann, bob):
            case_id = await one.reports("A lamp is out", category="Street light")
            messages[case_id] = one.last if isinstance(one, OnWeb) else ""
            await country.order(region.AskCitizen(actor=OPERATOR, case_id=case_id, question="Which pole?"))
            assert "Which pole?" in (await one.told("asked")).text
            await country.came(case_id, region.CitizenReached)
            if one is ann:
                silent[case_id] = ann
            else:
                await bob.says("Number 12")
                await bob.told("resumed")

    async def reminded(case_id: str) -> None:
        assert "Which pole?" in (await silent[case_id].told("reminded_closing")).text

    async def closed(case_id: str) -> None:
        assert (await silent[case_id].told("closed_unheard")).notice == "refused"
        await outside(silent[case_id], messages[case_id], "no_reply")

    await each(asked)
    await country.pass_time(days=5)
    await asyncio.gather(*map(reminded, silent))
    await country.pass_time(days=9)
    await asyncio.gather(*map(closed, silent))


async def test_a_place_long_after_the_words_waits_for_the_citizen_to_say_what_it_belongs_to(country: Country) -> None:
    people: dict[str, Citizen] = {}

    async def begun(person: Person) -> None:
        ann = person(country)
        people[await ann.reports("A hole at the school")] = ann

    async def more(case_id: str) -> None:
        ann = people[case_id]
        await ann.says(place=ELSEWHERE)
        question = await ann.told("which_case")
        assert question.text.count(reference_of(case_id)) >= 2
        await ann.says("2")
        second = (await ann.told("registered", 2)).case_id
        (said,) = await country.heard(second, MessageRegistered)
        assert isinstance(said, MessageRegistered)
        assert said.place.lat == ELSEWHERE["lat"]

    await each(begun, *WITH_PLACES)
    await country.pass_time(days=1)
    await asyncio.gather(*map(more, people))


async def test_a_message_about_several_matters_is_divided_and_each_part_is_answered(country: Country) -> None:
    async def story(person: Person) -> None:
        ann = person(country)
        message = await ann.says("There is a hole in the road. Also the lamp is dark.", place=HERE, picture=True)
        whole = (await ann.told("registered")).case_id
        await country.told_to_triage(whole)
        parts = (
            Part(text="There is a hole in the road.", category="pothole"),
            Part(text="Also the lamp is dark.", category="street-light"),
        )
        order = routing.SplitTriage(actor=OPERATOR, case_id=whole, parts=parts)
        await command(country.ground, "routing.commands", whole, order, at=country.next())
        hole, lamp = (part_case_id(whole, number) for number in (1, 2))
        told = (await ann.told("divided")).text
        assert f"{reference_of(hole)}: There is a hole in the road." in told
        assert f"{reference_of(lamp)}: Also the lamp is dark." in told
        await outside(ann, message, "divided")
        for case_id in (hole, lamp):
            await country.came(case_id, region.CaseAccepted)
        await country.answer(hole, "The hole is filled.")
        answer = await ann.told("answered")
        assert (answer.reference, "The hole is filled." in answer.text) == (reference_of(hole), True)
        await ann.says(f"{reference_of(lamp)}: it flickers too")
        await country.came(lamp, region.MessageJoined)
        await ann.told("divided")

    await each(story, OnWeb, OnTopic)
