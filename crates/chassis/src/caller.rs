//! Who asks: known from the first header to the last frame of an answer, and told to the services asked on the way.

use std::future::Future;
use std::sync::{Arc, LazyLock};

use policy::{Caller, Rule, Sight};

tokio::task_local! {
    static ASKING: Arc<Asking>;
}

/// Somebody asks something: who, by which rule, and what they may see.
#[derive(Debug)]
pub struct Asking {
    /// Who asks.
    pub caller: Caller,
    /// The rule of the method they call.
    pub rule: Arc<Rule>,
    /// What they may read.
    pub sight: Sight,
    /// The access token they sent, for the services asked on the way.
    pub token: Option<http::HeaderValue>,
}

/// Outside of a request: somebody without a name who may write nothing and read what is PUBLIC.
static NOBODY: LazyLock<Arc<Asking>> = LazyLock::new(|| {
    let rule = Arc::new(Rule::default());
    Arc::new(Asking { caller: Caller::anonymous(), rule, sight: Sight::public(), token: None })
});

/// Who asks, for the request that this task works for. A stream takes it before its first item: it is not there later.
pub fn current() -> Arc<Asking> {
    ASKING.try_with(Arc::clone).unwrap_or_else(|_| Arc::clone(&NOBODY))
}

/// Runs `work` for somebody who asks.
pub async fn scope<F: Future>(asking: Arc<Asking>, work: F) -> F::Output {
    ASKING.scope(asking, work).await
}
