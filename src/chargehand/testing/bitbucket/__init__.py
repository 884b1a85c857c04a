"""A stateful fake of Bitbucket Cloud: repositories, pull requests, comments, statuses, pipelines.

    python -m chargehand.testing.bitbucket --port 0 [--state FILE] [--webhook-url URL]

REST under /2.0, as `bitbucket-cloud-2.0.openapi.json` describes it; the same host stands behind
`chargehand.testing.bitbucket_data_center`. What people do is ordered under /__fake__/, from this
machine only:

    POST /__fake__/pull_requests  {repository, author, title, source, target, description, ...}
    POST /__fake__/comments       {repository, number, author, text, parent, path, line}
    PUT  /__fake__/comments       {repository, number, id, text}
    DELETE /__fake__/comments     {repository, number, id}
    POST /__fake__/pushes         {repository, author, branch, message, force, delete}
    POST /__fake__/approvals      {repository, number, author}        DELETE takes it back
    POST /__fake__/changes        {repository, number, author}        asks for changes
    POST /__fake__/merges         {repository, number, author}
    POST /__fake__/declines       {repository, number, author}
    POST /__fake__/statuses       {repository, commit, key, state, name}
    POST /__fake__/renames        {repository, name}
    POST /__fake__/failures       {method, path, status, retry_after, cut, delay_s, times}
    GET  /__fake__/requests       every request, with ?writes=1 the changes alone
    GET  /__fake__/webhooks       what was posted, how often, with what answers
    POST /__fake__/webhooks/resend {id, times}
    GET  /__fake__/state          everything there is
"""

from chargehand.testing.bitbucket.fake import FakeBitbucket, seed_demo, serving

__all__ = ["FakeBitbucket", "seed_demo", "serving"]
