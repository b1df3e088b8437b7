//! `registan certificates`: the certificates of a suite, where no other authority makes them.

use anyhow::{Context, ensure};
use authority::Authority;

use crate::cli::Certificates;

/// The processes of a suite, each with a certificate of its own.
const NAMES: [&str; 4] = ["gateway", "agreements", "projects", "rights-reporting"];

pub fn run(arguments: &Certificates) -> anyhow::Result<()> {
    let Certificates { folder, names, days } = arguments;
    let shown = folder.display();
    ensure!(!folder.exists(), "{shown} exists: new certificates take a folder of their own");
    let authority = Authority::new(*days)?;
    for name in NAMES {
        let more = if name == "gateway" { &names[..] } else { &[] };
        let issued = authority.service(name, more, *days)?;
        let written = authority.write(&folder.join(name), &issued);
        written.with_context(|| format!("cannot write into {shown}"))?;
    }
    println!(
        "{shown}/gateway, …/agreements, …/projects, …/rights-reporting: valid for {days} days"
    );
    println!("serve with --tls-dir {shown}/NAME and https:// between the services, and call the");
    println!("gateway with --ca {shown}/gateway/ca.crt; the key of the authority is not kept");
    Ok(())
}
