//! What the tests of several crates share: databases of both engines, clients, ports.
