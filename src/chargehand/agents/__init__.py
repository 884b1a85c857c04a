"""Models at work; the one room that knows their libraries, loaded only where one is configured."""
