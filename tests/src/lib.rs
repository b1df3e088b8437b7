//! Journeys across the suite with real clients, and the house rules as tests.
