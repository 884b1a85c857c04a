"""A stateful fake of GitHub with one bot account and one App, for tests and for offline trials.

It keeps GitHub's rules: who may do what in which repository, what is hidden from whom, tokens that
lapse, pages, limits, conditional requests, names that moved. It never recognises a repeated write:
two equal comments leave two.

In process:

    fake = FakeGitHub(clock=FakeClock(start), targets=[Target(url, secret)])
    seed_demo(fake)                                  # acme/payments (#1 issue, #2 pull), acme/sdk
    transport = fake.transport()                     # for a client of your own; or fake.app (ASGI)
    async with serving(fake) as url: ...             # a loopback port in the same event loop

    site        repository(name) add_repository rename account issue
    people      open_issue open_pull push delete_branch comment_on comment_on_line edit_comment
                delete_comment review dismiss close complete_check report_status complete_run
                remove_installation; each takes the site first
    record      writes() (requests that asked for a change), desk.calls()
    failures    desk.failures.add(Failure(method="POST", path=".*/comments", cut="after")); 403 and
                429 read as secondary limits
    sending     sender.sendings, sender.is_silent, sender.send_again, await sender.settle()
    sign-ins    BOT_TOKEN, or APP_ID with fake.private_key and INSTALLATION_ID

As a process: `python -m chargehand.testing.github --help`. It prints one line of JSON when it is
ready, and is steered by a control API for this machine only, without sign-in; every body names
`repository`, people by login:

    GET    /__fake__/requests[?writes=1]    requests: method, path, query, body, login, status, at
    GET    /__fake__/state                  everything the fake holds
    POST   /__fake__/repositories           {full_name, is_private?, permissions?: {login: write}}
    POST   /__fake__/repositories/rename    {full_name}
    POST   /__fake__/workflows              {path, name, inputs?, run_name?}

    these are done by a person, and webhooks are told:
    POST   /__fake__/issues                 {author, title, body?}
    POST   /__fake__/pulls                  {author, title, branch, body?, reviewers?, fork?}
    POST   /__fake__/pushes                 {branch, author, is_forced?}
    POST   /__fake__/branches/delete        {branch, author}
    POST   /__fake__/tags                   {tag, author}; DELETE
    POST   /__fake__/comments               {number, author, body, path?, line?, in_reply_to?}
    PUT    /__fake__/comments               {id, body, editor?}
    DELETE /__fake__/comments               {id, deleter}
    POST   /__fake__/reviews                {number, author, state, body?}; APPROVED, ...
    POST   /__fake__/closings               {number, closer, is_merged?}
    POST   /__fake__/checks                 {commit, name, conclusion} or {commit, context, state}
    POST   /__fake__/runs/complete          {id, conclusion}
    POST   /__fake__/releases               {author, tag, is_prerelease?}
    POST   /__fake__/installation/remove    {is_suspended?}

    GET    /__fake__/webhooks               targets, and each message with its attempts
    PUT    /__fake__/webhooks/targets       {targets: [{url, secret}], is_silent?}
    POST   /__fake__/webhooks/resend        {id, times?}
    POST   /__fake__/failures               {method?, path?, status?, retry_after?, delay_s?,
                                             cut?: before|after, times?}; DELETE forgets them

A wrong body is answered with 400 and {"error": ...} naming the field.
"""

from chargehand.testing.github.fake import FakeGitHub, seed_demo, serving
from chargehand.testing.github.sending import Target

__all__ = ["FakeGitHub", "Target", "seed_demo", "serving"]
