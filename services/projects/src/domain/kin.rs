//! Whom a project names as above and below it, and by what others may name it.

use api::registan::projects::v1::project_relation::Kind;
use api::registan::projects::v1::{Project, ProjectRelation};
use api::registan::r#type::v1::external_id::Scheme;
use serde::{Deserialize, Serialize};

/// The parents and children that a project names, as they are kept in a column for sums: by name
/// where recorded, else by identifier; and the identifiers that it had before, by which others name
/// it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kin {
    /// Whom it names as above it.
    pub parents: Vec<String>,
    /// Whom it names as below it.
    pub children: Vec<String>,
    /// Its former identifiers.
    pub former: Vec<String>,
}

impl Kin {
    /// The parents and children among the relations of a project, and its former identifiers.
    pub fn of(project: &Project) -> Self {
        let other = |relation: &ProjectRelation| {
            let ProjectRelation { project, iati_identifier, .. } = relation;
            if project.is_empty() { iati_identifier.clone() } else { project.clone() }
        };
        let named = |kind| {
            let of_kind = project.relations.iter().filter(|relation| relation.kind() == kind);
            of_kind.map(other).collect()
        };
        let ids = project.external_ids.iter().filter(|id| id.scheme() == Scheme::Iati);
        let former = ids.filter(|id| id.value != project.iati_identifier);
        Self {
            parents: named(Kind::Parent),
            children: named(Kind::Child),
            former: former.map(|id| id.value.clone()).collect(),
        }
    }

    /// The text that is kept; empty where there is nobody, and no former identifier.
    pub fn label(&self) -> String {
        if *self == Self::default() {
            return String::new();
        }
        let Self { parents, children, former } = self;
        serde_json::to_string(&(parents, children, former)).unwrap_or_default()
    }

    /// Reads what [`Kin::label`] wrote.
    pub fn from_label(label: &str) -> Result<Self, serde_json::Error> {
        if label.is_empty() {
            return Ok(Self::default());
        }
        let (parents, children, former) = serde_json::from_str(label)?;
        Ok(Self { parents, children, former })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_read_back_and_takes_no_room_where_there_is_nobody() {
        let one = |text: &str| vec![text.to_owned()];
        let kin = Kin { parents: one("b"), children: one("c"), former: one("XI-old") };

        assert_eq!(Kin::from_label(&kin.label()).unwrap(), kin);
        assert_eq!(Kin::default().label(), "");
    }
}
