//! Why a list is empty: a question that cannot match is refused, with what was perhaps meant. All
//! of this is looked up only where nothing was found.

use chassis::caller::current;
use chassis::failure::Failure;
use chronicle::{ListRequest, doubt};

use crate::Served;
use crate::records::{Records, reader, refused};

impl Records {
    /// Refuses a question that found nothing, if it could not: its parent does not exist, its
    /// filter asks for something that does not, or for a value where another is like it. What may
    /// not be seen does not exist.
    pub async fn explain_nothing<T: Served>(&self, asked: &ListRequest) -> Result<(), Failure> {
        if !asked.page_token.is_empty() {
            return Ok(());
        }
        if let (Some((_, parents)), Some((kind, _))) = (&asked.scope, T::PARENT)
            && let [parent] = &parents[..]
        {
            let found = self.chronicle.access(kind, parent).await.map_err(refused::<T>)?;
            let clearance = &current().clearance;
            if !found.is_some_and(|it| clearance.sees(it.tier, it.desks, parent)) {
                return Err(not_found(kind, parent));
            }
        }
        if asked.filter.trim().is_empty() {
            return Ok(());
        }
        let names = doubt::names::<T>(&asked.filter).map_err(refused::<T>)?;
        let missing = if names.is_empty() || asked.read_time.is_some() {
            // What exists now says nothing of the instant asked for: its answer stays the same.
            Vec::new()
        } else {
            // A service that does not answer leaves the list as it is: empty, and true.
            self.references.missing(&names).await.unwrap_or_default()
        };
        let at = self.chronicle.at(asked.read_time, &reader()).await.map_err(refused::<T>)?;
        self.chronicle
            .doubt::<T>(&asked.filter, &missing, at, &reader())
            .await
            .map_err(refused::<T>)
    }
}

fn not_found(kind: &str, name: &str) -> Failure {
    let (first, rest) = kind.split_at(Ord::min(1, kind.len()));
    Failure::not_found(&format!("registan/{}{rest}", first.to_uppercase()), name)
}
