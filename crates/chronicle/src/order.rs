//! AIP-132 `order_by`, typed against the fields of a resource.

use crate::error::Error;
use crate::fold::nearest;
use crate::resource::{Field, Resource};
use crate::spelling::snake;
use facts::ErrorReason;

/// A field to sort by, and whether downwards.
pub(crate) type Order<T> = Vec<(Field<T>, bool)>;

/// `title desc, signed_on` → fields and directions. The uid always comes last, in the direction of
/// the last field.
pub(crate) fn order_by<T: Resource>(text: &str) -> Result<Order<T>, Error> {
    let invalid =
        |message: String| Error::invalid("order_by", ErrorReason::OrderByInvalid, message);
    if text.len() > 256 {
        return Err(invalid("order_by is longer than 256 bytes".to_owned()));
    }
    let mut order: Order<T> = Vec::new();
    for term in text.split(',').map(str::trim).filter(|term| !term.is_empty()) {
        let (path, descending) = match term.split_whitespace().collect::<Vec<_>>()[..] {
            [path] | [path, "asc"] => (path, false),
            [path, "desc"] => (path, true),
            _ => return Err(invalid(format!("`{term}` is not `field` or `field desc`"))),
        };
        let path = snake(path);
        if order.iter().any(|(field, _)| field.path == path) {
            return Err(invalid(format!("`{path}` is there twice")));
        }
        let Some(field) =
            T::fields().into_iter().find(|field| field.path == path && field.sortable)
        else {
            let known: Vec<_> =
                T::fields().iter().filter(|field| field.sortable).map(|field| field.path).collect();
            let meant = nearest(&path, known.iter().copied());
            let meant = meant.map(|path| format!("; did you mean `{path}`?")).unwrap_or_default();
            return Err(invalid(format!(
                "cannot sort by `{path}`{meant}; sortable are: {}",
                known.join(", ")
            )));
        };
        order.push((field, descending));
    }
    Ok(order)
}
