//! The reference record: sourced facts as data, and what lays them into a suite.
