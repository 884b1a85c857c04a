"""Bitbucket: Cloud and Data Center, told apart in one place each."""
