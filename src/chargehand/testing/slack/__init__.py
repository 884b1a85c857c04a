"""A stateful fake of one Slack workspace with one app, for tests and for trying things offline.

It keeps Slack's rules: who is in which channel, which scope a method needs, what is too long, a
trigger that is good for three seconds. It never recognises a repeated write: two equal posts leave
two messages.

In process:

    fake = FakeSlack(clock=FakeClock(start), targets=[Target(url, secret)])
    seed_demo(fake)                                  # people, #pay with the bot, #random without
    transport = fake.transport()                     # for a client of your own; or fake.app (ASGI)
    async with serving(fake) as url: ...             # a loopback port in the same event loop

    workspace   add_person(name, ...) add_channel(name, ...) channels people
    people      say(place, channel, user=, text=) edit_message delete_message react type_command
                press(place, channel, ts, user=, label=) submit(place, view_id, user=, values=)
    record      writes() (calls that asked for a change: method, arguments, status, at)
    failures    desk.failures.add(Failure(path="/api/chat.postMessage", cut="after"))
    sending     sender.sendings, sender.is_socket_mode, await sender.settle()

People and channels are named by id or name.

As a process: `python -m chargehand.testing.slack --help`. It prints one line of JSON when it is
ready, and is steered by a control API for this machine only, without sign-in:

    GET    /__fake__/requests[?writes=1]    calls of the Web API: method, arguments, status, at
    GET    /__fake__/state                  everything the workspace holds
    POST   /__fake__/people                 {name, person_id?, email?, team?, is_guest?, is_bot?}
    PATCH  /__fake__/people/{id}            {is_deleted}
    POST   /__fake__/channels               {name, channel_id?, kind?, members?, is_shared?}
    PATCH  /__fake__/channels/{id}          {is_archived?, is_shared?, members?}

    these are done by a person, and the app is told:
    POST   /__fake__/messages               {channel, user, text, thread_ts?, blocks?, subtype?};
                                            the channel @chargehand is the direct one
    PUT    /__fake__/messages/{channel}/{ts}   {text}
    DELETE /__fake__/messages/{channel}/{ts}
    POST   /__fake__/reactions              {channel, ts, user, name, is_adding?}
    POST   /__fake__/commands               {channel, user, text?, command?}
    POST   /__fake__/presses                {channel, ts?, user, label}; the newest such button
    POST   /__fake__/submissions            {view?, user, values}; the form opened last
    POST   /__fake__/shortcuts              {callback_id, user, channel?, ts?}

    GET    /__fake__/webhooks               targets, and each message with state and attempts
    PUT    /__fake__/webhooks/targets       {targets: [{url, secret}]}
    POST   /__fake__/webhooks/resend        {id, times?}: the same event again, as a retry
    POST   /__fake__/sockets/disconnect     {reason?}: warning, refresh_requested, link_disabled
    POST   /__fake__/failures               {method?, path?, status?, retry_after?, delay_s?,
                                             cut?: before|after, times?}; DELETE forgets them
    PUT    /__fake__/scopes                 {scopes}: what the token may do from now on
    PUT    /__fake__/app                    {socket_mode?, is_revoked?, bot_token?}

A wrong body is answered with 400 and {"error": ...} naming the field.
"""

from chargehand.testing.slack.fake import FakeSlack, seed_demo, serving
from chargehand.testing.slack.sending import Target

__all__ = ["FakeSlack", "Target", "seed_demo", "serving"]
