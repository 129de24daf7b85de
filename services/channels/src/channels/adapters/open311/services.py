"""What may be reported: the categories of the federation as services of GeoReport v2. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from common.federation.country import Category
from common.federation.service_form import Attribute


def service_list(categories: Iterable[Category]) -> list[dict[str, object]]:
    """Every category in the order of the federation."""
    return [
        {
            "service_code": one.code,
            "service_name": one.title,
            "description": one.description or None,
            "metadata": bool(one.attributes),
            "type": one.service,
            "keywords": ", ".join(one.keywords) or None,
            "group": one.group or None,
        }
        for one in categories
    ]


def service_definition(category: Category) -> dict[str, object]:
    """What a form asks about it, in order; empty where it asks nothing more."""
    return {
        "service_code": category.code,
        "attributes": [_attribute(order, one) for order, one in enumerate(category.attributes, 1)],
    }


def _attribute(order: int, one: Attribute) -> dict[str, object]:
    shown: dict[str, object] = {
        "variable": one.variable,
        "code": one.code,
        "datatype": one.datatype,
        "required": one.required,
        "datatype_description": one.datatype_description or None,
        "order": order,
        "description": one.description or None,
    }
    if one.values:
        shown["values"] = [{"key": v.key, "name": v.name} for v in one.values]
    return shown
