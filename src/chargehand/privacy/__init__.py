"""Who a person is in stored texts, in which forms a name is written there, and how it goes."""
