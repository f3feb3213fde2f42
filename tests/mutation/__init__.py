"""Mutation tests: graphflow is damaged in one place at a time, and the tests must notice."""
