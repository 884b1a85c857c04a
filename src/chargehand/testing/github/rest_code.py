"""Repositories, checks, workflow runs, webhooks and sign-ins of the REST API."""

from datetime import timedelta
from typing import Any, Final

from chargehand.testing.github import people
from chargehand.testing.github.calls import Answer, Call, Endpoint, cut_page, page_of
from chargehand.testing.github.code_shapes import time_of
from chargehand.testing.github.refusals import GitHubRefused, invalid, not_found
from chargehand.testing.github.state import (
    APP_ID,
    APP_SLUG,
    INSTALLATION_ID,
    Hook,
    InstallationToken,
    Repository,
    Run,
    Workflow,
)

_R: Final = "/repos/{owner}/{repo}"
_RUN: Final = _R + "/actions/runs/{run_id}"
_TOKEN_LASTS: Final = timedelta(hours=1)


def get_user(call: Call) -> Answer:
    """Whose token it is; an installation is nobody."""
    if call.login.endswith("[bot]"):
        raise GitHubRefused(403, "Resource not accessible by integration")
    return Answer(200, call.site.shapes.private_user(call.login))


def get_account(call: Call) -> Answer:
    """Somebody by login; whoever is suspended or closed the account is not there."""
    account = call.site.state.accounts.get(call.path["username"].lower())
    if account is None or account.is_gone:
        raise not_found()
    return Answer(200, call.site.shapes.public_user(account.login))


def get_app(call: Call) -> Answer:
    """The App itself."""
    _require_app(call)
    shapes = call.site.shapes
    at = "2024-01-01T00:00:00Z"
    app = {
        "id": APP_ID,
        "slug": APP_SLUG,
        "node_id": "A_1",
        "owner": shapes.user("acme"),
        "name": "Chargehand",
        "description": None,
        "external_url": shapes.web,
        "html_url": f"{shapes.web}/apps/{APP_SLUG}",
        "created_at": at,
        "updated_at": at,
        "permissions": {"issues": "write", "pull_requests": "write"},
        "events": ["issue_comment", "pull_request"],
    }
    return Answer(200, app)


def get_installation(call: Call) -> Answer:
    """Where the App is installed, and whether it was suspended."""
    _require_app(call)
    state, shapes = call.site.state, call.site.shapes
    if state.is_removed or call.number("installation_id") != INSTALLATION_ID:
        raise not_found()
    at = "2024-01-01T00:00:00Z"
    url = f"{shapes.api}/app/installations/{INSTALLATION_ID}"
    installation: dict[str, Any] = {
        "id": INSTALLATION_ID,
        "app_id": APP_ID,
        "app_slug": APP_SLUG,
        "target_id": 300,
        "target_type": "Organization",
        "account": shapes.user("acme"),
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{shapes.api}/installation/repositories",
        "html_url": f"{shapes.web}/settings/installations/{INSTALLATION_ID}",
        "repository_selection": "selected",
        "single_file_name": None,
        "permissions": {
            "issues": "write",
            "pull_requests": "write",
            "metadata": "read",
            "checks": "read",
            "actions": "write",
            "contents": "read",
        },
        "events": [],
        "created_at": at,
        "updated_at": at,
        "suspended_by": shapes.user("admin") if state.is_suspended else None,
        "suspended_at": at if state.is_suspended else None,
    }
    return Answer(200, installation)


def create_token(call: Call) -> Answer:
    """A token of the installation, good for an hour."""
    _require_app(call)
    state = call.site.state
    if state.is_removed or call.number("installation_id") != INSTALLATION_ID:
        raise not_found()
    if state.is_suspended:
        raise GitHubRefused(403, "This installation has been suspended")
    expires_at = call.site.now() + _TOKEN_LASTS
    made = InstallationToken(f"ghs_fake{call.site.next_id()}", expires_at)
    state.installation_tokens.append(made)
    shown = {"token": made.token, "expires_at": time_of(expires_at)}
    return Answer(201, {**shown, "permissions": {}, "repository_selection": "selected"})


def get_rate_limit(call: Call) -> Answer:
    """What is left of the hour."""
    reset = int(call.site.now().timestamp()) + 3_600
    rate = {"limit": 5_000, "remaining": 4_999, "used": 1, "reset": reset}
    return Answer(200, {"rate": rate, "resources": {"core": rate, "search": rate}})


def get_repository(call: Call) -> Answer:
    """One repository, with what the token may do there."""
    repository = call.repository()
    return Answer(200, call.site.shapes.repository(repository, viewer=call.login))


def get_permission(call: Call) -> Answer:
    """What somebody may do in a repository."""
    repository = call.repository("push")
    login = call.path["username"]
    if login.lower() not in call.site.state.accounts:
        raise not_found()
    usual = "none" if repository.is_private else "read"
    given = repository.permissions.get(login.lower(), usual)
    user = {**call.site.shapes.user(login), "role_name": given}
    return Answer(200, {"permission": given, "role_name": given, "user": user})


