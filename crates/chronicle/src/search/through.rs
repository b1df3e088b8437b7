//! The names by which the hits of a page were found.

use std::collections::BTreeMap;

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, Query, SimpleExpr};
use uuid::Uuid;

use super::asked::Search;
use super::candidates::Candidate;
use super::conditions::{column, is, value, words_of};
use super::forms::Forms;
use super::kinds::{Searched, Texts};
use super::named::Named;
use crate::columns::{id, v};
use crate::error::Error;
use crate::filter::standing;
use crate::limited::padded;
use crate::terms::name_in;

impl Search<'_> {
    /// By the uid of a hit the names by which alone it has a word, in their order. One statement a
    /// kind, and none for a kind that is found by its own words alone.
    pub(super) async fn through(
        &self,
        hits: &[(Candidate, Texts)],
        known: &Named,
    ) -> Result<BTreeMap<Uuid, Vec<String>>, Error> {
        let mut found: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
        for searched in &self.kinds {
            let words = 0..self.query.words.len();
            let mut forms: Vec<Forms> = words.map(|it| self.forms(searched, it, known)).collect();
            forms.retain(|forms| !forms.names.is_empty());
            let of_kind = hits.iter().filter(|(hit, _)| hit.kind == searched.kind);
            let uids: Vec<Uuid> = of_kind.map(|(hit, _)| hit.uid).collect();
            if forms.is_empty() || uids.is_empty() {
                continue;
            }
            let mut names = Query::select();
            names.column((id("v"), id("uid"))).from_as(id(searched.kind), id("v"));
            names.and_where(v("uid").is_in(padded(uids))).cond_where(standing("v", self.at));
            for (place, forms) in forms.iter().enumerate() {
                names.expr_as(self.first_name(searched, forms), id(format!("through{place}")));
            }
            for row in self.chronicle.db.query_all(&names).await? {
                let of_hit = found.entry(row.try_get("", "uid")?).or_default();
                for place in 0..forms.len() {
                    let form: String = row.try_get("", &format!("through{place}"))?;
                    of_hit.extend(name_in(&form).map(str::to_owned));
                }
                of_hit.sort();
                of_hit.dedup();
            }
        }
        Ok(found)
    }

    /// The form of the first name by which alone a resource `v` has a word, or an empty text.
    fn first_name(&self, searched: &Searched, forms: &Forms) -> SimpleExpr {
        let nothing = || Expr::cust("''").cast_as(id("text"));
        let (tiers, uid) = (self.tiers(), column("v", "uid"));
        let mut own = Condition::any();
        for part in forms.parts("x", &tiers, false) {
            own = own.add(self.heaviest(searched, part, uid.clone()).is_not_null());
        }
        let first = Query::select()
            .expr(Func::min(value("y")))
            .from_as(id(words_of(searched.kind)), id("y"))
            .and_where(column("y", "uid").eq(uid))
            .cond_where(is("y", &forms.names, &tiers))
            .cond_where(standing("y", self.at))
            .take();
        let first = Func::coalesce([SimpleExpr::from(first), nothing()]);
        Expr::case(own, nothing()).finally(first).into()
    }
}
