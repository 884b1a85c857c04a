"""The doubles chargehand ships: clocks that can be moved, and stateful fakes of the vendors."""