def list_checks(call: Call) -> Answer:
    """The checks of a commit."""
    repository = call.repository()
    commit = _commit(call, repository)
    found = [one for one in repository.checks if one.commit == commit]
    cut, links = cut_page(call, found)
    shown = [call.site.shapes.check(repository, one) for one in cut]
    return Answer(200, {"total_count": len(found), "check_runs": shown}, links)


def get_status(call: Call) -> Answer:
    """How a commit stands: the newest report of each context."""
    repository = call.repository()
    commit = _commit(call, repository)
    newest = {one.context: one for one in repository.statuses if one.commit == commit}
    shapes = call.site.shapes
    url = f"{shapes.api}/repos/{repository.full_name}/commits/{commit}"
    states = {one.state for one in newest.values()}
    state = "success" if states == {"success"} else "failure" if states else "pending"
    body = {
        "state": state,
        "sha": commit,
        "total_count": len(newest),
        "statuses": [shapes.status(one) for one in newest.values()],
        "repository": shapes.repository(repository),
        "commit_url": url,
        "url": f"{url}/status",
    }
    return Answer(200, body)


def list_pushes(call: Call) -> Answer:
    """What happened to branches, newest first."""
    repository = call.repository()
    return page_of(call, repository.pushes[::-1], shown=call.site.shapes.push)


def list_tags(call: Call) -> Answer:
    """Every tag there is, in one list; of other references nothing is told here."""
    if call.path["ref"] != "tags":
        raise not_found()
    repository = call.repository()
    shapes = call.site.shapes
    return Answer(200, [shapes.tag(repository, *one) for one in sorted(repository.tags.items())])


def compare(call: Call) -> Answer:
    """The commits that are on the second and not on the first; each push brought one."""
    repository = call.repository()
    base, _, head = call.path["basehead"].partition("...")
    pushed = {one.after: one for one in repository.pushes if set(one.after) != {"0"}}
    base = repository.branches.get(base, base)
    if not {head, base} <= {*pushed, *repository.branches.values()}:
        raise not_found()
    shapes = call.site.shapes
    commits: list[Any] = []
    commit = head
    while commit in pushed and commit != base:
        commits.insert(0, shapes.listed_commit(repository, commit, pushed[commit]))
        commit = "" if pushed[commit].is_forced else pushed[commit].before
    url = f"{shapes.api}/repos/{repository.full_name}/compare/{call.path['basehead']}"
    web = f"{shapes.web}/{repository.full_name}/compare/{call.path['basehead']}"
    below = shapes.listed_commit(repository, base, pushed.get(base))
    answer = {
        "url": url,
        **{f"{name}_url": f"{web}.{name}" for name in ("diff", "patch", "html", "permalink")},
        "base_commit": below,
        "merge_base_commit": below,
        "status": "ahead" if commit == base else "diverged",
        "ahead_by": len(commits),
        "behind_by": 0,
        "total_commits": len(commits),
        "commits": commits,
        "files": [],
    }
    return Answer(200, answer)


def list_runs(call: Call) -> Answer:
    """Runs of workflows, newest first."""
    repository = call.repository()
    created = call.query.get("created", "").removeprefix(">=")
    event, branch, status = (call.query.get(name) for name in ("event", "branch", "status"))
    found = [
        one
        for one in reversed(repository.runs)
        if (not created or (time_of(one.created_at) or "") >= created)
        and event in (None, one.event)
        and branch in (None, one.branch)
        and status in (None, one.status)
    ]
    cut, links = cut_page(call, found)
    shown = [_shown_run(call, repository, one) for one in cut]
    return Answer(200, {"total_count": len(found), "workflow_runs": shown}, links)


def get_run(call: Call) -> Answer:
    """One run."""
    repository = call.repository()
    return Answer(200, _shown_run(call, repository, _run(call, repository)))


def rerun(call: Call) -> Answer:
    """Run it once more; one that is under way can not be."""
    repository = call.repository("push")
    run = _run(call, repository)
    if run.status != "completed":
        raise GitHubRefused(403, "This workflow is already running")
    run.status, run.conclusion, run.attempt = "queued", None, run.attempt + 1
    run.updated_at = call.site.now()
    return Answer(201, {})


def cancel(call: Call) -> Answer:
    """Stop a run; one that ended can not be."""
    repository = call.repository("push")
    run = _run(call, repository)
    if run.status == "completed":
        raise GitHubRefused(409, "Cannot cancel a workflow run that is completed.")
    people.complete_run(call.site, repository, run.id, conclusion="cancelled")
    return Answer(202, {})


def dispatch(call: Call) -> Answer:
    """Start a workflow; only on wish, and not of old, the answer tells which run it is."""
    repository = call.repository("push")
    workflow = _workflow(repository, call.path["workflow_id"])
    ref, inputs = call.text("ref"), call.body.get("inputs") or {}
    if ref not in repository.branches:
        raise GitHubRefused(422, f"No ref found for: {ref}")
    unknown = sorted(set(inputs) - set(workflow.inputs))
    if unknown:
        raise GitHubRefused(422, f"Unexpected inputs provided: {unknown}")
    if "return_run_details" in call.body and not call.site.state.knows_run_details:
        raise GitHubRefused(422, "Invalid request. return_run_details is not a permitted key.")
    run = people.start_run(
        call.site, repository, workflow, actor=call.login, branch=ref, inputs=inputs
    )
    if not call.body.get("return_run_details"):
        return Answer(204)
    shown = _shown_run(call, repository, run)
    details = {"workflow_run_id": run.id, "run_url": shown["url"], "html_url": shown["html_url"]}
    return Answer(200, details)


