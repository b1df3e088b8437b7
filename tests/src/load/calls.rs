//! Every call of the load, with how it ended and how long it took.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use tonic::{Code, Response, Status};

/// A kind of call. All may be made twice: they change nothing, or carry a request id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the method of its name")]
pub enum Kind {
    GetBrief,
    GetParty,
    ListParties,
    ListProjects,
    ListRecommendations,
    CreateParty,
    UpdateParty,
}

/// The end of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It had all of its answer.
    Good,
    /// A joined answer lacks the part of a service that did not answer.
    Degraded(String),
    /// It was refused or lost.
    Failed(Code, String),
}

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method.
    pub kind: Kind,
    /// The time of its begin, since the load began.
    pub at: Duration,
    /// The time that it took.
    pub took: Duration,
    /// The end of it.
    pub answer: Answer,
}

impl Call {
    /// The time of its end.
    pub fn ended(&self) -> Duration {
        self.at + self.took
    }
}

/// The log of all calls. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Calls {
    began: Instant,
    all: Arc<Mutex<Vec<Call>>>,
}

impl Calls {
    /// A log without a call, which begins now.
    pub fn begin() -> Self {
        Self { began: Instant::now(), all: Arc::default() }
    }

    /// The time since it began.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Logs a call, which is made once; `lacks` says of a good answer what it lacks.
    pub async fn make<T>(
        &self,
        kind: Kind,
        call: impl Future<Output = Result<Response<T>, Status>>,
        lacks: impl FnOnce(&T) -> Option<String>,
    ) -> Result<T, Status> {
        let at = self.now();
        let answer = call.await.map(Response::into_inner);
        let took = self.now().saturating_sub(at);
        let told = match &answer {
            Ok(message) => lacks(message).map_or(Answer::Good, Answer::Degraded),
            Err(status) => Answer::Failed(status.code(), status.message().to_owned()),
        };
        let call = Call { kind, at, took, answer: told };
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        answer
    }

    /// All calls so far, by the time of their begin.
    pub fn all(&self) -> Vec<Call> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.sort_by_key(|call| call.at);
        all
    }

    /// Writes the log: a line a call, with tabs between begin and time in milliseconds, method, code
    /// and message.
    pub fn write(&self, file: &Path) -> anyhow::Result<()> {
        let mut text = String::from("at_ms\ttook_ms\tmethod\tcode\tmessage\n");
        for call in self.all() {
            let (code, message) = match call.answer {
                Answer::Good => (Code::Ok, String::new()),
                Answer::Degraded(lacks) => (Code::Ok, format!("degraded: {lacks}")),
                Answer::Failed(code, message) => (code, message.replace(['\n', '\t'], " ")),
            };
            let (at, took) = (call.at.as_millis(), call.took.as_millis());
            writeln!(text, "{at}\t{took}\t{:?}\t{code:?}\t{message}", call.kind)?;
        }
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }
}
