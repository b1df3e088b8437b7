//! `grpcurl describe` shows the comments of the contract.

use std::process::Command;

use e2e::Suite;

/// Reflection left the comments out, so that it named everything and explained nothing.
#[test]
fn describe_prints_the_comments_of_a_method_a_message_a_field_and_a_value() {
    let (Some(grpcurl), Some(suite)) = (testkit::tool("grpcurl"), Suite::embedded()) else {
        return;
    };
    let describe = |name: &str| {
        let mut command = Command::new(&grpcurl);
        command.args(["-plaintext", &suite.address.to_string(), "describe", name]);
        let output = command.output().expect("grpcurl runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("it is text")
    };

    for (name, comment) in [
        ("registan.agreements.v1.AgreementService", "// Keeps the agreements."),
        ("registan.agreements.v1.AgreementService.GetAgreement", "// Returns one agreement"),
        ("registan.agreements.v1.Agreement", "// A treaty"),
        (
            "registan.agreements.v1.GetAgreementRequest",
            "// The instant of the record to answer for.",
        ),
        ("registan.type.v1.Confidence", "// To be checked before use."),
        ("registan.partnership.v1.PartnershipService.GetBrief", "// Says in one answer"),
    ] {
        let text = describe(name);
        assert!(text.contains(comment), "{name}: no `{comment}` in\n{text}");
    }
}
