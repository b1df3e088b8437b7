//! The ten standard methods of a resource, as handlers of the one server.

use api::standard::Standard;
use serving::{Methods, server_streaming, unary};

use crate::{Records, Served};

pub(crate) type Get<T> = <<T as Served>::Message as Standard>::Get;
pub(crate) type List<T> = <<T as Served>::Message as Standard>::List;
pub(crate) type Create<T> = <<T as Served>::Message as Standard>::Create;
pub(crate) type Update<T> = <<T as Served>::Message as Standard>::Update;
pub(crate) type Delete<T> = <<T as Served>::Message as Standard>::Delete;
pub(crate) type Undelete<T> = <<T as Served>::Message as Standard>::Undelete;
pub(crate) type Export<T> = <<T as Served>::Message as Standard>::Export;
pub(crate) type Watch<T> = <<T as Served>::Message as Standard>::Watch;
pub(crate) type Revisions<T> = <<T as Served>::Message as Standard>::Revisions;
pub(crate) type Diff<T> = <<T as Served>::Message as Standard>::Diff;

/// Adds the ten standard methods of a resource.
pub(crate) fn resource<T: Served>(methods: Methods, records: &Records) -> Methods {
    macro_rules! standard {
        ($kind:ident $method:ident $rpc:ident) => {{
            let method = <$rpc<T>>::default();
            $kind(
                method,
                records,
                |records, request| async move { records.$method::<T>(request).await },
            )
        }};
    }
    methods
        .standard::<Get<T>>(standard!(unary get Get))
        .standard::<List<T>>(standard!(unary list List))
        .standard::<Create<T>>(standard!(unary create Create))
        .standard::<Update<T>>(standard!(unary update Update))
        .standard::<Delete<T>>(standard!(unary delete Delete))
        .standard::<Undelete<T>>(standard!(unary undelete Undelete))
        .standard::<Export<T>>(standard!(server_streaming export Export))
        .standard::<Watch<T>>(standard!(server_streaming watch Watch))
        .standard::<Revisions<T>>(standard!(unary revisions Revisions))
        .standard::<Diff<T>>(standard!(server_streaming diff Diff))
}
