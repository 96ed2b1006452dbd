"""Templates looked at before anybody is sent them: on a sample, on an account of the state store, in awkward cases."""
