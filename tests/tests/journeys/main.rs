//! Journeys across the suite, what newcomers meet, and the house rules. One program, so that it is
//! linked once and its tests run beside each other; what needs the machine for itself (storms,
//! floods, the matrix) has a program of its own.

mod appointed;
mod backups;
mod boundaries;
mod briefs;
mod canaries;
mod circles;
mod collector;
mod doctor;
mod export;
mod filters;
mod health;
mod house;
mod importing;
mod interrupted_import;
mod journey;
mod known;
mod links;
mod log;
mod mistakes;
mod monitoring;
mod newcomer;
mod newer;
mod one_build;
mod operating;
mod pushed;
mod readme;
mod reasons;
mod rotation;
mod second_client;
mod second_partnership;
mod secured;
mod secured_database;
mod seeing;
mod served;
mod sizes;
mod startup;
mod style;
mod targets;
mod traces;
mod verify;
mod watching;
