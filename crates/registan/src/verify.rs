//! `registan verify`: does a record still say what its change log committed to?

use std::io::Write;

use chassis::process::block_on;
use chronicle::verify::{Checkpoint, verify};

use crate::cli::Verify;
use crate::migrate::ALL;
use crate::output::counter;
use crate::record;

pub fn run(arguments: Verify) -> anyhow::Result<()> {
    let settings = record::settings(arguments.service, arguments.settings)?;
    let services = arguments.service.map_or_else(|| ALL.to_vec(), |service| vec![service]);
    block_on(async {
        let mut altered = false;
        for service in services {
            let record = record::open(service, &settings).await?;
            let bar = counter(record.name);
            let expected = arguments.expect.as_ref();
            let found = verify(&record.db, &record.kinds, expected, |count| bar.inc(count)).await?;
            bar.finish_and_clear();
            let mut out = std::io::stdout();
            match found {
                Ok(Checkpoint { seq, hash }) => {
                    writeln!(out, "{}: {seq} changes fit, checkpoint {seq}:{hash}", record.name)?;
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

/// For clap: `SEQ:HASH`, as an earlier check printed it.
pub fn checkpoint(typed: &str) -> Result<Checkpoint, String> {
    let read = || {
        let (seq, hash) = typed.split_once(':')?;
        let seq = seq.parse().ok().filter(|seq| *seq > 0)?;
        let digits = hash.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        (digits && hash.len() == 64).then(|| Checkpoint { seq, hash: hash.to_owned() })
    };
    read().ok_or_else(|| "this is not a checkpoint as an earlier check printed it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_a_number_and_a_hash() {
        let hash = "0123456789abcdef".repeat(4);

        let read = checkpoint(&format!("7:{hash}")).unwrap();

        assert_eq!(read, Checkpoint { seq: 7, hash: hash.clone() });
        for typed in ["", "7", "7:", "7:abc", &format!("0:{hash}"), &format!("x:{hash}"), &hash] {
            assert!(checkpoint(typed).is_err(), "{typed}");
        }
    }
}
