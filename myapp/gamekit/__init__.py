"""What the rules of games are made of: plain Python that knows nothing of the house."""
