"""The pages of signing in, as plain HTML: a form, and who is signed in where."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from starlette.responses import HTMLResponse

from chargehand.domain.member import Member
from chargehand.domain.sign_in import SessionRecord, SignInMethod
from chargehand.members.fields import write_roles
from chargehand.web.page import form_page, moment, table

_METHODS = {SignInMethod.PASSWORD: "password", SignInMethod.OIDC: "provider"}


@dataclass(frozen=True, slots=True)
class Ways:
    """By what members sign in here; `provider` is the words on its button, empty without one."""

    has_passwords: bool
    provider: str


def sign_in_page(
    ways: Ways, *, up: str = "", problem: str = "", email: str = "", status: int = 200
) -> HTMLResponse:
    """The form; an earlier try leaves its address, never its password.

    Shape: `up` leads from the address the page stands at to where `/sign-in` is, as `../`, since
    a proxy may serve all of this below a path that is not known here.
    """
    parts = ["<h1>Sign in</h1>"]
    if problem:
        parts.append(f'<p class="bad" role="alert">{escape(problem)}</p>')
    if ways.provider:
        said = escape(ways.provider)
        parts.append(f'<p><a class="button" href="{up}sign-in/oidc">Sign in with {said}</a></p>')
    if ways.has_passwords:
        parts.append(
            f'<form method="post" action="{up}sign-in"><p>'
            '<label for="email">E-mail address</label>'
            '<input id="email" name="email" type="email" autocomplete="username" maxlength="320" '
            f'required value="{escape(email)}"></p><p><label for="password">Password</label>'
            '<input id="password" name="password" type="password" maxlength="256" required '
            'autocomplete="current-password"></p><p><button>Sign in</button></p></form>'
        )
    if not (ways.provider or ways.has_passwords):
        parts.append("<p>Nobody can sign in here: neither passwords nor a provider are set up.</p>")
    page = form_page("Sign in to chargehand", "".join(parts))
    page.status_code = status
    return page


def session_page(
    member: Member, sessions: Sequence[SessionRecord], *, own: str, token: str
) -> HTMLResponse:
    """Who is signed in, what they may do, and every session of theirs."""
    roles = write_roles(member.roles) or "no role"
    rows = [
        (
            _METHODS[one.method],
            escape(one.device.value),
            # On a telephone what stands further to the right is out of sight.
            "this one" if one.id == own else _form("session/end", "End", token, session=one.id),
            moment(one.started_at),
            moment(one.used_at),
            moment(one.ends_at),
        )
        for one in sessions
    ]
    columns = ("By", "On", "", "Since", "Last used", "Ends at the latest")
    return form_page(
        "Your sessions",
        f"<h1>{escape(member.name or 'You')}</h1>"
        f'<p class="soft">Signed in, with these roles: {escape(roles)}.</p>'
        f"<h2>Sessions</h2>{table(columns, rows)}"
        f"<h2>Leave</h2>{_form('sign-out', 'Sign out', token)}",
    )


def _form(action: str, label: str, token: str, **fields: str) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in {**fields, "csrf": token}.items()
    )
    button = f"<button>{escape(label)}</button>"
    return f'<form method="post" action="{action}">{hidden}{button}</form>'
