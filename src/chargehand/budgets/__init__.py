"""What models may cost: money, periods, caps and prices; nothing here does input or output."""
