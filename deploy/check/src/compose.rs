//! `compose.yaml`: read as strictly as the manifests, and held to the same rules.

use crate::rules::{Findings, check_image, check_setting};
use serde::Deserialize;
use serde_yaml_ng::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The part of the compose format we use. Another key is a typo, until it is added here.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compose {
    pub name: String,
    pub services: BTreeMap<String, Service>,
    #[serde(default)]
    pub networks: BTreeMap<String, Network>,
    #[serde(default)]
    pub volumes: BTreeMap<String, Volume>,
    #[serde(default)]
    pub secrets: BTreeMap<String, Secret>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    pub image: String,
    pub build: Option<Build>,
    pub command: Vec<String>,
    pub environment: BTreeMap<String, String>,
    pub secrets: Vec<String>,
    pub volumes: Vec<String>,
    pub tmpfs: Vec<String>,
    pub networks: Vec<String>,
    pub ports: Vec<String>,
    pub depends_on: BTreeMap<String, Dependency>,
    pub healthcheck: Option<Healthcheck>,
    pub read_only: bool,
    pub cap_drop: Vec<String>,
    pub cap_add: Vec<String>,
    pub security_opt: Vec<String>,
    pub restart: String,
    pub stop_signal: Option<String>,
    pub stop_grace_period: Option<String>,
    pub mem_limit: Option<String>,
    pub shm_size: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    pub context: String,
    pub dockerfile: String,
    pub args: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    pub condition: Condition,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    ServiceStarted,
    ServiceHealthy,
    ServiceCompletedSuccessfully,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Healthcheck {
    pub test: Vec<String>,
    pub interval: String,
    pub timeout: String,
    pub retries: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    #[serde(default)]
    pub internal: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    pub file: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    pub name: Option<String>,
}

/// Reads the text of a compose file. The error names the place.
pub fn parse(text: &str) -> Result<Compose, String> {
    let mut value: Value = serde_yaml_ng::from_str(text).map_err(|error| error.to_string())?;
    // Twice: what is merged in may itself merge something in.
    for _ in 0..2 {
        value.apply_merge().map_err(|error| error.to_string())?;
    }
    if let Some(keys) = value.as_mapping_mut() {
        keys.retain(|key, _| !key.as_str().is_some_and(|key| key.starts_with("x-")));
    }
    serde_path_to_error::deserialize(value).map_err(|error| error.to_string())
}

impl Compose {
    /// The services of the suite: those with an image of ours, without the command.
    pub fn suite(&self) -> BTreeSet<&str> {
        let ours = self.services.iter().filter(|(_, service)| {
            service.image.starts_with("registan/")
                && !service.image.starts_with("registan/registan:")
        });
        ours.map(|(name, _)| name.as_str()).collect()
    }

    /// Every rule, over all services. Gives the findings.
    pub fn check(&self) -> Vec<String> {
        let mut findings = Findings::default();
        for (name, service) in &self.services {
            let place = format!("compose service {name}");
            check_hardening(service, &place, &mut findings);
            check_image(&service.image, &place, &mut findings);
            check_build(service, &place, &mut findings);
            self.check_references(service, &place, &mut findings);
            self.check_environment(service, &place, &mut findings);
            if self.suite().contains(name.as_str()) {
                check_stop(service, &place, &mut findings);
            }
        }
        findings.0
    }

    /// Checks that what a service refers to by name exists.
    fn check_references(&self, service: &Service, place: &str, findings: &mut Findings) {
        let mut demand = |exists: bool, kind: &str, name: &str| {
            findings.demand(exists, place, &format!("{kind} {name} does not exist"));
        };
        for (name, dependency) in &service.depends_on {
            let target = self.services.get(name);
            demand(target.is_some(), "service", name);
            let has_healthcheck = target.is_some_and(|target| target.healthcheck.is_some());
            let needs_healthcheck = dependency.condition == Condition::ServiceHealthy;
            demand(has_healthcheck || !needs_healthcheck, "a healthcheck of", name);
        }
        for name in &service.networks {
            demand(self.networks.contains_key(name), "network", name);
        }
        for name in &service.secrets {
            demand(self.secrets.contains_key(name), "secret", name);
        }
        for volume in &service.volumes {
            let source = volume.split(':').next().unwrap_or_default();
            demand(source.starts_with('.') || self.volumes.contains_key(source), "volume", source);
        }
    }

    fn check_environment(&self, service: &Service, place: &str, findings: &mut Findings) {
        for (key, value) in &service.environment {
            check_setting(key, value, place, findings);
            if let Some(secret) = value.strip_prefix("/run/secrets/") {
                let given = service.secrets.iter().any(|it| it == secret);
                findings.demand(given, place, &format!("{key} needs the secret {secret}"));
            }
            if let Some(address) = value.strip_prefix("http://") {
                let host = address.strip_suffix(":50051").unwrap_or(address);
                findings.demand(
                    self.suite().contains(host),
                    place,
                    &format!("{key} is {value}, and no service has that name and port"),
                );
            }
        }
    }
}

/// Checks that a service that serves takes calls for a while after the signal to stop, that it has
/// the time for it, and that it has an admin port: without one it waits for no database.
fn check_stop(service: &Service, place: &str, findings: &mut Findings) {
    let set = |key: &str| service.environment.get(key).map(String::as_str);
    findings.demand(
        set("REGISTAN_PROBE_ADDRESS").is_some_and(|address| address.ends_with(":50052")),
        place,
        "REGISTAN_PROBE_ADDRESS must be set",
    );
    let linger = seconds(set("REGISTAN_LINGER_SECONDS"));
    findings.demand(
        linger.is_some_and(|linger| linger >= 5),
        place,
        "REGISTAN_LINGER_SECONDS must be 5 or more",
    );
    let needed = seconds(set("REGISTAN_DRAIN_SECONDS")).zip(linger);
    let grace = service.stop_grace_period.as_deref().and_then(|it| it.strip_suffix('s'));
    findings.demand(
        needed.zip(seconds(grace)).is_some_and(|((drain, linger), grace)| grace > drain + linger),
        place,
        "stop_grace_period must be more than REGISTAN_LINGER_SECONDS and REGISTAN_DRAIN_SECONDS",
    );
}

fn seconds(text: Option<&str>) -> Option<u32> {
    text?.parse().ok()
}

fn check_hardening(service: &Service, place: &str, findings: &mut Findings) {
    findings.demand(service.read_only, place, "read_only must be true");
    findings.demand(service.cap_drop == ["ALL"], place, "cap_drop must be ALL");
    findings.demand(
        service.cap_add.is_empty() || !service.image.starts_with("registan/"),
        place,
        "cap_add must be empty",
    );
    findings.demand(
        service.security_opt.iter().any(|option| option == "no-new-privileges:true"),
        place,
        "security_opt must hold no-new-privileges:true",
    );
    findings.demand(
        service.ports.iter().all(|port| port.starts_with("127.0.0.1:")),
        place,
        "a port may be published on 127.0.0.1 alone",
    );
}

/// An image of ours is built here, from the binary of its name.
fn check_build(service: &Service, place: &str, findings: &mut Findings) {
    let Some(binary) = service.image.strip_prefix("registan/") else { return };
    let binary = binary.split(':').next().unwrap_or_default();
    let built = service.build.as_ref().and_then(|build| build.args.get("SERVICE"));
    findings.demand(
        built.is_some_and(|built| built == binary),
        place,
        &format!("the build argument SERVICE must be {binary}"),
    );
}
