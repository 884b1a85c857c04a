"""A stateful fake of one Jira Cloud site, for tests, for demos and for trying things offline.

It keeps Jira's rules: who sees which issue and comment, which transitions exist, which bodies are
refused. It never recognises a repeated write; two equal requests leave two comments.

In process:

    fake = FakeJira(clock=FakeClock(start))          # or FakeJira(state_path=..., webhooks=[...])
    bot = seed_demo(fake)                            # or seed_empty(fake)
    async with fake.client(bot) as client: ...       # an httpx client, signed in
    transport = fake.transport()                     # for a client of your own; or fake.app (ASGI)

    set-up      add_person(name, ...) add_project(key, ...) grant(project, who, permissions=)
                add_issue(project, summary, ...) add_link(source, target, kind="Blocks")
                add_sprint(name, ...) add_past_comment(key, ...) add_past_change(key, ...)
    people act  comment(key, author=, body=<wiki markup>, visibility=, public=)
                edit_comment(id, body=) delete_comment(id)
                transition(key, author=, to=) assign(key, author=, to=) edit(key, author=, fields=)
    webhooks    webhook_request(comment, event=, secret=) -> (headers, body), signed
                targets (list of WebhookTarget), sender.sendings, await settle(), await aclose()
    record      requests (all), writes() (those that asked for a change)
    failures    inject(method=, path=, status=, retry_after=, delay_s=, cut=, times=)
    time        move_clock(offset_s); `clock` is what everything created carries
    state       state (people, projects, issues, threads, ...), is_new, saver.save_now()

People are named by account id, e-mail address or display name. `serving(fake)` serves it on a
loopback port in the same event loop.

As a process: `python -m chargehand.testing.jira --help`. It prints one line of JSON when it is
ready, and is steered by a control API for this machine only, without sign-in:

    GET    /__fake__/requests[?writes=1]    what REST received: method, path, body, at, status
    GET    /__fake__/state                  everything the site holds
    POST   /__fake__/people                 {name, account_id?, email?, time_zone?, active?, token?,
                                             account_type?, groups?, global_permissions?}
    POST   /__fake__/projects               {key, name?, kind?, lead?, members?, security_levels?}
    POST   /__fake__/grants                 {project, person, permissions, roles?}; permissions is
                                            none|reader|commenter|member|agent|lead or keys
    POST   /__fake__/issues                 {project, summary, key?, issue_type?, status?, ...}
    POST   /__fake__/links                  {source, target, kind?}; the source blocks the target
    POST   /__fake__/sprints                {name, state?, starts_at?, ends_at?, goal?}

    these are done by a person, and a webhook tells of them:
    POST   /__fake__/issues/{key}/comments     {author, body, visibility?, public?}
    PUT    /__fake__/comments/{id}             {body, author?}
    DELETE /__fake__/comments/{id}[?author=]
    POST   /__fake__/issues/{key}/transitions  {author, to}
    POST   /__fake__/issues/{key}/assignee     {author, to}
    PATCH  /__fake__/issues/{key}              {author, fields}

    GET    /__fake__/webhooks               targets, and each message with state and attempts
    PUT    /__fake__/webhooks/targets       [{url, secret?, events?}]
    POST   /__fake__/webhooks/resend        {id, times?}: the same identifier and bytes again
    GET    /__fake__/failures               what is still to come; DELETE forgets it
    POST   /__fake__/failures               {method?, path?, status?, retry_after?, delay_s?,
                                             cut?: before|after, times?}
    GET    /__fake__/clock                  {now, offset_s}
    POST   /__fake__/clock                  one of {offset_s} {advance_s} {now}

A wrong body is answered with 400 and {"error": ...} naming the field.
"""

from chargehand.testing.jira.fake import FakeJira
from chargehand.testing.jira.records import CommentVisibility
from chargehand.testing.jira.seeds import seed_demo, seed_empty
from chargehand.testing.jira.server import serving
from chargehand.testing.jira.webhooks import WebhookTarget

__all__ = [
    "CommentVisibility",
    "FakeJira",
    "WebhookTarget",
    "seed_demo",
    "seed_empty",
    "serving",
]
