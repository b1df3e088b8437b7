//! Threads for what is long: streams, imports, pages of hundreds. They step back wherever the
//! processor is short, so that a short call waits for none of it; where it is not, they have all of
//! it.

use std::future::Future;
use std::panic::resume_unwind;
use std::sync::LazyLock;

use rustix::process::{getpid, getpriority_process, setpriority_process};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use instruments::trace;

use crate::caller;
use crate::failure::Failure;

/// How far they step back behind the others of the process, as `nice` counts: beside a busy thread
/// that does not they have a tenth of a processor.
const BACK: i32 = 10;

/// Nothing where the system gives no threads: then all work is done by the same.
static THREADS: LazyLock<Option<Runtime>> = LazyLock::new(|| {
    let threads = Builder::new_multi_thread()
        .enable_all()
        .thread_name("bulk")
        .on_thread_start(|| {
            // Of the thread that asks alone, on Linux. What the process itself has stays below it.
            let stepped = getpriority_process(Some(getpid()))
                .and_then(|own| setpriority_process(None, own + BACK));
            if let Err(error) = stepped {
                tracing::debug!(%error, "a thread for long work does not step back");
            }
        })
        .build();
    match threads {
        Ok(threads) => Some(threads),
        Err(error) => {
            tracing::warn!(%error, "there are no threads apart for long work");
            None
        }
    }
});

/// The runtime of these threads. Must be called in a runtime.
pub fn handle() -> Handle {
    THREADS.as_ref().map_or_else(Handle::current, |threads| threads.handle().clone())
}

/// Does `work` there, in the context of the present request. It ends when what is returned is
/// dropped.
pub async fn run<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Failure> {
    let work = trace::scope(trace::current(), caller::scope(caller::current(), work));
    let work = work.in_current_span();
    match AbortOnDropHandle::new(handle().spawn(work)).await {
        Ok(done) => Ok(done),
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(stopped) => Err(Failure::internal(stopped)),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use policy::{Caller, Clearance, Rule};

    use super::*;
    use crate::caller::RequestContext;

    #[tokio::test]
    async fn long_work_steps_back_and_knows_who_asks() {
        let caller = Caller { subject: "anna".to_owned(), ..Caller::anonymous() };
        let (rule, clearance) = (Arc::new(Rule::default()), Clearance::public());
        let context = Arc::new(RequestContext { caller, rule, clearance, token: None });
        let work = async {
            let subject = caller::current().caller.subject.clone();
            (subject, getpriority_process(None).unwrap())
        };

        let there = caller::scope(context, run(work)).await.unwrap();

        let own = getpriority_process(None).unwrap();
        assert_eq!(there, ("anna".to_owned(), (own + BACK).min(19)));
    }

    #[tokio::test]
    async fn long_work_ends_with_who_waits_for_it() {
        let (sender, mut dropped) = tokio::sync::oneshot::channel::<()>();
        let waiting = tokio::spawn(run(async move {
            let _held = sender;
            std::future::pending::<()>().await;
        }));
        tokio::task::yield_now().await;
        assert!(dropped.try_recv().is_err());

        waiting.abort();

        assert!(dropped.await.is_err());
    }
}
