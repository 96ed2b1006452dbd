"""The judgement of the product: pure. No I/O, no clock, no globals; imports only `connectors.schema` of the house."""
