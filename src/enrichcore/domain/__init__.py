"""The heart of enrichcore: what may happen to a row, and what follows from it.

Events, the step-run machine, and the aggregates (`BatchItem`, `CompanyRun`, `Batch`, `Upload`, `Lane`, `Identity`), each
with the same sections in the same order: events, fold, decisions. Everything here is a pure function of its arguments:
no clock, no randomness, no input or output. The domain imports the standard library, attrs and `transitions`, and nothing
of ours outside this package.
"""
