"""The state store: what this product decided and said. Transactional; must never be lost."""
