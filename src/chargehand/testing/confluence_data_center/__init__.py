"""A stateful fake of Confluence Data Center: REST v1, user keys, personal access tokens.

It holds the site of `chargehand.testing.confluence` and its control API. Nothing in it is checked
against a vendor contract, since Atlassian publishes none.
"""

from chargehand.testing.confluence_data_center.fake import FakeConfluenceDataCenter, seed_demo

__all__ = ["FakeConfluenceDataCenter", "seed_demo"]
