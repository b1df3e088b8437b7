//! Runs test programs, several at a time, and prints the output of each whole when it ends.

use std::collections::VecDeque;
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, ExitStatus};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::programs::Program;
use crate::postgres::Cluster;
use crate::shell::root;

/// The time that a program may take: twice that of the longest one on a slow machine.
const TIMEOUT: Duration = Duration::from_mins(20);

/// The words by which a test program says that a test takes long.
const LONG: &str = " has been running for over 60 seconds";

/// The result of one program.
struct Outcome {
    name: String,
    is_good: bool,
    tests: Tests,
}

/// Test counts, and the names of those that failed, or that did not end before their program.
#[derive(Debug, Default, PartialEq)]
struct Tests {
    passed: usize,
    ignored: usize,
    failed: Vec<String>,
    unfinished: Vec<String>,
}

/// Runs all programs, those that must be alone at the end, and fails if one of them failed.
pub fn run(programs: Vec<Program>, cluster: &Cluster) -> Result<()> {
    let logs = root().join("target/tests");
    fs::create_dir_all(&logs).with_context(|| format!("{} cannot be made", logs.display()))?;
    let (alone, together): (Vec<_>, Vec<_>) = programs.into_iter().partition(Program::is_alone);
    // Each runs as many tests at a time as there are cores.
    let cores = thread::available_parallelism().map_or(2, usize::from);
    let runner = Runner { logs, cluster: Some(cluster) };
    let mut outcomes = runner.run(together, cores)?;
    outcomes.extend(runner.run(alone, 1)?);
    conclude(&outcomes)
}

struct Runner<'a> {
    /// Where the output of each program is kept.
    logs: PathBuf,
    cluster: Option<&'a Cluster>,
}

impl Runner<'_> {
    /// Runs all, some at a time.
    fn run(&self, programs: Vec<Program>, at_a_time: usize) -> Result<Vec<Outcome>> {
        let waiting = Mutex::new(VecDeque::from(programs));
        let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let work = || std::iter::from_fn(next).map(|program| self.one(&program)).collect();
        thread::scope(|scope| {
            let workers: Vec<_> = (0..at_a_time).map(|_| scope.spawn(work)).collect();
            let results = workers.into_iter().map(|worker| worker.join().expect("it ends"));
            let outcomes = results.collect::<Result<Vec<Vec<Outcome>>>>()?;
            Ok(outcomes.into_iter().flatten().collect())
        })
    }

    fn one(&self, program: &Program) -> Result<Outcome> {
        println!("tests: {} begins", program.name);
        let begin = Instant::now();
        let log = self.logs.join(program.name.replace(['/', ' '], "-") + ".log");
        let temporary = Temporary::make()?;
        let child = self.command(program, &log)?.env("TMPDIR", &temporary.0).spawn();
        let mut child = child.with_context(|| format!("{} does not start", program.name))?;
        let status = wait(&mut child, TIMEOUT)?;
        let mut output = read(&log);

        let is_good = status.is_some_and(|status| status.success());
        let result = if is_good { "ok" } else { "FAILED" };
        let seconds = begin.elapsed().as_secs_f64();
        let status = if let Some(status) = status {
            status.to_string()
        } else {
            // Before it is killed: then its connections are gone.
            let state = self.cluster.map(Cluster::state).unwrap_or_default();
            end(&mut child)?;
            output = read(&log) + &state;
            "it did not end, and was killed".to_owned()
        };
        // In one call, so that nothing comes between.
        println!("{output}tests: {}: {result} in {seconds:.1} s ({status})", program.name);
        let (name, tests) = (program.name.clone(), Tests::read(&output));
        Ok(Outcome { name, is_good, tests })
    }

    /// The program in its folder, as `cargo test` starts it.
    fn command(&self, program: &Program, log: &Path) -> Result<Command> {
        let file =
            File::create(log).with_context(|| format!("{} cannot be made", log.display()))?;
        let mut command = Command::new(&program.file);
        command.current_dir(&program.folder).env("CARGO_MANIFEST_DIR", &program.folder);
        command.env("TESTKIT_REQUIRE", "1");
        without_settings(&mut command);
        if let Some(cluster) = self.cluster {
            command.env("TESTKIT_POSTGRES", &cluster.url);
        }
        command.stdout(file.try_clone().context("the log cannot be shared")?).stderr(file);
        Ok(command)
    }
}

/// Takes away the settings of a suite that stand in the environment: a token there is none of the
/// suites that tests start.
pub fn without_settings(command: &mut Command) {
    let settings = env::vars_os().map(|(name, _)| name);
    for name in settings.filter(|name| name.to_string_lossy().starts_with("REGISTAN_")) {
        command.env_remove(name);
    }
}

