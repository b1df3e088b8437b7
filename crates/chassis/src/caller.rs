//! The request context: kept from the first header to the last frame of an answer, and passed on to
//! other services.

use std::future::Future;
use std::sync::{Arc, LazyLock};

use policy::{Caller, Clearance, Rule};

tokio::task_local! {
    static CONTEXT: Arc<RequestContext>;
}

/// The context of a request: the caller, the rule of the method, and the clearance.
#[derive(Debug)]
pub struct RequestContext {
    /// The caller.
    pub caller: Caller,
    /// The rule of the method they call.
    pub rule: Arc<Rule>,
    /// The clearance of the caller.
    pub clearance: Clearance,
    /// The access token they sent, for the services asked on the way.
    pub token: Option<http::HeaderValue>,
}

/// The context outside of a request: an anonymous caller, who may write nothing and read what is
/// PUBLIC.
static NOBODY: LazyLock<Arc<RequestContext>> = LazyLock::new(|| {
    let rule = Arc::new(Rule::default());
    Arc::new(RequestContext {
        caller: Caller::anonymous(),
        rule,
        clearance: Clearance::public(),
        token: None,
    })
});

/// Returns the context of the request that this task works for. A stream takes it before its first
/// item: later there is none.
pub fn current() -> Arc<RequestContext> {
    CONTEXT.try_with(Arc::clone).unwrap_or_else(|_| Arc::clone(&NOBODY))
}

/// Runs `work` in the context of a request.
pub async fn scope<F: Future>(context: Arc<RequestContext>, work: F) -> F::Output {
    CONTEXT.scope(context, work).await
}
