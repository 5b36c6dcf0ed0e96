"""What the three functions share: contract, identity, stores, queue and the channel back to clients."""
