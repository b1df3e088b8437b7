//! The start of each container: its arguments and settings, expanded as Kubernetes does.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, EnvVar};

use crate::manifests::{Manifests, Pod, name};

/// How one container is started.
#[derive(Debug, PartialEq, Eq)]
pub struct Started {
    /// Kind and name of its workload: `Deployment agreements`.
    pub workload: String,
    /// Its name in the pod.
    pub name: String,
    /// Its image, without the tag: `registan/agreements`.
    pub image: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its environment.
    pub settings: BTreeMap<String, String>,
    /// The folders that are mounted, by the name of their volume.
    pub mounts: BTreeMap<String, String>,
}

/// Every container of every pod, the init containers of a pod first.
pub fn started(manifests: &Manifests) -> Vec<Started> {
    let pods = manifests.pods();
    let of_pod = |pod: &Pod<'_>| -> Vec<Started> {
        let all = pod.spec.init_containers.iter().flatten().chain(&pod.spec.containers);
        all.map(|container| start(container, pod, manifests)).collect()
    };
    pods.iter().flat_map(of_pod).collect()
}

fn start(container: &Container, pod: &Pod<'_>, manifests: &Manifests) -> Started {
    let mut settings = BTreeMap::new();
    for reference in container.env_from.iter().flatten().filter_map(|it| it.config_map_ref.as_ref())
    {
        let map = manifests.config_maps.iter().find(|map| name(&map.metadata) == reference.name);
        settings.extend(map.and_then(|map| map.data.clone()).unwrap_or_default());
    }
    for variable in container.env.iter().flatten() {
        let value = value(variable, pod, &settings);
        settings.insert(variable.name.clone(), value);
    }
    let arguments = container.args.iter().flatten();
    let arguments = arguments.map(|argument| expanded(argument, &settings)).collect();
    let image = container.image.clone().unwrap_or_default();
    let mounts = container.volume_mounts.iter().flatten();
    Started {
        workload: pod.workload.clone(),
        name: container.name.clone(),
        image: image.rsplit_once(':').map_or(image.clone(), |(image, _)| image.to_owned()),
        arguments,
        settings,
        mounts: mounts.map(|mount| (mount.name.clone(), mount.mount_path.clone())).collect(),
    }
}

/// The value of a variable: as written, or a label of the pod.
fn value(variable: &EnvVar, pod: &Pod<'_>, settings: &BTreeMap<String, String>) -> String {
    if let Some(value) = &variable.value {
        return expanded(value, settings);
    }
    let field = variable.value_from.as_ref().and_then(|source| source.field_ref.as_ref());
    let path = field.map(|field| field.field_path.as_str()).unwrap_or_default();
    let label = path.strip_prefix("metadata.labels['").and_then(|path| path.strip_suffix("']"));
    label.and_then(|label| pod.labels.get(label)).cloned().unwrap_or_default()
}

/// `$(NAME)` gives way to the value of the variable.
fn expanded(text: &str, settings: &BTreeMap<String, String>) -> String {
    settings
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("$({name})"), value))
}
