//! `registan log`: who wrote or read what, when, by which method.

use std::io::{BufWriter, Write};

use chassis::process::block_on;
use chronicle::log::{Asked, Line, page};
use serde_json::json;
use standard::time::timestamp;

use crate::cli::Log;
use crate::output::unless_closed;
use crate::record::{self, Record};

pub fn run(arguments: Log) -> anyhow::Result<()> {
    let settings = record::settings(Some(arguments.service), arguments.settings)?;
    let asked = Asked {
        caller: arguments.caller,
        name: arguments.resource,
        operation: arguments.operation,
    };
    // A page is what comes after an instant.
    let after = arguments.since.map_or(0, |since| since - 1);
    block_on(async {
        let record = record::open(arguments.service, &settings).await?;
        unless_closed(print(&record, &asked, after, arguments.json).await)
    })
}

/// One line each, a page in memory at a time.
async fn print(record: &Record, asked: &Asked, after: i64, as_json: bool) -> anyhow::Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut after = after;
    loop {
        let lines = page(&record.db, &record.kinds, asked, after).await?;
        let Some(last) = lines.last() else { break };
        after = last.time;
        for line in &lines {
            if as_json { object(&mut out, line)? } else { sentence(&mut out, line)? }
        }
    }
    out.flush()?;
    Ok(())
}

/// The method of a write is kept by its request, what a reading was by its action.
fn method(line: &Line) -> &str {
    line.method.trim_end_matches("Request")
}

fn sentence(out: &mut impl Write, line: &Line) -> std::io::Result<()> {
    let caller = if line.caller.is_empty() { "nobody in particular" } else { &line.caller };
    writeln!(
        out,
        "{} #{} {} {} revision {} by {caller} ({})",
        timestamp(line.time),
        line.seq,
        line.operation,
        line.name,
        line.revision,
        method(line)
    )
}

fn object(out: &mut impl Write, line: &Line) -> std::io::Result<()> {
    let object = json!({
        "seq": line.seq,
        "time": timestamp(line.time).to_string(),
        "operation": line.operation,
        "resource": line.name,
        "revision": line.revision,
        "caller": line.caller,
        "method": method(line),
    });
    writeln!(out, "{object}")
}
