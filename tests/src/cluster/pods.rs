//! Pods, as kubectl tells of them in JSON.

use anyhow::Context;
use serde_json::Value;

/// A pod of the suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Its name.
    pub name: String,
    /// Its service, by the label `app.kubernetes.io/name`.
    pub service: String,
    /// Names it on its node.
    pub uid: String,
    /// Its node; empty before it has one.
    pub node: String,
    /// Its address; empty before it has one.
    pub address: String,
    /// It is ready, and not being deleted.
    pub is_ready: bool,
    /// How often its container was started again.
    pub restarts: u64,
}

/// Reads `kubectl get pods --output json`.
pub fn read(json: &str) -> anyhow::Result<Vec<Pod>> {
    let all: Value = serde_json::from_str(json).context("kubectl gave no JSON")?;
    let items = all["items"].as_array().context("kubectl gave no list")?;
    items.iter().map(pod).collect()
}

fn pod(item: &Value) -> anyhow::Result<Pod> {
    let (about, status) = (&item["metadata"], &item["status"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let conditions = status["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_ready = conditions.iter().any(|it| it["type"] == "Ready" && it["status"] == "True");
    let containers = status["containerStatuses"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(Pod {
        name: about["name"].as_str().context("a pod has no name")?.to_owned(),
        service: text(&about["labels"]["app.kubernetes.io/name"]),
        uid: text(&about["uid"]),
        node: text(&item["spec"]["nodeName"]),
        address: text(&status["podIP"]),
        is_ready: is_ready && about["deletionTimestamp"].is_null(),
        restarts: containers.iter().filter_map(|it| it["restartCount"].as_u64()).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubectl_tells_of_pods_is_read() {
        let json = r#"{"kind": "List", "items": [
            {"metadata": {"name": "agreements-1", "uid": "u-1", "labels": {"app.kubernetes.io/name": "agreements"}},
             "spec": {"nodeName": "a"},
             "status": {"podIP": "10.0.0.1", "conditions": [{"type": "Ready", "status": "True"}],
                        "containerStatuses": [{"restartCount": 2}]}},
            {"metadata": {"name": "gateway-1", "uid": "u-2", "deletionTimestamp": "2026-11-29T00:00:00Z"},
             "spec": {}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}]}"#;

        let pods = read(json).unwrap();

        let first = Pod {
            name: "agreements-1".to_owned(),
            service: "agreements".to_owned(),
            uid: "u-1".to_owned(),
            node: "a".to_owned(),
            address: "10.0.0.1".to_owned(),
            is_ready: true,
            restarts: 2,
        };
        assert_eq!(pods[0], first);
        assert_eq!((pods[1].is_ready, &*pods[1].node), (false, ""));
        read("{}").unwrap_err();
        read("no JSON").unwrap_err();
    }
}
