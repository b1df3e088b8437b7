//! Edges in filters: `relations:"agreements/eu-kz-pca-1995"`,
//! `relations:"agreements/eu-kz-pca-1995 REPLACES"`.

use super::{Compiler, Wanted};
use crate::edge::with_relation;
use crate::resource::Field;
use crate::spelling::Meant;

impl<T> Compiler<'_, T> {
    /// Returns the row of a side table that an edge is asked by: the other, or the other and the
    /// relation.
    pub(super) fn edge(
        &self,
        field: &Field<T>,
        relations: &[&'static str],
        value: &str,
    ) -> Result<(String, Option<Wanted>), String> {
        let mut parts = value.split_whitespace();
        let (other, relation) = (parts.next().unwrap_or_default(), parts.next());
        let meant = field.spelling.read(if relation.is_some() { other } else { value });
        let meant = meant.map_err(|said| self.at_byte(value, &said))?;
        let (Meant::Name(name) | Meant::Value(name)) = meant.clone();
        if parts.next().is_some() {
            let wanted = "a name, or a name and a relation, is wanted";
            return Err(self.at_byte(value, wanted));
        }
        Ok(match relation {
            None => (name, Some(meant.into())),
            Some(relation) => {
                let relation = self.word("kind", relations, relation)?;
                let kept = with_relation(&name, relation);
                (kept.clone(), Some(Wanted::Value(kept)))
            }
        })
    }
}
