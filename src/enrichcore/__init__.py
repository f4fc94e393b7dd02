"""An event-sourced state machine library for data enrichment."""
