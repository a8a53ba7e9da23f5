"""Describes the hub to others, from the table that it enforces (OpenAPI 3.1; pure)."""

import re
from http import HTTPStatus
from typing import Any

from calls.hub.endpoints import ENDPOINTS, GUARD_REFUSALS, Endpoint, Who
from calls.hub.guard import TOKEN_HEADER
from calls.hub.shapes import ID, Shape, describe
from calls.wire import VERSION

_ERROR = {"$ref": "#/components/schemas/Error"}


def describe_hub(url: str) -> dict[str, Any]:
    """The whole description.

    Args:
        url: Where the hub is.
    """
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        at = paths.setdefault(endpoint.path, {})
        at[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Praatpaal hub", "version": str(VERSION)},
        "servers": [{"url": url}],
        "paths": paths,
        "components": {
            "schemas": {"Error": _error()},
            "securitySchemes": {
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-praatpaal",
                    "description": '"praatpaal" where the hub is on this machine.',
                },
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": TOKEN_HEADER,
                    "description": 'The "token" of /api/me.',
                },
            },
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    told: dict[str, Any] = {
        "summary": endpoint.summary,
        "operationId": _name(endpoint),
        "responses": _responses(endpoint),
    }
    if endpoint.is_socket:
        told["description"] = "Upgraded to a WebSocket (RFC 6455)."
    if names := re.findall(r"{(\w+)}", endpoint.path):
        told["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": describe(ID)}
            for name in names
        ]
    if endpoint.body is not None:
        told["requestBody"] = {"required": True, **_content(endpoint.body)}
    if endpoint.who is Who.ACCOUNT:
        needs_token = endpoint.method != "GET"
        told["security"] = [{"session": [], **({"token": []} if needs_token else {})}]
    return told


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    good: dict[str, Any] = {"description": HTTPStatus(endpoint.status).phrase}
    if endpoint.answer is not None:
        good |= _content(endpoint.answer)
    codes: dict[int, set[str]] = {}
    for code, status in (*endpoint.refusals, *GUARD_REFUSALS):
        codes.setdefault(status, set()).add(code)
    refused = {
        str(status): {
            "description": "error: " + ", ".join(sorted(found)),
            "content": {"application/json": {"schema": _ERROR}},
        }
        for status, found in sorted(codes.items())
    }
    return {str(endpoint.status): good, **refused}


def _content(shape: Shape) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": describe(shape)}}}


def _error() -> dict[str, Any]:
    codes = {code for each in ENDPOINTS for code, _ in each.refusals}
    codes |= {code for code, _ in GUARD_REFUSALS}
    return {
        "type": "object",
        "properties": {"error": {"type": "string", "enum": sorted(codes)}},
        "required": ["error"],
    }


def _name(endpoint: Endpoint) -> str:
    words = re.findall(r"\w+", endpoint.path.removeprefix("/api/"))
    return "_".join((endpoint.method.lower(), *words))
