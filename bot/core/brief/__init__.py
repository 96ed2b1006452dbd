"""What a renewal is prepared with: how much will be wanted, at which price, what is at risk and what comes next."""
