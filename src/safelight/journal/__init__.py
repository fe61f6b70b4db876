"""The journal: canonical entries, hash chain, Merkle checkpoints and proofs. Pure."""
