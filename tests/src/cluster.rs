//! The experiments of the replica storm on a cluster, by kubectl and any kubeconfig: what a cluster
//! does to its pods and nodes, while the same load reads, writes and watches through the gateway.
//!
//! - [`kube`]: calls of kubectl
//! - [`pods`]: what it tells of pods
//! - [`nodes`]: what is done to processes and the network of a node, by a pod for debugging
//! - [`cases`]: the experiments, with their bounds
//! - [`images`]: the images of the Deployments, set and put back
//! - [`runner`]: runs them under load

pub mod cases;
pub mod images;
pub mod kube;
pub mod nodes;
pub mod pods;
pub mod runner;
