//! The access matrix of records at the desks of another partnership, which the unchanged program
//! reads from a file.

use e2e::{Suite, partnership};
use facts::vocabulary::Vocabulary;
use policy::Role;

use crate::records::{Stage, callers, hold};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_at_the_desks_of_an_invented_partnership_is_what_the_table_says() {
    let (folder, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [desks, _later] = partnership::files(files.path());
    let path = desks.to_str().expect("it is UTF-8");
    let Some(suite) = Suite::embedded_in(folder, &["--empty", "--desks", path]) else { return };
    partnership::make_parties(&suite);
    let token = |role: Role| {
        let role = role.word().to_lowercase();
        partnership::token(&suite, &desks, &role, "islands", "confidential")
    };
    let stage = Stage { countries: ["XC", "XA"], callers: callers(token) };

    hold("an invented partnership", &suite, &stage).await;
}
