//! Every method of the contract is served, by one process.

use std::collections::BTreeSet;

use chassis::Settings;

/// True for what every service answers for its own resources. A search is answered by the gateway
/// as well, for all.
fn is_of_each(service: &str) -> bool {
    service.contains(".references.") || service.contains(".search.")
}

/// A process serves a proto service whole or does not start; so it is enough to hold the proto
/// services against the contract.
#[tokio::test]
async fn every_method_of_the_contract_is_served_by_one_process() {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let nobody = || Some("http://127.0.0.1:9".to_owned());
    let settings = Settings {
        data_dir: folder.path().to_owned(),
        agreements_url: nobody(),
        projects_url: nobody(),
        rights_reporting_url: nobody(),
        ..Settings::default()
    };
    let records = [
        agreements::service(settings.clone()).await.expect("agreements starts"),
        projects::service(settings.clone()).await.expect("projects starts"),
        rights_reporting::service(settings.clone()).await.expect("rights-reporting starts"),
    ];
    let gateway = gateway::service(settings).await.expect("the gateway starts");

    let mut served = gateway.proto_services.clone();
    for record in &records {
        let (references, own): (Vec<_>, Vec<_>) =
            record.proto_services.iter().cloned().partition(|it| is_of_each(it));
        assert_eq!(references.len(), 2, "{} answers for its names and words", record.name);
        served.extend(own);
    }

    let once: BTreeSet<&str> = served.iter().map(String::as_str).collect();
    let contract = api::descriptors().services().map(|service| service.full_name().to_owned());
    let contract: BTreeSet<_> = contract.filter(|it| !it.contains(".references.")).collect();
    assert_eq!(once.len(), served.len(), "served twice: {served:?}");
    assert_eq!(once, contract.iter().map(String::as_str).collect());
}
