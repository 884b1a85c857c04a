"""REST: the site itself, its fields and its projects."""

from typing import Final

from chargehand.testing.jira.calls import Answer, Call, Endpoint
from chargehand.testing.jira.issue_shapes import field_list
from chargehand.testing.jira.shapes import Shape, jira_time, page


def get_server_info(call: Call) -> Answer:
    """What the site says of itself, with its own clock."""
    return Answer(200, server_info(call, "1001.0.0-SNAPSHOT", deployment="Cloud"))


def server_info(call: Call, version: str, *, deployment: str) -> Shape:
    """What a site of one kind says of itself."""
    numbers = version.partition("-")[0].split(".")
    return {
        "baseUrl": call.shapes.site_url,
        "version": version,
        "versionNumbers": [int(number) for number in numbers],
        "deploymentType": deployment,
        "buildNumber": 100_300,
        "buildDate": "2026-11-01T00:00:00.000+0000",
        "serverTime": jira_time(call.site.clock.now()),
        "scmInfo": "chargehand-fake",
        "serverTitle": "Jira",
    }


def get_fields(call: Call) -> Answer:
    """Every field of the site."""
    return Answer(200, field_list(call.site))


def get_project(call: Call) -> Answer:
    """One project."""
    project = call.site.visible_project(call.path["key"], call.caller)
    return Answer(200, call.shapes.project(project))


def search_projects(call: Call) -> Answer:
    """The projects the caller may browse."""
    keys = {key.upper() for key in call.words("keys")}
    query = (call.text("query") or "").casefold()
    found = [
        call.shapes.project(project)
        for project in call.site.visible_projects(call.caller)
        if (not keys or project.key in keys)
        and (query in project.name.casefold() or query in project.key.casefold())
    ]
    limit = min(call.number("maxResults", 50), 100)
    url = call.shapes.link("project/search")
    return Answer(200, page(found, start=call.number("startAt", 0), limit=limit, self_url=url))


ENDPOINTS: Final = (
    Endpoint("GET", "/rest/api/3/serverInfo", get_server_info),
    Endpoint("GET", "/rest/api/3/field", get_fields),
    Endpoint("GET", "/rest/api/3/project/search", search_projects),
    Endpoint("GET", "/rest/api/3/project/{key}", get_project),
)