def list_hooks(call: Call) -> Answer:
    """The webhooks of a repository."""
    repository = call.repository("admin")
    shapes = call.site.shapes
    return page_of(call, repository.hooks, shown=lambda one: shapes.hook(repository, one))


def create_hook(call: Call) -> Answer:
    """Register a webhook; the same address twice is refused."""
    repository = call.repository("admin")
    config = call.body.get("config") or {}
    url = config.get("url")
    if not url:
        raise invalid("url", "missing_field")
    if any(one.url == url for one in repository.hooks):
        errors = [
            {
                "resource": "Hook",
                "code": "custom",
                "message": "Hook already exists on this repository",
            }
        ]
        raise GitHubRefused(422, "Validation Failed", errors=errors)
    made = Hook(
        call.site.next_id(),
        url,
        str(config.get("secret", "")),
        call.names("events") or ["push"],
        call.site.now(),
    )
    repository.hooks.append(made)
    shown = call.site.shapes.hook(repository, made)
    parts = {"zen": "Keep it simple.", "hook_id": made.id, "hook": shown}
    call.site.tell(repository, "ping", "", parts, sender=call.login)
    return Answer(201, shown)


def update_hook(call: Call) -> Answer:
    """Change a webhook."""
    repository = call.repository("admin")
    hook = _hook(call, repository)
    config = call.body.get("config") or {}
    hook.url, hook.secret = config.get("url", hook.url), config.get("secret", hook.secret)
    hook.events = call.names("events") or hook.events
    hook.is_active = bool(call.body.get("active", hook.is_active))
    return Answer(200, call.site.shapes.hook(repository, hook))


def delete_hook(call: Call) -> Answer:
    """Remove a webhook."""
    repository = call.repository("admin")
    repository.hooks.remove(_hook(call, repository))
    return Answer(204)


def _require_app(call: Call) -> None:
    if not call.is_app:
        raise GitHubRefused(401, "A JSON web token could not be decoded")


def _commit(call: Call, repository: Repository) -> str:
    ref = call.path["ref"]
    return repository.branches.get(ref, ref)


def _run(call: Call, repository: Repository) -> Run:
    wanted = call.number("run_id")
    found = next((one for one in repository.runs if one.id == wanted), None)
    if found is None:
        raise not_found()
    return found


def _shown_run(call: Call, repository: Repository, run: Run) -> dict[str, Any]:
    workflow = next(one for one in repository.workflows if one.id == run.workflow_id)
    return call.site.shapes.run(repository, workflow, run)


def _workflow(repository: Repository, wanted: str) -> Workflow:
    for one in repository.workflows:
        if wanted in (str(one.id), one.path.rpartition("/")[2]):
            return one
    raise not_found()


def _hook(call: Call, repository: Repository) -> Hook:
    wanted = call.number("hook_id")
    found = next((one for one in repository.hooks if one.id == wanted), None)
    if found is None:
        raise not_found()
    return found


ENDPOINTS: Final = (
    Endpoint("GET", "/user", get_user),
    Endpoint("GET", "/users/{username}", get_account),
    Endpoint("GET", "/app", get_app),
    Endpoint("GET", "/app/installations/{installation_id}", get_installation),
    Endpoint("POST", "/app/installations/{installation_id}/access_tokens", create_token),
    Endpoint("GET", "/rate_limit", get_rate_limit),
    Endpoint("GET", _R, get_repository),
    Endpoint("GET", _R + "/collaborators/{username}/permission", get_permission),
    Endpoint("GET", _R + "/commits/{ref}/check-runs", list_checks),
    Endpoint("GET", _R + "/commits/{ref}/status", get_status),
    Endpoint("GET", _R + "/activity", list_pushes),
    Endpoint("GET", _R + "/git/matching-refs/{ref}", list_tags),
    Endpoint("GET", _R + "/compare/{basehead}", compare),
    Endpoint("GET", _R + "/actions/runs", list_runs),
    Endpoint("GET", _RUN, get_run),
    Endpoint("POST", _RUN + "/rerun", rerun),
    Endpoint("POST", _RUN + "/cancel", cancel),
    Endpoint("POST", _R + "/actions/workflows/{workflow_id}/dispatches", dispatch),
    Endpoint("GET", _R + "/hooks", list_hooks),
    Endpoint("POST", _R + "/hooks", create_hook),
    Endpoint("PATCH", _R + "/hooks/{hook_id}", update_hook),
    Endpoint("DELETE", _R + "/hooks/{hook_id}", delete_hook),
)
