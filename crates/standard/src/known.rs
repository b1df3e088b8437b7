//! The sources that were known on a day: those that had been published by then.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use api::registan::r#type::v1::{Basis, PartialDate, SourceRef};
use facts::Day;
use facts::check::matches_pattern;
use facts::wire::checked_date;

/// The pattern of the names of sources.
pub(crate) const SOURCES: &str = "sources/{source}";

/// How certain it is that something was known on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Its source had been published by then.
    #[default]
    Surely,
    /// It is not known whether it had.
    Perhaps,
    /// It had not.
    Later,
}

/// The knowledge of a day: which statements it holds, by their sources.
#[derive(Clone, Debug, Default)]
pub struct Known {
    published: Arc<Published>,
    /// The day; none where none is asked for.
    day: Option<Day>,
    /// How it stands with what has no source of its own.
    whole: Standing,
}

/// The sources that had been published by a day, and those that had not. Of others it is not known.
#[derive(Debug, Default)]
pub(crate) struct Published {
    pub surely: HashSet<String>,
    pub later: HashSet<String>,
}

impl Known {
    /// The knowledge of statements that rest on these sources.
    pub(crate) fn of(published: Published, day: Day) -> Self {
        Self { published: Arc::new(published), day: Some(day), whole: Standing::Surely }
    }

    /// How it stands with a statement of this source. What has none of its own rests on that of the
    /// whole; of what is only cited, and of no recorded source, it is not known.
    pub(crate) fn standing(&self, source: Option<&SourceRef>) -> Standing {
        let Some(SourceRef { source, .. }) = source else { return self.whole };
        if self.published.surely.contains(source) {
            Standing::Surely
        } else if self.published.later.contains(source) {
            Standing::Later
        } else {
            Standing::Perhaps
        }
    }

    /// How it stands with a statement of something that happened at a date. What had certainly not
    /// happened by the day was then known of a source alone that had surely been published, or that
    /// says that it was to happen. What may have happened by the day was perhaps known of another
    /// source where this one is a later look-up of who keeps the record.
    pub(crate) fn of_event(
        &self,
        source: Option<&SourceRef>,
        date: Option<&PartialDate>,
    ) -> Standing {
        let rests_on = |basis| source.is_some_and(|source| source.basis() == basis);
        let (is_planned, is_editorial) = (rests_on(Basis::Planned), rests_on(Basis::Editorial));
        match self.standing(source) {
            Standing::Perhaps if !is_planned && self.is_before(date) => Standing::Later,
            Standing::Later if is_editorial && date.is_some() && !self.is_before(date) => {
                Standing::Perhaps
            }
            standing => standing,
        }
    }

    /// Returns whether the day certainly lies before a date.
    fn is_before(&self, date: Option<&PartialDate>) -> bool {
        let date = checked_date(date);
        self.day.zip(date).is_some_and(|(day, date)| day < date.earliest())
    }

    /// The same for the parts of something of which it is certain that it was known, or not.
    pub(crate) fn within(&self, is_perhaps: bool) -> Self {
        let whole = if is_perhaps { Standing::Perhaps } else { Standing::Surely };
        Self { published: Arc::clone(&self.published), day: self.day, whole }
    }

    /// Returns whether a statement was surely known by its source, or rests on that of the whole.
    pub fn has(&self, source: Option<&SourceRef>) -> bool {
        source.is_none() || self.standing(source) == Standing::Surely
    }

    /// The same of something that happened at a date, which a whole that was perhaps known does not
    /// hold before it had happened.
    pub fn has_event(&self, source: Option<&SourceRef>, date: Option<&PartialDate>) -> bool {
        self.has(source) && self.of_event(source, date) != Standing::Later
    }

    /// Leaves out the name of a source that had not been published.
    pub fn cover(&self, source: Option<&mut SourceRef>) {
        if let Some(source) = source.filter(|it| self.published.later.contains(&it.source)) {
            source.source.clear();
        }
    }

    /// Returns whether a name could be given: it is of no source, or of one that was known.
    pub fn names(&self, name: &str) -> bool {
        !matches_pattern(name, SOURCES) || self.published.surely.contains(name)
    }
}

/// Adds those of the names that are of sources.
pub(crate) fn sources(names: impl IntoIterator<Item = String>, all: &mut BTreeSet<String>) {
    all.extend(names.into_iter().filter(|name| matches_pattern(name, SOURCES)));
}

#[cfg(test)]
mod tests {
    use api::registan::r#type::v1::Date;

    use super::*;

    fn of(id: &str, basis: Basis) -> SourceRef {
        SourceRef { source: format!("sources/{id}"), basis: basis.into(), ..SourceRef::default() }
    }

    #[test]
    fn what_had_not_happened_by_the_day_was_not_perhaps_known() {
        let date = |year| PartialDate {
            date: Some(Date { year, month: 6, day: 25 }),
            ..PartialDate::default()
        };
        let surely = HashSet::from(["sources/old".to_owned()]);
        let later = HashSet::from(["sources/late".to_owned()]);
        let published = Published { surely, later };
        let known = Known::of(published, Day::new(2024, 1, 12).unwrap());
        let standing = |id, basis, year| known.of_event(Some(&of(id, basis)), Some(&date(year)));

        assert_eq!(standing("undated", Basis::Unspecified, 2023), Standing::Perhaps);
        assert_eq!(standing("undated", Basis::Unspecified, 2024), Standing::Later);
        assert_eq!(standing("undated", Basis::Planned, 2024), Standing::Perhaps);
        assert_eq!(standing("old", Basis::Unspecified, 2024), Standing::Surely, "announced");
        assert_eq!(standing("late", Basis::Unspecified, 2023), Standing::Later);
        assert_eq!(standing("late", Basis::Editorial, 2023), Standing::Perhaps, "by another");
        assert_eq!(standing("late", Basis::Editorial, 2024), Standing::Later);
        assert_eq!(known.of_event(Some(&of("late", Basis::Editorial)), None), Standing::Later);
        let within = known.within(true);
        assert_eq!(within.of_event(None, Some(&date(2024))), Standing::Later);
        assert!(!within.has_event(None, Some(&date(2024))));
        assert!(within.has_event(None, Some(&date(2023))) && within.has_event(None, None));
    }
}
