"""Texts of notices for a federation that is learnt from a log, by kind and language.

In English and Russian every notice has words of its own: here stand those that the city says otherwise.
"""

from __future__ import annotations

ENGLISH = {
    "escalated": "{reference} is late and has been passed to a higher level: {to}.",
    "extended": "We need more time for {reference}. Answer due by {due}.",
}
RUSSIAN = {
    "extended": "По {reference} нужно больше времени. Ответ до {due}.",
}
SPANISH = {
    "registered": "Su mensaje está registrado como {reference}.",
    "refused": "No se pudo aceptar su mensaje: {answer}",
    "added": "Su mensaje se añadió a {reference}.",
    "resumed": "Gracias, el trabajo en {reference} continúa. Tendrá una respuesta antes del {due}.",
    "transferred": "{reference} pasó al organismo responsable: {authority}. El plazo de respuesta sigue corriendo.",
    "handed_over": (
        "{reference} pasó a {region}, donde ahora es responsable {authority}. El plazo de respuesta sigue corriendo."
    ),
    "extended": "Necesitamos más tiempo para {reference}. Respuesta antes del {due}.",
    "deferred": "El trabajo en {reference} se aplaza hasta el {due}. El motivo: {reason}",
    "asked": "Una pregunta sobre {reference}: {question} Por favor, responda aquí.",
    "reminded": (
        "Le recordamos la pregunta sobre {reference}: {question} Por favor, responda aquí antes del {due}; sin"
        " respuesta el trabajo continúa con lo que se sabe."
    ),
    "reminded_closing": (
        "Le recordamos la pregunta sobre {reference}: {question} Por favor, responda aquí antes del {due}; sin"
        " respuesta se cerrará."
    ),
    "went_on": (
        "No hubo respuesta a la pregunta sobre {reference}: el trabajo continúa sin ella. Tendrá una respuesta antes"
        " del {due}."
    ),
    "closed_unheard": (
        "{reference} está cerrado, porque no hubo respuesta a la pregunta. Si el problema sigue, escriba de nuevo."
    ),
    "joined": "{reference} trata de lo mismo que {other} y continúa con él. Se le comunicará la respuesta.",
    "may_be_known": (
        "{reference}: a {distance} metros ya se informó de algo del mismo tipo: {category}. {standing} ¿Es lo mismo?"
        " Responda: sí, y se le comunicará la respuesta a ambos; o: no, y el suyo continúa por separado."
    ),
    "many_reports": (
        "{reference}: {reports} o más avisos de este tipo ({category}) han llegado {where}, muchos más de lo habitual."
        " {authority} los tiene todos. No hace falta que avise de nuevo; se le comunicará la respuesta al suyo."
    ),
    "many_reports_over": (
        "Ya no llegan más avisos de este tipo ({category}) de lo habitual. {reference} sigue hasta que tenga respuesta."
    ),
    "head_of_warning": (
        "A la dirección de {authority}: han llegado {reports} avisos de un mismo tipo ({category}) en {region}, zona"
        " {area}, en un radio de {metres} m, donde lo habitual en ese tiempo es {expected}. Pueden tratar de lo mismo."
        " Por favor, no responda a este mensaje."
    ),
    "head_of_wide_warning": (
        "A la dirección de {authority}: han llegado {reports} avisos de un mismo tipo ({category}) de toda la"
        " región {region}, donde lo habitual en ese tiempo es {expected}. Por favor, no responda a este mensaje."
    ),
    "head_of_no_warning": (
        "A la dirección de {authority}: se retira el aviso temprano de muchos avisos de un mismo tipo ({category}) en"
        " {region}; se dio mientras el reloj del sistema iba mal. Por favor, no responda a este mensaje."
    ),
    "head_of_shortfall": (
        "A la dirección de {authority}: no se cumplirán plazos en {region}. {work} casos vencen hasta el "
        "{day}, {open} de ellos abiertos ahora; a {rate} por día laborable, unos {short} no se terminarán. "
        "Hacen falta {needed} por día laborable para cumplirlos. Por favor, no responda a este mensaje."
    ),
    "kept_apart": "Gracias. {reference} continúa por separado.",
    "join_refused": "{reference} continúa por separado: lo que se informó antes ya ha terminado.",
    "answered": "Respuesta a {reference}: {answer}",
    "declined": "{reference} no se tramitará, por este motivo legal: {reason}",
    "unplaced": "{reference} no se tramitará: {reason}",
    "confirmed": "Gracias. {reference} está cerrado, porque usted confirmó la respuesta.",
    "reopened": "{reference} está abierto de nuevo, como pidió. Tendrá otra respuesta antes del {due}.",
    "withdrawn": "{reference} está cerrado, porque usted lo retiró.",
    "joined_withdrawn": (
        "Quien informó primero de lo mismo que {reference} lo retiró. Si el problema sigue, escriba de nuevo."
    ),
    "verdict_refused": (
        "Su opinión sobre {reference} no cambia nada: no hay respuesta que valorar, ni nada que retirar."
    ),
    "message_refused": "Su mensaje no se pudo añadir a {reference}; por favor, repítalo.",
    "escalated": "{reference} está retrasado y ha pasado a un nivel superior.",
    "corrected": (
        "{reference}: nuestro reloj iba mal. Le dijimos demasiado pronto que hay retraso; no lo tenga en cuenta."
    ),
    "erased": (
        "Hemos borrado todo lo que sabíamos de usted: su dirección, sus mensajes y quién es. Esto es lo último que le"
        " decimos; si escribe de nuevo, todo empieza de cero."
    ),
    "erasure_waits": (
        "Esta conversación está borrada: lo que escribió en ella, su dirección y su nombre. Otras conversaciones"
        " nombran la misma dirección y nadie ha probado que sean suyas: si lo son, pídalo por favor en cada una. Si"
        " escribe aquí de nuevo, todo empieza de cero."
    ),
    "link_asked": (
        "Si esa dirección se conoce aquí, se le ha enviado un código. Escríbalo aquí en el plazo de un día:"
        " así lo que diga en ambos canales lo dirá una sola persona."
    ),
    "link_code": (
        "Alguien dice en otro canal que usted y esa persona son la misma. Si es usted, escriba allí este"
        " código: {code}. Si no, no haga nada y no dé el código a nadie."
    ),
    "linked": (
        "Sus dos canales están unidos: lo que diga en ambos lo dice una sola persona, y se borra como una sola."
    ),
    "link_wrong": "Ese no es el código que se envió. Por favor, inténtelo de nuevo.",
    "link_ended": "Ese código ya no vale. Si todavía quiere unir sus canales, pídalo de nuevo.",
    "address_code": (
        "Alguien que nos escribió por {channel} dio esta dirección para que se le diga aquí lo que allí no se"
        " puede entregar. Si es usted, escriba este código en aquella conversación en el plazo de un día:"
        " {code}. Hasta entonces aquí no se dice nada. Si no es usted, responda: stop, y no se enviarán aquí"
        " más códigos de este tipo."
    ),
    "address_asked": (
        "Se ha enviado un código a la otra dirección que dio ({channel}). Escríbalo aquí en el plazo de un"
        " día: hasta entonces la dirección no está confirmada y allí no se dice nada sobre {reference}."
    ),
    "address_unused": (
        "La otra dirección que dio ({channel}) no está confirmada, pues ahora no se puede enviar allí ningún"
        " código: allí no se dice nada sobre {reference}."
    ),
    "address_proved": (
        "Gracias, la otra dirección está confirmada ({channel}): lo que no se pueda entregar aquí se le dirá allí."
    ),
    "address_ended": (
        "Ese código ya no vale y la otra dirección queda sin confirmar. Si todavía quiere que se le avise"
        " allí, indique la dirección de nuevo."
    ),
    "added_to_answered": (
        "Su mensaje se añadió a {reference}, que ya tiene respuesta. Si no está resuelto, responda: no resuelto. Sobre"
        " cualquier otra cosa, diga por favor qué y dónde."
    ),
    "added_to_closed": (
        "Su mensaje se añadió a {reference}, que está cerrado: nadie trabaja en él. Sobre cualquier otra cosa, diga por"
        " favor qué y dónde."
    ),
    "emergency": (
        "Si alguien está en peligro ahora, llame enseguida al {call}: quizá nadie lea esto a tiempo. {reference} sigue"
        " como urgente."
    ),
    "thanked": (
        "Gracias por sus amables palabras. Las transmitimos; {reference} no necesita respuesta. Si algo va mal, escriba"
        " de nuevo."
    ),
    "divided": (
        "{reference} trata de varios asuntos: cada uno es ahora un caso propio, con su respuesta. Para escribir sobre"
        " uno, empiece su mensaje con su número. {parts}"
    ),
    "day_full": (
        "Hoy ya ha escrito aquí tanto como se admite en un día: este mensaje no se admitió, ni se admitirá otro antes"
        " del {until}. Escriba entonces, por favor. Si alguien está en peligro ahora, llame enseguida al {call}."
    ),
    "limited": (
        "{reference} está cerrado sin revisarlo: ya se cerraron varios mensajes suyos parecidos. Si algo va mal,"
        " escriba por favor qué y dónde; podrá hacerlo a más tardar en un mes."
    ),
    "beside": (
        "{reference} es un caso propio. Para escribir de nuevo sobre {other}, empiece su mensaje con su número:"
        " {other}."
    ),
    "which_case": (
        "¿Se trata de {reference} o de otro asunto? Responda por favor con un número; sin respuesta antes del {due} va"
        " a {reference}. {choices}"
    ),
    "clarify": (
        "{reference}: ¿de cuál de estas cosas se trata? Responda por favor con un número o con palabras: {choices}"
    ),
    "changed": "Su mensaje sobre {reference} se cambió como usted lo escribió.",
    "taken_back": "Retiró un mensaje sobre {reference}. Lo que decía lo saben quienes ya lo leyeron.",
    "confirmed_by_other": (
        "{reference} está cerrado, porque otra persona que informó de lo mismo confirmó la respuesta. Si el problema"
        " sigue, pida que se abra de nuevo."
    ),
    "reopened_by_other": (
        "{reference} está abierto de nuevo, como pidió otra persona que informó de lo mismo. Tendrá otra respuesta"
        " antes del {due}."
    ),
    "original_opened": "Alguien abrió lo que usted escribió, tal como llegó: {by}. El motivo: {reason}",
    "attachments": (
        "Algunos archivos no se pudieron guardar: por favor, envíelos de nuevo o diga con palabras qué muestran."
    ),
    "said_again": "Esto no se pudo entregar por {channel}, por eso se lo decimos aquí. {answer}",
    "said_again_unasked": (
        "{answer} Quien nos escribió sobre {reference} dio esta dirección, porque por {channel} no se le alcanza."
        " Una respuesta aquí no cuenta como suya. Si no fue usted, responda: stop."
    ),
}
TEXTS = {
    (kind, language): text
    for language, texts in (("en", ENGLISH), ("es", SPANISH), ("ru", RUSSIAN))
    for kind, text in texts.items()
}
