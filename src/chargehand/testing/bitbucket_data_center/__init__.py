"""A stateful fake of Bitbucket Data Center, over the host of `chargehand.testing.bitbucket`.

    python -m chargehand.testing.bitbucket_data_center --port 0 [--state FILE] [--webhook-url URL]

Its REST API is written from Atlassian's documents and not checked against a vendor contract, since
there is none. The control API is that of `chargehand.testing.bitbucket`.
"""

from chargehand.testing.bitbucket_data_center.fake import FakeBitbucketDataCenter

__all__ = ["FakeBitbucketDataCenter"]
