//! Journeys across the suite with real clients, and the house rules as tests; there is no code here, see `tests/`.
