//! `registan verify`: does a record still say what its change log committed to?

use std::io::Write;

use chassis::process::block_on;
use chronicle::verify::Checkpoint;

use crate::cli::Verify;
use crate::migrate::ALL;
use crate::record;

pub fn run(arguments: Verify) -> anyhow::Result<()> {
    let settings = record::settings(arguments.service, arguments.settings)?;
    let services = arguments.service.map_or_else(|| ALL.to_vec(), |service| vec![service]);
    block_on(async {
        let mut altered = false;
        for service in services {
            let record = record::open(service, &settings).await?;
            let found = record.verify(arguments.expect.as_ref()).await?;
            let mut out = std::io::stdout();
            match found {
                Ok(end) => {
                    let (name, Checkpoint { seq, .. }) = (record.name, &end);
                    writeln!(out, "{name}: {seq} changes fit, checkpoint {end}")?;
                }
                Err(what) => {
                    altered = true;
                    writeln!(out, "{}: {what}", record.name)?;
                }
            }
        }
        anyhow::ensure!(
            !altered,
            "the record was altered outside of the suite: keep this database as it is, and compare it with a backup"
        );
        Ok(())
    })
}
