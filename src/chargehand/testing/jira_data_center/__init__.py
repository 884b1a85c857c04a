"""A stateful fake of one Jira Data Center site: REST v2, user keys, wiki markup, bearer tokens.

Not checked against a vendor contract: Atlassian publishes no description of Data Center's REST API
that a machine reads, so this fake is as true as we read the reference. What it holds, its rules,
its webhooks, its control API and its failures on demand are those of `chargehand.testing.jira`.

In process:

    fake = FakeDataCenter(clock=FakeClock(start))    # all that FakeJira takes; site_url has a path
    bot = seed_demo(fake)                            # or seed_empty(fake)

As a process: `python -m chargehand.testing.jira_data_center --help`.
"""

from chargehand.testing.jira_data_center.fake import FakeDataCenter

__all__ = ["FakeDataCenter"]
