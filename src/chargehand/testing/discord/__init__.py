"""A stateful fake of one Discord server, for tests and for trying things offline.

It keeps Discord's rules: who sees which channel, what a message may hold, whom it notifies, how
long an interaction may be answered, how often one may ask. It recognises a repeated message only
by its nonce, and only for a few minutes, as Discord does.

In process:

    fake = FakeDiscord(clock=FakeClock(start)); seed_demo(fake)
    transport = fake.transport()               # for a client of your own; or fake.app (ASGI)

    set-up      add_person(name, ...) add_channel(name, type=, parent_id=, is_hidden=)
    people act  say(content, author=, channel=) react(message_id, emoji, author=)
                command(line, author=, channel=) press(message_id, command, author=)
                submit(command, values, author=, channel=) complete(line, author=, channel=) ping()
                -> an interaction: await send(it), or signed(it) and take_answer(it, status, body)
    record      requests (all), writes(), texts(channel), state
    failures    inject(method=, path=, status=, retry_after=, delay_s=, cut=, times=)
    limits      parts.limits.pause(seconds)
    gateway     gateway.sessions, .received, .count(op); drop(code) reconnect() ask_for_beat()
                invalidate(is_resumable=) deafen(); beat_ms and sessions_left are set at will

As a process: `python -m chargehand.testing.discord --help`. It prints one line of JSON when it is
ready, and is steered by a control API for this machine only, without sign-in:

    GET    /__fake__/requests[?writes=1]    what the REST API received
    GET    /__fake__/state                  everything the server holds
    POST   /__fake__/people                 {name, is_member?, takes_direct?}
    POST   /__fake__/channels               {name, type?, parent?, is_hidden?}; types are Discord's
    POST   /__fake__/messages               {author, channel, content, reply_to?}
    POST   /__fake__/reactions              {author, message, emoji}
    PUT    /__fake__/endpoint               {url}: where interactions are posted

    these are posted, signed, to the endpoint, or told by the gateway where there is none, and the
    answer is told:
    POST   /__fake__/commands               {author, channel, line}: a registered command
    POST   /__fake__/completions            {author, channel, line}: the same while typing
    POST   /__fake__/presses                {author, message, command}: a button
    POST   /__fake__/forms                  {author, channel, command, values, message?}
    POST   /__fake__/pings                  what Discord sends when the endpoint is saved

    GET    /__fake__/interactions/{token}   the signed headers and the body, to post them again
    GET    /__fake__/failures               what is still to come; DELETE forgets it
    POST   /__fake__/failures               {method?, path?, status?, retry_after?, delay_s?,
                                             cut?: before|after, times?}
    GET    /__fake__/gateway                sessions, connections, and what the client sent
    POST   /__fake__/gateway/drop           {code?}: end every connection; 1006 says nothing
    POST   /__fake__/gateway/reconnect      ask the client to come back
    POST   /__fake__/gateway/invalidate     {is_resumable?}
    POST   /__fake__/gateway/deafen         let the connections stand and lead nowhere
    PUT    /__fake__/gateway                {beat_ms}: of the next connections
    POST   /__fake__/pause                  {seconds}: refuse everything by the global limit
    GET    /__fake__/clock                  {now, offset_s}; POST {advance_s}

A wrong body is answered with 400 and {"error": ...} naming the field.
"""

from chargehand.testing.discord.fake import FakeDiscord, seed_demo, serving

__all__ = ["FakeDiscord", "seed_demo", "serving"]
