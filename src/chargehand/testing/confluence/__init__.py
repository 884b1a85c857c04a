"""A stateful fake of one Confluence Cloud site, for tests and for trying things offline.

It keeps Confluence's rules: one title in a space once, a version that follows the last one, storage
format that is well-formed, a trash. It never recognises a repeated write, and it stores macros with
attributes of its own, as Confluence does.

In process:

    fake = FakeConfluence(clock=FakeClock(start))
    seed_demo(fake)                                  # people, the space ENG with a page
    transport = fake.transport()                     # for a client of your own; or fake.app (ASGI)
    async with serving(fake) as url: ...             # a loopback port in the same event loop

    site        add_person(name, ...) add_space(key, ...) write_page(...) edit_page(...)
                comment(page_id, ...) edit_comment(...) remove(content_id)
    record      writes() (requests that asked for a change: method, path, body, status)
    failures    failures.add(Failure(path="/wiki/api/v2/footer-comments", cut="after"))

As a process: `python -m chargehand.testing.confluence --help`. It prints one line of JSON when it
is ready, and is steered by a control API for this machine only, without sign-in:

    GET    /__fake__/requests       what was asked: method, path, query, body, status
    GET    /__fake__/contents       every page and comment
    GET    /__fake__/contents/{id}  one as the first API tells it, words and all
    POST   /__fake__/people         {name, account_id?, email?, token?}
    POST   /__fake__/spaces         {key, name?}
    POST   /__fake__/pages          {space, title, storage, by}
    PUT    /__fake__/pages/{id}     {storage, by}
    POST   /__fake__/comments       {page, storage, by, parent?, beside?}
    PUT    /__fake__/comments/{id}  {storage, by}
    DELETE /__fake__/contents/{id}
    POST   /__fake__/failures       {method?, path?, status?, retry_after?, delay_s?,
                                     cut?: before|after, times?}; DELETE forgets them

A wrong body is answered with 400 and {"error": ...} naming the field.
"""

from chargehand.testing.confluence.fake import FakeConfluence, seed_demo

__all__ = ["FakeConfluence", "seed_demo"]