/// A folder for what a program leaves in the temporary one, removed when it is dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn make() -> Result<Self> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // Sockets lie in it, whose paths must be short.
        let folder = env::temp_dir().join(format!("registan-{}-{number}", process::id()));
        fs::create_dir(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            println!("tests: {} may be left: {error}", self.0.display());
        }
    }
}

fn read(log: &Path) -> String {
    String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned()
}

fn end(child: &mut Child) -> Result<()> {
    child.kill().context("a program cannot be killed")?;
    child.wait().context("a program cannot be waited for")?;
    Ok(())
}

/// Waits until a program ends; nothing if it has not after this time.
fn wait(child: &mut Child, timeout: Duration) -> Result<Option<ExitStatus>> {
    let deadline = Instant::now() + timeout;
    loop {
        let status = child.try_wait().context("a program cannot be waited for")?;
        if status.is_some() {
            return Ok(status);
        }
        if Instant::now() > deadline {
            return Ok(None);
        }
        sleep(Duration::from_millis(20));
    }
}

impl Tests {
    /// Reads what a test program says of its tests.
    fn read(output: &str) -> Self {
        let mut tests = Self::default();
        for line in output.lines() {
            let test = line.strip_prefix("test ").unwrap_or_default();
            if let Some(name) = test.strip_suffix(LONG) {
                tests.unfinished.push(name.to_owned());
            } else if let Some((name, result)) = test.split_once(" ... ") {
                tests.unfinished.retain(|long| long != name);
                tests.failed.extend((result == "FAILED").then(|| name.to_owned()));
            }
            let Some(counts) = line.strip_prefix("test result: ") else { continue };
            let count = |what: &str| {
                let before = counts.split(what).next().filter(|before| *before != counts);
                before.and_then(|before| before.trim_end().rsplit(' ').next()?.parse().ok())
            };
            tests.passed += count("passed").unwrap_or(0);
            tests.ignored += count("ignored").unwrap_or(0);
        }
        tests
    }
}

/// Says how many tests passed, and names those that failed.
fn conclude(outcomes: &[Outcome]) -> Result<()> {
    let passed: usize = outcomes.iter().map(|outcome| outcome.tests.passed).sum();
    let failed: usize = outcomes.iter().map(|outcome| outcome.tests.failed.len()).sum();
    let ignored: usize = outcomes.iter().map(|outcome| outcome.tests.ignored).sum();
    println!("tests: {} programs, {ignored} tests are run by hand", outcomes.len());
    println!("{passed} passed, {failed} failed");
    let bad: Vec<_> = outcomes.iter().filter(|outcome| !outcome.is_good).collect();
    if !bad.is_empty() {
        let named = bad.iter().map(|it| {
            let unfinished = it.tests.unfinished.iter().map(|name| format!("{name} (unfinished)"));
            let tests: Vec<_> = it.tests.failed.iter().cloned().chain(unfinished).collect();
            format!("{}: {}", it.name, tests.join(", "))
        });
        bail!("failed:\n{}", named.collect::<Vec<_>>().join("\n"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_of_a_program_is_counted() {
        let output = "
running 3 tests
test a::fails ... FAILED
test a::works has been running for over 60 seconds
test a::hangs has been running for over 60 seconds
test a::works ... ok
test b ... ignored

test result: FAILED. 11 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 1.00s
";

        let (failed, unfinished) = (vec!["a::fails".to_owned()], vec!["a::hangs".to_owned()]);
        assert_eq!(Tests::read(output), Tests { passed: 11, ignored: 2, failed, unfinished });
    }

    #[test]
    fn every_program_runs_and_one_that_fails_fails_all() {
        let folder = env::temp_dir();
        let runner = Runner { logs: folder.clone(), cluster: None };
        let program = |name: &str| Program {
            name: format!("side-by-side {name}"),
            folder: folder.clone(),
            file: format!("/bin/{name}").into(),
        };

        let outcomes = runner.run(vec![program("true"), program("false"), program("true")], 2);

        let outcomes = outcomes.unwrap();
        assert_eq!(outcomes.len(), 3);
        assert!(conclude(&outcomes).unwrap_err().to_string().contains("side-by-side false"));
        assert!(
            conclude(&outcomes.into_iter().filter(|it| it.is_good).collect::<Vec<_>>()).is_ok()
        );
    }

    #[test]
    fn a_program_that_does_not_end_is_killed() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();

        let status = wait(&mut child, Duration::from_millis(50)).unwrap();

        assert_eq!(status, None);
        assert_eq!(child.try_wait().unwrap(), None, "it can still be looked at");
        end(&mut child).unwrap();
        assert!(child.try_wait().unwrap().is_some());
    }
}
